"""Systems in which nothing short-lived ends, since nobody has looked yet what of a request's person lies there."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select

from activities.ledger.duty_tables import deletion_hold
from activities.ledger.prepared import Prepared
from activities.ledger.room import Room
from habeas.model import Frozen, RequestId

EVERYTHING = "0" * 64
"""In the place of an object's fingerprint: all that a system has is held, until it is known what is the person's."""
_EVERYTHING = Prepared(
    "INSERT INTO deletion_hold (request_id, controller, system, object, placed_at)"
    " SELECT :request_id::text, :controller::text, value, :object::text, :at::timestamptz"
    " FROM unnest(:systems::text[]) AS given (value)"
    " ON CONFLICT (request_id, system, object) DO UPDATE SET placed_at = :at, released_at = NULL"
)
_LOOKED_THROUGH = Prepared(
    "UPDATE deletion_hold SET released_at = :at WHERE request_id = :request_id AND system = ANY (:systems::text[])"
    " AND object = :object AND released_at IS NULL"
)


class UnlookedRow(Frozen):
    """A request for whose person a system was not looked through yet."""

    request_id: RequestId
    controller: str


class Unlooked(Room):
    """Methods on holds on everything."""

    async def hold_everything(self, request_id: str, controller: str, systems: Iterable[str], at: datetime) -> None:
        """Nothing ends by itself in these systems until somebody has looked what of this person lies there."""
        if names := sorted(systems):
            values = {"request_id": request_id, "controller": controller, "systems": names, "at": at}
            await self._write_later(("unlooked", request_id), _EVERYTHING.of(values | {"object": EVERYTHING}))

    async def looked_through(self, request_id: str, systems: Collection[str], at: datetime) -> None:
        """What of the person lies in these systems is known, and held: the rest may end again."""
        if names := sorted(systems):
            values = {"request_id": request_id, "systems": names, "object": EVERYTHING, "at": at}
            await self._write_later(("unlooked", request_id), _LOOKED_THROUGH.of(values))

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
