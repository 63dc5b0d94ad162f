"""Which of a policy's recipients must hear of what was done with data: the law's duty, met by their roles. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Collection as Some
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from habeas.law.calendar import add_months
from habeas.law.duties import Duty
from habeas.model import Right
from habeas.particulars import PurposeId
from habeas.policy.model import Policy
from habeas.policy.sections import Category, LegalBasis, Purpose, PurposeKind, Recipient, RecipientRole

__all__ = [
    "PASSED_ON",
    "STOPS",
    "Chosen",
    "Reached",
    "about",
    "choices_asked",
    "gets",
    "involved",
    "means",
    "reached",
    "told_since",
]

Chosen = Mapping[PurposeId, bool]
"""Purpose -> whether the person's choice of it stands; of what is missing nothing is known."""

STOPS: Mapping[PurposeKind, Right] = {
    PurposeKind.DIRECT_MARKETING: Right.OBJECTION,
    PurposeKind.LEGITIMATE_INTEREST: Right.OBJECTION,
    PurposeKind.CONSENT: Right.WITHDRAW_CONSENT,
    PurposeKind.SALE: Right.OPT_OUT_SALE,
    PurposeKind.SENSITIVE: Right.LIMIT_SENSITIVE,
}
"""By which right a purpose of each kind is stopped."""

PASSED_ON = frozenset({Right.RECTIFICATION, Right.ERASURE, Right.RESTRICTION})
"""What is done to the data itself. Processors, who hold it for the controller, do the same whatever the law says."""

_OTHERS = frozenset({RecipientRole.CONTROLLER, RecipientRole.JOINT_CONTROLLER})
_ROLES: Mapping[str, frozenset[RecipientRole]] = {
    "recipients": _OTHERS | {RecipientRole.PROCESSOR},
    "processors": frozenset({RecipientRole.PROCESSOR}),
    "controllers": _OTHERS,
    "third_parties": _OTHERS,
}
"""Whom a duty to tell means. An authority in an inquiry is no recipient (GDPR art. 4(9)); one that the policy gives an
address for is told like others."""

_BASES = frozenset({LegalBasis.LEGITIMATE_INTEREST, LegalBasis.PUBLIC_TASK})
_ABOUT: Mapping[Right, Callable[[Category], bool]] = {
    Right.OPT_OUT_SALE: lambda one: one.opted_out,
    Right.LIMIT_SENSITIVE: lambda one: one.sensitive,
    Right.WITHDRAW_CONSENT: lambda one: LegalBasis.CONSENT in one.legal_bases,
    Right.OBJECTION: lambda one: not _BASES.isdisjoint(one.legal_bases),
}


class Reached(NamedTuple):
    """One who is concerned by what was done."""

    recipient: Recipient
    categories: tuple[str, ...]
    """What it got, or gave; the policy's ids."""
    source: bool
    """It got none of it: the data came from it."""
    in_time: bool
    """The law asks that it be told; False where it got the data before the time that the law looks back to."""
    by_law: bool
    """The law asks it, whether the person does or not; False where a processor follows by its contract only."""
    unsure: bool = False
    """It has the data only if the person chose so, and nothing says whether they did. A notice would tell somebody of a
    person whom they may not know: a human finds out first."""


def means(duty: Duty, role: RecipientRole) -> bool:
    """Whether a duty to tell is about recipients of this role."""
    return any(role in _ROLES.get(whom, ()) for whom in duty.whom)


def told_since(duty: Duty | None, received_on: date, today: date) -> date | None:
    """The day from which on somebody must have had the data to be told of it; None: whenever that was.

    Args:
        duty: the law's.
        received_on: the day of the request.
        today: on which it is carried out.
    """
    if duty is None:
        return None
    if duty.since_request:
        return received_on
    return add_months(today, -duty.look_back_months) if duty.look_back_months else None


def about(policy: Policy, right: Right, purpose: Purpose) -> frozenset[str]:
    """The categories that one purpose is about: as the policy says, or else all that this right may stop the use of."""
    fits = _ABOUT.get(right)
    if purpose.categories or fits is None:
        return frozenset(purpose.categories)
    return frozenset(one.id for one in policy.categories if fits(one))


def involved(policy: Policy, right: Right, purposes: Some[str], ours: Some[str] = frozenset()) -> frozenset[str]:
    """The categories whose use for these purposes has stopped, without those that somebody else decides over.

    Args:
        policy: of the controller.
        right: by which it was stopped.
        purposes: that have stopped.
        ours: categories that somebody else decides over, of which something is the controller's own to answer for.
    """
    found = frozenset[str]().union(*(about(policy, right, one) for one in policy.purposes if one.id in purposes))
    return found - {one.id for one in policy.categories if one.controlled_by and one.id not in ours}


def choices_asked(policy: Policy) -> frozenset[PurposeId]:
    """The choices by which somebody gets data or does not."""
    return frozenset(purpose for one in policy.categories for purpose in one.only_with.values())


def gets(category: Category, recipient: str, chosen: Chosen) -> bool | None:
    """Whether a recipient has this person's data of a category; None where nothing says so."""
    if recipient not in category.recipients:
        return False
    return chosen.get(category.only_with[recipient]) if recipient in category.only_with else True


def reached(
    policy: Policy,
    right: Right,
    duty: Duty | None,
    categories: Some[str],
    since: date | None,
    chosen: Chosen = MappingProxyType({}),
) -> Iterable[Reached]:
    """Who is concerned, in the policy's order.

    Args:
        policy: of the controller.
        right: that was carried out.
        duty: the law's for this right; None where it has none.
        categories: something of which was corrected, erased or set aside, or a use of which has stopped.
        since: as `told_since`.
        chosen: by the person.
    """
    touched = [one for one in policy.categories if one.id in categories]
    for recipient in policy.recipients:
        processor = recipient.role is RecipientRole.PROCESSOR and right in PASSED_ON
        addressed = recipient.role is RecipientRole.AUTHORITY and bool(recipient.email) and "recipients" in _whom(duty)
        meant = duty is not None and (means(duty, recipient.role) or addressed)
        has = {one.id: gets(one, recipient.id, chosen) for one in touched}
        got = tuple(one for one, it in has.items() if it)
        perhaps = tuple(one for one, it in has.items() if it is None)
        gave = tuple(one.id for one in touched if recipient.id in one.sources) if "source" in _whom(duty) else ()
        by_law = duty is not None and not duty.on_request and (meant or bool(gave))
        in_time = since is None or recipient.received_until is None or recipient.received_until >= since
        if got and (meant or processor):
            yield Reached(
                recipient, (*got, *(one for one in gave if one not in got)), False, in_time or processor, by_law
            )
        elif gave:
            yield Reached(recipient, gave, True, True, by_law)
        elif perhaps and (meant or processor):
            yield Reached(recipient, perhaps, False, in_time or processor, by_law, unsure=True)


def _whom(duty: Duty | None) -> tuple[str, ...]:
    return duty.whom if duty else ()
