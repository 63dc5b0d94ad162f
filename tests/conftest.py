"""What tests share: one real PostgreSQL server, and empty databases on it."""

import secrets
import shutil
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from workers.postgres import EmbeddedPostgres

pytest_plugins = [
    "tests.plugins.in_memory",
    "tests.plugins.parallel",
    "tests.plugins.require_all",
    "tests.plugins.thorough",
]


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL server; not durable, so as to be fast."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server
    shutil.rmtree(server.cluster)


@pytest.fixture
async def fresh_database(postgres_server: EmbeddedPostgres) -> AsyncIterator[str]:
    """The DSN of an empty database, ``postgresql://user:password@127.0.0.1:port/name``; dropped afterwards."""
    name = f"test_{secrets.token_hex(8)}"
    connection = await asyncpg.connect(postgres_server.dsn())
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        yield postgres_server.dsn(name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()
