"""The calendar a second time: written from the text of the rules alone, by somebody who had not read the engine.

Plain dates and the `holidays` library; no import of `habeas`. A number that the rules leave out is `None`; where they
name one "as policy", for a law that has none, it is `policy`. A right that a regime does not know is `UNKNOWN`.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

Bad = Callable[[date], bool]
DATA_RIGHTS = ("access", "portability", "erasure", "rectification", "restriction", "objection")


@dataclass(frozen=True)
class Row:
    """One request, as a line of the table: codes, moments with their offset, whole dates of one pause."""

    regime: str
    place: str
    right: str
    received_at: str
    zone: str
    extended: bool = False
    paused: tuple[date, date] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Dates:
    """The four dates, each `None` where the law sets none; and the one of a policy where the law has no number."""

    ack: date | None = None
    due: date | None = None
    extended: date | None = None
    notice: date | None = None
    policy: date | None = None


UNKNOWN = Dates()


def add_months(day: date, months: int) -> date:
    """The same day number, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def days(day: date, number: int) -> date:
    """Calendar days later."""
    return day + timedelta(days=number)


def roll(day: date, bad: Bad) -> date:
    """The first day from `day` on that is not bad."""
    while bad(day):
        day = days(day, 1)
    return day


def add_wd(day: date, number: int, bad: Bad) -> date:
    """The n-th day after `day` that is not bad."""
    while number:
        day = days(day, 1)
        number -= not bad(day)
    return day


@cache
def public(country: str, part: str = "") -> holidays.HolidayBase:
    """The public holidays of one place."""
    return holidays.country_holidays(country, subdiv=part or None)


def weekend(day: date) -> bool:
    """Saturday or Sunday."""
    return day.weekday() >= 5


def bad_eu(place: str) -> Bad:
    """Weekends and the public holidays of the place."""
    country, _, part = place.partition("-")
    part = {"67": "6AE", "68": "6AE", "75": ""}.get(part, part) if country == "FR" else part
    return lambda day: weekend(day) or day in public(country, part)


def bad_sunday(country: str) -> Bad:
    """Sundays and public holidays: Singapore and South Africa."""
    return lambda day: day.weekday() == 6 or day in public(country)


def bad_us(day: date) -> bool:
    """No business day: weekends and the federal holidays as observed."""
    return weekend(day) or day in public("US")


