"""Connections and transactions of the portable engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import NullPool

from activities.connectors.sql.errors import MapDoesNotFit
from activities.connectors.sql.schema import Schema
from activities.connectors.sql.shape import Shape, shape
from activities.connectors.sql_portable.address import dialect_of
from activities.connectors.sql_portable.dialect import Dialect
from habeas.datamap import DataMap, Finding
from habeas.datamap.finding import finding

DEFAULT_SCHEMA = "public"


@dataclass(frozen=True, slots=True)
class Session:
    """One transaction, and the map on the database as it is in it."""

    connection: AsyncConnection
    dialect: Dialect
    shape: Shape


class Database:
    """One connected database: a small pool, transactions, the shape that the map has on it now."""

    def __init__(self, url: str, data_map: DataMap, *, pool_size: int = 4, statement_seconds: float = 60.0) -> None:
        self.map = data_map
        self.dialect = dialect_of(url, data_map.system)
        self._seconds = statement_seconds
        self._engine = self.dialect.engine(
            statement_seconds, pool_size=pool_size, max_overflow=0, pool_timeout=60, pool_pre_ping=True
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """A read-only snapshot of the database.

        Raises:
            MapDoesNotFit: the map does not fit (any more).
        """
        async with self._transaction(self._engine, readonly=True) as connection:
            yield await self._session(connection)

    @asynccontextmanager
    async def reading_afresh(self) -> AsyncIterator[Session]:
        """As `reading`, on a connection that nothing has used before."""
        engine = self.dialect.engine(self._seconds, poolclass=NullPool)
        try:
            async with self._transaction(engine, readonly=True) as connection:
                yield await self._session(connection)
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Session]:
        """One transaction: commits at the end, or leaves everything as it was."""
        async with self._transaction(self._engine, readonly=False) as connection:
            yield await self._session(connection)

    async def schema(self) -> Schema:
        """The database's catalogue, whatever the map says."""
        async with self._transaction(self._engine, readonly=True) as connection:
            return await self.dialect.reflect(connection)

    async def _session(self, connection: AsyncConnection) -> Session:
        schema = await self.dialect.reflect(connection)
        found = misplaced(self.map, schema)
        if found:
            raise MapDoesNotFit("\n".join(map(str, found)), system=self.map.system, findings=found)
        return Session(connection, self.dialect, shape(self.map, schema))

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine, *, readonly: bool) -> AsyncIterator[AsyncConnection]:
        async with engine.connect() as connection:
            try:
                for statement in self.dialect.begin(readonly=readonly):
                    await connection.exec_driver_sql(statement)
                yield connection
                await connection.exec_driver_sql("COMMIT")
            except BaseException:  # a cancelled call, too, must not leave its transaction open
                await _roll_back(connection)
                raise

    async def aclose(self) -> None:
        """Give back all connections."""
        await self._engine.dispose()


async def _roll_back(connection: AsyncConnection) -> None:
    """Undo; a connection that does not even do that (it broke, or was cancelled in a call) is thrown away."""
    try:
        await connection.exec_driver_sql("ROLLBACK")
    except Exception:  # noqa: BLE001  what went wrong before is what counts; the server undoes what it loses
        await connection.invalidate()


def misplaced(data_map: DataMap, schema: Schema) -> tuple[Finding, ...]:
    """A map of another database: in these systems the address names it, and the map need not."""
    if data_map.schema_name in (DEFAULT_SCHEMA, schema.name):
        return ()
    return (
        finding(
            data_map,
            f"the address leads to the database {schema.name}",
            "remove the line, or correct it",
            None,
            None,
            "schema",
        ),
    )
