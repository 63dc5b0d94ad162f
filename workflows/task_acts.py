"""The act by which a human says that a task is done."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from habeas.acts import ActAnswer, ActCall, ActKind
    from workflows.state import RequestState


class TaskActs(RequestState):
    """Finishes tasks: each once, by whoever comes first."""

    @workflow.update(name=ActKind.FINISH_TASK.value)
    async def finish_task(self, call: ActCall) -> ActAnswer:
        """A human did what was asked; what they found lies sealed under the act."""
        task = str(call.task)
        system = self.tasks.open[task]
        self.tasks.finishing.add(task)
        try:
            answer = await self._accept(ActKind.FINISH_TASK, call, "task_done")
        finally:
            self.tasks.finishing.discard(task)
        if system in self.systems.skipped:
            return self._answer(call, "left_out_meanwhile")
        self.tasks.finished(task)
        return answer

    @finish_task.validator
    def _may_finish_task(self, call: ActCall) -> None:
        self._check(ActKind.FINISH_TASK)
        if call.task in self.tasks.finishing:
            raise ApplicationError("Somebody is just finishing this task.", type="wrong_stage")
        if call.task not in self.tasks.open:
            names = ", ".join(sorted(self.tasks.open)) or "none"
            raise ApplicationError(f"This request has no such open task; open are: {names}.", type="wrong_stage")
