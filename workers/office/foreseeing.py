"""What the law demands of a request that is about to be opened: by when, why, and what it takes. Nothing is written."""

from __future__ import annotations

from datetime import date

from activities.brief import approvals, is_right, proof_asked, purposes_of
from activities.clockface import dated, local_day
from habeas.access import Scope
from habeas.model import Frozen, Request, Right
from habeas.particulars import Particulars
from habeas.policy import IdentityMethod
from habeas.policy.sections import Proof
from workers.office.intake import Checked, NewRequestInput, language_note
from workers.office.opening import Opening
from workers.office.whose_law import law_note, right_note

__all__ = ["Demands", "Foreseeing"]

_NOBODY = "HB-0000-0000-0000"


class Demands(Frozen):
    """What would count if the request were opened now. It names nobody."""

    controller: str
    right: Right
    regime: str
    jurisdiction: str
    language: str
    received_on: date
    acknowledge_by: date | None
    due_on: date | None
    """The day that counts: the law's, or the promised one before it."""
    law_on: date | None
    extended_on: date | None
    """Until when the law would let the term be extended; None where it does not."""
    promised_on: date | None
    given: bool
    """Whether the right is one here; else the request is opened all the same, and answered so."""
    proof: str
    """``code``, ``attestation`` or ``none``."""
    approvals: int
    """How many people must approve."""
    citation: str
    explanation: tuple[str, ...]
    law_note: str | None = None
    right_note: str | None = None
    language_note: str | None = None


class Foreseeing(Opening):
    """Methods that say beforehand what a request will demand."""

    async def demands(self, asked: NewRequestInput) -> Demands:
        """What the law demands of this request; it is checked whole, and not opened.

        Raises:
            BadInput, UnknownRegime: as `Opening.open_request`.
            NotAllowed: this account opens none for this controller.
        """
        now = self._now()
        checked = await self._check(asked, now)
        self.demand(Scope.REQUESTS_OPEN, checked.controller)
        policy, request, of = self.policy(checked.controller), _as_request(checked), Particulars.of(checked.subject)
        times = dated(request, policy, (), now)
        longer = dated(request.model_copy(update={"extended": True}), policy, (), now)
        proof = proof_asked(request, policy, of)
        if proof is None:
            proof = Proof.CODE if IdentityMethod.CODE in policy.identity.methods else Proof.ATTESTATION
        return Demands(
            **checked.model_dump(include={"controller", "right", "regime", "jurisdiction", "language"}),
            received_on=local_day(policy, checked.received_at),
            acknowledge_by=times.deadlines.acknowledge_by,
            due_on=times.face.due_on,
            law_on=times.deadlines.effective_due_on,
            extended_on=longer.deadlines.extended_due_on if times.face.extension_grounds else None,
            promised_on=times.promised_on,
            given=is_right(request, policy),
            proof=proof.value,
            approvals=approvals(checked.right, policy, purposes_of(policy, checked.right, of.purposes)),
            citation=times.deadlines.citation,
            explanation=times.explanation,
            law_note=law_note(policy, checked.right, checked.regime, checked.jurisdiction, checked.received_at),
            right_note=right_note(of.called, checked.right),
            language_note=language_note(asked.language, checked.language),
        )


def _as_request(checked: Checked) -> Request:
    fields = {"controller", "right", "regime", "jurisdiction", "language", "received_at"}
    return Request(id=_NOBODY, **checked.model_dump(include=fields))
