"""The story of a data-subject request, from its arrival to a closed, provable end. It reads as the law does.

What staff do to it is in `workflows.acts`, the statutory clock in `workflows.clock`, one system's part in
`workflows.systems`; proving who asks in `workflows.verifying`, erasing in `workflows.erasing`, changing in
`workflows.changing`, handing a copy over in `workflows.handing`, the telling of it all in `workflows.telling`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.brief import NOT_A_RIGHT
    from activities.model import (
        Closed,
        CloseOrder,
        CollectOrder,
        CollectReport,
        Entering,
        FindOrder,
        OnRequest,
        SettleReport,
        SystemBrief,
        SystemOrder,
    )
    from activities.plan import PlanActivities
    from activities.record import RecordActivities
    from activities.systems import SystemActivities
    from activities.together import TogetherActivities
    from habeas.model import CHANGING, REMEDIES, USES, Outcome, Right, Stage
    from habeas.particulars import Scope
    from workflows import calls
    from workflows.changing import Changing
    from workflows.clock import Alarm
    from workflows.model import RequestStart

Together = TypeVar("Together", FindOrder, CollectOrder)
R = TypeVar("R")

_RELEASABLE = frozenset({Stage.VERIFYING, Stage.LOCATING, Stage.COLLECTING})
"""Near the deadline the clock goes on without systems that do not answer: where something is still being looked for.
What was approved to be erased is not left unerased by a clock; but of what a system is at the person is told then.
"""


@workflow.defn
class RequestWorkflow(Changing):
    """One request. Its id is the workflow's id; nothing in here says whose it is."""

    @workflow.init
    def __init__(self, start: RequestStart) -> None:
        super().__init__(start)
        self._free_text = False
        self._anew: set[str] = set()
        """Systems that were collected again as what they gave before was outdated; and may still be."""
        self._nowhere = False
        """No system knows the person; a human may."""

    @workflow.run
    async def run(self, start: RequestStart) -> Closed:
        """Carry the request out, or end it as staff or the person decide; then close it."""
        await self._begin()
        clock = asyncio.create_task(self.clock.run(self._ring))
        watch = asyncio.create_task(self.systems.watch()) if self.joined else None
        story = asyncio.create_task(self._story())
        await workflow.wait_condition(lambda: story.done() or clock.done() or self.is_to_end())
        if clock.done():
            clock.result()
        outcome = story.result() if story.done() else await self._end_early(story)
        if watch is not None:
            watch.cancel()
        return await self._close(outcome, clock)

    async def _story(self) -> Outcome:
        if self._brief.not_a_right:
            return await self._tell(Outcome.REFUSED, "not_a_right", sealed=NOT_A_RIGHT)
        if self.right in REMEDIES:
            return await self._remedy()
        self.send_soon("acknowledgement", "acknowledgement")
        self._hold_deletion()
        if not await self._verify():
            return await self._tell(Outcome.UNVERIFIED, "unverified")
        while True:
            found = await self._find()
            if not found and not self._by_hand():
                return await self._tell_nothing()
            if await self._stop_at_once():
                await self._send_on()
                return await self._tell_of_change()
            collected = 0 if self.right in USES else await self._collect(self._systems)
            self._nowhere = not found and not collected
            if self._nowhere and not self._is_open_still():
                return await self._tell_nothing()
            self._hold_deletion()
            await self._send_on()
            while await self._reviewed():
                if self.right is Right.ERASURE:
                    drifted = await self._erase() or await self._confirm()
                elif self.right in CHANGING:
                    drifted = await self._change()
                elif (handed := await self._hand_over()) is not None:
                    return handed
                else:
                    continue
                if not drifted:
                    return await self._tell_of_it()
                await self._collect(drifted)
                if self._brief.forwards_from:
                    await self._forward()

    async def _tell_nothing(self) -> Outcome:
        """Nothing is held, as far as those systems say that were not left out."""
        return await self._tell(Outcome.NOTHING_FOUND, "nothing_found", missing=tuple(sorted(self.systems.skipped)))

    async def _tell_of_it(self) -> Outcome:
        if self.right in CHANGING:
            if self._nowhere and self._nothing_to_do():
                return await self._tell_nothing()
            return await self._tell_of_change()
        await self._tell_recipients()
        return await self._tell_of_erasure()

    # Beginning and end

    async def _begin(self) -> None:
        order = Entering(request_id=self.id, at=workflow.now(), entering=self._begins_with, anew=self.begun_anew)
        self.brief = await calls.record(RecordActivities.begin, order, "what law and policy ask")
        self.clock.set(self.brief.clock)
        if not self.joined:
            self.changed()

    async def _end_early(self, story: asyncio.Task[Outcome]) -> Outcome:
        self._ending_now = True
        story.cancel()
        await asyncio.gather(story, return_exceptions=True)
        outcome, act_id, ground = self.ending or (Outcome.WITHDRAWN, None, None)
        if self.right in REMEDIES and outcome is Outcome.REFUSED and act_id:
            return await self._decide(outcome, act_id, ground)
        kind = "refusal" if outcome is Outcome.REFUSED else "withdrawal"
        if self.stopped and outcome is Outcome.REFUSED:
            outcome = Outcome.PARTLY_FULFILLED  # what stopped at once stays stopped
        return await self._tell(outcome, kind, act_id=act_id, ground=ground)

    async def _close(self, outcome: Outcome, clock: asyncio.Task[None]) -> Closed:
        # From here on no act is taken; those that were are finished first, with the letters they brought.
        self.stage = Stage.CLOSED
        await workflow.wait_condition(workflow.all_handlers_finished)
        self.clock.stop()
        await clock
        await self._letters_sent()
        await self._release_deletion(outcome)
        self._outcome = outcome
        self.systems.waiting.clear()
        self.changed()
        order = CloseOrder(
            request_id=self.id, at=workflow.now(), outcome=outcome, skipped=tuple(sorted(self.systems.skipped))
        )
        closed = await calls.record(RecordActivities.close, order, f"close: {outcome.value}")
        await self._tell_erasures(closed.erasures)
        return closed

    # Where they are known

    async def _find(self) -> bool:
        entering = await self._enter_with(Stage.LOCATING)
        ask = tuple(one for one in self._systems if not one.needs_hands("collect"))
        while True:
            self.look_again = False
            known, ask = await self._ask_together(ask, entering)
            entering = None
            if ask or known is None:
                await asyncio.gather(*(self._locate(system) for system in ask))
                order = OnRequest(request_id=self.id, at=workflow.now())
                known = await calls.record(RecordActivities.settle, order, "what is known now")
            if known.contradictions:
                await self._clarify(known.contradictions)
                ask = ()
                continue
            ask = tuple(one for one in self._systems if one.name in known.ask and one.name not in self.systems.skipped)
            await workflow.wait_condition(self.settled)
            if not ask and not self.look_again:
                self._log(f"found {known.found} records of the person")
                return known.found > 0

    async def _ask_together(
        self, ask: tuple[SystemBrief, ...], entering: Stage | None
    ) -> tuple[SettleReport | None, tuple[SystemBrief, ...]]:
        """Ask those at once that answer at once; what is known then, and who is still to be asked by itself."""
        names = self._together(ask)
        order = FindOrder(request_id=self.id, at=workflow.now(), systems=names, entering=entering)
        report = await self._at_once(TogetherActivities.find_together, order, "locate")
        if report is None:
            return None, ask
        return report.known, tuple(one for one in ask if one.name not in names or one.name in report.left)

    async def _at_once(self, step: Callable[[Any, Together], Awaitable[R]], order: Together, doing: str) -> R | None:
        """What these systems answer at once; None for nothing. The stage is entered, whatever comes of it."""
        answer = None
        if order.systems:
            answer = await calls.together(step, order, f"{doing}: {', '.join(order.systems)}")
        if answer is None and order.entering is not None:
            await self._write_stage(order.entering, order.at)
        return answer

    def _together(self, systems: tuple[SystemBrief, ...]) -> tuple[str, ...]:
        """Which of these are asked in one call."""
        names = (one.name for one in systems if one.together and not one.needs_hands("collect"))
        return tuple(name for name in names if name not in self.systems.skipped) if self.joined else ()

    async def _clarify(self, contradictions: int) -> None:
        seen = self.decided
        await self._enter(Stage.CLARIFYING)
        self._log(f"{contradictions} matches contradict each other: a human decides")
        self.send_soon("staff_attention", f"ambiguous/{seen}", code="ambiguous_match")
        await workflow.wait_condition(lambda: self.decided != seen and self.settled())
        await self._enter(Stage.LOCATING)

    def _by_hand(self) -> bool:
        """Whether a human must look somewhere before it is known that nothing is held."""
        return any(one.needs_hands("collect") and one.name not in self.systems.skipped for one in self._systems)

    def _is_open_still(self) -> bool:
        """Whether there is something to tell though nothing is known: a human has not looked yet, or it stopped."""
        left = self.stopped or (self.right in USES and self._by_hand())
        return left and self.since("stopped-is-told")

    async def _collect(self, systems: tuple[SystemBrief, ...]) -> int:
        entering = await self._enter_with(Stage.COLLECTING)
        reports = await self._collect_together(systems, entering)
        there = {report.system for report in reports if report}
        reports += await asyncio.gather(
            *(
                self.systems.step(one, "collect", SystemActivities.collect, self._order(one))
                for one in systems
                if one.name not in there
            )
        )
        self._free_text = any(report.free_text for report in reports if report)
        records = sum(report.records for report in reports if report)
        self._log(f"collected {records} records")
        return records

    async def _collect_together(
        self, systems: tuple[SystemBrief, ...], entering: Stage | None
    ) -> list[CollectReport | None]:
        names = self._together(systems)
        order = CollectOrder(request_id=self.id, at=workflow.now(), systems=names, entering=entering)
        report = await self._at_once(TogetherActivities.collect_together, order, "collect")
        return list(report.reports) if report else []

    async def _send_on(self) -> None:
        """To those who decide over data that is only processed here, whatever right it is about."""
        theirs = tuple(one for one in self._systems if one.name in self._brief.forwards_from)
        if self.right in USES and theirs:
            await self._collect(theirs)
        await self._forward()

    def _order(self, system: SystemBrief) -> SystemOrder:
        return SystemOrder(request_id=self.id, at=workflow.now(), system=system.name)

    # What is decided

    async def _reviewed(self) -> bool:
        while True:
            self.plan_outdated = False
            needed = await self._ready_for_review()
            waited = not self._brief.erasure_waits
            while not self.plan_outdated:
                await workflow.wait_condition(partial(self._may_go_on, needed))
                if not waited and not self.look_again and not self.plan_outdated:
                    await self._wait_before_erasing()
                    waited = True
                if self.look_again:
                    await self._no_copy_awaited()
                    return False
                # Something may be decided or asked while a copy is looked for.
                if not self.plan_outdated and await self._after_copies() and self._is_approved(needed):
                    return True

    async def _wait_before_erasing(self) -> None:
        """The waiting period, unless something new turns up. Until it is over the person may withdraw as before."""
        if self._brief.reasons_at_once:
            await self._tell_reasons()
        self._log("approved: the waiting period before the erasure has begun")
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self.look_again or self.plan_outdated,
                timeout=self._brief.erasure_waits,
                timeout_summary="waiting period before the erasure",
            )

    async def _ready_for_review(self) -> int:
        """Draft what is to be approved; how many people must."""
        brief = self._brief
        self.approvals.clear()
        self.without_copy.clear()
        await self._no_copy_awaited()
        self.drafting = True
        await self._draft_it()
        self.drafting = False
        unread = brief.scope is Scope.CATEGORIES or not self._free_text
        needed = 0 if brief.review_only_free_text and unread else brief.approvals
        if needed:
            await self._enter(Stage.REVIEWING)
            self.send_soon("staff_attention", f"review/{self.plan or self.decided}", code="review")
        return needed

    async def _draft_it(self) -> None:
        """Draft the plan, if there is one, of what is there now: what is outdated by now is collected again first."""
        while True:
            await self._collect_anew()
            if self.right is Right.ERASURE:
                report = await calls.work(
                    PlanActivities.draft, OnRequest(request_id=self.id, at=workflow.now()), "plan the erasure"
                )
                self.plan, self.outdated = report.digest, report.outdated
                self._log(f"plan: erase {report.erase}, anonymise {report.anonymise}, keep {report.retain}")
            elif self.right in CHANGING:
                self.plan = await self._plan_change()
            else:
                return
            if not self._named(self.outdated):
                self._anew.clear()
                return

    async def _collect_anew(self) -> None:
        """Collect again what is outdated: at once, and where that did not help, when staff say so."""
        systems, self.outdated = tuple(self._named(self.outdated)), ()
        if not systems:
            return
        await self._enter(Stage.COLLECTING)
        heard = {one.name: self.systems.heard(one.name) for one in systems if one.name in self._anew}
        for name in heard:
            await self.systems.wait_for(name, "collect", "quarantine")
        await asyncio.gather(*(self.systems.told(name, before) for name, before in heard.items()))
        for name in heard:
            await self.systems.arrived(name, "collect", left_out=name in self.systems.skipped)
        self._anew |= {one.name for one in systems}
        unread = self._free_text
        await self._collect(systems)
        self._free_text = self._free_text or unread

    def _may_go_on(self, needed: int) -> bool:
        """Whether the story goes on: approved and nothing asked of the person any more, or something new turned up."""
        return self.settled() and (self._has_approvals(needed) or self.look_again or self.plan_outdated)

    def _is_approved(self, needed: int) -> bool:
        """Approved, and nothing new turned up since."""
        new = self.look_again or self.plan_outdated
        return self.settled() and self._has_approvals(needed) and not new

    def _has_approvals(self, needed: int) -> bool:
        return len(self.approvals) >= needed and not self.asked

    # The clock's alarms

    async def _ring(self, alarm: Alarm) -> None:
        if alarm is Alarm.REMIND:
            self.send_soon("staff_reminder", f"remind/{workflow.now():%Y-%m-%d}")
        elif alarm is Alarm.EXTEND:
            await self.extend_by_itself()
        elif alarm is Alarm.RELEASE:
            self._go_on_without()
            await self._tell_so_far()
            await self._tell_of_open_task()
        elif alarm is Alarm.PAUSED:
            self.send_soon("staff_attention", f"paused/{workflow.now():%Y-%m-%d}", code="clock_paused")
        elif alarm is Alarm.UNCONFIRMED:
            self.send_soon("staff_attention", f"unconfirmed/{workflow.now():%Y-%m-%d}", code="unconfirmed")
        elif alarm is Alarm.DELAY_SOON:
            self.ask_for_delay()
        elif alarm is Alarm.DELAY:
            await self.announce_delay_by_itself()
        elif alarm is Alarm.EXPECTED_SOON:
            self.expected_soon()
        elif alarm is Alarm.EXPECTED:
            await self.announce_again()
        elif alarm is Alarm.TARGET:
            self.send_soon("staff_alarm", f"target/{self.clock.face.target_on}", code="target")
        elif alarm is Alarm.BREACH:
            self._overdue = True
            self.changed()
            order = OnRequest(request_id=self.id, at=workflow.now())
            await calls.record(RecordActivities.breach, order, "the term is over")
            self.send_soon("staff_alarm", f"breach/{self.clock.face.due_on}", code="overdue")
            # What began to fail after the release, or was looked for late, had until now.
            if self.clock.face.release_at and self.since("left-out-at-the-breach"):
                self._go_on_without()
                await self._tell_so_far()
            await self._tell_of_open_task()
            await self._tell_of_open_proof()

    async def _tell_of_open_task(self) -> None:
        """Where a human is still to erase something by hand as the term ends: that it is late, and why, once.

        A task is not called off by a clock, so that there is no answer yet.
        """
        waits = self.right is Right.ERASURE and self.stage is Stage.FULFILLING and self.tasks.open
        if waits and not self.delay_told and self.since("open-task-is-told"):
            await self.tell_of_delay()

    def _go_on_without(self) -> None:
        """Answer without the systems that do not, as the policy says of the deadline."""
        if self.stage in _RELEASABLE:
            self.systems.skip_waiting()
        else:
            self.systems.skip_under_way()
