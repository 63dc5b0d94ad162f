"""Tickets that somebody still works on."""

from __future__ import annotations

from collections.abc import Collection

from activities.connectors.zendesk.keys import ids_of
from activities.connectors.zendesk.kinds import Kind
from activities.connectors.zendesk.rest import Rest
from activities.connectors.zendesk.stored import CLOSED, requested
from habeas.connector import PlannedObject, SystemPlan, Treatment, Veto

__all__ = ["vetoes"]

_FINISHED = frozenset({"solved", CLOSED})


async def vetoes(rest: Rest, plan: SystemPlan) -> tuple[Veto, ...]:
    """Open tickets. A solved one too, if it stays: Zendesk does not delete the requester of one that is not closed."""
    going = {
        ids_of(one.key, 1)[0]
        for one in plan.objects
        if one.collection == Kind.USERS and one.treatment is not Treatment.RETAIN
    }
    found = [one for one in plan.objects if await _is_in_the_way(rest, one, going)]
    return tuple(Veto(collection=one.collection, key=one.key, reason="open_ticket") for one in found)


async def _is_in_the_way(rest: Rest, one: PlannedObject, going: Collection[int]) -> bool:
    if one.collection == Kind.COPIED:
        ticket_id, user_id = ids_of(one.key, 2)
        ticket = await rest.get(f"tickets/{ticket_id}", "ticket") if user_id in going else None
        return ticket is not None and requested(ticket, user_id) and ticket.get("status") != CLOSED
    if one.collection != Kind.TICKETS or (one.treatment is Treatment.RETAIN and not going):
        return False
    stays = one.treatment is not Treatment.DELETE
    ticket = await rest.get(f"tickets/{ids_of(one.key, 1)[0]}", "ticket")
    return ticket is not None and ticket.get("status") not in ({CLOSED} if stays and going else _FINISHED)
