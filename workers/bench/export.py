"""One person's copy of a store with millions of rows: how fast, and in how much memory.

The work is a whole access request: found, collected, sealed, packed. The floor is what the database does of it alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from habeas.model import Right
from workers.bench.line import Bound, Line, Say, line
from workers.bench.requests import Course, course
from workers.bench.usage import memory_mb
from workers.stack import PartName

__all__ = ["export_lines"]

_LOOK = 0.1
_PATIENCE = 3600.0
_GROW = """
INSERT INTO activities (contact_id, kind, subject)
SELECT id, 'visit', repeat('They asked about their order. ', 6) || n
FROM contacts, generate_series(1, $2::bigint) AS n WHERE email = $1
"""
_OF = "FROM activities a JOIN contacts c ON c.id = a.contact_id WHERE c.email = '{}'"
_SIZE = f"SELECT sum(octet_length(row_to_json(a)::text)) {_OF}"
_FLOOR = f"COPY (SELECT row_to_json(a) {_OF}) TO '/dev/null'"


async def export_lines(say: Say, *, rows: int, runs: int) -> list[Line]:
    """A copy of so many rows, and of ten times fewer, beside what the database takes to write them as JSON to nowhere.

    Args:
        say: told what is under way.
        rows: of one person, in one table of one store.
        runs: how often each is measured.
    """
    small = await _measured(say, rows // 10, 1)
    large = await _measured(say, rows, runs)
    megabytes, floor = large.megabytes, large.floor
    return [
        line(
            f"export of {rows:,} rows, beside COPY to nowhere",
            [megabytes / took for took in large.seconds],
            "MB/s",
            floor=megabytes / floor,
            ratio=Bound(least=0.8),
        ),
        line(f"export of {rows:,} rows, the worker's memory", [large.memory], "MB", value=Bound(most=120)),
        line(
            f"export, memory of {rows:,} rows beside {rows // 10:,}",
            [large.memory],
            "MB",
            floor=small.memory,
            ratio=Bound(most=1.1),
        ),
    ]


class _Taken:
    """What copies of one size took."""

    def __init__(self, megabytes: float, floor: float) -> None:
        self.megabytes = megabytes
        self.floor = floor
        self.seconds: list[float] = []
        self.memory = 0.0


async def _measured(say: Say, rows: int, runs: int) -> _Taken:
    """Copies of the first people's rows, each theirs alone; the worker at rest before."""
    say(f"a copy of {rows:,} rows")
    async with course(people=runs + 1) as one:
        await one.run(Right.ACCESS, 1, 1)  # caches are warm
        store = await asyncpg.connect(one.store("crm"))
        try:
            for person in range(2, runs + 2):
                await store.execute(_GROW, f"person{person}@example.com", rows)
            await store.execute("ANALYZE")
            of = "person2@example.com"
            size = float(await store.fetchval(_SIZE.format(of))) / 1e6
            begun = time.monotonic()
            await store.execute(_FLOOR.format(of))
            taken = _Taken(size, time.monotonic() - begun)
        finally:
            await store.close()
        async with _peak(one) as peak:
            for _ in range(runs):
                done = await one.run(Right.ACCESS, 1, 1, patience=_PATIENCE)
                await one.check(done.ids)
                taken.seconds.append(done.seconds)
        taken.memory = max(peak)
        return taken


@asynccontextmanager
async def _peak(one: Course) -> AsyncIterator[list[float]]:
    """The worker's resident memory, looked at ten times a second."""
    seen: list[float] = []

    async def look() -> None:
        while True:
            seen.append(memory_mb(one.of(PartName.WORKER)))
            await asyncio.sleep(_LOOK)

    looking = asyncio.ensure_future(look())
    try:
        yield seen
    finally:
        looking.cancel()