@cache
def easter(year: int) -> date:
    """Gregorian Easter Sunday, after Gauss as Meeus gives it."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def nth(year: int, month: int, weekday: int, number: int) -> date:
    """The n-th such weekday of a month."""
    first = date(year, month, 1)
    return days(first, (weekday - first.weekday()) % 7 + 7 * (number - 1))


def bad_canada(quebec: bool) -> Bad:
    """Sundays and the list of the Interpretation Act, federal (s.35) or of Québec (I-16 s.61(23)); never Saturday."""

    def bad(day: date) -> bool:
        y = day.year
        feasts = {days(easter(y), -2), days(easter(y), 1), nth(y, 9, 0, 1), nth(y, 10, 0, 2)}
        victoria = max(date(y, 5, n) for n in range(18, 25) if date(y, 5, n).weekday() == 0)
        feasts |= {victoria, date(y, 1, 1), date(y, 12, 25)}
        feasts.add(date(y, 7, 2) if date(y, 7, 1).weekday() == 6 else date(y, 7, 1))
        feasts |= {date(y, 6, 24)} if quebec else {date(y, 9, 30), date(y, 11, 11)}
        return day.weekday() == 6 or day in feasts

    return bad


def bad_nz(day: date) -> bool:
    """Not a working day of the Privacy Act 2020 s.7."""
    y = day.year
    if weekend(day) or (day.month, day.day) >= (12, 25) or (day.month == 1 and day.day <= 15):
        return True
    feasts = {days(easter(y), -2), days(easter(y), 1), nth(y, 6, 0, 1), nth(y, 10, 0, 4)}
    feasts |= {roll(date(y, 2, 6), weekend), roll(date(y, 4, 25), weekend)}
    return day in feasts or "Matariki" in public("NZ").get(day, "")


def bad_china(day: date) -> bool:
    """Weekends that are not worked, holidays and days off in lieu."""
    return not public("CN").is_working_day(day)


def eu(row: Row, start: date) -> Dates:
    """Section 2.1."""
    if row.right not in (*DATA_RIGHTS, "withdraw_consent"):
        return UNKNOWN
    pause = 0
    counts = row.reason == "identity" or (row.reason == "clarification" and row.right == "access")
    if row.paused and counts:
        pause = (row.paused[1] - row.paused[0]).days
    bad = bad_eu(row.place)
    due = roll(days(add_months(start, 1), pause), bad)
    return Dates(None, due, roll(days(add_months(start, 3), pause), bad), due)


def uk(row: Row, start: date) -> Dates:
    """Section 2.2."""
    bad = bad_eu(row.place)
    if row.right == "complaint":
        return Dates(ack=roll(days(start, 30), bad))
    if row.right not in (*DATA_RIGHTS, "withdraw_consent"):
        return UNKNOWN
    pause = 0
    if row.paused and row.reason in ("identity", "fee"):
        start = max(start, row.paused[1])
    if row.paused and row.reason == "clarification" and row.right == "access":
        pause = (row.paused[1] - row.paused[0]).days + 1
    due = roll(days(add_months(start, 1), pause), bad)
    return Dates(None, due, roll(days(add_months(start, 3), pause), bad), due)


def swiss(row: Row, start: date) -> Dates:
    """Section 2.3: the ten days to confirm the cost share run from the day it was asked."""
    if row.right in ("rectification", "erasure", "restriction", "objection"):
        return Dates(policy=days(start, 30))
    if row.right not in ("access", "portability"):
        return UNKNOWN
    if row.paused and row.reason == "fee":
        start = days(row.paused[0], 10)
    due = days(start, 30)
    return Dates(None, due, None, due)


def california(row: Row, start: date) -> Dates:
    """Section 2.4. An objection is the opt-out from automated decisions, from 2027."""
    if row.right in ("opt_out_sale", "limit_sensitive", "objection"):
        return Dates(due=add_wd(start, 15, bad_us))
    if row.right not in ("access", "portability", "erasure", "rectification"):
        return UNKNOWN
    return Dates(add_wd(start, 10, bad_us), days(start, 45), days(start, 90), days(start, 45))


CONSENT = {"CT": 15, "DE": 15, "MN": 15, "NH": 15, "NJ": 15, "OR": 15, "RI": 15, "MD": 30, "MT": 45}
UNREAD = ("AL", "LA", "OK", "VT")


def state(row: Row, start: date) -> Dates:
    """Sections 2.5 and 4. Opt-outs, profiling's among them, have the base term as their outer limit."""
    code = row.place.removeprefix("US-")
    if row.right == "appeal":
        if code in ("UT", *UNREAD):
            return UNKNOWN
        short = code in ("CO", "MN", "NJ", "OR")
        due = days(start, 45 if short else 60)
        more = code in ("CO", "MN")
        return Dates(None, due, days(due, 60) if more else None, due if more else None)
    if row.right == "withdraw_consent":
        return Dates(due=days(start, CONSENT[code])) if code in CONSENT else UNKNOWN
    due = days(start, 90 if code == "IA" else 45)
    missing = ("rectification", "objection") if code == "IA" else ()
    if row.right in ("opt_out_sale", "objection") and row.right not in missing:
        return Dates(due=due)
    if row.right not in ("access", "portability", "erasure", "rectification") or row.right in missing:
        return UNKNOWN
    return Dates(None, due, days(due, 15 if code == "FL" else 45), due)


def canada(row: Row, start: date) -> Dates:
    """Section 2.6."""
    if row.right in ("withdraw_consent", "complaint"):
        return Dates(policy=days(start, 30))
    if row.right not in ("access", "rectification", "erasure"):
        return UNKNOWN
    bad = bad_canada(quebec=False)
    due = roll(days(start, 30), bad)
    return Dates(None, due, roll(days(start, 60), bad), due)


