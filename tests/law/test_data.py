"""The files of the law: whole, cited, and in agreement with one another and with what we know of the places."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, ValidationError

from habeas.law import (
    authorities,
    default_clock_tz,
    extension_allowed,
    extension_grounds,
    files,
    notice_contents,
    pauses_allowed,
    refusal_grounds,
    regime,
    regimes,
    rights,
)
from habeas.law.closed import calendars, closed_in, closed_on
from habeas.law.data import Clock, Extension, Figure, Regime, Span
from habeas.model import PauseReason, Right

CODES = {
    *("EU-GDPR", "EEA-GDPR", "UK-GDPR", "CH-FADP", "US-CCPA", "US-STATE", "CA-PIPEDA", "CA-QC-25", "BR-LGPD"),
    *("AU-APP", "IN-DPDP", "ZA-PAIA", "SG-PDPA", "JP-APPI", "KR-PIPA", "CN-PIPL", "NZ-PRIVACY"),
}
EVERYWHERE = [(law.code, place) for law in regimes().values() for place in law.places]


def figures(value: object) -> Iterator[Figure]:
    """Every figure inside a model."""
    if isinstance(value, Figure):
        yield value
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from figures(getattr(value, name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from figures(each)
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from figures(each)


def test_all_regimes_are_here() -> None:
    assert set(regimes()) == CODES


@pytest.mark.parametrize(("code", "place"), EVERYWHERE)
def test_every_figure_has_its_article_and_its_mark(code: str, place: str) -> None:
    found = list(figures(regime(code, place)))
    assert len(found) >= 4
    assert all(figure.cite.strip() and figure.mark for figure in found)
    for clock in regime(code, place).clocks:
        assert clock.cite


@pytest.mark.parametrize("name", files.names("regimes"))
def test_each_file_loads_and_says_what_its_marks_mean(name: str) -> None:
    assert "arks" in files.text(f"regimes/{name}") or name == "eea-gdpr.toml"
    assert files.toml(f"regimes/{name}")


def tables(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from tables(each)
    elif isinstance(value, list):
        for each in value:
            yield from tables(each)


@pytest.mark.parametrize("name", [each for each in files.names("regimes") if each != "us-states.toml"])
def test_every_number_in_a_file_stands_beside_its_article(name: str) -> None:
    for table in tables(files.toml(f"regimes/{name}")):
        if any(isinstance(value, int) and not isinstance(value, bool) for value in table.values()):
            assert {"cite", "mark"} <= set(table), table


@pytest.mark.parametrize(("code", "place"), EVERYWHERE)
def test_what_letters_need_is_there(code: str, place: str) -> None:
    assert authorities(code, place)
    assert refusal_grounds(code, place)
    assert notice_contents(code, place, "refusal")
    if any(extension_allowed(code, right, place) for right in Right):
        assert notice_contents(code, place, "extension")
        assert extension_grounds(code, place)
    assert ZoneInfo(default_clock_tz(place))


def test_calendars_that_are_named_exist() -> None:
    used = {"weekends_and_holidays"}
    for code, place in EVERYWHERE:
        law = regime(code, place)
        for part in (*law.clocks, *law.options.values()):
            for figure in figures(part):
                used.add(getattr(figure, "calendar", None) or "weekends_and_holidays")
    assert used <= set(calendars())
    assert all(calendar.cite and calendar.mark for calendar in calendars().values())


@pytest.mark.parametrize(
    ("place", "day", "is_closed"),
    [
        ("DK", "2027-03-25", True),  # Maundy Thursday
        ("DK", "2028-05-01", False),
        ("DK", "2028-05-12", False),  # Great Prayer Day, abolished
        ("DK", "2029-06-05", False),
        ("DK", "2026-12-24", False),
        ("DK", "2026-12-31", False),
        ("NO", "2030-05-17", True),
        ("NO", "2029-05-01", True),
        ("NO", "2027-03-25", True),
        ("SE", "2027-03-25", False),
        ("SE", "2027-06-25", False),  # Midsummer Eve is no public holiday
        ("FR", "2027-03-26", False),
        ("FR-67", "2027-03-26", True),
        ("IE", "2027-03-26", False),
        ("IE", "2027-02-01", True),  # St Brigid
        ("DE", "2027-10-04", False),  # no substitute for Unity Day on a Sunday
        ("GB-SCT", "2027-03-29", False),
        ("GB-SCT", "2027-08-30", False),
        ("GB-ENG", "2027-08-30", True),
        ("GB-ENG", "2027-12-28", True),
        ("BG", "2027-05-04", True),  # moved from Saturday
    ],
)
def test_the_library_of_holidays_agrees_with_the_rules(place: str, day: str, is_closed: bool) -> None:
    why = closed_on("weekends_and_holidays", place)(date.fromisoformat(day))
    assert (why is not None) is is_closed, why


def test_new_zealand_summer_and_no_provincial_days() -> None:
    closed = closed_on("new_zealand_working_days", "NZ-AUK")
    assert all(closed(date(2026, 12, day)) for day in range(25, 32))
    assert all(closed(date(2027, 1, day)) for day in range(1, 16))
    assert closed(date(2026, 12, 24)) is None
    assert closed(date(2027, 1, 18)) is None
    assert closed(date(2027, 2, 1)) is None  # Auckland's anniversary


def test_canadian_lists() -> None:
    assert closed_in("canada_holidays", "CA-ON", 2026).keys() - closed_in("quebec_holidays", "CA-QC", 2026).keys() == {
        date(2026, 9, 30),
        date(2026, 11, 11),
    }
    assert date(2026, 6, 24) in closed_in("quebec_holidays", "CA-QC", 2026)
    assert closed_in("canada_holidays", "CA", 2026)[date(2026, 5, 18)] == "Victoria Day"


def test_what_the_clock_waits_for() -> None:
    identity, clarification, fee = PauseReason.IDENTITY, PauseReason.CLARIFICATION, PauseReason.FEE
    assert pauses_allowed("EU-GDPR", Right.ACCESS) == {identity, clarification}
    assert pauses_allowed("EU-GDPR", Right.ERASURE) == {identity}
    assert pauses_allowed("UK-GDPR", Right.ACCESS) == {identity, clarification, fee}
    assert pauses_allowed("UK-GDPR", Right.COMPLAINT) == set()
    assert pauses_allowed("US-CCPA", Right.ACCESS) == set()
    assert pauses_allowed(regime("US-STATE", "US-CO"), Right.ACCESS) == set()
    assert pauses_allowed("EU-GDPR", Right.APPEAL) == set()


def test_extensions() -> None:
    assert extension_allowed("EU-GDPR", Right.ACCESS)
    assert not extension_allowed("CA-QC-25", Right.ACCESS)
    assert not extension_allowed("US-CCPA", Right.OPT_OUT_SALE)
    assert extension_allowed("US-STATE", Right.APPEAL, "US-CO")
    assert not extension_allowed("US-STATE", Right.APPEAL, "US-VA")
    assert extension_grounds("EU-GDPR") == ("complexity", "number_of_requests")
    assert extension_grounds("CA-QC-25") == ()


def test_rights_of_places() -> None:
    assert Right.RECTIFICATION not in rights("US-STATE", "US-IA")
    assert Right.RECTIFICATION not in rights("US-STATE", "US-UT", date(2026, 6, 30))
    assert Right.RECTIFICATION in rights("US-STATE", "US-UT", date(2026, 7, 1))
    assert rights("AU-APP", "AU") == {Right.ACCESS, Right.RECTIFICATION, Right.COMPLAINT}
    assert Right.OBJECTION in rights("EU-GDPR", "DK")


def test_grounds_of_refusal() -> None:
    erasure = {ground.code for ground in refusal_grounds("EU-GDPR", "DK", Right.ERASURE)}
    assert {"legal_obligation", "legal_claims", "manifestly_unfounded"} <= erasure
    assert not {"rights_of_others", "national_limits"} & erasure
    access = {ground.code: ground.cite for ground in refusal_grounds("EU-GDPR", "DK", Right.ACCESS)}
    assert "§ 22" in access["national_limits"]
    assert "national_limits" not in {ground.code for ground in refusal_grounds("EU-GDPR", "DE", Right.ACCESS)}


def test_nearest_authority_first() -> None:
    assert [office.name for office in authorities("EU-GDPR", "DE-BE")] == [
        "Berliner Beauftragte für Datenschutz und Informationsfreiheit"
    ]
    assert authorities("EU-GDPR", "DK")[0].url == "https://www.datatilsynet.dk"
    assert authorities("EEA-GDPR", "NO")[0].url == "https://www.datatilsynet.no"
    assert "accès" in authorities("CA-QC-25", "CA-QC")[0].name
    assert "Privacy Commissioner" in authorities("CA-PIPEDA", "CA-QC")[0].name


def test_importing_the_law_is_light() -> None:
    code = "import sys, habeas.law; print({'holidays', 'jinja2', 'rich', 'dateutil'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.strip() == "set()"


CITE = {"cite": "GDPR 12(3)", "mark": "K"}


@pytest.mark.parametrize(
    ("model", "table"),
    [
        (Span, {"days": 30, "mark": "K"}),
        (Span, {"days": 30, "cite": "GDPR 12(3)"}),
        (Span, {"days": 30, "months": 1, **CITE}),
        (Span, CITE),
        (Span, {"working_days": 10, **CITE}),
        (Span, {"days": 30, "cite": "GDPR 12(3)", "mark": "sure"}),
        (Extension, {"months": 3, "start": "due", "grounds": ["complexity"], **CITE}),
        (Extension, {"months": 3, "days": 3, "grounds": ["complexity"], **CITE}),
        (Extension, {"months": 3, "grounds": [], **CITE}),
        (Clock, {"name": "a", "rights": ["access"], "cite": "x1", "term": {"days": 1, **CITE}, "notice": CITE}),
    ],
)
def test_a_slip_in_a_file_is_refused(model: type[BaseModel], table: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(table)


def test_a_right_on_two_clocks_is_refused() -> None:
    clock = {"name": "a", "rights": ["access"], "cite": "x1", "term": {"days": 1, **CITE}}
    law = {"code": "AA-BB", "title": "t", "statute": "s", "in_force": date(2020, 1, 1), "places": ["AA"]}
    with pytest.raises(ValidationError, match="two clocks"):
        Regime.model_validate({**law, "rights_cite": "r", "clocks": [clock, {**clock, "name": "b"}]})
