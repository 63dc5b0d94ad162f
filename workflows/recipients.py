"""Who else must hear of a request: recipients of the data, and those who decide over data that is only processed."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.model import NoticesReport, OnRequest
    from activities.recipients import FORWARDED, RecipientActivities
    from workflows import calls
    from workflows.notices import NoticesStart, NoticesWorkflow
    from workflows.telling import Telling

RECIPIENTS = "recipients"
CONTROLLERS = "controllers"


class Forwarding(Telling):
    """Starts the notices; they go on by themselves when the request is closed."""

    async def _tell_recipients(self) -> None:
        """Recipients of what was rectified, erased or restricted are told of it (GDPR art. 19)."""
        if not self._brief.recipients:
            return
        order = OnRequest(request_id=self.id, at=workflow.now())
        report = await calls.record(RecipientActivities.prepare_notices, order, "who got the data")
        if report.notices:
            self._log(f"{len(report.notices)} recipients are told of it")
        await self._start(report, RECIPIENTS)

    async def _forward(self) -> None:
        """Send the request on to those who decide over data that this controller only processes (art. 28(3)(e))."""
        if not self._brief.forwards:
            return
        order = OnRequest(request_id=self.id, at=workflow.now())
        report = await calls.work(RecipientActivities.prepare_forwards, order, "whose data it is")
        if not report.notices:
            return
        self._log(f"sent on to {len(report.notices)} who decide over the data")
        await self._start(report, CONTROLLERS)
        self.send_soon("forwarded", "forwarded", sealed=FORWARDED)

    async def _start(self, report: NoticesReport, what: str) -> None:
        if not report.notices:
            return
        try:
            await workflow.start_child_workflow(
                NoticesWorkflow.run,
                NoticesStart(request_id=self.id, notices=report.notices),
                id=f"{self.id}/{what}",
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"{what} of the data",
            )
        except WorkflowAlreadyStartedError:
            # Data that drifted brings the story here once more: who was written to is written to once.
            self._log(f"{what} were told before")
