"""Acts on the statutory clock: extend, pause, resume. One at a time; the dates are always the ledger's newest."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.model import ExtendOrder, PauseOrder
    from activities.record import RecordActivities
    from habeas.acts import ActAnswer, ActCall, ActKind
    from habeas.model import PauseReason
    from workflows import calls
    from workflows.model import RequestStart
    from workflows.task_acts import TaskActs


class ClockActs(TaskActs):
    """Moves the deadline."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._extending = False
        self._resuming = False
        self._dating = asyncio.Lock()

    @workflow.update(name=ActKind.EXTEND.value)
    async def extend(self, call: ActCall) -> ActAnswer:
        """Extend the term and tell the person why and until when."""
        self._extending = True
        with self._writing():
            try:
                await self._accept(ActKind.EXTEND, call, "extended")
                await self._extend(str(call.ground), call.act_id)
            finally:
                self._extending = False
        promise = self.clock.face.promise
        stands = promise is not None and promise.stands
        return self._answer(call, "extended_but_the_promised_day_stands" if stands else "extended")

    @extend.validator
    def _may_extend(self, call: ActCall) -> None:
        self._check(ActKind.EXTEND)
        face = self.clock.face
        if call.ground not in face.extension_grounds:
            grounds = ", ".join(face.extension_grounds) or "none: this regime knows no extension"
            raise ApplicationError(f"Not a ground for an extension here; possible: {grounds}.", type="bad_input")
        if face.extended or self._extending:
            raise ApplicationError("The term is extended already; the law knows one extension.", type="wrong_stage")
        if self.clock.paused:
            raise ApplicationError("The clock is paused; resume it first.", type="wrong_stage")
        if not self._notice_in_time():
            raise ApplicationError("The last day to announce an extension is over.", type="wrong_stage")

    async def extend_by_itself(self) -> None:
        """Extend as the policy says, unless staff did, or it is too late to announce it."""
        face = self.clock.face
        if face.extend_ground is None or face.extended or self._extending or not self._notice_in_time():
            return
        self._extending = True
        with self._writing():
            try:
                await self._extend(face.extend_ground, None)
            finally:
                self._extending = False

    async def _extend(self, ground: str, act_id: str | None) -> None:
        async with self._dating:
            face = await calls.record(
                RecordActivities.extend,
                ExtendOrder(request_id=self.id, at=workflow.now(), ground=ground, act_id=act_id),
                f"extend the term: {ground}",
            )
            self.clock.set(face)
            if face.delay_at is not None and face.delay_at > workflow.now():
                # The notice names another day: what was told before is over, and a delay is told when that day is.
                self.clock.expect(None)
                self.delay_told = False
        self.changed()
        self.send_soon("extension", "extension", ground=ground, act_id=act_id)

    def _notice_in_time(self) -> bool:
        latest = self.clock.face.notice_latest_at
        return latest is None or workflow.now() <= latest

    @workflow.update(name=ActKind.PAUSE.value)
    async def pause(self, call: ActCall) -> ActAnswer:
        """Stop the clock while something is awaited from the person, where the regime allows it."""
        self.clock.pause()
        with self._writing():
            try:
                await self._accept(ActKind.PAUSE, call, "paused")
            except ApplicationError:
                self.clock.resume(self.clock.face)
                raise
            await self._pause(call, call.pause_reason)
        self.changed()
        return self._answer(call, "paused")

    async def _pause(self, call: ActCall, reason: PauseReason | None) -> None:
        async with self._dating:
            face = await calls.record(
                RecordActivities.pause,
                PauseOrder(request_id=self.id, at=workflow.now(), act_id=call.act_id, reason=reason),
                f"pause the clock: {reason}",
            )
            if face is not None:
                self.clock.set(face)

    @pause.validator
    def _may_pause(self, call: ActCall) -> None:
        self._check(ActKind.PAUSE)
        if self.clock.paused:
            raise ApplicationError("The clock is paused already.", type="wrong_stage")
        if call.pause_reason not in self.clock.face.pause_reasons:
            reasons = ", ".join(self.clock.face.pause_reasons) or "none"
            raise ApplicationError(
                f"This regime does not stop the clock for that; it does for: {reasons}.", type="bad_input"
            )

    @workflow.update(name=ActKind.RESUME.value)
    async def resume(self, call: ActCall) -> ActAnswer:
        """What was awaited is there: let the clock run again; the days that count are added to the term."""
        self._resuming = True
        with self._writing():
            try:
                await self._accept(ActKind.RESUME, call, "resumed")
                if self.clock.paused:
                    await self._resume(call)
                self.asked.clear()
            finally:
                self._resuming = False
        self.changed()
        return self._answer(call, "resumed")

    async def _resume(self, call: ActCall) -> None:
        async with self._dating:
            face = await calls.record(
                RecordActivities.resume,
                PauseOrder(request_id=self.id, at=workflow.now(), act_id=call.act_id),
                "resume the clock",
            )
            self.clock.resume(face)

    @resume.validator
    def _may_resume(self, call: ActCall) -> None:
        self._check(ActKind.RESUME)
        if not (self.clock.paused or self.asked) or self._resuming:
            raise ApplicationError("The clock is running.", type="wrong_stage")
