"""Whether an erasure was handed to a system before, and what became of it there where it is not carried on.

Few systems erase all or nothing: an attempt that broke off may have erased a part. Where the next one finds that the
data changed meanwhile, or that something must stay, what the first did is looked at before anything is told of it.
"""

from __future__ import annotations

from activities.believing import settled
from activities.ledger import Tx
from activities.model import EraseOrder
from habeas.connector import Capability, Connector, SystemPlan
from habeas.outcomes import Done, Fate, ObjectOutcome, Pending
from habeas.plan import verdict

__all__ = ["gone_of", "note_done", "note_sent", "was_sent"]

_GONE = frozenset({Fate.ERASED, Fate.ANONYMISED})


async def note_sent(tx: Tx, order: EraseOrder) -> None:
    """From now on the system may have begun with this plan."""
    await tx.seal(order.request_id, _name(order), order.digest.encode())


async def was_sent(tx: Tx, order: EraseOrder) -> bool:
    """Whether it may have begun with exactly this plan, and never said that it is done."""
    return await tx.unseal_bytes(order.request_id, _name(order)) == order.digest.encode()


async def note_done(tx: Tx, order: EraseOrder) -> None:
    """It said what became of every object."""
    await tx.remove_sealed(order.request_id, _name(order))


async def gone_of(connector: Connector, plan: SystemPlan) -> tuple[ObjectOutcome, ...] | None:
    """What of the plan is erased or made anonymous by now; None where the system cannot tell, or not yet.

    Raises:
        HabeasError: as `Connector.confirm` does.
    """
    if Capability.CONFIRM not in connector.manifest.capabilities:
        return None
    answer = settled(connector.manifest, await connector.confirm(plan, None))
    match answer:
        case Done(result=seen) | Pending(so_far=seen) if seen or isinstance(answer, Done):
            planned = {(one.collection, one.key): one for one in plan.going}
            known = [(planned.get((one.collection, one.key)), one) for one in seen]
            return tuple(one for of, one in known if of and one.fate in _GONE and verdict(of, one))
        case _:
            return None


def _name(order: EraseOrder) -> str:
    return f"sent/{order.system}"
