"""What an erasure kept and may keep no longer, where only a human can erase it: a task of a request that is closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import JsonValue

from activities.by_hand import CONFIRM, ERASE, done_words, last_done, steps_by_hand
from activities.clockface import local_day
from activities.connectors.manual import hands_of
from activities.ending_letters import AGAIN
from activities.keeping import EndedTask, EndOrder
from activities.ledger import TaskFilter, TaskRow, TaskState, Tx
from activities.ledger.results import object_name
from activities.narrowing import ENDING
from activities.parts import Parts
from activities.task_model import TaskObject, TaskOpened, TaskOrder, TaskPhase
from activities.tasks import TaskActivities
from habeas.connector import SystemPlan
from habeas.model import Request
from habeas.outcomes import ObjectOutcome

__all__ = ["ask_to_end", "attested", "by_hand"]


def by_hand(parts: Parts, system: str) -> bool:
    """Whether a human must erase there."""
    return ERASE in steps_by_hand(parts.connector(system).manifest)


async def ask_to_end(parts: Parts, order: EndOrder, plan: SystemPlan) -> EndedTask | None:
    """Have a human erase exactly what this plan names; what was asked before and is something else is called off.

    The same plan again is the same task. A human who said that something could not be done is asked again in a week.

    Args:
        parts: of the installation.
        order: of the sweep.
        plan: what may be kept no longer; of no objects where there is nothing, or something keeps it.
    """
    tasks = TaskActivities(parts)
    async with parts.ledger.begin() as tx:
        objects = await _shown(tx, order.request_id, plan)
    contents = await tasks.contents(order, objects)
    async with parts.ledger.begin() as tx:
        request = await tx.request(order.request_id, lock=True)
        rows = await tx.tasks(TaskFilter(request_id=request.id, state=None))
        before = await tx.unseal(request.id, f"{ENDING}{order.system}", SystemPlan)
        here = [row for row in rows if (row.system, row.phase) == (order.system, TaskPhase.ERASE.value)]
        current = next((row for row in here if row.state is TaskState.OPEN), None)
        if current is not None and before == plan:
            task = _order(order, current.id)
            due_on = current.due_on or current.opened_at.date()
            return _asked(parts, task, await tasks.again(tx, request, task, due_on))
        if current is not None:
            await tx.cancel_tasks(request.id, order.at, system=order.system)
        if not objects or (before is not None and _of_late(here, order.at)):
            return None
        task = _order(order, f"{request.id.lower()}-{1 + max((_number(row) for row in rows), default=0)}")
        hands = hands_of(parts.connector(order.system))
        due_on = local_day(parts.policy(request.controller), order.at) + timedelta(days=hands.due_days)
        brief = await tasks.brief(tx, request, task, objects, contents)
        # The term is over: there is no law to keep it by any more.
        opened = await tasks.write(tx, request, task, brief.model_copy(update={"keeps": ()}), due_on)
        await tx.seal(request.id, f"{ENDING}{order.system}", plan)
    return _asked(parts, task, opened)


async def attested(tx: Tx, request: Request, system: str, parts: Parts) -> tuple[ObjectOutcome, ...] | None:
    """What a human said last of what they were to erase; None where the system can be looked at."""
    if CONFIRM not in steps_by_hand(parts.connector(system).manifest):
        return None
    done = await last_done(tx, request.id, system, TaskPhase.ERASE)
    return (await done_words(tx, request.id, done.id)).outcomes if done else ()


async def _shown(tx: Tx, request_id: str, plan: SystemPlan) -> tuple[TaskObject, ...]:
    """By what a human knows the objects, of which what was collected may be gone by now: the law, and its last day."""
    key = await tx.key(request_id)
    names = [key.digest(object_name(plan.system, one.collection, one.key)) for one in plan.objects]
    rows = {row.object: row for row in await tx.outcomes(request_id)}
    found = []
    for number, (one, name) in enumerate(zip(plan.objects, names, strict=True), start=1):
        was = rows[name]
        facts = {"law": was.law, "kept_until": was.until.isoformat() if was.until else None}
        content: dict[str, JsonValue] = {name: fact for name, fact in facts.items() if fact is not None}
        shown = TaskObject(
            handle=str(number), collection=one.collection, key=one.key, treatment=one.treatment, content=content
        )
        found.append(shown)
    return tuple(found)


def _order(order: EndOrder, task: str) -> TaskOrder:
    return TaskOrder(request_id=order.request_id, at=order.at, system=order.system, task=task, phase=TaskPhase.ERASE)


def _asked(parts: Parts, task: TaskOrder, opened: TaskOpened) -> EndedTask:
    return EndedTask(
        request_id=task.request_id,
        system=task.system,
        task=task.task,
        task_queue=parts.queue_of(task.system),
        confirm_after=parts.connector(task.system).manifest.confirm_after,
        remind_at=opened.remind_at,
        remind_every=opened.remind_every,
        notice=opened.notice,
    )


def _of_late(rows: list[TaskRow], at: datetime) -> bool:
    return any(row.state is TaskState.DONE and row.done_at and row.done_at > at - AGAIN for row in rows)


def _number(row: TaskRow) -> int:
    return int(row.id.rpartition("-")[2])
