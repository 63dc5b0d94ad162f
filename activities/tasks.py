"""Tasks for humans: what a system cannot do by itself. Opened, reminded of, called off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import assert_never
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from temporalio import activity

from activities.actors import actor_of
from activities.by_hand import done_words, last_done, to_do
from activities.change_model import Part, PlannedChange
from activities.changing import approved_changes, load_changes
from activities.clockface import local_day
from activities.connectors.manual import Hands, hands_of
from activities.connectors.processor import instructed_by_mail
from activities.finding import load_graph
from activities.ledger import TaskState, Tx
from activities.letters import TaskFacts
from activities.model import EraseOrder, SystemOrder
from activities.pages import Pages, load_collected
from activities.parts import Parts
from activities.plans import approved_plan, held_since, keepers_of
from activities.processors import instruct, instructed, may_be_told
from activities.task_model import (
    TaskBrief,
    TaskCollection,
    TaskObject,
    TaskOpened,
    TaskOrder,
    TaskPhase,
    TaskReport,
    brief_name,
    letter_name,
)
from habeas.change import SystemChange
from habeas.connector import RecordRef
from habeas.errors import NotAllowed
from habeas.evidence import Tag
from habeas.model import Request, Right, Stage
from habeas.particulars import Particulars

DAY = timedelta(days=1)
MOST_SHOWN = 500
"""Objects whose content is shown to whoever does the task."""
Contents = dict[tuple[str, str], dict[str, JsonValue]]
MORNING = time(8)
"""When a reminder goes out, in the zone of the establishment."""


class TaskActivities:
    """What the workflow does with tasks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def open_task(self, order: TaskOrder) -> TaskOpened:
        """Open a task, unless nothing is left to do by hand; the same order again is the same task."""
        async with self._parts.ledger.begin() as tx:
            wanted = await self._objects(tx, order)
        contents = await self.contents(order, wanted)
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            hands = hands_of(self._parts.connector(order.system))
            brief = await self.brief(tx, request, order, await self._objects(tx, order), contents)
            due_on = _due(request, local_day(self._parts.policy(request.controller), order.at), hands)
            if await self._is_needless(tx, order, brief):
                return self.opened(request, order, due_on).model_copy(update={"needed": False})
            return await self.write(tx, request, order, brief, due_on)

    def opened(self, request: Request, order: TaskOrder, due_on: date) -> TaskOpened:
        """When an open task is reminded of."""
        hands, zone = hands_of(self._parts.connector(order.system)), self._parts.policy(request.controller)
        remind_at = _morning(due_on, order.at, zone.controller.clock_tz)
        return TaskOpened(remind_at=remind_at, remind_every=hands.remind_days * DAY.total_seconds())

    async def write(self, tx: Tx, request: Request, order: TaskOrder, brief: TaskBrief, due_on: date) -> TaskOpened:
        """Write a task down as open, with its letters; whoever does it outside is instructed."""
        hands, opened = hands_of(self._parts.connector(order.system)), self.opened(request, order, due_on)
        if outside := may_be_told(hands, brief):
            manifest, policy = self._parts.connector(order.system).manifest, self._parts.policy(request.controller)
            told = instructed(outside, manifest, policy, due_on, brief.purposes)
            brief = brief.model_copy(update={"instructed": told})
            at = opened.remind_at
            notice = await instruct(tx, self._parts, request, order, outside, due_on=due_on, remind_at=at)
            opened = opened.model_copy(update={"notice": notice})
        owner = actor_of(self._parts.ledger.vault, hands.owner) if hands.owner else None
        await tx.open_task(
            order.task,
            order.request_id,
            system=order.system,
            phase=order.phase.value,
            at=order.at,
            due_on=due_on,
            owner=owner,
        )
        await self._seal(tx, order, brief, due_on, hands, ended=request.stage is Stage.CLOSED)
        facts: dict[str, JsonValue] = {**_facts(order), "due_on": due_on.isoformat()}
        await tx.record(order.request_id, Tag.TASK_OPENED, at=order.at, facts=facts, dedupe=f"task/{order.task}/opened")
        return opened

    async def again(self, tx: Tx, request: Request, order: TaskOrder, due_on: date) -> TaskOpened:
        """A task that is open, as `write` said it; who does it outside is instructed once."""
        opened = self.opened(request, order, due_on)
        brief = await tx.unseal(request.id, brief_name(order.task), TaskBrief)
        outside = instructed_by_mail(hands_of(self._parts.connector(order.system)))
        if brief is None or brief.instructed is None or outside is None:
            return opened
        at = opened.remind_at
        notice = await instruct(tx, self._parts, request, order, outside, due_on=due_on, remind_at=at)
        return opened.model_copy(update={"notice": notice})

    async def contents(self, order: SystemOrder, objects: Iterable[TaskObject]) -> Contents:
        """What was collected of objects that a human is asked to treat: by its content they know it."""
        wanted = {(one.collection, one.key) for one in islice(objects, MOST_SHOWN)}
        async with self._parts.ledger.begin() as tx:
            collected = (await load_collected(tx, order.request_id)).get(order.system)
        if collected is None or not wanted:
            return {}
        pages = Pages(self._parts.ledger, self._parts.storage, order.request_id)
        found: Contents = {}
        async for record in pages.read(order.system, range(collected.pages)):
            if (record.collection, record.key) in wanted:
                found[record.collection, record.key] = record.data
        return found

    async def brief(
        self, tx: Tx, request: Request, order: TaskOrder, objects: Iterable[TaskObject], contents: Contents
    ) -> TaskBrief:
        """What a human is asked, and for whom."""
        manifest, hands = self._parts.connector(order.system).manifest, hands_of(self._parts.connector(order.system))
        policy, subject = self._parts.policy(request.controller), await tx.subject(request.id)
        asked = Particulars.of(subject)
        outside = instructed_by_mail(hands)
        language = outside.letters_in if outside else None
        standing = await (await keepers_of(tx, request, self._parts)).restrictions(order.system)
        graph = await load_graph(tx, request.id)
        # A colleague sees whose the records are that a number leads to; a processor is told to act.
        claimed = () if outside else graph.claimed
        return TaskBrief(
            system=order.system,
            title=manifest.title,
            phase=order.phase,
            right=request.right,
            instructions=hands.instructed(((language,) if language else ()) + policy.controller.languages),
            name=subject.name,
            identifiers=tuple(dict.fromkeys((*graph.known(), *claimed))),
            collections=tuple(
                TaskCollection(
                    name=one.name,
                    category=policy.text(policy.category(one.category).title, language),
                    dated=one.retention is not None,
                    title=manifest.glossary.say(one.called, language) if language else "",
                )
                for one in manifest.collections
            ),
            objects=tuple(
                one.model_copy(update={"content": one.content | contents.get((one.collection, one.key), {})})
                for one in objects
            ),
            corrections=asked.corrections if request.right is Right.RECTIFICATION else (),
            purposes=await _purposes(tx, order) or asked.purposes,
            digest=order.digest,
            max_file_bytes=hands.max_file_bytes,
            keeps=hands.keeps,
            restricted_since=local_day(policy, min(standing.values())) if standing else None,
        )

    async def _objects(self, tx: Tx, order: TaskOrder) -> tuple[TaskObject, ...]:
        """What the approved plan asks a human to do; the last door before data is gone or changed is here, too."""
        match order.phase:
            case TaskPhase.ERASE:
                plan = await approved_plan(tx, _erase_order(order), self._parts)
                return tuple(
                    TaskObject(handle=str(n), collection=one.collection, key=one.key, treatment=one.treatment)
                    for n, one in enumerate(to_do(plan.objects), start=1)
                )
            case TaskPhase.RECTIFY | TaskPhase.RESTRICT | TaskPhase.STOP:
                return tuple(
                    TaskObject(handle=str(n), collection=one.collection, key=one.key)
                    for n, one in enumerate(await self._to_change(tx, order), start=1)
                )
            case TaskPhase.FIND | TaskPhase.LIFT:
                return ()
            case _:
                assert_never(order.phase)

    async def _to_change(self, tx: Tx, order: TaskOrder) -> tuple[RecordRef, ...]:
        """The objects that the approved plan of change is about, in this system."""
        for part in Part:
            kept = await load_changes(tx, order.request_id, part)
            if kept is None or kept[0].digest != order.digest:
                continue
            named = PlannedChange(request_id=order.request_id, at=order.at, part=part, digest=str(order.digest))
            mine = [one for one in await approved_changes(tx, named, self._parts) if one.system == order.system]
            return tuple(dict.fromkeys(ref for plan in mine for ref in _meant(plan)))
        raise NotAllowed("The plan is not the one that was approved.")

    async def _is_needless(self, tx: Tx, order: TaskOrder, brief: TaskBrief) -> bool:
        if order.phase is TaskPhase.ERASE:
            # Where a hold came after the approval nobody is sent to erase: the story goes back to review.
            plan = await approved_plan(tx, _erase_order(order), self._parts)
            return not brief.objects or bool(await held_since(tx, order.request_id, plan, self._parts, order.at))
        if order.phase is not TaskPhase.FIND:
            return False
        before = await last_done(tx, order.request_id, order.system, TaskPhase.FIND)
        if before is None or before.id == order.task:
            return False
        asked = await tx.unseal(order.request_id, brief_name(before.id), TaskBrief)
        return asked is not None and set(brief.identifiers) <= set(asked.identifiers)

    async def _seal(
        self, tx: Tx, order: TaskOrder, brief: TaskBrief, due_on: date, hands: Hands, *, ended: bool
    ) -> None:
        await tx.seal(order.request_id, brief_name(order.task), brief)
        letter = TaskFacts(
            to=hands.owner,
            task=order.task,
            system=order.system,
            title=brief.title,
            phase=order.phase.value,
            due_on=due_on,
            outside=brief.instructed is not None,
            ended=ended,
        )
        await tx.seal(order.request_id, letter_name(order.task), letter)
        await tx.seal(order.request_id, letter_name(order.task, officer=True), letter.model_copy(update={"to": None}))
        await seal_left_out(tx, order.request_id, order.task)

    @activity.defn
    async def remind_task(self, order: TaskOrder) -> bool:
        """Note that a reminder goes out; False, and none does, where nobody needs the task any more."""
        async with self._parts.ledger.begin() as tx:
            if (await tx.task(order.task)).state is not TaskState.OPEN:
                return False
            await tx.remind_task(order.task, order.number)
            await tx.record(
                order.request_id,
                Tag.TASK_REMINDED,
                at=order.at,
                facts={**_facts(order), "number": order.number},
                dedupe=f"task/{order.task}/reminded/{order.number}",
            )
        return True

    @activity.defn
    async def call_off_task(self, order: TaskOrder) -> bool:
        """End an open task to erase, if a hold keeps something that it is about; whether it is ended."""
        async with self._parts.ledger.begin() as tx:
            await tx.request(order.request_id, lock=True)
            task = await tx.task(order.task, lock=True)
            if task.state is not TaskState.OPEN:
                return task.state is TaskState.CANCELLED
            plan = await approved_plan(tx, _erase_order(order), self._parts)
            if not await held_since(tx, order.request_id, plan, self._parts, order.at):
                return False
            await tx.cancel_tasks(order.request_id, order.at, system=order.system)
        return True

    @activity.defn
    async def task_result(self, order: TaskOrder) -> TaskReport:
        """What a human says became of a change; there is nobody else who could be asked."""
        async with self._parts.ledger.begin() as tx:
            words = await done_words(tx, order.request_id, order.task)
            counts = dict(Counter(one.fate for one in words.outcomes))
            told: dict[str, int] = {fate.value: count for fate, count in sorted(counts.items())}
            await tx.save_system(order.request_id, order.system, phase="change", state="done", counts=told)
            await tx.record(
                order.request_id,
                Tag.SYSTEM_CHANGED,
                at=order.at,
                facts={**_facts(order), "attested": True, **told},
                dedupe=f"task/{order.task}/result",
            )
        return TaskReport(task=order.task, counts=counts)


