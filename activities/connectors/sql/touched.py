"""PostgreSQL's own count of the rows that a transaction changed, held against what was meant.

A cascade or a trigger can change rows that no statement of ours named. The server counts them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Self

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.shape import Shape
from habeas.errors import Quarantine

# Partitions count for the table they are parts of.
_COUNTS = sa.text("""
SELECT c.relname AS "table", sum(s.n_tup_upd)::bigint AS updated, sum(s.n_tup_del)::bigint AS deleted
FROM pg_stat_xact_user_tables s
JOIN pg_class c ON c.oid = coalesce(pg_partition_root(s.relid), s.relid)
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND current_setting('track_counts')::boolean
GROUP BY c.relname
""")


class Touched:
    """Rows updated and deleted per personal table since `start`."""

    def __init__(self, connection: AsyncConnection, shape: Shape) -> None:
        self._connection = connection
        self._shape = shape
        self._before: dict[str, tuple[int, int]] = {}
        self._updated: Counter[str] = Counter()
        self._deleted: Counter[str] = Counter()

    @classmethod
    async def start(cls, connection: AsyncConnection, shape: Shape) -> Self:
        """Begin to count; the server's counters may still hold what earlier transactions did."""
        self = cls(connection, shape)
        self._before = await self.count()
        return self

    def updated(self, table: str, rows: int) -> None:
        """So many rows of a table were meant to be updated."""
        self._updated[table] += rows

    def deleted(self, table: str, rows: int) -> None:
        """So many rows of a table were meant to be deleted."""
        self._deleted[table] += rows

    async def undone(self, before: Mapping[str, tuple[int, int]]) -> None:
        """What was counted since is rolled back; the server does not take it out of its count."""
        for table, (updated, deleted) in (await self.count()).items():
            updated_before, deleted_before = before.get(table, (0, 0))
            self._updated[table] += updated - updated_before
            self._deleted[table] += deleted - deleted_before

    async def verify(self) -> None:
        """Hold the server's count against ours; a server that keeps no counts says nothing.

        Raises:
            Quarantine: more or fewer rows of a personal table changed than were meant.
        """
        now = await self.count()
        for table in now.keys() & self._shape.places.keys():
            before = self._before.get(table, (0, 0))
            updated, deleted = (after - earlier for after, earlier in zip(now[table], before, strict=True))
            if (updated, deleted) != (self._updated[table], self._deleted[table]):
                raise Quarantine(
                    f"{table}: {updated} rows would be updated and {deleted} deleted instead of "
                    f"{self._updated[table]} and {self._deleted[table]} (a trigger or a cascade reaches further)."
                )

    async def count(self) -> dict[str, tuple[int, int]]:
        """Rows updated and deleted per table, as the server counts them in this transaction."""
        rows = await self._connection.execute(_COUNTS, {"schema": self._shape.schema.name})
        return {row.table: (row.updated, row.deleted) for row in rows}
