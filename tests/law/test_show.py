"""The list of regimes, and a year to look at."""

import json
import re
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from habeas.errors import BadInput
from habeas.law import regimes
from habeas.law.draw import draw, strip
from habeas.law.year import year_of
from habeas.model import Right
from workers.cli.app import run


class Page(HTMLParser):
    """What a page holds and whether its tags close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.titles: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "rect", "line"):
            self.open.append(tag)
        given = dict(attrs)
        self.titles += [given["title"] or ""] if "title" in given else []
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "line"):
            assert self.open.pop() == tag


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


@pytest.mark.parametrize("code", sorted(regimes()))
def test_every_regime_can_be_drawn_and_loads_nothing(code: str) -> None:
    html = draw(year_of(code, regimes()[code].places[0], 2027))
    page = read(html)
    assert page.loads == []
    assert "@import" not in html
    assert "url(" not in html
    assert "prefers-color-scheme: dark" in html


def test_the_page_shows_the_day_of_each_answer() -> None:
    found = year_of("EU-GDPR", "DK", 2027)
    (clock,) = found.clocks
    assert len(clock.days) == 365
    by_day = {each.day: each for each in clock.days}
    easter = by_day[date(2027, 2, 25)]
    assert (easter.due, easter.count, easter.moved) == (date(2027, 3, 30), 33, 5)
    page = read(draw(found))
    assert len(page.titles) == 365
    assert any(
        "Received Thursday 25 February 2027: due Tuesday 30 March 2027, 33 days." in each for each in page.titles
    )
    assert (date(2027, 3, 25), "Maundy Thursday") in clock.holidays


def test_bars_are_as_high_as_their_days() -> None:
    (clock,) = year_of("EU-GDPR", "DK", 2027).clocks
    bars = strip(clock)
    assert len(bars) == 365
    highest = min(bars, key=lambda bar: bar.top)
    assert highest.top == 0
    assert highest.base + highest.moved == pytest.approx(120, abs=0.2)
    moved = [bar for bar in bars if bar.moved]
    assert len(moved) == sum(1 for day in clock.days if day.moved)


def test_days_before_the_law_are_blank() -> None:
    (clock,) = year_of("UK-GDPR", "GB-ENG", 2026, Right.ERASURE).clocks
    assert next(each.day for each in clock.days if each.due) == date(2026, 2, 5)
    assert "no date" in clock.days[0].sentence


@pytest.mark.parametrize(
    ("code", "place", "year", "right"),
    [("EU-GDPR", "DK", 2017, None), ("EU-GDPR", "DK", 3000, None), ("EU-GDPR", "DK", 2027, Right.APPEAL)],
)
def test_a_year_that_cannot_be_drawn(code: str, place: str, year: int, right: Right | None) -> None:
    with pytest.raises(BadInput):
        year_of(code, place, year, right)


def test_list_of_regimes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["law", "regimes", "--json"]) == 0
    found = {each["code"]: each for each in json.loads(capsys.readouterr().out)}
    assert set(found) == set(regimes())
    assert found["EU-GDPR"]["answer"] == "one month"
    assert "identity_restart" in found["EU-GDPR"]["options"]
    assert len(found["EU-GDPR"]["places"]) == 27
    assert run(["law", "regimes"]) == 0
    assert "NZ-PRIVACY" in capsys.readouterr().out


def test_show_on_the_terminal_and_as_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["law", "show", "NZ-PRIVACY", "--year", "2027"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^Dec .* 45$", out, re.M)
    page = tmp_path / "year.html"
    assert run(["law", "show", "UK-GDPR", "--jurisdiction", "GB-SCT", "--year", "2027", "--out", str(page)]) == 0
    assert "GB-SCT" in page.read_text(encoding="utf-8")
    assert run(["law", "show", "US-STATE", "--jurisdiction", "US-CO", "--year", "2027", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["clocks"][0]["due_on"]["2027-01-04"] == "2027-02-18"


@pytest.mark.parametrize(
    "words",
    [
        ["EU-GDRP"],
        ["US-STATE"],
        ["EU-GDPR", "--jurisdiction", "NO"],
        ["EU-GDPR", "--year", "1900"],
        ["EU-GDPR", "--out", "/"],
    ],
)
def test_what_cannot_be_shown(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["law", "show", *words]) == 2
    assert "Error" in capsys.readouterr().err


def test_what_stands_beside_the_dates_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["law", "show", "CA-QC-25", "--year", "2027", "--json"]) == 0
    beside = json.loads(capsys.readouterr().out)["beside"]
    names = [each["name"] for each in beside]
    assert {"Fee", "Proof of identity", "Who else is told", "Kept after a refusal", "If you disagree"} <= set(names)
    assert any(each["uncertain"] for each in beside)
    assert all(each["uncertain"] == ("?" in each["mark"]) for each in beside)
    html = draw(year_of("CH-FADP", "CH", 2027, Right.ACCESS))
    assert "CHF 300" in html
    assert "fee for correction" not in html
    assert run(["law", "show", "KR-PIPA", "--year", "2027"]) == 0
    assert "counsel should confirm it" in capsys.readouterr().out


def test_bars_are_only_drawn_where_they_differ() -> None:
    assert "<svg" not in draw(year_of("US-CCPA", "US-CA", 2027, Right.ACCESS))
    assert "45 days, on whatever day it arrives" in draw(year_of("US-CCPA", "US-CA", 2027, Right.ACCESS))
    assert "<svg" in draw(year_of("US-CCPA", "US-CA", 2027, Right.OPT_OUT_SALE))


def test_a_right_that_is_not_given_yet_has_no_days(capsys: pytest.CaptureFixture[str]) -> None:
    html = draw(year_of("IN-DPDP", "IN", 2026))
    assert "<p>0 days" not in html
    said = " ".join(html.split())
    assert "No request of 2026 has a date: the law gives these rights from Thursday 13 May 2027 on." in said
    assert run(["law", "show", "IN-DPDP", "--year", "2026"]) == 0
    out = capsys.readouterr().out
    assert "No request of this year has a date" in out
    assert "0 to 0" not in out


def test_the_place_is_named() -> None:
    assert "Austria (AT)" in draw(year_of("EU-GDPR", "AT", 2026))
    assert "United States (US-CA)" in draw(year_of("US-CCPA", "US-CA", 2026, Right.ACCESS))


@pytest.mark.parametrize("code", sorted(regimes()))
def test_nothing_is_said_by_colour_or_by_hovering_alone(code: str) -> None:
    """The days are a table with its headings, and what hovering shows stands in words."""
    found = year_of(code, regimes()[code].places[0], 2027)
    html = draw(found)
    page = read(html)
    assert html.count("<main>") == 1
    given = [clock for clock in found.clocks if clock.given]
    assert html.count('<th scope="col"') == len(given) * 12 * 7
    assert html.count("<caption>") == len(given) * 12
    assert html.count("<figure tabindex") == html.count("<svg")
    assert html.count("<sup>+") == sum(1 for clock in given for day in clock.days if day.moved)
    whole = unescape(html)
    for clock in given:
        assert all(f"<li>{day.sentence}</li>" in whole for day in clock.days if day.due)
    assert len(page.titles) == sum(len(clock.days) for clock in given)
    assert "opacity" not in html


def _light(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_it_stands_on(scheme: str) -> None:
    html = draw(year_of("EU-GDPR", "DK", 2027))
    blocks = re.findall(r":root \{(.*?)\}", html, re.DOTALL)
    light, dark = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", one)) for one in blocks]
    colours = light if scheme == "light" else dark
    on = [("ink", "paper"), ("ink", "card"), ("soft", "paper"), ("soft", "card"), ("soft", "closed"), ("open", "card")]
    on += [("m-ink", f"m{n}") for n in range(1, 5)]
    for text, ground in on:
        high, low = sorted((_light(colours[text]), _light(colours[ground])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
