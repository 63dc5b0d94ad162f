"""The sentences that explain a date: rule, article, days counted and skipped. To be read out on the phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from habeas.law.calendar import add_days
from habeas.law.case import Pause
from habeas.law.closed import closed_on, doubtful, has_estimates
from habeas.law.course import Course, Waited
from habeas.law.data import Extension, Roll, Span

__all__ = [
    "clock",
    "day",
    "doubts",
    "ended",
    "estimates",
    "extended",
    "length",
    "moved",
    "not_counted",
    "received",
    "set_aside",
    "skipped",
    "started",
    "told_until",
]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPRING = ("January", "February", "March", "April", "May", "June")
_MONTHS = (*_SPRING, "July", "August", "September", "October", "November", "December")
_WEEKEND = ("Saturday", "Sunday")
_NUMBERS = ("no", "one", "two", "three")


def day(value: date) -> str:
    """``Monday 4 January 2027``, the same on every machine."""
    return f"{_DAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]} {value.year}"


def length(span: Span | Extension) -> str:
    """``one month``, ``45 days``, ``10 working days``."""
    if span.months is not None:
        return "one month" if span.months == 1 else f"{_NUMBERS[min(span.months, 3)]} months"
    if isinstance(span, Span) and span.working_days is not None:
        return f"{span.working_days} working days"
    return f"{span.days} day{'' if span.days == 1 else 's'}"


def clock(tz: str) -> str:
    """``Copenhagen time`` of ``Europe/Copenhagen``."""
    town = tz.rpartition("/")[2].replace("_", " ")
    return town if town in ("UTC", "GMT") else f"{town} time"


def received(on: date, at: datetime, tz: str) -> str:
    """When it came in, and why that date."""
    line = f"Received on {day(on)}, {clock(tz)}"
    if at.date() != on:
        line += f" (the time stamp, written elsewhere, says {day(at.date())})"
    return f"{line}."


def started(course: Course, on: date) -> Iterator[str]:
    """Why the clock starts later than the day of receipt, if it does."""
    if course.start == on:
        return
    for each in course.waited:
        if each.rule.effect != "suspend":
            yield f"The clock starts on {day(course.start)}. {each.rule.text} ({_cites(each, '')})"


def _cites(each: Waited, country: str) -> str:
    local = each.rule.local.get(country)
    return f"{each.rule.cite}; {local}" if local else each.rule.cite


def ended(span: Span, course: Course) -> str:
    """Where the bare term ends."""
    ends = "ends" if span.months == 1 else "end"
    line = f"{length(span).capitalize()} from {day(course.start)}, that day not counted, {ends} on {day(course.bare)}"
    if span.months is not None and course.bare.day < course.start.day and not span.shift:
        line += f", for {_MONTHS[course.bare.month - 1]} has no day {course.start.day}"
    return f"{line} ({span.cite})."


def not_counted(course: Course, country: str) -> Iterator[str]:
    """The days that did not count."""
    for each in course.waited:
        if each.rule.effect == "suspend":
            between = f"From {day(each.pause.start)} to {day(each.pause.end)} we waited ({each.pause.reason.value})"
            count = f"{each.days} day{'' if each.days == 1 else 's'} not counted"
            yield f"{between}: {count}. {each.rule.text} ({_cites(each, country)})"
    if course.end != course.bare:
        yield f"That moves the end from {day(course.bare)} to {day(course.end)}."


def set_aside(course: Course) -> Iterator[str]:
    """The pauses that change nothing, and why."""
    for pause in course.ignored:
        yield f"{_pause(pause)} changes nothing: this clock does not wait for it."
    for pause in course.too_late:
        yield f"{_pause(pause)} changes nothing: the question came after the last day, {day(course.last)}."


def _pause(pause: Pause) -> str:
    return f"Waiting from {day(pause.start)} to {day(pause.end)} ({pause.reason.value})"


def moved(start: date, end: date, rule: Roll | None, place: str) -> Iterator[str]:
    """Over which closed days a last day moved."""
    if rule is None or start == end:
        return
    closed = closed_on(rule.calendar, place)
    days = [add_days(start, count) for count in range((end - start).days)]
    named = ", ".join(_named(each, closed(each) or "") for each in days)
    yield f"Closed: {named}. That moves it to {day(end)} ({rule.cite})."


def _named(value: date, why: str) -> str:
    return day(value) if why in _WEEKEND else f"{day(value)} ({why})"


def skipped(span: Span, start: date, end: date, place: str) -> Iterator[str]:
    """The holidays among working days; weekends go without saying."""
    if span.calendar is None:
        return
    closed = closed_on(span.calendar, place)
    reasons: dict[str, list[date]] = {}
    for count in range(1, (end - start).days):
        each = add_days(start, count)
        why = closed(each)
        if why and why not in _WEEKEND:
            reasons.setdefault(why, []).append(each)
    named = [f"{why} ({len(days)} days)" if days[1:] else _named(days[0], why) for why, days in reasons.items()]
    yield f"Not counted: {', '.join(['weekends', *named])}."


def estimates(start: date, end: date, calendar: str, place: str) -> Iterator[str]:
    """Holidays near a date whose own date is only estimated yet."""
    closed = closed_on(calendar, place)
    for count in range((end - start).days + 1):
        each = add_days(start, count)
        why = closed(each)
        if why and has_estimates(why):
            yield f"the date of a holiday: {why}, {day(each)}"


def doubts(start: date, end: date, rule: Roll, place: str) -> Iterator[str]:
    """Skipped days that may be no public holidays; the first of them would be the last day then."""
    days = (add_days(start, count) for count in range((end - start).days))
    found = [(each, why) for each in days if (why := doubtful(rule.calendar, place, each))]
    if found:
        named = " or ".join(_named(*each) for each in found)
        yield f"whether {named} counts as a public holiday; if not, the last day is {day(found[0][0])}"


def extended(extension: Extension, course: Course | None) -> str:
    """What an extension that was invoked does."""
    if course is None:
        return f"Extended without a number of days. {extension.text} ({extension.cite})"
    whole = f"{length(extension)} from {day(course.start)}"
    if extension.start == "due":
        whole = f"{length(extension)} after the first term"
    line = f"Extended: {whole}, until {day(course.bare)}"
    if course.end != course.bare:
        count = (course.end - course.bare).days
        line += f", and {count} day{'' if count == 1 else 's'} more for the waiting, until {day(course.end)}"
    return f"{line} ({extension.cite})."


def told_until(named: date) -> str:
    """The day of the answer that the notice of an extension named."""
    return f"The notice named {day(named)} as the last day for the answer, and that day counts."
