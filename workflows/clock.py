"""The clock beside the story: a movable deadline with its alarms. Durable timers, never anybody's memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from functools import partial

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.model import ClockFace, DelayReport
    from habeas.model import Frozen


class Alarm(StrEnum):
    """What the clock rings for."""

    REMIND = "remind"
    EXTEND = "extend"
    DELAY = "delay"
    DELAY_SOON = "delay_soon"
    """Staff are asked why it takes longer and until when, before the person is told without."""
    EXPECTED_SOON = "expected_soon"
    """The day that the person was told comes near."""
    EXPECTED = "expected"
    """It has passed."""
    RELEASE = "release"
    BREACH = "breach"
    UNCONFIRMED = "unconfirmed"
    """The days to confirm what was asked are over, and nobody has noted a confirmation."""
    TARGET = "target"
    """The day is over by which staff aimed to answer, where no day is due."""
    PAUSED = "paused"
    """The clock stands still, and nobody has said so for a while."""


_OF_DELAY = frozenset({Alarm.DELAY, Alarm.DELAY_SOON, Alarm.EXPECTED_SOON, Alarm.EXPECTED})


class Ring(Frozen):
    """One alarm at its instant."""

    at: datetime
    alarm: Alarm


def _moot(ring: Ring, confirm_until: datetime) -> bool:
    """Nothing is put off or given out while it is unconfirmed; nor is one told of a delay who let the days pass."""
    late = ring.alarm in _OF_DELAY and ring.at > confirm_until
    return late or ring.alarm in {Alarm.EXTEND, Alarm.RELEASE}


class Clock:
    """Rings each alarm of its face once; may be paused, and moved by a new face."""

    def __init__(self) -> None:
        self._face: ClockFace | None = None
        self._rung: set[tuple[datetime, Alarm]] = set()
        self._moved = 0
        self._stopped = False
        self._expected: DelayReport | None = None
        self.paused = False

    @property
    def face(self) -> ClockFace:
        """The dates as they stand now."""
        if self._face is None:
            raise RuntimeError("the clock has no face before the request has begun")
        return self._face

    @property
    def is_set(self) -> bool:
        """Whether the dates are known yet."""
        return self._face is not None

    def set(self, face: ClockFace) -> None:
        """Give the clock new dates: at the start, after an extension, after a pause."""
        self._face = face
        self._moved += 1

    def expect(self, named: DelayReport | None) -> None:
        """Ring for the day that the person was told, in the place of one that they were told before; None for none."""
        if named != self._expected:
            self._expected = named
            self._moved += 1

    def pause(self) -> None:
        """Hold every alarm of the law's until `resume`; those of a promise go on ringing."""
        self.paused = True
        self._moved += 1

    def resume(self, face: ClockFace) -> None:
        """Let the clock run again by its new dates."""
        self.paused = False
        self.set(face)

    @property
    def stands_still(self) -> bool:
        """Paused for as long as it takes; not where the law says when the clock starts, whatever the person does."""
        return self.paused and self.face.confirm_until is None

    def stop(self) -> None:
        """Ring no more; what is ringing now finishes."""
        self._stopped = True
        self._moved += 1

    async def run(self, ring: Callable[[Alarm], Awaitable[None]]) -> None:
        """Ring until stopped. A change while it waits makes it look again."""
        while not self._stopped:
            seen = self._moved
            upcoming = self._next()
            if upcoming is None or self._nags_before(upcoming):
                await self._still(partial(self._moved_since, seen), ring)
                continue
            left = upcoming.at - workflow.now()
            try:
                if left.total_seconds() > 0:
                    await workflow.wait_condition(
                        partial(self._moved_since, seen),
                        timeout=left,
                        timeout_summary=f"{upcoming.alarm}: {upcoming.at:%Y-%m-%d %H:%M} UTC",
                    )
                    continue
            except TimeoutError:
                pass
            if self._moved_since(seen):
                continue  # paused, moved or stopped at the very instant
            self._rung.add((upcoming.at, upcoming.alarm))
            await ring(upcoming.alarm)

    async def _still(self, moved: Callable[[], bool], ring: Callable[[Alarm], Awaitable[None]]) -> None:
        """Until something moves; while paused, staff are reminded of it now and then."""
        every = self.face.paused_every if self.stands_still else None
        if every is None:
            await workflow.wait_condition(moved)
            return
        try:
            await workflow.wait_condition(moved, timeout=every, timeout_summary="the clock is paused")
        except TimeoutError:
            if not moved():
                await ring(Alarm.PAUSED)

    def _nags_before(self, upcoming: Ring) -> bool:
        every = self.face.paused_every if self.stands_still else None
        return every is not None and (upcoming.at - workflow.now()).total_seconds() > every

    def _moved_since(self, seen: int) -> bool:
        return self._moved != seen

    def _next(self) -> Ring | None:
        rings = [*(self._of_promise() if self.stands_still else self._of_term()), *self._of_expected()]
        if self.paused and self.face.confirm_until:
            rings = [ring for ring in rings if not _moot(ring, self.face.confirm_until)]
            rings.append(Ring(at=self.face.confirm_until, alarm=Alarm.UNCONFIRMED))
        waiting = [ring for ring in rings if (ring.at, ring.alarm) not in self._rung]
        return min(waiting, key=lambda ring: (ring.at, ring.alarm), default=None)

    def _of_promise(self) -> list[Ring]:
        """What no pause holds: the promise was counted from receipt, whatever is awaited."""
        promise = self.face.promise
        if promise is None:
            return []
        rings = [Ring(at=at, alarm=Alarm.REMIND) for at in promise.remind_at]
        rings += [Ring(at=at, alarm=Alarm.DELAY_SOON) for at in promise.ask_at]
        if promise.delay_at:
            rings.append(Ring(at=promise.delay_at, alarm=Alarm.DELAY))
        return [*rings, Ring(at=promise.ends_at, alarm=Alarm.BREACH)]

    def _of_expected(self) -> list[Ring]:
        """No pause holds what the person was told either."""
        named = self._expected
        if named is None:
            return []
        soon = [Ring(at=named.warn_at, alarm=Alarm.EXPECTED_SOON)] if named.warn_at else []
        return [*soon, Ring(at=named.expected_at, alarm=Alarm.EXPECTED)]

    def _of_term(self) -> list[Ring]:
        face = self.face
        rings = [Ring(at=at, alarm=Alarm.REMIND) for at in face.remind_at]
        rings += [Ring(at=at, alarm=Alarm.DELAY_SOON) for at in face.ask_at]
        if face.extend_at and not face.extended:
            rings.append(Ring(at=face.extend_at, alarm=Alarm.EXTEND))
        if face.delay_at:
            rings.append(Ring(at=face.delay_at, alarm=Alarm.DELAY))
        if face.release_at:
            rings.append(Ring(at=face.release_at, alarm=Alarm.RELEASE))
        if face.due_at:
            rings.append(Ring(at=face.due_at, alarm=Alarm.BREACH))
        if face.target_at:
            rings.append(Ring(at=face.target_at, alarm=Alarm.TARGET))
        return rings
