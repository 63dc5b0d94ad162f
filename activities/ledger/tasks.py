"""Tasks: what a human does by hand for a request, in a system that cannot do it by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, Date, Select, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import task
from activities.ledger.paging import NEVER, Order
from activities.ledger.prepared import Prepared
from activities.ledger.room import Room, plain
from activities.ledger.tables import request
from habeas.errors import BadInput, WrongStage
from habeas.model import Frozen, RequestId, SystemName


class TaskState(StrEnum):
    """How a task stands."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"
    """The system was left out, or the request ended, before it was done."""


class TaskRow(Frozen):
    """One task, without what is to be looked for."""

    id: str
    request_id: RequestId
    controller: str
    system: SystemName
    phase: str
    state: TaskState
    opened_at: AwareDatetime
    due_on: date | None
    reminded: int
    done_at: AwareDatetime | None
    """When it was done, or cancelled."""
    done_by: str | None
    counts: dict[str, int]
    owner: str | None
    """Keyed hash of whoever the settings name for the system; None: nobody in particular."""


class TaskFilter(Frozen):
    """Which tasks: all conditions hold together."""

    request_id: RequestId | None = None
    controller: str | None = None
    state: TaskState | None = TaskState.OPEN
    mine: str | None = None
    """A keyed hash: tasks of this owner, and those of nobody in particular."""
    due_before: date | None = None
    overdue_on: dict[str, date] | None = Field(default=None, exclude=True)
    """Controller -> its today: only tasks that were due on an earlier day."""
    limit: int = Field(default=200, ge=1, le=10_000)
    sort: str | None = None
    """As `TASKS` has them; unset for the soonest due first."""
    cursor: str | None = None
    """The place of the last task of the page before, in the same order."""


TASKS = Order(
    "due_on",
    due_on={"due_on": date, "opened_at": datetime, "id": str},
    opened_at={"opened_at": datetime, "id": str},
    system={"system": str, "id": str},
)


_CLOSED = Prepared(
    "UPDATE task SET state = 'cancelled', done_at = :at WHERE request_id = :request_id AND state = 'open'"
)


class Tasks(Room):
    """Methods on tasks."""

    async def open_task(
        self,
        task_id: str,
        request_id: str,
        *,
        system: str,
        phase: str,
        at: datetime,
        due_on: date | None,
        owner: str | None = None,
    ) -> TaskRow:
        """Open a task; a second time with the same id changes nothing and answers how it stands."""
        values = {"id": task_id, "request_id": request_id, "system": system, "phase": phase, "state": TaskState.OPEN}
        await self._run(
            upsert(task).values(**values, opened_at=at, due_on=due_on, owner=owner).on_conflict_do_nothing()
        )
        return await self.task(task_id)

    async def task(self, task_id: str, *, lock: bool = False) -> TaskRow:
        """One task.

        Raises:
            BadInput: there is none of this id.
        """
        wanted = self._tasks().where(task.c.id == task_id)
        row = await self._first(wanted.with_for_update(of=task) if lock else wanted)
        if row is None:
            raise BadInput("There is no such task; see `habeas task list`.", field="task")
        return TaskRow(**plain(row))

    async def tasks(self, wanted: TaskFilter) -> tuple[TaskRow, ...]:
        """Tasks, unless asked otherwise by the day they are due, those without one last.

        Raises:
            BadInput: there is no such sort; or the cursor is none of it.
        """
        turn = TASKS.turn(wanted.sort, wanted.limit, wanted.cursor)
        found = self._tasks()
        if wanted.request_id is not None:
            found = found.where(task.c.request_id == wanted.request_id)
        if wanted.controller is not None:
            found = found.where(request.c.controller == wanted.controller)
        if wanted.state is not None:
            found = found.where(task.c.state == wanted.state.value)
        if wanted.mine is not None:
            found = found.where(or_(task.c.owner == wanted.mine, task.c.owner.is_(None)))
        if wanted.due_before is not None:
            found = found.where(task.c.due_on < wanted.due_before)
        if wanted.overdue_on is not None:
            late = [(request.c.controller == of) & (task.c.due_on < day) for of, day in wanted.overdue_on.items()]
            found = found.where(or_(false(), *late))
        given: dict[str, ColumnElement[Any]] = {name: task.c[name] for name in turn.fields}
        if "due_on" in given:
            given["due_on"] = func.coalesce(task.c.due_on, NEVER, type_=Date)
        return tuple(TaskRow(**plain(row)) for row in await self._all(turn.narrow(found, **given)))

    async def remind_task(self, task_id: str, number: int) -> None:
        """The n-th reminder went out; an earlier one told late changes nothing."""
        await self._run(
            update(task).where(task.c.id == task_id).values(reminded=func.greatest(task.c.reminded, number))
        )

    async def finish_task(self, task_id: str, *, at: datetime, by: str, counts: Mapping[str, int]) -> TaskRow:
        """A human has done it.

        Raises:
            BadInput: there is no such task.
            WrongStage: it is not open any more.
        """
        row = await self.task(task_id, lock=True)
        if row.state is not TaskState.OPEN:
            raise WrongStage(f"The task is {row.state.value} already.")
        done = {"state": TaskState.DONE.value, "done_at": at, "done_by": by, "counts": dict(counts)}
        await self._run(update(task).where(task.c.id == task_id).values(**done))
        return await self.task(task_id)

    async def cancel_tasks(self, request_id: str, at: datetime, *, system: str | None = None) -> int:
        """Nobody needs them any more: those of a system, or all of a request. Done ones stay; returns how many."""
        condition = (task.c.request_id == request_id) & (task.c.state == TaskState.OPEN.value)
        if system is not None:
            condition &= task.c.system == system
        cancelled = await self._run(update(task).where(condition).values(state=TaskState.CANCELLED.value, done_at=at))
        return cancelled.rowcount

    async def close_tasks(self, request_id: str, at: datetime) -> None:
        """As `cancel_tasks`, of all that are open: the request is closed."""
        await self._write_later(("tasks", request_id), _CLOSED.of({"request_id": request_id, "at": at}))

    def _tasks(self) -> Select[Any]:
        columns = [task.c[name] for name in TaskRow.model_fields if name != "controller"]
        joined = select(*columns, request.c.controller).join(request, request.c.id == task.c.request_id)
        return joined.where(self._mine(request.c.controller))
