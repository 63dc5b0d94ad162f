"""Tickets.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
"""

from datetime import datetime

from starlette.responses import Response

from tests.vendors.shared.calls import Call, Json, Refusal, json_answer, no_content
from tests.vendors.shared.clock import seconds_stamp
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, body_object, many, page
from tests.vendors.zendesk.errors import forbidden, record_invalid, too_many
from tests.vendors.zendesk.records import Comment, Ticket, User

routes: Routes[Account] = Routes()
_SCOPE = ("tickets",)
_STATUSES = ("new", "open", "pending", "hold", "solved", "closed")


def _listed(account: Account, call: Call, found: list[Ticket]) -> Response:
    account.staff(call)
    live = [rendering.ticket(account, one) for one in sorted(found, key=lambda one: one.id) if not one.deleted_at]
    return json_answer(page(account, call, "tickets", live))


@routes.on("GET", "/api/v2/users/{user_id}/tickets/requested", needs=_SCOPE)
def requested(account: Account, call: Call) -> Response:
    """``ListUserRequestedTickets``: cursor or offset pagination."""
    one = account.user(call)
    return _listed(account, call, [each for each in account.store.tickets.values() if each.requester_id == one.id])


@routes.on("GET", "/api/v2/users/{user_id}/tickets/ccd", needs=_SCOPE)
def ccd(account: Account, call: Call) -> Response:
    """``ListUserCCDTickets``: those of others, on which the user is copied."""
    one = account.user(call)
    return _listed(account, call, [each for each in account.store.tickets.values() if one.id in each.cc_ids])


@routes.on("GET", "/api/v2/users/{user_id}/tickets/assigned", needs=_SCOPE)
def assigned(account: Account, call: Call) -> Response:
    """``ListUserAssignedTickets``."""
    one = account.user(call)
    return _listed(account, call, [each for each in account.store.tickets.values() if each.assignee_id == one.id])


@routes.on("GET", "/api/v2/tickets/{ticket_id}", needs=_SCOPE)
def show(account: Account, call: Call) -> Response:
    """``ShowTicket``; 404 when it is deleted."""
    account.staff(call)
    return json_answer({"ticket": rendering.ticket(account, account.ticket(call))})


@routes.on("PUT", "/api/v2/tickets/{ticket_id}", needs=_SCOPE)
def update(account: Account, call: Call) -> Response:
    """``UpdateTicket``.

    30 updates of a ticket by a user in ten minutes, 100 a minute for the account (rate limits page).

    A closed ticket cannot be changed (the sentence is not verified). With ``safe_update`` and an ``updated_stamp`` that
    is old: 409 ``UpdateConflict``. Unknown attributes are ignored (not verified).
    """
    caller, one = account.staff(call), account.ticket(call)
    for name, limit, minutes in ((f"ticket {one.id} {caller.id}", 30, 10), ("ticket updates", 100, 1)):
        window = account.window(name, limit, minutes)
        if not window.take():
            raise too_many(window.wait())
    changes = body_object(call, "ticket")
    if one.status == "closed":
        raise record_invalid("status", "Status: closed prevents ticket update")
    if changes.get("safe_update") and changes.get("updated_stamp") != seconds_stamp(one.updated_at):
        description = (
            "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data."
        )
        raise Refusal(json_answer({"error": "UpdateConflict", "description": description}, 409))
    _check(account, changes)
    one.subject = changes.get("subject", one.subject)
    one.status = changes.get("status", one.status)
    one.requester_id = changes.get("requester_id", one.requester_id)
    one.tags = changes.get("tags", one.tags)
    one.fields |= {each["id"]: each["value"] for each in changes.get("custom_fields", [])}
    one.external_id = changes.get("external_id", one.external_id)
    one.cc_ids = changes.get("collaborator_ids", one.cc_ids)
    events: list[Json] = []
    if "comment" in changes:
        one.comments.append(_comment(account, caller, changes["comment"], account.clock.now()))
        events.append({"id": account.store.new_id(), "type": "Comment", "body": changes["comment"].get("body")})
    one.updated_at = account.clock.now()
    account.store.index_ticket(one)
    audit = {"id": account.store.new_id(), "ticket_id": one.id, "author_id": caller.id, "events": events}
    return json_answer({"ticket": rendering.ticket(account, one), "audit": audit})


def _check(account: Account, changes: Json) -> None:
    if changes.get("status", "open") not in _STATUSES:
        raise record_invalid("status", f"Status: {changes['status']} is not valid", "InvalidValue")
    if not isinstance(changes.get("subject", ""), str) or not isinstance(changes.get("tags", []), list):
        raise record_invalid("base", "Subject is a string and tags are a list", "InvalidValue")
    requester = changes.get("requester_id")
    if requester is not None and (requester not in account.store.users or account.store.users[requester].deleted_at):
        raise record_invalid("requester", "Requester is required", "BlankValue")
    if not isinstance(changes.get("comment", {}), dict):
        raise record_invalid("comment", "Comment: is not valid", "InvalidValue")


def _comment(account: Account, caller: User, given: Json, at: datetime) -> Comment:
    body, html = given.get("body"), given.get("html_body")
    if not isinstance(body or html, str):
        raise record_invalid("comment", "Description: cannot be blank", "BlankValue")
    made = Comment(caller.id, body or html or "", html or "", given.get("public", True), channel="api", created_at=at)
    account.store.number(made)
    return made


def need_deletion(account: Account, call: Call) -> User:
    """The caller, if one who may delete tickets; admins may, and agents where the account lets them."""
    caller = account.staff(call)
    if caller.role != "admin" and not caller.may_delete_tickets:
        raise forbidden()
    return caller


@routes.on("DELETE", "/api/v2/tickets/{ticket_id}", needs=_SCOPE)
def delete(account: Account, call: Call) -> Response:
    """``DeleteTicket``: soft; 204. It can be restored for 30 days."""
    caller = need_deletion(account, call)
    account.store.delete_ticket(account.ticket(call), caller.id)
    return no_content()


@routes.on("DELETE", "/api/v2/tickets/destroy_many", needs=_SCOPE)
def delete_many(account: Account, call: Call) -> Response:
    """``BulkDeleteTickets``: at most 100 ids; a job_status."""
    caller = need_deletion(account, call)

    def work(ticket_id: int) -> Json:
        one = account.store.tickets.get(ticket_id)
        if one is None or one.deleted_at:
            return {"id": ticket_id, "success": False, "error": "TicketNotFound", "details": "Ticket not found"}
        account.store.delete_ticket(one, caller.id)
        return {"id": ticket_id, "action": "delete", "status": "Deleted", "success": True}

    job = account.jobs.queue("Bulk Delete Ticket", many(call), work)
    return json_answer({"job_status": account.jobs.render(job, account.base_url)})
