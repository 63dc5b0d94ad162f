"""A letter that came back: noted once, and staff told once, however often its report arrives."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.model import BounceOrder, LetterReport
    from activities.notify import LetterActivities
    from workflows import calls


@workflow.defn
class BounceWorkflow:
    """Beside the request's story, which may have ended long ago."""

    @workflow.run
    async def run(self, order: BounceOrder) -> LetterReport:
        """One report."""
        return await calls.work(LetterActivities.bounced, order, "a letter came back")
