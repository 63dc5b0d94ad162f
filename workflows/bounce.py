"""A letter that came back: noted once, and staff told once, however often its report arrives."""

from __future__ import annotations

from contextlib import suppress

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.model import BounceOrder, LetterReport
    from activities.notify import LetterActivities
    from workflows import calls
    from workflows.notices import PROCESSORS, NoticesWorkflow, notices_id


@workflow.defn
class BounceWorkflow:
    """Beside the request's story, which may have ended long ago."""

    @workflow.run
    async def run(self, order: BounceOrder) -> LetterReport:
        """One report."""
        report = await calls.work(LetterActivities.bounced, order, "a letter came back")
        if report.notice and report.task:
            waits = workflow.get_external_workflow_handle(notices_id(order.request_id, PROCESSORS, report.task))
            # It may have ended: then nobody waits for the notice any more.
            with suppress(ApplicationError):
                await waits.signal(NoticesWorkflow.undelivered, report.notice)
        return report
