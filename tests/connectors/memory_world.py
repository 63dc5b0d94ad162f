"""A person and somebody else in memory: the world of the in-memory connector, and of those that break a promise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import date
from functools import partial

from habeas.connector import (
    Change,
    Collection,
    Connector,
    FieldChange,
    RecordRef,
    Rectify,
    Restrict,
    Retention,
    Stop,
    Treatment,
    Veto,
)
from habeas.errors import Terminal, Transient
from habeas.model import Identifier
from habeas.testing import MemoryConnector, MemoryRow, World
from tests.connectors.store import ids

COLLECTIONS = (
    Collection(
        name="accounts", category="accounts", treatment=Treatment.DELETE, rectifiable=("city",), restrictable=True
    ),
    Collection(name="notes", category="notes", treatment=Treatment.DELETE),
    Collection(
        name="invoices",
        category="invoices",
        treatment=Treatment.RETAIN,
        retention=Retention(law="Bookkeeping Act", years=5, anchor="issued_on"),
        expires=Retention(law="The shop's promise", years=10, anchor="issued_on"),
    ),
)


def rows_of(name: str, key: int) -> list[MemoryRow]:
    email = Identifier(kind="email", value=f"{name}@example.org")
    account = MemoryRow(
        collection="accounts",
        key=f"[{key}]",
        data={"city": "Aarhus", "street": "Åvej 1", "email": email.value},
        identifiers=(email,),
        name=name,
    )
    return [
        account,
        *(
            MemoryRow(collection="notes", key=f"[{key}{n}]", root=account.key, data={"text": f"{name} {n}"})
            for n in range(3)
        ),
        MemoryRow(
            collection="invoices",
            key=f"[{key}9]",
            root=account.key,
            data={"total": "1.00"},
            anchor=date(2025, 1, 1),
        ),
    ]


_CALLS = (
    *("ping", "locate", "collect", "erase", "confirm", "vetoes"),
    *("change", "confirm_change", "expired", "expire"),
)


class MemoryWorld(World):
    """Ann and Bob in memory."""

    person = ids(email="ann@example.org")
    other = ids(email="bob@example.org")
    nobody = (*ids(email="ann@example.or"), *ids(email="%@example.org"))
    personal: tuple[str, ...] = ("ann@example.org", "Åvej 1")
    collected = frozenset({"accounts", "notes", "invoices"})
    changes: tuple[Change, ...] = (
        Rectify(fields=(FieldChange(collection="accounts", key="[1]", field="city", old="Aarhus", new="Odense"),)),
        Restrict(objects=(RecordRef(collection="accounts", key="[1]"),)),
        Stop(roots=(RecordRef(collection="accounts", key="[1]"),), purposes=("newsletter",)),
    )

    def __init__(self, kind: type[MemoryConnector] = MemoryConnector) -> None:
        self._kind = kind
        self.system = self._made()
        self.system.put(*rows_of("ann", 1), *rows_of("bob", 2))
        self.connector = self.system

    def _made(self) -> MemoryConnector:
        return self._kind(COLLECTIONS, purposes=("newsletter",), vetoing=True)

    async def reconnect(self) -> bool:
        before, self.system = self.system, self._made()
        for name in ("rows", "calls", "faults", "waits", "in_the_way"):
            setattr(self.system, name, getattr(before, name))
        self.connector = self.system
        return True

    async def others(self) -> object:
        return {place: row for place, row in self.system.rows.items() if not row.key.startswith("[1")}

    async def theirs(self) -> object:
        return {place: row for place, row in self.system.rows.items() if row.key.startswith("[1")}

    async def alter(self) -> None:
        row = self.system.rows["notes", "[11]"]
        self.system.put(row.model_copy(update={"data": {"text": "changed"}}))

    def edits(self) -> Iterable[Callable[[], Awaitable[None]]]:
        return (self.alter, partial(self._write, city="Odense"), partial(self._write, street="Åvej 2"))

    async def _write(self, **fields: str) -> None:
        row = self.system.rows["accounts", "[1]"]
        self.system.put(row.model_copy(update={"data": row.data | fields}))

    async def respell(self) -> bool:
        await self._write(email="ANN@Example.org")
        return True

    async def spoil(self) -> bool:
        for method in ("ping", "locate", "collect", "erase", "confirm"):
            self.system.fail(method, Terminal("It is away."))
        return True

    @asynccontextmanager
    async def away(self) -> AsyncIterator[Connector | None]:
        for method in _CALLS:
            self.system.fail(method, *[Transient("It is away.")] * 5)
        yield self.connector
        self.system.faults.clear()

    async def add(self) -> bool:
        self.system.put(MemoryRow(collection="notes", key="[18]", root="[1]", data={"text": "new"}))
        return True

    async def move(self) -> bool:
        self.system.put(self.system.rows["notes", "[11]"].model_copy(update={"root": "[2]"}))
        return True

    async def vanish(self) -> bool:
        return self.system.rows.pop(("notes", "[12]"), None) is not None

    async def employ(self) -> bool:
        self.system.put(self.system.rows["accounts", "[1]"].model_copy(update={"staff": True}))
        return True

    async def type_in(self) -> Identifier | None:
        row, (typed,) = self.system.rows["accounts", "[1]"], ids(email="typed@example.org")
        self.system.put(row.model_copy(update={"identifiers": (*row.identifiers, typed), "unproven": (typed,)}))
        return typed

    async def stand_in_the_way(self) -> None:
        self.system.in_the_way.append(Veto(collection="invoices", key="[19]", reason="open_invoice"))

    async def come_back(self) -> None:
        self.system.put(rows_of("ann", 1)[0].model_copy(update={"key": "[17]"}))
