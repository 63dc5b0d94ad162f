"""What staff put to the person: a question, a fee, word of a delay. Their words lie sealed in the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.asking import AskingActivities
    from activities.model import AskOrder
    from habeas.acts import ActAnswer, ActCall, ActKind
    from habeas.model import PauseReason, Stage
    from workflows import calls
    from workflows.clock_acts import ClockActs

_ANSWERED = frozenset({Stage.NOTIFYING, Stage.CLOSED})


class Asking(ClockActs):
    """Asks and tells. What is asked holds the hand-over up until staff say that the answer is there (``resume``)."""

    @workflow.update(name=ActKind.ASK.value)
    async def ask(self, call: ActCall) -> ActAnswer:
        """Ask the person something; the clock waits for the reason given, where the regime lets it."""
        return await self._ask(ActKind.ASK, call, call.pause_reason, AskingActivities.ask, "question")

    @ask.validator
    def _may_ask(self, call: ActCall) -> None:
        self._check(ActKind.ASK)
        if call.pause_reason is PauseReason.IDENTITY and self.proven:
            raise ApplicationError("Who asks is proven already; there is nothing to wait for.", type="not_allowed")
        self._check_nothing_resumes()

    @workflow.update(name=ActKind.CHARGE.value)
    async def charge(self, call: ActCall) -> ActAnswer:
        """Ask a fee; the clock waits for it where the regime lets it. ``resume`` says that it was paid."""
        return await self._ask(ActKind.CHARGE, call, PauseReason.FEE, AskingActivities.charge, "fee")

    @charge.validator
    def _may_charge(self, call: ActCall) -> None:
        self._check(ActKind.CHARGE)
        if not self.clock.face.fee_allowed:
            raise ApplicationError("No fee may be asked for this right here.", type="not_allowed")
        self._check_nothing_resumes()

    def _check_nothing_resumes(self) -> None:
        if self._resuming:
            raise ApplicationError("The clock is being resumed; ask again in a moment.", type="wrong_stage")

    async def _ask(
        self,
        kind: ActKind,
        call: ActCall,
        reason: PauseReason | None,
        step: Callable[[Any, AskOrder], Awaitable[None]],
        letter: str,
    ) -> ActAnswer:
        pauses = reason in self.clock.face.pause_reasons and not self.clock.paused
        self.asked.add(call.act_id)
        if pauses:
            self.clock.pause()
        with self._writing():
            try:
                await self._accept(kind, call, "asked")
            except ApplicationError:
                self.asked.discard(call.act_id)
                if pauses:
                    self.clock.resume(self.clock.face)
                raise
            if pauses:
                await self._pause(call, reason)
            order = AskOrder(
                request_id=self.id,
                at=workflow.now(),
                act_id=call.act_id,
                reply_by=call.expected_on,
                clock_waits=self.clock.stands_still,
                ground=call.ground,
            )
            await calls.record(step, order, f"write down: {letter}")
        self.changed()
        self.send_soon(letter, f"{letter}/{call.act_id}", act_id=call.act_id, sealed=f"letter/{letter}/{call.act_id}")
        waits = "asked_and_the_clock_waits" if self.clock.stands_still else "asked_and_to_be_confirmed"
        return self._answer(call, waits if self.clock.paused else "asked")

    @workflow.update(name=ActKind.ANNOUNCE_DELAY.value)
    async def announce_delay(self, call: ActCall) -> ActAnswer:
        """Tell the person why it takes longer, and on which day the answer is expected."""
        before, self.delay_told = self.delay_told, True
        with self._writing():
            try:
                await self._accept(ActKind.ANNOUNCE_DELAY, call, "announced")
            except ApplicationError:
                self.delay_told = before
                raise
            await self._announce(call)
        return self._answer(call, "announced")

    @announce_delay.validator
    def _may_announce_delay(self, call: ActCall) -> None:
        self._check(ActKind.ANNOUNCE_DELAY)
        if call.expected_on is None or call.expected_on <= workflow.now().date():
            raise ApplicationError("Say on which day to come the answer is expected.", type="bad_input")

    async def announce_delay_by_itself(self) -> None:
        """Tell as the policy says, once, unless staff did, or the term was extended, or the answer is on its way."""
        if self.delay_told or self.clock.face.extended or self.stage in _ANSWERED:
            return
        await self.tell_of_delay()

    async def tell_of_delay(self) -> None:
        """Tell it with the policy's reason, or that a human is still at it; once."""
        self.delay_told = True
        with self._writing():
            await self._announce(None)

    async def _announce(self, call: ActCall | None) -> None:
        act_id = call.act_id if call else None
        order = AskOrder(
            request_id=self.id,
            at=workflow.now(),
            act_id=act_id,
            expected_on=call.expected_on if call else None,
        )
        await calls.record(AskingActivities.delay, order, "announce a delay")
        name = f"delay/{act_id}" if act_id else "delay"
        self.send_soon("delay", name, act_id=act_id, sealed=f"letter/{name}")
