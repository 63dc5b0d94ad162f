"""Connected systems in a request: each waits, retries, is polled or asks a human on its own; none blocks the rest."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.change_model import LeftOrder, Part
    from activities.leaving import LeavingActivities
    from activities.model import OnRequest, SystemBrief, SystemCall, Waiting
    from activities.record import RecordActivities
    from workflows import calls


A = TypeVar("A", bound=OnRequest)
R = TypeVar("R")


STORAGE = "habeas-storage"
"""Stands among the systems that a request waits for when the engine's own storage does not take the package."""
COPY = "habeas-copy"
"""Stands there while an erasure waits for a copy of the same person's."""
OURS = frozenset({STORAGE, COPY})
"""No systems that could be left out."""
SLOW = "slow"
"""A call has not come back for a while: it takes long, or hangs."""
JOB, CALLBACK, NO_CALLBACK = "job", "callback", "no_callback"
"""A system has begun, and has to be asked again, or will call back; or did not when it said that it would."""
UNDER_WAY = frozenset({JOB, CALLBACK, NO_CALLBACK})
SLOW_AFTER = timedelta(minutes=10)
TOLD_AFTER = timedelta(hours=1)
"""When a system has been left alone for so long, as it asked, or asks for more at once, staff are told."""
SHOWN_FROM = timedelta(hours=1)
"""A job that takes less is not shown as waited for."""
MOST_CALLBACKS = 200
"""Callbacks that nobody waits for yet, kept in case they came before the answer that they belong to."""


class Told:
    """Instead of an answer: staff spoke while a long attempt was waiting between its tries."""


