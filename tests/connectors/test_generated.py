"""Databases that nobody thought of: exactly the person's rows are found, and no other is touched."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from habeas.connector import PlannedObject, Record, RecordRef, SystemPlan, Treatment
from habeas.errors import HabeasError
from tests.connectors.store import Rows, Store, gone, ids
from tests.connectors.worlds import ME, Place, World, data_map, ddl, number_of, worlds

DRAWN = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FEW = settings(DRAWN, max_examples=15)
DIES = """
CREATE SEQUENCE changes;
CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('changes') = {} THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN coalesce(NEW, OLD);
END $$;
"""
UNMAPPED = {
    "a table that leads to her": "CREATE TABLE fresh (id int PRIMARY KEY, of int REFERENCES people ON DELETE CASCADE)",
    "a column": "ALTER TABLE people ADD COLUMN fresh text",
    "a table of its own": "CREATE TABLE fresh (id int PRIMARY KEY, email text)",
}


def numbered(objects: Iterable[Record | PlannedObject]) -> set[Place]:
    return {(one.collection, number_of(tuple(str(part) for part in json.loads(one.key)))) for one in objects}


@asynccontextmanager
async def built(dsn: str, folder: Path, world: World) -> AsyncIterator[Store]:
    sql = await asyncpg.connect(dsn)
    store = Store(dsn, sql, folder)
    try:
        await store.build(ddl(world), data_map(world))
        yield store
    finally:
        await store.aclose()
        await sql.close()


async def located(store: Store) -> list[RecordRef]:
    """Her accounts, and what bears her address without one."""
    found = await store.connector.locate(ids(email=ME))
    return [RecordRef(collection=one.collection, key=one.key) for one in found.matches]


def touched(before: Rows, after: Rows) -> set[Place]:
    """Rows that are gone, or that are not byte for byte what they were."""
    found = set()
    for table, rows in gone(before, after).items():
        for row in rows:
            values = row.strip("(").split(",")
            composite = values[1].startswith("k") and values[1][1:].isdecimal()
            found.add((table, number_of(tuple(values[: 1 + composite]))))
    return found


async def erases_hers_alone(store: Store, world: World, plan: SystemPlan) -> None:
    """And what the plan says stays does; a second run changes nothing; who looks again sees the same."""
    before = await store.rows()
    outcomes = await store.erased(plan)
    after = await store.rows(versions=True)
    lost = touched(before, await store.rows())
    assert lost <= world.mine()
    assert not world.others_too() & lost
    assert numbered(one for one in plan.objects if one.treatment is Treatment.DELETE) <= lost
    assert not numbered(one for one in plan.objects if one.treatment is Treatment.RETAIN) & lost
    assert await store.erased(plan) == outcomes
    assert await store.rows(versions=True) == after
    assert await store.confirmed(plan) == outcomes


@given(world=worlds())
@DRAWN
async def test_exactly_the_person_s_rows(fresh_database: str, tmp_path: Path, world: World) -> None:
    async with built(fresh_database, tmp_path, world) as store:
        roots = await located(store)
        records = await store.collected(roots)
        assert numbered(records) >= {("people", number) for number in world.accounts()}
        assert numbered(records) == world.mine()
        assert len(records) == len(world.mine())
        said = {("people", number): world.people[number] for number in range(len(world.people))}
        for record, (place,) in ((one, numbered([one])) for one in records):
            assert record.data.get("said", record.data.get("email")) == said.get(place, f"{place[0]} {place[1]}")
        await erases_hers_alone(store, world, await store.plan(roots, ids(email=ME)))


@given(world=worlds(), change=st.integers(1, 12))
@FEW
async def test_a_connection_that_dies_at_any_change_ends_as_one_that_did_not(
    fresh_database: str, tmp_path: Path, world: World, change: int
) -> None:
    async with built(fresh_database, tmp_path, world) as store:
        plan = await store.plan(await located(store), ids(email=ME))
        await store.sql.execute(DIES.format(change))
        for table in ("people", *world.tables):
            await store.sql.execute(
                f"CREATE TRIGGER dies BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION dies()"
            )
        before = await store.rows()
        try:
            await store.erased(plan)
        except HabeasError:
            assert await store.rows() == before
            await erases_hers_alone(store, world, plan)


@pytest.mark.parametrize("shape", UNMAPPED)
@given(world=worlds())
@FEW
async def test_what_the_map_does_not_know_is_refused_before_the_first_change(
    fresh_database: str, tmp_path: Path, shape: str, world: World
) -> None:
    async with built(fresh_database, tmp_path, world) as store:
        plan = await store.plan(await located(store), ids(email=ME))
        await store.sql.execute(UNMAPPED[shape])
        before = await store.rows(versions=True)
        with pytest.raises(HabeasError, match="fresh"):
            await store.erased(plan)
        assert await store.rows(versions=True) == before
