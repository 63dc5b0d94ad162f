"""One year of a regime, day by day: for every day of receipt, when the answer is due. Pure; pages are made of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time

from habeas.errors import BadInput
from habeas.law.calendar import add_days
from habeas.law.case import LAST_YEAR, Case, Deadlines
from habeas.law.closed import calendar_named, closed_in, closed_on
from habeas.law.compute import compute
from habeas.law.data import Clock, Figure, NoNumber, PauseRule, Regime, Span
from habeas.law.duties import OfRights
from habeas.law.library import regime
from habeas.law.places import default_clock_tz, parse_place, zone
from habeas.law.words import day as written
from habeas.law.words import length
from habeas.model import Right

__all__ = ["ClockYear", "Day", "Fact", "Year", "year_of"]


@dataclass(frozen=True)
class Fact:
    """One figure of a clock, for people."""

    name: str
    text: str
    cite: str
    mark: str

    @property
    def uncertain(self) -> bool:
        """Whether counsel should confirm it."""
        return "?" in self.mark


@dataclass(frozen=True)
class Day:
    """One day of receipt. ``dates`` is empty where the clock gives none (not in force, or no number)."""

    day: date
    closed: str | None
    dates: Deadlines | None

    @property
    def due(self) -> date | None:
        """The last day of the law."""
        return self.dates.due_on if self.dates else None

    @property
    def count(self) -> int:
        """Calendar days from receipt to the last day."""
        return (self.due - self.day).days if self.due else 0

    @property
    def moved(self) -> int:
        """By how many days closed days moved the end."""
        return self.dates.moved if self.dates else 0

    @property
    def sentence(self) -> str:
        """What a person hovering over the day reads."""
        if self.dates is None or self.due is None:
            return f"Received {written(self.day)}: no date."
        said = [f"Received {written(self.day)}: due {written(self.due)}, {self.count} days."]
        if self.dates.acknowledge_by:
            said.append(f"Acknowledge by {written(self.dates.acknowledge_by)}.")
        if self.dates.extended_due_on:
            said.append(f"Extended: {written(self.dates.extended_due_on)}.")
        return " ".join([*said, *(line for line in self.dates.explanation if line.startswith("Closed:"))])


@dataclass(frozen=True)
class ClockYear:
    """One clock through one year."""

    clock: Clock
    right: Right
    facts: tuple[Fact, ...]
    days: tuple[Day, ...] = ()
    holidays: tuple[tuple[date, str], ...] = field(default=())

    @property
    def given(self) -> bool:
        """Whether a request of any day of the year has a date."""
        return any(day.due for day in self.days)

    @property
    def only_acknowledged(self) -> bool:
        """Whether closed days matter to the acknowledgement and to nothing else."""
        clock = self.clock
        return not clock.roll and not (isinstance(clock.term, Span) and clock.term.calendar) and bool(self.holidays)

    @property
    def months(self) -> tuple[tuple[Day, ...], ...]:
        """The days, month by month."""
        return tuple(tuple(day for day in self.days if day.day.month == month) for month in range(1, 13))

    @property
    def counts(self) -> tuple[int, int]:
        """The fewest and the most days that a request has."""
        counts = [day.count for day in self.days if day.due]
        return (min(counts), max(counts)) if counts else (0, 0)


@dataclass(frozen=True)
class Year:
    """One regime at one place through one year."""

    law: Regime
    place: str
    year: int
    tz: str
    clocks: tuple[ClockYear, ...]
    beside: tuple[Fact, ...] = ()
    """What the law says beside its dates: fees, who is told, proof, remedies, records."""


def year_of(code: str, jurisdiction: str, year: int, right: Right | None = None) -> Year:
    """Every day of receipt in a year, for each clock of a regime (or only the one of a right).

    Raises:
        UnknownRegime: no such regime, or not the law of that place.
        BadInput: the year is out of reach, or the regime gives no such right.
    """
    law, place = regime(code, jurisdiction), parse_place(jurisdiction)
    if not law.in_force.year <= year < LAST_YEAR:
        raise BadInput(
            f"The year must lie between {law.in_force.year}, when {code} came into force, and {LAST_YEAR}.",
            field="year",
        )
    clocks = [clock for clock in law.clocks if right is None or right in clock.rights]
    if not clocks:
        raise BadInput(f"{code} gives no {right}; it gives {', '.join(sorted(law.rights))}.", field="right")
    tz = default_clock_tz(place)
    drawn = tuple(_clock_year(law, clock, right or clock.rights[0], place, tz, year) for clock in clocks)
    return Year(law, place, year, tz, drawn, tuple(_beside(law, right)))


def _clock_year(law: Regime, clock: Clock, right: Right, place: str, tz: str, year: int) -> ClockYear:
    calendar = _calendar(clock)
    facts = tuple(_facts(clock))
    if isinstance(clock.term, NoNumber):
        return ClockYear(clock, right, facts)
    holidays = sorted(closed_in(calendar, place, year).items()) if calendar else []
    days = tuple(_day(law, clock, right, place, tz, add_days(date(year, 1, 1), n)) for n in range(_length(year)))
    return ClockYear(clock, right, facts, days, tuple((each, why) for each, why in holidays if why))


def _length(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days


def _calendar(clock: Clock) -> str | None:
    if clock.roll:
        return clock.roll.calendar
    for span in (clock.term, clock.acknowledge):
        if isinstance(span, Span) and span.calendar:
            return span.calendar
    return None


def _day(law: Regime, clock: Clock, right: Right, place: str, tz: str, on: date) -> Day:
    calendar = _calendar(clock)
    closed = closed_on(calendar, place)(on) if calendar else None
    if on < max(law.in_force, clock.since or law.in_force):
        return Day(on, closed, None)
    noon = datetime.combine(on, time(12), tzinfo=zone(tz))
    case = Case(regime=law.code, jurisdiction=place, right=right, received_at=noon, extended=True, clock_tz=tz)
    return Day(on, closed, compute(case))


def _fact(name: str, text: str, figure: Figure) -> Fact:
    return Fact(name, text, figure.cite, figure.mark)


def _facts(clock: Clock) -> Iterator[Fact]:
    term = clock.term
    yield _fact("Answer", term.text if isinstance(term, NoNumber) else f"within {length(term)}", term)
    if clock.start:
        yield _fact("Start", clock.start.text, clock.start)
    if clock.acknowledge:
        yield _fact("Acknowledge", f"within {length(clock.acknowledge)}", clock.acknowledge)
    if clock.roll:
        yield _fact("Last day closed", "the next open day", clock.roll)
    if calendar := _calendar(clock):
        yield _fact("Closed days", calendar_named(calendar).text, calendar_named(calendar))
    if clock.extension:
        yield _fact("Extension", _extension(clock), clock.extension)
    for pause in clock.pauses:
        yield _fact(f"Waiting for {pause.reason.value}", _pause(pause), pause)
    if clock.suggest:
        yield _fact("A policy may take", length(clock.suggest), clock.suggest)
    for remark in clock.remarks:
        yield _fact("Note", remark.text, remark)


def _beside(law: Regime, right: Right | None) -> Iterator[Fact]:
    tables: tuple[tuple[str, tuple[OfRights, ...]], ...] = (
        ("Fee", law.fees),
        ("Free requests", (law.free,) if law.free else ()),
        ("Proof of identity", law.verification),
        ("Who else is told", law.recipients),
        ("Never given out", law.undisclosed),
        ("If it is denied", law.denials),
        ("Kept after a refusal", (law.hold,) if law.hold else ()),
        ("If you disagree", law.remedies),
        ("Records", law.records),
    )
    for name, rules in tables:
        for rule in rules if right is None else _first(rules, right):
            yield _fact(name, rule.text + _only(rule.rights), rule)
    for each in law.rules:
        yield _fact(each.item.replace("_", " ").capitalize(), each.text, each)
    for code, option in law.options.items():
        yield _fact(f"Another reading: {code}", option.text, option)


def _first(rules: tuple[OfRights, ...], right: Right) -> Iterator[OfRights]:
    """The rule for one right: the first that covers it; one for marketing alone does not hide the next."""
    for rule in rules:
        if rule.covers(right):
            yield rule
            if not getattr(rule, "marketing", False):
                return


def _only(rights: tuple[Right, ...]) -> str:
    return f" For {', '.join(rights).replace('_', ' ')}." if rights else ""


def _extension(clock: Clock) -> str:
    rule = clock.extension
    if rule is None or rule.open_ended:
        return rule.text if rule else ""
    grounds = ", ".join(ground.replace("_", " ") for ground in rule.grounds)
    whole = f"{length(rule)} more" if rule.start == "due" else f"{length(rule)} in all"
    return f"{whole}, for {grounds}. {rule.text}".strip()


def _pause(rule: PauseRule) -> str:
    return rule.text + _only(rule.rights)
