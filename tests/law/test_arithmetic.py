"""What must hold of every date, whatever the case: searched, not chosen."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from habeas.law import Case, Deadlines, Pause, compute, default_clock_tz, extension_ends_as_told, pauses_allowed, regime
from habeas.law.calendar import add_days, add_months, add_working_days, easter, most_days, roll
from habeas.law.closed import closed_on
from habeas.law.data import NoNumber
from habeas.model import PauseReason, Right
from tests.law import kit

PLACES = {
    "EU-GDPR": ["DK", "FR", "DE-BY", "IE", "SE", "BG", "GR", "HU", "PT-20"],
    "EEA-GDPR": ["NO", "IS", "LI"],
    "UK-GDPR": ["GB-ENG", "GB-SCT", "GB-NIR", "GB"],
    "CH-FADP": ["CH"],
    "US-CCPA": ["US-CA"],
    "US-STATE": ["US-VA", "US-IA", "US-FL", "US-CO", "US-OR"],
    "CA-PIPEDA": ["CA-ON", "CA-NL"],
    "CA-QC-25": ["CA-QC"],
    "BR-LGPD": ["BR"],
    "AU-APP": ["AU"],
    "ZA-PAIA": ["ZA"],
    "SG-PDPA": ["SG"],
    "KR-PIPA": ["KR"],
    "NZ-PRIVACY": ["NZ"],
}
AT_LEAST = {  # the fewest days that the text of each law gives to an access request
    "EU-GDPR": 28, "EEA-GDPR": 28, "UK-GDPR": 28, "CH-FADP": 30, "US-CCPA": 45, "US-STATE": 45, "CA-PIPEDA": 30,
    "CA-QC-25": 30, "BR-LGPD": 15, "AU-APP": 30, "ZA-PAIA": 30, "SG-PDPA": 30, "KR-PIPA": 10, "NZ-PRIVACY": 26,
}  # fmt: skip

searched = settings(deadline=None)  # the first case of a place reads its files and holidays
days = st.dates(date(2026, 7, 1), date(2036, 12, 31))
where = st.sampled_from([(code, place) for code, places in PLACES.items() for place in places])


@st.composite
def cases(draw: st.DrawFn, *, pauses: int = 0) -> Case:
    code, place = draw(where)
    law = regime(code, place)
    right = draw(st.sampled_from(sorted(law.rights)))
    on = draw(days)
    tz = default_clock_tz(place)
    waited = []
    for _ in range(draw(st.integers(0, pauses))):
        start = add_days(on, draw(st.integers(0, 20)))
        reason = draw(st.sampled_from(PauseReason))
        waited.append(Pause(start=start, end=add_days(start, draw(st.integers(0, 40))), reason=reason))
    return Case(
        regime=code,
        jurisdiction=place,
        right=right,
        received_at=datetime.combine(on, draw(st.times()), tzinfo=ZoneInfo(tz)),
        pauses=tuple(waited),
        extended=draw(st.booleans()),
        clock_tz=tz,
    )


def law_dates(found: Deadlines) -> tuple[date | None, ...]:
    return found.acknowledge_by, found.due_on, found.extended_due_on, found.notice_latest_on


def received(case: Case, on: date) -> Case:
    return case.model_copy(update={"received_at": case.received_at.replace(year=on.year, month=on.month, day=on.day)})


@searched
@given(cases(), days)
def test_who_asks_later_is_never_answered_earlier(case: Case, other: date) -> None:
    first, last = sorted([case.received_at.date(), other])
    earlier, later = compute(received(case, first)), compute(received(case, last))
    for before, after in zip(law_dates(earlier), law_dates(later), strict=True):
        assert before is None or after is None or before <= after


@searched
@given(where, days)
def test_never_before_the_statute(at: tuple[str, str], on: date) -> None:
    code, place = at
    noon = datetime.combine(on, time(12), tzinfo=ZoneInfo(default_clock_tz(place)))
    found = compute(Case(regime=code, jurisdiction=place, right=Right.ACCESS, received_at=noon))
    assert found.due_on is not None
    assert AT_LEAST[code] <= (found.due_on - on).days
    if code.endswith("GDPR"):
        assert found.due_on >= add_months(on, 1)
    if code != "NZ-PRIVACY":
        most = 90 if place == "US-IA" else max(AT_LEAST[code], 31)
        assert (found.due_on - on).days <= most + 9  # no run of closed days is longer


@searched
@given(cases(pauses=2))
def test_extension_is_never_before_the_base(case: Case) -> None:
    found = compute(case.model_copy(update={"extended": True}))
    plain = compute(case.model_copy(update={"extended": False}))
    assert plain.extended_due_on is None
    assert (found.due_on, found.notice_latest_on) == (plain.due_on, plain.notice_latest_on)
    if found.extended_due_on is not None:
        assert found.due_on is not None
        assert found.due_on < found.extended_due_on
        assert found.notice_latest_on is not None
        assert found.notice_latest_on <= found.extended_due_on


@searched
@given(cases(pauses=3))
def test_a_pause_that_does_not_count_changes_nothing(case: Case) -> None:
    known = pauses_allowed(case.regime, case.right, case.jurisdiction)
    counted = tuple(pause for pause in case.pauses if pause.reason in known)
    bare = case.model_copy(update={"pauses": counted})
    assert law_dates(compute(case)) == law_dates(compute(bare))


@searched
@given(cases(pauses=3))
def test_waiting_never_makes_it_earlier_nor_longer_than_the_wait(case: Case) -> None:
    plain, waited = compute(case.model_copy(update={"pauses": ()})), compute(case)
    if plain.due_on and waited.due_on:
        assert plain.due_on <= waited.due_on
        most = sum((pause.end - pause.start).days + 1 for pause in case.pauses) + 30 + 20
        assert (waited.due_on - plain.due_on).days <= most


@searched
@given(days, st.integers(0, 25), st.integers(0, 30), st.sampled_from(["DK", "FR", "DE", "IE", "PL"]))
def test_suspension_by_another_way(on: date, asked_after: int, waited: int, place: str) -> None:
    asked = add_days(on, asked_after)
    pause = Pause(start=asked, end=add_days(asked, waited), reason=PauseReason.IDENTITY)
    noon = datetime.combine(on, time(12), tzinfo=UTC)
    found = compute(Case(regime="EU-GDPR", jurisdiction=place, right=Right.ERASURE, received_at=noon, pauses=(pause,)))
    month = on.month % 12 + 1
    year = on.year + (on.month == 12)
    day = on.day
    while True:  # the same day of the next month, or the last there is
        try:
            end = date(year, month, day)
            break
        except ValueError:
            day -= 1
    end += timedelta(days=waited)
    closed = closed_on("weekends_and_holidays", place)
    while closed(end):
        end += timedelta(days=1)
    assert found.due_on == end


@searched
@given(days, st.integers(0, 10), st.integers(0, 10), st.integers(0, 10))
def test_one_wait_in_two_parts_is_the_same_wait(on: date, asked: int, first: int, second: int) -> None:
    start, middle, end = (add_days(on, n) for n in (asked, asked + first, asked + first + second))
    noon = datetime.combine(on, time(12), tzinfo=UTC)

    def due(*parts: tuple[date, date]) -> date | None:
        pauses = tuple(Pause(start=a, end=b, reason=PauseReason.IDENTITY) for a, b in parts)
        return compute(
            Case(regime="EU-GDPR", jurisdiction="NL", right=Right.ACCESS, received_at=noon, pauses=pauses)
        ).due_on

    assert due((start, middle), (middle, end)) == due((start, end)) == due((start, end), (start, middle))


@searched
@given(cases(), st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Niue", "Asia/Kathmandu", "America/St_Johns"]))
def test_the_same_instant_has_the_same_dates_however_it_is_written(case: Case, zone: str) -> None:
    elsewhere = case.model_copy(update={"received_at": case.received_at.astimezone(ZoneInfo(zone))})
    assert law_dates(compute(case)) == law_dates(compute(elsewhere))


@searched
@given(cases(), st.times())
def test_every_hour_of_a_day_has_the_same_dates(case: Case, at: time) -> None:
    # summer time begins and ends on some of these days
    moved = case.model_copy(
        update={"received_at": datetime.combine(case.received_at.date(), at, case.received_at.tzinfo)}
    )
    assert law_dates(compute(case)) == law_dates(compute(moved))


@searched
@given(days, st.sampled_from(["Europe/Copenhagen", "America/New_York", "America/Sao_Paulo", "Asia/Beirut", "UTC"]))
def test_a_day_is_over_at_its_midnight(on: date, tz: str) -> None:
    found = compute(
        Case(
            regime="EU-GDPR",
            jurisdiction="DK",
            right=Right.ACCESS,
            received_at=datetime(2027, 1, 1, tzinfo=UTC),
            clock_tz=tz,
        )
    )
    end = found.end_of(on)
    assert end.tzinfo is UTC
    assert end.astimezone(ZoneInfo(tz)).date() == add_days(on, 1)
    assert (end - timedelta(microseconds=1)).astimezone(ZoneInfo(tz)).date() == on


@searched
@given(cases(pauses=1))
def test_an_end_that_rolls_is_open_and_crossed_closed_days_only(case: Case) -> None:
    clock = regime(case.regime, case.jurisdiction).clock(case.right)
    assert clock is not None
    assume(clock.roll is not None and not isinstance(clock.term, NoNumber))
    found = compute(case)
    assume(found.due_on is not None)
    assert clock.roll is not None
    assert found.due_on is not None
    closed = closed_on(clock.roll.calendar, case.jurisdiction)
    assert closed(found.due_on) is None
    assert all(closed(add_days(found.due_on, -n)) for n in range(1, found.moved + 1))


@searched
@given(cases(pauses=2))
def test_every_date_explains_itself(case: Case) -> None:
    found = compute(case)
    assert found.citation
    said = " ".join(found.explanation)
    assert f"{found.received_on.day} " in found.explanation[0]
    for day in (found.acknowledge_by, found.due_on, found.extended_due_on, found.notice_latest_on):
        if day is not None:
            assert f" {day.day} {day:%B} {day.year}" in said
    assert all(line[-1] in ".)" for line in found.explanation)


@searched
@given(st.dates(date(1900, 1, 1), date(2190, 1, 1)), st.integers(1, 40))
def test_months(on: date, count: int) -> None:
    end = add_months(on, count)
    assert (end.year * 12 + end.month) - (on.year * 12 + on.month) == count
    assert end.day == on.day or (end.day < on.day and add_days(end, 1).day == 1)


@searched
@given(days, st.integers(1, 30), st.sampled_from(["us_business_days", "new_zealand_working_days"]))
def test_working_days(on: date, count: int, calendar: str) -> None:
    closed = closed_on(calendar, "NZ" if calendar.startswith("new") else "US")
    end = add_working_days(on, count, closed)
    between = [add_days(on, n) for n in range(1, (end - on).days + 1)]
    assert sum(closed(day) is None for day in between) == count
    assert closed(end) is None
    assert roll(end, closed) == end


def test_easter() -> None:
    known = {1961: (4, 2), 2000: (4, 23), 2008: (3, 23), 2024: (3, 31), 2027: (3, 28), 2028: (4, 16), 2038: (4, 25)}
    assert {year: (easter(year).month, easter(year).day) for year in known} == known


def test_months_are_counted_where_they_are_longest() -> None:
    assert [most_days(months) for months in (1, 2, 12, 24, 48)] == [31, 62, 366, 731, 1461]


@pytest.mark.parametrize(
    ("regime", "place", "ground", "open_ended"),
    [
        ("NZ-PRIVACY", "NZ", "consultation", True),
        ("CH-FADP", "CH", "not_possible_in_time", True),
        ("SG-PDPA", "SG", "not_possible_in_time", True),
        ("KR-PIPA", "KR", "good_cause", True),
        ("CA-PIPEDA", "CA-ON", "alternative_format", True),
        ("CA-PIPEDA", "CA-ON", "consultation", False),
        ("EU-GDPR", "DK", "complexity", False),
    ],
)
def test_where_the_law_sets_no_last_day_the_notice_does(regime: str, place: str, ground: str, open_ended: bool) -> None:
    assert (extension_ends_as_told(regime, Right.ACCESS, ground, place) is not None) is open_ended
    told = date(2027, 6, 1)
    asked = kit.case(regime, place, "access", "2027-01-11", extended=True)
    found = compute(asked.model_copy(update={"extended_until": told}))
    assert found.effective_due_on == told
    assert any("1 June 2027" in said for said in found.explanation)
    assert found.due_on is not None
    early = compute(asked.model_copy(update={"extended_until": date(2027, 1, 12)}))
    assert early.extended_due_on == found.due_on  # a notice never cuts the first term short
