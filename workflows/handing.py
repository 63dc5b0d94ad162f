"""Answering a request for a copy: with a package of the data itself, or by category (Cal. Civ. Code 1798.110)."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.categories import CategoryActivities
    from activities.export import ExportActivities
    from activities.model import PackageOrder, SystemBrief
    from habeas.model import Outcome, Stage
    from habeas.particulars import Scope
    from workflows import calls
    from workflows.erasing import Erasing
    from workflows.systems import STORAGE


class Handing(Erasing):
    """Hands over what the right covers."""

    async def _hand_over(self) -> Outcome | None:
        """Hand over what was approved; None where something else is there now, which is to be looked at first."""
        by_category = self._brief.scope is Scope.CATEGORIES
        entering = None
        if by_category:
            await self._enter(Stage.FULFILLING)
        else:
            entering = await self._enter_with(Stage.FULFILLING)
        missing = tuple(sorted(self.systems.skipped))
        outcome = Outcome.PARTLY_FULFILLED if missing or self.exempted or self.redacted else Outcome.FULFILLED
        order = PackageOrder(
            request_id=self.id,
            at=workflow.now(),
            entering=entering,
            missing=missing,
            approvals=tuple(self.approvals.values()),
        )
        if by_category:
            return await self._answer_by_category(outcome, order)
        package = await self.systems.step(self._storage, "export", ExportActivities.build_package, order)
        if package is None:
            raise RuntimeError("the storage is not a system that can be left out")
        self.outdated = package.outdated
        if package.changed:
            self._log("what was collected is not what was approved: back to review")
            return None
        if package.nothing is not None:
            self._log("nothing of what is held is given: no package")
            return await self._tell(package.nothing, "completion_access", missing=missing)
        self._log(f"package of {package.files} files, {package.size} bytes, read back")
        return await self._tell(outcome, "completion_access", artifact_id=package.artifact_id, missing=missing)

    async def _answer_by_category(self, outcome: Outcome, order: PackageOrder) -> Outcome | None:
        answer = await calls.record(CategoryActivities.answer, order, "which categories are held")
        self.outdated = answer.outdated
        if answer.outdated:
            return None
        self._log(f"answered by category: {answer.categories}")
        return await self._tell(outcome, "categories", missing=order.missing, sealed=answer.sealed)

    @property
    def _storage(self) -> SystemBrief:
        """Our own storage, waited for like a system when it is full or away, but never left out."""
        return SystemBrief(name=STORAGE, task_queue=workflow.info().task_queue)
