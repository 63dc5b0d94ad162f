"""Rows of cases: what passes through, what a bad row says, and that the rest go on."""

import csv
import io
import json
import sys

import pytest

from habeas.errors import BadInput
from habeas.law import compute
from habeas.law.rows import records
from habeas.law.table import INPUTS, Table, read_case
from tests.law.kit import dates
from workers.cli.app import run

GOOD = {"regime": "EU-GDPR", "jurisdiction": "DK", "right": "access", "received_at": "2026-11-23T09:15:00+01:00"}


def row(**cells: str) -> list[str]:
    """The written row for one case, after the names of its columns."""
    table = Table(list({**GOOD, **cells}))
    return [*table.header, *table.row(list({**GOOD, **cells}.values()))]


def told(**cells: str) -> dict[str, str]:
    """The written row, by its columns."""
    whole = row(**cells)
    half = len(whole) // 2
    return dict(zip(whole[:half], whole[half:], strict=True))


def test_columns_are_added_at_the_end_or_written_where_they_are() -> None:
    assert Table([*GOOD, "note"]).header == (
        *GOOD, "note", "acknowledge_by", "due_on", "extended_due_on", "notice_latest_on", "citation", "uncertain",
        "error",
    )  # fmt: skip
    found = told(due_on="1999-01-01", note="kept, as it is")
    assert (found["due_on"], found["note"], found["error"]) == ("2026-12-23", "kept, as it is", "")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"regime": "EU-GDRP"}, "codes are"),
        ({"regime": ""}, "codes are"),
        ({"jurisdiction": "NO"}, "EEA-GDPR"),
        ({"jurisdiction": ""}, "jurisdiction is a code"),
        ({"jurisdiction": "ZZ"}, "no law of that place"),
        ({"right": "erase"}, "right is not known"),
        ({"received_at": ""}, "received_at is not a date"),
        ({"received_at": "yesterday"}, "received_at is not a date"),
        ({"received_at": "2027-02-30"}, "received_at is not a date"),
        ({"received_at": "2027-01-01T25:00"}, "received_at is not a date"),
        ({"received_at": "9999-12-31T23:59:59-12:00"}, "out of reach"),
        ({"received_at": "0001-01-01"}, "out of reach"),
        ({"received_at": "2126-03-02"}, "out of reach: it must lie between 1900 and 2050"),
        ({"received_at": "2017-01-01"}, "in force from 2018-05-25"),
        ({"extended": "maybe"}, "true or false"),
        ({"clock_tz": "Mars/Olympus"}, "not a time zone"),
        ({"clock_tz": "../etc/passwd"}, "not a time zone"),
        ({"clock_tz": "Europe"}, "not a time zone"),
        ({"clock_tz": "localtime"}, "not a time zone"),
        ({"clock_tz": "posix/Europe/Copenhagen"}, "not a time zone"),
        ({"paused_from": "2026-11-24"}, "still open"),
        ({"paused_to": "2026-11-24"}, "without paused_from"),
        ({"paused_from": "2026-11-30", "paused_to": "2026-11-24"}, "ends before it starts"),
        ({"paused_from": "2026-11-01", "paused_to": "2026-11-24"}, "before the request"),
        ({"paused_from": "2026-11-24", "paused_to": "9999-12-31"}, "out of reach"),
        (
            {"paused_from": "2026-11-24", "paused_to": "2026-11-25", "pause_reason": "lunch"},
            "pause_reason is not known",
        ),
        ({"requested_on": "2026-12-24"}, "dated after"),
    ],
)
def test_a_bad_row_says_why_and_has_no_dates(cells: dict[str, str], said: str) -> None:
    found = told(**{"due_on": "1999-01-01", **cells})
    assert said in found["error"]
    assert not any(
        found[name] for name in ("acknowledge_by", "due_on", "extended_due_on", "notice_latest_on", "citation")
    )


def test_an_error_never_repeats_a_cell() -> None:
    for column in ("regime", "jurisdiction", "right", "received_at", "clock_tz", "extended"):
        assert "Jane Doe" not in told(**{column: "Jane Doe"})["error"]


