"""The queue: which requests, in which order, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import ARRAY, ColumnElement, Date, FromClause, Text, any_, cast, column, exists, func, literal, select

from activities.ledger.duty_tables import request_holder
from activities.ledger.paging import MOST, NEVER, Turn
from activities.ledger.requests import QUEUE, REQUEST, ROW, RequestRow, to_request
from activities.ledger.room import Room, plain
from activities.ledger.tables import request
from habeas.model import Frozen, Outcome, Request, Right, Stage

NOBODY = "nobody"
"""Whoever holds what nobody holds: see `RequestFilter`."""


class RequestFilter(Frozen):
    """Which requests `Requests.find` lists. What is left out does not narrow the list."""

    controller: str | None = None
    stage: Stage | None = None
    right: Right | None = None
    outcome: Outcome | None = None
    open: bool | None = None
    overdue: bool | None = None
    due_before: date | None = None
    """Due (extended if it is) on an earlier day than this."""
    waits_for: str | None = None
    """Waits for this system."""
    held: str | None = None
    """Held by this actor; or by ``nobody``."""
    limit: int = Field(default=100, ge=1, le=MOST)
    sort: str | None = None
    """As `QUEUE` has them; unset for the soonest due first."""
    cursor: str | None = None
    """The place of the last request of the page before, in the same order."""


class Queue(Room):
    """Methods that list requests."""

    async def find(self, wanted: RequestFilter, targets: Mapping[str, date] | None = None) -> tuple[RequestRow, ...]:
        """Requests, unless asked otherwise in the order of their due dates (extended if they are), the others last.

        Args:
            wanted: which.
            targets: request -> by when staff aim to answer, for some of those that have no date: they stand there.

        Raises:
            BadInput: there is no such sort; or the cursor is none of it.
        """
        turn = QUEUE.turn(wanted.sort, wanted.limit, wanted.cursor)
        if not targets:
            return await self._page(wanted, turn, request, request.c.queue_on)
        # Two pages, or the index on the day would be of no use to the many that have one.
        aimed = func.unnest(cast(list(targets), ARRAY(Text)), cast(list(targets.values()), ARRAY(Date)))
        goal = aimed.table_valued(column("id", Text), column("day", Date)).render_derived()
        others = request.outerjoin(goal, goal.c.id == request.c.id)
        dated = await self._page(wanted, turn, others, request.c.queue_on, goal.c.id.is_(None))
        theirs = request.join(goal, goal.c.id == request.c.id)
        set_by_staff = await self._page(wanted, turn, theirs, goal.c.day)
        rows = (*dated, *(one.model_copy(update={"target_on": targets[one.id]}) for one in set_by_staff))
        return turn.cut(rows)[0]

    async def undated(self, controller: str | None = None) -> tuple[Request, ...]:
        """Open requests for whose answer neither law nor promise names a day; of this controller, or of all."""
        mine = [self._mine(request.c.controller), request.c.closed_at.is_(None), request.c.queue_on == NEVER]
        if controller is not None:
            mine.append(request.c.controller == controller)
        return tuple(to_request(row) for row in await self._all(select(*REQUEST).where(*mine)))

    async def _page(
        self,
        wanted: RequestFilter,
        turn: Turn,
        source: FromClause,
        queue_on: ColumnElement[date],
        *more: ColumnElement[bool],
    ) -> tuple[RequestRow, ...]:
        columns, conditions = request.c, [self._mine(request.c.controller), *more]
        for name in ("controller", "stage", "right", "outcome", "overdue"):
            value = getattr(wanted, name)
            if value is not None:
                conditions.append(columns[name] == value)
        if wanted.open is not None:
            conditions.append(columns.closed_at.is_(None) if wanted.open else columns.closed_at.is_not(None))
        if wanted.due_before is not None:
            conditions.append(queue_on < wanted.due_before)
        if wanted.waits_for is not None:
            conditions.append(literal(wanted.waits_for) == any_(columns.blocked_on))
        if wanted.held is not None:
            by = request_holder.c
            conditions.append(
                ~exists().where(by.request_id == columns.id)
                if wanted.held == NOBODY
                else columns.id.in_(select(by.request_id).where(by.actor == wanted.held))
            )
        given: dict[str, ColumnElement[Any]] = {name: columns[name] for name in turn.fields}
        if "queue_on" in given:
            given["queue_on"] = queue_on
        statement = turn.narrow(select(*ROW).select_from(source).where(*conditions), **given)
        return tuple(RequestRow(**plain(row)) for row in await self._all(statement))
