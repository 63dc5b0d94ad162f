"""Tasks: what humans do by hand for a request. The list names nobody; looking at one leaves a mark."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from pydantic import Field

from activities.ledger import TaskFilter, TaskRow, TaskState, Tx
from activities.ledger.paging import Turn
from activities.ledger.tasks import TASKS
from activities.pages import Pages, found_folder
from activities.task_model import (
    FoundFile,
    FoundRecord,
    RefusedWords,
    TaskBrief,
    TaskWords,
    brief_name,
    done_name,
    refused_name,
)
from habeas.access import Scope
from habeas.acts import ActAnswer, ActKind
from habeas.connector import Page, Record
from habeas.errors import BadInput, MustStay, NotAllowed, WrongStage
from habeas.model import Frozen
from habeas.outcomes import ObjectOutcome
from workers.office.reading import Reading
from workers.office.task_words import as_record, check_found, is_find, read_outcomes, read_records

PAGE_RECORDS = 100
PAGE_BYTES = 8 * 1024 * 1024
"""A page of what was found is read into memory at once."""


class TaskEntry(Frozen):
    """One line of the list of tasks."""

    id: str
    request_id: str
    controller: str
    system: str
    phase: str
    state: TaskState
    due_on: date | None
    days_left: int | None
    """Until it is due, in the controller's time zone; negative when that is over. None once it is not open."""
    reminded: int
    counts: dict[str, int]
    place: str = ""
    """In the list, as it is sorted: `cursor` of the page that goes on behind it."""


class ShownTask(Frozen):
    """A task, and for whom it is. Personal."""

    entry: TaskEntry
    brief: TaskBrief = Field(repr=False)
    refused: RefusedWords | None = Field(default=None, repr=False)
    """What was said of it and could not be taken."""
    said: str | None = Field(default=None, repr=False)
    """Once it is done: the words of whoever did it."""


class Said(Frozen):
    """What a human says came of a task, as they wrote it."""

    nothing: bool = False
    records: tuple[str, ...] = Field(default=(), repr=False)
    """JSON."""
    files: tuple[FoundFile, ...] = Field(default=(), repr=False)
    attached: dict[str, FoundFile] = Field(default_factory=dict, repr=False)
    """Files that a record names."""
    collection: str | None = None
    day: str | None = None
    outcomes: tuple[str, ...] = ()
    as_said: bool = False
    """Once more what was said and could not be taken; what is said now counts before it."""
    outside: bool = False
    """A processor says so, by its link."""


class Tasking(Reading):
    """Methods on tasks."""

    async def tasks(self, wanted: TaskFilter, *, overdue: bool = False) -> tuple[TaskEntry, ...]:
        """Tasks, those due first ahead unless another order is asked for; with ``overdue`` the open whose day is over.

        Raises:
            BadInput: there is no such sort or controller, or no page ended so.
        """
        self.refuse_unknown(wanted.controller)
        if overdue:
            days = {name: self.today(name) for name in self._policies}
            wanted = wanted.model_copy(update={"overdue_on": days, "state": TaskState.OPEN})
        async with self._ledger.begin() as tx:
            rows = await tx.tasks(wanted)
        turn = TASKS.turn(wanted.sort)
        return tuple(self._task_entry(row, turn) for row in rows)

    async def task(self, task_id: str, *, by: str, reason: str) -> ShownTask:
        """One task and for whom it is. Personal: looking leaves a mark.

        Raises:
            NotAllowed: one may work on tasks of one's own systems only, and this is another's.
            BadInput: there is no such task.
            KeyDestroyed: its request's data is gone.
        """
        async with self._ledger.begin() as tx:
            row = await tx.task(task_id)
            self._demand_task(row, by)
            brief = await task_brief(tx, row)
            refused = await tx.unseal(row.request_id, refused_name(row.id), RefusedWords)
            done = await tx.unseal(row.request_id, done_name(row.id), TaskWords)
            act = await tx.act(done.act_id) if done else None
            await self._mark_view(tx, row.request_id, "task", by, reason, Scope.TASKS_WORK)
        return ShownTask(entry=self._task_entry(row), brief=brief, refused=refused, said=act.reason if act else None)

    async def finish_task(
        self, task_id: str, *, by: str, reason: str, said: Said, act_id: str | None = None
    ) -> ActAnswer:
        """Say what came of a task; with the same ``act_id`` once, however often it is asked for.

        Raises:
            BadInput: what is said does not answer the task; says what to write.
            WrongStage: it is done, or nobody needs it any more.
            NotAllowed: as `task`.
            MustStay: a hold or a restriction keeps some of it by now; what was said is kept, for ``as_said``.
            As `Acting.act`.
        """
        act_id = act_id or str(uuid.uuid4())
        async with self._ledger.begin() as tx:
            row = await tx.task(task_id)
            self._demand_task(row, by)
            repeated = await tx.act(act_id) is not None
            if row.state is not TaskState.OPEN and not repeated:
                raise WrongStage(f"This task is {row.state.value} already.")
            brief = await task_brief(tx, row)
            if said.as_said:
                said = await said_again(tx, row, said)
        found, outcomes = answered(said, task_id, brief)
        pages = list(_pages(as_record(task_id, n, each) for n, each in enumerate(found, start=1)))
        words = TaskWords(
            act_id=act_id,
            records=len(found),
            files=sum(len(each.files) for each in found),
            pages=len(pages),
            outcomes=outcomes,
            outside=said.outside,
        )
        if not repeated:
            await self._keep_found(row.request_id, act_id, pages)
        try:
            return await self.act(
                ActKind.FINISH_TASK,
                row.request_id,
                by=by,
                reason=reason,
                act_id=act_id,
                sealed=words,
                task=task_id,
                system=row.system,
            )
        except MustStay as error:
            refused = RefusedWords(outcomes=said.outcomes, reason=reason, why=error.detail)
            async with self._ledger.begin() as tx:
                await tx.seal(row.request_id, refused_name(task_id), refused)
            raise MustStay(error.detail, task=task_id) from None
        except (WrongStage, NotAllowed, BadInput):
            if pages and not repeated:
                await self._storage.delete_prefix(found_folder(row.request_id, act_id))
            raise

    def _demand_task(self, row: TaskRow, by: str) -> None:
        """Who may not look at personal data in general works on the tasks of the systems that are theirs, only."""
        if self.may(Scope.PERSONAL_READ, row.controller):
            return
        self.demand(Scope.TASKS_WORK, row.controller)
        if row.owner is None or row.owner != self.actor(by):
            raise NotAllowed(f"This task is of a system that is not yours: `owner` of {row.system} says whose it is.")

    async def _keep_found(self, request_id: str, act_id: str, pages: Sequence[Page]) -> None:
        store = Pages(self._ledger, self._storage, request_id)
        for number, page in enumerate(pages):
            await store.write_found(act_id, number, page)

    def _task_entry(self, row: TaskRow, turn: Turn | None = None) -> TaskEntry:
        known = self._policies.get(row.controller)
        today = self._now().astimezone(ZoneInfo(known.controller.clock_tz if known else "UTC")).date()
        left = (row.due_on - today).days if row.due_on and row.state is TaskState.OPEN else None
        shared = row.model_dump(exclude={"opened_at", "done_at", "done_by", "owner"})
        return TaskEntry(**shared, days_left=left, place=(turn or TASKS.turn()).cursor(row))


