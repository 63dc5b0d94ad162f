import asyncio
import json
import secrets
from datetime import timedelta
from pathlib import Path

from activities.anchor_places import place_at
from habeas.model import Stage
from tests.cli.conftest import Habeas, run_here
from tests.office.world import World
from workers.anchoring import Anchoring


async def test_an_access_request_from_the_command_line(here: World, habeas: Habeas, tmp_path: Path) -> None:
    address = here.person(name="Canary Bird")
    opened = await habeas("request", "open", "--right", "access", "--email", address, "--by", "Kim", "--json")
    assert (opened.code, opened.err) == (0, "")
    request_id = opened.json["id"]
    again = await habeas("request", "open", "--right", "access", "--email", address, "--by", "Kim", "--json")
    assert (again.json["id"], again.json["created"]) == (request_id, False)

    code = await here.code(address)
    wrong = await habeas("request", "verify", request_id, "--code", f"{(int(code) + 1) % 10**8:08}", "--json")
    assert (wrong.code, wrong.out, wrong.error["code"]) == (2, "", "wrong_code")
    proven = await habeas("request", "verify", request_id.lower(), "--code", code, "--json")
    assert (proven.code, proven.json["note"]) == (0, "proven")
    if await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED) is Stage.REVIEWING:
        await habeas("request", "approve", request_id, "--by", "Kim", "--reason", "looked")
    await here.reach(request_id, Stage.CLOSED)

    late = await habeas("request", "withdraw", request_id, "--by", "Kim", "--reason", "late", "--json")
    assert (late.code, late.error["code"]) == (3, "wrong_stage")
    assert late.error["remedy"]
    shown = await habeas("request", "show", request_id)
    told = await habeas("request", "timeline", request_id)
    listed = await habeas("request", "list", "--closed", "--json")
    assert [entry["outcome"] for entry in listed.json if entry["id"] == request_id] == ["fulfilled"]
    for said in (shown, told, listed):
        assert said.code == 0
        assert request_id[:7] in said.out or said is told
        assert "canary" not in said.out.lower()
        assert address not in said.out
    got = await habeas(
        "request", "download", request_id, "--to", str(tmp_path / "it.zip"), "--by", "Kim", "--reason", "r", "--json"
    )
    assert got.json["size"] == (tmp_path / "it.zip").stat().st_size
    checked = await habeas("evidence", "verify", request_id, "--json")
    assert (checked.code, checked.json["findings"]) == (0, [])
    cut = await habeas("evidence", "verify", request_id, "--head", "0" * 64, "--json")
    assert (cut.code, cut.json["findings"][0]["kind"]) == (1, "end_cut")
    pack = tmp_path / "pack.zip"
    made = await habeas("evidence", "pack", request_id, "--to", str(pack), "--by", "Kim", "--json")
    assert (made.code, made.json["head"], made.json["personal"]) == (0, checked.json["head"], False)
    offline = await asyncio.to_thread(run_here, "evidence", "verify", str(pack), "--key", made.json["key"], "--json")
    assert (offline.code, offline.json["findings"], offline.json["events"]) == (0, [], made.json["events"])
    (tmp_path / "cut.zip").write_bytes(pack.read_bytes()[:-1])
    assert (await asyncio.to_thread(run_here, "evidence", "verify", str(tmp_path / "cut.zip"))).code == 1
    why = ("--personal", "--by", "Kim", "--reason", "asked", "--json")
    shown = await habeas("evidence", "pack", request_id, "--to", str(tmp_path / "person.zip"), *why)
    assert (shown.code, shown.json["personal"], shown.json["events"]) == (0, True, made.json["events"] + 1)


async def test_all_evidence_is_checked_against_what_is_kept_outside(here: World, tmp_path: Path) -> None:
    config, kept = str(here.settings_file(tmp_path)), tmp_path / "anchors.jsonl"
    await Anchoring(here.ledger, place_at(kept.as_uri()), timedelta(minutes=1)).once()
    words = ("evidence", "verify", "--config", config)
    whole = await asyncio.to_thread(run_here, *words, "--anchors", str(kept), "--json")
    assert (whole.code, whole.json["faults"], whole.json["outside"]) == (0, [], whole.json["anchors"])
    assert "evidence.anchors" in (await asyncio.to_thread(run_here, *words)).out
    first = kept.read_bytes().splitlines(keepends=True)[0]
    kept.write_bytes(first.replace(b'"number":1', b'"number":2'))
    other = await asyncio.to_thread(run_here, *words, "--anchors", str(kept))
    assert (other.code, "Not whole" in other.out) == (1, True)
    known = await asyncio.to_thread(run_here, "evidence", "keys", "--config", config, "--json")
    assert known.json["keys"] == list(here.ledger.vault.evidence_keys())