@pytest.mark.parametrize(
    ("received_at", "clock_tz", "expected"),
    [
        ("2027-06-30T22:30:00Z", "Europe/Oslo", "2027-08-02"),
        ("2027-06-30T22:30:00z", "", "2027-08-02"),
        ("2027-07-01", "", "2027-08-02"),
        ("2027-07-01 00:30", "", "2027-08-02"),
        (" 2027-07-01T00:30:00 ", "Europe/Oslo", "2027-08-02"),
        ("2027-06-30T22:30:00Z", "UTC", "2027-07-30"),
        ("2027-06-30T22:30:00+0000", "Europe/London", "2027-07-30"),
        ("2027-03-28T02:30:00", "", "2027-04-28"),  # an hour that does not exist there
    ],
)
def test_times_with_and_without_offset(received_at: str, clock_tz: str, expected: str) -> None:
    # 30 Jul 2027 is a Friday, 1 Aug a Sunday
    case = read_case(
        {"regime": "EEA-GDPR", "jurisdiction": "NO", "right": "access"}
        | {"received_at": received_at, "clock_tz": clock_tz}
    )
    assert str(compute(case).due_on) == expected


@pytest.mark.parametrize("text", ["true", "TRUE", "True", "t", "yes", "Y", "1", " true "])
def test_extended_is_read_as_people_write_it(text: str) -> None:
    assert told(extended=text)["extended_due_on"] == "2027-02-23"


@pytest.mark.parametrize("text", ["", "false", "FALSE", "f", "no", "N", "0"])
def test_not_extended_is_read_as_people_write_it(text: str) -> None:
    assert told(extended=text)["extended_due_on"] == ""


@pytest.mark.parametrize(
    ("regime", "place", "right", "reason", "expected"),
    [
        ("US-CCPA", "US-CA", "access", "identity", "2027-04-15"),  # this clock does not wait
        ("UK-GDPR", "GB-ENG", "erasure", "clarification", "2027-04-01"),
        ("CH-FADP", "CH", "access", "fee", "2027-04-12"),  # the ten days run from the question
        ("UK-GDPR", "GB-ENG", "access", "clarification", ""),
        ("ZA-PAIA", "ZA", "access", "particulars", ""),
    ],
)
def test_an_open_pause_stops_only_a_clock_that_waits(
    regime: str, place: str, right: str, reason: str, expected: str
) -> None:
    cells = {"regime": regime, "jurisdiction": place, "right": right, "pause_reason": reason}
    found = told(**cells, received_at="2027-03-01", paused_from="2027-03-03", paused_to="")
    assert found["due_on"] == expected
    assert ("still open" in found["error"]) is (not expected)


def test_codes_may_be_written_in_any_case() -> None:
    paused = {"paused_from": "2027-01-13", "paused_to": "2027-01-20", "pause_reason": "Identity"}
    found = told(regime="eu-gdpr", jurisdiction="dk", right="Access", received_at="2027-01-12", **paused)
    assert (found["due_on"], found["error"], found["regime"]) == ("2027-02-19", "", "eu-gdpr")


def test_an_uncertain_figure_says_so() -> None:
    assert told()["uncertain"] == ""
    montana = told(regime="US-STATE", jurisdiction="US-MT", right="withdraw_consent")
    assert "MCA 30-14-2808" in montana["uncertain"]
    eve = told(jurisdiction="FI", received_at="2026-05-19T10:00:00+03:00")
    assert eve["due_on"] == "2026-06-22"
    assert "Midsummer Eve" in eve["uncertain"]
    assert told(received_at="2026-11-23T23:30:00Z")["uncertain"] == "which zone decides the date"


