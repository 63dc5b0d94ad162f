"""How the story is told while it goes on: stages, letters, search attributes and the card that operators see."""

from __future__ import annotations

import asyncio
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.model import Brief, LetterOrder, StageEntry, SystemBrief
    from activities.notify import LetterActivities
    from activities.record import RecordActivities
    from habeas.model import Outcome, Stage
    from workflows import attributes, calls
    from workflows.card import LINES, card
    from workflows.model import RequestStart
    from workflows.redacting import Redacting


HEARD = "an-end-is-heard"
"""The patch since which a story whose cancellation got lost stops at its next stage."""


class Telling(Redacting):
    """Enters stages and sends letters."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._errands: dict[str, asyncio.Task[None]] = {}
        """Letters on their way beside the story."""
        self._overdue = False
        self._outcome: Outcome | None = None
        self._told: list[str] = []
        self._ending_now = False
        self._shown: dict[str, object] = dict(attributes.AT_THE_START)
        """The search attributes as they stand."""

    async def _enter(self, stage: Stage) -> None:
        """The stage is another, and is written down as such."""
        await self._arrive(stage)
        await self._write_stage(stage, workflow.now())

    async def _enter_with(self, stage: Stage) -> Stage | None:
        """The stage is another; it is to be written down with what is done first in it, if it comes back."""
        if not self.folded:
            await self._enter(stage)
            return None
        await self._arrive(stage)
        return stage

    async def _arrive(self, stage: Stage) -> None:
        await self._unless_ending()
        self.stage = stage
        self.changed()

    async def _write_stage(self, stage: Stage, at: datetime) -> None:
        entry = StageEntry(request_id=self.id, at=at, stage=stage)
        await calls.record(RecordActivities.enter_stage, entry, stage.value)

    async def _unless_ending(self) -> None:
        """Stand still while an act ends the request: until the story is cancelled, or the act is taken back.

        A step that is waited for when it is cancelled, and then comes to its end, leaves nothing of the cancellation:
        the story would go on beside the end, and wait for ever for what nobody may do any more.
        """
        if self.ending and not self._ending_now:
            await workflow.wait_condition(lambda: self.ending is None)
        elif (task := asyncio.current_task()) and task.cancelling() and workflow.patched(HEARD):
            raise asyncio.CancelledError

    async def _tell(
        self,
        outcome: Outcome,
        kind: str,
        *,
        act_id: str | None = None,
        ground: str | None = None,
        artifact_id: str | None = None,
        missing: tuple[str, ...] = (),
        sealed: str | None = None,
    ) -> Outcome:
        """The last letter."""
        entering = None
        if artifact_id is None:
            # Letters are in the order of their instants: what rang at this one is told before it.
            await self._enter(Stage.NOTIFYING)
        else:
            entering = await self._enter_with(Stage.NOTIFYING)
        order = LetterOrder(
            request_id=self.id,
            at=workflow.now(),
            entering=entering,
            kind=kind,
            dedupe="end",
            act_id=act_id,
            ground=ground,
            artifact_id=artifact_id,
            missing=missing,
            sealed=sealed,
        )
        # Never where the workflow is: with the end after it in one task, whatever comes in meanwhile undoes them all.
        report = await calls.work(LetterActivities.send, order, f"letter: {kind}")
        self._log(f"letter {kind}: {report.state}")
        if missing and self.since("left-out-is-followed-up"):
            for system in missing:
                self.ask_for_attention(system, "left_out", f"left_out/{system}")
        return outcome

    def send_soon(self, kind: str, dedupe: str, **facts: str | None) -> None:
        """Send a letter beside the story, once; the request does not close before it went out."""
        if dedupe in self._errands:
            return
        order = LetterOrder.model_validate(
            {"request_id": self.id, "at": workflow.now(), "kind": kind, "dedupe": dedupe, **facts}
        )
        self._errands[dedupe] = asyncio.create_task(self._send(order))

    async def _send(self, order: LetterOrder) -> None:
        # Only what nobody acts on: until the task with it ends, the ledger is ahead of what the workflow knows.
        how = calls.work_at_once if self.joined and order.kind == "acknowledgement" else calls.work
        report = await how(LetterActivities.send, order, f"letter: {order.kind}")
        if order.kind in {"acknowledgement", "extension"}:
            self._log(f"letter {order.kind}: {report.state}")

    async def _letters_sent(self) -> None:
        while open_ones := [errand for errand in self._errands.values() if not errand.done()]:
            await asyncio.gather(*open_ones)

    def ask_for_attention(self, system: str, code: str, dedupe: str) -> None:
        """Tell staff that a system needs them."""
        self.send_soon("staff_attention", dedupe, system=system, code=code)

    def changed(self) -> None:
        """Bring the search attributes and the card up to date."""
        face = self.clock.face
        seen = attributes.changes(
            stage=self.stage,
            blocked_on=tuple(sorted(self.systems.waiting)),
            overdue=self._overdue,
            due_at=face.due_at,
            outcome=self._outcome,
        )
        if self.joined:
            seen = [one for one in seen if self._shown.get(one.key.name) != one.value]
            self._shown |= {one.key.name: one.value for one in seen}
        if seen:
            workflow.upsert_search_attributes(seen)
        self._show_card()

    def log(self, line: str) -> None:
        """One line more on the card."""
        self._log(line)

    def _log(self, line: str) -> None:
        self._told = [*self._told, f"{workflow.now():%Y-%m-%d %H:%M} {line}"][-LINES:]
        self._show_card()

    def _show_card(self) -> None:
        workflow.set_current_details(card(self, self._told, overdue=self._overdue, outcome=self._outcome))

    @property
    def _brief(self) -> Brief:
        if self.brief is None:
            raise RuntimeError("the request has not begun")
        return self.brief

    @property
    def _systems(self) -> tuple[SystemBrief, ...]:
        return self._brief.systems
