"""The stage that a request enters, for lists, and as evidence."""

from __future__ import annotations

from activities.ledger import Tx
from activities.model import Entering, StageEntry
from habeas.evidence import Tag

__all__ = ["enter", "enter_with"]


async def enter(tx: Tx, entry: StageEntry) -> None:
    """Write down that it was entered; the same again changes nothing."""
    await tx.update_request(entry.request_id, stage=entry.stage)
    await tx.record(
        entry.request_id,
        Tag.REQUEST_STAGE,
        at=entry.at,
        facts={"stage": entry.stage.value},
        dedupe=f"stage/{entry.stage.value}/{entry.at.isoformat()}",
    )


async def enter_with(tx: Tx, order: Entering) -> None:
    """As `enter`, where the order is the first in its stage."""
    if order.entering is not None:
        await enter(tx, StageEntry(request_id=order.request_id, at=order.at, stage=order.entering))