def test_a_pause_without_a_reason_has_the_one_that_fits() -> None:
    paused = {"received_at": "2027-03-01", "paused_from": "2027-03-03", "paused_to": "2027-03-10"}
    assert told(regime="ZA-PAIA", jurisdiction="ZA", **paused)["due_on"] == "2027-04-09"
    assert told(regime="CH-FADP", jurisdiction="CH", **paused)["due_on"] == "2027-04-12"
    assert told(regime="EU-GDPR", jurisdiction="IE", **paused)["due_on"] == "2027-04-08"
    assert told(regime="US-CCPA", jurisdiction="US-CA", **paused)["due_on"] == "2027-04-15"


def test_a_pause_given_as_times_counts_by_local_dates() -> None:
    cells = {"received_at": "2027-01-12", "paused_from": "2027-01-12T23:30:00Z", "paused_to": "2027-01-20"}
    assert told(**cells)["due_on"] == "2027-02-19"  # 00:30 on 13 Jan in Copenhagen


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_table_without_a_needed_column_is_refused(missing: str) -> None:
    with pytest.raises(BadInput, match=missing):
        Table([name for name in GOOD if name != missing])


def test_a_column_that_stands_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="due_on"):
        Table([*GOOD, "due_on", "due_on"])
    assert Table([*GOOD, "note", "note"])


def test_short_and_long_rows() -> None:
    table = Table([*GOOD, "note"])
    assert table.row([*GOOD.values()])[6] == "2026-12-23"
    long = dict(zip(table.header, table.row([*GOOD.values(), "a", "b"]), strict=True))
    assert "The row has 6 cells for 5 columns: note holds" in long["error"]
    assert {name: long[name] for name in GOOD} == GOOD
    assert (long["note"], long["due_on"]) == ("a,b", "")


def test_cells_that_are_too_many_are_kept_where_nothing_is_written_over_them() -> None:
    table = Table([*GOOD, "citation", "error"])
    found = dict(zip(table.header, table.row([*GOOD.values(), "x", "y", "z"]), strict=True))
    assert found["received_at"] == GOOD["received_at"] + ",z"
    assert "received_at holds those that are too many" in found["error"]


def through(
    text: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[bytes], *words: str
) -> tuple[int, bytes]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    code = run(["law", "compute", *words])
    return code, capsys.readouterr().out


