"""Evidence: events chained by hash, one chain per request. The database itself refuses to change or remove them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue
from sqlalchemy import (
    ARRAY,
    Integer,
    Row,
    Text,
    Update,
    bindparam,
    cast,
    column,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from activities.ledger.room import Room, Write, in_one, plain
from activities.ledger.tables import evidence, evidence_head
from habeas.errors import UnknownRequest
from habeas.evidence import Event, Tag, link

_EVENT = [evidence.c[name] for name in Event.model_fields]
_SAID = ("n", "at", "tag", "actor", "facts", "previous", "hash", "dedupe")
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
    ) -> None:
        """Append an event, unless one with the same dedupe key is there already.

        The end of the chain stays locked until the transaction ends: writers of one request stand in a line.

        Raises:
            UnknownRequest: there is no such request.
            ValueError: as `habeas.evidence.link`.
        """
        n, previous = await self._head(request_id)
        said = self._said.setdefault(request_id, {})
        event = link(previous, request_id=request_id, n=n + 1, at=at, tag=tag, actor=actor, facts=facts)
        if dedupe not in said:
            said[dedupe] = event
            self._heads[request_id] = (event.n, event.hash)

    async def _flush(self) -> None:
        """Write what is still to be written, and of what was said everything that is not there yet."""
        said = {request_id: events for request_id, events in self._said.items() if events}
        self._said.clear()
        if not said:
            await super()._flush()
            return
        others = self._taken()
        for request_id, events in said.items():
            written = await self._append(request_id, events, others)
            others = []
            if not written:
                await self._append_the_new(request_id, events)

    async def _append_the_new(self, request_id: str, events: Mapping[str, Event]) -> None:
        """Some were said before, by a try that did not hear the answer; nobody writes to the chain meanwhile."""
        mine = (evidence.c.request_id == request_id, evidence.c.dedupe.in_(list(events)))
        there = {row.dedupe for row in await self._execute(select(evidence.c.dedupe).where(*mine))}
        head = (
            await self._execute(
                select(evidence_head.c.n, evidence_head.c.hash).where(evidence_head.c.request_id == request_id)
            )
        ).one()
        n, previous, new = head.n, head.hash, dict[str, Event]()
        for dedupe, event in events.items():
            if dedupe not in there:
                fields = event.model_dump(include={"at", "tag", "actor", "facts"})
                new[dedupe] = link(previous, request_id=request_id, n=n + 1, **fields)
                n, previous = new[dedupe].n, new[dedupe].hash
        self._heads[request_id] = (n, previous)
        if new:
            await self._append(request_id, new, ())

    async def _append(self, request_id: str, events: Mapping[str, Event], others: Sequence[Write]) -> bool:
        done = await self._execute(in_one(_APPEND_ALL, others), _parameters(request_id, events))
        return done.first() is not None

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
            # What is still to be written is none of this row's.
            found = await self._execute(
                select(evidence_head.c.n, evidence_head.c.hash)
                .where(evidence_head.c.request_id == request_id)
                .with_for_update(key_share=True)
            )
            row = found.first()
            if row is None:
                raise UnknownRequest
            head = self._hold_end(request_id, row.n, row.hash)
        return head


def _append_all() -> Update:
    """All of them at the end of the chain, or none if one of them is there; the new end comes back."""
    kinds: dict[str, TypeEngine[Any]] = {name: evidence.c[name].type for name in _SAID} | {"facts": Text()}
    given = (bindparam(f"said_{name}", type_=ARRAY(kind)) for name, kind in kinds.items())
    said = func.unnest(*given).table_valued(*(column(*one) for one in kinds.items()), name="said").render_derived()
    request_id = bindparam("said_of", type_=Text())
    columns = (cast(said.c[name], JSONB) if name == "facts" else said.c[name] for name in _SAID)
    known = exists().where(evidence.c.request_id == request_id, evidence.c.dedupe.in_(select(said.c.dedupe)))
    appended = (
        insert(evidence)
        .from_select(["request_id", *_SAID], select(request_id, *columns).where(~known))
        .returning(evidence.c.n)
        .cte("appended")
    )
    return (
        update(evidence_head)
        .where(evidence_head.c.request_id == request_id, select(appended.c.n).exists())
        .values(n=bindparam("end_n", type_=Integer()), hash=bindparam("end_hash", type_=Text()))
        .returning(evidence_head.c.n)
    )


_APPEND_ALL = _append_all()


def _parameters(request_id: str, events: Mapping[str, Event]) -> dict[str, Any]:
    values = [one.model_dump() | {"facts": json.dumps(one.facts), "dedupe": dedupe} for dedupe, one in events.items()]
    end = values[-1]
    listed = {f"said_{name}": [one[name] for one in values] for name in _SAID}
    return {"said_of": request_id, "end_n": end["n"], "end_hash": end["hash"], **listed}


def _event(row: Row[Any]) -> Event:
    return Event(**plain(row))
