"""``habeas policy``: faults with their lines, what is open and why, promise against statute, what keeps a promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import run_here
from tests.policies.reading import CONTROLLERS, FIVE, installed
from workers.cli.exits import ExitCode

ROOT = Path(__file__).parents[2]
SETTINGS = """\
policies = "controllers"
[ledger]
url = "postgresql://u@127.0.0.1/x"
[keys]
master_file = "master.keys"
[storage]
url = "file:///var/x"
[mail]
host = "127.0.0.1"
port = 25
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """An installation that serves the demo's controller with the sample stores, none of which is asked anything."""
    (tmp_path / "controllers").mkdir()
    (tmp_path / "controllers" / "demo.toml").write_bytes((CONTROLLERS / "demo.toml").read_bytes())
    tables = [
        f'[systems.{path.stem}]\nconnector = "sql"\nurl = "postgresql://u@127.0.0.1/{path.stem}"\nmap = "{path}"\n'
        for path in sorted((ROOT / "deploy/samples/maps").glob("*.toml"))
    ]
    file = tmp_path / "habeas.toml"
    file.write_text(SETTINGS + "".join(tables))
    return file


def test_what_is_whole_is_said_to_be(tmp_path: Path) -> None:
    folder = installed(tmp_path / "all", *FIVE)
    said = run_here("policy", "check", "--folder", str(folder))
    assert said.code == ExitCode.OK
    assert said.out.count(": whole.") == len(FIVE)
    assert "dignio.local.toml: 1 to consider" in " ".join(said.out.split())


def test_what_is_open_and_what_is_wrong_come_apart_with_their_lines(tmp_path: Path) -> None:
    folder = installed(tmp_path / "some", "opendims")
    (folder / "opendims.local.toml").write_text('[controller]\nadress = "x"\n')
    said = run_here("policy", "check", str(folder / "opendims.toml"), "--json")
    assert said.code == ExitCode.CONFIGURATION
    answer = said.json
    assert [(Path(fault["file"]).name, fault["line"], fault["key"]) for fault in answer["faults"]] == [
        ("opendims.local.toml", 2, "controller.adress")
    ]
    assert {"open.controller.address", "open.staff.accounts"} <= {row["key"] for row in answer["open"]}
    assert all(row["line"] and "opendims.local.toml" in row["remedy"] for row in answer["open"])
    shown = run_here("policy", "check", str(folder / "opendims.toml"))
    assert "1 to mend" in shown.out
    assert "9 left open" in shown.out
    assert "The text gives no address." in shown.out


def test_what_has_no_effect_is_said_and_nothing_is_refused_for_it(settings: Path) -> None:
    file = settings.parent / "controllers" / "demo.toml"
    file.write_text(
        file.read_text() + '\n[promise]\ndays = 400\n[[regimes]]\ncode = "US-STATE"\njurisdictions = ["US-VT"]\n'
    )
    for words in (("--config", str(settings)), (str(file),)):
        said = run_here("policy", "check", *words, "--json")
        assert (said.code, said.json["faults"]) == (ExitCode.OK, [])
        assert [row["key"] for row in said.json["advice"]] == ["regimes[2].jurisdictions[0]", "promise.days"]
        assert all(row["line"] for row in said.json["advice"])
    shown = run_here("policy", "check", str(file))
    assert "whole. 2 to consider" in shown.out
    assert "2028-01-01" in shown.out


def test_what_no_part_of_habeas_keeps_is_shown_as_not_held(tmp_path: Path) -> None:
    folder = installed(tmp_path / "one", "dimpo")
    words = ("policy", "show", "dimpo", "--promises", "--folder", str(folder))
    lines = {row["line"]: row for row in run_here(*words, "--json").json["promises"]}
    assert "gives no notice" in lines["L111-113"]["not_held"]
    assert lines["L123"]["not_held"] is None
    assert "Not held: Nothing tells Habeas of a disclosure" in " ".join(run_here(*words).out.split())


