"""Short-lived data is held while a request for a copy is open: beside the story, which never waits for it."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.holds import HoldActivities
    from activities.keeping import ReleaseOrder
    from activities.model import SystemBrief, SystemOrder
    from habeas.model import Outcome
    from workflows import calls
    from workflows.model import RequestStart
    from workflows.verifying import Verifying


class Holding(Verifying):
    """Holds deletion, and lets go."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._holding: list[asyncio.Task[None]] = []

    def _hold_deletion(self) -> None:
        """Hold what the person has that would end by itself: at receipt, and again once everything is collected.

        A system that is down is asked again and again, and never keeps the story waiting.
        """
        if self._brief.hold:
            systems = [one for one in self._systems if one.holds and one.name not in self.systems.skipped]
            self._holding.extend(asyncio.create_task(self._hold_one(one)) for one in systems)

    async def _hold_one(self, system: SystemBrief) -> None:
        patience = calls.FIRST_PATIENCE
        while True:
            try:
                report = await calls.on_system(
                    HoldActivities.hold_deletion,
                    SystemOrder(request_id=self.id, at=workflow.now(), system=system.name),
                    f"hold deletion: {system.name}",
                    task_queue=system.task_queue,
                    patience=patience,
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                if calls.is_final(error):
                    self._log(f"deletion could not be held in {system.name}: {calls.failure_code(error)}")
                    return
                patience = calls.LONG_PATIENCE
                continue
            if report.held:
                self._log(f"held from deletion in {system.name}: {report.held}")
            return

    async def _release_deletion(self, outcome: Outcome) -> None:
        """At every end. After a refusal the law may want it held for longer: then the daily sweep lets go."""
        if not self._brief.hold:
            return
        for holding in self._holding:
            holding.cancel()
        await asyncio.gather(*self._holding, return_exceptions=True)
        order = ReleaseOrder(request_id=self.id, at=workflow.now(), outcome=outcome)
        released = await calls.record(HoldActivities.release_deletion, order, "let go of what was held")
        if released:
            self._log(f"no longer held from deletion: {released}")
