"""Which days are closed: the calendars of ``calendars.toml``, filled from the ``holidays`` library where they say so.

The library is imported when the first calendar is asked for, and each year of each place is read once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, partial
from typing import Literal, Self

from pydantic import Field, model_validator

from habeas.law import files
from habeas.law.calendar import Closed, add_days, easter
from habeas.law.data import Figure
from habeas.law.places import country_of, holiday_place
from habeas.model import Frozen

__all__ = ["ClosedDays", "calendar_named", "calendars", "closed_in", "closed_on", "doubtful", "has_estimates"]

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class ListedDay(Frozen):
    """A day that a law lists by rule: a date, a distance from Easter, the n-th weekday from (or up to) a date."""

    name: str
    month: int | None = None
    day: int | None = None
    to_month: int | None = None
    to_day: int | None = None
    easter: int | None = None
    weekday: Weekday | None = None
    nth: int | None = None
    if_sunday: int = 0
    """Days to move by when the date is a Sunday (which is closed anyway)."""

    @model_validator(mode="after")
    def _one_rule(self) -> Self:
        if (self.easter is None) == (self.month is None or self.day is None):
            raise ValueError(f"{self.name}: either month and day, or a distance from Easter")
        if (self.weekday is None) != (self.nth is None):
            raise ValueError(f"{self.name}: a weekday goes with nth")
        return self

    def days(self, year: int) -> Iterator[date]:
        """The days of one year that the rule names."""
        if self.easter is not None:
            yield add_days(easter(year), self.easter)
            return
        first = date(year, self.month or 1, self.day or 1)
        if self.to_month and self.to_day:
            yield from self._across_new_year(first, date(year, self.to_month, self.to_day))
        elif self.weekday and self.nth:
            yield self._nth(first, _WEEKDAYS.index(self.weekday), self.nth)
        else:
            yield add_days(first, self.if_sunday) if first.weekday() == 6 else first

    def _across_new_year(self, start: date, end: date) -> Iterator[date]:
        for month in (1, start.month):
            day = date(start.year, month, 1 if month == 1 else start.day)
            last = end if month == 1 else date(start.year, 12, 31)
            while day <= last:
                yield day
                day = add_days(day, 1)

    @staticmethod
    def _nth(base: date, weekday: int, nth: int) -> date:
        if nth > 0:
            return add_days(base, (weekday - base.weekday()) % 7 + 7 * (nth - 1))
        return add_days(base, -((base.weekday() - weekday) % 7) + 7 * (nth + 1))


class ClosedDays(Figure):
    """One calendar of ``calendars.toml``."""

    text: str
    weekdays: tuple[Weekday, ...] = Field(min_length=1)
    holidays: str | None = None
    """``place``: the public holidays of where the request is answered; else the country whose they are."""
    open_in_lieu: bool = False
    doubtful: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    """By country: how the names begin of days off that may be no public holidays."""
    days: tuple[ListedDay, ...] = ()


@cache
def calendars() -> Mapping[str, ClosedDays]:
    """Every calendar by its name."""
    raw = files.toml("calendars.toml")
    whole = {name: {**raw.get(table.pop("like", ""), {}), **table} for name, table in raw.items()}
    return {name: ClosedDays.model_validate(table) for name, table in whole.items()}


def calendar_named(name: str) -> ClosedDays:
    """One calendar. A name that is not there is a fault in the data (KeyError), which the tests rule out."""
    return calendars()[name]


@cache
def _public_holidays(place: str, year: int) -> tuple[Mapping[date, str], frozenset[date]]:
    """The public holidays of a place as observed, and the weekend days worked in lieu."""
    import holidays  # read when needed: importing the law stays light

    country, _, part = holiday_place(place).partition("-")
    known = holidays.list_supported_countries(include_aliases=False).get(country, [])
    found = holidays.country_holidays(
        country,
        subdiv=part if part in known else None,
        years=year,
        expand=False,
        observed=True,
        language="en_US",
        categories=("public",),
    )
    days = {day: str(name) for day, name in found.items() if day.year == year}
    return days, frozenset(getattr(found, "weekend_workdays", ()))


@cache
def closed_in(name: str, place: str, year: int) -> Mapping[date, str]:
    """The closed days of a year that are not closed every week, with their names; in-lieu days have an empty name."""
    calendar = calendar_named(name)
    days = {day: listed.name for listed in calendar.days for day in listed.days(year)}
    if calendar.holidays is None:
        return days
    where = place if calendar.holidays == "place" else calendar.holidays
    public, in_lieu = _public_holidays(where, year)
    opened = dict.fromkeys(in_lieu, "") if calendar.open_in_lieu else {}
    return {**opened, **public, **days}


def _why(name: str, place: str, weekly: frozenset[int], day: date) -> str | None:
    special = closed_in(name, place, day.year).get(day)
    if special is not None:
        return special or None
    return _WEEKDAYS[day.weekday()].title() if day.weekday() in weekly else None


@cache
def closed_on(name: str, place: str) -> Closed:
    """Tells of any day why it is closed in a calendar at a place."""
    calendar = calendar_named(name)
    key = place if calendar.holidays == "place" else country_of(place)
    return partial(_why, name, key, frozenset(_WEEKDAYS.index(day) for day in calendar.weekdays))


def doubtful(name: str, place: str, day: date) -> str | None:
    """The name of a day that is closed for no other reason than a holiday, if it may be no public holiday."""
    calendar = calendar_named(name)
    why = closed_on(name, place)(day)
    begins = calendar.doubtful.get(country_of(place), ())
    weekly = _WEEKDAYS[day.weekday()] in calendar.weekdays
    return why if why and begins and not weekly and why.startswith(begins) else None


def has_estimates(why: str) -> bool:
    """Whether a closed day's date is only estimated so far (feasts that follow the moon)."""
    return "estimated" in why