async def test_an_erasure_needs_the_plan_that_was_seen(here: World, habeas: Habeas) -> None:
    address = here.person()
    request_id = await here.proven(address, "erasure")
    await here.reach(request_id, Stage.REVIEWING)
    plan = await habeas("request", "plan", request_id, "--by", "Kim", "--reason", "review", "--json")
    digest = plan.json["digest"]
    people = await habeas("request", "plan", request_id, "--by", "Kim", "--reason", "review", "--objects")
    assert digest[:12] in people.out
    assert "will not be told" in " ".join(people.out.split())
    assert "will not be told" in " ".join((await habeas("request", "show", request_id)).out.split())
    other = await habeas("request", "approve", request_id, "--plan", "f" * 12, "--by", "Kim", "--reason", "r")
    assert (other.code, "What to do:" in other.err) == (2, True)
    words = ("request", "approve", request_id, "--plan", digest[:12], "--reason", "fine", "--json")
    assert (await habeas(*words, "--by", "Kim")).json["note"] == "approved_1_of_2"
    same = await habeas(*words, "--by", "kim")
    assert (same.code, same.error["code"]) == (3, "not_allowed")
    assert (await habeas(*words, "--by", "Bo")).code == 0
    await here.reach(request_id, Stage.CLOSED)


async def test_two_people_behind_one_mailbox(here: World, habeas: Habeas) -> None:
    address = here.person(name="Ada Lovelace")
    here.person(name="Bo Bang", email=address)
    request_id = await here.proven(address)
    await here.reach(request_id, Stage.CLARIFYING)
    asked = await habeas("request", "match", request_id, "--by", "Kim", "--reason", "look")
    assert "Ada Lovelace" in asked.out
    found = await habeas("request", "match", request_id, "--by", "Kim", "--reason", "look", "--json")
    handles = {each["name"]: each["handle"] for each in found.json["records"]}
    words = ("request", "match", request_id, "--by", "Kim", "--reason", "told", "--json")
    both = await habeas(*words, "--yes", handles["Bo Bang"], "--no", handles["Bo Bang"])
    assert both.error["code"] == "bad_input"
    said = await habeas(*words, "--yes", handles["Ada Lovelace"], "--no", handles["Bo Bang"])
    assert said.json["note"] == "decided"
    await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED)
    assert json.loads(json.dumps(said.json)) == said.json


async def test_a_staff_account_is_shown_against_what_else_was_found(here: World, habeas: Habeas) -> None:
    address = here.person()
    here.person(email=address, systems=("support",), staff=True)
    request_id = await here.proven(address)
    await here.reach(request_id, Stage.CLARIFYING)
    look = ("request", "match", request_id, "--by", "Kim", "--reason", "look")
    handles = {one["system"]: one["handle"] for one in (await habeas(*look, "--json")).json["records"]}
    shown = " ".join((await habeas(*look)).out.split())
    assert (
        f"This is a staff account, nobody's until you say whose: {handles['support']} against {handles['crm']}" in shown
    )


async def test_what_a_system_said_is_opened_with_a_reason_and_a_mark(here: World, habeas: Habeas) -> None:
    request_id = await here.open(here.person())
    other = await here.open(here.person())
    under = secrets.token_hex(16)
    async with here.ledger.begin() as tx:
        await tx.save_error(request_id, under, "terminal", "no row of canary@example.org")
    look = ("request", "error", request_id, under[:12], "--by", "Kim", "--reason", "why it waits", "--json")
    shown = await habeas(*look)
    assert shown.code == 0, shown.err
    assert (shown.code, shown.json["detail"]) == (0, "no row of canary@example.org")
    told = await habeas("request", "timeline", request_id, "--json")
    assert [one["facts"].get("what") == "error" for one in told.json].count(True) == 1
    for wrong in (under[:4], secrets.token_hex(16)):
        refused = await habeas(*look[:3], wrong, *look[4:])
        assert (refused.code, "canary" in refused.err) == (2, False)
    elsewhere = await habeas("request", "error", other, *look[3:])
    assert elsewhere.error["code"] == "bad_input"


async def test_who_writes_more_for_a_request_that_is_open_already_reads_where_it_went(
    here: World, habeas: Habeas, tmp_path: Path
) -> None:
    address = here.person()
    opening = ("request", "open", "--right", "access", "--email", address, "--by", "Kim", "--note")
    first = await habeas(*opening, "the old shop")
    assert "is kept with it" not in first.out
    second = await habeas(*opening, "and the new one")
    (request_id,) = {one for one in second.out.split() if one.startswith("HB-")}
    assert f"kept with it: habeas request messages {request_id}" in second.out
    rows = tmp_path / "rows.csv"
    rows.write_text(f"right,emails,note\naccess,{address},by post\naccess,{here.person()},new\n")
    imported = await habeas("request", "import", str(rows), "--by", "Kim")
    assert f"line 2: {request_id}" in imported.out
    assert "line 3" not in imported.out
    heard = await here.office.messages(request_id, by="Kim", reason="reads")
    assert [one.text for one in heard] == ["the old shop", "and the new one", "by post"]
