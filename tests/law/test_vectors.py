"""The 64 published cases, to the day: through the function, and through the command that staff run."""

import csv
import io
import sys
from pathlib import Path

import pytest

from habeas.law import compute
from habeas.law.table import DATES, read_case
from workers.cli.app import run

VECTORS = Path(__file__).with_name("vectors.csv")
ROWS = list(csv.DictReader(VECTORS.read_text(encoding="utf-8").splitlines()))
FOUR = DATES[:4]


def test_all_vectors_are_here() -> None:
    assert len(ROWS) == 64


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_vector(row: dict[str, str]) -> None:
    found = compute(read_case(row))
    assert {name: str(getattr(found, name) or "") for name in FOUR} == {name: row[name] for name in FOUR}, row["note"]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_zone_of_the_place_is_the_vectors_zone(row: dict[str, str]) -> None:
    assert compute(read_case({**row, "clock_tz": ""})).clock_tz == row["clock_tz"]


def test_command_overwrites_what_stood_there(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    wrong = [{**row, "due_on": "1999-01-01", "acknowledge_by": "x"} for row in ROWS]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(ROWS[0]))
    writer.writeheader()
    writer.writerows(wrong)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.getvalue().encode())))
    assert run(["law", "compute"]) == 0
    written = list(csv.DictReader(io.StringIO(capsysbinary.readouterr().out.decode(), newline="")))
    assert [[row[name] for name in ROWS[0]] for row in written] == [list(row.values()) for row in ROWS]
    assert all(row["citation"] and not row["error"] for row in written)
