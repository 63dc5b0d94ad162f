"""Work under way in a connected system that will call back: which requests wait for which handle."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import callback
from activities.ledger.room import Room
from habeas.model import RequestId


class Callbacks(Room):
    """Methods on callbacks that are awaited."""

    async def await_callback(self, request_id: str, system: str, handle: str, at: datetime) -> None:
        """The system will call back with this handle about this request; also where it is about others already.

        A system may take what two requests ask of it as one piece of work.
        """
        row = {"request_id": request_id, "system": system, "handle": handle, "at": at}
        await self._run(upsert(callback).values(row).on_conflict_do_nothing())

    async def awaited_by(self, system: str, handle: str) -> tuple[RequestId, ...]:
        """The requests that wait for this handle, the first that got it first; empty if none does."""
        where = (callback.c.system == system, callback.c.handle == handle)
        wanted = select(callback.c.request_id).where(*where).order_by(callback.c.at, callback.c.request_id)
        rows = await self._all(wanted)
        return tuple(str(row.request_id) for row in rows)
