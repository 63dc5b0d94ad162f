"""Places: which part belongs to which whole, whose date decides, who may be complained to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from habeas.errors import BadInput, UnknownRegime
from habeas.law import files
from habeas.law.data import Authority

__all__ = [
    "authorities_at",
    "country_of",
    "default_clock_tz",
    "holiday_place",
    "hours_apart",
    "is_country",
    "parse_place",
    "zone",
]

_NO_COUNTRIES = frozenset(["AC", "CP", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
"""Two letters that have a name, and are no country of ISO 3166-1."""
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    return files.toml("places.toml")


@cache
def _parts(country: str) -> frozenset[str]:
    return frozenset(_tables()["parts"].get(country, "").split())


def country_of(place: str) -> str:
    """``DE`` of ``DE-BY``."""
    return place.partition("-")[0]


def parse_place(text: str) -> str:
    """A jurisdiction in its one written form (ISO 3166-1 or 3166-2, upper case).

    Raises:
        UnknownRegime: not such a code, or a part that its federal country does not have.
    """
    place = text.strip().upper()
    if not _PLACE.fullmatch(place):
        raise UnknownRegime("A jurisdiction is a code such as DK, DE-BY or US-CO.", field="jurisdiction")
    country, _, part = place.partition("-")
    if part and _parts(country) and part not in _parts(country):
        raise UnknownRegime(f"{country} has no part {part}.", jurisdiction=place, field="jurisdiction")
    return place


def is_country(code: str) -> bool:
    """Whether there is a country of this code (ISO 3166-1, and Kosovo's XK)."""
    from babel import Locale

    return len(code) == 2 and code not in _NO_COUNTRIES and code in Locale("en").territories


def place_named(place: str) -> str:
    """A place as people read it: its country, and the code."""
    from babel import Locale

    return f"{Locale('en').territories.get(country_of(place), country_of(place))} ({place})"


def default_clock_tz(jurisdiction: str) -> str:
    """The zone whose date decides at a place, if the controller names none (IANA name).

    Raises:
        UnknownRegime: no law of ours applies at this place.
    """
    place = parse_place(jurisdiction)
    zones = _tables()["zones"]
    name = zones.get(place) or zones.get(country_of(place))
    if name is None:
        raise UnknownRegime(f"No time zone is known for {place}.", jurisdiction=place, field="jurisdiction")
    return name


def hours_apart(jurisdiction: str, tz: str) -> float | None:
    """How far a zone's clock is, at some time of a year, from the nearest one of a place; None: there it is unknown.

    A part of a country has its own zone where `places.toml` names it, else it may be any of the country's.

    Raises:
        BadInput: there is no such zone.
    """
    from babel.core import get_global

    place = parse_place(jurisdiction)
    country, zones = country_of(place), _tables()["zones"]
    own = [zones[place]] if place != country and place in zones else get_global("territory_zones").get(country, [])
    times = [datetime(2027, month, 1, tzinfo=UTC) for month in range(1, 13)]

    def apart(name: str) -> float:
        pairs = ((at.astimezone(zone(each)).utcoffset() or timedelta() for each in (name, tz)) for at in times)
        return max(abs((one - other) / timedelta(hours=1)) for one, other in pairs)

    return min(map(apart, own), default=None)


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name.

    Only what IANA lists is one: a machine's own names (``localtime``, ``posix/…``, ``right/…``) would have another
    date on another machine.

    Raises:
        BadInput: there is no such zone.
    """
    if name not in _zones():
        raise BadInput("clock_tz is not a time zone; write it like Europe/Copenhagen.", field="clock_tz")
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split()) - {"Factory"}  # which stands for none


def holiday_place(place: str) -> str:
    """The code under which the holidays of a place are kept."""
    return _tables()["holidays"].get(place, place)


@cache
def _authorities() -> Mapping[str, tuple[Authority, ...]]:
    table = files.toml("authorities.toml")
    return {place: tuple(Authority.model_validate(entry) for entry in entries) for place, entries in table.items()}


def authorities_at(regime: str, place: str) -> tuple[Authority, ...]:
    """Whom to complain to: the regime's own, else the place's, else the country's."""
    table = _authorities()
    return table.get(regime) or table.get(place) or table.get(country_of(place)) or ()
