"""Evidence: events chained by hash, one chain per request. The database itself refuses to change or remove them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.room import Room, plain
from activities.ledger.tables import evidence, evidence_head
from habeas.errors import UnknownRequest
from habeas.evidence import Event, Tag, link

_EVENT = [evidence.c[name] for name in Event.model_fields]
_NOTHING: Mapping[str, JsonValue] = MappingProxyType({})


class Evidence(Room):
    """Methods on evidence."""

    async def record(
        self,
        request_id: str,
        tag: Tag,
        at: datetime,
        actor: str = "engine",
        facts: Mapping[str, JsonValue] = _NOTHING,
        *,
        dedupe: str,
    ) -> Event:
        """Append an event; if one with the same dedupe key is there already, that one is the answer.

        The end of the chain stays locked until the transaction ends: writers of one request stand in a line.

        Raises:
            UnknownRequest: there is no such request.
            ValueError: as `habeas.evidence.link`.
        """
        n, previous = await self._head(request_id)
        event = link(previous, request_id=request_id, n=n + 1, at=at, tag=tag, actor=actor, facts=facts)
        values = event.model_dump() | {"tag": tag.value, "dedupe": dedupe}
        appended = upsert(evidence).values(values).on_conflict_do_nothing().returning(evidence.c.n).cte("appended")
        row = await self._first(
            update(evidence_head)
            .where(evidence_head.c.request_id == request_id, select(appended.c.n).exists())
            .values(n=event.n, hash=event.hash)
            .returning(evidence_head.c.n)
        )
        if row is not None:
            self._heads[request_id] = (event.n, event.hash)
            return event
        first = await self._run(select(*_EVENT).where(evidence.c.request_id == request_id, evidence.c.dedupe == dedupe))
        return _event(first.one())

    async def events(self, request_id: str) -> tuple[Event, ...]:
        """The request's whole chain, for `habeas.evidence.verify`; empty if there is no such request."""
        mine = self._ours(evidence.c.request_id)
        rows = await self._all(select(*_EVENT).where(evidence.c.request_id == request_id, mine).order_by(evidence.c.n))
        return tuple(_event(row) for row in rows)

    async def numbers(self, request_id: str, prefix: str) -> dict[str, int]:
        """The numbers of events by what comes after a prefix in their dedupe keys."""
        rows = await self._all(
            select(evidence.c.dedupe, evidence.c.n).where(
                evidence.c.request_id == request_id, evidence.c.dedupe.startswith(prefix, autoescape=True)
            )
        )
        return {row.dedupe.removeprefix(prefix): int(row.n) for row in rows}

    async def length(self, request_id: str) -> int:
        """How many events there are; 0 if there is no such request."""
        mine = (evidence_head.c.request_id == request_id, self._ours(evidence_head.c.request_id))
        row = await self._first(select(evidence_head.c.n).where(*mine))
        return 0 if row is None else int(row.n)

    async def _head(self, request_id: str) -> tuple[int, str]:
        """The end of the chain, locked."""
        head = self._heads.get(request_id)
        if head is None:
            row = await self._first(
                select(evidence_head.c.n, evidence_head.c.hash)
                .where(evidence_head.c.request_id == request_id)
                .with_for_update(key_share=True)
            )
            if row is None:
                raise UnknownRequest
            head = self._heads[request_id] = (row.n, row.hash)
        return head


def _event(row: Row[Any]) -> Event:
    return Event(**plain(row))
