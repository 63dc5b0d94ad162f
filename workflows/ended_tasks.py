"""A human erases what an erasure may keep no longer, where no program can: opened by the sweep, once its day has come.

The request is closed; the task is reminded of like any, and what the human says ends what was kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.keeping import EndedOrder, EndedTask, EndOrder, EndReport
    from activities.model import AcceptAct, LetterOrder
    from activities.notify import LetterActivities
    from activities.recipients import RecipientActivities
    from activities.record import RecordActivities
    from activities.retention import RetentionActivities
    from activities.task_model import TaskOrder, TaskPhase, letter_name
    from activities.tasks import TaskActivities
    from habeas.acts import ActAnswer, ActCall, ActKind
    from habeas.model import Stage
    from workflows import calls
    from workflows.jobs import until_done
    from workflows.notices import PROCESSORS, RECIPIENTS, notices_id, start_notices
    from workflows.state import refusal
    from workflows.tasks import MOST_REMINDERS, OFFICER_FROM

__all__ = ["EndedTaskWorkflow", "start_ended_task", "tell_recipients"]

SELDOM = timedelta(days=30)
"""How often it is looked whether anybody still needs a task that nobody answers."""


@workflow.defn
class EndedTaskWorkflow:
    """One task. Its id is the request's id, ``/task/`` and the task's."""

    @workflow.init
    def __init__(self, task: EndedTask) -> None:
        self._task = task
        self._finishing = False
        self._done = False

    @workflow.run
    async def run(self, task: EndedTask) -> str:
        """Tell whoever does it, remind, and look again: ``clean``, ``remains``, or ``over`` where nobody needs it."""
        if task.notice is None:
            await self._letter("staff_task", 0)
        else:
            name = notices_id(task.request_id, PROCESSORS, task.task)
            await start_notices(task.request_id, (task.notice,), name, PROCESSORS)
        if not await self._until_done():
            return "over"
        since = workflow.now()
        if task.confirm_after:
            await workflow.sleep(task.confirm_after, summary=f"before the second look: {task.system}")
        report = await until_done(task.system, self._confirm)
        if report.ended and report.recipients:
            await tell_recipients(task.request_id, task.system, report.ended_at, since)
        if report.state != "clean":
            await self._attention()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return report.state

    @workflow.update(name=ActKind.FINISH_TASK.value)
    async def finish_task(self, call: ActCall) -> ActAnswer:
        """A human did what was asked, or says that it could not be done."""
        self._finishing = True
        order = AcceptAct(request_id=self._task.request_id, at=workflow.now(), kind=ActKind.FINISH_TASK, call=call)
        try:
            await calls.try_to_record(RecordActivities.accept_act, order, ActKind.FINISH_TASK.value)
        except ActivityError as error:
            raise refusal(error) from None
        finally:
            self._finishing = False
        self._done = True
        return ActAnswer(act_id=call.act_id, stage=Stage.CLOSED, note="task_done")

    @finish_task.validator
    def _may_finish_task(self, call: ActCall) -> None:
        if call.task != self._task.task or self._finishing or self._done:
            raise ApplicationError("Somebody has finished this task, or is just doing so.", type="wrong_stage")

    async def _until_done(self) -> bool:
        number, at = 0, self._task.remind_at
        every = timedelta(seconds=self._task.remind_every)
        while not self._done:
            rest = max(at - workflow.now(), timedelta(seconds=1))
            try:
                await workflow.wait_condition(
                    lambda: self._done, timeout=rest, timeout_summary=f"reminder: {self._task.task}"
                )
            except TimeoutError:
                number += 1
                at = workflow.now() + (every if number < MOST_REMINDERS else max(every, SELDOM))
                if not await self._remind(number):
                    return self._done
        return True

    async def _remind(self, number: int) -> bool:
        """Whether anybody still needs it."""
        order = TaskOrder(
            request_id=self._task.request_id,
            at=workflow.now(),
            system=self._task.system,
            task=self._task.task,
            phase=TaskPhase.ERASE,
            number=number,
        )
        if not await calls.record(TaskActivities.remind_task, order, f"remind of {order.task}"):
            return False
        if number <= MOST_REMINDERS:
            await self._letter("staff_task_reminder", number)
            if number >= OFFICER_FROM:
                await self._letter("staff_task_reminder", number, officer=True)
        return True

    async def _letter(self, kind: str, number: int, *, officer: bool = False) -> None:
        task = self._task
        order = LetterOrder(
            request_id=task.request_id,
            at=workflow.now(),
            kind=kind,
            dedupe=f"{task.task}/{number}{'/officer' if officer else ''}",
            system=task.system,
            sealed=letter_name(task.task, officer=officer),
        )
        await calls.work(LetterActivities.send, order, f"letter: {kind}")

    async def _attention(self) -> None:
        task = self._task
        order = LetterOrder(
            request_id=task.request_id,
            at=workflow.now(),
            kind="staff_attention",
            dedupe=f"retention/{task.system}/not_confirmed/{task.task}",
            system=task.system,
            code="not_confirmed",
        )
        await calls.work(LetterActivities.send, order, "letter: staff_attention")

    async def _confirm(self, handle: str | None) -> EndReport:
        task = self._task
        order = EndOrder(request_id=task.request_id, at=workflow.now(), system=task.system, handle=handle)
        what = f"look again: {task.system}"
        patience = calls.LONG_PATIENCE
        return await calls.on_system(
            RetentionActivities.confirm_ended, order, what, task_queue=task.task_queue, patience=patience
        )


async def start_ended_task(task: EndedTask) -> None:
    """Have a human asked; it goes on by itself. Started before, it is left as it is."""
    try:
        await workflow.start_child_workflow(
            EndedTaskWorkflow.run,
            task,
            id=f"{task.request_id}/task/{task.task}",
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"a human erases: {task.system}",
        )
    except WorkflowAlreadyStartedError:
        return


async def tell_recipients(request_id: str, system: str, ended_at: datetime | None, since: datetime) -> None:
    """Whoever got what is gone now hears of it as of any erasure (GDPR art. 19), once for each ending."""
    order = EndedOrder(
        request_id=request_id,
        at=workflow.now(),
        since=ended_at or since,
        system=system if ended_at else None,
    )
    report = await calls.record(RecipientActivities.prepare_ended, order, "who got the data")
    if report.notices:
        # Reports of before do not say which occasion it is.
        occasion = report.occasion or f"{system}/{workflow.now():%Y-%m-%dT%H%M%S}"
        await start_notices(request_id, report.notices, notices_id(request_id, RECIPIENTS, occasion), RECIPIENTS)
