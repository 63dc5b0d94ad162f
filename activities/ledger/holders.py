"""Who of the staff sees to a request. Their accounts are sealed by a house key; evidence has them as keyed hashes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime, Field
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import request_holder
from activities.ledger.room import Room, context
from habeas.model import Frozen


class HolderRow(Frozen):
    """Whoever holds a request."""

    actor: str
    account: str = Field(repr=False)
    since: AwareDatetime


class Holders(Room):
    """Methods on who holds what."""

    async def hold_request(self, request_id: str, account: str, actor: str, since: datetime) -> None:
        """This account holds the request from now on, whoever did before. Said again it changes nothing."""
        values = {
            "actor": actor,
            "account": self._vault.house_key().seal(account.encode(), context(request_id, _NAME)),
            "master_key_id": self._vault.active_key_id,
            "since": since,
        }
        await self._run(
            upsert(request_holder)
            .values(request_id=request_id, **values)
            .on_conflict_do_update(
                index_elements=["request_id"], set_=values, where=request_holder.c.actor != values["actor"]
            )
        )

    async def put_back(self, request_id: str) -> None:
        """Nobody holds the request."""
        await self._run(delete(request_holder).where(request_holder.c.request_id == request_id))

    async def holders(self, request_ids: Iterable[str]) -> dict[str, HolderRow]:
        """Who holds each of these requests; those that nobody holds are not there."""
        rows = await self._all(
            select(request_holder).where(
                request_holder.c.request_id.in_(sorted(request_ids)), self._ours(request_holder.c.request_id)
            )
        )
        return {
            row.request_id: HolderRow(
                actor=row.actor,
                account=self._vault.house_key(row.master_key_id)
                .open(row.account, context(row.request_id, _NAME))
                .decode(),
                since=row.since,
            )
            for row in rows
        }


_NAME = "~holder"
