"""Correcting, restricting and stopping the use of data: planned, approved where a human must, done, looked at again."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.change_model import (
        CONTESTED,
        ChangeDraft,
        ChangeOrder,
        ChangeReport,
        ConcludeOrder,
        Conclusion,
        DraftChange,
        Part,
        PlannedChange,
    )
    from activities.changes import ChangeActivities
    from activities.concluding import ConcludingActivities
    from activities.model import SystemBrief
    from habeas.acts import ActAnswer, ActCall, ActKind
    from habeas.model import CHANGING, Outcome, Right, Stage
    from habeas.outcomes import Fate
    from workflows import calls
    from workflows.model import RequestStart
    from workflows.recipients import Forwarding
    from workflows.remedies import Remedying

_HANDS = {Right.RECTIFICATION: "rectify", Right.RESTRICTION: "restrict"}
"""What a human is asked to do where a system cannot by itself; the other rights stop something."""
SO_FAR_TOLD = "so_far"


class Changing(Remedying, Forwarding):
    """Carries out the rights that neither copy nor erase."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._draft: ChangeDraft | None = None
        self._parts: list[Part] = []
        """What was carried out, in this order."""
        self.stopped = False
        """Something stopped at once already, while the rest is weighed."""
        self._hands: dict[tuple[str, Part], None] = {}
        """Systems where a human did it, and which part."""

    # What staff decide

    @workflow.update(name=ActKind.CONTEST.value)
    async def contest(self, call: ActCall) -> ActAnswer:
        """Some corrections are not made, and why is noted; the plan is drafted and approved anew without them."""
        self.plan_outdated = True
        answer = await self._accept(ActKind.CONTEST, call, CONTESTED)
        # Whatever was drafted before this was written does not know of it.
        self.plan_outdated = True
        return answer

    @contest.validator
    def _may_contest(self, call: ActCall) -> None:
        self._check(ActKind.CONTEST)
        if self.right is not Right.RECTIFICATION:
            raise ApplicationError("Only corrections can be contested.", type="not_allowed")

    # At once

    async def _stop_at_once(self) -> bool:
        """Stop what nobody has to weigh; whether that was everything."""
        brief = self._brief
        purposes = tuple(one for one in brief.purposes if one not in brief.weighed)
        if not purposes:
            return False
        draft = await self._plan(Part.AT_ONCE, purposes)
        while drifted := await self._carry_out(draft, Part.AT_ONCE):
            heard = {system.name: self.systems.heard(system.name) for system in drifted}
            for system in drifted:
                await self.systems.wait_for(system.name, "change", "drifted")
            await asyncio.gather(*(self.systems.told(name, heard[name]) for name in heard))
            draft = await self._plan(Part.AT_ONCE, purposes)
        if brief.changed_at_once:
            return True
        # The rest is weighed, and may still be withdrawn or refused.
        self.begun, self.stopped = False, True
        conclusion = await self._conclude()
        self.send_soon("completion_change", "stopped_at_once", sealed=conclusion.sealed)
        return False

    # As approved

    async def _plan_change(self) -> str:
        """Draft what is to be approved; its digest."""
        weighed = self._brief.weighed
        self._draft = await self._plan(Part.WEIGHED if weighed else Part.WHOLE, weighed)
        return self._draft.digest

    async def _change(self) -> tuple[SystemBrief, ...]:
        """Carry the approved plan out; systems whose data drifted since go back to review."""
        if self._draft is None:
            raise RuntimeError("a change is planned before it is made")
        return await self._carry_out(self._draft, Part.WEIGHED if self._brief.weighed else Part.WHOLE)

    async def _plan(self, part: Part, purposes: tuple[str, ...]) -> ChangeDraft:
        order = DraftChange(request_id=self.id, at=workflow.now(), part=part, purposes=purposes)
        draft = await calls.work(ChangeActivities.draft, order, "plan the change")
        self.outdated = draft.outdated
        self._log(
            f"plan: change {draft.changes}, restrict {draft.covered}, contested {draft.contested}, "
            f"not found {draft.unmatched}, by hand in {len(draft.by_hand)} systems"
        )
        return draft

    async def _carry_out(self, draft: ChangeDraft, part: Part) -> tuple[SystemBrief, ...]:
        """Do it and look again; the systems whose data is no longer what the plan was made from."""
        await self._enter(Stage.FULFILLING)
        if part not in self._parts:
            self._parts.append(part)
        if draft.covered:
            self.begun = True
            order = PlannedChange(request_id=self.id, at=workflow.now(), part=part, digest=draft.digest)
            await calls.work(ChangeActivities.hold, order, "hold what is restricted")
        able, by_hand = self._named(draft.systems), self._named(draft.by_hand)
        hands = asyncio.gather(*(self._do_by_hand(system, part, draft.digest) for system in by_hand))
        states = await asyncio.gather(*(self._change_one(system, part, draft.digest) for system in able))
        await hands
        if drifted := self._drifted(able, [state == "drifted" for state in states]):
            return drifted
        await self._enter(Stage.CONFIRMING)
        able = self._named(draft.systems)
        again = await asyncio.gather(*(self._confirm_change(system, part, draft.digest) for system in able))
        return self._drifted(able, again)

    def _nothing_to_do(self) -> bool:
        """Nothing stopped, and the approved plan has nothing in it."""
        return not self.stopped and self._draft is not None and not (self._draft.systems or self._draft.by_hand)

    def _named(self, names: tuple[str, ...]) -> list[SystemBrief]:
        return [one for one in self._systems if one.name in names and one.name not in self.systems.skipped]

    async def _do_by_hand(self, system: SystemBrief, part: Part, digest: str) -> None:
        if (system.name, part) in self._hands:
            return
        if any(name == system.name for name, _ in self._hands) and not self.since("each-part-by-hand"):
            return
        done = await self.tasks.do(system, _HANDS.get(self.right, "stop"), digest=digest)
        if done is None:
            return
        if Fate.BLOCKED in done.counts and self.right not in _HANDS:
            # Of single objects the ledger tells; a use that could not be stopped is told as what is missing.
            self.systems.skip(system.name)
            return
        self.begun = True
        self._hands[system.name, part] = None

    async def _change_one(self, system: SystemBrief, part: Part, digest: str) -> str:
        started = workflow.now()
        handle: str | None = None
        while True:
            order = self._change_order(system, part, digest, handle)
            back = ChangeReport(system=system.name, state="drifted") if self.approvals else None
            report = await self.systems.step(system, "change", ChangeActivities.change, order, refused=back)
            # Whoever is left out may have changed something before it failed.
            self.begun = self.begun or report is None or report.state != "drifted" or report.touched
            if report is None:
                await self.systems.left(system, digest, part)
                return "skipped"
            handle = report.handle
            if not await self._under_way(system, "change", report, started):
                return report.state

    async def _confirm_change(self, system: SystemBrief, part: Part, digest: str) -> bool:
        """Look again until the system is as planned; whether its data drifted from the plan instead."""
        if system.confirm_after:
            await workflow.sleep(system.confirm_after, summary=f"before the second look: {system.name}")
        started = workflow.now()
        handle: str | None = None
        while True:
            heard = self.systems.heard(system.name)
            order = self._change_order(system, part, digest, handle)
            report = await self.systems.step(system, "confirm_change", ChangeActivities.confirm, order)
            if report is None:
                return False
            handle = report.handle
            if await self._under_way(system, "confirm_change", report, started):
                continue
            if report.state == "clean":
                return False
            await self.systems.wait_for(system.name, "confirm_change", "not_confirmed")
            await self.systems.told(system.name, heard)
            if system.name in self.systems.skipped:
                await self.systems.arrived(system.name, "confirm_change", left_out=True)
                return False
            if await self._change_one(system, part, digest) == "drifted":
                return True

    def _change_order(self, system: SystemBrief, part: Part, digest: str, handle: str | None) -> ChangeOrder:
        return ChangeOrder(
            request_id=self.id, at=workflow.now(), system=system.name, part=part, digest=digest, handle=handle
        )

    # What the person is told

    async def _tell_of_change(self) -> Outcome:
        conclusion = await self._conclude()
        await self._tell_recipients()
        missing = tuple(sorted(self.systems.skipped))
        return await self._tell(
            self._became(conclusion), "completion_change", missing=missing, sealed=conclusion.sealed
        )

    async def _tell_so_far(self) -> None:
        """Near the deadline, once: what is done, where a human is still at the rest. The rest is told when it is done.

        A task is not called off by a clock: what a human is to stop would go on.
        """
        if self.right not in CHANGING or self.stage is not Stage.FULFILLING or not self.tasks.open:
            return
        if SO_FAR_TOLD in self._errands or not self.since("done-so-far-is-told"):
            return
        order = self._to_conclude(tuple(sorted({*self.systems.skipped, *self.systems.waiting})))
        sealed = await calls.record(ConcludingActivities.so_far, order, "what is done so far")
        self.send_soon("completion_change", SO_FAR_TOLD, sealed=sealed)

    async def _conclude(self) -> Conclusion:
        order = self._to_conclude(tuple(sorted(self.systems.skipped)))
        return await calls.record(ConcludingActivities.conclude, order, "what became of it")

    def _to_conclude(self, missing: tuple[str, ...]) -> ConcludeOrder:
        return ConcludeOrder(
            request_id=self.id,
            at=workflow.now(),
            parts=tuple(self._parts),
            by_hand=tuple(dict.fromkeys(name for name, _ in self._hands)),
            missing=missing,
        )

    def _became(self, conclusion: Conclusion) -> Outcome:
        done = conclusion.done or self._hands
        undone = conclusion.blocked or self.systems.skipped
        if not done and conclusion.contested:
            return Outcome.REFUSED
        if not done and not undone and conclusion.unmatched:
            return Outcome.NOTHING_FOUND
        if undone or conclusion.contested or conclusion.unmatched:
            return Outcome.PARTLY_FULFILLED
        return Outcome.FULFILLED
