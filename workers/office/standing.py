"""How a request stands: by which day, said by whom; whose the request is that it names; how often it was asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from activities.clockface import PauseSpan, dated, local_day, pause_spans
from activities.ledger import WAITING, RequestRow, SystemRow, Tx
from activities.proofs import proof_lacking
from activities.repeated import AskedBefore, asked_before
from activities.same_person import earlier_request, is_same_person
from habeas.acts import ActKind, stages
from habeas.errors import KeyDestroyed
from habeas.model import REMEDIES, Frozen, Request, RequestId, Right, Stage
from habeas.policy import Policy
from habeas.policy.sections import Proof, Strength

__all__ = ["Due", "Standing", "due_of", "may_withdraw", "standing"]


class Standing(Frozen):
    """What staff must know of a request before they decide; it names nobody."""

    law_on: date | None = None
    """The law's last day as it stands."""
    promised_on: date | None = None
    """The day that the controller promised, as long as the promise binds."""
    promise: Strength | None = None
    """How firmly."""
    promise_stands: bool = False
    """The law's term was extended, and the promised day counts all the same."""
    target_on: date | None = None
    """By when staff aim to answer where nothing is due: no day of the law's, and not told to the person."""
    confirm_by: date | None = None
    """Until when the person is to confirm a fee, or was: unconfirmed, the request counts as withdrawn."""
    delay: bool = False
    """Whether there is a delay to announce."""
    extension_grounds: tuple[str, ...] = ()
    """What the term may be extended for now, by every law that binds here; empty where it may not, or was."""
    proof_lacking: Proof | None = None
    """Of two proofs of identity of which one is there, the other: ``code`` or ``attestation``."""
    known: bool = False
    """Whether who asks has proved who they are: no ground says then that nobody knows it."""
    about: RequestId | None = None
    """The request that an appeal, a complaint or a grievance names."""
    same_person: bool | None = None
    """Whether that is shown to be the same person's; None where none is named."""
    asked_before: AskedBefore | None = None
    """None once it is no longer known who asked."""


async def standing(tx: Tx, request: Request, policy: Policy, now: datetime) -> Standing:
    """How a request stands at an instant."""
    due = due_of(request, policy, await pause_spans(tx, request.id), now)
    promised = due.promised_on is not None
    facts = Standing(
        law_on=due.law_on,
        promised_on=due.promised_on,
        promise=policy.promise.strength if promised else None,
        promise_stands=promised and request.extended,
        target_on=due.target_on,
        confirm_by=due.confirm_by,
        delay=request.closed_at is None and due.delayed,
        extension_grounds=() if request.extended else due.extension_grounds,
    )
    try:
        earlier = await earlier_request(tx, request)
        known: dict[str, object] = {
            "about": earlier.id if earlier else None,
            "same_person": await is_same_person(tx, request),
        }
        if request.closed_at is None:
            lacking = await proof_lacking(tx, request, policy)
            known["known"] = lacking is None and await tx.proof(request.id) is not None
            known["proof_lacking"] = lacking if request.stage is Stage.VERIFYING else None
        if request.right not in REMEDIES:
            known["asked_before"] = await asked_before(tx, request, policy)
    except KeyDestroyed:
        return facts
    return facts.model_copy(update=known)


def may_withdraw(row: RequestRow, systems: Iterable[SystemRow]) -> bool:
    """Whether a request can be taken back as far as the ledger knows.

    An erasure that is being carried out can while something stands in its way anywhere: until then nothing is touched.
    """
    if row.outcome is not None or row.stage not in stages(ActKind.WITHDRAW, row.right):
        return False
    if row.right is not Right.ERASURE or row.stage is not Stage.FULFILLING:
        return True
    stands = {(one.phase, one.state) for one in systems}
    return ("vetoes", WAITING) in stands and ("erase", "done") not in stands


class Due(Frozen):
    """Which day counts, and whether there is a delay to tell of."""

    on: date | None
    law_on: date | None
    promised_on: date | None
    target_on: date | None
    confirm_by: date | None
    extension_grounds: tuple[str, ...]
    delayed: bool
    """A day was promised that may not be kept, or the law's term is over."""


def due_of(request: Request, policy: Policy, pauses: tuple[PauseSpan, ...], now: datetime) -> Due:
    """Which day counts at an instant. While the law's clock is paused, its term is not over."""
    dates = dated(request, policy, pauses, now)
    waits = dates.confirm_by is None and any(span.end is None for span in pauses)
    on, law_on, announced_by = dates.face.due_on, dates.deadlines.effective_due_on, dates.face.notice_latest_at
    may_extend = all(span.end for span in pauses) and (announced_by is None or now <= announced_by)
    # A day that the law gives after the promised one is there to be named; an extension is announced as such.
    sooner = dates.promised_on is not None and (waits or law_on is None or dates.promised_on < law_on)
    return Due(
        on=on,
        law_on=law_on,
        promised_on=dates.promised_on,
        target_on=dates.face.target_on,
        confirm_by=dates.confirm_by,
        extension_grounds=dates.face.extension_grounds if may_extend else (),
        delayed=sooner or (not waits and on is not None and on < local_day(policy, now)),
    )
