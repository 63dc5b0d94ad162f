"""Names are taken apart by patterns: exactly, in every way that is possible, and never by a value."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.connectors.files.pattern import Pattern
from activities.connectors.files.search import Patterns, Spelling
from habeas.model import Identifier


def _values(text: str, name: str, **shapes: str) -> list[dict[str, str]]:
    pattern = Pattern(text, {kind: re.compile(shape) for kind, shape in shapes.items()})
    return [dict(one.values) for one in pattern.readings(name)]


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("c/{customer}/**", "c/42/a/b.txt", [{"customer": "42"}]),
        ("c/{customer}/**", "c/42", []),
        ("c/{customer}/**", "c/42/", [{"customer": "42"}]),
        ("c/{customer}/x.json", "c/42/", [{"customer": "42"}]),
        ("c/{customer}/x.json", "c/42/y.json", []),
        ("c/{customer}/x.json", "c/42/more/x.json", []),
        ("c/{customer}", "c/", []),
        ("{customer}.zip", "42.zip", [{"customer": "42"}]),
        ("{customer}.zip", ".zip", []),
        ("{customer}.zip", "42.zip/x", []),
        ("b/**/{customer}.zip", "b/42.zip", [{"customer": "42"}]),
        ("b/**/{customer}.zip", "b/2024/05/42.zip", [{"customer": "42"}]),
        ("{customer}/{customer}-x.pdf", "42/42-x.pdf", [{"customer": "42"}]),
        ("{customer}/{customer}-x.pdf", "42/43-x.pdf", []),
        ("i/{email}-*.pdf", "i/jo-ann@ex-ample.org-2024-01.pdf", [{"email": "jo-ann@ex-ample.org"}]),
        ("i/{year}/{email}-*.pdf", "i/2024/a@b.example-1.pdf", [{"year": "2024", "email": "a@b.example"}]),
        ("i/{year}/{email}-*.pdf", "i/latest/ann@example.org-1.pdf", []),
        ("{customer}-*.pdf", "A-1-2024.pdf", [{"customer": "A"}, {"customer": "A-1"}]),
    ],
)  # fmt: skip
def test_what_a_name_says(pattern: str, name: str, found: list[dict[str, str]]) -> None:
    assert _values(pattern, name) == found


def test_a_shape_leaves_one_way_of_reading() -> None:
    assert _values("{customer}-*.pdf", "17-2024-01.pdf", customer="[0-9]+") == [{"customer": "17"}]


@pytest.mark.parametrize("name", ["c/../42", "c/./42", "c//42", "/c/42", "c/4\0002", "c/42//", "../c/42"])
def test_names_that_lead_elsewhere_fit_nothing(name: str) -> None:
    assert _values("c/{customer}", name) == []
    assert _values("**/{customer}", name) == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("c/*.txt", "no identifier"),
        ("c/{year}/*.txt", "no identifier"),
        ("/c/{email}", "not empty"),
        ("c//{email}", "not empty"),
        ("c/../{email}", "nor"),
        ("{email}/", "not empty"),
        ("{email}*", "text between"),
        ("{year}{email}", "text between"),
        ("**/{email}/**", "once"),
        ("a**/{email}", "text between"),
        ("{Email}", "lower-case"),
        ("{email", "lower-case"),
        ("[ab]/{email}", "special"),
        ("a?/{email}", "special"),
        ("{a}-{b}-{c}-{d}", "more than 3"),
    ],
)
def test_patterns_that_nobody_could_rely_on_are_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Pattern(pattern, {})


@pytest.mark.parametrize(
    ("pattern", "name", "day"),
    [
        ("{year}/{email}", "2024/a@b.example", date(2024, 12, 31)),
        ("{year}/{month}/{email}", "2024/2/a@b.example", date(2024, 2, 29)),
        ("{year}/{month}/{email}", "2023/12/a@b.example", date(2023, 12, 31)),
        ("{year}/{month}/{day}/{email}", "2024/02/03/a@b.example", date(2024, 2, 3)),
        ("{date}_{email}", "2024-02-03_a@b.example", date(2024, 2, 3)),
        ("{date}_{email}", "20240203_a@b.example", date(2024, 2, 3)),
        ("{date}_{email}", "2024-02-31_a@b.example", None),
        ("{email}", "a@b.example", None),
    ],
)
def test_the_date_in_a_name(pattern: str, name: str, day: date | None) -> None:
    (reading,) = Pattern(pattern, {}).readings(name)
    assert reading.day == day


def test_accents_are_the_same_however_they_are_written() -> None:
    name = unicodedata.normalize("NFD", "kunden/Zoë Ångström")
    assert _values("kunden/{customer}", name) == [{"customer": unicodedata.normalize("NFC", "Zoë Ångström")}]
    assert _values("bücher/{customer}", unicodedata.normalize("NFD", "bücher/7")) == [{"customer": "7"}]


def test_folders_bear_an_identifier_from_its_segment_on() -> None:
    assert Pattern("c/{customer}/**", {}).bearing_in("c/42/a/b.txt") == 2
    assert Pattern("b/**/{customer}/x.txt", {}).bearing_in("b/1/2/3/42/x.txt") == 5


@pytest.mark.parametrize(
    ("name", "region", "found"),
    [
        ("calls/12345678/x", "DK", True),
        ("calls/12 34 56 78/x", "DK", True),
        ("calls/+45 12345678/x", None, True),
        ("calls/12345678/x", None, False),
        ("calls/12345678/x", "NO", False),
        ("calls/87654321/x", "DK", False),
    ],
)
def test_a_number_in_a_name_is_of_the_country_that_the_settings_say(name: str, region: str | None, found: bool) -> None:
    patterns = Patterns("files", {"all": Pattern("calls/{phone}/**", {})}, Spelling(region=region), 1000)
    (wanted,) = patterns.wanted([Identifier(kind="phone", value="+4512345678")])
    assert any(dict(one) == wanted.values for one in patterns.identities("all", name)) is found


@given(value=st.text(min_size=1, max_size=12))
def test_a_value_stands_for_itself_alone(value: str) -> None:
    """Whatever is in it: slashes, dots, stars, braces, NUL."""
    try:
        asked = Identifier(kind="customer", value=value)
    except ValueError:
        return
    spelling = Spelling()
    patterns = Patterns("files", {"all": Pattern("c/{customer}/**", {})}, spelling, 1000)
    (wanted,) = patterns.wanted([asked])
    for name in ("c/42/x", "c/a/x", "c/*/x", "c/../x", "d/x", f"c/{value}/x", f"c/{value}0/x"):
        bearers = [dict(one)["customer"] for one in patterns.identities("all", name)]
        for bearer in bearers:
            same = unicodedata.normalize("NFC", bearer) == wanted.values["customer"]
            assert (bearer == spelling.form("customer", asked.value)) == same
        assert not any("/" in one or one in (".", "..") or "\0" in one for one in bearers)
