"""Lifting a restriction: the person is told first, then it is lifted in each system, looked at again, written down."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.change_model import ChangeReport, LiftBrief, LiftOrder, LiftStart, LiftSystem
    from activities.lifting import LiftingActivities
    from activities.model import LetterOrder, SystemBrief
    from activities.notify import LetterActivities
    from workflows import calls

PAUSE = timedelta(hours=1)
"""Before a system that refused, or did not do it, is asked again; staff are told once."""
LONGEST_PAUSE = timedelta(days=1)


@workflow.defn
class LiftRestrictionWorkflow:
    """Ends what one request restricted. Its id is the request's id and ``/lift``."""

    @workflow.init
    def __init__(self, start: LiftStart) -> None:
        self._start = start
        self._told: set[str] = set()

    @workflow.run
    async def run(self, start: LiftStart) -> tuple[str, ...]:
        """Tell, wait, lift; the systems where it was lifted."""
        order = LiftOrder(request_id=start.request_id, at=workflow.now(), act_id=start.act_id, lift_at=start.lift_at)
        brief = await calls.record(LiftingActivities.prepare, order, "when and where it is lifted")
        await self._tell(brief)
        if brief.lift_at > workflow.now():
            await workflow.sleep(brief.lift_at - workflow.now(), summary="until the day that the person was told")
        await asyncio.gather(
            *(self._lift(system) for system in brief.systems),
            *(self._let_go(system, by_hand=True) for system in brief.by_hand),
        )
        return tuple(sorted([*(system.name for system in brief.systems), *brief.by_hand]))

    async def _tell(self, brief: LiftBrief) -> None:
        order = LetterOrder(
            request_id=self._start.request_id,
            at=workflow.now(),
            kind="restriction_lifting",
            dedupe=f"lift/{self._start.act_id}",
            act_id=self._start.act_id,
            sealed=brief.sealed,
        )
        await calls.work(LetterActivities.send, order, "letter: the restriction is to be lifted")

    async def _lift(self, system: SystemBrief) -> None:
        """Until the marks are gone. A system that is away, refuses or lags is asked again, less and less often."""
        rest = PAUSE
        while True:
            code = await self._once(system)
            if code is None:
                return
            await self._ask_staff(system.name, code)
            await workflow.sleep(rest, summary=f"again after {code}: {system.name}")
            rest = min(rest * 2, LONGEST_PAUSE)

    async def _once(self, system: SystemBrief) -> str | None:
        """Lift and look; what is in the way, if something is."""
        try:
            await self._until_done(system, lift=True)
            if system.confirm_after:
                await workflow.sleep(system.confirm_after, summary=f"before the second look: {system.name}")
            report = await self._until_done(system, lift=False)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return calls.failure_code(error)
        return None if report.state == "clean" else "not_confirmed"

    async def _until_done(self, system: SystemBrief, *, lift: bool) -> ChangeReport:
        handle: str | None = None
        started = workflow.now()
        step = LiftingActivities.lift if lift else LiftingActivities.confirm
        while True:
            report: ChangeReport = await calls.on_system(
                step,
                self._order(system.name, handle),
                f"{'lift' if lift else 'look again'}: {system.name}",
                task_queue=system.task_queue,
                patience=calls.FIRST_PATIENCE,
            )
            if report.state != "pending":
                return report
            handle = report.handle
            passed = (workflow.now() - started).total_seconds()
            await workflow.sleep(max(report.wait, 1.0, passed / 10), summary=f"ask again: {system.name}")

    async def _let_go(self, system: str, *, by_hand: bool) -> None:
        if by_hand:
            await self._ask_staff(system, "lift_by_hand")
        await calls.record(LiftingActivities.let_go, self._order(system), f"let go: {system}")

    async def _ask_staff(self, system: str, code: str) -> None:
        if system in self._told:
            return
        self._told.add(system)
        order = LetterOrder(
            request_id=self._start.request_id,
            at=workflow.now(),
            kind="staff_attention",
            dedupe=f"lift/{self._start.act_id}/{system}",
            system=system,
            code=code,
        )
        await calls.work(LetterActivities.send, order, "letter: staff_attention")

    def _order(self, system: str, handle: str | None = None) -> LiftSystem:
        return LiftSystem(
            request_id=self._start.request_id,
            at=workflow.now(),
            system=system,
            act_id=self._start.act_id,
            handle=handle,
        )
