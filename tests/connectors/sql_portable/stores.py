"""Stores for tests: MariaDB databases and SQLite files, read and written past the connector."""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiomysql
import pytest
from pymysql.constants import CLIENT

from activities.connectors.sql import SqlConnector
from tests.connectors.store import Connected, Rows


class PortableStore(Connected):
    """One database with a map."""

    kind: str

    async def build(self, ddl: str, map_text: str, **settings: Any) -> None:
        await self.execute(ddl)
        self.connect(map_text, **settings)

    @abstractmethod
    async def execute(self, script: str) -> None: ...

    @abstractmethod
    async def fetch(self, query: str) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    async def tables(self) -> list[str]: ...

    async def rows(self) -> Rows:
        """Every row of every table."""
        found: Rows = {}
        for name in await self.tables():
            quoted = f"`{name}`"
            rows = map(repr, await self.fetch(f"SELECT * FROM {quoted}"))  # noqa: S608  names from the catalogue
            found[name] = {row: row for row in rows}
        return found


class MySQLStore(PortableStore):
    """On the real server."""

    kind = "mysql"

    def __init__(self, dsn: str, folder: Path, connection: aiomysql.Connection) -> None:
        super().__init__(dsn, folder)
        self.sql = connection

    async def execute(self, script: str) -> None:
        async with self.sql.cursor() as cursor:
            await cursor.execute(script)
            while await cursor.nextset():
                pass

    async def fetch(self, query: str) -> list[tuple[Any, ...]]:
        async with self.sql.cursor() as cursor:
            await cursor.execute(query)
            return list(await cursor.fetchall())

    async def tables(self) -> list[str]:
        return [row[0] for row in await self.fetch("SHOW FULL TABLES WHERE Table_type <> 'VIEW'")]


class SQLiteStore(PortableStore):
    """In a file."""

    kind = "sqlite"

    def __init__(self, path: Path, folder: Path) -> None:
        super().__init__(f"sqlite:///{path}", folder)
        self.sql = sqlite3.connect(path, isolation_level=None)
        self.sql.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")

    @asynccontextmanager
    async def away(self) -> AsyncIterator[SqlConnector]:
        """Somebody else has the whole file."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("activities.connectors.sql_portable.sqlite.LOCK_SECONDS", 0.1)
            connector = self._loaded()
        self.sql.execute("BEGIN EXCLUSIVE")
        yield connector
        self.sql.execute("ROLLBACK")

    async def execute(self, script: str) -> None:
        self.sql.executescript(script)

    async def fetch(self, query: str) -> list[tuple[Any, ...]]:
        return self.sql.execute(query).fetchall()

    async def tables(self) -> list[str]:
        return [row[0] for row in await self.fetch("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]


@asynccontextmanager
async def another(port: int, dsn: str, password: str) -> AsyncIterator[aiomysql.Cursor]:
    """A cursor of somebody else's, whose connection is closed whatever happens."""
    connection = await connected(port, dsn.rsplit("/", 1)[1], password)
    try:
        async with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


async def connected(port: int, database: str | None = None, password: str = "") -> aiomysql.Connection:
    """A connection of a test's own."""
    flag = CLIENT.MULTI_STATEMENTS
    return await aiomysql.connect(
        host="127.0.0.1",
        port=port,
        user="habeas",
        password=password,
        db=database,
        client_flag=flag,
        autocommit=True,
        charset="utf8mb4",
    )
