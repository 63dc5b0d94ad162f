"""Appeals, complaints and grievances: about how an earlier request was handled, decided by somebody else."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.model import RemedyOrder
    from activities.remedies import RemedyActivities
    from habeas.model import Outcome, Stage
    from workflows import calls
    from workflows.handing import Handing


class Remedying(Handing):
    """Has a human decide, tells the person, and opens the request anew where the decision is for them.

    Who gives what the earlier request proved, or was written to at, is not asked to prove it again: every letter goes
    to where that request's go, and what is opened anew asks for a proof of its own. Who gives nothing of it is asked,
    and a human is told; until one attests that it is the same person, nothing of that request is told or opened.
    """

    async def _remedy(self) -> Outcome:
        self.send_soon("acknowledgement", "acknowledgement")
        if self._brief.other_person:
            self.send_soon("staff_attention", "other_person", code="other_person")
            if not await self._verify():
                return await self._tell(Outcome.UNVERIFIED, "unverified")
        await self._enter(Stage.REVIEWING)
        self.send_soon("staff_attention", "review/remedy", code="review")
        await workflow.wait_condition(lambda: self.settled() and bool(self.approvals) and not self.asked)
        await self._enter(Stage.FULFILLING)
        return await self._decide(Outcome.FULFILLED, next(iter(self.approvals.values())), None)

    async def _decide(self, outcome: Outcome, act_id: str, ground: str | None) -> Outcome:
        """Write the decision down, whichever it is, and tell it."""
        granted = outcome is Outcome.FULFILLED
        order = RemedyOrder(request_id=self.id, at=workflow.now(), act_id=act_id, granted=granted, ground=ground)
        decided = await calls.record(RemedyActivities.decide, order, "granted" if granted else "not granted")
        if decided.opened:
            self._log(f"carried out anew as {decided.opened}")
        return await self._tell(outcome, "remedy_decision", act_id=act_id, ground=ground, sealed=decided.sealed)
