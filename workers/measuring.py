"""What the ledger tells of the whole installation, as Prometheus metrics. They name controllers, systems and nobody.

Every process that serves them tells the same, so a query takes their `max`, never their `sum`: see
deploy/prometheus. What is looked at is remembered for a while, and nothing is looked at while nobody asks.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from activities.clockface import local_day
from activities.ledger import Backlog, KeptRow, Ledger, PaceRow, PressingRow, StandingRow, TroubledSystem, Waiting
from activities.targets import targets
from habeas.errors import HabeasError
from habeas.model import Request, Stage
from habeas.watch import FindingKind, is_down

if TYPE_CHECKING:
    from habeas.policy import Policy

__all__ = ["AGES", "DAYS_LEFT", "Measured", "Measuring"]

log = structlog.get_logger(__name__)

P = TypeVar("P", bound=tuple[str, ...])

NOT_MEASURED = "ledger_not_measured"
"""The ledger could not be looked at for metrics."""
OFTEN = timedelta(minutes=1)
SELDOM = timedelta(minutes=15)
"""For what reads more than open requests."""
ANSWERED_IN = timedelta(days=90)
DAYS_LEFT = ("over", "week", "fortnight", "month", "later", "no_term")
AGES = ("week", "fortnight", "month", "quarter", "older")
ZONE = "UTC"
"""Controllers have their own zones: at a border of days a count may be one day early or late."""


class Measured(NamedTuple):
    """One look at what changes fast."""

    open: tuple[StandingRow, ...]
    pressing: tuple[PressingRow, ...]
    backlog: Backlog
    waiting: Waiting
    past_target: Mapping[str, int]
    troubled: tuple[TroubledSystem, ...]
    waited_for: Mapping[str, int]
    found: Counter[str]
    beats: Mapping[str, datetime]


class Seldom(NamedTuple):
    """One look at what changes slowly."""

    pace: tuple[PaceRow, ...]
    kept: tuple[KeptRow, ...]


class Measuring(Collector):
    """Looks at a ledger, and tells what it saw.

    Args:
        ledger: everybody's.
        policies: of the controllers of whom it tells, also while they have no request.
        systems: the connected ones, also while nothing waits for them.
        now: the time.
    """

    def __init__(
        self,
        ledger: Ledger,
        policies: Mapping[str, Policy],
        systems: Iterable[str],
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._controllers = sorted(policies)
        self._systems = sorted(systems)
        self._now = now
        self._looking = asyncio.Lock()
        self._often: tuple[datetime, Measured] | None = None
        self._seldom: tuple[datetime, Seldom] | None = None

    async def look(self) -> None:
        """Look, unless it was done of late. A ledger that does not answer is told of as that, and nothing else is."""
        async with self._looking:
            now = self._now()
            try:
                if self._often is None or self._often[0] <= now - OFTEN:
                    self._often = None
                    self._often = now, await self._measured(now)
                if self._seldom is None or self._seldom[0] <= now - SELDOM:
                    self._seldom = None
                    self._seldom = now, await self._measured_seldom(now)
            except HabeasError as error:
                log.warning(NOT_MEASURED, error=error.code)

    async def _measured(self, now: datetime) -> Measured:
        async with self._ledger.begin() as tx:
            return Measured(
                open=await tx.open_now(ZONE, now),
                pressing=await tx.pressing(),
                backlog=await tx.backlog(now),
                waiting=await tx.waiting(now),
                past_target=self._past_target(await tx.undated(), now),
                troubled=await tx.troubled(),
                waited_for=await tx.waited_for(),
                found=Counter(one.kind.value for one in await tx.findings()),
                beats=await tx.beats(),
            )

    def _past_target(self, undated: tuple[Request, ...], now: datetime) -> Mapping[str, int]:
        """By controller, how many of these are open after the day at which staff aimed."""
        known = {one.id: one for one in undated}
        aims = targets(undated, self._policies, now)
        return Counter(
            known[name].controller
            for name, day in aims.items()
            if day < local_day(self._policies[known[name].controller], now)
        )

    async def _measured_seldom(self, now: datetime) -> Seldom:
        async with self._ledger.begin() as tx:
            return Seldom(await tx.pace(ZONE, now - ANSWERED_IN), await tx.kept(now))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What was seen."""
        yield _gauge("ledger_up", "1 while the ledger could be looked at", {(): self._often is not None})
        if self._often is not None:
            seen = self._often[1]
            yield from _requests(seen, self._controllers)
            yield from _systems(seen, self._systems)
            yield from _backlog(seen.backlog, seen.waiting)
            yield from _watch(seen)
        if self._often is not None and self._seldom is not None:
            yield from _answered(self._seldom[1].pace, self._controllers)
            yield from _kept(self._seldom[1].kept)


