"""Rows that a transaction changed, as the database counts them, held against what was meant."""

from __future__ import annotations

from typing import Self

from activities.connectors.sql_portable.session import Session
from habeas.errors import Quarantine


class Touched:
    """Rows updated and deleted since `start`, in any table: neither database counts by table."""

    def __init__(self, session: Session, before: tuple[int, ...]) -> None:
        self._session = session
        self._before = before
        self._updated = 0
        self._deleted = 0

    @classmethod
    async def start(cls, session: Session) -> Self:
        """Begin to count."""
        return cls(session, await session.dialect.counted(session.connection))

    def updated(self, rows: int) -> None:
        """So many rows were meant to be updated."""
        self._updated += rows

    def deleted(self, rows: int) -> None:
        """So many rows were meant to be deleted."""
        self._deleted += rows

    async def now(self) -> tuple[int, ...]:
        """What the database has counted since the start."""
        counted = await self._session.dialect.counted(self._session.connection)
        return tuple(after - before for after, before in zip(counted, self._before, strict=True))

    async def undone(self, earlier: tuple[int, ...]) -> None:
        """What was counted since is rolled back; the database does not take it out of its count."""
        more = zip(await self.now(), earlier, strict=True)
        self._before = tuple(before + after - then for before, (after, then) in zip(self._before, more, strict=True))

    async def verify(self) -> None:
        """Hold the database's count against ours.

        Raises:
            Quarantine: more or fewer rows changed than were meant.
        """
        meant = self._session.dialect.meant(self._updated, self._deleted)
        counted = await self.now()
        if counted != meant:
            raise Quarantine(
                f"{sum(counted)} rows would be changed or deleted instead of {sum(meant)} "
                "(a trigger or a cascade reaches further)."
            )
