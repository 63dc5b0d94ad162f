"""What a forecast is made of: what is open, and how fast things went of late. Names nobody."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Date, cast, distinct, func, literal, select

from activities.ledger.room import Room, plain
from activities.ledger.tables import evidence, request, system_result
from habeas.evidence import Tag
from habeas.forecast import PEOPLE, Group, Passed
from habeas.model import Frozen, Outcome, Stage

_ROW = request.c
_DAY = 86400


class Usual(Frozen):
    """How long requests of one controller still took when they entered a stage."""

    controller: str
    stage: Stage
    days: float
    """The median, in days of 24 hours."""


class Paces(Room):
    """Methods that count what waits, and what was done of late."""

    async def open_groups(self, controller: str | None = None) -> tuple[Group, ...]:
        """What is open, of this controller or of all."""
        columns = (
            _ROW.controller,
            _ROW.right,
            _ROW.stage,
            func.coalesce(_ROW.extended_due_on, _ROW.due_on).label("due_on"),
            _ROW.blocked_on,
        )
        rows = await self._all(
            select(*columns, func.count().label("requests"))
            .where(_ROW.closed_at.is_(None), *self._of_controller(controller))
            .group_by(*columns)
        )
        return tuple(Group(**plain(row)) for row in rows)

    async def passed(self, since: datetime, zone: str, controller: str | None = None) -> tuple[Passed, ...]:
        """How many requests went through each system since an instant, how many were answered, the most in a day."""
        done = system_result.c
        through = (
            select(
                done.system.label("lane"),
                cast(func.timezone(zone, done.updated_at), Date).label("day"),
                func.count(distinct(done.request_id)).label("requests"),
            )
            .join(request, _ROW.id == done.request_id)
            .where(done.state == "done", done.updated_at >= since, *self._of_controller(controller))
            .group_by("lane", "day")
        )
        answered = (
            select(
                literal(PEOPLE).label("lane"),
                cast(func.timezone(zone, _ROW.closed_at), Date).label("day"),
                func.count().label("requests"),
            )
            .where(_ROW.closed_at >= since, *self._answered(controller))
            .group_by("day")
        )
        daily = through.union_all(answered).subquery().c
        rows = await self._all(
            select(
                daily.lane, func.sum(daily.requests).label("requests"), func.max(daily.requests).label("busiest")
            ).group_by(daily.lane)
        )
        return tuple(Passed(**plain(row)) for row in rows)

    async def usual(self, since: datetime, controller: str | None = None) -> tuple[Usual, ...]:
        """How long what was answered since an instant still took from each stage on."""
        still = func.extract("epoch", _ROW.closed_at - evidence.c.at) / _DAY
        stage = evidence.c.facts["stage"].astext
        rows = await self._all(
            select(
                _ROW.controller,
                stage.label("stage"),
                func.percentile_cont(0.5).within_group(still.asc()).label("days"),
            )
            .join(evidence, evidence.c.request_id == _ROW.id)
            .where(evidence.c.tag == Tag.REQUEST_STAGE, stage != Stage.CLOSED)
            .where(_ROW.closed_at >= since, *self._answered(controller))
            .group_by(_ROW.controller, stage)
        )
        return tuple(Usual(**plain(row)) for row in rows)

    def _answered(self, controller: str | None) -> tuple[ColumnElement[bool], ...]:
        return (_ROW.outcome.not_in([Outcome.WITHDRAWN, Outcome.UNVERIFIED]), *self._of_controller(controller))

    def _of_controller(self, controller: str | None) -> tuple[ColumnElement[bool], ...]:
        mine = self._mine(_ROW.controller)
        return (mine,) if controller is None else (mine, _ROW.controller == controller)
