import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.connectors.sql_portable.mariadb import PASSWORD, MariaDB
from tests.connectors.sql_portable.stores import MySQLStore, PortableStore, SQLiteStore, connected


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A running server."""
    folder = tmp_path_factory.mktemp("mariadb")
    with MariaDB(folder) as server:
        yield server
    shutil.rmtree(folder / "data")


@asynccontextmanager
async def on_mariadb(server: MariaDB, folder: Path) -> AsyncIterator[MySQLStore]:
    """An empty database on the server; dropped afterwards."""
    name = f"test_{secrets.token_hex(8)}"
    admin = await connected(server.port, None, PASSWORD)
    async with admin.cursor() as cursor:
        await cursor.execute(f"CREATE DATABASE {name}")
    connection = await connected(server.port, name, PASSWORD)
    made = MySQLStore(server.dsn(name), folder, connection)
    try:
        yield made
    finally:
        await made.aclose()
        connection.close()
        async with admin.cursor() as cursor:
            await cursor.execute(f"DROP DATABASE {name}")
        admin.close()


@asynccontextmanager
async def in_sqlite(folder: Path) -> AsyncIterator[SQLiteStore]:
    """An empty file."""
    made = SQLiteStore(folder / "store.db", folder)
    try:
        yield made
    finally:
        await made.aclose()
        made.sql.close()


@pytest.fixture
async def mysql(mariadb: MariaDB, tmp_path: Path) -> AsyncIterator[MySQLStore]:
    async with on_mariadb(mariadb, tmp_path) as made:
        yield made


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    async with in_sqlite(tmp_path) as made:
        yield made


@pytest.fixture(params=["mysql", "sqlite"])
def server(request: pytest.FixtureRequest) -> MariaDB | None:
    """The server, or none for SQLite: so that it is started only where it is wanted."""
    found: MariaDB | None = request.getfixturevalue("mariadb") if request.param == "mysql" else None
    return found


@pytest.fixture
async def store(server: MariaDB | None, tmp_path: Path) -> AsyncIterator[PortableStore]:
    """Both kinds, one after the other."""
    async with on_mariadb(server, tmp_path) if server else in_sqlite(tmp_path) as made:
        yield made
