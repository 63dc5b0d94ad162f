"""Seeding: the same bytes every time, quickly, and never into somebody's database."""

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from habeas.errors import BadInput, ConfigurationError
from tests.samples.conftest import STORES, databases
from workers.postgres import EmbeddedPostgres
from workers.samples import AS_OF, checksum, seed, seeder
from workers.samples.draw import FEWEST, populate

NONE_OF_THIS = date(2024, 2, 29)


@pytest.fixture
async def empty(postgres_server: EmbeddedPostgres) -> AsyncIterator[dict[str, str]]:
    async with databases(postgres_server, *STORES) as urls:
        yield urls


async def checksums(urls: Mapping[str, str]) -> list[str]:
    return [await checksum(url) for url in urls.values()]


async def test_the_same_arguments_give_the_same_bytes(empty: dict[str, str], postgres_server: EmbeddedPostgres) -> None:
    await seed(empty, people=60)
    async with databases(postgres_server, *STORES) as others:
        await seed(others, people=60)
        assert await checksums(others) == await checksums(empty)


ROWS = """
import hashlib
from workers.samples import AS_OF, seeder
from workers.samples.draw import populate
world = populate(60, 20260101, AS_OF)
rows = [sheet.rows for write in seeder.WRITERS.values() for sheet in write(world).sheets]
print(hashlib.sha256(repr(rows).encode()).hexdigest())
"""


def test_another_process_gives_the_same_rows() -> None:
    """Sets and hashes come out in another order there."""
    runs = {
        subprocess.run(  # noqa: S603  our own Python and our own lines
            [sys.executable, "-c", ROWS],
            env={**os.environ, "PYTHONHASHSEED": salt},
            check=True,
            capture_output=True,
            timeout=60,
        ).stdout
        for salt in ("1", "2")
    }
    assert len(runs) == 1


@pytest.mark.parametrize("other", [{"seed": 2}, {"people": 61}, {"as_of": NONE_OF_THIS}])
def test_other_arguments_give_other_rows(other: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"people": 60, "seed": 1, "as_of": AS_OF}
    here, there = populate(**usual), populate(**{**usual, **other})
    for store, write in seeder.WRITERS.items():
        mine, theirs = write(here), write(there)
        assert [sheet.rows for sheet in mine.sheets] != [sheet.rows for sheet in theirs.sheets], store


async def test_a_second_run_does_nothing(empty: dict[str, str]) -> None:
    first = await seed(empty, people=FEWEST)
    before = await checksums(empty)
    again = await seed(empty, people=FEWEST)
    assert [one.created for one in first] == [True] * 3
    assert all(one.rows > FEWEST * 10 for one in first)
    assert [(one.store, one.created, one.rows) for one in again] == [(store, False, 0) for store in STORES]
    assert await checksums(empty) == before


async def test_a_second_run_keeps_what_was_changed_since(fresh_database: str) -> None:
    await seed({"crm": fresh_database}, people=FEWEST)
    connection = await asyncpg.connect(fresh_database)
    await connection.execute("DELETE FROM notes")
    await seed({"crm": fresh_database}, people=FEWEST)
    assert await connection.fetchval("SELECT count(*) FROM notes") == 0
    await connection.close()


async def test_what_is_missing_is_made_beside_what_is_there(empty: dict[str, str]) -> None:
    await seed({"crm": empty["crm"]}, people=FEWEST)
    made = await seed(empty, people=FEWEST)
    assert {one.store: one.created for one in made} == {"crm": False, "billing": True, "support": True}


async def test_foreign_tables_are_left_alone(fresh_database: str) -> None:
    connection = await asyncpg.connect(fresh_database)
    await connection.execute("CREATE TABLE mine (id integer); INSERT INTO mine VALUES (1)")
    with pytest.raises(ConfigurationError, match="billing is not empty"):
        await seed({"billing": fresh_database}, people=FEWEST)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname IN ('public', 'billing')") == 1
    await connection.close()


@pytest.mark.parametrize("other", [{"seed": 2}, {"people": 21}, {"as_of": NONE_OF_THIS}])
async def test_other_samples_are_left_alone(fresh_database: str, other: dict[str, Any]) -> None:
    await seed({"crm": fresh_database}, people=FEWEST)
    before = await checksum(fresh_database)
    with pytest.raises(ConfigurationError, match="holds other samples"):
        await seed({"crm": fresh_database}, **{"people": FEWEST, **other})
    assert await checksum(fresh_database) == before


async def test_a_store_that_fails_halfway_is_left_empty(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(seeder, "_continue_after", broken)
    with pytest.raises(ConnectionError):
        await seed({"crm": fresh_database}, people=FEWEST)
    monkeypatch.undo()
    made = await seed({"crm": fresh_database}, people=FEWEST)
    assert made[0].created


async def test_new_rows_get_new_numbers(fresh_database: str) -> None:
    await seed({"support": fresh_database}, people=FEWEST)
    connection = await asyncpg.connect(fresh_database)
    highest = await connection.fetchval("SELECT max(id) FROM tickets")
    row = await connection.fetchrow(
        "INSERT INTO tickets (requester_id, status, channel, created_at)"
        " SELECT min(id), 'new', 'web', now() FROM users RETURNING id"
    )
    assert row[0] == highest + 1
    await connection.close()


async def test_unknown_store_and_too_few_people(fresh_database: str) -> None:
    with pytest.raises(BadInput, match="no sample store crn"):
        await seed({"crn": fresh_database})
    with pytest.raises(BadInput, match="at least 20"):
        await seed({"crm": fresh_database}, people=FEWEST - 1)


async def test_without_faker_it_says_what_to_install(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(ConfigurationError, match=r"habeas\[embedded\]"):
        await seed({"crm": fresh_database}, people=FEWEST)


async def test_without_a_clone_it_says_so(fresh_database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(seeder, "SCHEMAS", tmp_path)
    with pytest.raises(ConfigurationError, match="from a clone"):
        await seed({"crm": fresh_database}, people=FEWEST)


async def test_a_thousand_people_take_seconds_of_one_core() -> None:
    """CPU time, for the wall clock depends on who else is at work; loading takes about twice as long again."""
    started = time.process_time()
    world = populate(1000, 20260101, AS_OF)
    for write in seeder.WRITERS.values():
        write(world)
    assert time.process_time() - started < 3


def test_a_person_stays_the_same_whoever_follows() -> None:
    few, many = populate(40, 7, AS_OF), populate(80, 7, AS_OF)
    # Companies are fewer in a smaller world, so only who people are is compared.
    assert [(p.name, p.email, p.phone, p.traits) for p in few.persons] == [
        (p.name, p.email, p.phone, p.traits) for p in many.persons[:40]
    ]
