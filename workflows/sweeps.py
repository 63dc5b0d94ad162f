"""Every day: what erasures kept goes when its day has come, and so do short-lived data and requests' own records.

Staff are reminded of the systems that closed requests were answered without.

Nothing here waits for a system that is away: it is tried again on the next day. Staff are told by a letter every week
until it can be done: by one about the request where an erasure kept it, by one that is no request's where short-lived
data cannot be ended, and of that also when it ends again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.ending_letters import AGAIN, UNLOOKED, EndingLetterActivities
    from activities.expiring import ExpiringActivities
    from activities.keeping import (
        DueItem,
        DueOrder,
        EndingOrder,
        EndOrder,
        EndReport,
        ExpireOrder,
        ExpiringSystem,
        ForgetOrder,
        LookedReport,
        LookOrder,
        Sweep,
        SweepOrder,
        SweepReport,
        TellOrder,
        TrailOrder,
    )
    from activities.kept_ended import KeptEndedActivities
    from activities.ledger.past import LEFT_OUT
    from activities.model import AgainOrder, LetterOrder, LetterReport
    from activities.notify import LetterActivities
    from activities.retention import RetentionActivities
    from activities.unlooked import UnlookedActivities
    from workflows import calls
    from workflows.ended_tasks import start_ended_task, tell_recipients
    from workflows.jobs import until_done

log = structlog.get_logger(__name__)
A = TypeVar("A", LookOrder, TrailOrder)

STAFF_NOT_TOLD = "sweep_told_no_staff"
"""Staff could not be told how short-lived data of a system goes: they are told tomorrow."""
PEOPLE_NOT_TOLD = "sweep_told_nobody"
"""People could not be told of what has ended: they are told tomorrow."""
NOT_ENDED = "sweep_ended_nothing"
"""Short-lived data of a system could not be ended: it is tried tomorrow."""

NOT_LOOKED = "sweep_followed_nobody"
"""A system did not say what it knows of people who are held: nothing ends where they may be."""

DAILY = timedelta(days=1)
MOST_ROUNDS = 50
"""Of a system's expired objects in one sweep: what is left is there tomorrow, too."""
MOST_STEPS = 10
"""From one system's records to another's, after somebody: what lies further off is followed tomorrow."""

WEEKLY = "kept-is-told-weekly"
"""The patch since which staff hear of what does not go every week, not once."""

OF_ONE_REQUEST = frozenset({"not_allowed", "bad_input", "quarantine", "key_destroyed", "seal_broken"})
"""Failures that say nothing of the system: the next request's turn comes all the same."""


