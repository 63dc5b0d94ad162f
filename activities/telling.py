"""Who will be told of what, before it is decided; and of what each was told: for staff, without naming the person.

What is foreseen comes from the same rules as the notices (`activities.reach`), of the plan that is to be approved.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from activities.change_model import Part
from activities.changing import load_changes
from activities.clockface import local_day
from activities.deciding import load_ours
from activities.ledger import NoticeKind, Tx
from activities.manifests import categories_of
from activities.notice_letters import PlannedNotice
from activities.reach import reach_of
from habeas.connector import Manifest, SystemPlan, Treatment
from habeas.errors import KeyDestroyed
from habeas.model import Frozen, Identifier, Request, RequestId
from habeas.policy import Policy
from habeas.policy.told import Reached, involved

__all__ = [
    "About",
    "Foreseen",
    "WhyNot",
    "about_each",
    "change_touches",
    "foresee",
    "foreseen",
    "keep_about",
    "touches",
]

FORESEEN = "telling/foreseen"
ABOUT = "telling/about/"


class WhyNot(StrEnum):
    """Why somebody who is concerned gets no notice."""

    POLICY = "policy"
    """It cannot be told, or that would be disproportionate: the policy says why."""
    TOO_LONG_AGO = "too_long_ago"
    """It had the data before the time that the law looks back to."""
    UNSURE = "unsure"
    """Whether it has the data is not known, or not by what: a human finds out."""


class About(Frozen):
    """What one notice is about."""

    categories: tuple[str, ...] = ()
    """The policy's ids."""
    known_by: tuple[str, ...] = ()
    """Kinds of what the letter names the person by: ``email``, ``name``. Nobody reads a value here."""
    why_not: WhyNot | None = None
    """None: it goes out."""


class _OneForeseen(About):
    recipient: str
    source: bool


class Foreseen(Frozen):
    """Who is told if what is under review is carried out."""

    at: datetime
    those: tuple[_OneForeseen, ...] = Field(default=())


def touches(plans: Iterable[SystemPlan]) -> frozenset[str]:
    """The categories of which something goes by an erasure's plan."""
    return frozenset(each.category for plan in plans for each in plan.objects if each.treatment is not Treatment.RETAIN)


async def change_touches(tx: Tx, request: Request, policy: Policy, manifests: Mapping[str, Manifest]) -> frozenset[str]:
    """The categories of which something is corrected or set aside by a plan of change, or a use of which stops."""
    category = categories_of(manifests)
    found, purposes = set[str](), set[str]()
    for part in Part:
        head, plans = await load_changes(tx, request.id, part) or (None, ())
        purposes |= {*head.purposes} if head else set()
        for plan in plans:
            corrected = {one.collection for one in plan.found if one not in (*plan.contested, *plan.blocked)}
            covered = {one.collection for one in plan.covered}
            found |= {category.get((plan.system, name), "") for name in corrected | covered}
    ours = (await load_ours(tx, request, policy, manifests)).categories(manifests)
    return (frozenset(found) - {""}) | involved(policy, request.right, purposes, ours)


async def foresee(
    tx: Tx, request: Request, policy: Policy, manifests: Mapping[str, Manifest], categories: Some[str], at: datetime
) -> None:
    """Write down who is told once a plan is carried out; it replaces what was foreseen of another.

    Args:
        tx: on the ledger.
        request: its facts.
        policy: its controller's.
        manifests: of the policy's systems.
        categories: that the plan touches.
        at: now.
    """
    if not policy.recipients:
        return
    reach = await reach_of(tx, request, policy, manifests, categories, local_day(policy, at))
    those = tuple(
        _OneForeseen(
            recipient=one.recipient.id,
            source=one.source,
            categories=one.categories,
            known_by=kinds(reach.known[one.recipient.id].identifiers, reach.known[one.recipient.id].name),
            why_not=None if one.in_time and not one.unsure and one.recipient.email else _why_not(one),
        )
        for one in reach.those
    )
    await tx.seal(request.id, FORESEEN, Foreseen(at=at, those=those))


def _why_not(one: Reached | PlannedNotice) -> WhyNot:
    """Of somebody who gets no notice."""
    if not one.in_time:
        return WhyNot.TOO_LONG_AGO
    return WhyNot.UNSURE if one.unsure else WhyNot.POLICY


def kinds(identifiers: Iterable[Identifier], name: str | None) -> tuple[str, ...]:
    """As `About.known_by` has them."""
    return tuple(dict.fromkeys((*(one.kind for one in identifiers), *(("name",) if name else ()))))


async def foreseen(tx: Tx, request_id: RequestId) -> Foreseen | None:
    """What was foreseen last; None where nothing was, or the request's key is gone."""
    try:
        return await tx.unseal(request_id, FORESEEN, Foreseen)
    except KeyDestroyed:
        return None


async def keep_about(tx: Tx, request_id: RequestId, one: PlannedNotice) -> None:
    """Remember what a notice is about, for as long as it is known whose the request is."""
    known = one.theirs.standing if one.theirs else one.known
    why_not = _why_not(one) if one.address is None and one.kind is NoticeKind.RECIPIENT else None
    about = About(categories=one.categories, known_by=kinds(known.identifiers, known.name), why_not=why_not)
    await tx.seal(request_id, f"{ABOUT}{one.id(request_id)}", about)


async def about_each(tx: Tx, request_id: RequestId) -> dict[str, About]:
    """By notice, what each is about; nothing once the request's key is gone."""
    found: dict[str, About] = {}
    try:
        for name in await tx.sealed_names(request_id, prefix=ABOUT):
            if (about := await tx.unseal(request_id, name, About)) is not None:
                found[name.removeprefix(ABOUT)] = about
    except KeyDestroyed:
        return {}
    return found
