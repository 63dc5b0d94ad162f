"""Erasures once more, in systems that were restored from a backup. Looks at everything first; erases what was seen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.replay_model import (
        BACK,
        Replay,
        Replayed,
        ReplayItem,
        ReplayLine,
        ReplayOrder,
        ReplayReport,
        ReplayStep,
        digest_of,
    )
    from activities.replaying import ReplayActivities
    from workflows import calls
    from workflows.jobs import until_done

MOST_LINES = 3000
"""What one answer holds."""


@workflow.defn
class ReplayWorkflow:
    """One look at what is back, and with the digest of what was seen its erasure."""

    @workflow.init
    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._lines = list(replay.lines)
        self._looked, self._gone, self._more = replay.looked, replay.gone, replay.more

    @workflow.run
    async def run(self, replay: Replay) -> ReplayReport:
        """Look; and if what is back is what people saw, erase it."""
        if replay.after is not None:
            await self._look(replay.after)
        seen = digest_of(line for line, _, _ in self._lines) if not replay.next else replay.plan
        go = bool(replay.plan) and seen == replay.plan
        if go:
            await self._erase()
        order = ReplayOrder(at=workflow.now(), wanted=replay.wanted)
        undone = await calls.record(ReplayActivities.changed_since, order, "what else the backup undid")
        return ReplayReport(
            plan=seen or "",
            carried_out=go,
            looked=self._looked,
            gone=self._gone,
            lines=tuple(line for line, _, _ in self._lines),
            changes=undone.changes,
            more=self._more,
        )

    async def _look(self, after: tuple[str, str]) -> None:
        here: tuple[str, str] | None = after
        while here is not None:
            order = ReplayOrder(at=workflow.now(), wanted=self._replay.wanted, after=here)
            page = await calls.record(ReplayActivities.erased_since, order, "what erasures did since")
            for item in page.items:
                await self._look_at(item)
            here = page.after
            if len(self._lines) >= MOST_LINES:
                self._more, here = here is not None, None
            self._carry_on(after=here)

    async def _look_at(self, item: ReplayItem) -> None:
        line = ReplayLine(request_id=item.request_id, system=item.system, state="", objects=item.objects)
        state, objects, unplanned = item.unknowable, item.objects, 0
        if state is None:
            self._looked += 1
            try:
                seen = await self._step(item.request_id, item.system, item.task_queue, ReplayActivities.look_replayed)
            except ActivityError as error:
                state = _code(error)
            else:
                state, objects, unplanned = seen.state, seen.back, seen.unplanned
                if state == "gone":
                    self._gone += not unplanned
                    state = "unplanned" if unplanned else None
        if state is not None:
            told = line.model_copy(update={"state": state, "objects": objects, "unplanned": unplanned})
            self._lines.append((told, item.task_queue, item.confirm_after))

    async def _erase(self) -> None:
        for index in range(self._replay.next, len(self._lines)):
            line, queue, confirm_after = self._lines[index]
            if line.state == BACK:
                try:
                    line = await self._erase_again(line, queue, confirm_after)
                except ActivityError as error:
                    line = line.model_copy(update={"state": _code(error)})
                self._lines[index] = (line, queue, confirm_after)
                self._carry_on(after=None, following=index + 1)

    async def _erase_again(self, line: ReplayLine, queue: str, confirm_after: float) -> ReplayLine:
        done = await self._step(line.request_id, line.system, queue, ReplayActivities.erase_replayed)
        if done.state == "done":
            if confirm_after:
                await workflow.sleep(confirm_after, summary=f"before the second look: {line.system}")
            done = await self._step(line.request_id, line.system, queue, ReplayActivities.confirm_replayed)
        state = "erased_again" if done.state == "clean" else done.state
        return line.model_copy(update={"state": state, "unplanned": max(line.unplanned, done.unplanned)})

    async def _step(
        self,
        request_id: str,
        system: str,
        queue: str,
        step: Callable[[Any, ReplayStep], Awaitable[Replayed]],
    ) -> Replayed:
        async def ask(handle: str | None) -> Replayed:
            order = ReplayStep(
                request_id=request_id,
                at=workflow.now(),
                system=system,
                plan=self._replay.plan,
                actor=self._replay.actor,
                handle=handle,
            )
            return await calls.on_system(
                step, order, f"after a restore: {system}", task_queue=queue, patience=calls.FIRST_PATIENCE
            )

        return await until_done(system, ask)

    def _carry_on(self, *, after: tuple[str, str] | None, following: int = 0) -> None:
        if workflow.info().is_continue_as_new_suggested():
            where = {"after": after, "next": following, "lines": tuple(self._lines), "more": self._more}
            where |= {"looked": self._looked, "gone": self._gone}
            workflow.continue_as_new(self._replay.model_copy(update=where))


def _code(error: ActivityError) -> str:
    if is_cancelled_exception(error):
        raise error
    return calls.failure_code(error)
