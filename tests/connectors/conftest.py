from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.connectors.store import Store


@pytest.fixture
async def store(fresh_database: str, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store; its connector is closed afterwards."""
    connection = await asyncpg.connect(fresh_database)
    made = Store(fresh_database, connection, tmp_path)
    yield made
    await made.aclose()
    await connection.close()