def _requests(seen: Measured, controllers: Iterable[str]) -> Iterator[GaugeMetricFamily]:
    every = sorted({*controllers, *(row.controller for row in seen.open)})
    stages = [stage.value for stage in Stage if stage is not Stage.CLOSED]
    for name, help_text, label, values in (
        ("requests_open", "Open requests by where they stand", "stage", stages),
        ("requests_open_by_days_left", "Open requests by the days left until their term", "left", DAYS_LEFT),
        ("requests_open_by_age", "Open requests by the days since they were received", "age", AGES),
    ):
        counts = {(one, value): 0 for one in every for value in values}
        for row in seen.open:
            told = {"stage": row.stage.value, "left": row.due, "age": row.age}[label]
            counts[row.controller, told] = counts.get((row.controller, told), 0) + row.requests
        yield _gauge(name, help_text, counts, "controller", label)
    overdue = {(one,): 0 for one in every} | {(row.controller,): row.overdue for row in seen.pressing}
    ambiguous = {(one,): 0 for one in every} | {(row.controller,): row.ambiguous for row in seen.pressing}
    yield _gauge("requests_overdue", "Open requests whose term ran out", overdue, "controller")
    past = {(one,): seen.past_target.get(one, 0) for one in every}
    help_text = "Open requests without a term that are past the day at which staff aimed"
    yield _gauge("requests_past_target", help_text, past, "controller")
    help_text = "Open requests in which a human is to say whose the records are"
    yield _gauge("requests_ambiguous", help_text, ambiguous, "controller")


def _systems(seen: Measured, systems: Iterable[str]) -> Iterator[GaugeMetricFamily]:
    down = {row.system for row in seen.troubled if is_down(row.code)}
    every = sorted({*systems, *down})
    up = {(one,): one not in down for one in every}
    yield _gauge("system_up", "0 while requests wait for a system that does not serve", up, "system")
    waited = {(one,): seen.waited_for.get(one, 0) for one in sorted({*systems, *seen.waited_for})}
    yield _gauge("requests_waiting", "Open requests that wait for a system", waited, "system")
    since: dict[tuple[str, ...], float] = {}
    for row in seen.troubled:
        place = (row.system, row.code.partition(":")[0])
        since[place] = min(since.get(place, row.since.timestamp()), row.since.timestamp())
    name = "system_waited_for_since_timestamp_seconds"
    yield _gauge(name, "Since when the longest wait for a system goes on, by its cause", since, "system", "code")


def _backlog(backlog: Backlog, waiting: Waiting) -> Iterator[GaugeMetricFamily]:
    yield _gauge("requests_unstarted", "Requests whose workflow was not started", {(): backlog.unstarted})
    yield _since("requests_unstarted", "Since when the oldest of them waits", backlog.unstarted_since)
    yield _gauge("letters_waiting", "Letters that no mail server has taken", {(): backlog.letters})
    yield _since("letters_waiting", "Since when the oldest of them waits", backlog.letters_since)
    yield _gauge("evidence_unanchored", "Requests with evidence that no anchor covers", {(): backlog.unanchored})
    yield _since("evidence_unanchored", "When the oldest of that evidence was written", backlog.unanchored_since)
    yield _gauge("events_untold", "Requests whose evidence has no place in the line of events", {(): backlog.events})
    yield _since("events_untold", "When the oldest of that evidence was written", waiting.untold_since)
    yield _gauge("webhook_deliveries_due", "Events that webhooks were due to get", {(): backlog.deliveries})
    yield _since("webhook_deliveries_due", "Since when the oldest of them is due", backlog.deliveries_since)
    tasks = {("in_time",): waiting.tasks - waiting.tasks_overdue, ("overdue",): waiting.tasks_overdue}
    yield _gauge("tasks_open", "Tasks by hand that are open", tasks, "due")


def _watch(seen: Measured) -> Iterator[GaugeMetricFamily]:
    found = {(kind.value,): seen.found[kind.value] for kind in FindingKind}
    yield _gauge("watch_findings", "What the watchdog finds wrong now", found, "kind")
    for name, beat, help_text in (
        ("watch_last_round", "watched", "When the watchdog last looked at everything"),
        ("worker_seen", "worker", "When a worker of the engine last said that it lives"),
    ):
        at = seen.beats.get(beat)
        yield _gauge(f"{name}_timestamp_seconds", help_text, {} if at is None else {(): at.timestamp()})


def _answered(pace: Iterable[PaceRow], controllers: Iterable[str]) -> Iterator[GaugeMetricFamily]:
    counts = {(one, how): 0 for one in controllers for how in ("in_time", "late", "no_term")}
    for row in pace:
        if row.right is None and row.month is None:
            no_term = row.answered - row.in_time - row.late
            told = (("in_time", row.in_time), ("late", row.late), ("no_term", no_term))
            counts.update({(row.controller, how): number for how, number in told})
    yield _gauge(
        "requests_answered_90d", "Requests answered within 90 days, by whether in time", counts, "controller", "how"
    )


def _kept(kept: Iterable[KeptRow]) -> Iterator[GaugeMetricFamily]:
    rows = tuple(kept)
    objects = {(row.system,): row.objects for row in rows}
    past = {(row.system,): row.past for row in rows}
    yield _gauge("objects_retained", "Objects that erasures keep until a day", objects, "system")
    yield _gauge("objects_retained_too_long", "Those of them whose day is over", past, "system")


def _since(name: str, help_text: str, at: datetime | None) -> GaugeMetricFamily:
    values: dict[tuple[()], float] = {} if at is None else {(): at.timestamp()}
    return _gauge(f"{name}_since_timestamp_seconds", help_text, values)


def _gauge(name: str, help_text: str, values: Mapping[P, float], *labels: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"habeas_{name}", help_text, labels=labels)
    for place, value in values.items():
        family.add_metric(place, float(value))
    return family
