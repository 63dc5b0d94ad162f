"""Thousands of rows computed twice: by the engine and by an oracle that shares no code with it."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from habeas.law import compute, default_clock_tz, regimes
from habeas.law.table import REQUIRED, Table, read_case
from habeas.model import PauseReason, Right
from tests.law import oracle

COLUMNS = (*REQUIRED, "paused_from", "paused_to", "extended", "clock_tz", "pause_reason")
DATES = ("acknowledge_by", "due_on", "extended_due_on", "notice_latest_on")
ZONES = ("", "", "Europe/Copenhagen", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata", "UTC")
OFFSETS = ("", "Z", "+00:00", "+01:00", "-08:00", "+13:00", "+05:45")
EDGES = ((12, 24), (12, 31), (1, 1), (1, 31), (2, 28), (3, 31), (5, 31), (8, 31), (11, 30))
PARTS = {
    "EU-GDPR": ["DE-BY", "DE-BE", "DE-SN", "FR-67", "FR-57", "FR-75", "ES-CT", "AT-9", "PT-20"],
    "UK-GDPR": ["GB-ENG", "GB-SCT", "GB-WLS", "GB-NIR"],
    "CA-PIPEDA": ["CA-ON", "CA-BC", "CA-NU"],
    "AU-APP": ["AU-NSW", "AU-WA"],
    "NZ-PRIVACY": ["NZ-AUK"],
}
FIRST = {"IN-DPDP": date(2027, 5, 15), "US-STATE": date(2028, 1, 3), "US-CCPA": date(2027, 1, 3)}
PLACES = [(code, place) for code, law in regimes().items() for place in (*law.places, *PARTS.get(code, ()))]


def days_of(code: str, rng: random.Random, many: int) -> Iterator[date]:
    """Days of receipt: half of them anywhere, half on the edges of months, years and leap years."""
    first = FIRST.get(code, date(2026, 7, 1))
    for count in range(many):
        day = first + timedelta(days=rng.randrange(1700))
        if count % 2:
            month, number = rng.choice(EDGES)
            day = date(2028, 2, 29) if rng.random() < 0.15 else date(rng.randrange(first.year + 1, 2032), month, number)
        yield day


def row_of(code: str, place: str, right: Right, day: date, rng: random.Random) -> dict[str, str]:
    """A row of text, at any minute, with or without an offset, a zone, an extension and a pause."""
    hour = rng.choice((0, 0, 1, 2, 9, 22, 23))
    at = f"{day}T{hour:02}:{rng.randrange(60):02}:00{rng.choice(OFFSETS)}"
    zone, reason = rng.choice(ZONES), rng.choice(("", *PauseReason))
    row = {"regime": code, "jurisdiction": place, "right": right.value, "received_at": at, "clock_tz": zone}
    row |= {"extended": rng.choice(("true", "false")), "pause_reason": reason, "paused_from": "", "paused_to": ""}
    if reason:
        moment = datetime.fromisoformat(at)
        here = ZoneInfo(zone or default_clock_tz(place))
        asked = (moment.astimezone(here) if moment.tzinfo else moment).date() + timedelta(days=rng.randrange(10))
        row |= {"paused_from": str(asked), "paused_to": str(asked + timedelta(days=rng.choice((0, 1, 3, 10, 31))))}
    return row


def told(row: dict[str, str]) -> oracle.Dates:
    """What the oracle says of a row."""
    paused = (
        (date.fromisoformat(row["paused_from"]), date.fromisoformat(row["paused_to"])) if row["pause_reason"] else None
    )
    zone = row["clock_tz"] or default_clock_tz(row["jurisdiction"])
    facts = (row["regime"], row["jurisdiction"], row["right"], row["received_at"], zone, row["extended"] == "true")
    return oracle.read(oracle.Row(*facts, paused, row["pause_reason"]))


@pytest.mark.parametrize("code", regimes())
def test_engine_and_oracle_agree_to_the_day(code: str) -> None:
    rng = random.Random(f"{code} 1")  # noqa: S311 - a repeatable draw of cases
    table = Table(COLUMNS)
    places = [place for law, place in PLACES if law == code]
    rows = 0
    for place in places:
        for right in Right:
            for day in days_of(code, rng, max(8, 60 // len(places))):
                row = row_of(code, place, right, day, rng)
                found = dict(zip(table.header, table.row([row[name] for name in COLUMNS]), strict=True))
                wanted = told(row)
                assert not found["error"], (row, found["error"])
                dates = (wanted.ack, wanted.due, wanted.extended, wanted.notice)
                assert [found[name] for name in DATES] == [str(each or "") for each in dates], row
                assert compute(read_case(row)).suggested_due_on == wanted.policy, row
                rows += 1
    assert rows >= 8 * len(Right)


def test_oracle_reads_the_published_rows_alike() -> None:
    import csv
    from pathlib import Path

    with Path(__file__).with_name("vectors.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            wanted = told({**row, "pause_reason": row["pause_reason"] or ""})
            dates = (wanted.ack, wanted.due, wanted.extended, wanted.notice)
            assert [row[name] for name in DATES] == [str(each or "") for each in dates], row["id"]
