"""Searches for a person that found nobody: there is no request whose evidence could say who looked, and why."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, insert, select, true, update

from activities.ledger.access_tables import search
from activities.ledger.paging import Order, Turn
from activities.ledger.room import Room, context
from habeas.model import Frozen

_REASONS_FOR = timedelta(days=3 * 366)
"""A reason may name somebody: it is kept as long as the time in which looking at personal data is asked after."""


class SearchRow(Frozen):
    """One search. It does not say for whom."""

    id: str
    actor: str
    controllers: tuple[str, ...]
    at: AwareDatetime
    place: str = ""
    """In the list: `cursor` of the page that goes on behind it."""
    reason: str | None = Field(default=None, repr=False)
    """Why, as they wrote it; None where that is not to be seen here, or its time is over."""


SEARCHES = Order("-at", at={"at": datetime, "id": str})


class Searches(Room):
    """Methods on searches in vain. Rows are added and stay."""

    async def add_search(self, actor: str, controllers: Iterable[str], reason: str, at: datetime) -> None:
        """Write one down. Reasons of long ago go."""
        old = (search.c.at <= at - _REASONS_FOR) & search.c.reason.is_not(None)
        await self._run(update(search).where(old).values(reason=None))
        search_id = str(uuid.uuid4())
        sealed = self._vault.house_key().seal(reason.encode(), context("", _name(search_id)))
        await self._run(
            insert(search).values(
                id=search_id,
                actor=actor,
                controllers=sorted(controllers),
                reason=sealed,
                master_key_id=self._vault.active_key_id,
                at=at,
            )
        )

    async def searches(self, turn: Turn, *, reasons: bool) -> tuple[SearchRow, ...]:
        """Those among nobody else's requests, in an order of `SEARCHES`; with ``reasons``, why, too."""
        found = turn.narrow(select(search).where(self._within()), at=search.c.at, id=search.c.id)
        rows = await self._all(found)
        return tuple(
            SearchRow(
                id=row.id,
                actor=row.actor,
                controllers=tuple(row.controllers),
                at=row.at,
                place=turn.cursor(row),
                reason=self._vault.house_key(row.master_key_id).open(row.reason, context("", _name(row.id))).decode()
                if reasons and row.reason is not None
                else None,
            )
            for row in rows
        )

    def _within(self) -> ColumnElement[bool]:
        if self._controllers is None:
            return true()
        within: ColumnElement[bool] = search.c.controllers.contained_by(sorted(self._controllers))
        return within


def _name(search_id: str) -> str:
    return f"~search/{search_id}"