def quebec(row: Row, start: date) -> Dates:
    """Section 2.7. An objection is the demand to stop dissemination or to de-index."""
    if row.right == "withdraw_consent":
        return Dates(policy=days(start, 30))
    if row.right not in ("access", "portability", "rectification", "erasure", "objection"):
        return UNKNOWN
    return Dates(due=roll(days(start, 30), bad_canada(quebec=True)))


def south_africa(row: Row, start: date) -> Dates:
    """Section 2.11: the extension belongs to access alone."""
    if row.right == "objection":
        return Dates(policy=days(start, 30))
    if row.right not in ("access", "rectification", "erasure"):
        return UNKNOWN
    if row.right == "access" and row.paused and row.reason == "particulars":
        start = max(start, row.paused[1])
    bad = bad_sunday("ZA")
    due = roll(days(start, 30), bad)
    return Dates(None, due, roll(days(start, 60), bad), due) if row.right == "access" else Dates(due=due)


def singapore(row: Row, start: date) -> Dates:
    """Section 2.12."""
    if row.right == "withdraw_consent":
        return Dates(policy=add_wd(start, 10, bad_eu("SG")))
    if row.right not in ("access", "rectification"):
        return UNKNOWN
    due = roll(days(start, 30), bad_sunday("SG"))
    return Dates(None, due, None, due)


def brazil(row: Row, start: date) -> Dates:
    """Section 2.8: fifteen days for access; for the rest they are a policy's."""
    if row.right == "access":
        return Dates(due=days(start, 15))
    return Dates(policy=days(start, 15)) if row.right in (*DATA_RIGHTS, "withdraw_consent") else UNKNOWN


def plain(rights: str, number: int, notice: bool = False) -> Callable[[Row, date], Dates]:
    """A number of calendar days, no roll, for some rights."""

    def read(row: Row, start: date) -> Dates:
        due = days(start, number)
        return Dates(None, due, None, due if notice else None) if row.right in rights.split() else UNKNOWN

    return read


def japan(row: Row, start: date) -> Dates:
    """Section 2.13: no number; fourteen days as policy."""
    known = ("access", "rectification", "erasure", "restriction")
    return Dates(policy=days(start, 14)) if row.right in known else UNKNOWN


def new_zealand(row: Row, start: date) -> Dates:
    """Section 2.16."""
    due = add_wd(start, 20, bad_nz)
    return Dates(None, due, None, due) if row.right in ("access", "rectification") else UNKNOWN


def china(row: Row, start: date) -> Dates:
    """Section 2.15: no number; fifteen working days as policy."""
    known = row.right in (*DATA_RIGHTS, "withdraw_consent")
    return Dates(policy=add_wd(start, 15, bad_china)) if known else UNKNOWN


READ: dict[str, Callable[[Row, date], Dates]] = {
    "EU-GDPR": eu,
    "EEA-GDPR": eu,
    "UK-GDPR": uk,
    "CH-FADP": swiss,
    "US-CCPA": california,
    "US-STATE": state,
    "CA-PIPEDA": canada,
    "CA-QC-25": quebec,
    "BR-LGPD": brazil,
    "AU-APP": plain("access rectification", 30),
    "IN-DPDP": plain("access rectification erasure grievance", 90),
    "ZA-PAIA": south_africa,
    "SG-PDPA": singapore,
    "JP-APPI": japan,
    "KR-PIPA": plain("access portability rectification erasure restriction withdraw_consent", 10, notice=True),
    "CN-PIPL": china,
    "NZ-PRIVACY": new_zealand,
}


def read(row: Row) -> Dates:
    """The dates of one row, the extension's only where it was invoked."""
    moment = datetime.fromisoformat(row.received_at)
    start = (moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(row.zone))).date()
    dates = READ[row.regime](row, start)
    return dates if row.extended else replace(dates, extended=None)
