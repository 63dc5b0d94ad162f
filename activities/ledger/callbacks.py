"""Work under way in a connected system that will call back: which request waits for which handle."""

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
        """The system will call back with this handle about this request. The first request that got it keeps it."""
        row = {"request_id": request_id, "system": system, "handle": handle, "at": at}
        await self._run(upsert(callback).values(row).on_conflict_do_nothing())

    async def awaited_by(self, system: str, handle: str) -> RequestId | None:
        """The request that waits for this handle; None if none does."""
        where = (callback.c.system == system, callback.c.handle == handle)
        row = await self._first(select(callback.c.request_id).where(*where))
        return None if row is None else str(row.request_id)
