"""``habeas letter``: every kind can be looked at; reports of lost letters are taken, others refused with a code."""

from __future__ import annotations

import uuid
from pathlib import Path

from activities.letters import LANGUAGES, Kind
from activities.letters.exists import default_right, why_not
from tests.cli.conftest import Habeas, run_here
from tests.cli.test_policy import SETTINGS
from tests.letters.reports import report
from tests.office.world import World
from tests.policies.reading import CONTROLLERS
from workers.cli.exits import ExitCode


def test_every_kind_is_listed_with_its_reader() -> None:
    said = run_here("letter", "list", "--json")
    assert said.code == ExitCode.OK
    assert {row["kind"] for row in said.json} == set(Kind)
    assert {row["to"] for row in said.json if row["kind"].startswith("staff_")} == {"staff"}


def test_a_letter_is_shown_under_a_law_in_a_language(tmp_path: Path) -> None:
    page = tmp_path / "out" / "refusal.html"
    words = ("letter", "preview", "refusal", "--regime", "US-STATE", "--place", "US-VA", "--language", "fr")
    said = run_here(*words, "--right", "erasure")
    assert said.code == ExitCode.OK
    assert "contester cette décision" in " ".join(said.out.split())
    assert run_here(*words, "--html", str(page)).out.strip() == f"Written: {page}"
    assert '<html lang="fr">' in page.read_text(encoding="utf-8")
    assert run_here(*words, "--json").json["language"] == "fr"


def test_a_delay_is_shown_as_it_could_be_announced(tmp_path: Path) -> None:
    told = " ".join(run_here("letter", "preview", "delay", "--regime", "EU-GDPR", "--place", "DK").out.split())
    assert "taking longer than we promised" in told
    assert "We expect to answer on 7 April 2026" in told  # the law's last day: 2 April is Maundy Thursday
    (tmp_path / "controllers").mkdir()
    (tmp_path / "habeas.toml").write_text(SETTINGS)
    demo = (CONTROLLERS / "demo.toml").read_text()
    words = ("letter", "preview", "delay", "--controller", "demo", "--config", str(tmp_path / "habeas.toml"))
    for promise, said, day in (
        ("", "taking longer than it should", "22 April 2026"),
        ("[promise]\ndays = 20\n", "taking longer than we promised", "7 April 2026"),
    ):
        (tmp_path / "controllers" / "demo.toml").write_text(demo + promise)
        told = " ".join(run_here(*words, "--language", "en").out.split())
        assert said in told
        assert f"We expect to answer on {day}" in told
    japan = run_here("letter", "preview", "delay", "--regime", "JP-APPI")
    assert "taking longer than we promised" in japan.out


def test_every_kind_in_every_language_is_written(tmp_path: Path) -> None:
    said = run_here("letter", "preview", "--all", str(tmp_path), "--json")
    there = [kind for kind in Kind if why_not(kind, "EU-GDPR", "DK", default_right(kind)) is None]
    # The GDPR knows no appeal to the controller.
    assert {*Kind} - {*there} == {Kind.REMEDY_DECISION}
    staff = sum(kind.to_staff for kind in there)
    files = len(list(tmp_path.iterdir()))
    assert said.json["written"] == 2 * (staff + (len(there) - staff) * len(LANGUAGES)) == files


def test_what_there_is_not_is_named() -> None:
    for words, told in (
        (("preview", "poem"), "There is no letter 'poem'"),
        (("preview", "refusal", "--regime", "XX-LAW"), "There is no regime 'XX-LAW'"),
        (("preview", "refusal", "--regime", "US-CCPA", "--place", "DK"), "is not the law of DK"),
        (("preview", "refusal", "--right", "silence"), "There is no right 'silence'"),
        (("preview",), "Which letter?"),
        (("preview", "extension", "--regime", "CA-QC-25"), "lets nobody extend the term"),
        (("preview", "fee", "--regime", "US-CCPA", "--right", "opt_out_sale"), "No fee may be asked"),
        (("preview", "completion_erasure", "--right", "access"), "a letter about erasure, not about access"),
        (("preview", "refusal", "--regime", "ZA-PAIA", "--right", "portability"), "gives no right of portability"),
        (("preview", "code", "--regime", "US-CCPA", "--right", "opt_out_sale"), "lets nobody ask for a proof"),
        (("preview", "recipient_notice", "--regime", "JP-APPI"), "has no recipients told of"),
    ):
        said = run_here("letter", *words)
        assert said.code == ExitCode.BAD_INPUT
        assert told in said.err


async def test_a_report_is_taken_and_another_refused(here: World, habeas: Habeas, tmp_path: Path) -> None:
    address = here.person()
    opened = await habeas("request", "open", "--right", "access", "--email", address, "--by", "Kim", "--json")
    await here.code(address)
    async with here.ledger.begin() as tx:
        row = next(one for one in await tx.letters(opened.json["id"]) if one.kind == "code")
    file = tmp_path / "dsn.eml"
    file.write_bytes(report(f"<{row.id}@nordlys.example>", to=address))
    said = await habeas("letter", "bounced", str(file), "--json")
    assert said.code == 0, said.err
    assert (said.code, said.json["noted"], said.json["request"]) == (0, "bounced", opened.json["id"])
    file.write_bytes(report(f"<{uuid.uuid4()}@nordlys.example>", to=address))
    unknown = await habeas("letter", "bounced", str(file), "--json")
    assert (unknown.code, unknown.error["code"]) == (65, "bad_input")
    file.write_bytes(b"Subject: I am away\r\n\r\nuntil Monday\r\n")
    away = await habeas("letter", "bounced", str(file))
    assert away.code == 65
    assert address not in unknown.err + away.err + said.out
