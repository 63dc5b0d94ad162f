"""What erasures did since a moment, for when a connected system is restored to it; who looked at what came back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import replay
from activities.ledger.room import Room, context, plain
from activities.ledger.tables import object_outcome, request, request_key
from habeas.model import Frozen, RequestId, Right
from habeas.outcomes import Fate
from habeas.replaying import GONE

__all__ = ["ErasedRow", "NewReplay", "Replays", "UndoneRow"]

_CHANGED = frozenset({Fate.RECTIFIED, Fate.CONTESTED, Fate.RESTRICTED, Fate.LIFTED, Fate.STOPPED})


class ErasedRow(Frozen):
    """What one erasure did in one system since a moment."""

    request_id: RequestId
    controller: str
    system: str
    closed: bool
    readable: bool
    """Its key is not destroyed."""
    objects: int


class UndoneRow(Frozen):
    """What else was done in a system since a moment."""

    request_id: RequestId
    system: str
    right: Right
    objects: int


class NewReplay(Frozen):
    """Somebody's word on what is back in restored systems."""

    digest: str
    actor: str
    since: AwareDatetime
    at: AwareDatetime
    reason: str = Field(repr=False)


class Replays(Room):
    """Methods on replaying erasures."""

    async def erased_since(
        self,
        since: datetime,
        controllers: Collection[str],
        system: str | None,
        limit: int,
        after: tuple[str, str] = ("", ""),
    ) -> tuple[ErasedRow, ...]:
        """By request and system: what erasures did since then, those of destroyed keys too, after this pair."""
        done = object_outcome.c
        rows = await self._all(
            select(
                done.request_id,
                request.c.controller,
                done.system,
                request.c.closed_at.is_not(None).label("closed"),
                _readable().label("readable"),
                func.count().label("objects"),
            )
            .join(request, request.c.id == done.request_id)
            .join(request_key, request_key.c.request_id == done.request_id)
            .where(
                request.c.right == Right.ERASURE.value,
                done.fate.in_(sorted(GONE)),
                tuple_(done.request_id, done.system) > after,
                *self._done_since(since, controllers, system),
            )
            .group_by(
                *(done.request_id, done.system, request.c.controller, request.c.closed_at),
                *(request_key.c.wrapped, request_key.c.narrowed_at),
            )
            .order_by(done.request_id, done.system)
            .limit(limit)
        )
        return tuple(ErasedRow(**plain(row)) for row in rows)

    async def changed_since(
        self, since: datetime, controllers: Collection[str], system: str | None, limit: int
    ) -> tuple[UndoneRow, ...]:
        """By request and system: what was corrected, restricted or stopped since then."""
        done = object_outcome.c
        rows = await self._all(
            select(done.request_id, done.system, request.c.right, func.count().label("objects"))
            .join(request, request.c.id == done.request_id)
            .where(done.fate.in_(sorted(_CHANGED)), *self._done_since(since, controllers, system))
            .group_by(done.request_id, done.system, request.c.right)
            .order_by(done.request_id, done.system)
            .limit(limit)
        )
        return tuple(UndoneRow(**plain(row)) for row in rows)

    def _done_since(self, since: datetime, controllers: Collection[str], system: str | None) -> list[Any]:
        conditions = [
            object_outcome.c.at >= since,
            request.c.controller.in_(sorted(controllers)),
            self._mine(request.c.controller),
        ]
        if system is not None:
            conditions.append(object_outcome.c.system == system)
        return conditions

    async def note_replay(self, new: NewReplay) -> None:
        """This person saw what is back; the first time that they said so stays."""
        house, name = self._vault.house_key(), context("", f"~replay/{new.digest}/{new.actor}")
        await self._run(
            upsert(replay)
            .values(
                **new.model_dump(exclude={"reason"}),
                reason=house.seal(new.reason.encode(), name),
                master_key_id=self._vault.active_key_id,
            )
            .on_conflict_do_nothing()
        )

    async def replay_people(self, digest: str) -> frozenset[str]:
        """The different people who saw exactly what this digest names."""
        rows = await self._all(select(replay.c.actor).where(replay.c.digest == digest))
        return frozenset(row.actor for row in rows)

    async def replay_seen(self, beginning: str) -> tuple[str, ...]:
        """The digests of what was seen that begin so."""
        rows = await self._all(
            select(replay.c.digest).distinct().where(replay.c.digest.startswith(beginning, autoescape=True)).limit(2)
        )
        return tuple(row.digest for row in rows)


def _readable() -> ColumnElement[bool]:
    """Whether it is still known what an erasure did: of one that is narrowed, only what it has yet to do."""
    return and_(request_key.c.wrapped.is_not(None), request_key.c.narrowed_at.is_(None))