def test_one_bad_row_and_the_rest_go_on(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    lines = ["regime,jurisdiction,right,received_at,note", "EU-GDPR,DK,access,2026-11-23,a", "EU-GDPR,DK,access,,b", ""]
    lines += ["EU-GDPR,DK,erasure,2026-11-25,c", 'EU-GDPR,DK,access,2026-11-23,"x\ny"', "EU-GDPR,DK,access"]
    code, out = through("\n".join(lines).encode(), monkeypatch, capsysbinary)
    found = list(csv.DictReader(io.StringIO(out.decode(), newline="")))
    assert code == 0
    assert [each["due_on"] for each in found] == ["2026-12-23", "", "2026-12-28", "2026-12-23", ""]
    assert [bool(each["error"]) for each in found] == [False, True, False, False, True]
    assert found[3]["note"] == "x\ny"


def test_what_is_not_text_passes_through(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    text = b"\xef\xbb\xbfregime,jurisdiction,right,received_at,note\r\nEU-GDPR,DK,access,2026-11-23,\xff\xfe\r\n"
    code, out = through(text, monkeypatch, capsysbinary)
    assert code == 0
    assert out.startswith(b"regime,")
    assert b",\xff\xfe," in out
    assert b"2026-12-23" in out


@pytest.mark.parametrize("huge", ["x" * 200_000, '"' + "x\n" * 100_000 + '"', "x" * 2_000_000])
def test_a_cell_that_is_too_long_is_left_out_and_only_that_one(
    huge: str, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    good, size = ",".join(GOOD.values()), len(huge.strip('"'))
    lines = [",".join([*GOOD, "note", "case"]), f"{good},{huge},K-7", f"{good},a,K-8"]
    code, out = through("\n".join(lines).encode(), monkeypatch, capsysbinary)
    found = list(csv.DictReader(io.StringIO(out.decode(), newline="")))
    assert code == 0
    assert found[0] == found[0] | GOOD | {"note": "", "case": "K-7", "due_on": ""}
    assert f"note has {size} characters, more than 131072: it is left out." in found[0]["error"]
    assert (found[1]["case"], found[1]["due_on"]) == ("K-8", "2026-12-23")


@pytest.mark.parametrize("line", ['EU-GDPR,DK,access,2026-11-23,"' + "x" * 2_000_000, 'EU-GDPR,"DK'])
def test_a_line_that_is_no_csv(line: str) -> None:
    good = ",".join(GOOD.values()) + ",b"
    found = answers([",".join([*GOOD, "note"]), line, good])
    assert "Line 2 is not CSV" in found[0]["error"]
    assert found[1]["due_on"] == "2026-12-23"


def answers(lines: list[str]) -> list[dict[str, str]]:
    """The written rows of a table of text."""
    read = records((f"{line}\n" for line in lines), INPUTS)
    table = Table([*next(read)])
    rows = [table.broken(each) if isinstance(each, str) else table.row(each) for each in read]
    return [dict(zip(table.header, each, strict=True)) for each in rows]


@pytest.mark.parametrize("broken", ['EU-GDPR,DK,access,"2026-11-23,a', 'EU-GDPR,DK,access,2026-11-23,"a', '"'])
@pytest.mark.parametrize("after", [1, 3, 3000])
def test_a_quotation_mark_that_is_never_closed_takes_no_other_row_with_it(broken: str, after: int) -> None:
    good = "EU-GDPR,DK,access,2026-11-23,b"
    found = answers(["regime,jurisdiction,right,received_at,note", good, broken, *[good] * after])
    assert [bool(each["error"]) for each in found] == [False, True, *[False] * after]
    assert all(each["due_on"] == "2026-12-23" for each in found if not each["error"])
    assert "Line 3 is not CSV" in found[1]["error"]


def test_two_stray_marks_break_two_rows() -> None:
    good, stray = "EU-GDPR,DK,access,2026-11-23,b", 'EU-GDPR,DK,"access,2026-11-23,c'
    found = answers(["regime,jurisdiction,right,received_at,note", stray, good, good, stray, good])
    assert [bool(each["error"]) for each in found] == [True, False, False, True, False]


def test_blank_lines_and_cells_of_several_lines() -> None:
    lines = [
        "regime,jurisdiction,right,received_at,note",
        "",
        "   ",
        'EU-GDPR,DK,access,2026-11-23,"a',
        "",
        'b, ""c"""',
    ]
    found = answers([*lines, "", ",,,,"])
    assert [each["note"] for each in found] == ['a\n\nb, "c"', ""]
    assert [bool(each["error"]) for each in found] == [False, True]


@pytest.mark.parametrize("text", [b"", b"\n", b"regime,right\n"])
def test_a_table_that_is_none(
    text: bytes, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert through(text, monkeypatch, capsysbinary) == (2, b"")


def test_json_and_explanations(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    text = ",".join(GOOD) + "\n" + ",".join(GOOD.values())
    code, out = through(text.encode(), monkeypatch, capsysbinary, "--json", "--explain")
    found = json.loads(out)
    assert (code, found["due_on"]) == (0, "2026-12-23")
    assert "Wednesday 23 December 2026" in found["explanation"]


def test_options(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    text = b"regime,jurisdiction,right,received_at\nUK-GDPR,GB-ENG,access,2027-01-12\nEU-GDPR,DK,access,2027-01-12\n"
    _, out = through(text, monkeypatch, capsysbinary, "--option", "UK-GDPR:beginning_with")
    assert [each["due_on"] for each in csv.DictReader(io.StringIO(out.decode()))] == ["2027-02-11", "2027-02-12"]
    code, _ = through(text, monkeypatch, capsysbinary, "--option", "beginning_with")
    assert code == 2


def test_rows_and_functions_agree() -> None:
    found = told(extended="true")
    four = dates(compute(read_case({**GOOD, "extended": "true"})))
    assert four == tuple(found[name] for name in ("acknowledge_by", "due_on", "extended_due_on", "notice_latest_on"))