def test_the_law_that_answers_each_right_is_shown(settings: Path) -> None:
    words = ("policy", "show", "demo", "--config", str(settings), "--received", "2026-11-30", "--json")
    rows = {(row["place"], row["right"]): row["regime"] for row in run_here(*words).json["terms"]}
    assert rows["CA", "access"] == "CA-PIPEDA"
    assert rows["CA", "objection"] == rows["DK", "objection"] == "EU-GDPR"


def test_terms_are_shown_where_the_establishment_has_no_law_that_is_known(settings: Path) -> None:
    file = settings.parent / "controllers" / "demo.toml"
    file.write_text(file.read_text().replace('establishment = "DK"', 'establishment = "US-NY"'))
    words = ("policy", "show", "demo", "--config", str(settings), "--received", "2026-11-30", "--json")
    assert {row["regime"] for row in run_here(*words).json["terms"]} == {"EU-GDPR", "CA-PIPEDA"}


def test_an_installation_s_own_policies_are_checked_against_its_systems(settings: Path) -> None:
    assert run_here("policy", "check", "--config", str(settings)).code == ExitCode.OK
    text = settings.read_text()
    settings.write_text(text[: text.index("[systems.crm]")] + text[text.index("[systems.support]") :])
    said = run_here("policy", "check", "--config", str(settings), "--json")
    assert said.code == ExitCode.CONFIGURATION
    assert "systems[0]" in {fault["key"] for fault in said.json["faults"]}


def test_a_system_without_words_in_a_language_of_the_controller_is_named(settings: Path, tmp_path: Path) -> None:
    sample = ROOT / "deploy/samples/maps/crm.toml"
    text = sample.read_text().replace(', "fr", "de"]', ', "de"]')
    french, german = text.index("[words.fr]"), text.index("[words.de]")
    (tmp_path / "crm.toml").write_text(text[:french] + text[german:])
    settings.write_text(settings.read_text().replace(str(sample), str(tmp_path / "crm.toml")))
    said = run_here("policy", "check", "--config", str(settings), "--json")
    assert said.code == ExitCode.CONFIGURATION
    (fault,) = said.json["faults"]
    assert fault["key"] == "systems[0]"
    assert fault["line"]
    assert fault["message"].startswith("'crm' has no words in 'fr' for \"Customer relations\", ")
    assert '"data of our employee, not yours"' in fault["message"]
    assert "[words.fr]" in fault["remedy"]


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    said = run_here("policy", "check", str(tmp_path / "nobody.toml"), "--json")
    assert said.code == ExitCode.CONFIGURATION
    assert "no policy file" in said.json["faults"][0]["message"]


def test_a_controller_is_shown_with_promise_and_statute_side_by_side(tmp_path: Path) -> None:
    folder = installed(tmp_path / "one", "dialogra")
    words = ("policy", "show", "dialogra", "--folder", str(folder), "--received", "2027-01-31")
    rows = {(row["regime"], row["right"]): row for row in run_here(*words, "--json").json["terms"]}
    access = rows["EU-GDPR", "access"]
    assert (access["statute"], access["promise"], access["effective"]) == ("2027-03-01", "2027-03-02", "2027-03-01")
    shown = run_here(*words, "--promises")
    assert "L130-135" in shown.out
    assert "10 years (Codice civile (Italy), art. 2220)" in shown.out
    assert "promise.delay_notice" in shown.out


def test_a_promised_right_that_no_law_gives_has_the_promise_s_date(tmp_path: Path) -> None:
    folder = installed(tmp_path / "one", "dimpo")
    said = run_here("policy", "show", "dimpo", "--folder", str(folder), "--received", "2027-05-26", "--json").json
    rows = {(row["regime"], row["right"]): row for row in said["terms"]}
    beyond = rows["CA-PIPEDA", "restriction"]
    assert (beyond["statute"], beyond["effective"]) == (None, "2027-06-25")


def test_whoever_is_not_there_and_a_day_that_is_none_are_refused(tmp_path: Path) -> None:
    folder = installed(tmp_path / "one", "dialogra")
    assert run_here("policy", "show", "nobody", "--folder", str(folder)).code == ExitCode.BAD_INPUT
    said = run_here("policy", "show", "dialogra", "--folder", str(folder), "--received", "yesterday")
    assert said.code == ExitCode.BAD_INPUT
