"""Staff carry requests out with the commands alone: the whole story, and every slip that is answered clearly."""

import asyncio
import json
import resource
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from habeas.model import Outcome, Right, Stage
from tests.acceptance.house import House, eventually
from tests.acceptance.people import STORES, plant, somebody
from workers.process import free_port
from workers.samples import ACCESS, ERASURE, SHARED_MAILBOX, SamplePerson
from workers.stack.part import ProcessPart

pytestmark = pytest.mark.stack

FATES = {"delete": "erased", "anonymise": "anonymised", "retain": "retained"}
WHO = ("--by", "Officer one", "--reason", "as it should be")
OTHER = ("--by", "Officer two", "--reason", "as it should be")


async def _opened(house: House, person: SamplePerson, right: Right) -> str:
    said = await house.habeas(
        *("request", "open", "--right", right.value, "--email", person.email, "--name", person.name, "--by", "Desk"),
        *("--language", person.language),
    )
    answer = said.json
    assert {name: answer[name] for name in ("created", "started", "controller", "right", "regime", "language")} == {
        "created": True,
        "started": True,
        "controller": "demo",
        "right": right.value,
        "regime": "EU-GDPR",
        "language": person.language,
    }
    return str(answer["id"])


async def _proven(house: House, request_id: str) -> None:
    said = await house.habeas("request", "verify", request_id, "--code", await house.code(request_id))
    assert said.json | {"act_id": ""} == {
        "request_id": request_id,
        "act_id": "",
        "stage": "verifying",
        "note": "proven",
    }


async def _ended(house: House, request_id: str) -> dict[str, Any]:
    """The story's end by the commands that look at it; names nobody."""
    await house.until(request_id, Stage.CLOSED)
    shown = await house.habeas("request", "show", request_id)
    told = await house.habeas.here("request", "timeline", request_id)
    verdict = await house.habeas.here("evidence", "verify", request_id)
    events = told.json
    assert [event["n"] for event in events] == list(range(1, len(events) + 1))
    assert events[0]["tag"] == "request:opened"
    # Recipients are told beside the request, and take their own time.
    own = [event["tag"] for event in events if not event["tag"].startswith(("recipient:", "letter:"))]
    assert own[-1] == "request:closed"
    assert verdict.json | {"head": ""} == {
        "request_id": request_id,
        "events": len(events),
        "head": "",
        "findings": [],
    }
    story: dict[str, Any] = shown.json
    assert story["request"]["stage"] == story["entry"]["stage"] == "closed"
    return story


async def test_signe_asks_what_is_held_about_her(house: House, tmp_path: Path) -> None:
    request_id = await _opened(house, ACCESS, Right.ACCESS)
    await _proven(house, request_id)
    await house.until(request_id, Stage.REVIEWING)
    approved = await house.habeas("request", "approve", request_id, *WHO)
    assert approved.json["note"] == "approved_1_of_1"
    story = await _ended(house, request_id)
    assert story["request"]["outcome"] == "fulfilled"
    collected = {one["system"]: one["counts"]["records"] for one in story["systems"] if one["phase"] == "collect"}
    assert set(collected) == set(STORES)
    target = tmp_path / "signe.zip"
    got = (await house.habeas("request", "download", request_id, "--to", str(target), *WHO)).json
    with ZipFile(target) as package:
        assert package.testzip() is None
        paths = [path for path in package.namelist() if path.startswith("data/") and path.endswith(".json")]
        rows = [json.loads(package.read(path)) for path in paths]
    assert sum(map(len, rows)) == sum(collected.values())
    assert got == {"path": str(target), "sha256": got["sha256"], "size": target.stat().st_size}
    twice = await house.habeas("request", "download", request_id, "--to", str(target), *WHO, code=2)
    assert twice.error["code"] == "bad_input"


