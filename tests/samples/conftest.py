"""The three stores, seeded once for all tests here, and a way to ask them."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from workers.postgres import EmbeddedPostgres
from workers.samples import seed

STORES = ("crm", "billing", "support")
PEOPLE = 1000

Ask = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def databases(server: EmbeddedPostgres, *stores: str) -> AsyncIterator[dict[str, str]]:
    """Empty databases, one per store; dropped afterwards."""
    names = {store: f"{store}_{secrets.token_hex(6)}" for store in stores}
    connection = await asyncpg.connect(server.dsn())
    try:
        for name in names.values():
            await connection.execute(f'CREATE DATABASE "{name}"')
        yield {store: server.dsn(name) for store, name in names.items()}
        for name in names.values():
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def stores(postgres_server: EmbeddedPostgres) -> AsyncIterator[Mapping[str, str]]:
    """URLs of the three stores with a thousand people. Read only."""
    async with databases(postgres_server, *STORES) as urls:
        await seed(urls, people=PEOPLE)
        yield urls


@pytest.fixture(scope="session")
async def ask(stores: Mapping[str, str]) -> AsyncIterator[Ask]:
    """A way to get one value from a store: its name, the statement, the arguments."""
    connections = {store: await asyncpg.connect(url) for store, url in stores.items()}
    await connections["billing"].execute("SET search_path = billing")

    async def value(store: str, sql: str, *arguments: object) -> Any:
        return await connections[store].fetchval(sql, *arguments)

    yield value
    for connection in connections.values():
        await connection.close()
