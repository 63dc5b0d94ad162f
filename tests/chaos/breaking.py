"""What goes wrong, at random: workers, PostgreSQL, Temporal and the mail server are killed, the stores fail."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg

from tests.acceptance.house import House
from tests.acceptance.people import STORES
from tests.chaos.carrying import DOWN
from workers.stack import PartName

TABLES = {
    "crm": ("contacts", "notes", "consents", "postal_addresses"),
    "billing": ("billing.customers", "billing.invoices", "billing.cards"),
    "support": ("users", "tickets", "comments", "attachments"),
}
PAUSE = (0.5, 4.0)
"""Seconds between two faults."""
LASTS = (0.3, 4.0)
"""Seconds that one lasts."""


class Breaking:
    """Breaks one thing after the other, and mends it again; counts what it broke."""

    def __init__(self, house: House, dice: random.Random, workers: int) -> None:
        self._house = house
        self._dice = dice
        self._workers = [f"{PartName.WORKER}-{number}" for number in range(1, workers + 1)]
        self.done: Counter[str] = Counter()
        self._faults: dict[str, tuple[int, Callable[[float], Awaitable[None]]]] = {
            "a worker is killed": (6, self._kill_worker),
            "every worker is killed": (2, self._kill_workers),
            "a worker stands still": (2, self._freeze_worker),
            "PostgreSQL is killed": (2, lambda lasts: self._kill(PartName.POSTGRES, lasts)),
            "Temporal is killed": (2, lambda lasts: self._kill(PartName.TEMPORAL, lasts)),
            "Temporal stands still": (1, lambda lasts: self._freeze(PartName.TEMPORAL, lasts)),
            "the mail server is killed": (2, lambda lasts: self._kill(PartName.MAILBOX, lasts)),
            "the mail server says nothing": (2, lambda lasts: self._freeze(PartName.MAILBOX, lasts)),
            "a store is away": (4, self._away),
            "a store is late": (4, self._late),
            "a store breaks off": (6, self._break_off),
            "the ledger breaks off": (3, lambda lasts: self._cut("habeas")),
        }

    async def run(self) -> None:
        """Until it is cancelled; what is broken then is mended first."""
        names = list(self._faults)
        weights = [weight for weight, _ in self._faults.values()]
        while True:
            await asyncio.sleep(self._dice.uniform(*PAUSE))
            (name,) = self._dice.choices(names, weights)
            self.done[name] += 1
            task = asyncio.create_task(self._mended(self._faults[name][1], self._dice.uniform(*LASTS)))
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                await task
                raise

    async def _mended(self, fault: Callable[[float], Awaitable[None]], lasts: float) -> None:
        with suppress(*DOWN):  # what was to be broken was down already
            await fault(lasts)

    async def _kill(self, part: str, lasts: float) -> None:
        self._house.stack.kill(part)
        await asyncio.sleep(lasts)
        await self._house.stack.restart(part)

    async def _kill_worker(self, lasts: float) -> None:
        await self._kill(self._dice.choice(self._workers), lasts)

    async def _kill_workers(self, lasts: float) -> None:
        for worker in self._workers:
            self._house.stack.kill(worker)
        await asyncio.sleep(lasts)
        for worker in self._workers:
            await self._house.stack.restart(worker)

    async def _freeze_worker(self, lasts: float) -> None:
        await self._freeze(self._dice.choice(self._workers), lasts)

    async def _freeze(self, part: str, lasts: float) -> None:
        process = self._house.stack.part(part).process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(lasts)
        finally:
            os.kill(process.pid, signal.SIGCONT)

    # The stores

    @asynccontextmanager
    async def _server(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self._house.stack.postgres.dsn())
        try:
            yield connection
        finally:
            await connection.close()

    async def _cut(self, database: str) -> None:
        """Every connection breaks, whatever it is in the middle of."""
        async with self._server() as sql:
            await sql.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", database)

    async def _break_off(self, lasts: float) -> None:
        await self._cut(self._dice.choice(STORES))

    async def _away(self, lasts: float) -> None:
        name = self._dice.choice(STORES)
        async with self._server() as sql:
            await sql.execute(f"alter database {name} with allow_connections false")
            try:
                await self._cut(name)
                await asyncio.sleep(lasts)
            finally:
                await sql.execute(f"alter database {name} with allow_connections true")

    async def _late(self, lasts: float) -> None:
        name = self._dice.choice(STORES)
        async with self._house.store(name) as sql, sql.transaction():
            await sql.execute(f"lock table {self._dice.choice(TABLES[name])} in access exclusive mode")
            await asyncio.sleep(lasts)
