"""Schemas that nobody thought of: whatever the links, exactly the person's rows are found, and no other is touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from habeas.connector import PlannedObject, Record, RecordRef, Treatment
from tests.connectors.store import Store, gone

PEOPLE = 3
ROWS = 6


@dataclass(frozen=True)
class Link:
    """Column ``l<n>`` of a table leads to another one (or to ``people``), by a foreign key or without."""

    target: str
    belongs: bool
    foreign: bool


@dataclass(frozen=True)
class World:
    """Tables, their links, and each row's values for them (numbers of rows of the target; some point nowhere)."""

    links: dict[str, list[Link]]
    rows: dict[str, list[list[int | None]]]
    retained: frozenset[str]

    def of(self, person: int) -> set[tuple[str, int]]:
        """The person's rows, by the definition: the least set that the links close."""
        mine = {("people", person)}
        while True:
            more = {
                (name, number)
                for name, rows in self.rows.items()
                for number, values in enumerate(rows)
                for link, value in zip(self.links[name], values, strict=True)
                if link.belongs and (link.target, value) in mine and (name, number) not in mine
            }
            if not more:
                return mine
            mine |= more


@st.composite
def worlds(draw: st.DrawFn) -> World:
    names = [f"t{number}" for number in range(draw(st.integers(1, 4)))]
    links: dict[str, list[Link]] = {}
    for name in names:
        first = Link(draw(st.sampled_from(["people", *names[: names.index(name)]])), True, draw(st.booleans()))
        any_link = st.builds(Link, st.sampled_from(["people", *names]), st.booleans(), st.booleans())
        links[name] = [first, *draw(st.lists(any_link, max_size=2))]
    sizes = {name: draw(st.integers(0, ROWS)) for name in names} | {"people": PEOPLE}
    rows: dict[str, list[list[int | None]]] = {
        name: [[draw(values(link, sizes[link.target])) for link in links[name]] for _ in range(sizes[name])]
        for name in names
    }
    return World(links, rows, draw(st.sampled_from([frozenset(), frozenset(names[-1:])])))


def values(link: Link, size: int) -> st.SearchStrategy[int | None]:
    inside = st.one_of(st.none(), *([st.integers(0, size - 1)] if size else []))
    return inside if link.foreign else st.one_of(inside, st.just(99))


def ddl(world: World) -> str:
    lines = ["DROP SCHEMA public CASCADE; CREATE SCHEMA public", "CREATE TABLE people (id int PRIMARY KEY, email text)"]
    lines += [f"INSERT INTO people VALUES ({n}, 'p{n}@x.org')" for n in range(PEOPLE)]  # noqa: S608  numbers
    for name, links in world.links.items():
        columns = ", ".join(f"l{n} int" for n in range(len(links)))
        lines.append(f"CREATE TABLE {name} (id int PRIMARY KEY, on_day date, text text NOT NULL, {columns})")
    for name, rows in world.rows.items():
        for number, row in enumerate(rows):
            written = ", ".join("NULL" if value is None else str(value) for value in row)
            lines.append(f"INSERT INTO {name} VALUES ({number}, '2025-01-01', 'x', {written})")  # noqa: S608  numbers
    for name, links in world.links.items():
        lines += [
            f"ALTER TABLE {name} ADD FOREIGN KEY (l{n}) REFERENCES {link.target}"
            for n, link in enumerate(links)
            if link.foreign
        ]
    return ";\n".join(lines)


def data_map(world: World) -> str:
    text = """
[tables.people]
category = "c"
person = true
erase = "delete"
identifiers = [{ column = "email", kind = "email" }]
columns = { id = "keep", email = "null" }
"""
    for name, links in world.links.items():
        kept = name in world.retained
        duty = 'retention = { law = "Some Act", years = 5, from = "on_day" }' if kept else ""
        belongs = ", ".join(
            f'{{ table = "{link.target}", columns = {{ l{n} = "id" }} }}'
            for n, link in enumerate(links)
            if link.belongs
        )
        # What is not a link may always be cut, so that every ring of foreign keys has a way out.
        columns = ", ".join(f'l{n} = "null"' for n in range(len(links)))
        text += f"""
[tables.{name}]
category = "c"
erase = "{"retain" if kept else "delete"}"
{duty}
belongs = [{belongs}]
shared = "erase"
columns = {{ id = "keep", on_day = "keep", text = "redact", {columns} }}
"""
    return text


def numbered(objects: Iterable[Record | PlannedObject]) -> set[tuple[str, int]]:
    return {(one.collection, int(one.key.strip("[]"))) for one in objects}


@given(world=worlds())
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_exactly_the_person_s_rows(fresh_database: str, tmp_path: Path, world: World) -> None:
    sql = await asyncpg.connect(fresh_database)
    store = Store(fresh_database, sql, tmp_path)
    try:
        await store.build(ddl(world), data_map(world))
        root = RecordRef(collection="people", key="[0]")
        records = await store.collected([root])
        mine = world.of(0)
        assert numbered(records) == mine
        assert len(records) == len(mine)
        before = await store.rows()
        plan = await store.plan([root])
        outcomes = await store.erased(plan)
        after = await store.rows(versions=True)
        changed = gone(before, await store.rows())
        lost = {(table, int(row.strip("(").split(",")[0])) for table, rows in changed.items() for row in rows}
        assert lost <= mine
        assert numbered(one for one in plan.objects if one.treatment is Treatment.DELETE) <= lost
        assert not numbered(one for one in plan.objects if one.treatment is Treatment.RETAIN) & lost
        assert await store.erased(plan) == outcomes
        assert await store.rows(versions=True) == after
        assert await store.confirmed(plan) == outcomes
    finally:
        await store.aclose()
        await sql.close()
