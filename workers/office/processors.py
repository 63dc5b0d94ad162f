"""What a processor sees and says by its link: its own task, and nothing else."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from activities.ledger import NoticeKind, NoticeRow, TaskRow, TaskState, Tx
from activities.task_model import Instructed, TaskBrief
from habeas.errors import LinkRefused
from habeas.evidence import Tag
from habeas.model import Frozen
from workers.office.recipients import Recipients
from workers.office.tasks import Said, Tasking, task_brief

PROCESSOR = "processor"
"""The actor of what comes by a processor's link."""


class Instruction(Frozen):
    """What a processor is asked. Personal: the brief."""

    task: str
    reference: str
    """The request's."""
    acknowledged: bool
    instructed: Instructed
    brief: TaskBrief = Field(repr=False)
    """As much of it as they may be shown."""
    today: date
    """Where the controller is."""


class Processors(Recipients, Tasking):
    """Methods of the processors' pages.

    Each takes a link's token, and raises `LinkRefused` with a ``reason`` in its facts: ``unknown``, ``expired``, or
    ``used`` where nobody waits for an answer any more.
    """

    async def instruction(self, token: str) -> Instruction:
        """What the link is for. Changes nothing: mail scanners follow links."""
        now = self._now()
        async with self._ledger.begin() as tx:
            row, task = await _linked(tx, token, now)
            return await self._shown(tx, row, task, now)

    async def receive_instruction(self, token: str) -> Instruction:
        """They have it, and look at it: both stand in the evidence, the look once a day."""
        now = self._now()
        async with self._ledger.begin() as tx:
            row, task = await _linked(tx, token, now)
        await self._acknowledge(row, PROCESSOR)
        async with self._ledger.begin() as tx:
            await tx.request(row.request_id, lock=True)
            await tx.record(
                row.request_id,
                Tag.PERSONAL_DATA_VIEWED,
                at=now,
                actor=PROCESSOR,
                facts={"what": "task", "system": task.system, "outside": True},
                dedupe=f"notice/{row.id}/viewed/{now.date().isoformat()}",
            )
            return await self._shown(tx, row, task, now)

    async def answer_instruction(self, token: str, said: Said, words: str) -> None:
        """What came of it, in the words that its page made of the form. The same answer again is the same act.

        Raises:
            BadInput, WrongStage, MustStay: as `Tasking.finish_task`.
            EngineUnavailable: answering again in the same words is safe.
        """
        async with self._ledger.begin() as tx:
            row, task = await _linked(tx, token, self._now())
        await self._acknowledge(row, PROCESSOR)
        answer = said.model_copy(update={"outside": True})
        # Keyed: an act's id travels, and must not let anybody guess what was said.
        print_ = self._ledger.vault.fingerprint("answer", f"{task.id}/{answer.model_dump_json()}/{words}")
        await self.finish_task(
            task.id,
            by=f"{PROCESSOR} {task.system}",
            reason=words,
            said=answer,
            act_id=str(uuid.UUID(hex=print_[:32])),
        )

    async def _shown(self, tx: Tx, row: NoticeRow, task: TaskRow, now: datetime) -> Instruction:
        brief = await task_brief(tx, task)
        if brief.instructed is None:
            raise LinkRefused(reason="unknown")
        zone = ZoneInfo(self.policy(task.controller).controller.clock_tz)
        return Instruction(
            task=task.id,
            reference=row.request_id,
            acknowledged=row.acknowledged_at is not None,
            instructed=brief.instructed,
            brief=brief.shown_outside(brief.instructed),
            today=now.astimezone(zone).date(),
        )


async def _linked(tx: Tx, token: str, now: datetime) -> tuple[NoticeRow, TaskRow]:
    row = await tx.notice_of(token, NoticeKind.PROCESSOR)
    task = await tx.task(row.occasion)
    if task.state is not TaskState.OPEN:
        raise LinkRefused(reason="used")
    if row.expires_at is None or row.expires_at <= now:
        raise LinkRefused(reason="expired")
    return row, task
