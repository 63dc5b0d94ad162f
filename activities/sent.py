"""Whether an erasure or a change was handed to a system before, and what became of it there where it is not carried on.

Few systems do all or nothing: an attempt that broke off may have done a part. Where the next one finds that the data
changed meanwhile, or that something must stay, or where the system is left out, what the first did is looked at before
anything is told of it.
"""

from __future__ import annotations

from activities.believing import changed_again, settled
from activities.change_model import ChangeOrder
from activities.ledger import Tx
from activities.model import EraseOrder
from habeas.connector import Capability, Change, Changing, Connector, Manifest, SystemPlan
from habeas.outcomes import Done, Fate, ObjectOutcome, Pending
from habeas.plan import verdict

__all__ = ["changed_of", "gone_of", "note_done", "note_sent", "seen_of", "was_sent"]

_GONE = frozenset({Fate.ERASED, Fate.ANONYMISED})


async def note_sent(tx: Tx, order: EraseOrder | ChangeOrder) -> None:
    """From now on the system may have begun with this plan."""
    await tx.seal(order.request_id, _name(order), order.digest.encode())


async def was_sent(tx: Tx, order: EraseOrder | ChangeOrder) -> bool:
    """Whether it may have begun with exactly this plan, and never said that it is done."""
    return await tx.unseal_bytes(order.request_id, _name(order)) == order.digest.encode()


async def note_done(tx: Tx, order: EraseOrder | ChangeOrder) -> None:
    """It said what became of every object."""
    await tx.remove_sealed(order.request_id, _name(order))


async def gone_of(connector: Connector, plan: SystemPlan) -> tuple[ObjectOutcome, ...] | None:
    """What of the plan is erased or made anonymous by now; None where the system cannot tell, or not yet.

    Raises:
        HabeasError: as `Connector.confirm` does.
    """
    seen = await seen_of(connector, plan)
    planned = {(one.collection, one.key): one for one in plan.going}
    known = [(planned.get((one.collection, one.key)), one) for one in seen or ()]
    gone = tuple(one for of, one in known if of and one.fate in _GONE and verdict(of, one))
    return None if seen is None else gone


async def seen_of(connector: Connector, plan: SystemPlan) -> tuple[ObjectOutcome, ...] | None:
    """What became of the plan's objects by now; None where the system cannot tell, or not yet.

    Raises:
        HabeasError: as `Connector.confirm` does.
    """
    if Capability.CONFIRM not in connector.manifest.capabilities:
        return None
    answer = settled(connector.manifest, await connector.confirm(plan, None))
    match answer:
        case Done(result=seen) | Pending(so_far=seen) if seen or isinstance(answer, Done):
            planned = {(one.collection, one.key) for one in plan.objects}
            return tuple(one for one in seen if (one.collection, one.key) in planned)
        case _:
            return None


async def changed_of(system: Changing, manifest: Manifest, change: Change) -> tuple[ObjectOutcome, ...] | None:
    """What became by now of all that was to be changed; None where the system cannot tell, or not yet.

    Raises:
        HabeasError: as `Changing.confirm_change` does.
    """
    answer = changed_again(manifest, change, await system.confirm_change(change, None))
    return answer.result if isinstance(answer, Done) else None


def _name(order: EraseOrder | ChangeOrder) -> str:
    return f"sent/{order.system}/{order.part}" if isinstance(order, ChangeOrder) else f"sent/{order.system}"
