"""What of an erasure, closed or open, waits for the end of a restriction."""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Iterable

from activities.change_model import Part
from activities.changing import load_changes
from activities.finding import load_graph
from activities.ledger import Tx
from activities.plans import load_plans
from habeas.connector import PlannedObject
from habeas.model import Request
from habeas.staying import PASSING

_Named = tuple[str, str, str]
"""System, collection and key."""


async def erasure_waits(tx: Tx, request: Request, nameless: Some[str] = frozenset()) -> bool:
    """Whether a closed erasure kept, for what passes, anything that this request restricts.

    In ``nameless`` systems, where each search finds an object under another name, anything of the person's.
    """
    covered = await _covered(tx, request)
    erasures = await tx.kept_in_passing(request.controller, {system for system, *_ in covered})
    return await _any(tx, request, erasures, covered, nameless, PASSING)


async def erasure_open(tx: Tx, request: Request, nameless: Some[str] = frozenset()) -> bool:
    """Whether an erasure that is still open has a plan for anything that this request restricts; as `erasure_waits`."""
    erasures = await tx.open_erasures(request.controller)
    return await _any(tx, request, erasures, await _covered(tx, request), nameless)


async def _any(
    tx: Tx,
    request: Request,
    erasures: Iterable[str],
    covered: set[_Named],
    nameless: Some[str],
    reasons: Some[str] | None = None,
) -> bool:
    by_person = {system for system, *_ in covered} & {*nameless}
    known = (await load_graph(tx, request.id)).leads() if by_person else ()
    theirs = await tx.of_person(request.controller, known) if by_person else ()
    for erasure in erasures:
        for name, one in await _planned(tx, erasure):
            same = name in covered or (erasure in theirs and name[0] in by_person)
            if same and (reasons is None or one.reason in reasons):
                return True
    return False


async def _covered(tx: Tx, request: Request) -> set[_Named]:
    kept = await load_changes(tx, request.id, Part.WHOLE)
    return {(plan.system, one.collection, one.key) for plan in (kept[1] if kept else ()) for one in plan.covered}


async def _planned(tx: Tx, erasure: str) -> list[tuple[_Named, PlannedObject]]:
    kept = await load_plans(tx, erasure)
    plans = kept[1] if kept else ()
    return [((plan.system, one.collection, one.key), one) for plan in plans for one in plan.objects]
