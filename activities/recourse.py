"""What was asked for and refused must be there as long as the person may have the refusal reviewed.

PIPEDA 8(8), Québec's P-39.1 s.36, Singapore's PDPA 22A: what a request for a copy was about is neither erased nor let
end, whoever asks for it, until the recourse has run out; see `habeas.law.kept_after_refusal`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from activities.clockface import local_day
from activities.exemptions import exempted
from activities.ledger import RequestRow, Tx
from habeas import law
from habeas.law import HoldRule
from habeas.model import Identifier, Outcome, Right
from habeas.policy import Policy

__all__ = ["Recourse", "may_release", "recourses", "refused", "rule_of"]


class _Asked(Protocol):
    @property
    def regime(self) -> str: ...
    @property
    def jurisdiction(self) -> str: ...
    @property
    def right(self) -> Right: ...


class Recourse(NamedTuple):
    """What one refused request for a copy keeps."""

    controller: str
    law: str
    until: date | None
    """The last day; None while an appeal or a complaint about it is open, or where the law names none."""
    categories: frozenset[str] | None
    """What was refused; None for everything."""


def rule_of(asked: _Asked, policy: Policy) -> HoldRule | None:
    """The rule by which refused information is kept, where the request's law has one for its right."""
    rule = law.hold_after_refusal(asked.regime, policy.answered_in(asked.regime, asked.jurisdiction))
    return rule if rule is not None and rule.covers(asked.right) else None


async def refused(tx: Tx, request_id: str, outcome: Outcome | None) -> bool:
    """Whether a request was answered by a refusal, of all of it or of a part."""
    answered = outcome in {Outcome.FULFILLED, Outcome.PARTLY_FULFILLED}
    return outcome is Outcome.REFUSED or (answered and bool(await exempted(tx, request_id)))


async def may_release(tx: Tx, row: RequestRow, policy: Policy, at: datetime) -> bool:
    """Whether a request is closed and nothing follows that would need what is held for it.

    Where the law names no time for a recourse, what was refused is held as long as the request's own record is kept;
    and always while an appeal about it is open.
    """
    return row.closed_at is not None and await _recourse(tx, row, policy, at) is None


async def recourses(
    tx: Tx, known: Iterable[Identifier], policies: Mapping[str, Policy], at: datetime
) -> tuple[Recourse, ...]:
    """What refused requests of whoever is, or claims to be, known by these keep today, by controller.

    By what was claimed, as short-lived data is held: what is kept too long harms less than what is gone.
    """
    identifiers, found = tuple(known), list[Recourse]()
    for controller, policy in sorted(policies.items()):
        if not _keeps_anything(policy):
            continue
        for copy in await tx.copies_asked(controller, identifiers):
            if (one := await _recourse(tx, await tx.request_row(copy), policy, at)) is not None:
                found.append(one)
    return tuple(found)


async def _recourse(tx: Tx, row: RequestRow, policy: Policy, at: datetime) -> Recourse | None:
    """What a closed request keeps; None where it was not refused, or the recourse has run out."""
    rule = rule_of(row, policy)
    if row.closed_at is None or rule is None or not await refused(tx, row.id, row.outcome):
        return None
    last = None if await tx.has_open_remedy(row.id) else _last_day(row, row.closed_at, policy)
    if last is not None and last < local_day(policy, at):
        return None
    whole = row.outcome is Outcome.REFUSED
    categories = frozenset(row.categories or ()) if whole else frozenset(await exempted(tx, row.id))
    return Recourse(row.controller, rule.cite, last, categories or None)


def _keeps_anything(policy: Policy) -> bool:
    """Whether any law that it answers under keeps what was refused: most do not, and then nobody need be looked for."""
    return any(law.hold_after_refusal(one.code, place) for one in policy.regimes for place in one.jurisdictions)


def _last_day(row: RequestRow, closed_at: datetime, policy: Policy) -> date:
    closed = local_day(policy, closed_at)
    place = policy.answered_in(row.regime, row.jurisdiction)
    last = law.kept_after_refusal(row.regime, place, row.right, closed)
    return last or closed + timedelta(days=policy.record.keep_days)
