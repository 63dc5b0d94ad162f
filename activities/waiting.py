"""What of an erasure, closed or open, waits for the end of a restriction."""

from __future__ import annotations

from activities.change_model import Part
from activities.changing import load_changes
from activities.ledger import Tx
from activities.plans import load_plans
from habeas.connector import PlannedObject
from habeas.model import Request
from habeas.staying import PASSING

_Named = tuple[str, str, str]
"""System, collection and key."""


async def erasure_waits(tx: Tx, request: Request) -> bool:
    """Whether a closed erasure kept, for what passes, anything that this request restricts."""
    covered = await _covered(tx, request)
    for erasure in await tx.kept_in_passing(request.controller, {system for system, *_ in covered}):
        if any(one.reason in PASSING and name in covered for name, one in await _planned(tx, erasure)):
            return True
    return False


async def erasure_open(tx: Tx, request: Request) -> bool:
    """Whether an erasure that is still open has a plan for anything that this request restricts."""
    covered = await _covered(tx, request)
    for erasure in await tx.open_erasures(request.controller):
        if any(name in covered for name, _ in await _planned(tx, erasure)):
            return True
    return False


async def _covered(tx: Tx, request: Request) -> set[_Named]:
    kept = await load_changes(tx, request.id, Part.WHOLE)
    return {(plan.system, one.collection, one.key) for plan in (kept[1] if kept else ()) for one in plan.covered}


async def _planned(tx: Tx, erasure: str) -> list[tuple[_Named, PlannedObject]]:
    kept = await load_plans(tx, erasure)
    plans = kept[1] if kept else ()
    return [((plan.system, one.collection, one.key), one) for plan in plans for one in plan.objects]
