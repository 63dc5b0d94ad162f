"""Looking at all requests at once: where they stand, how fast they are answered, how the connected systems serve."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from activities.ledger import WAITING, PaceRow, StandingRow, TroubledSystem, WatchRow
from habeas.access import Scope
from habeas.forecast import Forecast, forecast
from habeas.model import Frozen
from workers.office.room import Room
from workflows.tasks import PROCESSOR_ASKED, TASK_OPEN

STALE = timedelta(minutes=30)
"""Without a round of the watchdog for so long, it is taken not to live."""
PATIENT = frozenset({WAITING, TASK_OPEN, PROCESSOR_ASKED})
"""What a system is waited for that serves: people, or its own time."""
MEASURED = timedelta(days=28)
"""How far back it is measured how fast requests go."""
MONTHS = 12
"""How far back it is told how requests were answered, this month with it."""


class Overview(Frozen):
    """All requests of a controller, or of all that one works for."""

    made_at: AwareDatetime
    zone: str
    """In which days and months begin: the controllers'; UTC where they differ."""
    controllers: tuple[str, ...]
    """Those that one may choose from."""
    open: tuple[StandingRow, ...]
    since: date
    """The first day of the months that are told of."""
    pace: tuple[PaceRow, ...]


class Foreseen(Frozen):
    """Whether what is open will be answered in time, and what holds it up; see `habeas.forecast`."""

    made_at: AwareDatetime
    zone: str
    """In which days begin: the controllers'; UTC where they differ."""
    since: date
    """The first day of those by which it is measured."""
    foreseen: Forecast


class SystemStanding(Frozen):
    """How a connected system serves, as the steps of requests found it."""

    system: str
    known: bool
    """Whether a policy names it: else it is one of our own, the storage for one."""
    waiting: int
    """Open requests that wait for it."""
    since: AwareDatetime | None
    """Since when the one waits that waits the longest."""
    errors: tuple[TroubledSystem, ...]
    """Why, by the class of the error."""
    answered_at: AwareDatetime | None
    """When it last finished a step; None if it never did."""

    @property
    def failing(self) -> bool:
        """Requests wait for it because it fails, and trying again can help: not for people, or its own time."""
        return any(one.code not in PATIENT for one in self.errors)


class WatchStanding(Frozen):
    """What the watchdog found, and whether it looks at all."""

    looked_at: AwareDatetime | None
    """When it last looked at everything; None if it never did."""
    stale: bool
    """It should have looked since: nobody would be told of anything."""
    findings: tuple[WatchRow, ...]
    """What is wrong now, the longest first."""


class Oversight(Room):
    """Methods that look at all requests at once. They name nobody."""

    async def overview(self, controller: str | None = None) -> Overview:
        """How many requests stand where, and how fast they were answered in twelve months.

        Raises:
            BadInput: there is no such controller.
        """
        self.demand(Scope.REQUESTS_READ)
        reach = sorted(self.reach(Scope.REQUESTS_READ))
        if controller is not None:
            self.one_of_reach(Scope.REQUESTS_READ, controller)
        zone, now = self._zone([controller] if controller else reach), self._now()
        since = _months_ago(now.astimezone(ZoneInfo(zone)).date(), MONTHS - 1)
        begin = datetime(since.year, since.month, 1, tzinfo=ZoneInfo(zone))
        async with self._ledger.begin() as tx:
            return Overview(
                made_at=now,
                zone=zone,
                controllers=tuple(reach),
                open=await tx.open_now(zone, now, controller),
                since=since,
                pace=await tx.pace(zone, begin.astimezone(UTC), controller),
            )

    async def forecast(self, controller: str | None = None) -> Foreseen:
        """Whether open requests will be answered in time, as fast as they went of late, and what holds them up.

        Raises:
            BadInput: there is no such controller.
        """
        self.demand(Scope.REQUESTS_READ)
        reach = sorted(self.reach(Scope.REQUESTS_READ))
        whose = [self.one_of_reach(Scope.REQUESTS_READ, controller)] if controller is not None else reach
        zone, now = self._zone(whose), self._now()
        today = now.astimezone(ZoneInfo(zone)).date()
        since = datetime.combine(today - MEASURED, time(), ZoneInfo(zone)).astimezone(UTC)
        async with self._ledger.begin() as tx:
            groups = await tx.open_groups(controller)
            passed, usual = await tx.passed(since, zone, controller), await tx.usual(since, controller)
            troubled = await tx.troubled()
        down = frozenset(one.system for one in troubled if one.code not in PATIENT)
        found = forecast(
            today,
            groups,
            passed,
            {(one.controller, one.stage): one.days for one in usual},
            {name: frozenset(self._policies[name].systems) for name in reach},
            down,
        )
        return Foreseen(made_at=now, zone=zone, since=today - MEASURED, foreseen=found)

    async def systems(self) -> tuple[SystemStanding, ...]:
        """How each connected system serves; those that are waited for first."""
        self.demand(Scope.REQUESTS_READ)
        known = self.systems_of(Scope.REQUESTS_READ)
        async with self._ledger.begin() as tx:
            waiting, troubled = await tx.waited_for(), await tx.troubled()
            names = sorted({*known, *waiting, *(one.system for one in troubled)})
            answers = await tx.last_answers(names)
        found = [
            SystemStanding(
                system=name,
                known=name in known,
                waiting=waiting.get(name, 0),
                since=min((one.since for one in troubled if one.system == name), default=None),
                errors=tuple(one for one in troubled if one.system == name),
                answered_at=answers.get(name),
            )
            for name in names
        ]
        return tuple(sorted(found, key=lambda one: (-one.waiting, one.system)))

    async def watch(self) -> WatchStanding:
        """What has gone quiet, of those for whom this account works and of the installation; and whether anybody looks.

        Raises:
            NotAllowed: it may read nothing.
        """
        self.demand(Scope.REQUESTS_READ)
        known = self.systems_of(Scope.REQUESTS_READ)
        async with self._ledger.begin() as tx:
            beats, found = await tx.beats(), await tx.findings()
        looked = beats.get("watched")
        return WatchStanding(
            looked_at=looked,
            stale=looked is None or looked < self._now() - STALE,
            findings=tuple(one for one in found if one.system is None or one.system in known),
        )

    def systems_of(self, scope: Scope) -> frozenset[str]:
        """The systems of those controllers for whom this account may do it."""
        return frozenset(one for name in self.reach(scope) for one in self._policies[name].systems)


def _months_ago(day: date, months: int) -> date:
    """The first of the month that was so many months ago."""
    total = day.year * 12 + day.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)
