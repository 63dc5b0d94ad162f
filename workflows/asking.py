"""What staff put to the person: a question, a fee, word of a delay. Their words lie sealed in the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.asking import AskingActivities, delay_name
    from activities.model import AskOrder
    from habeas.acts import ActAnswer, ActCall, ActKind
    from habeas.model import PauseReason, Stage
    from workflows import calls
    from workflows.clock_acts import ClockActs
    from workflows.model import RequestStart

_ANSWERED = frozenset({Stage.NOTIFYING, Stage.CLOSED})


class Asking(ClockActs):
    """Asks and tells. What is asked holds the hand-over up until staff say that the answer is there (``resume``)."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._told_again = 0
        """How often a day passed that the person was told."""

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

    def ask_for_delay(self) -> None:
        """Staff are asked for the reason and the day, unless they named one, or the answer is on its way."""
        if not self.delay_told and self.stage not in _ANSWERED:
            self._attention("delay_soon")

    async def announce_delay_by_itself(self) -> None:
        """Tell as the policy says, once, unless staff did, or the term was extended, or the answer is on its way."""
        if self.delay_told or not self._delay_is_due() or self.stage in _ANSWERED:
            return
        await self.tell_of_delay()

    async def tell_of_delay(self) -> None:
        """Tell it with what is known: what the request waits for; once."""
        self.delay_told = True
        with self._writing():
            await self._announce(None)

    def expected_soon(self) -> None:
        """Staff hear that the day comes near that the person was told."""
        if self.stage not in _ANSWERED:
            self._attention("expected_soon")

    async def announce_again(self) -> None:
        """The day that the person was told has passed: they are told what is known now, and staff that they are."""
        if self.stage in _ANSWERED:
            return
        self._told_again += 1
        self._attention("expected_passed")
        with self._writing():
            await self._announce(None, again=self._told_again)

    def _attention(self, code: str) -> None:
        self.send_soon("staff_attention", f"{code}/{workflow.now():%Y-%m-%d}", code=code)

    def _delay_is_due(self) -> bool:
        """Not where the term was extended meanwhile: then it is when that is over."""
        face = self.clock.face
        told_at = (face.delay_at, face.promise.delay_at if face.promise else None)
        return any(at is not None and at <= workflow.now() for at in told_at)

    async def _announce(self, call: ActCall | None, again: int = 0) -> None:
        order = AskOrder(
            request_id=self.id,
            at=workflow.now(),
            act_id=call.act_id if call else None,
            expected_on=call.expected_on if call else None,
            again=again,
        )
        named = await calls.record(AskingActivities.delay, order, "announce a delay")
        self.clock.expect(named)
        name = delay_name(order)
        self.send_soon("delay", name, act_id=order.act_id, sealed=f"letter/{name}")