async def task_brief(tx: Tx, row: TaskRow) -> TaskBrief:
    """What the task asks.

    Raises:
        BadInput: nothing of it is there.
    """
    brief = await tx.unseal(row.request_id, brief_name(row.id), TaskBrief)
    if brief is None:
        raise BadInput("There is no such task; see `habeas task list`.", field="task")
    return brief


async def said_again(tx: Tx, row: TaskRow, said: Said) -> Said:
    """What was refused, with what is said now after it: a later word counts.

    Raises:
        BadInput: nothing was.
    """
    before = await tx.unseal(row.request_id, refused_name(row.id), RefusedWords)
    if before is None:
        raise BadInput("as-said: nothing that was said of this task was refused.", field="as_said")
    return said.model_copy(update={"outcomes": (*before.outcomes, *said.outcomes)})


def answered(
    said: Said, task_id: str, brief: TaskBrief, *, files_follow: bool = False
) -> tuple[tuple[FoundRecord, ...], tuple[ObjectOutcome, ...]]:
    """What was said of a task: the records that were found, or what became of its objects.

    Args:
        said: as it was written.
        task_id: whose.
        brief: what it asked.
        files_follow: files are not there yet; without a record they may be all that was found.

    Raises:
        BadInput: it does not answer the task; says what to write.
    """
    if is_find(brief):
        if said.outcomes:
            raise BadInput(
                "outcome: this task asks what is there; answer with --record, --file or --nothing.", field="outcomes"
            )
        found = read_records(
            said.records, said.files, brief, collection=said.collection, day=said.day, attached=said.attached
        )
        if found or said.nothing or not files_follow:
            check_found(found, brief, nothing=said.nothing)
        return found, ()
    if said.nothing or said.records or said.files:
        raise BadInput(
            f"This task asks what became of it ({brief.phase.value}); answer with --outcome.", field="outcomes"
        )
    return (), read_outcomes(said.outcomes, task_id, brief)


def _pages(records: Iterable[Record]) -> Iterator[Page]:
    """The records in pages that fit into memory; a record is never torn apart."""
    waiting: list[Record] = []
    size = 0
    for record in records:
        weight = len(record.model_dump_json())
        if waiting and (len(waiting) >= PAGE_RECORDS or size + weight > PAGE_BYTES):
            yield Page(records=tuple(waiting), cursor=None)
            waiting, size = [], 0
        waiting.append(record)
        size += weight
    if waiting:
        yield Page(records=tuple(waiting), cursor=None)
