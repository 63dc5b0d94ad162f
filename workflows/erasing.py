"""Carrying an approved plan of erasure out, and looking again until every system is as planned."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.copies import COPY_FIRST
    from activities.model import ConfirmReport, EraseOrder, EraseReport, OnRequest, SystemBrief
    from activities.plan import PlanActivities
    from activities.systems import SystemActivities
    from habeas.model import Outcome, Right, Stage
    from workflows import calls
    from workflows.copies import AfterCopies
    from workflows.jobs import Job
    from workflows.model import RequestStart

VETO_ASKED_EVERY = timedelta(days=1)
VETO_HOLDS_FOR = timedelta(seconds=30)
"""How old the answer of a system that knew of nothing in the way may be when the first change is made."""
AFTER_LEFT_OUT = "after_left_out"
"""Why a system is left out: it comes after another that was, and may depend on what stands there."""
_TO_TELL, _TO_LOOK = timedelta(days=2), timedelta(hours=1)
"""Before the term is over, as the letter takes its time too; before the policy leaves out what is under way."""


class Erasing(AfterCopies):
    """Erases, confirms, and says what became of it."""

    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._kept: dict[str, int] = {}
        """Objects that each system lawfully keeps."""
        self._clear: dict[str, datetime] = {}
        """When each system last said that nothing stands in the way of the plan."""
        self._asking = asyncio.Lock()
        """Of systems that waited for a copy side by side, one asks for all."""

    async def _erase(self) -> tuple[SystemBrief, ...]:
        """Carry the approved plan out; the systems whose data drifted since go back to review with what remains."""
        await self._enter(Stage.FULFILLING)
        if self._brief.reasons_at_once and not self._brief.erasure_waits:
            await self._tell_reasons()
        self._clear.clear()
        await self._vetoes()
        await self._vetoes_again()
        systems = [system for system in self._systems if system.name not in self.systems.skipped]
        states = await self._in_order(systems)
        return self._drifted(systems, [state == "drifted" for state in states])

    async def _vetoes(self) -> None:
        """Ask every system that can tell what stands in the way, before the first of them erases anything."""
        asked = [one for one in self._systems if one.vetoes and one.name not in self.systems.skipped]
        if asked:
            await asyncio.gather(*(self._nothing_in_the_way(system) for system in asked))

    async def _vetoes_again(self) -> None:
        """Ask once more whoever answered long ago: while the last one was settled something may have come up elsewhere.

        Each round lets answers be twice as old, so that systems that are slow to answer do not wait for each other
        without end.
        """
        holds = VETO_HOLDS_FOR
        async with self._asking:
            while not self.begun and not self.touching:
                old = [system for system in self._systems if self._is_old(system.name, holds)]
                if not old or not workflow.patched("vetoes-are-asked-again"):
                    return
                await asyncio.gather(*(self._nothing_in_the_way(system) for system in old))
                holds *= 2

    def _is_old(self, name: str, holds: timedelta) -> bool:
        clear = self._clear.get(name)
        return clear is not None and name not in self.systems.skipped and workflow.now() - clear > holds

    async def _nothing_in_the_way(self, system: SystemBrief) -> None:
        """Until the system knows of nothing any more, or is left out. It is asked daily, and when staff say so."""
        while True:
            heard = self.systems.heard(system.name)
            report = await self.systems.step(system, "vetoes", SystemActivities.vetoes, self._erase_order(system, None))
            if report is None:
                return
            if not report.reasons:
                await self.systems.arrived(system.name, "vetoes")
                self._clear[system.name] = workflow.now()
                return
            await self.systems.wait_for(system.name, "vetoes", report.code)
            await self.systems.told(system.name, heard, within=VETO_ASKED_EVERY)

    async def _in_order(self, systems: list[SystemBrief]) -> list[str]:
        """Erase in each; where the policy names an order, one begins when those before it are done.

        One that comes after a system whose data drifted does not begin: it has its turn after the next review. One
        that comes after a system that is left out is left out as well.
        """
        begun: dict[str, asyncio.Task[str]] = {}

        async def turn(system: SystemBrief) -> str:
            before = [begun[name] for name in system.after if name in begun]
            states = await asyncio.gather(*before) if before else []
            if "drifted" in states or ("not_yet" in states and workflow.patched("order-is-kept")):
                return "not_yet"
            return "skipped" if await self._left_out_with(system) else await self._erase_one(system)

        for system in systems:
            begun[system.name] = asyncio.create_task(turn(system))
        return await asyncio.gather(*begun.values())

    async def _left_out_with(self, system: SystemBrief) -> bool:
        """Leave it out where it comes after one that is: what depends on it stays. The letter names both."""
        before = [name for name in system.after if name in self.systems.skipped]
        if not before or not workflow.patched("order-is-kept"):
            return False
        self._log(f"{system.name} is left out: it comes after {', '.join(before)}")
        await self.systems.wait_for(system.name, "erase", AFTER_LEFT_OUT, ask=False)
        self.systems.skip(system.name)
        await self.systems.arrived(system.name, "erase", left_out=True)
        return True

    async def _tell_reasons(self) -> None:
        """Why something is kept, told as soon as it is decided, and not at the end of the erasure."""
        order = OnRequest(request_id=self.id, at=workflow.now())
        reasons = await calls.record(PlanActivities.reasons_at_once, order, "what is kept, and why")
        if reasons.sealed:
            self.send_soon("partial_refusal", "reasons", sealed=reasons.sealed)

    @workflow.signal(name="hold_placed")
    def hold_placed(self, hold_id: str) -> None:
        """A legal hold was placed that this erasure meets: what is under review is no longer the plan.

        Once it is being carried out, whoever was asked to erase something by hand is not to do it any more.
        """
        if self.right is not Right.ERASURE:
            return
        if self.stage is Stage.REVIEWING:
            self.plan_outdated = True
        else:
            self.tasks.hold_placed()

    async def _erase_one(self, system: SystemBrief) -> str:
        started = workflow.now()
        handle: str | None = None
        while True:
            order = self._erase_order(system, handle)
            back = EraseReport(system=system.name, state="drifted") if self.approvals else None
            await self._unless_ending()
            self.touching.add(system.name)
            report = await self.systems.step(system, "erase", SystemActivities.erase, order, refused=back)
            if report is not None and report.state in {COPY_FIRST, "drifted"}:
                # An attempt whose answer never came may have done a part of it.
                self.begun = self.begun or report.touched
                self.touching.discard(system.name)
            if report is not None and report.state == COPY_FIRST:
                # It was asked for since: what is not erased yet waits.
                while not await self._look_for_copies():
                    continue
                await self._vetoes_again()
                continue
            # Whoever is left out may have erased before it failed.
            self.begun = self.begun or report is None or report.state != "drifted"
            if report is None:
                await self.systems.left(system, order.digest)
                return "skipped"
            handle = report.handle
            if not await self._under_way(system, "erase", report, started):
                return report.state

    async def _confirm(self) -> tuple[SystemBrief, ...]:
        """Look again in every system; those where something came back that the plan does not name go to review."""
        await self._enter(Stage.CONFIRMING)
        systems = [system for system in self._systems if system.name not in self.systems.skipped]
        drifted = await asyncio.gather(*(self._confirm_one(system) for system in systems))
        return self._drifted(systems, drifted)

    def _drifted(self, systems: list[SystemBrief], drifted: list[bool]) -> tuple[SystemBrief, ...]:
        found = tuple(system for system, so in zip(systems, drifted, strict=True) if so)
        if found:
            self._log(f"the data changed since the plan: {', '.join(system.name for system in found)}")
        return found

    async def _confirm_one(self, system: SystemBrief) -> bool:
        """Look again until the system is as planned; whether its data drifted from the plan instead."""
        if system.confirm_after:
            await workflow.sleep(system.confirm_after, summary=f"before the second look: {system.name}")
        started = workflow.now()
        handle: str | None = None
        as_it_is = False
        while True:
            heard = self.systems.heard(system.name)
            look = SystemActivities.confirm_as_it_is if as_it_is else SystemActivities.confirm
            report = await self.systems.step(system, "confirm", look, self._erase_order(system, handle))
            if report is None:
                return False
            handle = report.handle
            if report.settled:
                as_it_is = await self._waited_for_copies(system, report, started)
                continue
            if await self._under_way(system, "confirm", report, started):
                continue
            if report.state == "clean":
                self._kept[system.name] = report.kept
                return False
            await self.systems.wait_for(system.name, "confirm", "not_confirmed")
            await self.systems.told(system.name, heard)
            if system.name not in self.systems.skipped and await self._erase_one(system) == "drifted":
                return True

    def _erase_order(self, system: SystemBrief, handle: str | None) -> EraseOrder:
        return EraseOrder(
            request_id=self.id, at=workflow.now(), system=system.name, digest=str(self.plan), handle=handle
        )

    async def _under_way(self, system: SystemBrief, phase: str, report: Job, started: datetime) -> bool:
        """Wait as the system asked, if it is not done yet; the longer it takes, the longer.

        A tenth of the time that passed keeps a job of months within some hundred questions. Staff may have it asked at
        once, or leave it out; near the deadline the policy may.
        """
        if report.state not in {"pending", "awaiting"}:
            return False
        name, passed = system.name, workflow.now() - started
        wait = max(timedelta(seconds=report.wait), timedelta(seconds=1), passed / 10)
        heard = self.systems.heard(name)
        if self.since("jobs-are-shown"):
            await self.systems.under_way(name, phase, report.state, passed + wait)
            if name in self.systems.waiting and self._answers_without():
                self.systems.skip(name)
                return True
        if report.state == "pending":
            await self.systems.told(name, heard, within=wait)
        else:
            await self.systems.called_back(name, str(report.handle), wait.total_seconds(), heard)
        return True

    async def _waited_for_copies(self, system: SystemBrief, report: ConfirmReport, started: datetime) -> bool:
        """Wait until the system may have dropped what it keeps by itself; whether it is time to answer meanwhile.

        All that was asked is done: that a recycle bin is emptied later makes nobody late, and is told with its day.
        """
        passed, answer_at = workflow.now() - started, self._answer_at()
        if answer_at is not None and workflow.now() >= answer_at:
            return True
        wait = max(timedelta(seconds=report.wait), passed / 10)
        if answer_at is not None:
            wait = min(wait, answer_at - workflow.now())
        heard = self.systems.heard(system.name)
        await self.systems.under_way(system.name, "confirm", report.state, passed + wait)
        await self.systems.told(system.name, heard, within=wait)
        return False

    def _answer_at(self) -> datetime | None:
        """When whoever asked is told what is done, though the second look is not over; None for no such day."""
        face = self.clock.face
        if self.clock.paused:
            return None
        if face.release_at is not None:
            return face.release_at - _TO_LOOK
        return face.due_at - _TO_TELL if face.due_at else None

    def _answers_without(self) -> bool:
        """Whether it is so near the deadline that the policy would answer without what is not done."""
        release_at = self.clock.face.release_at
        return release_at is not None and workflow.now() >= release_at and not self.clock.paused

    async def _tell_of_erasure(self) -> Outcome:
        missing = tuple(sorted(self.systems.skipped))
        whole = not missing and not any(self._kept.values())
        outcome = Outcome.FULFILLED if whole else Outcome.PARTLY_FULFILLED
        return await self._tell(outcome, "completion_erasure", missing=missing)
