"""Tasks for humans in a request: opened, reminded of, waited for like a system that takes its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.model import InstructionBrief, SystemBrief
    from activities.task_model import TaskOpened, TaskOrder, TaskPhase, TaskReport, letter_name
    from activities.tasks import TaskActivities
    from workflows import calls
    from workflows.notices import PROCESSORS, notices_id, start_notices
    from workflows.systems import Systems

TASK_OPEN = "task_open"
"""What is shown of a system that waits for a human."""
PROCESSOR_ASKED = "processor_asked"
"""What is shown of one that waits for a processor."""
MOST_REMINDERS = 20
"""After that the clock's own alarms go on; a history is not filled with letters that nobody answers."""
OFFICER_FROM = 2
"""From this reminder on the privacy officer is reminded beside the owner."""

_PHASES = {"collect": TaskPhase.FIND, "erase": TaskPhase.ERASE}
"""The steps of the story that a human may do, as tasks."""


class Send(Protocol):
    """Sends a letter beside the story."""

    def __call__(self, kind: str, dedupe: str, **facts: str | None) -> None:
        """As `RequestState.send_soon`."""


class Tasks:
    """The tasks of one request. Finished by an act; ended with the request, or when the system is left out."""

    def __init__(self, request_id: str, systems: Systems, send: Send, log: Callable[[str], None]) -> None:
        self._request_id = request_id
        self._systems = systems
        self._send = send
        self._log = log
        self._count = 0
        self.open: dict[str, str] = {}
        """Task -> the system that it is for."""
        self.finishing: set[str] = set()
        """Tasks whose end is being written down."""
        self._done: set[str] = set()
        self._holds = 0
        """Legal holds that were placed meanwhile, as far as was said."""
        systems.hands = self.step

    def finished(self, task: str) -> None:
        """A human has done it, and it is written down."""
        self._done.add(task)

    def hold_placed(self) -> None:
        """A legal hold came: each open task to erase is looked at again."""
        self._holds += 1

    async def step(self, system: SystemBrief, step: str, digest: str | None) -> bool:
        """A step of the story by hand, if it is one; whether the story goes on with the system."""
        if step not in _PHASES or not system.needs_hands(step):
            return True
        return await self.do(system, _PHASES[step], digest=digest, step=step) is not None

    async def do(
        self, system: SystemBrief, phase: str, *, digest: str | None = None, step: str | None = None
    ) -> TaskReport | None:
        """Have a human do it, however long it takes.

        Args:
            system: where.
            phase: a `TaskPhase`: find, erase, rectify, restrict, lift, stop.
            digest: erasure: of the approved plan.
            step: what the story calls it; shown while it is waited for. The phase, unless said.

        Returns:
            What became of it (of a change: what became of objects, as counts); None once staff leave the system out.
        """
        if system.name in self._systems.skipped:
            return None
        self._count += 1
        holds = self._holds
        order = TaskOrder(
            request_id=self._request_id,
            at=workflow.now(),
            system=system.name,
            task=f"{self._request_id.lower()}-{self._count}",
            phase=TaskPhase(phase),
            digest=digest,
        )
        shown, here = step or phase, _ours(system)
        opened = await self._systems.step(here, shown, TaskActivities.open_task, order)
        if opened is None:
            return None
        if opened.needed and not await self._until_done(order, shown, opened, holds):
            return None
        if order.phase in _PHASES.values():
            return TaskReport(task=order.task)
        return await self._systems.step(here, shown, TaskActivities.task_result, order)

    async def _until_done(self, order: TaskOrder, step: str, opened: TaskOpened, holds: int) -> bool:
        """Whether the story goes on with it: done, or called off by a hold; False where the system was left out."""
        self.open[order.task] = order.system
        self._log(f"task for a human: {order.phase} in {order.system}")
        try:
            if opened.notice is None:
                self._send("staff_task", f"{order.task}/0", sealed=letter_name(order.task), system=order.system)
            else:
                # Whoever owns it hears of it when they stay silent, or when it is due.
                name = notices_id(self._request_id, PROCESSORS, order.task)
                await start_notices(order.request_id, (opened.notice,), name, PROCESSORS)
            code = TASK_OPEN if opened.notice is None else PROCESSOR_ASKED
            await self._systems.wait_for(order.system, step, code, ask=False)
            await self._remind_until(order, opened, holds)
        finally:
            self.open.pop(order.task, None)
        left_out = order.system in self._systems.skipped
        await self._systems.arrived(order.system, step, left_out=left_out)
        if left_out and workflow.patched("owner-hears-of-leaving-out"):
            sealed = letter_name(order.task, left_out=True)
            self._send("staff_task_reminder", f"{order.task}/left_out", sealed=sealed, system=order.system)
        return not left_out

    async def _remind_until(self, order: TaskOrder, opened: TaskOpened, holds: int) -> None:
        number, again, at = 0, 0, opened.remind_at
        while not self._is_over(order):
            if order.phase is TaskPhase.ERASE and holds != self._holds:
                holds = self._holds
                if await self._called_off(order):
                    return
            heard = self._systems.heard(order.system)

            def told(heard: int = heard, holds: int = holds) -> bool:
                held = order.phase is TaskPhase.ERASE and self._holds != holds
                return held or self._is_over(order) or self._systems.heard(order.system) != heard

            timed = False
            try:
                rest = None if number >= MOST_REMINDERS else max(at - workflow.now(), timedelta(seconds=1))
                await workflow.wait_condition(told, timeout=rest, timeout_summary=f"reminder: {order.task}")
            except TimeoutError:
                timed = True
            held = order.phase is TaskPhase.ERASE and self._holds != holds
            if self._is_over(order) or held:
                continue
            if opened.notice is not None and not timed:
                again += 1
                self._ask_again(opened.notice, again)
            else:
                number += 1
                at = workflow.now() + timedelta(seconds=opened.remind_every)
                await self._remind(order.model_copy(update={"at": workflow.now(), "number": number}))

    def _ask_again(self, notice: InstructionBrief, number: int) -> None:
        """Staff say retry: the processor gets its letter once more, where its settings say now."""
        self._send("processor_reminder", f"notice/{notice.id}/again/{number}", sealed=notice.sealed, to=notice.to)

    async def _called_off(self, order: TaskOrder) -> bool:
        """Whether the task is not to be done any more: then the system's step says that the plan is no longer right."""
        now = order.model_copy(update={"at": workflow.now()})
        off = await calls.record(TaskActivities.call_off_task, now, f"a hold came: {order.task}")
        if off:
            self._log(f"task called off, since a hold keeps what it was about: {order.task}")
        return off

    async def _remind(self, order: TaskOrder) -> None:
        await calls.record(TaskActivities.remind_task, order, f"remind of {order.task}")
        name = f"{order.task}/{order.number}"
        self._send("staff_task_reminder", name, sealed=letter_name(order.task), system=order.system)
        if order.number >= OFFICER_FROM:
            sealed = letter_name(order.task, officer=True)
            self._send("staff_task_reminder", f"{name}/officer", sealed=sealed, system=order.system)

    def _is_over(self, order: TaskOrder) -> bool:
        return order.task in self._done or order.system in self._systems.skipped


def _ours(system: SystemBrief) -> SystemBrief:
    """The system as our own steps on it are called: on the engine's queue, and by nobody's hand."""
    return SystemBrief(name=system.name, task_queue=workflow.info().task_queue)
