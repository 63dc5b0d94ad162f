"""Runbooks of what must never happen, followed to the letter: the ledger is lost, Temporal is, a namespace changes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from temporalio.client import Client

from habeas.model import Stage
from tests.cli.conftest import run_here, with_systems
from tests.cli.disaster import Struck, struck, told
from tests.office.world import World
from workers.mailbox import messages
from workers.postgres import EmbeddedPostgres

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
