"""A year of a regime as one page: a strip of how long each request has, and a calendar of when each is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from habeas.law import files
from habeas.law.places import place_named
from habeas.law.words import day
from habeas.law.year import ClockYear, Day, Year

__all__ = ["Bar", "draw", "strip"]

_RIGHTS: Mapping[str, str] = {
    "withdraw_consent": "withdrawal of consent",
    "opt_out_sale": "opt-out of sale",
    "limit_sensitive": "limit of the use of sensitive data",
}
_BAR, _HEIGHT = 3, 120
_SPRING = ("January", "February", "March", "April", "May", "June")
_NAMES = (*_SPRING, "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True)
class Bar:
    """One day of the strip, in the units of its drawing (origin above left)."""

    x: int
    top: float
    base: float
    moved: float
    sentence: str


def strip(clock: ClockYear) -> tuple[Bar, ...]:
    """Bars whose height is how many days a request of that day has; ``moved`` is the part closed days add."""
    unit = _HEIGHT / max(clock.counts[1], 1)
    return tuple(_bar(index, each, unit) for index, each in enumerate(clock.days) if each.due)


def _bar(index: int, each: Day, unit: float) -> Bar:
    whole, moved = round(each.count * unit, 1), round(each.moved * unit, 1)
    return Bar(index * _BAR, round(_HEIGHT - whole, 1), round(whole - moved, 1), moved, each.sentence)


def _short(value: date | None) -> str:
    return f"{value.day} {_NAMES[value.month - 1][:3]}" if value else ""


def _shade(each: Day) -> str:
    """The class of a calendar cell: how far the end moved, and whether the day itself is closed."""
    far = "none" if not each.due else f"m{min(each.moved, 4)}"
    return f"{far} closed" if each.closed else far


def draw(year: Year) -> str:
    """The page: HTML with its styles and drawings inside, nothing loaded from elsewhere, light and dark."""
    from jinja2 import Environment, StrictUndefined  # only who draws needs it

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"day": day, "short": _short, "shade": _shade, "strip": strip, "named": place_named}
    environment.filters["right"] = lambda right: _RIGHTS.get(right, right)
    template = environment.from_string(files.text("year.html"))
    width = max((len(clock.days) for clock in year.clocks), default=0) * _BAR
    return template.render(year=year, months=_NAMES, width=width, height=_HEIGHT, bar=_BAR)
