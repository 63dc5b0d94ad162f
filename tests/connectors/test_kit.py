"""The conformance suite: honest connectors pass it, and each kind of dishonest one is caught by its test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from habeas.connector import Connector
from habeas.errors import ConnectorError
from habeas.model import Identifier
from habeas.outcomes import Awaiting, Pending
from habeas.testing import MemoryConnector, World
from habeas.testing.suite import ConnectorSuite
from tests.connectors import dishonest, entangled, shop, untold
from tests.connectors.memory_world import MemoryWorld
from tests.connectors.store import Connected, Store, ids


class TestMemory(ConnectorSuite):
    """The system in memory, which answers at once."""

    @pytest.fixture
    def world(self) -> World:
        return MemoryWorld()


class TestMemoryWithJobs(ConnectorSuite):
    """The same, where every erasure is a job, then a callback."""

    @pytest.fixture
    def world(self) -> World:
        made = MemoryWorld()
        made.system.answers("erase", Pending(handle="job", poll_after=60), Awaiting(handle="call", give_up_after=60))
        made.system.answers("confirm", Pending(handle="look", poll_after=60))
        return made


class ShopWorld(World):
    """Ann and Bob in the shop's PostgreSQL."""

    person = (*ids(email="ann@example.org"), *ids(phone="+4512345678"))
    other = ids(email="bob@example.org")
    nobody = (*ids(email="ann@example.or"), *ids(email="%@example.org"), *ids(phone="12345678"))
    personal = ("ann@example.org", "Ärla", "12345678")
    folds_plus = True
    shared = frozenset({("comments", "[103]")})
    collected = frozenset({"users", "user_emails", "tickets", "comments", "attachments", "invoices"})

    def __init__(self, store: Store) -> None:
        self._store = store
        self._connected: Connected = store
        self.connector = store.connector

    async def others(self) -> object:
        return await self._rows(
            "AND id <> 1", "AND user_id <> 1", "AND id NOT IN (10, 11)", "NOT IN (100, 101, 102, 103)"
        )

    async def theirs(self) -> object:
        return await self._rows("AND id = 1", "AND user_id = 1", "AND id IN (10, 11)", "IN (100, 101, 102, 103)")

    @staticmethod
    def conditions(users: str, owned: str, tickets: str, comments: str) -> dict[str, str]:
        return {
            "users": users,
            "user_emails": owned,
            "invoices": owned,
            "tickets": tickets,
            "comments": f"AND id {comments}",
            "attachments": f"AND comment_id {comments}",
        }

    async def reconnect(self) -> bool:
        self.connector = self._connected.again()
        return True

    async def respell(self) -> bool:
        await self._do("UPDATE users SET email = 'ANN@EXAMPLE.org' WHERE id = 1")
        return True

    async def spoil(self) -> bool:
        await self._do("ALTER TABLE comments RENAME TO remarks")
        return True

    @asynccontextmanager
    async def away(self) -> AsyncIterator[Connector | None]:
        async with self._connected.away() as connector:
            yield connector

    async def _do(self, statement: str) -> None:
        await self._store.sql.execute(statement)

    async def _rows(self, users: str, owned: str, tickets: str, comments: str) -> object:
        where = self.conditions(users, owned, tickets, comments)
        queries = {name: f"SELECT t::text FROM {name} t WHERE true {one} ORDER BY 1" for name, one in where.items()}  # noqa: S608  constants above
        return {name: [row["t"] for row in await self._store.sql.fetch(query)] for name, query in queries.items()}

    async def alter(self) -> None:
        await self._store.sql.execute("UPDATE comments SET body = 'changed' WHERE id = 100")

    async def add(self) -> bool:
        await self._store.sql.execute("INSERT INTO tickets VALUES (19, 1, NULL, 'One more')")
        return True

    async def move(self) -> bool:
        await self._store.sql.execute(shop.MOVE)
        return True

    async def vanish(self) -> bool:
        await self._store.sql.execute("DELETE FROM attachments WHERE comment_id = 100")
        return True

    async def come_back(self) -> None:
        await self._store.sql.execute(
            "INSERT INTO users (id, email, phone, last_name) VALUES (77, 'ann@example.org', '+45 12345678', 'Ann')"
        )

    async def type_in(self) -> Identifier | None:
        await self._store.sql.execute("INSERT INTO user_emails VALUES (77, 1, 'typed@example.org')")
        return ids(email="typed@example.org")[0]

    async def employ(self) -> bool:
        await self._store.sql.execute(shop.EMPLOY)
        return True


class TestShop(ConnectorSuite):
    """PostgreSQL by a data map."""

    @pytest.fixture
    async def world(self, store: Store) -> World:
        await store.build(shop.DDL, shop.STAFFED)
        return ShopWorld(store)


CAUGHT = [*dishonest.CAUGHT, *entangled.CAUGHT, *untold.CAUGHT]


@pytest.mark.parametrize(("kind", "test"), CAUGHT, ids=[kind.__name__ for kind, _ in CAUGHT])
async def test_a_dishonest_connector_is_caught(kind: type[MemoryConnector], test: str) -> None:
    await getattr(ConnectorSuite(), test)(MemoryWorld())
    with pytest.raises((AssertionError, ConnectorError)):
        await getattr(ConnectorSuite(), test)(MemoryWorld(kind))


def test_every_test_of_the_suite_catches_somebody() -> None:
    """Those for HTTP catch theirs in `tests.connectors.http_protocol.test_dishonest`."""
    tests = {name for name in dir(ConnectorSuite) if name.startswith("test_")}
    assert tests == {test for _, test in CAUGHT}
