"""Changing tickets that stay: closed ones cannot be (https://support.zendesk.com/hc/en-us/articles/4408882086298)."""

from __future__ import annotations

from http import HTTPStatus

from activities.connectors.zendesk.rest import INVALID, Rest, Row, rows
from activities.connectors.zendesk.stored import CLOSED, MARK, requested

__all__ = ["blank", "copied", "leave"]

_REASONS = {HTTPStatus.CONFLICT: "drifted", INVALID: "refused_by_system"}


def copied(ticket: Row) -> set[int]:
    """Who reads along."""
    listed = [ticket.get(field) for field in ("collaborator_ids", "email_cc_ids")]
    return {one for some in listed if isinstance(some, list) for one in some if isinstance(one, int)}


async def blank(rest: Rest, ticket_id: int) -> str | None:
    """Empty a ticket's subject and its own fields. None if it is done or gone, else why not."""
    ticket = await rest.get(f"tickets/{ticket_id}", "ticket")
    if ticket is None:
        return None
    if ticket.get("status") == CLOSED:
        return "subject_closed"
    fields = [{"id": one.get("id"), "value": None} for one in rows(ticket, "custom_fields") if one.get("value")]
    return await _update(rest, ticket_id, ticket, {"subject": MARK, "external_id": None, "custom_fields": [*fields]})


async def leave(rest: Rest, ticket_id: int, user_id: int) -> str | None:
    """Let somebody not read along any more. None if it is done or gone, else why not."""
    ticket = await rest.get(f"tickets/{ticket_id}", "ticket")
    if ticket is None:
        return None
    if ticket.get("status") == CLOSED:
        return "ticket_closed"
    if requested(ticket, user_id):
        return "requester_stays"  # a ticket has one, and loses them only with their account
    return await _update(rest, ticket_id, ticket, {"collaborator_ids": [*sorted(copied(ticket) - {user_id})]})


async def _update(rest: Rest, ticket_id: int, ticket: Row, changes: Row) -> str | None:
    """``UpdateTicket`` with ``safe_update``: 409 if a colleague was quicker."""
    safely: Row = {"safe_update": True, "updated_stamp": ticket.get("updated_at")}
    answer = await rest.put(f"tickets/{ticket_id}", {"ticket": changes | safely}, also=tuple(_REASONS))
    return _REASONS.get(answer.status)
