"""Which copies come before an erasure: what is gone cannot be handed over any more.

An erasure waits while a request for a copy of the same person is open that came in on the same day or earlier, that
the person wants first, or whose law keeps what is asked for until it is answered (PIPEDA 8(8)). Where the policy asks
for an export before an erasure, any open copy is waited for, and one must have been released.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity

from activities.clockface import local_day
from activities.finding import load_graph
from activities.ledger import CopyRow, Tx
from activities.model import CopiesOrder, CopiesReport
from activities.parts import Parts
from activities.plans import approvals_of
from activities.recourse import rule_of
from habeas.acts import WITHOUT_COPY
from habeas.coverage import portable
from habeas.errors import NotAllowed
from habeas.model import Frozen, Outcome, Request, RequestId, Right
from habeas.particulars import Particulars, Scope
from habeas.policy import Policy

__all__ = ["COPY_FIRST", "COPY_MISSING", "Before", "CopyActivities", "copies_before", "copies_first", "needs_a_copy"]

COPY_FIRST = "copy_first"
"""A copy is to be answered before the erasure."""
COPY_MISSING = "copy_missing"
"""The policy asks for a copy before the erasure, and none was released or is asked for."""
FRESH = timedelta(days=30)
"""A copy that was released longer than this before the erasure came in is not one of what is erased."""
_ANSWERED = frozenset({Outcome.FULFILLED, Outcome.PARTLY_FULFILLED, Outcome.NOTHING_FOUND})


class Before(Frozen):
    """What must come before an erasure."""

    copies: tuple[RequestId, ...] = ()
    """Open requests for a copy."""
    missing: bool = False
    """As `COPY_MISSING`."""
    by_law: bool = False
    """What one of them is about must be there until it is answered, whoever says what (PIPEDA 8(8))."""

    @property
    def code(self) -> str | None:
        """What the erasure waits for; None where it need not."""
        return COPY_FIRST if self.copies else COPY_MISSING if self.missing else None


class CopyActivities:
    """Steps in our own ledger."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="look_for_copies")
    async def look(self, order: CopiesOrder) -> CopiesReport:
        """What the approved erasure waits for. Whoever answers that copy will tell it."""
        async with self._parts.ledger.begin() as tx:
            before = await copies_first(tx, order.request_id, order.plan, self._parts)
        return CopiesReport(copies=before.copies, code=before.code)


async def copies_first(tx: Tx, request_id: str, plan: str, parts: Parts) -> Before:
    """What the approved plan waits for, unless as many people as approve an erasure said to go on without it, and may.

    The copies are locked: one that closes meanwhile either is seen as closed here, or sees that it is waited for.
    """
    request = await tx.request(request_id)
    policy = parts.policy(request.controller)
    before = await copies_before(tx, request, policy, lock=True)
    if before.code is None:
        return before
    if (
        not before.by_law
        and len(await approvals_of(tx, request_id, plan, ground=WITHOUT_COPY)) >= policy.review.erasure_approvals
    ):
        return Before()
    await tx.wait_for_copies(request_id, before.copies)
    return before


async def copies_before(tx: Tx, request: Request, policy: Policy, *, lock: bool = False) -> Before:
    """What must come before this erasure, whoever said what of it; nothing for any other right."""
    if request.right is not Right.ERASURE:
        return Before()
    subject = await tx.subject(request.id)
    known = (await load_graph(tx, request.id)).own() or subject.identifiers
    rows = await tx.copies_of(request.controller, known, lock=lock)
    asked = policy.review.export_before_erasure
    day = local_day(policy, request.received_at)
    by_law = {row.id for row in rows if row.closed_at is None and rule_of(row, policy) is not None}
    open_ = tuple(
        row.id
        for row in rows
        if row.id in by_law
        or (row.closed_at is None and (asked or row.before_erasure or local_day(policy, row.received_at) <= day))
    )
    wanted = frozenset(Particulars.of(subject).categories)
    missing = asked and not open_ and not any(_is_export(row, request, wanted) for row in rows)
    return Before(copies=open_, missing=missing, by_law=bool(by_law))


async def needs_a_copy(tx: Tx, request: Request, policy: Policy) -> None:
    """Nobody approves an erasure where the policy asks for an export that nobody has asked for.

    Raises:
        NotAllowed: so it is.
    """
    if (await copies_before(tx, request, policy)).missing:
        raise NotAllowed(
            "The policy asks for a copy before an erasure (review.export_before_erasure): open a request for access of "
            "the same person, or approve with --without-copy and say why."
        )


def _is_export(row: CopyRow, erasure: Request, wanted: frozenset[str]) -> bool:
    """Whether the person got, not long ago, a copy of what is to be erased."""
    whole = row.right is Right.ACCESS or portable(row.regime) is None
    reaches = not row.categories or (bool(wanted) and wanted <= {*row.categories})
    return (
        row.closed_at is not None
        and row.closed_at >= erasure.received_at - FRESH
        and row.outcome in _ANSWERED
        and row.scope is not Scope.CATEGORIES
        and whole
        and reaches
    )
