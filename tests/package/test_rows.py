"""Values as JSON, as CSV and on the page."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from activities.package.jsonl import json_line
from activities.package.page import words_for
from activities.package.preview import LEAD, SHOWN, show
from activities.package.rows import csv_cell

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_json_is_exact_and_on_one_line(value: JsonValue) -> None:
    line = json_line(value)
    assert b"\n" not in line
    assert json.loads(line) == value


def test_json_knows_huge_integers_halves_of_characters_and_no_nan() -> None:
    value: JsonValue = {"n": 10**40, "s": "\ud83d", "x": [float("nan"), float("inf"), 1.5]}
    assert json.loads(json_line(value)) == {"n": 10**40, "s": "\ud83d", "x": [None, None, 1.5]}


@given(st.text(st.characters() | st.sampled_from("=+-@\t\r\n ＝'\",;"), max_size=20))
def test_no_text_is_a_formula(text: str) -> None:
    cell = csv_cell(text)
    assert cell.lstrip()[:1] not in {*"=+@＝＋－＠"}
    assert cell in {text, f"'{text}"}


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=10), min_size=2, max_size=5))
def test_what_is_written_as_csv_is_read_again(texts: list[str]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow([csv_cell(text) for text in texts])
    (row,) = csv.reader(io.StringIO(out.getvalue(), newline=""))
    assert [cell.removeprefix("'") for cell in row] == [text.removeprefix("'") for text in texts]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (-5, "-5"),
        (1.5, "1.5"),
        ("-5", "-5"),
        ("-1250,00", "-1250,00"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("+45 12", "'+45 12"),
        ("  =1+1", "'  =1+1"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        (["=1"], '["=1"]'),
    ],
)
def test_cells(value: JsonValue, cell: str) -> None:
    assert csv_cell(value) == cell


EN = words_for("en")


@given(JSON)
def test_any_value_can_be_shown(value: JsonValue) -> None:
    show(value, EN, "Europe/Copenhagen")


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "empty", ""),
        ("", "empty", ""),
        ([], "empty", ""),
        (False, "plain", "No"),
        (0, "plain", "0"),
        ("2024-02-29", "time", "29 February 2024"),
        ("2024-07-01T22:30:00+00:00", "time", "2 July 2024, 00:30 (CEST)"),
        ("2024-07-01 22:30:00", "time", "1 July 2024, 22:30"),
        ("2023-02-29", "text", "2023-02-29"),
        ("9999-12-31T23:59:59Z", "text", "9999-12-31T23:59:59Z"),
        ("2024", "text", "2024"),
    ],
)
def test_how_values_are_shown(value: JsonValue, kind: str, text: str) -> None:
    node = show(value, EN, "Europe/Copenhagen")
    assert (node.kind, node.text) == (kind, text)


def test_long_text_is_folded_and_longer_text_cut() -> None:
    long, longer = show("word " * 100, EN, "UTC"), show("word " * 1000, EN, "UTC")
    assert (long.kind, long.cut, len(long.text) <= LEAD) == ("long", False, True)
    assert long.text + long.more == "word " * 100
    assert longer.cut
    assert len(longer.text + longer.more) == SHOWN


def test_nesting_ends_in_plain_json() -> None:
    value: JsonValue = "deep"
    for _ in range(10):
        value = {"in_here": value}
    node = show(value, EN, "UTC")
    assert node.items[0][0] == "In here"
    for _ in range(4):
        node = node.items[0][1]
    assert node.kind == "text"
    assert node.text.startswith('{"in_here":')
    assert show(list(range(50)), EN, "UTC").cut
