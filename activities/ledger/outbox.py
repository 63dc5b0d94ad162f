"""The events that other programs are told of, in one line. It is made from the evidence, which is what is true.

Whoever writes evidence writes nothing more. Afterwards, each event that is committed is given its place in the line, by
one process at a time: so whoever has read up to a place has missed nothing before it, and events of one request
stand in the order of its chain.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, func, insert, or_, select, update

from activities.ledger.event_tables import outgoing_event
from activities.ledger.room import Room
from activities.ledger.tables import evidence, evidence_head, request
from habeas.events import REMINDER, TAGS, CloudEvent, EventType, announced
from habeas.evidence import Event, Tag
from habeas.model import Right

_HEADS = 500
_EVENT = [evidence.c[name] for name in Event.model_fields]


class Placed(NamedTuple):
    """An event and its place in the line."""

    position: int
    event: CloudEvent


class Outbox(Room):
    """Methods on the line of events."""

    async def place_events(self) -> bool:
        """Give new events of every controller their places; whether there may be more."""
        locked = await self._first(
            select(func.pg_try_advisory_xact_lock(func.hashtextextended("events", 0)).label("so"))
        )
        if locked is None or not locked.so:
            return False  # somebody does it right now
        # A chain that somebody is writing to is left for the next time: what they write is not committed yet.
        heads = await self._all(
            select(evidence_head.c.request_id)
            .where(evidence_head.c.told < evidence_head.c.n)
            .limit(_HEADS)
            .with_for_update(key_share=True, skip_locked=True)
        )
        mine = evidence_head.c.request_id.in_([row.request_id for row in heads])
        if heads:
            new = (
                select(evidence.c.request_id, evidence.c.n)
                .join(evidence_head, evidence_head.c.request_id == evidence.c.request_id)
                .where(
                    mine, evidence.c.n > evidence_head.c.told, evidence.c.n <= evidence_head.c.n, of_types(EventType)
                )
                .order_by(evidence.c.request_id, evidence.c.n)
            )
            placed_now = insert(outgoing_event).from_select(["request_id", "n"], new).cte("placed_now")
            await self._run(update(evidence_head).where(mine).values(told=evidence_head.c.n).add_cte(placed_now))
        return len(heads) == _HEADS

    async def last_position(self) -> int:
        """The end of the line; 0 before there is anything."""
        row = await self._first(select(func.coalesce(func.max(outgoing_event.c.position), 0).label("last")))
        return 0 if row is None else int(row.last)

    async def placed_after(
        self, position: int, upto: int, controllers: Iterable[str], limit: int
    ) -> tuple[Placed, ...]:
        """Events of these controllers' requests after one place, and up to another, in their order."""
        columns, line = request.c, outgoing_event.c.position
        wanted = (line > position, line <= upto, columns.controller.in_(sorted(controllers)))
        rows = await self._all(events().where(*wanted, self._mine(columns.controller)).order_by(line).limit(limit))
        return tuple(placed(row) for row in rows)


def of_types(types: Iterable[EventType]) -> ColumnElement[bool]:
    """Whether a row of the evidence is told as one of these types."""
    tags = {TAGS[one] for one in types}
    reminds = and_(evidence.c.tag == Tag.LETTER_QUEUED.value, evidence.c.facts["letter"].astext == REMINDER)
    others = evidence.c.tag.in_(sorted(tag.value for tag in tags - {Tag.LETTER_QUEUED}))
    return or_(others, reminds) if Tag.LETTER_QUEUED in tags else others


def events() -> Select[Any]:
    """Rows for `placed`."""
    joined = outgoing_event.join(
        evidence, and_(evidence.c.request_id == outgoing_event.c.request_id, evidence.c.n == outgoing_event.c.n)
    ).join(request, request.c.id == outgoing_event.c.request_id)
    columns = (outgoing_event.c.position, request.c.controller, request.c.right, request.c.regime)
    return select(*columns, *_EVENT).select_from(joined)


def placed(row: Row[Any]) -> Placed:
    """The event of a row.

    Raises:
        ValueError: the row is of no type that is told, and ought not to stand in the line.
    """
    event = Event(**{name: getattr(row, name) for name in Event.model_fields})
    made = announced(event, controller=row.controller, right=Right(row.right), regime=row.regime)
    if made is None:
        raise ValueError(f"evidence with the tag {event.tag} stands in the line of events")
    return Placed(row.position, made)
