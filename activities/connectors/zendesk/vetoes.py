"""Tickets that somebody still works on."""

from __future__ import annotations

from activities.connectors.zendesk.keys import ids_of
from activities.connectors.zendesk.kinds import Kind
from activities.connectors.zendesk.rest import Rest
from activities.connectors.zendesk.stored import CLOSED
from habeas.connector import SystemPlan, Treatment, Veto

__all__ = ["vetoes"]

_FINISHED = frozenset({"solved", CLOSED})


async def vetoes(rest: Rest, plan: SystemPlan) -> tuple[Veto, ...]:
    """Open tickets. A solved one too, if it stays: Zendesk does not delete the requester of one that is not closed."""
    user_goes = any(one.collection == Kind.USERS and one.treatment is not Treatment.RETAIN for one in plan.objects)
    found = []
    for one in plan.objects:
        if one.collection != Kind.TICKETS or (one.treatment is Treatment.RETAIN and not user_goes):
            continue
        stays = one.treatment is not Treatment.DELETE
        ticket = await rest.get(f"tickets/{ids_of(one.key, 1)[0]}", "ticket")
        if ticket is not None and ticket.get("status") not in ({CLOSED} if stays and user_goes else _FINISHED):
            found.append(Veto(collection=Kind.TICKETS, key=one.key, reason="open_ticket"))
    return tuple(found)