@workflow.defn
class SweepWorkflow:
    """One for the installation."""

    @workflow.init
    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self._report = sweep.report
        self._told = set(sweep.told)
        self._away: set[str] = set(sweep.report.waiting)
        self._unlooked: set[str] = set()
        self._silent: set[str] = set()
        """Systems that did not say what they know of somebody."""

    @workflow.run
    async def run(self, sweep: Sweep) -> SweepReport:
        """Sweep once; then answer, or wait for the next day and go on anew."""
        if sweep.retained:
            await self._end_retained()
        if workflow.patched("people-hear-of-endings"):
            await self._tell_people()
        await self._expire()
        if workflow.patched("left-out-is-reminded-of"):
            await self._remind_of_left_out()
        await self._forget()
        here = {"waiting": tuple(sorted(self._away)), "unlooked": tuple(sorted(self._unlooked))}
        self._report = self._report.model_copy(update=here)
        if not sweep.once:
            await self._rest()
            workflow.continue_as_new(Sweep(told=tuple(sorted(self._told))))
        return self._report

    async def _rest(self) -> None:
        report = self._report
        workflow.set_current_details(
            f"{workflow.now():%Y-%m-%d %H:%M} ended {report.ended}, expired {report.expired}, keys {report.keys}, "
            f"unfinished {report.unfinished}; waiting for: {', '.join(report.waiting) or 'nothing'}"
            f"{'; left alone: ' if report.unlooked else ''}{', '.join(report.unlooked)}"
        )
        await workflow.sleep(DAILY, summary="until the next day")

    # What erasures kept

    async def _end_retained(self) -> None:
        after = self._sweep.after
        while True:
            order = DueOrder(at=workflow.now(), after=after)
            page = await calls.record(RetentionActivities.due_retained, order, "what erasures kept and may go")
            by_system: dict[str, list[DueItem]] = {}
            for item in page.items:
                by_system.setdefault(item.system, []).append(item)
            await asyncio.gather(*(self._end_in(system, items) for system, items in sorted(by_system.items())))
            if page.after is None:
                return
            after = page.after
            if workflow.info().is_continue_as_new_suggested():
                report = self._report.model_copy(update={"waiting": tuple(sorted(self._away))})
                workflow.continue_as_new(
                    self._sweep.model_copy(update={"after": after, "report": report, "told": tuple(sorted(self._told))})
                )

    async def _end_in(self, system: str, items: list[DueItem]) -> None:
        for item in items:
            if system in self._away:
                self._count(unfinished=1)
                continue
            try:
                await self._end(item)
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                self._count(unfinished=1)
                code = calls.failure_code(error)
                if code in OF_ONE_REQUEST:
                    await self._tell_staff(item, code)
                    continue
                self._away.add(system)
                if system not in self._told or workflow.patched(WEEKLY):
                    self._told.add(system)
                    await self._tell_staff(item, code, of_system=True)
            else:
                self._told.discard(system)

    async def _end(self, item: DueItem) -> None:
        since = workflow.now()
        report = await self._until_done(item, RetentionActivities.end_retention, "end what was kept")
        self._count(held=report.held)
        if report.state == "done":
            if item.confirm_after:
                await workflow.sleep(item.confirm_after, summary=f"before the second look: {item.system}")
            report = await self._until_done(item, RetentionActivities.confirm_ended, "look again")
            self._count(ended=report.ended)
            if report.ended and report.recipients:
                await tell_recipients(item.request_id, item.system, report.ended_at, since)
        if report.asked is not None:
            await start_ended_task(report.asked)
        if report.state == "asked":
            self._count(unfinished=1)
        elif report.state not in {"clean", "nothing"}:
            self._count(unfinished=1)
            await self._tell_staff(item, "drifted" if report.state == "drifted" else "not_confirmed")

    async def _tell_people(self) -> None:
        """Whoever was told why their data is kept hears once that it is gone: their request ends with it."""
        after: str | None = ""
        while after is not None:
            order = TellOrder(at=workflow.now(), after=after)
            try:
                done = await calls.on_system(
                    KeptEndedActivities.tell,
                    order,
                    "tell people what has ended",
                    task_queue=workflow.info().task_queue,
                    patience=calls.FIRST_PATIENCE,
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                # The mail server is away: what is due is told tomorrow.
                if not workflow.unsafe.is_replaying():
                    log.warning(PEOPLE_NOT_TOLD, error=calls.failure_code(error))
                return
            after = done.after

    async def _until_done(
        self, item: DueItem, step: Callable[[Any, EndOrder], Awaitable[EndReport]], what: str
    ) -> EndReport:
        async def ask(handle: str | None) -> EndReport:
            order = EndOrder(request_id=item.request_id, at=workflow.now(), system=item.system, handle=handle)
            return await calls.on_system(
                step,
                order,
                f"{what}: {item.system}",
                task_queue=item.task_queue,
                patience=calls.FIRST_PATIENCE,
            )

        return await until_done(item.system, ask)

    async def _tell_staff(self, item: DueItem, code: str, *, of_system: bool = False) -> None:
        """Every week while it goes on. The ledger knows what was told: a sweep by hand tells nothing twice."""
        order = LetterOrder(
            request_id=item.request_id,
            at=workflow.now(),
            kind="staff_attention",
            dedupe=f"retention/{item.system}/{code}",
            system=item.system,
            code=code,
        )
        step: Callable[[Any, Any], Awaitable[LetterReport]] = LetterActivities.send
        if workflow.patched(WEEKLY):
            order = AgainOrder(**order.model_dump(), every=AGAIN.total_seconds(), anywhere=of_system)
            step = LetterActivities.send_again
        if not await self._sent(step, order):
            self._told.discard(item.system)

    async def _sent(self, step: Callable[[Any, Any], Awaitable[LetterReport]], order: LetterOrder) -> bool:
        """Whether it could be sent: a mail server that is away has it tomorrow."""
        try:
            await calls.on_system(
                step,
                order,
                "tell staff",
                task_queue=workflow.info().task_queue,
                patience=calls.FIRST_PATIENCE,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return False
        return True

    # What closed requests were answered without

    async def _remind_of_left_out(self) -> None:
        """Every week: the person was told that it is still to be done, and nobody else remembers it."""
        order = SweepOrder(at=workflow.now())
        found = await calls.record(RetentionActivities.due_left_out, order, "what was answered without a system")
        for item in found.items:
            reminder = AgainOrder(
                request_id=item.request_id,
                at=workflow.now(),
                kind="staff_attention",
                dedupe=f"{LEFT_OUT}/{item.system}",
                system=item.system,
                code=LEFT_OUT,
                every=AGAIN.total_seconds(),
            )
            if not await self._sent(LetterActivities.send_again, reminder):
                return

    # What ends by itself

    async def _expire(self) -> None:
        order = SweepOrder(at=workflow.now())
        found = await calls.record(ExpiringActivities.expiring, order, "which systems hold short-lived data")
        await asyncio.gather(*(self._expire_in(system) for system in found.systems))

    async def _expire_in(self, system: ExpiringSystem) -> None:
        began = workflow.now()
        code = await self._expire_all(system)
        if not workflow.patched("staff-hear-of-expiry"):
            return
        order = EndingOrder(at=workflow.now(), system=system.system, began=began, code=code)
        try:
            await calls.on_system(
                EndingLetterActivities.report_expiry,
                order,
                f"tell staff how it goes in {system.system}",
                task_queue=workflow.info().task_queue,
                patience=calls.FIRST_PATIENCE,
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # The mail server is away: what is due is told tomorrow.
            if not workflow.unsafe.is_replaying():
                log.warning(STAFF_NOT_TOLD, system=system.system, error=calls.failure_code(error))

    async def _expire_all(self, system: ExpiringSystem) -> str | None:
        """The code of what was in the way; None where the system answered to the end."""
        cursor: str | None = None
        for _ in range(MOST_ROUNDS):
            try:
                done = await calls.on_system(
                    ExpiringActivities.expire,
                    ExpireOrder(at=workflow.now(), system=system.system, cursor=cursor),
                    f"end what is past its term: {system.system}",
                    task_queue=system.task_queue,
                    patience=calls.FIRST_PATIENCE,
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                self._away.add(system.system)
                code = calls.failure_code(error)
                if not workflow.unsafe.is_replaying():
                    log.warning(NOT_ENDED, system=system.system, error=code)
                return code
            self._count(expired=done.erased, expired_held=done.held, expired_blocked=done.blocked)
            cursor = done.cursor
            if done.unlooked:
                if not await self._look_through(system):
                    self._unlooked.add(system.system)
                    return UNLOOKED
            elif cursor is None:
                break
        return None

    async def _look_through(self, system: ExpiringSystem) -> bool:
        """Find out what must not end in this system of those for whom all of it is held; whether that helped.

        Who is known to one system by something that only another one's records lead to is followed there.
        """
        order = LookOrder(at=workflow.now(), system=system.system)
        before: tuple[ExpiringSystem, ...] | None = None
        for _ in range(MOST_STEPS):
            found = await calls.record(UnlookedActivities.still_to_ask, order, "who else may know them")
            ask = tuple(one for one in found.systems if one.system not in self._silent)
            asked = await asyncio.gather(*(self._follow(one, system.system) for one in ask))
            # A step that was killed after it had asked says that it asked nobody.
            if not ask or (ask == before and not sum(asked)):
                break
            before = ask
        done = await self._of_system(system, UnlookedActivities.hold_found, order, "hold what is theirs")
        return done is not None and done.looked > 0

    async def _follow(self, system: ExpiringSystem, before_ending: str) -> int:
        order = TrailOrder(at=workflow.now(), system=system.system, before_ending=before_ending)
        done = await self._of_system(system, UnlookedActivities.follow_trails, order, "who is held, by what is known")
        return done.looked if done else 0

    async def _of_system(
        self, system: ExpiringSystem, step: Callable[[Any, A], Awaitable[LookedReport]], order: A, what: str
    ) -> LookedReport | None:
        """A system's answer; None where it does not."""
        try:
            return await calls.on_system(
                step, order, f"{what}: {system.system}", task_queue=system.task_queue, patience=calls.FIRST_PATIENCE
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self._away.add(system.system)
            self._silent.add(system.system)
            if not workflow.unsafe.is_replaying():
                log.warning(NOT_LOOKED, system=system.system, error=calls.failure_code(error))
            return None

    # The requests' own records

    async def _forget(self) -> None:
        after: tuple[str, str] | None = ("", "")
        while after is not None:
            order = ForgetOrder(at=workflow.now(), after=after)
            done = await calls.work(RetentionActivities.forget, order, "requests whose own record is over")
            self._count(keys=done.keys, released=done.released)
            after = done.after

    def _count(self, **more: int) -> None:
        self._report = self._report.plus(**more)
