"""What of a closed erasure waits for the end of a restriction."""

from __future__ import annotations

from activities.change_model import Part
from activities.changing import load_changes
from activities.ledger import Tx
from activities.plans import load_plans
from habeas.model import Request
from habeas.staying import PASSING


async def erasure_waits(tx: Tx, request: Request) -> bool:
    """Whether a closed erasure kept, for what passes, anything that this request restricts."""
    kept = await load_changes(tx, request.id, Part.WHOLE)
    covered = {(plan.system, one.collection, one.key) for plan in (kept[1] if kept else ()) for one in plan.covered}
    systems = {system for system, *_ in covered}
    for erasure in await tx.kept_in_passing(request.controller, systems):
        erased = await load_plans(tx, erasure)
        if any(
            each.reason in PASSING and (plan.system, each.collection, each.key) in covered
            for plan in (erased[1] if erased else ())
            for each in plan.objects
        ):
            return True
    return False
