"""An erasure waits for a copy of the same person's: shown until it is answered, or staff go on without it."""

from __future__ import annotations

import contextlib

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.copies import CopyActivities
    from activities.model import CopiesOrder
    from habeas.model import RequestId, Right
    from workflows import calls
    from workflows.holding import Holding
    from workflows.model import RequestStart
    from workflows.systems import COPY

LOOK_AGAIN = 6 * 3600.0
"""Seconds. A copy tells when it is answered; a copy that nobody had asked for yet cannot."""


class AfterCopies(Holding):
    """Waits at the door of the erasure."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._copies_answered = 0

    @workflow.signal(name="copy_answered")
    def copy_answered(self, copy: str) -> None:
        """A copy that this erasure waits for is closed."""
        self._copies_answered += 1

    async def _after_copies(self) -> bool:
        """Wait until no copy comes before the approved erasure; False where the plan is not the one to wait with."""
        if self.right is not Right.ERASURE or not self.since("copy-first"):
            return True
        while not await self._look_for_copies():
            if self.look_again or self.plan_outdated:
                return False
        return True

    async def _look_for_copies(self) -> bool:
        """Whether no copy comes first; if one does, wait for news."""
        # An approval that is being written down is none yet: the ledger would not know of it.
        await workflow.wait_condition(self.settled)
        seen = self._news()
        order = CopiesOrder(request_id=self.id, at=workflow.now(), plan=str(self.plan))
        report = await calls.record(CopyActivities.look, order, "is a copy to be answered first?")
        if report.code is None:
            await self._no_copy_awaited()
            return True
        if self.systems.waiting.get(COPY) != report.code:
            self._log(f"{report.code}: {', '.join(report.copies) or 'none was asked for'}")
        await self.systems.wait_for(COPY, "erase", report.code, ask=False)
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: (self._news() != seen and self.settled()) or self.look_again or self.plan_outdated,
                timeout=LOOK_AGAIN,
                timeout_summary="look again for a copy",
            )
        return False

    async def _no_copy_awaited(self) -> None:
        await self.systems.arrived(COPY, "erase")

    def _news(self) -> tuple[int, int, int]:
        return self._copies_answered, self.systems.heard(COPY), len(self.without_copy)

    async def _tell_erasures(self, erasures: tuple[RequestId, ...]) -> None:
        """They waited for this copy. One that ended meanwhile need not know."""
        for erasure in erasures:
            try:
                await workflow.get_external_workflow_handle(erasure).signal("copy_answered", self.id)
            except FailureError:
                self._log(f"{erasure} was over before it could be told")
