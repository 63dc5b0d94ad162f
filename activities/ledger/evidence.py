"""Evidence: events chained by hash, one chain per request. The database itself refuses to change or remove them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row, select

from activities.ledger.prepared import Prepared, Write
from activities.ledger.room import Room, plain
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

        The end of the chain stays locked until the transaction ends: writers of one request stand in a line. Where the
        transaction began after one of ours, it is taken to be the one that was left then, and locked as it is written;
        if it has grown meanwhile, the events are linked anew.

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
        """Some were said before, by a try that did not hear the answer, or the chain had grown before it was locked."""
        n, previous = await self._locked_end(request_id)
        mine = (evidence.c.request_id == request_id, evidence.c.dedupe.in_(list(events)))
        there = {row.dedupe for row in await self._execute(select(evidence.c.dedupe).where(*mine))}
        new = dict[str, Event]()
        for dedupe, event in events.items():
            if dedupe not in there:
                fields = event.model_dump(include={"at", "tag", "actor", "facts"})
                new[dedupe] = link(previous, request_id=request_id, n=n + 1, **fields)
                n, previous = new[dedupe].n, new[dedupe].hash
        self._heads[request_id] = (n, previous)
        if new:
            await self._append(request_id, new, ())

    async def _append(self, request_id: str, events: Mapping[str, Event], others: Sequence[Write]) -> bool:
        done = await self._write([*others, _APPEND.of(_parameters(request_id, events))])
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
        """The end of the chain: locked, or as the transaction before this one left it."""
        head = self._heads.get(request_id)
        if head is None:
            head = self._heads[request_id] = self._before.get(request_id) or await self._locked_end(request_id)
        return head

    async def _locked_end(self, request_id: str) -> tuple[int, str]:
        # What is still to be written is none of this row's.
        end = select(evidence_head.c.n, evidence_head.c.hash).where(evidence_head.c.request_id == request_id)
        row = (await self._execute(end.with_for_update(key_share=True))).first()
        if row is None:
            raise UnknownRequest
        self._forget(request_id)  # what others wrote before that is there to be read
        return (row.n, row.hash)


_APPEND = Prepared(
    "UPDATE evidence_head SET n = :end_n::integer, hash = :end_hash"
    " WHERE request_id = :of::text AND EXISTS (SELECT FROM appended) RETURNING n",
    (
        # The lock comes first: whoever has it is waited for, and then the chain's end may be another.
        (
            "held",
            "SELECT n FROM evidence_head WHERE request_id = :of::text AND n = :from_n::integer AND hash = :from_hash"
            " FOR NO KEY UPDATE",
        ),
        (
            "said",
            "SELECT * FROM unnest(:n::integer[], :at::timestamptz[], :tag::text[], :actor::text[], :facts::text[],"
            " :previous::text[], :hash::text[], :dedupe::text[])"
            " AS given (n, at, tag, actor, facts, previous, hash, dedupe)",
        ),
        (
            "appended",
            "INSERT INTO evidence (request_id, n, at, tag, actor, facts, previous, hash, dedupe)"
            " SELECT :of::text, n, at, tag, actor, facts::jsonb, previous, hash, dedupe FROM said"
            " WHERE EXISTS (SELECT FROM held) AND NOT EXISTS (SELECT FROM evidence there"
            " WHERE there.request_id = :of::text AND there.dedupe = ANY (:dedupe::text[])) RETURNING n",
        ),
    ),
)
"""All of them at the end of the chain, if it is the one that they are linked to, or none if one is there already."""


def _parameters(request_id: str, events: Mapping[str, Event]) -> dict[str, Any]:
    values = [one.model_dump() | {"facts": json.dumps(one.facts), "dedupe": dedupe} for dedupe, one in events.items()]
    first, end = values[0], values[-1]
    listed = {name: [one[name] for one in values] for name in _SAID}
    ends = {"from_n": first["n"] - 1, "from_hash": first["previous"], "end_n": end["n"], "end_hash": end["hash"]}
    return {"of": request_id, **ends, **listed}


def _event(row: Row[Any]) -> Event:
    return Event(**plain(row))
