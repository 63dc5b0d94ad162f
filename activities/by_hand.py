"""Which steps of a system a human does, and what they said came of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from activities.ledger import TaskFilter, TaskRow, TaskState, Tx
from activities.model import EraseOrder, SystemOrder
from activities.pages import Pages
from activities.parts import Parts
from activities.task_model import TaskBrief, TaskPhase, TaskWords, brief_name, done_name
from habeas.connector import Capability, Manifest, Page, PlannedObject, RecordRef, SystemPlan, Treatment
from habeas.errors import NotAllowed
from habeas.outcomes import Fate, ObjectOutcome

COLLECT, ERASE, CONFIRM = "collect", "erase", "confirm"


def steps_by_hand(manifest: Manifest) -> tuple[str, ...]:
    """Of collect, erase and confirm: those that a human does, since the system cannot."""
    can = manifest.capabilities
    if manifest.manual or not {Capability.LOCATE, Capability.COLLECT} <= can:
        # What a human typed in has names that the system does not know.
        return (COLLECT, ERASE, CONFIRM)
    if Capability.ERASE in can:
        return ()
    return (ERASE,) if Capability.CONFIRM in can else (ERASE, CONFIRM)


def unnamed(parts: Parts, systems: Iterable[str]) -> frozenset[str]:
    """Those of these systems where a human finds what is there: another search finds it under another name."""
    known = ((one, parts.connectors.get(one)) for one in systems)
    return frozenset(name for name, one in known if one is not None and COLLECT in steps_by_hand(one.manifest))


def to_do(objects: Iterable[PlannedObject]) -> tuple[PlannedObject, ...]:
    """The objects for which somebody must do something."""
    return tuple(one for one in objects if one.treatment is not Treatment.RETAIN)


async def last_done(tx: Tx, request_id: str, system: str, phase: TaskPhase) -> TaskRow | None:
    """The task of this kind that was done last; None while none was."""
    rows = await tx.tasks(TaskFilter(request_id=request_id, state=TaskState.DONE))
    done = [row for row in rows if (row.system, row.phase) == (system, phase.value)]
    return max(done, key=lambda row: int(row.id.rpartition("-")[2]), default=None)


async def done_words(tx: Tx, request_id: str, task: str) -> TaskWords:
    """What was said of a task.

    Raises:
        NotAllowed: nothing was.
    """
    words = await tx.unseal(request_id, done_name(task), TaskWords)
    if words is None:
        raise NotAllowed("Nobody has said what came of this task.")
    return words


async def found_pages(parts: Parts, order: SystemOrder) -> AsyncIterator[Page]:
    """What a human found in a system, page by page; one empty page where they found nothing.

    Raises:
        NotAllowed: nobody has looked yet.
    """
    async with parts.ledger.begin() as tx:
        task = await last_done(tx, order.request_id, order.system, TaskPhase.FIND)
        if task is None:
            raise NotAllowed("Nobody has looked there yet.")
        words = await done_words(tx, order.request_id, task.id)
    if not words.pages:
        yield Page(records=(), cursor=None)
    async for page in Pages(parts.ledger, parts.storage, order.request_id).read_found(words.act_id, words.pages):
        yield page


async def answered(tx: Tx, order: EraseOrder) -> bool:
    """Whether a human has said what came of exactly this plan, and was not sent once more since and called back."""
    said = await _erased_by(tx, order)
    rows = await tx.tasks(TaskFilter(request_id=order.request_id, state=TaskState.CANCELLED))
    called_off = [row for row in rows if (row.system, row.phase) == (order.system, TaskPhase.ERASE.value)]
    return said is not None and not any(row.opened_at > said.opened_at for row in called_off)


async def _erased_by(tx: Tx, order: EraseOrder) -> TaskRow | None:
    task = await last_done(tx, order.request_id, order.system, TaskPhase.ERASE)
    brief = await tx.unseal(order.request_id, brief_name(task.id), TaskBrief) if task else None
    return task if brief is not None and brief.digest == order.digest else None


async def said_of(tx: Tx, request_id: str, system: str) -> dict[RecordRef, Fate]:
    """What a human said last of each object that they were asked to correct or to set aside."""
    done = [await last_done(tx, request_id, system, phase) for phase in (TaskPhase.RECTIFY, TaskPhase.RESTRICT)]
    return {
        RecordRef(collection=one.collection, key=one.key): one.fate
        for task in done
        if task is not None
        for one in (await done_words(tx, request_id, task.id)).outcomes
    }


async def treated(tx: Tx, order: EraseOrder, plan: SystemPlan) -> tuple[ObjectOutcome, ...]:
    """What a human says became of each object of exactly this plan; what it keeps is kept without anybody's doing.

    Raises:
        NotAllowed: nobody has said so, or of another plan.
    """
    kept = tuple(
        ObjectOutcome(collection=one.collection, key=one.key, fate=Fate.RETAINED, law=one.law, until=one.until)
        for one in plan.objects
        if one.treatment is Treatment.RETAIN
    )
    if not to_do(plan.objects):
        return kept
    task = await _erased_by(tx, order)
    if task is None:
        raise NotAllowed("Nobody has said what came of this plan.")
    return (*kept, *(await done_words(tx, order.request_id, task.id)).outcomes)