async def test_rowan_wants_to_be_forgotten(house: House) -> None:
    request_id = await _opened(house, ERASURE, Right.ERASURE)
    await _proven(house, request_id)
    await house.until(request_id, Stage.REVIEWING)
    plan = (await house.habeas("request", "plan", request_id, *WHO, personal=True)).json
    assert set(plan) == {"digest", "lines", "systems", "categories", "first"}
    planned: Counter[tuple[str, str]] = Counter()
    for system, lines in plan["lines"].items():
        for line in lines:
            planned[system, FATES[line["treatment"]]] += line["count"]
            assert (line["law"] is not None) == (line["treatment"] == "retain")
    wrong = await house.habeas("request", "approve", request_id, "--plan", "0" * 12, *WHO, code=2)
    assert "digest" in wrong.error["message"]
    assert (await house.habeas("request", "approve", request_id, *WHO, code=3)).error["code"] == "wrong_stage"
    first = await house.habeas("request", "approve", request_id, "--plan", plan["digest"][:12], *WHO)
    assert first.json["note"] == "approved_1_of_2"
    same = await house.habeas("request", "approve", request_id, "--plan", plan["digest"], *WHO, code=3)
    assert same.error["code"] == "not_allowed"
    await house.habeas("request", "approve", request_id, "--plan", plan["digest"], *OTHER)
    story = await _ended(house, request_id)
    assert story["request"]["outcome"] == "partly_fulfilled"
    done = {(system, fate): count for system, fates in story["fates"].items() for fate, count in fates.items()}
    assert done == planned
    assert all(one["law"] and one["until"] for one in story["retained"])
    letter = next(mail for mail in reversed(house.mails(request_id)) if ERASURE.email in mail.recipients)
    assert "Bookkeeping Act" in letter.text


async def test_henrik_asks_and_shares_a_mailbox(house: House) -> None:
    before = {name: await house.rows(name) for name in STORES}
    request_id = await _opened(house, SHARED_MAILBOX, Right.ACCESS)
    await _proven(house, request_id)
    await house.until(request_id, Stage.CLARIFYING)
    shown = (await house.habeas.here("request", "match", request_id, *WHO, personal=True)).json
    held = [one for one in shown["records"] if one["standing"] == "held"]
    names = {one["name"].casefold() for one in held}
    assert names >= {SHARED_MAILBOX.name.casefold(), str(SHARED_MAILBOX.also).casefold()}
    assert shown["doubts"]
    early = await house.habeas.here("request", "approve", request_id, *WHO, code=3)
    assert early.error["code"] == "wrong_stage"
    unknown = await house.habeas.here("request", "match", request_id, "--yes", "00000000", *WHO, code=2)
    assert "handle" in unknown.error["message"]
    said = [
        word
        for one in held
        for word in ("--yes" if one["name"].casefold() == SHARED_MAILBOX.name.casefold() else "--no", one["handle"])
    ]
    await house.habeas.here("request", "match", request_id, *said, *WHO)
    await house.until(request_id, Stage.REVIEWING)
    await house.habeas.here("request", "approve", request_id, *WHO)
    story = await _ended(house, request_id)
    assert story["request"]["outcome"] == "fulfilled"
    package = await house.package(request_id)
    contacts = json.loads(package.read("data/crm/contacts.json"))
    assert {row["first_name"] for row in contacts} == {SHARED_MAILBOX.given}
    assert {name: await house.rows(name) for name in STORES} == before


# Slips


async def _counted(house: House) -> dict[str, int]:
    """How many requests the ledger has, and of what belongs to each from its beginning."""
    async with house.store("ledger") as sql:
        tables = ("request", "request_key", "open_subject", "evidence_head")
        return {name: await sql.fetchval(f"select count(*) from {name}") for name in tables}  # noqa: S608  our own names


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--right", "acess", "--email", "a@example.org"), "right"),
        (("--right", "access", "--email", "a@example.org", "--regime", "DK-GDPR"), "regime"),
        (("--right", "access", "--email", "a.example.org"), "email"),
        (("--right", "access"), "email"),
        (("--right", "access", "--email", "a@example.org", "--received", "2199-01-01"), "received_at"),
        (("--right", "access", "--email", "a@example.org", "--received", "yesterday"), "received_at"),
        (("--right", "access", "--phone", "12"), "phone"),
        (("--right", "access", "--identifier", "K-1002"), "identifier"),
    ],
)
async def test_a_slip_at_intake_is_named_and_changes_nothing(house: House, words: tuple[str, ...], field: str) -> None:
    before = await _counted(house)
    said = await house.habeas("request", "open", *words, "--by", "Desk", code=2)
    assert set(said.error) == {"code", "message", "remedy"}
    assert f"{field}:" in said.error["message"]
    assert said.error["remedy"]
    assert said.out == ""
    assert await _counted(house) == before


