"""Reports, and who sees to a request: the same on this machine and over the API."""

import asyncio
import csv
from io import StringIO
from pathlib import Path

import pytest

from activities.ledger.watch_tables import heartbeat
from habeas.model import Stage
from habeas.watch import Finding, FindingKind
from tests.cli.conftest import Habeas, Said, run_here
from tests.office.world import World
from workers.cli.exits import ExitCode


async def test_a_request_is_taken_found_as_ones_own_and_handed_on(
    habeas: Habeas, here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HABEAS_BY", "Kim")
    request_id = await here.open(here.person())
    taken = await habeas("request", "take", request_id, "--by", "Kim", "--json")
    assert (taken.code, taken.json["held_by"]) == (ExitCode.OK, "Kim")
    mine = await habeas("request", "list", "--mine", "--limit", "1000", "--json")
    assert request_id in {one["id"] for one in mine.json}
    put_back = await habeas("request", "hand", request_id, "--by", "Kim", "--json")
    assert put_back.json["held_by"] is None
    nobodys = await habeas("request", "list", "--nobodys", "--limit", "1000", "--json")
    assert request_id in {one["id"] for one in nobodys.json}
    handed = await habeas("request", "hand", request_id, "--to", "Noor", "--by", "Kim")
    assert "Noor sees to it" in handed.out


async def test_reports_are_made_for_people_programs_and_tables(habeas: Habeas, here: World) -> None:
    await here.open(here.person())
    period = ("--controller", "demo", "--from", "2026-01-01", "--to", "2099-12-31")
    made = await habeas("report", *period, "--json")
    assert made.json["total"]["figures"]["received"] >= 1
    assert made.json["complete"] is False
    shown = await habeas("report", *period)
    assert "not over" in shown.out
    rows = list(csv.DictReader(StringIO((await habeas("report", *period, "--csv")).out)))
    assert int(rows[-1]["received"]) == made.json["total"]["figures"]["received"]
    metrics = await habeas("report", "--controller", "demo", "--california", "2026", "--json")
    assert [line["of"] for line in metrics.json["lines"]] == ["delete", "correct", "know", "opt_out", "limit"]
    for wrong in (("--from", "2026-01-01"), ("--california", "2026", "--from", "2026-01-01"), (*period, "--everyone")):
        assert (await habeas("report", *wrong)).code == ExitCode.BAD_INPUT


async def test_where_only_the_api_is_at_hand_systems_are_what_it_knows_of_them(
    here: World, served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await here.office.make_token("Kim", title="test", may=("auditor",), by="Kim")
    monkeypatch.setenv("HABEAS_API", served)
    monkeypatch.setenv("HABEAS_TOKEN", made.text)
    monkeypatch.delenv("HABEAS_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)

    async def says(*words: str) -> Said:
        return await asyncio.to_thread(run_here, *words)

    listed = await says("system", "list", "--json")
    assert (listed.code, "crm" in {one["system"] for one in listed.json}) == (ExitCode.OK, True)
    assert (await says("system", "check", "crm", "--json")).json["system"] == "crm"
    assert (await says("system", "check", "nowhere")).code == ExitCode.BAD_INPUT
    shown = await says("policy", "show", "demo")
    assert shown.code == ExitCode.BAD_INPUT
    assert "on the server" in shown.err


async def test_a_monitor_learns_by_the_exit_code_whether_anything_is_wrong(habeas: Habeas, here: World) -> None:
    async with here.ledger.begin() as tx:
        await tx._run(heartbeat.delete())
    nobody = await habeas("watch", "--json")
    assert (nobody.code, nobody.json["stale"]) == (ExitCode.UNEXPECTED, True)
    now = here.office._now()
    async with here.ledger.begin() as tx:
        await tx.beat("watched", now)
    assert (await habeas("watch", "--quiet")).code == ExitCode.OK
    found = Finding(kind=FindingKind.SWEEP_QUIET, about="habeas-sweep", since=now)
    async with here.ledger.begin() as tx:
        await tx.note_findings([found], frozenset(FindingKind), now)
    wrong = await habeas("watch")
    assert (wrong.code, "docs/runbooks/sweep_quiet.md" in wrong.out) == (ExitCode.UNEXPECTED, True)
    async with here.ledger.begin() as tx:
        await tx.note_findings([], frozenset(FindingKind), now)


async def test_the_forecast_says_what_is_open_and_what_is_in_the_way(habeas: Habeas, here: World) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    made = await habeas("forecast", "--controller", "demo", "--json")
    foreseen = made.json["foreseen"]
    assert sum(foreseen["verdicts"].values()) == foreseen["requests"] > 0
    assert {one["name"] for one in foreseen["lanes"]} >= {"people", "crm", "billing", "support"}
    shown = await habeas("forecast")
    assert f"{foreseen['requests']} open" in shown.out
    wrong = await habeas("forecast", "--controller", "nobody")
    assert (wrong.code, "write one of" in wrong.err) == (ExitCode.BAD_INPUT, True)
