"""How the connected systems serve, as the steps of requests found them: what waits since when, and last answers."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import AwareDatetime
from sqlalchemy import ARRAY, Text, and_, any_, distinct, func, literal, literal_column, select

from activities.ledger.results import WAITING
from activities.ledger.room import Room, plain
from activities.ledger.tables import request, system_result
from habeas.model import Frozen

_STEP = system_result.c
# Written out, not sent apart: the planner takes a partial index only where it sees its condition.
_IS_WAITING = _STEP.state == literal_column(f"'{WAITING}'")
_IS_DONE = _STEP.state == literal_column("'done'")
_WAITED_FOR = and_(_IS_WAITING, request.c.closed_at.is_(None), _STEP.system == any_(request.c.blocked_on))
"""A step that waits, of a request that is still held up by it."""


class WaitRow(Frozen):
    """A step of one request that waits for a system."""

    system: str
    code: str
    since: AwareDatetime


class TroubledSystem(Frozen):
    """What requests wait for in one system, by the class of its error."""

    system: str
    code: str
    requests: int
    since: AwareDatetime
    """Of the one that waits the longest."""


class Health(Room):
    """Methods that look at systems across requests."""

    async def waits(self, request_ids: Iterable[str]) -> dict[str, tuple[WaitRow, ...]]:
        """What each of these requests waits for; one that waits for no system is not there."""
        rows = await self._all(
            select(
                _STEP.request_id,
                _STEP.system,
                func.coalesce(_STEP.error_code, WAITING).label("code"),
                func.coalesce(_STEP.waiting_since, _STEP.updated_at).label("since"),
            )
            .join(request, request.c.id == _STEP.request_id)
            .where(_STEP.request_id.in_(sorted(request_ids)), _WAITED_FOR, self._mine(request.c.controller))
            .order_by(_STEP.request_id, _STEP.system, "since")
        )
        found: dict[str, dict[str, WaitRow]] = {}
        for row in rows:
            one = WaitRow(system=row.system, code=row.code, since=row.since)
            found.setdefault(row.request_id, {}).setdefault(one.system, one)
        return {request_id: tuple(by_system.values()) for request_id, by_system in found.items()}

    async def troubled(self) -> tuple[TroubledSystem, ...]:
        """Systems that requests wait for, by the class of their errors."""
        code = func.coalesce(_STEP.error_code, WAITING)
        rows = await self._all(
            select(
                _STEP.system,
                code.label("code"),
                func.count(distinct(_STEP.request_id)).label("requests"),
                func.min(func.coalesce(_STEP.waiting_since, _STEP.updated_at)).label("since"),
            )
            .join(request, request.c.id == _STEP.request_id)
            .where(_WAITED_FOR, self._mine(request.c.controller))
            .group_by(_STEP.system, code)
            .order_by(_STEP.system, code)
        )
        return tuple(TroubledSystem(**plain(row)) for row in rows)

    async def last_answers(self, systems: Iterable[str]) -> dict[str, AwareDatetime]:
        """When each of these systems last finished a step of a request; one that never did is not there."""
        names = func.unnest(literal(sorted(systems), ARRAY(Text))).table_valued("name").alias("asked")
        newest = (
            select(_STEP.updated_at)
            .join(request, request.c.id == _STEP.request_id)
            .where(_STEP.system == names.c.name, _IS_DONE, self._mine(request.c.controller))
            .order_by(_STEP.updated_at.desc())
            .limit(1)
            .scalar_subquery()
        )
        rows = await self._all(select(names.c.name, newest.label("at")))
        return {row.name: row.at for row in rows if row.at is not None}