async def test_a_second_open_request_is_answered_with_the_first(house: House) -> None:
    person = await plant(somebody(), house.store_url)
    words = ("request", "open", "--right", "access", "--by", "Desk")
    first = (await house.habeas(*words, "--email", person.email)).json
    before = await _counted(house)
    again = (await house.habeas(*words, "--email", person.email.upper(), "--name", "Somebody")).json
    assert (again["id"], again["created"]) == (first["id"], False)
    assert await _counted(house) == before
    other = (await house.habeas.here(*words[:2], "--right", "erasure", "--by", "Desk", "--email", person.email)).json
    assert other["created"]
    wrong = f"{(int(''.join(filter(str.isdigit, await house.code(first['id'])))) + 1) % 10**8:08}"
    said = await house.habeas.here("request", "verify", first["id"], "--code", wrong, code=2)
    assert said.error["code"] == "wrong_code"
    early = await house.habeas.here("request", "approve", first["id"], *WHO, code=3)
    assert early.error["code"] == "wrong_stage"
    assert "it is while: reviewing" in early.error["message"]
    for request_id in (first["id"], other["id"]):
        await house.habeas.here("request", "withdraw", request_id, *WHO)
        await house.until(request_id, Stage.CLOSED)
    late = await house.habeas.here("request", "withdraw", first["id"], *WHO, code=3)
    assert "closed" in late.error["message"]


async def test_a_system_that_is_left_out_is_not_asked_again(house: House) -> None:
    person = await plant(somebody(), house.store_url)
    request_id = await house.open(person, Right.ACCESS)
    code = await house.code(request_id)
    async with house.store("support") as sql:
        await sql.execute("alter table ratings add column surprise text")
        try:
            await house.office.submit_code(request_id, code)

            async def waits() -> bool:
                return "support" in (await house.office.show(request_id)).request.blocked_on

            await eventually(waits, "a request that waits for support")
            await house.habeas.here("request", "skip-system", request_id, "support", *WHO)
            await house.until(request_id, Stage.REVIEWING, within=25)
            await house.approve(request_id)
            story = await house.until(request_id, Stage.CLOSED)
            assert story.request.outcome is Outcome.PARTLY_FULFILLED
        except AssertionError:
            await (await house.temporal()).get_workflow_handle(request_id).terminate()
            raise
        finally:
            await sql.execute("alter table ratings drop column surprise")


# What is not set up, or not there


@asynccontextmanager
async def _settings(house: House, folder: Path, old: str, new: str) -> AsyncIterator[Path]:
    """The installation's settings with something else in them."""
    text = house.stack.folder.settings.read_text()
    assert old in text
    path = folder / "habeas.toml"
    path.write_text(text.replace(old, new))
    yield path


async def test_an_unreachable_store_is_named(house: House, tmp_path: Path) -> None:
    url = house.store_url("crm")
    elsewhere = url.replace(f":{house.stack.ports.postgres}/", f":{free_port()}/")
    async with _settings(house, tmp_path, url, elsewhere) as config:
        said = await house.habeas("system", "check", "crm", code=4, config=config)
        assert said.json == {"system": "crm", "ok": False, "detail": said.json["detail"], "fits": True, "failing": []}
        assert "does not answer" in said.json["detail"]
        fine = await house.habeas("system", "check", "billing", config=config)
        assert fine.json["ok"]
    assert "habeas:" not in said.out + said.err


async def _worker_refuses(house: House, config: Path, *words: str) -> None:
    said = await house.habeas.run("worker", config=config)
    assert said.code == 5, said.err
    for word in words:
        assert word in said.err
    assert "worker_started" not in said.err


