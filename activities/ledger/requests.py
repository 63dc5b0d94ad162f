"""Requests: their facts, their pauses, the queue."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from functools import cache
from typing import Any, TypedDict, Unpack

from pydantic import AwareDatetime, Field
from sqlalchemy import Row, func, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.at_hand import PAUSES, Kept
from activities.ledger.paging import NEVER, Order
from activities.ledger.prepared import Prepared
from activities.ledger.room import Room, plain
from activities.ledger.tables import pause, request
from habeas.model import Frozen, Outcome, PauseReason, Request, RequestId, Stage
from habeas.particulars import Scope


class RequestRow(Request):
    """A request as staff see it in lists: still nothing that identifies the person."""

    channel: str
    opened_at: AwareDatetime
    opened_by: str
    acknowledge_by: date | None
    due_at: datetime | None
    extended_due_on: date | None
    notice_latest_on: date | None
    paused_from: date | None
    blocked_on: tuple[str, ...]
    overdue: bool
    citation: str | None
    started_at: datetime | None
    scope: Scope | None = None
    about: RequestId | None = None
    categories: tuple[str, ...] = ()
    before_erasure: bool = False
    target_on: date | None = Field(default=None, exclude=True)
    """By when staff aim to answer where nothing is due. It follows from the policy: see `Requests.find`."""

    @property
    def paused(self) -> bool:
        """Whether the clock stands still."""
        return self.paused_from is not None

    @property
    def queue_on(self) -> date:
        """The day in the queue: the extended one where the term was extended, the target where there is no term."""
        return self.extended_due_on or self.due_on or self.target_on or NEVER

    @property
    def place(self) -> str:
        """Its place in the queue as it is sorted unasked: see `RequestFilter.cursor`."""
        return QUEUE.turn().cursor(self)


QUEUE = Order(
    "due_on",
    due_on={"queue_on": date, "id": str},
    received_at={"received_at": datetime, "id": str},
)
"""The queue: by the days that are left, by when requests came."""


class PauseRow(Frozen):
    """A time in which the clock stood still, from and to these dates."""

    id: str
    reason: PauseReason
    start: date
    end: date | None = None


class Changes(TypedDict, total=False):
    """What `Requests.update_request` can change."""

    stage: Stage
    outcome: Outcome | None
    acknowledge_by: date | None
    due_on: date | None
    due_at: datetime | None
    extended: bool
    extended_until: date | None
    extended_due_on: date | None
    notice_latest_on: date | None
    paused_from: date | None
    blocked_on: tuple[str, ...]
    overdue: bool
    closed_at: datetime | None
    citation: str | None
    started_at: datetime


_ROW_NAMES = [name for name in RequestRow.model_fields if name != "target_on"]
REQUEST = [request.c[name] for name in Request.model_fields]
ROW = [request.c[name] for name in _ROW_NAMES]


class Requests(Room):
    """Methods on the requests themselves."""

    async def request(self, request_id: str, lock: bool = False, *, count: bool = False) -> Request:
        """The request's facts; with ``lock`` nobody else changes it until this transaction ends.

        With ``count``, what `Results.outcome_counts` asks comes with them.

        Raises:
            UnknownRequest: there is none.
        """
        known = self._requests.get(request_id)
        if known is not None and (not lock or request_id in self._locked):
            return known
        answer = await self._at_hand(request_id, lock=lock, count=count)
        if lock:
            # Whoever locks a request writes evidence too: the end of its chain is locked with it.
            self._locked.add(request_id)
            self._heads.setdefault(request_id, answer.head)
        known = self._requests[request_id] = to_request(answer.request)
        return known

    async def request_row(self, request_id: str) -> RequestRow:
        """The request with all its facts, as in lists.

        Raises:
            UnknownRequest: there is none.
        """
        row = (await self._at_hand(request_id, lock=False)).request
        return RequestRow(**{name: getattr(row, name) for name in _ROW_NAMES})

    async def update_request(self, request_id: str, **changes: Unpack[Changes]) -> Request:
        """Change facts; those not named stay. With an outcome or an end the person may open a new one.

        Raises:
            UnknownRequest: there is none.
        """
        values: dict[str, Any] = dict(changes)
        unknown = values.keys() - Changes.__annotations__.keys()
        if unknown:
            raise TypeError(f"no such facts of a request: {', '.join(sorted(unknown))}")
        if not values:
            return await self.request(request_id)
        if "blocked_on" in values:
            values["blocked_on"] = list(values["blocked_on"])
        known = await self.request(request_id, lock=True)
        merged = self._changed[request_id] = self._changed.get(request_id, {}) | values
        await self._write_later(
            ("request", request_id),
            _changed(tuple(sorted(merged))).of(merged | {"request_id": request_id}),
            replaces=True,
        )
        if _ends(changes):
            await self._write_later(("freed", request_id), _FREED.of({"request_id": request_id}))
        facts = {name: value for name, value in values.items() if name in Request.model_fields}
        self._requests[request_id] = known.model_copy(update=facts)
        return self._requests[request_id]

    async def waited_for(self) -> dict[str, int]:
        """How many open requests wait for each system, and for what else stands in their way."""
        waits = func.unnest(request.c.blocked_on).table_valued("name").lateral()
        rows = await self._all(
            select(waits.c.name, func.count())
            .select_from(request.join(waits, true()))
            .where(request.c.closed_at.is_(None), self._mine(request.c.controller))
            .group_by(waits.c.name)
        )
        return {str(system): int(count) for system, count in map(tuple, rows)}

    async def unstarted(self, limit: int) -> tuple[str, ...]:
        """Requests whose workflow was never started, oldest first: a crash came between."""
        rows = await self._all(
            select(request.c.id)
            .where(request.c.started_at.is_(None), request.c.closed_at.is_(None), self._mine(request.c.controller))
            .order_by(request.c.opened_at, request.c.id)
            .limit(limit)
        )
        return tuple(row.id for row in rows)

    async def mark_started(self, request_ids: Collection[str]) -> None:
        """The workflows of these were started."""
        await self._run(
            update(request)
            .where(request.c.id.in_(sorted(request_ids)), request.c.started_at.is_(None))
            .values(started_at=func.now())
        )

    async def add_pause(self, request_id: str, pause_id: str, reason: PauseReason, start: date) -> None:
        """The clock stands still from this date on."""
        self._reread(PAUSES)
        await self._run(
            upsert(pause)
            .values(request_id=request_id, id=pause_id, reason=reason, start_on=start)
            .on_conflict_do_nothing()
        )

    async def end_pause(self, request_id: str, pause_id: str, end: date) -> None:
        """The clock goes on from this date; the first end said stays."""
        self._reread(PAUSES)
        await self._run(
            update(pause)
            .where(pause.c.request_id == request_id, pause.c.id == pause_id, pause.c.end_on.is_(None))
            .values(end_on=end)
        )

    async def pauses(self, request_id: str) -> tuple[PauseRow, ...]:
        """All pauses, in their order."""
        in_order = (
            select(pause.c.id, pause.c.reason, pause.c.start_on.label("start"), pause.c.end_on.label("end"))
            .where(pause.c.request_id == request_id)
            .order_by(pause.c.start_on, pause.c.id)
        )
        return tuple(PauseRow(**plain(row)) for row in await self._once(PAUSES, request_id, in_order))


@cache
def _changed(names: tuple[str, ...]) -> Prepared:
    """Change these facts of a request."""
    changes = ", ".join(f"{name} = :{name}" for name in names)
    return Prepared(f"UPDATE request SET {changes} WHERE id = :request_id")  # noqa: S608  # columns of ours


_FREED = Prepared("DELETE FROM open_subject WHERE request_id = :request_id")


def to_request(row: Row[Any] | Kept) -> Request:
    """The facts in a row that has at least `REQUEST`."""
    return Request(**{name: getattr(row, name) for name in Request.model_fields})


def _ends(changes: Changes) -> bool:
    return (
        changes.get("outcome") is not None
        or changes.get("closed_at") is not None
        or changes.get("stage") is Stage.CLOSED
    )
