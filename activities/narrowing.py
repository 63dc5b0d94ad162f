"""What outlives the record of a closed erasure: what it takes to erase what it kept once that may go, and no more.

When a request's record is over, its key is destroyed. What a law keeps for ten years must still be found, by the sweep
and by a later request of the same person: so the kept objects' names, by whom and what the person is known (a hold, a
copy and recipients are matched by it), and nothing else, are sealed anew under a key that goes with the last of them.
"""

from __future__ import annotations

from typing import NamedTuple

from activities.chosen import CHOSEN
from activities.finding import GRAPH, Graph, load_graph
from activities.ledger import OutcomeRow, TaskFilter, Tx
from activities.ledger.opening import SUBJECT
from activities.ledger.results import object_name
from activities.plans import HEAD, keyed_digest, load_plans
from activities.task_model import TaskBrief, brief_name, letter_name
from activities.vault import RequestKey
from habeas.connector import SystemPlan
from habeas.model import Request, Right, Subject
from habeas.outcomes import Fate
from habeas.staying import PASSING, Because

__all__ = ["ENDING", "Owed", "still_owed"]

ENDING = "ending/"
"""Prefix of the plan by which a system ends what is under way."""


class Owed(NamedTuple):
    """What an erasure has yet to do."""

    documents: dict[str, bytes]
    """What must be readable then, by name."""
    objects: tuple[str, ...]
    """Names of the objects that it is about, as `object_name` writes them."""
    retained: int
    """How many objects it keeps."""


async def still_owed(tx: Tx, request: Request) -> Owed | None:
    """What a closed erasure must still erase, on a day or once something is lifted; None where that is nothing."""
    rows = {row.object: row for row in await tx.outcomes(request.id)}
    kept = await load_plans(tx, request.id) if request.right is Right.ERASURE else None
    if kept is None or not any(_goes(row) for row in rows.values()):
        return None
    (head, plans), key = kept, await tx.key(request.id)
    left = [plan for each in plans if (plan := _left(each, rows, key)).objects]
    approved = head.approved or await keyed_digest(tx, request.id, plans)
    systems = tuple(plan.system for plan in left)
    narrowed = head.model_copy(update={"systems": systems, "needed_outside": {}, "approved": approved})
    subject, graph = await tx.subject(request.id), await load_graph(tx, request.id)
    models = {
        HEAD: narrowed,
        SUBJECT: Subject(name=subject.name, identifiers=subject.identifiers),
        GRAPH: _narrowed(graph),
        **{f"{HEAD}/{plan.system}": plan for plan in left},
    }
    documents = {name: model.model_dump_json().encode() for name, model in models.items()}
    for name in (CHOSEN, *await tx.sealed_names(request.id, prefix=ENDING)):
        if (content := await tx.unseal_bytes(request.id, name)) is not None:
            documents[name] = content
    for task in await tx.tasks(TaskFilter(request_id=request.id)):
        for name in (letter_name(task.id), letter_name(task.id, officer=True)):
            if (content := await tx.unseal_bytes(request.id, name)) is not None:
                documents[name] = content
        if (brief := await tx.unseal(request.id, brief_name(task.id), TaskBrief)) is not None:
            known = tuple(one.model_copy(update={"content": {}}) for one in brief.objects)
            brief = brief.model_copy(update={"objects": known, "corrections": ()})
            documents[brief_name(task.id)] = brief.model_dump_json().encode()
    names = tuple(object_name(plan.system, one.collection, one.key) for plan in left for one in plan.objects)
    return Owed(documents, names, sum(row.fate is Fate.RETAINED for row in rows.values()))


def _goes(row: OutcomeRow) -> bool:
    """Whether its end will come: what was refused, or others decide over, stays as it was answered."""
    if row.fate is not Fate.RETAINED or row.reason == Because.EXEMPT:
        return False
    return row.until is not None or row.reason in PASSING


def _left(plan: SystemPlan, rows: dict[str, OutcomeRow], key: RequestKey) -> SystemPlan:
    """What stays of a plan: what is retained, and the anonymous records that lead to it; by no identifiers."""
    roots = {(one.collection, one.key) for one in plan.roots}
    fates = {
        (one.collection, one.key): row.fate
        for one in plan.objects
        if (row := rows.get(key.digest(object_name(plan.system, one.collection, one.key)))) is not None
    }
    if Fate.RETAINED not in fates.values():
        return plan.model_copy(update={"objects": ()})
    leads = {place for place in roots if fates.get(place) is Fate.ANONYMISED}
    wanted = leads | {place for place, fate in fates.items() if fate is Fate.RETAINED}
    return plan.model_copy(
        update={
            "identifiers": (),
            "roots": tuple(one for one in plan.roots if (one.collection, one.key) in leads),
            "objects": tuple(one for one in plan.objects if (one.collection, one.key) in wanted),
        }
    )


def _narrowed(graph: Graph) -> Graph:
    """By what and where the person is known: without whom else was asked, and what was found before."""
    return graph.model_copy(update={"asked": {}, "kept": ()})
