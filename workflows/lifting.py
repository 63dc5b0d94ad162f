"""Lifting a restriction: the person is told first, then it is lifted in each system, looked at again, written down.

Whoever could not be told keeps the restriction until staff tell them otherwise and begin again; where a human must
lift it, it stands until they say that they did.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.change_model import ChangeReport, LiftBrief, LiftedOrder, LiftOrder, LiftStart, LiftSystem
    from activities.lifting import LiftingActivities
    from activities.model import LetterOrder, SystemBrief
    from activities.notify import LetterActivities
    from activities.recipients import RecipientActivities
    from habeas.acts import ActAnswer, ActCall, ActKind
    from habeas.model import Stage
    from workflows import calls
    from workflows.notices import RECIPIENTS, notices_id, start_notices

PAUSE = timedelta(hours=1)
"""Before a system that refused, or did not do it, is asked again; staff are told once."""
LONGEST_PAUSE = timedelta(days=1)
SLACK = timedelta(days=1)
"""By so much the notice may be shorter than promised; a letter that left later is followed by one with another day."""
REMIND_EVERY = timedelta(days=7)
MOST_REMINDERS = 20
"""Of what a human is to lift; it stands in the list of restrictions after that."""
_NOT_TOLD = frozenset({"failed", "bounced"})


@workflow.defn
class LiftRestrictionWorkflow:
    """Ends what one request restricted. Its id is the request's id and ``/lift``."""

    @workflow.init
    def __init__(self, start: LiftStart) -> None:
        self._start = start
        self._told: set[str] = set()
        self._open: set[str] = set()
        """Systems where a human is to lift it."""
        self._done: dict[str, str] = {}
        """Where one did, and the act that says so."""

    @workflow.run
    async def run(self, start: LiftStart) -> tuple[str, ...]:
        """Tell, wait, lift; the systems where it was lifted: none where the person could not be told."""
        brief = await self._prepare(start.lift_at)
        if not brief.notice:
            await self._send(brief, f"lift/{start.act_id}")
            await self._wait_until(brief.lift_at)
        elif not await self._is_told(brief):
            await self._ask_staff(None, "lift_not_told")
            return ()
        await asyncio.gather(
            *(self._lift(system) for system in brief.systems),
            *(self._let_go(system, wait=brief.notice > 0) for system in brief.by_hand),
        )
        if workflow.patched("recipients-hear-of-lifting"):
            await self._tell_recipients()
        return tuple(sorted([*(system.name for system in brief.systems), *brief.by_hand]))

    @workflow.update(name=ActKind.FINISH_TASK.value)
    async def lifted_by_hand(self, call: ActCall) -> ActAnswer:
        """A human lifted it in a system that cannot by itself."""
        self._done.setdefault(str(call.system), call.act_id)
        return ActAnswer(act_id=call.act_id, stage=Stage.CLOSED, note="lifted")

    @lifted_by_hand.validator
    def _may_be_lifted(self, call: ActCall) -> None:
        if call.system not in self._open - self._done.keys():
            names = ", ".join(sorted(self._open - self._done.keys())) or "none"
            raise ApplicationError(f"Nobody is to lift it there now; systems where: {names}.", type="wrong_stage")

    async def _is_told(self, brief: LiftBrief) -> bool:
        """Tell the person and wait for the day; False where no letter reached them, whenever that came out."""
        if self._start.told:
            await self._wait_until(brief.lift_at)
            return True
        number, dedupe = 1, f"lift/{self._start.act_id}"
        while True:
            if await self._send(brief, dedupe) in _NOT_TOLD:
                return False
            notice = timedelta(seconds=brief.notice)
            if brief.lift_at >= workflow.now() + notice - SLACK:
                break
            # The mail server was away for long: the letter names a day that is too near, or past.
            number, lift_at = number + 1, workflow.now() + notice
            brief, dedupe = await self._prepare(lift_at), f"lift/{self._start.act_id}/{number}"
        await self._wait_until(brief.lift_at)
        return await self._send(brief, dedupe) not in _NOT_TOLD  # sent already: it may have come back since

    async def _tell_recipients(self) -> None:
        """They were told to store it only, until they hear from us."""
        start = self._start
        order = LiftedOrder(request_id=start.request_id, at=workflow.now(), act_id=start.act_id)
        report = await calls.record(RecipientActivities.prepare_lifted, order, "who was told of the restriction")
        if report.notices:
            name = notices_id(start.request_id, RECIPIENTS, report.occasion)
            await start_notices(start.request_id, report.notices, name, RECIPIENTS)

    async def _prepare(self, lift_at: datetime) -> LiftBrief:
        order = LiftOrder(
            request_id=self._start.request_id, at=workflow.now(), act_id=self._start.act_id, lift_at=lift_at
        )
        return await calls.record(LiftingActivities.prepare, order, "when and where it is lifted")

    async def _wait_until(self, lift_at: datetime) -> None:
        if lift_at > workflow.now():
            await workflow.sleep(lift_at - workflow.now(), summary="until the day that the person was told")

    async def _send(self, brief: LiftBrief, dedupe: str) -> str:
        order = LetterOrder(
            request_id=self._start.request_id,
            at=workflow.now(),
            kind="restriction_lifting",
            dedupe=dedupe,
            act_id=self._start.act_id,
            sealed=brief.sealed,
        )
        report = await calls.work(LetterActivities.send, order, "letter: the restriction is to be lifted")
        return report.state

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

    async def _let_go(self, system: str, *, wait: bool) -> None:
        order = self._order(system)
        if wait:
            if workflow.patched("another-keeps-the-paper"):
                what = f"does another request keep it: {system}"
                if await calls.record(LiftingActivities.let_go_besides, order, what):
                    return
            await self._until_lifted(system)
            order = order.model_copy(update={"at": workflow.now(), "act_id": self._done[system], "attested": True})
        else:
            await self._ask_staff(system, "lift_by_hand")
        await calls.record(LiftingActivities.let_go, order, f"let go: {system}")

    async def _until_lifted(self, system: str) -> None:
        """Until a human says that they lifted it; they are reminded."""
        self._open.add(system)
        number = 0
        while system not in self._done:
            if number <= MOST_REMINDERS:
                await self._ask_staff(system, "lift_by_hand", number)
            number += 1
            try:
                await workflow.wait_condition(
                    lambda: system in self._done,
                    timeout=REMIND_EVERY if number <= MOST_REMINDERS else None,
                    timeout_summary=f"reminder: lift by hand in {system}",
                )
            except TimeoutError:
                continue

    async def _ask_staff(self, system: str | None, code: str, number: int = 0) -> None:
        name = "/".join(str(one) for one in (system, number or None) if one)
        if name in self._told:
            return
        self._told.add(name)
        order = LetterOrder(
            request_id=self._start.request_id,
            at=workflow.now(),
            kind="staff_attention",
            dedupe=f"lift/{self._start.act_id}/{name or code}",
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
