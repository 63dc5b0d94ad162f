"""The conformance suite over MariaDB and SQLite."""

from __future__ import annotations

import pytest

from habeas.model import Identifier
from habeas.testing import World
from habeas.testing.suite import ConnectorSuite
from tests.connectors import shop as original
from tests.connectors.carried import CarriedThrough
from tests.connectors.sql_portable import shop
from tests.connectors.sql_portable.stores import PortableStore
from tests.connectors.store import ids
from tests.connectors.test_kit import ShopWorld


class PortableShopWorld(ShopWorld):
    """Ann and Bob in the shop, in another database."""

    nobody = (*ShopWorld.nobody, *ids(email="änn@example.org"))

    def __init__(self, store: PortableStore) -> None:
        self._other = store
        self._connected = store
        self.connector = store.connector

    async def _rows(self, users: str, owned: str, tickets: str, comments: str) -> object:
        queries = {
            name: f"SELECT * FROM {name} WHERE 1 = 1 {one} ORDER BY 1, 2"  # noqa: S608  constants
            for name, one in self.conditions(users, owned, tickets, comments).items()
        }
        return {name: await self._other.fetch(query) for name, query in queries.items()}

    async def _do(self, statement: str) -> None:
        await self._other.execute(statement)

    async def alter(self) -> None:
        await self._other.execute("UPDATE comments SET body = 'changed' WHERE id = 100")

    async def add(self) -> bool:
        await self._other.execute("INSERT INTO tickets VALUES (19, 1, NULL, 'One more')")
        return True

    async def vanish(self) -> bool:
        await self._other.execute("DELETE FROM attachments WHERE comment_id = 100")
        return True

    async def move(self) -> bool:
        await self._other.execute(original.MOVE)
        return True

    async def type_in(self) -> Identifier | None:
        await self._other.execute("INSERT INTO user_emails VALUES (77, 1, 'typed@example.org')")
        return ids(email="typed@example.org")[0]

    async def employ(self) -> bool:
        await self._other.execute(original.EMPLOY)
        return True

    async def come_back(self) -> None:
        await self._other.execute(
            "INSERT INTO users (id, email, phone, last_name, tags, profile)"
            " VALUES (77, 'ann@example.org', '+45 12345678', 'Ann', '[]', '{}')"
        )


class TestPortableShop(ConnectorSuite, CarriedThrough):
    """MariaDB and SQLite by the same data map as PostgreSQL."""

    @pytest.fixture
    async def world(self, store: PortableStore) -> World:
        await store.build(shop.DDL[store.kind], original.STAFFED)
        return PortableShopWorld(store)