async def test_a_worker_refuses_a_map_that_does_not_fit(house: House, tmp_path: Path) -> None:
    source = str(house.stack.settings().systems["support"].options()["map"])
    text = await asyncio.to_thread(Path(source).read_text)
    copy = tmp_path / "support.toml"
    async with _settings(house, tmp_path, source, str(copy)) as config:
        (line,) = (one for one in text.splitlines(keepends=True) if one.startswith("user_agent = "))
        # Its name for people goes to another column, so that nothing else is wrong with the map.
        first = '[tables.logins.columns]\nid = "keep"\n'
        assert first in text
        copy.write_text(
            text.replace(line, "").replace(first, first.replace('"keep"', line.partition(" = ")[2].strip()))
        )
        await _worker_refuses(house, config, "support", "logins.user_agent", "not decided")
        copy.write_text(text.replace(line, line + line.replace("user_agent", "usr_agent")))
        await _worker_refuses(house, config, "support", "logins.usr_agent", "no such column")
        copy.write_text(text.replace(line, line.replace('"null"', '"?"')))
        await _worker_refuses(house, config, "logins", "user_agent", "not decided")


async def test_a_worker_starts_while_a_store_is_away(house: House, tmp_path: Path) -> None:
    url = house.store_url("crm")
    elsewhere = url.replace(f":{house.stack.ports.postgres}/", f":{free_port()}/")
    async with _settings(house, tmp_path, url, elsewhere) as config:
        # On a queue of its own, so as to take nothing from the others.
        config.write_text(config.read_text().replace("[temporal]\n", '[temporal]\ntask_queue = "elsewhere"\n'))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "workers", "worker", "--config", str(config)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        try:
            async with asyncio.timeout(60):
                said = b""
                while b"worker_started" not in said:
                    line = await process.stderr.readline()
                    assert line, said.decode()
                    said += line
            assert b"system_not_healthy" in said
        finally:
            process.terminate()
            await process.communicate()
        assert process.returncode == 0


# A full disk

ROOM = 256 * 1024
"""Bytes that the worker may write to one file, while the disk is full."""


@asynccontextmanager
async def _full_disk(house: House) -> AsyncIterator[None]:
    """Every file that the worker writes ends early, as on a full disk."""
    part = house.stack.part("worker-1")
    assert isinstance(part, ProcessPart)
    assert part.process is not None
    everything = resource.prlimit(part.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(part.process.pid, resource.RLIMIT_FSIZE, (ROOM, everything[1]))
    try:
        yield
    finally:
        resource.prlimit(part.process.pid, resource.RLIMIT_FSIZE, everything)


async def _ready_to_export(house: House) -> str:
    person = await plant(somebody(), house.store_url, attachment=2 * ROOM)
    request_id = await house.open(person, Right.ACCESS)
    await house.prove(request_id)
    await house.until(request_id, Stage.REVIEWING)
    return request_id


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="missing part: prlimit (Linux)")
async def test_an_export_waits_for_room_on_the_disk(house: House) -> None:
    request_id = await _ready_to_export(house)
    log = house.stack.folder.logs / "worker-1.log"
    async with _full_disk(house):
        await house.habeas("request", "approve", request_id, *WHO)

        async def refused() -> bool:
            lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
            return any(one.get("request") == request_id and one.get("error") == "storage_full" for one in lines)

        await eventually(refused, "a worker that finds the disk full")
        assert (await house.habeas("request", "show", request_id)).json["request"]["stage"] == "fulfilling"
        storage = house.stack.folder.storage / "requests" / request_id
        assert not list(storage.glob("package/*"))
        assert not list((house.stack.folder.storage / ".incoming").glob("*"))
    await house.until(request_id, Stage.CLOSED)
    content = (await house.package(request_id)).read("data/support/attachments.json")
    assert len(json.loads(content)) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="missing part: prlimit (Linux)")
async def test_a_request_shows_that_it_waits_for_room(house: House) -> None:
    request_id = await _ready_to_export(house)
    try:
        async with _full_disk(house):
            await house.habeas("request", "approve", request_id, *WHO)

            async def shown() -> bool:
                story = (await house.habeas.here("request", "show", request_id)).json
                return "storage_full" in json.dumps(story)

            await eventually(shown, "what the request waits for", within=60)
    finally:
        await house.until(request_id, Stage.CLOSED)
