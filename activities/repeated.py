"""How often the same person asked before, and whether a ground that is about repeating holds.

Counted are requests that share a proven identifier, as long as their records are kept, and those that staff state came
in outside of Habeas. Requests that were withdrawn, refused or never verified are not held against anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import Field

from activities.asking import FeeAsked
from activities.changing import contests
from activities.clockface import local_day
from activities.finding import DECISIONS, load_graph
from activities.ledger import PastRow, Tx
from activities.outside import AskedOutside
from habeas import law
from habeas.acts import ActCall, ActKind
from habeas.errors import BadInput
from habeas.law.calendar import add_months
from habeas.model import REMEDIES, Frozen, Identifier, Outcome, Request, Right
from habeas.particulars import Correction, Particulars
from habeas.policy import Policy

__all__ = ["AskedBefore", "Tally", "asked_before", "check_repeated", "outside_of", "remember", "tally"]

_ANSWERED = frozenset({Outcome.FULFILLED, Outcome.PARTLY_FULFILLED, Outcome.NOTHING_FOUND})
_DENIED = frozenset({Outcome.REFUSED, Outcome.PARTLY_FULFILLED})


class AskedBefore(Frozen):
    """What is known of earlier requests of the same person, for staff."""

    requests: tuple[PastRow, ...] = ()
    """Closed ones for the same right, or for those that the law counts together; the newest first."""
    answered: int = Field(default=0, ge=0)
    """How many of them were answered, in the law's period where it names one."""
    months: int | None = None
    """That period; None: the law counts none, and these are all."""
    free: int | None = None
    """How many are free, or need be answered, in that period."""
    cite: str | None = None


class Tally(Frozen):
    """What stands for a ground that is about repeating."""

    known: int
    """In the ledger."""
    outside: int
    """Stated by staff."""
    needed: int


async def remember(tx: Tx, request: Request) -> None:
    """By what was proven, this request will be known when the person asks again; what was only claimed counts not."""
    if request.right not in REMEDIES:
        await tx.remember_subject(request, (await load_graph(tx, request.id)).seeds)


async def asked_before(tx: Tx, request: Request, policy: Policy) -> AskedBefore:
    """Earlier requests of who asks, as far as they are known.

    Raises:
        KeyDestroyed: who asks is no longer known.
    """
    place = policy.answered_in(request.regime, request.jurisdiction)
    rule = law.free_requests(request.regime, place, request.right)
    rights = (rule.rights if rule else ()) or (request.right,)
    rows = await _rows(tx, request, rights)
    since = _since(request, policy, rule.months) if rule else date.min
    answered = sum(row.outcome in _ANSWERED and local_day(policy, row.received_at) >= since for row in rows)
    return AskedBefore(
        requests=rows,
        answered=answered,
        months=rule.months if rule else None,
        free=rule.count if rule else None,
        cite=rule.cite if rule else None,
    )


async def check_repeated(
    tx: Tx, request: Request, policy: Policy, ground: str | None, outside: AskedOutside | None
) -> Tally | None:
    """Whether a ground that is about repeating holds.

    Returns:
        What was counted; None for a ground that needs nothing to have gone before.

    Raises:
        BadInput: it does not hold; the message says what is known and what it takes.
    """
    place = policy.answered_in(request.regime, request.jurisdiction)
    rule = law.counted(request.regime, place, request.right, ground) if ground else None
    if rule is None:
        if outside is not None:
            raise BadInput("also-asked: only a ground that is about repeating counts them.", field="also_asked")
        return None
    found = await tally(tx, request, policy, rule, outside)
    if found.known + found.outside >= found.needed:
        return found
    denied = "a denial of the same correction" if rule.needs.denied else "answered requests"
    raise BadInput(
        f"ground: {ground} takes {found.needed} ({denied}) in the {rule.needs.months} months before this request "
        f"({rule.cite}); known here: {found.known}, stated: {found.outside}. Where others came in outside of Habeas, "
        "say on which days with --also-asked, and where that is written down with --also-asked-record.",
        field="ground",
    )


async def tally(tx: Tx, request: Request, policy: Policy, rule: law.Counted, outside: AskedOutside | None) -> Tally:
    """Count what a rule counts, up to the day on which this request came in."""
    since, until = _since(request, policy, rule.needs.months), local_day(policy, request.received_at)
    rows = await _rows(tx, request, rule.rights)
    if rule.needs.denied:
        recent = [row for row in rows if since <= local_day(policy, row.closed_at)]
        known = sum([await _denied_the_same(tx, request, row) for row in recent])
    else:
        known = sum(row.outcome in _ANSWERED and local_day(policy, row.received_at) >= since for row in rows)
    days = set(outside.days) if outside else set()
    return Tally(
        known=known,
        outside=sum(since <= day <= until for day in days),
        needed=rule.needs.denied or rule.needs.answered,
    )


async def outside_of(tx: Tx, request_id: str, kind: ActKind, call: ActCall) -> AskedOutside | None:
    """What staff stated with an act of requests that came in outside of Habeas."""
    name = f"{DECISIONS}{call.act_id}"
    if kind is ActKind.CHARGE:
        asked = await tx.unseal(request_id, name, FeeAsked)
        return asked.outside if asked else None
    return await tx.unseal(request_id, name, AskedOutside)


async def _rows(tx: Tx, request: Request, rights: Iterable[Right]) -> tuple[PastRow, ...]:
    return await tx.asked_before(
        request.controller,
        rights,
        await _identifiers(tx, request.id),
        until=request.received_at,
        besides=request.id,
    )


async def _identifiers(tx: Tx, request_id: str) -> tuple[Identifier, ...]:
    claimed = (await tx.subject(request_id)).identifiers
    return tuple(dict.fromkeys((*claimed, *(await load_graph(tx, request_id)).seeds)))


def _since(request: Request, policy: Policy, months: int) -> date:
    return add_months(local_day(policy, request.received_at), -months)


async def _denied_the_same(tx: Tx, request: Request, earlier: PastRow) -> bool:
    """Whether a correction that is asked for now was asked for then, and not made."""
    if earlier.outcome not in _DENIED:
        return False
    asked = Particulars.of(await tx.subject(earlier.id)).corrections
    if earlier.outcome is Outcome.PARTLY_FULFILLED:
        asked = tuple(asked[index] for index in await contests(tx, earlier.id) if index < len(asked))
    now = Particulars.of(await tx.subject(request.id)).corrections
    return bool({_same(one) for one in asked} & {_same(one) for one in now})


def _same(correction: Correction) -> tuple[str, str]:
    return " ".join(correction.what.casefold().split()), " ".join(correction.new.casefold().split())
