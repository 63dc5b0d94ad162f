"""The arithmetic of terms: months, rolling, working days, Easter. Pure, and short enough for a lawyer to follow."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

__all__ = ["Closed", "add_days", "add_months", "add_working_days", "easter", "most_days", "roll"]

Closed = Callable[[date], str | None]
"""Why a day is closed (``Sunday``, ``Easter Monday``), or None if it is open."""

_LONGEST = 60
"""No calendar is closed for longer than this; a longer run is a fault in the data."""


def add_days(day: date, count: int) -> date:
    """The date so many calendar days later."""
    return day + timedelta(days=count)


def add_months(day: date, count: int) -> date:
    """The same day of the month so many months later, or that month's last day where it has no such day."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def most_days(months: int) -> int:
    """The days of so many months where they are the most: 24 months with a leap day are 731."""
    firsts = (date(year, month, 1) for year in range(2025, 2029) for month in range(1, 13))
    return max((add_months(first, months) - first).days for first in firsts)


def roll(day: date, closed: Closed) -> date:
    """The first day from this one on that is open."""
    for _ in range(_LONGEST):
        if closed(day) is None:
            return day
        day = add_days(day, 1)
    raise AssertionError("a calendar that is never open")


def add_working_days(day: date, count: int, closed: Closed) -> date:
    """The so-manyeth open day after this one. The day itself never counts, be it open or closed."""
    for _ in range(count):
        day = roll(add_days(day, 1), closed)
    return day


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm, after Meeus)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
