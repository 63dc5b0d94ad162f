from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.connectors.store import Store
from tests.office.world import World as Installation
from tests.office.world import world as installed
from workers.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
async def installation(
    postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """Ledger, Temporal and mail for requests that are carried through a connector."""
    async with installed(postgres_server, tmp_path_factory.mktemp("installation"), worker=False) as made:
        yield made


@pytest.fixture
async def store(fresh_database: str, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store; its connector is closed afterwards."""
    connection = await asyncpg.connect(fresh_database)
    made = Store(fresh_database, connection, tmp_path)
    yield made
    await made.aclose()
    await connection.close()
