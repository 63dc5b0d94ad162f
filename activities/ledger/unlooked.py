"""Systems in which nothing short-lived ends, since nobody has looked yet what of a request's person lies there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import deletion_hold
from activities.ledger.room import Room
from habeas.model import Frozen, RequestId

EVERYTHING = "0" * 64
"""In the place of an object's fingerprint: all that a system has is held, until it is known what is the person's."""


class UnlookedRow(Frozen):
    """A request for whose person a system was not looked through yet."""

    request_id: RequestId
    controller: str


class Unlooked(Room):
    """Methods on holds on everything."""

    async def hold_everything(self, request_id: str, controller: str, systems: Iterable[str], at: datetime) -> None:
        """Nothing ends by itself in these systems until somebody has looked what of this person lies there."""
        named = {"request_id": request_id, "controller": controller, "object": EVERYTHING, "placed_at": at}
        if rows := [{"system": each, **named} for each in sorted(systems)]:
            statement = upsert(deletion_hold).values(rows)
            await self._write_later(
                ("unlooked", request_id),
                statement.on_conflict_do_update(
                    index_elements=["request_id", "system", "object"], set_={"placed_at": at, "released_at": None}
                ),
            )

    async def looked_through(self, request_id: str, systems: Collection[str], at: datetime) -> None:
        """What of the person lies in these systems is known, and held: the rest may end again."""
        await self._run(
            update(deletion_hold)
            .where(
                deletion_hold.c.request_id == request_id, deletion_hold.c.system.in_(sorted(systems)), _of_everything()
            )
            .values(released_at=at)
        )

    async def unlooked(self, controllers: Collection[str], system: str, limit: int) -> tuple[UnlookedRow, ...]:
        """The requests of these controllers for which all of a system is held, the oldest first."""
        rows = await self._all(
            select(deletion_hold.c.request_id, deletion_hold.c.controller)
            .where(
                deletion_hold.c.controller.in_(sorted(controllers)), deletion_hold.c.system == system, _of_everything()
            )
            .order_by(deletion_hold.c.placed_at, deletion_hold.c.request_id)
            .limit(limit)
        )
        return tuple(UnlookedRow(request_id=row.request_id, controller=row.controller) for row in rows)

    async def is_unlooked(self, request_id: str, system: str | None = None) -> bool:
        """Whether all of this system, or of any, is held for a request."""
        where = [deletion_hold.c.request_id == request_id, _of_everything()]
        where += [deletion_hold.c.system == system] if system is not None else []
        return await self._first(select(deletion_hold.c.system).where(*where).limit(1)) is not None


def _of_everything() -> ColumnElement[bool]:
    return and_(deletion_hold.c.object == EVERYTHING, deletion_hold.c.released_at.is_(None))
