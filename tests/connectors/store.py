"""A store for a test: a schema of its own on the real server, its data map, and a way to compare every row."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

from activities.connectors import load_connector
from activities.connectors.sql import SqlConnector
from habeas.connector import Connector, Page, Record, RecordRef, SystemPlan
from habeas.model import Identifier
from habeas.outcomes import Done, ObjectOutcome
from habeas.plan import IndexedRecord, draft
from habeas.staying import Because, Stay

TODAY = date(2026, 3, 1)
Rows = dict[str, dict[str, str]]
Stays = Mapping[tuple[str, str], Stay]


def ids(**values: str) -> tuple[Identifier, ...]:
    return tuple(Identifier(kind=kind, value=value) for kind, value in values.items())


def refs(collection: str, *keys: str) -> tuple[RecordRef, ...]:
    return tuple(RecordRef(collection=collection, key=key) for key in keys)


def held(plan: SystemPlan, *collections: str) -> Stays:
    """A legal hold on everything of these collections, as of a category of its own."""
    stay = Stay(because=Because.LEGAL_HOLD, law="Case 12/2026")
    return {(one.collection, one.key): stay for one in plan.objects if one.collection in collections}


class Connected:
    """A database of whatever kind with a map, through its connector."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        self.folder = folder
        self.connector: SqlConnector
        self._made: list[SqlConnector] = []
        self._given: dict[str, Any] = {}

    def connect(self, map_text: str, **settings: Any) -> SqlConnector:
        path = self.folder / "map.toml"
        path.write_text(f'system = "shop"\n{map_text}', encoding="utf-8")
        self._given = {"connector": "sql", "url": self.dsn, "map": str(path), **settings}
        return self.again()

    def again(self) -> SqlConnector:
        """Another connector, of the same settings."""
        self.connector = self._loaded()
        return self.connector

    @asynccontextmanager
    async def away(self) -> AsyncIterator[SqlConnector]:
        """Another connector, at whose database's port nobody answers."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        yield self._loaded(url=make_url(self.dsn).set(port=port).render_as_string(hide_password=False))

    def _loaded(self, **more: Any) -> SqlConnector:
        connector = load_connector("shop", self._given | more)
        assert isinstance(connector, SqlConnector)
        self._made.append(connector)
        return connector

    async def aclose(self) -> None:
        for connector in self._made:
            await connector.aclose()

    async def plan(
        self, roots: Iterable[RecordRef], identifiers: Iterable[Identifier] = (), today: date = TODAY
    ) -> SystemPlan:
        records = await self.collected(roots)
        collections = self.connector.manifest.collections
        index = [IndexedRecord.of(record) for record in records]
        return draft("shop", collections, roots, identifiers, index, today)

    async def collected(self, roots: Iterable[RecordRef]) -> list[Record]:
        return [record for page in await self.pages(roots) for record in page.records]

    async def pages(self, roots: Iterable[RecordRef], cursor: str | None = None) -> list[Page]:
        return [page async for page in self.connector.collect(tuple(roots), cursor)]

    async def erased(self, plan: SystemPlan) -> tuple[ObjectOutcome, ...]:
        answer = await self.connector.erase(plan, None)
        assert isinstance(answer, Done), answer
        return answer.result

    async def confirmed(self, plan: SystemPlan) -> tuple[ObjectOutcome, ...]:
        answer = await self.connector.confirm(plan, None)
        assert isinstance(answer, Done), answer
        return answer.result


class Store(Connected):
    """One PostgreSQL database with a schema and a map."""

    def __init__(self, dsn: str, connection: asyncpg.Connection, folder: Path, schema: str = "public") -> None:
        super().__init__(dsn, folder)
        self.sql = connection
        self.schema = schema

    async def build(self, ddl: str, map_text: str, **settings: Any) -> SqlConnector:
        await self.sql.execute(ddl)
        return self.connect(map_text, **settings)

    async def rows(self, *, versions: bool = False) -> Rows:
        """Every row of every table by key position, byte for byte; with ``versions`` also where and since when."""
        tables = await self.sql.fetch("SELECT relid::regclass::text AS name FROM pg_stat_user_tables ORDER BY 1")
        found: Rows = {}
        for table in tables:
            extra = "xmin::text || ctid::text ||" if versions else ""
            query = f"SELECT {extra} t::text AS row FROM {table['name']} t"  # noqa: S608  names from the catalogue
            found[table["name"]] = {row["row"]: row["row"] for row in await self.sql.fetch(query)}
        return found


def by_fate(outcomes: Iterable[ObjectOutcome]) -> dict[str, list[str]]:
    """``fate`` or ``fate:reason`` -> ``table[key]``, sorted."""
    found: dict[str, list[str]] = {}
    for one in outcomes:
        name = f"{one.fate}:{one.reason}" if one.reason else str(one.fate)
        found.setdefault(name, []).append(f"{one.collection}{one.key}")
    return {name: sorted(keys) for name, keys in found.items()}


def places(records: Iterable[Record]) -> list[str]:
    return [f"{record.collection}{record.key}" for record in records]


def gone(before: Rows, after: Rows) -> dict[str, set[str]]:
    """Rows that are not there any more as they were."""
    return {table: set(before[table]) - set(after[table]) for table in before if set(before[table]) - set(after[table])}


def new(before: Rows, after: Rows) -> dict[str, set[str]]:
    """Rows that were not there like this."""
    return gone(after, before)


async def everybody_tells_what_is_proven(connector: Connector) -> None:
    """By `tests.connectors.shop.PROVEN`: Ann's own address is, not those beside it; Bob's own is not; phones are."""
    further = ids(email="ann+shop@example.org") + ids(email="a.arla@work.example")

    async def told(**asked: str) -> list[tuple[str, tuple[Identifier, ...]]]:
        return [(one.key, one.unproven) for one in (await connector.locate(ids(**asked))).matches]

    assert await told(email="ann@example.org") == [("[1]", further)], "some row of hers bears it, and that one is sure"
    assert await told(email="ann+news@example.org") == [("[1]", further)]
    assert await told(phone="+4512345678") == [("[1]", further)]
    assert await told(email="a.arla@work.example") == [("[1]", (*further[1:], *further[:1]))]
    assert await told(email="bob@example.org") == [("[2]", ids(email="bob@example.org") + ids(email="b@b.example"))]
