"""Endings of what erasures had kept, of which the person has not been told yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import untold_ending
from activities.ledger.room import Room


class Untold(Room):
    """Methods on what a person is still to be told of."""

    async def has_ended(self, request_id: str, at: datetime) -> None:
        """Objects that this erasure had kept ended, by their outcomes at this instant: the person is to hear of it."""
        await self._run(upsert(untold_ending).values(request_id=request_id, at=at).on_conflict_do_nothing())

    async def untold(self, limit: int, after: str = "") -> tuple[str, ...]:
        """The requests whose people are to be told of an ending, in the order of their ids."""
        rows = await self._all(
            select(untold_ending.c.request_id)
            .distinct()
            .where(untold_ending.c.request_id > after)
            .order_by(untold_ending.c.request_id)
            .limit(limit)
        )
        return tuple(row.request_id for row in rows)

    async def unwritten_endings(self, request_id: str) -> tuple[datetime, ...]:
        """The endings of a request that no letter was written of, the first first."""
        rows = await self._all(
            select(untold_ending.c.at)
            .where(untold_ending.c.request_id == request_id, untold_ending.c.letter.is_(None))
            .order_by(untold_ending.c.at)
        )
        return tuple(row.at for row in rows)

    async def ending_is_written(self, request_id: str, letter: str) -> None:
        """A letter of this dedupe key tells of all that had ended."""
        await self._run(
            update(untold_ending)
            .where(untold_ending.c.request_id == request_id, untold_ending.c.letter.is_(None))
            .values(letter=letter)
        )

    async def unsent_endings(self, request_id: str) -> tuple[str, ...]:
        """The letters that tell of endings of a request and may not have gone out yet, by their dedupe keys."""
        rows = await self._all(
            select(untold_ending.c.letter)
            .distinct()
            .where(untold_ending.c.request_id == request_id, untold_ending.c.letter.is_not(None))
            .order_by(untold_ending.c.letter)
        )
        return tuple(row.letter for row in rows)

    async def ending_is_told(self, request_id: str, letter: str) -> None:
        """This letter went out, or was refused for good."""
        await self._run(
            delete(untold_ending).where(untold_ending.c.request_id == request_id, untold_ending.c.letter == letter)
        )