class Systems:
    """What each system is waiting for, and what staff said of it."""

    def __init__(
        self,
        request_id: str,
        changed: Callable[[], None],
        attention: Callable[[str, str, str], None],
        *,
        joined: bool = False,
    ) -> None:
        self._request_id = request_id
        self._joined = joined
        self._calls: dict[tuple[str, str], datetime] = {}
        """Since when each call is under way that is not shown as slow."""
        self._changed = changed
        self._attention = attention
        self.hands: Callable[[SystemBrief, str, str | None], Awaitable[bool]] | None = None
        """Does a step that needs a human's hands; whether the story then goes on with the system."""
        self.waiting: dict[str, str] = {}
        self.since: dict[str, datetime] = {}
        """When the wait for each of them began."""
        self.skipped: list[str] = []
        self._retries: dict[str, int] = {}
        self._asked: dict[str, str] = {}
        """What staff were told last of each system: once for each time that it fails after they spoke."""
        self._untold: dict[str, tuple[str, str]] = {}
        """What staff are told of systems that are left alone, as they asked, if it takes long."""
        self._callbacks: dict[tuple[str, str], None] = {}
        self._missed: set[str] = set()
        """Systems that did not call back in the time that they gave themselves."""

    def retry(self, system: str) -> None:
        """Staff mended the cause: try again at once."""
        self._retries[system] = self._retries.get(system, 0) + 1

    def skip(self, system: str) -> None:
        """Go on without this system. Remembered to the end: the letter names it."""
        if system not in self.skipped:
            self.skipped.append(system)

    def skip_waiting(self) -> None:
        """Go on without every system that is being waited for."""
        for system in sorted(self.waiting.keys() - OURS):
            self.skip(system)

    def skip_under_way(self) -> None:
        """Go on without those that have begun what was asked and are not done. That cannot be called back."""
        for system in sorted(name for name, code in self.waiting.items() if code in UNDER_WAY):
            self.skip(system)

    def call_back(self, system: str, handle: str) -> None:
        """A system says that it finished what it had begun."""
        self._callbacks[system, handle] = None
        while len(self._callbacks) > MOST_CALLBACKS:
            del self._callbacks[next(iter(self._callbacks))]

    async def step(
        self,
        system: SystemBrief,
        phase: str,
        activity: Callable[[Any, A], Awaitable[R]],
        order: A,
        *,
        refused: R | None = None,
    ) -> R | None:
        """One system's step until it is done, after a human's part in it; None once staff skip the system.

        ``refused`` is the answer where the engine's own last door does not let the step pass: trying again helps
        nobody there, a new look at the plan does.
        """
        if self.hands and not await self.hands(system, phase, getattr(order, "digest", None)):
            return None
        patience = calls.FIRST_PATIENCE
        heard = self.heard(system.name)
        while system.name not in self.skipped:
            before, heard = heard, self.heard(system.name)
            attempt = asyncio.create_task(
                calls.on_system(
                    activity,
                    _now(order, insists=heard != before),
                    f"{phase}: {system.name}",
                    task_queue=system.task_queue,
                    patience=patience,
                )
            )
            try:
                answer = await self._unless_told(system.name, phase, heard, attempt)
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                if refused is not None and _is_refused(error, joined=self._joined):
                    await self.arrived(system.name, phase)
                    return refused
                rest = calls.rest_of(error)
                if rest is not None:
                    await self._left_alone(system.name, phase, error, heard, rest)
                    patience = calls.LONG_PATIENCE
                    continue
                await self.wait_for(system.name, phase, calls.failure_code(error), correlation_of(error))
                if calls.is_final(error):
                    await self.told(system.name, heard)
                else:
                    patience = calls.LONG_PATIENCE
                continue
            if not isinstance(answer, Told):
                if not self._goes_on(system.name, answer):
                    await self.arrived(system.name, phase)
                return answer
        await self.arrived(system.name, phase, left_out=True)
        return None

    async def left(self, system: SystemBrief, digest: str, part: Part | None = None) -> None:
        """It is left out: if it had begun, what it did is looked at and written down, or that nobody knows it."""
        if not workflow.patched("left-out-is-looked-at"):
            return
        order = LeftOrder(request_id=self._request_id, at=workflow.now(), system=system.name, digest=digest, part=part)
        if not await calls.record(LeavingActivities.begun, order, f"had it begun? {system.name}"):
            return
        if system.confirm_after:
            pause = min(timedelta(seconds=system.confirm_after), calls.NO_WORKER)
            await workflow.sleep(pause, summary=f"before the last look: {system.name}")
        look = f"what it did: {system.name}"
        if not await calls.glance(LeavingActivities.look, order, look, task_queue=system.task_queue):
            await calls.record(LeavingActivities.unseen, order, f"nobody knows: {system.name}")

    async def wait_for(
        self, system: str, phase: str, code: str, correlation: str | None = None, *, ask: bool = True
    ) -> None:
        """Show that the request waits for this system, since now and why; ask staff to look, unless they were."""
        asked = f"waiting/{system}/{phase}/{code}/{self.heard(system)}"
        if system in self.waiting and self._asked.get(system) == asked:
            return
        self._asked[system] = asked
        self.waiting[system] = code
        self.since.setdefault(system, workflow.now())
        self._changed()
        if ask:
            self._untold.pop(system, None)
            self._attention(system, code, asked)
        await self._write(system, phase, code, correlation)

    async def _left_alone(self, system: str, phase: str, error: ActivityError, heard: int, rest: timedelta) -> None:
        """It asked to be left alone for a while: that is shown now, and staff are told if it takes long."""
        begun = self.since.get(system, workflow.now())
        long = workflow.now() + rest >= begun + TOLD_AFTER
        code = calls.failure_code(error)
        await self.wait_for(system, phase, code, correlation_of(error), ask=long)
        if not long:
            self._untold[system] = (code, self._asked[system])
        await self.told(system, heard, within=rest)

    async def _told_if_long(self, system: str, over: Callable[[], bool]) -> None:
        """Until the attempt is over; but staff are told of a system that was left alone and still does not answer."""
        left = self.since[system] + TOLD_AFTER - workflow.now()
        try:
            await workflow.wait_condition(
                over, timeout=max(left, timedelta(seconds=1)), timeout_summary=f"tell staff: {system}"
            )
        except TimeoutError:
            self._attention(system, *self._untold.pop(system))

    async def _write(
        self, system: str, phase: str, code: str | None, correlation: str | None = None, *, left_out: bool = False
    ) -> None:
        order = Waiting(
            request_id=self._request_id,
            at=workflow.now(),
            system=system,
            phase=phase,
            code=code,
            blocked_on=tuple(sorted(self.waiting)),
            correlation=correlation,
            left_out=left_out,
        )
        await calls.record(RecordActivities.waiting, order, f"{'waiting for' if code else 'no longer'} {system}")

    def heard(self, system: str) -> int:
        """How often staff have said retry: to be asked before what they may speak of begins."""
        return self._retries.get(system, 0)

    async def told(self, system: str, heard: int, *, within: timedelta | None = None) -> None:
        """Until staff say retry or skip, unless they did since; or until so much time is over."""
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._is_told(system, heard), timeout=within, timeout_summary=f"ask again: {system}"
            )

    async def called_back(self, system: str, handle: str, give_up_after: float, heard: int) -> None:
        """Until the system calls back with this handle, the time it gave itself is over, or staff speak.

        A call counts once.
        """
        self._missed.discard(system)
        try:
            await workflow.wait_condition(
                lambda: (system, handle) in self._callbacks or self._is_told(system, heard),
                timeout=give_up_after,
                timeout_summary=f"callback: {system}",
            )
        except TimeoutError:
            self._missed.add(system)
            return
        self._callbacks.pop((system, handle), None)

    async def under_way(self, system: str, phase: str, state: str, passes: timedelta) -> None:
        """Show that a system has begun and is not done, once that takes long; ask staff if a callback did not come.

        Args:
            system: which.
            phase: of the story.
            state: as its report says it: ``pending`` or ``awaiting``.
            passes: how long it will have taken when it is asked next.
        """
        code = JOB if state == "pending" else NO_CALLBACK if system in self._missed else CALLBACK
        if (passes >= SHOWN_FROM or code == NO_CALLBACK) and self.waiting.get(system) != code:
            await self.wait_for(system, phase, code, ask=code == NO_CALLBACK)

    def _goes_on(self, system: str, answer: object) -> bool:
        """Whether it is shown that the system is at it, and it still is."""
        return self.waiting.get(system) in UNDER_WAY and getattr(answer, "state", None) in {"pending", "awaiting"}

    def _is_told(self, system: str, heard: int) -> bool:
        return system in self.skipped or self.heard(system) != heard

    async def _unless_told(self, system: str, phase: str, heard: int, attempt: asyncio.Task[R]) -> R | Told:
        """The attempt's answer, unless staff speak first. What it did before it could be stopped still counts."""

        def over() -> bool:
            return attempt.done() or self._is_told(system, heard)

        try:
            if system in self._untold:
                await self._told_if_long(system, over)
            elif self._joined:
                await self._watched(system, phase, over)
            elif system not in self.waiting and workflow.patched("slow-is-shown"):
                try:
                    await workflow.wait_condition(over, timeout=SLOW_AFTER, timeout_summary=f"slow: {system}")
                except TimeoutError:
                    await self.wait_for(system, phase, SLOW, ask=False)
            await workflow.wait_condition(over)
        except asyncio.CancelledError:
            await stop(attempt)
            raise
        if not attempt.done():
            await stop(attempt)
            if attempt.cancelled() or attempt.exception() is not None:
                return Told()
        return attempt.result()

    async def _watched(self, system: str, phase: str, over: Callable[[], bool]) -> None:
        if system not in self.waiting:
            self._calls[system, phase] = workflow.now()
        try:
            await workflow.wait_condition(over)
        finally:
            self._calls.pop((system, phase), None)

    async def watch(self) -> None:
        """Show which calls take long, until cancelled. There is one timer for all of them: most come back before."""
        while True:
            await workflow.wait_condition(lambda: bool(self._calls))
            left = min(self._calls.values()) + SLOW_AFTER - workflow.now()
            await workflow.sleep(max(left, timedelta(seconds=1)), summary="is a call slow?")
            for (system, phase), begun in sorted(self._calls.items()):
                if begun + SLOW_AFTER <= workflow.now():
                    del self._calls[system, phase]
                    await self.wait_for(system, phase, SLOW, ask=False)

    async def arrived(self, system: str, phase: str, *, left_out: bool = False) -> None:
        """The request no longer waits for this system."""
        if self.waiting.pop(system, None) is not None:
            self.since.pop(system, None)
            self._untold.pop(system, None)
            self._changed()
            await self._write(system, phase, None, left_out=left_out)


def _now(order: A, *, insists: bool) -> A:
    """The same order, as of now."""
    said = {"insists": True} if insists and isinstance(order, SystemCall) else {}
    return order.model_copy(update={"at": workflow.now(), **said})


async def stop(attempt: asyncio.Future[Any]) -> None:
    """Cancel it, and wait until it has stopped. Never in a ``finally``: a workflow that is put away must not wait."""
    attempt.cancel()
    await asyncio.gather(attempt, return_exceptions=True)


def _is_refused(error: ActivityError, *, joined: bool) -> bool:
    """Whether the last door refused it. Requests that already waited there before this was known go on waiting."""
    return calls.failure_code(error) == "not_allowed" and (joined or workflow.patched("refused-at-the-last-door"))


def correlation_of(error: ActivityError) -> str | None:
    """The id under which the ledger keeps the sealed detail of a failure, if there is one."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.details and isinstance(cause.details[0], str):
        return cause.details[0]
    return None
