"""Destroying requests' personal data before its time: of somebody wrong, or of a controller that leaves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from activities.actors import actor_of
from activities.parts import Parts
from activities.retention import forget_record
from habeas.errors import NotAllowed, WrongStage
from habeas.model import Stage

__all__ = ["forget"]


async def forget(
    parts: Parts, request_id: str, at: datetime, by: str, *, may: Collection[str], though_needed: bool = False
) -> None:
    """Destroy the key of a closed request, with all that it sealed; evidence, counts and dates stay.

    Args:
        parts: ledger, storage and policies.
        request_id: which.
        at: now.
        by: who says so; kept as a keyed hash.
        may: the controllers for which they may.
        though_needed: even if something is retained, restricted or awaited for it.

    Raises:
        UnknownRequest: there is none.
        WrongStage: it is open.
        NotAllowed: not theirs to say; or a hold keeps it, or something else that ``though_needed`` does not.
    """
    async with parts.ledger.begin() as tx:
        request = await tx.request(request_id)
        if request.controller not in may:
            raise NotAllowed(f"It takes `requests:decide`, which this account does not have for {request.controller}.")
        if request.stage is not Stage.CLOSED:
            raise WrongStage("It is open: end it first, by `habeas request withdraw` or `refuse`.")
        soon = at + timedelta(seconds=1)
        free = await tx.forgettable(request.controller, soon, 1, only=request_id)
    if not free and not though_needed:
        raise NotAllowed(
            "Something is retained, restricted or awaited for it, an appeal is open, or its key is destroyed already."
        )
    if not await forget_record(parts, request_id, at, actor=actor_of(parts.ledger.vault, by), whole=True):
        raise NotAllowed("A legal hold keeps everything of this person: lift it first.")
