"""Whoever was erased is known as such from then on, by fingerprints, to systems that ask before they take them up."""

from __future__ import annotations

from activities.finding import load_graph
from activities.ledger import Tx
from activities.model import CloseOrder
from habeas.model import Outcome, Request, Right
from habeas.particulars import Particulars

__all__ = ["suppress"]

_DONE = frozenset({Outcome.FULFILLED, Outcome.PARTLY_FULFILLED})


async def suppress(tx: Tx, request: Request, order: CloseOrder) -> None:
    """An erasure that was carried out, of all categories: what leads to this person and to nobody else is kept so."""
    if request.right is not Right.ERASURE or order.outcome not in _DONE:
        return
    if Particulars.of(await tx.subject(request.id)).categories:
        return
    await tx.suppress(request.id, request.controller, (await load_graph(tx, request.id)).own(), order.at)
