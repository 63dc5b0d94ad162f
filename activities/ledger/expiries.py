"""What comes to its end: objects whose retention is over, requests whose own record is, and what expired by itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import and_, false, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import deletion_hold, expiry, notice, restriction, untold_ending
from activities.ledger.room import Room, plain
from activities.ledger.tables import object_outcome, request, request_key
from habeas.model import Frozen, RequestId, Right
from habeas.outcomes import Fate
from habeas.staying import PASSING, Because


class ExpiryRow(Frozen):
    """One collection on one run."""

    controller: str
    system: str
    collection: str
    at: AwareDatetime
    erased: int = Field(ge=0)
    held: int = Field(ge=0)
    """Past their term, and kept by a hold or a restriction."""
    blocked: int = Field(ge=0)
    """Past their term, and left by the system: changed meanwhile, or needed by what stays."""


class DueRow(Frozen):
    """A closed request that keeps something in a system which may have to go now."""

    request_id: RequestId
    controller: str
    system: str


class AheadRow(Frozen):
    """What is kept, and until when: how much will go on that day."""

    system: str
    collection: str
    law: str | None
    reason: str | None
    until: date | None
    """None: it stays until what keeps it is lifted."""
    count: int


class Expiries(Room):
    """Methods on what comes to its end."""

    async def save_expiry(self, row: ExpiryRow) -> None:
        """Count a run, if anything was past its term; the first that was said of it stays."""
        if row.erased or row.held or row.blocked:
            await self._run(upsert(expiry).values(**row.model_dump()).on_conflict_do_nothing())

    async def expiries(self, controller: str, since: datetime | None = None) -> tuple[ExpiryRow, ...]:
        """All runs in which something was past its term, the newest first."""
        conditions = [expiry.c.controller == controller, self._mine(expiry.c.controller)]
        if since is not None:
            conditions.append(expiry.c.at >= since)
        rows = await self._all(
            select(expiry).where(*conditions).order_by(expiry.c.at.desc(), expiry.c.system, expiry.c.collection)
        )
        return tuple(ExpiryRow(**plain(row)) for row in rows)

    async def due_retained(self, today: date, limit: int, after: tuple[str, str] = ("", "")) -> tuple[DueRow, ...]:
        """What an erasure kept and may not keep any more: its term is over, or only a hold or a restriction kept it.

        Args:
            today: terms that ended on an earlier day are over.
            limit: rows at most, in the order of request and system.
            after: the last request and system of the page before.
        """
        kept = object_outcome.c
        rows = await self._all(
            select(kept.request_id, request.c.controller, kept.system)
            .distinct()
            .join(request, request.c.id == kept.request_id)
            .join(request_key, request_key.c.request_id == kept.request_id)
            .where(
                request.c.closed_at.is_not(None),
                request_key.c.wrapped.is_not(None),
                kept.fate == Fate.RETAINED.value,
                or_(and_(kept.until < today, ~_refused()), and_(kept.until.is_(None), _passing())),
                tuple_(kept.request_id, kept.system) > after,
            )
            .order_by(kept.request_id, kept.system)
            .limit(limit)
        )
        return tuple(DueRow(**plain(row)) for row in rows)

    async def kept_in_passing(self, controller: str, systems: Collection[str]) -> tuple[str, ...]:
        """Closed erasures of this controller that keep something in these systems until a hold or restriction ends."""
        kept = object_outcome.c
        rows = await self._all(
            select(kept.request_id)
            .distinct()
            .join(request, request.c.id == kept.request_id)
            .join(request_key, request_key.c.request_id == kept.request_id)
            .where(
                request.c.controller == controller,
                request.c.closed_at.is_not(None),
                request_key.c.wrapped.is_not(None),
                kept.system.in_(sorted(systems)),
                kept.fate == Fate.RETAINED.value,
                _passing(),
            )
            .order_by(kept.request_id)
        )
        return tuple(row.request_id for row in rows)

    async def open_erasures(self, controller: str) -> tuple[str, ...]:
        """Erasures of this controller that are not closed yet."""
        rows = await self._all(
            select(request.c.id)
            .where(
                request.c.controller == controller,
                request.c.right == Right.ERASURE.value,
                request.c.closed_at.is_(None),
            )
            .order_by(request.c.id)
        )
        return tuple(row.id for row in rows)

    async def retained_ahead(self, controller: str) -> tuple[AheadRow, ...]:
        """What erasures have kept, by the day on which it goes; what has no day comes last."""
        kept = object_outcome.c
        columns = (kept.until, kept.system, kept.collection, kept.law, kept.reason)
        rows = await self._all(
            select(*columns, func.count().label("count"))
            .join(request, request.c.id == kept.request_id)
            .where(
                request.c.controller == controller, self._mine(request.c.controller), kept.fate == Fate.RETAINED.value
            )
            .group_by(*columns)
            .order_by(kept.until.asc().nulls_last(), *columns[1:])
        )
        return tuple(AheadRow(**plain(row)) for row in rows)

    async def forgettable(
        self, controller: str, closed_before: datetime, limit: int, after: str = "", only: str | None = None
    ) -> tuple[str, ...]:
        """Requests whose record may go, in the order of their ids; or the one that is asked about, if it may go whole.

        Closed before that instant, with a key still, and nothing that needs it: nothing restricted for them, nothing
        retained where the key is of nothing else by now (`narrow_key`), nothing held, nobody who has yet to be told or
        to acknowledge, no open appeal about them.
        """
        other = request.alias("other")
        kept, mine = object_outcome.c, request.c.id
        needed = (
            select(kept.request_id).where(
                kept.request_id == mine,
                kept.fate == Fate.RETAINED.value,
                or_(and_(kept.until.is_not(None), ~_refused()), _passing()),
                true() if only is not None else request_key.c.narrowed_at.is_not(None),
            ),
            select(deletion_hold.c.request_id).where(
                deletion_hold.c.request_id == mine, deletion_hold.c.released_at.is_(None)
            ),
            select(restriction.c.request_id).where(restriction.c.request_id == mine, restriction.c.lifted_at.is_(None)),
            select(notice.c.request_id).where(notice.c.request_id == mine, notice.c.state.in_(("queued", "sent"))),
            select(untold_ending.c.request_id).where(untold_ending.c.request_id == mine),
            select(other.c.id).where(other.c.about == mine, other.c.closed_at.is_(None)),
        )
        rows = await self._all(
            select(mine)
            .join(request_key, request_key.c.request_id == mine)
            .where(
                request.c.controller == controller,
                request.c.closed_at < closed_before,
                request_key.c.wrapped.is_not(None),
                mine > after,
                true() if only is None else mine == only,
                *(~one.exists() for one in needed),
            )
            .order_by(mine)
            .limit(limit)
        )
        return tuple(row.id for row in rows)


def _refused() -> Any:
    return func.coalesce(object_outcome.c.reason == Because.EXEMPT.value, false())


def _passing() -> Any:
    return func.coalesce(object_outcome.c.reason.in_([each.value for each in PASSING]), false())
