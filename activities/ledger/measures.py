"""What a monitor asks of the whole ledger at short intervals: counts, and since when the oldest waits. Names nobody."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import AwareDatetime
from sqlalchemy import false, func, select

from activities.ledger.duty_tables import task
from activities.ledger.room import Room, plain
from activities.ledger.tables import evidence, evidence_head, object_outcome, request
from activities.ledger.tasks import TaskState
from habeas.model import Frozen, Stage
from habeas.outcomes import Fate
from habeas.staying import Because

__all__ = ["KeptRow", "Measures", "PressingRow", "Waiting"]

LATE = timedelta(days=2)
"""The daily sweep may miss a day."""


class PressingRow(Frozen):
    """Open requests of one controller that press."""

    controller: str
    overdue: int
    """Those whose term ran out."""
    ambiguous: int
    """Those in which a human is to say which records are the person's."""


class Waiting(Frozen):
    """What waits for people, and for other programs to be told."""

    tasks: int
    """Tasks by hand that are open."""
    tasks_overdue: int
    untold_since: AwareDatetime | None
    """When the oldest event happened that has no place in the line of events yet; None where every one has."""


class KeptRow(Frozen):
    """What closed requests keep in one system until a day."""

    system: str
    objects: int
    past: int
    """Those whose day is over for more than two days, unless an exemption keeps them: the daily sweep should have
    ended them."""


class Measures(Room):
    """Methods that count over everything."""

    async def pressing(self) -> tuple[PressingRow, ...]:
        """Open requests that press, by controller."""
        columns = request.c
        rows = await self._all(
            select(
                columns.controller,
                func.count().filter(columns.overdue).label("overdue"),
                func.count().filter(columns.stage == Stage.CLARIFYING.value).label("ambiguous"),
            )
            .where(columns.closed_at.is_(None))
            .group_by(columns.controller)
        )
        return tuple(PressingRow(**plain(row)) for row in rows)

    async def waiting(self, now: datetime) -> Waiting:
        """What waits for people, and for other programs to be told."""
        untold = (
            select(func.min(evidence.c.at))
            .join(evidence_head, evidence_head.c.request_id == evidence.c.request_id)
            .where(evidence_head.c.told < evidence_head.c.n, evidence.c.n == evidence_head.c.told + 1)
            .scalar_subquery()
        )
        row = (
            await self._run(
                select(
                    func.count().label("tasks"),
                    func.count().filter(task.c.due_on < now.date()).label("tasks_overdue"),
                    untold.label("untold_since"),
                ).where(task.c.state == TaskState.OPEN.value)
            )
        ).one()
        return Waiting(**plain(row))

    async def kept(self, now: datetime) -> tuple[KeptRow, ...]:
        """What closed requests keep until a day, by system."""
        columns = object_outcome.c
        exempt = func.coalesce(columns.reason == Because.EXEMPT.value, false())
        rows = await self._all(
            select(
                columns.system,
                func.count().label("objects"),
                func.count().filter(columns.until < now.date() - LATE, ~exempt).label("past"),
            )
            .join(request, request.c.id == columns.request_id)
            .where(request.c.closed_at.is_not(None))
            .where(columns.until.is_not(None), columns.fate == Fate.RETAINED.value)
            .group_by(columns.system)
        )
        return tuple(KeptRow(**plain(row)) for row in rows)
