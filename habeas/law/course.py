"""How a clock runs: where it starts, what it waits for, on which day it ends. Knows no regime, only their data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from habeas.law.calendar import add_days, add_months, add_working_days, roll
from habeas.law.case import Pause
from habeas.law.closed import closed_on
from habeas.law.data import Clock, Extension, PauseRule, Roll, Span
from habeas.model import Right

__all__ = ["Course", "Waited", "measure", "measure_extended", "rolled", "run"]

Measure = Callable[[date], date]
Counted = tuple[Pause, PauseRule]


@dataclass(frozen=True)
class Waited:
    """A pause that counts, by its rule, and by how many days it moved the end (none: it moved the start)."""

    pause: Pause
    rule: PauseRule
    days: int


@dataclass(frozen=True)
class Course:
    """One term as it ran.

    ``bare`` is its end without the suspended days, ``end`` with them, ``last`` is moved off closed days.
    """

    start: date
    bare: date
    end: date
    last: date
    waited: tuple[Waited, ...] = ()
    ignored: tuple[Pause, ...] = ()
    too_late: tuple[Pause, ...] = ()


def measure(span: Span, place: str) -> Measure:
    """The end of a span as a function of its start."""

    def end(start: date) -> date:
        if span.months is not None:
            return add_days(add_months(start, span.months), span.shift)
        if span.working_days is not None:
            return add_working_days(start, span.working_days, closed_on(span.calendar or "", place))
        return add_days(start, (span.days or 0) + span.shift)

    return end


def measure_extended(extension: Extension, term: Span, place: str) -> Measure:
    """The end of an extended term: its whole length from the start, or added to the end of the first term."""
    first = measure(term, place)

    def end(start: date) -> date:
        if extension.months is not None:  # from the true start: 31 Jan + 3 months is 30 Apr, not 28 Apr
            return add_days(add_months(start, extension.months), term.shift)
        base = first(start) if extension.start == "due" else add_days(start, term.shift)
        return add_days(base, extension.days or 0)

    return end


def rolled(day: date, rule: Roll | None, place: str) -> date:
    """The day itself, or the next open one where a rule says so."""
    return roll(day, closed_on(rule.calendar, place)) if rule else day


def _start(received: date, counted: Iterable[Counted]) -> date:
    starts = [received]
    for pause, rule in counted:
        if rule.effect == "restart":
            starts.append(pause.end)
        elif rule.effect == "reflect":
            starts.append(add_days(pause.start, rule.days or 0))
    return max(starts)


def _suspended(start: date, counted: Iterable[Counted]) -> tuple[Waited, ...]:
    """The days that did not count. A day that falls into two pauses, or before the start, is not counted off twice."""
    waited: list[Waited] = []
    next_free = start
    for pause, rule in counted:
        days = 0
        if rule.effect == "suspend":
            first = max(pause.start if rule.inclusive else add_days(pause.start, 1), next_free)
            days = max(0, (pause.end - first).days + 1)
            next_free = max(next_free, add_days(pause.end, 1))
        waited.append(Waited(pause, rule, days))
    return tuple(waited)


def _course(clock: Clock, place: str, received: date, end_of: Measure, counted: list[Counted]) -> Course:
    start = _start(received, counted)
    waited = _suspended(start, counted)
    bare = end_of(start)
    end = add_days(bare, sum(each.days for each in waited))
    return Course(start, bare, end, rolled(end, clock.roll, place), waited)


def run(clock: Clock, right: Right, place: str, received: date, pauses: Iterable[Pause], end_of: Measure) -> Course:
    """The course of one term.

    Args:
        clock: the data of the term.
        right: which right runs on it; some pauses are for some rights only.
        place: whose holidays count.
        received: the day of receipt.
        pauses: all pauses; those the law does not know are set aside, and so is one asked after the last day,
            for a term that is over cannot be stopped.
        end_of: the end of the term as a function of its start.
    """
    counted: list[Counted] = []
    ignored: list[Pause] = []
    too_late: list[Pause] = []
    course = _course(clock, place, received, end_of, counted)
    for pause in sorted(pauses, key=lambda each: (each.start, each.end, each.reason)):
        rule = clock.pause(right, pause.reason)
        if rule is None:
            ignored.append(pause)
        elif pause.start > course.last:
            too_late.append(pause)
        else:
            counted.append((pause, rule))
            course = _course(clock, place, received, end_of, counted)
    return Course(course.start, course.bare, course.end, course.last, course.waited, tuple(ignored), tuple(too_late))
