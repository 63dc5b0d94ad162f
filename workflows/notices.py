"""Telling those who got the data, or who decide over it, until each has said that it is done; beside the request."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.model import InstructionBrief, LetterOrder, NoticeBrief, NoticeOrder
    from activities.notify import LetterActivities
    from activities.recipients import RecipientActivities, escalation
    from habeas.model import Frozen, RequestId
    from workflows import calls

GIVE_UP = timedelta(days=90)
"""After it was escalated. Whoever is silent for so long is a matter for staff, and stands so in the ledger."""


class NoticesStart(Frozen):
    """Whom to tell, of one request."""

    request_id: RequestId
    notices: tuple[InstructionBrief | NoticeBrief, ...]


RECIPIENTS = "recipients"
CONTROLLERS = "controllers"
PROCESSORS = "processors"
_LETTERS = {"controller": "forward"}
"""What a letter's kind begins with, where that is not the notice's kind."""


@workflow.defn
class NoticesWorkflow:
    """The notices of one request. It outlives the request: recipients take their time, the person does not wait."""

    @workflow.init
    def __init__(self, start: NoticesStart) -> None:
        self._id = start.request_id
        self._acknowledged: set[str] = set()
        self._undelivered: set[str] = set()

    @workflow.run
    async def run(self, start: NoticesStart) -> int:
        """Tell all of them at once; returns how many acknowledged."""
        await asyncio.gather(*(self._tell(one) for one in start.notices))
        return len(self._acknowledged)

    @workflow.signal
    def acknowledged(self, notice: str) -> None:
        """They said that it is done; the ledger knows it already."""
        self._acknowledged.add(notice)

    @workflow.signal
    def undelivered(self, notice: str) -> None:
        """Its letter came back: staff are told at once."""
        self._undelivered.add(notice)

    async def _tell(self, notice: NoticeBrief) -> None:
        sent = await self._letter(notice, "notice", f"notice/{notice.id}")
        await calls.record(RecipientActivities.notice_sent, self._order(notice, sent=sent), "the notice went out")
        if not sent:
            await self._escalate(notice, sent=False)
            return
        started = workflow.now()
        if await self._until_acknowledged(notice, started):
            if isinstance(notice, InstructionBrief):
                await self._until_answered(notice, started)
        else:
            await self._escalate(notice, sent=notice.id not in self._undelivered)

    async def _until_acknowledged(self, notice: NoticeBrief, started: datetime) -> bool:
        """Remind until they acknowledge; False once that has taken too long, or a letter came back."""
        for number, after in enumerate(sorted(notice.remind_after), start=1):
            if await self._waited(notice, after - (workflow.now() - started).total_seconds()):
                return True
            if notice.id in self._undelivered:
                return False
            order = self._order(notice, reminder=number)
            if not await calls.record(RecipientActivities.notice_reminded, order, f"reminder {number}"):
                self._acknowledged.add(notice.id)
                return True
            await self._letter(notice, "reminder", f"notice/{notice.id}/{number}")
        return await self._waited(notice, notice.escalate_after - (workflow.now() - started).total_seconds())

    async def _until_answered(self, notice: InstructionBrief, started: datetime) -> None:
        """Ask for the answer on its day, once. From then on staff are reminded."""
        left = notice.answer_after - (workflow.now() - started).total_seconds()
        await workflow.sleep(max(left, 1.0), summary="their answer")
        if await calls.record(RecipientActivities.notice_unanswered, self._order(notice), "no answer"):
            await self._letter(notice, "reminder", f"notice/{notice.id}/unanswered")

    async def _escalate(self, notice: NoticeBrief, *, sent: bool = True) -> None:
        instructs = isinstance(notice, InstructionBrief)
        order = self._order(notice, sent=sent or not instructs)
        if not await calls.record(RecipientActivities.notice_escalated, order, "no acknowledgement"):
            self._acknowledged.add(notice.id)
            return
        letter = LetterOrder(
            request_id=self._id,
            at=workflow.now(),
            kind="staff_escalation",
            dedupe=f"notice/{notice.id}/escalated",
            sealed=escalation(notice.id),
        )
        await calls.work(LetterActivities.send, letter, "letter: staff_escalation")
        if not instructs:
            await self._waited(notice, GIVE_UP.total_seconds())

    async def _letter(self, notice: NoticeBrief, what: str, dedupe: str) -> bool:
        kind = f"{_LETTERS.get(notice.kind, notice.kind)}_{what}"
        order = LetterOrder(
            request_id=self._id, at=workflow.now(), kind=kind, dedupe=dedupe, to=notice.to, sealed=notice.sealed
        )
        report = await calls.work(LetterActivities.send, order, f"letter: {kind}")
        return report.state == "sent"

    async def _waited(self, notice: NoticeBrief, seconds: float) -> bool:
        """Until they acknowledge or a letter came back, at most so long; whether they acknowledged."""
        try:
            await workflow.wait_condition(
                lambda: notice.id in self._acknowledged | self._undelivered,
                timeout=max(seconds, 1.0),
                timeout_summary="their acknowledgement",
            )
        except TimeoutError:
            return False
        return notice.id in self._acknowledged

    def _order(self, notice: NoticeBrief, *, sent: bool = True, reminder: int = 0) -> NoticeOrder:
        return NoticeOrder(request_id=self._id, at=workflow.now(), notice=notice.id, sent=sent, reminder=reminder)


async def start_notices(
    request_id: RequestId, notices: tuple[InstructionBrief | NoticeBrief, ...], name: str, what: str
) -> bool:
    """Start telling them; it goes on by itself. Whether it was not started before, under the same name."""
    try:
        await workflow.start_child_workflow(
            NoticesWorkflow.run,
            NoticesStart(request_id=request_id, notices=notices),
            id=name,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"{what} of the data",
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


def notices_id(request_id: str, kind: str, occasion: str) -> str:
    """The id of the workflow that tells those of one occasion."""
    return "/".join(part for part in (request_id, kind, occasion) if part)
