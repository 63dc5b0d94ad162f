"""One more download link for a closed request: the old one ran out, or the person lost the letter."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.model import LetterOrder, LetterReport
    from activities.notify import LetterActivities
    from workflows import calls


@workflow.defn
class NewLinkWorkflow:
    """Sends the completion letter again, with a fresh link; older links no longer work."""

    @workflow.run
    async def run(self, order: LetterOrder) -> LetterReport:
        """One letter. The same order again is the same letter."""
        return await calls.work(LetterActivities.send, order, "letter: a new link")
