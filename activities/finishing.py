"""What a human says came of a task, taken in: as far as nothing keeps what they say that they ended."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from pydantic import JsonValue

from activities.consent import consented
from activities.finding import DECISIONS
from activities.holds import held_for_copy
from activities.ledger import TaskRow, Tx
from activities.parts import Parts
from activities.plans import keepers_of
from activities.task_model import TaskBrief, TaskPhase, TaskWords, brief_name, done_name
from habeas.acts import ActCall
from habeas.errors import BadInput, MustStay
from habeas.evidence import Tag
from habeas.model import Stage
from habeas.outcomes import Fate
from habeas.staying import Because

__all__ = ["finish_task"]

_ENDS = {
    TaskPhase.ERASE: frozenset({Fate.ERASED, Fate.ANONYMISED}),
    TaskPhase.RECTIFY: frozenset({Fate.RECTIFIED}),
}
"""What a human may not have done to something that must stay as it is."""
_KEEPS = {
    Because.EXEMPT: "a refusal of the category",
    Because.CONTROLLED: "somebody else, who decides over it",
    Because.RECOURSE: "a copy that was refused, which the person may still have reviewed",
    Because.RESTRICTED: "a restriction (`habeas restriction list`)",
}
"""What keeps something beside a hold, which is named by its id."""


async def finish_task(tx: Tx, request_id: str, call: ActCall, at: datetime, parts: Parts) -> None:
    """What an accepted act says came of a task; the same act again changes nothing.

    Raises:
        BadInput: there is no such task of this request, or nothing was said with the act.
        WrongStage: the task is done, or not needed any more.
        MustStay: it says that something was erased or corrected that a hold or a restriction keeps by now.
    """
    words = await tx.unseal(request_id, f"{DECISIONS}{call.act_id}", TaskWords)
    task = await tx.task(str(call.task), lock=True)
    if words is None or words.act_id != call.act_id or task.request_id != request_id:
        raise BadInput("Nothing was said of a task of this request.", field="task")
    before = await tx.unseal(request_id, done_name(task.id), TaskWords)
    if before is not None and before.act_id == call.act_id:
        return
    await _check_stays(tx, task, words, parts, at)
    fates = Counter(one.fate.value for one in words.outcomes)
    found = {"records": words.records, "files": words.files} if task.phase == TaskPhase.FIND.value else {}
    counts = {**found, **dict(sorted(fates.items()))}
    await tx.finish_task(task.id, at=at, by=call.actor, counts=counts)
    await tx.seal(request_id, done_name(task.id), words)
    facts: dict[str, JsonValue] = {
        "task": task.id,
        "system": task.system,
        "phase": task.phase,
        "attested": True,
        **({"outside": True} if words.outside else {}),
        **counts,
    }
    await tx.record(request_id, Tag.TASK_DONE, at=at, actor=call.actor, facts=facts, dedupe=f"task/{task.id}/done")


async def _check_stays(tx: Tx, task: TaskRow, words: TaskWords, parts: Parts, at: datetime) -> None:
    """The last door for what a human does: whoever asked them did not know of what came since.

    As for systems that do it by themselves, a hold is no obstacle to setting something aside, nor to stopping a use.
    """
    done = _ENDS.get(TaskPhase(task.phase), frozenset())
    ended = [(one.collection, one.key) for one in words.outcomes if one.fate in done]
    if not ended:
        return
    request = await tx.request(task.request_id)
    for controller in parts.controllers_of(task.system):
        await tx.lock_stays(controller.id, shared=True)
    if request.stage is Stage.CLOSED and await held_for_copy(tx, request, task.system, parts, at):
        raise MustStay("These must stay, by: a copy that the person asked for, until it is answered.", task=task.id)
    erasing = task.phase == TaskPhase.ERASE.value
    keepers = await keepers_of(tx, request, parts, at if erasing else None)
    manifest = parts.connector(task.system).manifest
    freed = await consented(tx, request, task.system, ended, keepers)
    stays = await keepers.stays(task.system, manifest, ended, refusals=erasing, consented=freed)
    if not stays:
        return
    brief = await tx.unseal(task.request_id, brief_name(task.id), TaskBrief)
    numbers = [one.handle for one in brief.objects if (one.collection, one.key) in stays] if brief else []
    reasons = {stay.because for stay in stays.values()}
    by = [f"hold {hold.id}" for hold in keepers.holds if hold.id in keepers.met]
    by += [_KEEPS[each] for each in Because if each in reasons and each in _KEEPS]
    which = f" (No. {', '.join(numbers)})" if numbers else ""
    raise MustStay(f"{len(stays)} of these must stay{which}, by: {', '.join(by)}.", task=task.id)