async def seal_left_out(tx: Tx, request_id: str, task: str) -> None:
    """Seal the facts of the letter by which a task's owner hears that the request goes on without them."""
    if (letter := await tx.unseal(request_id, letter_name(task), TaskFacts)) is not None:
        gone = letter.model_copy(update={"left_out": True})
        await tx.seal(request_id, letter_name(task, left_out=True), gone)


def _facts(order: TaskOrder) -> dict[str, JsonValue]:
    return {"task": order.task, "system": order.system, "phase": order.phase.value}


def _erase_order(order: TaskOrder) -> EraseOrder:
    return EraseOrder(request_id=order.request_id, at=order.at, system=order.system, digest=str(order.digest))


async def _purposes(tx: Tx, order: TaskOrder) -> tuple[str, ...]:
    """What the approved part of the plan stops; the other part is another task."""
    for part in Part:
        kept = await load_changes(tx, order.request_id, part)
        if kept is not None and kept[0].digest == order.digest:
            return kept[0].purposes
    return ()


def _meant(plan: SystemChange) -> tuple[RecordRef, ...]:
    left = {*plan.contested, *plan.blocked}
    return (*(one.ref for one in plan.found if one not in left), *plan.covered)


def _due(request: Request, today: date, hands: Hands) -> date:
    """Within the owner's days, and before the request's own last day."""
    due_on = today + timedelta(days=hands.due_days)
    return max(today, min(due_on, request.due_on - DAY)) if request.due_on else due_on


def _morning(day: date, after: datetime, zone: str) -> datetime:
    """The morning of a day, or tomorrow at this hour where that is over."""
    at = datetime.combine(day, MORNING, ZoneInfo(zone))
    return at if at > after else after + DAY
