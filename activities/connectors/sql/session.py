"""Connections and transactions: one isolation, one set of session settings, every wait bounded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from activities.connectors.sql.errors import guarded
from activities.connectors.sql.schema import STAMP, Schema, reflect
from activities.connectors.sql.shape import Shape, shape
from habeas.datamap import DataMap
from habeas.errors import ConfigurationError

CONNECT_SECONDS = 15
LOCK_SECONDS = 10
_STAMP = "catalogue"
# Whatever the role or the database sets, texts and JSON must come out the same, or fingerprints would differ.
_SETTINGS = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "lc_monetary": "C",
    # An error, not fewer rows, where a row security policy would filter.
    "row_security": "off",
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
}


def is_portable(url: str) -> bool:
    """Is it an address of a kind of database that `activities.connectors.sql_portable` serves?"""
    return url.partition(":")[0].partition("+")[0] in ("mysql", "mariadb", "sqlite")


def engine_url(url: str, system: str) -> URL:
    """The asyncpg form of a ``postgresql://`` address.

    Raises:
        ConfigurationError: it is not one. The address itself is never repeated: it holds the password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in ("postgresql", "postgres") or not parsed.database:
        raise ConfigurationError(f"systems.{system}.url is not postgresql://user:password@host:port/database.")
    unknown = parsed.query.keys() - {"ssl", "sslmode", "host", "port", "application_name"}
    if unknown:
        raise ConfigurationError(f"systems.{system}.url: {', '.join(sorted(unknown))} is not supported; remove it.")
    return parsed.set(drivername="postgresql+asyncpg")


class Database:
    """One connected database: a small pool, transactions, the shape that the map has on it now."""

    def __init__(self, url: str, data_map: DataMap, *, pool_size: int = 4, statement_seconds: float = 60.0) -> None:
        self.map = data_map
        self._url = engine_url(url, data_map.system)
        self._seconds = statement_seconds
        settings = _SETTINGS | {
            "statement_timeout": f"{int(statement_seconds * 1000)}ms",
            "lock_timeout": f"{LOCK_SECONDS}s",
        }
        self._begin = sa.select(
            *(sa.func.set_config(name, value, True) for name, value in settings.items()),
            sa.literal_column(f"({STAMP})").label(_STAMP),
        )
        self._seen: tuple[str, Shape] | None = None
        self._engine = self._make(pool_size=pool_size, max_overflow=0, pool_timeout=60)
        # It keeps no connection; what it compiled, it keeps.
        self._without_pool = self._make(poolclass=NullPool)

    def _make(self, **pool: Any) -> AsyncEngine:
        url = self._url.difference_update_query(["sslmode", "application_name"])
        name, ssl = self._url.query.get("application_name", "habeas"), self._url.query.get("sslmode")
        arguments = {
            # What libpq calls sslmode, asyncpg calls ssl.
            **({"ssl": ssl} if ssl else {}),
            "server_settings": {"application_name": name},
            "timeout": CONNECT_SECONDS,
            "command_timeout": self._seconds + LOCK_SECONDS,
            # The customer may alter tables while we are connected: no plan may outlive its transaction.
            "prepared_statement_cache_size": 0,
            "statement_cache_size": 0,
        }
        return create_async_engine(url, connect_args=arguments, hide_parameters=True, **pool)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A read-only snapshot of the database."""
        async with self._transaction(self._engine, readonly=True) as connection:
            yield connection

    @asynccontextmanager
    async def reading_afresh(self) -> AsyncIterator[AsyncConnection]:
        """As `reading`, on a connection that nothing has used before."""
        async with self._transaction(self._without_pool, readonly=True) as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: commits at the end, or leaves everything as it was."""
        async with self._transaction(self._engine, readonly=False) as connection:
            yield connection

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine, *, readonly: bool) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            try:
                connection = await self._begun(stack, engine, readonly=readonly)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                # The pool gave out one that had died: nothing was done on it. Asking each before would take longer.
                connection = await self._begun(stack, engine, readonly=readonly)
            yield connection

    async def _begun(self, stack: AsyncExitStack, engine: AsyncEngine, *, readonly: bool) -> AsyncConnection:
        async with AsyncExitStack() as begun:
            plain = await begun.enter_async_context(engine.connect())
            connection = await plain.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=readonly, postgresql_deferrable=False
            )
            await begun.enter_async_context(connection.begin())
            connection.info[_STAMP] = (await connection.execute(self._begin)).one()[-1]
            stack.push_async_exit(begun.pop_all())
        return connection

    async def shape(self, connection: AsyncConnection) -> Shape:
        """The map on the database as it is in this transaction: a table added a moment ago must not go unseen.

        The catalogue is read only where its stamp is another than when it was read last: see `STAMP`.

        Raises:
            MapDoesNotFit: the map does not fit (any more).
        """
        stamp = str(connection.info[_STAMP])
        if self._seen is None or self._seen[0] != stamp:
            self._seen = stamp, shape(self.map, await reflect(connection, self.map.schema_name))
        return self._seen[1]

    async def aclose(self) -> None:
        """Give back all connections."""
        await self._engine.dispose()


async def schema_of(data_map: DataMap, url: str) -> Schema:
    """What a database looks like, without a connector.

    Raises:
        ConfigurationError: not the address of a database.
        Transient, Terminal: the database does not answer, or refuses.
    """
    database = Database(url, data_map, pool_size=1)

    async def reflected() -> Schema:
        async with database.reading() as connection:
            return await reflect(connection, data_map.schema_name)

    try:
        return await guarded(data_map.system, reflected)
    finally:
        await database.aclose()
