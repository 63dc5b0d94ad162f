"""Runbooks of what must never happen, followed to the letter: the ledger is lost, Temporal is, a namespace changes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.ledger import Ledger
from activities.model import Entering, IdentityBrief
from activities.vault import Vault
from habeas.errors import ConfigurationError, KeyDestroyed, UnknownRequest
from habeas.model import Right, Stage, Subject
from tests.cli.conftest import Said, run_here, with_systems
from tests.cli.disaster import Struck, struck, told
from tests.office.world import PATIENCE, World
from workers.builds import build_of
from workers.mailbox import messages
from workers.office import Engine, Office
from workers.postgres import EmbeddedPostgres
from workers.queues import Shared, running
from workers.settings import TemporalSettings
from workflows.model import RequestStart

WHO = ("--by", "Kim", "--reason", "seen")


@pytest.fixture
async def house(
    here: World, postgres_server: EmbeddedPostgres, fresh_database: str, tmp_path: Path
) -> AsyncIterator[Struck]:
    async with struck(here, postgres_server, fresh_database, tmp_path) as made:
        yield made


async def test_requests_go_on_in_an_empty_temporal_by_its_runbook(house: Struck) -> None:
    look, restart, again, doctor = told("temporal-lost")[1:]
    person, other = house.world.person(), house.world.person()
    waits = await house.world.open(person)
    await house.world.code(person)
    reviewed, _ = await house.world.reviewed("Call Ann Lee about it", other)
    paused = await house.world.open(house.world.person())
    await house.follow("request", "pause", paused, "--for", "identity", *WHO)
    letters = {one: await _letters(house, one) for one in (waits, reviewed)}
    await house.stops()

    await house.moves(f"struck-{secrets.token_hex(4)}")
    assert told("temporal-lost")[0] == ["bootstrap"]
    assert await house.apart(*look) == dict.fromkeys((waits, reviewed, paused), "missing")
    done = await house.follow(*restart)
    assert set(done.json["restarted"]) == {waits, reviewed, paused}
    sent = sum(person in mail.recipients for mail in messages(house.world.folder))
    await house.starts()
    assert await house.apart(*again) == {}
    assert doctor == ["doctor"]
    assert (await house.habeas(*doctor)).json["findings"]

    await house.world.reach(reviewed, Stage.REVIEWING)
    await house.follow("request", "approve", reviewed, *WHO)
    await house.world.reach(reviewed, Stage.CLOSED)
    await house.world.mailed(person, more_than=sent)
    await house.world.office.submit_code(waits, await house.world.code(person))
    await house.world.reach(waits, Stage.CLOSED)
    for one, before in letters.items():
        kinds = await _letters(house, one)
        assert kinds.count("acknowledgement") == before.count("acknowledgement") == 1
    assert "request:restarted" in await _tags(house, reviewed)
    assert (await house.world.office.show(paused)).entry.paused is False
    assert (await house.follow("evidence", "verify", reviewed)).json["findings"] == []


async def test_requests_move_to_another_namespace_by_its_runbook(house: Struck) -> None:
    agree, prepare, restart, look, doctor = told("another-namespace")
    assert (prepare, doctor) == (["bootstrap"], ["doctor"])
    request_id, _ = await house.world.reviewed("Call Ann Lee about it")
    assert await house.apart(*agree) == {}
    await house.stops()
    left = house.world.client
    await house.moves(f"struck-{secrets.token_hex(4)}")
    assert (await house.follow(*restart)).json["restarted"] == [request_id]
    await house.starts()
    assert await house.apart(*look) == {}
    (terminate,) = told("another-namespace", "temporal")
    await _terminate(left, terminate)
    await house.world.reach(request_id, Stage.REVIEWING)
    await house.follow("request", "approve", request_id, *WHO)
    await house.world.reach(request_id, Stage.CLOSED)


async def test_a_ledger_that_was_lost_is_restored_by_its_runbook(house: Struck) -> None:
    prepare, look, restart, one_more, again, doctor = told("ledger-lost")
    assert (prepare, doctor) == (["bootstrap"], ["doctor"])
    world = house.world
    asked, note = world.person(), "Call Ann Lee about it"
    world.says(asked, note)
    ahead = await world.open(asked)
    await world.code(asked)
    ended, _ = await world.reviewed(note)
    same, _ = await world.reviewed(note)
    backup = house.config.with_name("ledger.dump")
    since = datetime.now(UTC).isoformat()
    await house.program("pg_dump", "--format=custom", f"--file={backup}", world.dsn)

    await world.office.submit_code(ahead, await world.code(asked))
    await house.follow("request", "approve", ended, *WHO)
    await world.reach(ahead, Stage.REVIEWING)
    await world.reach(ended, Stage.CLOSED)
    unknown, _ = await world.reviewed(note)
    await house.stops()
    await _lose(house)
    await house.program("pg_restore", f"--dbname={world.dsn}", str(backup))
    await house.connects()

    await house.follow(*prepare)
    at = {"2026-11-30T04:00": since, "HB-7K2M-X4QT-90AB": ended}
    found = await house.apart(*(at.get(word, word) for word in look))
    # A step of the one that nothing happened to may have ended after the backup: then it is ahead, too.
    assert found == {ahead: "ahead", ended: "ended", unknown: "unknown"} | dict.fromkeys({same} & {*found}, "ahead")
    restarted = (await house.follow(*(at.get(word, word) for word in restart))).json["restarted"]
    assert set(restarted) == {one for one, how in found.items() if how == "ahead"}
    assert (await house.follow(*(at.get(word, word) for word in one_more))).json["restarted"] == [ended]
    (terminate,) = told("ledger-lost", "temporal")
    await _terminate(house.world.client, [unknown if word == "HB-0000-0000-0000" else word for word in terminate])
    sent = sum(asked in mail.recipients for mail in messages(house.world.folder))
    await house.starts()
    assert await house.apart(*again) == {}
    await house.world.mailed(asked, more_than=sent)
    await house.world.office.submit_code(ahead, await house.world.code(asked))
    for one in (ahead, ended, same):
        await house.world.reach(one, Stage.REVIEWING)
        await house.follow("request", "approve", one, *WHO)
        await house.world.reach(one, Stage.CLOSED)
        assert (await house.follow("evidence", "verify", one)).json["findings"] == []


async def test_a_ledgers_master_key_is_rotated_by_its_runbook(house: Struck) -> None:
    listed, new, again, doctor, keys = told("the-master-key")
    before = (await house.follow(*listed)).json
    early, _ = await house.world.reviewed("Call Ann Lee about it")
    await house.stops()
    added = (await house.follow(*new)).json["id"]
    with pytest.raises(ConfigurationError):
        await _subject(house, late := await _opened_with(house, added))
    await house.connects()
    await house.starts()
    assert [one["id"] for one in (await house.follow(*again)).json] == [before[0]["id"], added]
    findings = {one["check"]: one for one in (await house.habeas(*doctor)).json["findings"]}
    assert (findings["master key"]["level"], added in findings["master key"]["said"]) == ("ok", True)
    assert len((await house.follow(*keys)).json["keys"]) == 2
    assert await _subject(house, late) is not None
    await house.follow("request", "approve", early, *WHO)
    await house.world.reach(early, Stage.CLOSED)
    async with house.world.ledger.begin() as tx:
        assert set(await tx.master_keys()) == {before[0]["id"], added}


async def test_requests_go_on_when_a_build_is_rolled_back_by_its_runbook(house: Struck) -> None:
    (doctor, restart), (current,) = told("roll-a-build-back"), told("roll-a-build-back", "temporal")
    assert (doctor, restart[:2]) == (["doctor"], ["ledger", "restart"])
    assert current[:3] == ["worker", "deployment", "set-current-version"]
    old, new = current[current.index("--build-id") + 1], "0.2.0"
    await house.stops()
    world = house.world
    async with _build(house, old):
        await _make_current(house, old)
        people = [world.person() for _ in range(20)]
        waiting = [await world.open(one) for one in people]
        for one in people:
            await world.code(one)
        async with _build(house, new):
            await _make_current(house, new)
            for one, person in zip(waiting[:10], people, strict=False):
                await world.office.submit_code(one, await world.code(person))
            for one in waiting[:10]:
                await world.reach(one, Stage.CLOSED)
            begun = await world.proven(world.person())
            await _make_current(house, old)
        for one, person in zip(waiting[10:], people[10:], strict=True):
            await world.office.submit_code(one, await world.code(person))
        for one in (*waiting, begun):
            await world.reach(one, Stage.CLOSED)


@asynccontextmanager
async def _build(house: Struck, build: str) -> AsyncIterator[None]:
    """A worker of this build, which asks for work."""
    shared = Shared(build=build_of(TemporalSettings(deployment="habeas", build=build)))
    async with running(house.world.client, house.world.parts, shared=shared):
        yield


async def _make_current(house: Struck, build: str) -> None:
    """What `temporal worker deployment set-current-version` does, once the server knows the build."""
    order = SetWorkerDeploymentCurrentVersionRequest(
        namespace=house.namespace, deployment_name="habeas", build_id=build
    )
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await house.world.client.workflow_service.set_worker_deployment_current_version(order)
            except RPCError:
                continue
            return


async def _opened_with(house: Struck, key: str) -> str:
    """A request of a process that has the new key already."""
    ledger = Ledger.connect(house.world.dsn, Vault.from_file(house.world.keys))
    parts = house.world.parts
    office = Office(ledger, Engine.on(house.world.client, task_queue=parts.task_queue), parts.policies, parts.storage)
    opened = await replace(house.world, office=office).open(house.world.person())
    async with ledger.begin() as tx:
        assert key in await tx.master_keys()
    await ledger.aclose()
    return opened


async def _subject(house: Struck, request_id: str) -> Subject:
    async with house.world.ledger.begin() as tx:
        return await tx.subject(request_id)


async def test_a_wrong_persons_request_goes_from_the_record_by_its_runbook(here: World, tmp_path: Path) -> None:
    show, withdraw, forget, timeline, verify = told("a-wrong-persons-request")
    config = with_systems(here.settings_file(tmp_path))
    wrong = here.person()
    request_id = await here.open(wrong)
    await here.code(wrong)

    async def follow(words: list[str]) -> Said:
        named = [request_id if word == "HB-7K2M-X4QT-90AB" else word for word in words]
        return await asyncio.to_thread(run_here, *named, "--config", str(config), "--json")

    assert (await follow(show)).code == 0
    assert (await follow(forget)).error["code"] == "wrong_stage"
    assert (await follow(withdraw)).code == 0
    await here.reach(request_id, Stage.CLOSED)
    find = ["request", "find", "--email", wrong, *WHO]
    assert request_id in (await follow(find)).out
    done = await follow(forget)
    assert (done.code, done.json) == (0, {"forgotten": [request_id]}), done.err
    assert request_id not in (await follow(find)).out
    last = (await follow(timeline)).json[-1]
    assert (last["tag"], last["facts"]) == ("key:destroyed", {"before_its_time": True})
    assert last["actor"] == here.office.actor("Kim")
    assert (await follow(verify)).json["findings"] == []
    assert (await follow(forget)).error["code"] == "not_allowed"
    async with here.ledger.begin() as tx:
        with pytest.raises((KeyDestroyed, UnknownRequest)):
            await tx.subject(request_id)


async def test_a_ledger_gives_a_controller_what_is_theirs_by_its_runbook(house: Struck) -> None:
    opened, due, holds, restrictions, hand, keys, report, forget, *_ = told("a-controller-leaves")
    person = house.world.person()
    request_id = await house.world.proven(person)
    await house.world.reach(request_id, Stage.CLOSED)
    left = await house.world.open(house.world.person())
    for words in (due, holds, restrictions, keys):
        await house.follow(*words)
    assert [one["id"] for one in (await house.follow(*opened)).json] == [left]
    assert report[-1] == "--csv"
    await house.follow(*report[:-1])
    folder = house.config.with_name("packs")
    folder.mkdir()
    words = [str(folder) if word == "packs/" else word for word in hand]
    assert (await house.follow(*words)).json == {"packs": 2, "without_personal_data": 0}
    assert (await house.follow(*words)).json["packs"] == 0
    assert {file.stem for file in folder.iterdir()} == {request_id, left}
    for file in folder.iterdir():
        assert (await house.follow("evidence", "verify", str(file))).json["findings"] == []
    named = {one: [one if word == "HB-7K2M-X4QT-90AB" else word for word in forget] for one in (request_id, left)}
    kept = house.world.folder / "storage/requests" / request_id
    assert kept.exists()
    held = await house.follow("hold", "place", "--provision", "Case 1", "--email", person, *WHO)
    refused = await house.habeas(*named[request_id])
    assert (refused.error["code"], kept.exists()) == ("not_allowed", True)
    await house.follow("hold", "lift", held.json["hold"]["id"], *WHO)
    await house.follow(*named[request_id])
    assert not kept.exists()
    assert (await house.habeas(*named[left])).error["code"] == "wrong_stage"
    with pytest.raises((KeyDestroyed, UnknownRequest)):
        await _subject(house, request_id)


async def test_a_request_whose_workflow_was_terminated_is_begun_anew_by_its_runbook(
    here: World, tmp_path: Path
) -> None:
    config = with_systems(here.settings_file(tmp_path))
    person = here.person()
    request_id = await here.open(person)
    await here.code(person)
    await here.client.get_workflow_handle(request_id).terminate("by mistake")
    ((*command, named, by, kim),) = told("workflow_missing")
    assert named == "HB-7K2M-X4QT-90AB"
    words = (*command, request_id, by, kim, "--config", str(config), "--json")
    said = await asyncio.to_thread(run_here, *words)
    assert (said.code, said.json["restarted"]) == (0, [request_id]), said.err
    await here.mailed(person, more_than=2)
    again = await asyncio.to_thread(run_here, *words)
    assert (again.code, "agree" in again.error["message"]) == (2, True)
    await here.office.submit_code(request_id, await here.code(person))
    await here.reach(request_id, Stage.CLOSED)


def test_a_build_from_before_reads_what_is_not_begun_anew() -> None:
    start = RequestStart(request_id="HB-7K2M-X4QT-90AB", controller="demo", right=Right.ACCESS, regime="EU-GDPR")
    identity = IdentityBrief(required=True, sources=(), remind_after=(), expires_after=1, codes_max=5)
    order = Entering(request_id=start.request_id, at=datetime(2026, 12, 1, tzinfo=UTC))
    assert "anew" not in start.model_dump_json() + order.model_dump_json()
    assert not {"proven", "codes_before"} & identity.model_dump().keys()


async def _lose(house: Struck) -> None:
    """The database is there again, and nothing is in it."""
    await house.world.ledger.aclose()
    name = house.world.dsn.rpartition("/")[2]
    connection = await asyncpg.connect(house.server.dsn())
    await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()


async def _terminate(client: Client, words: list[str]) -> None:
    """What `temporal workflow terminate` does: by query or by id."""
    assert words[:2] == ["workflow", "terminate"]
    said = dict(zip(words[2::2], words[3::2], strict=False))
    ids = [said["--workflow-id"]] if "--workflow-id" in said else []
    if "--query" in said:
        ids = [one.id async for one in client.list_workflows(said["--query"])]
    assert ids
    for one in ids:
        await client.get_workflow_handle(one).terminate(said["--reason"])


async def _letters(house: Struck, request_id: str) -> list[str]:
    async with house.world.ledger.begin() as tx:
        return [letter.kind for letter in await tx.letters(request_id)]


async def _tags(house: Struck, request_id: str) -> list[str]:
    async with house.world.ledger.begin() as tx:
        return [event.tag for event in await tx.events(request_id)]
