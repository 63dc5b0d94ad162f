"""Deleted tickets, restoring them, and deleting them for good.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#list-deleted-tickets
"""

from starlette.responses import Response

from tests.vendors.shared.calls import Call, Json, json_answer
from tests.vendors.shared.clock import seconds_stamp
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk.account import Account, many, number, page
from tests.vendors.zendesk.errors import not_found, too_many
from tests.vendors.zendesk.records import Ticket
from tests.vendors.zendesk.tickets import need_deletion

routes: Routes[Account] = Routes()
_SCOPE = ("tickets",)


@routes.on("GET", "/api/v2/deleted_tickets", needs=_SCOPE)
def list_deleted(account: Account, call: Call) -> Response:
    """``ListDeletedTickets``: those not yet scrubbed (30 days), oldest first; ten calls a minute."""
    account.staff(call)
    window = account.window("deleted tickets", 10, 1)
    if not window.take():
        raise too_many(window.wait())
    found = [_render(account, one) for one in account.store.tickets.values() if one.deleted_at]
    return json_answer(page(account, call, "deleted_tickets", found))


def _render(account: Account, one: Ticket) -> Json:
    by = account.store.users.get(one.deleted_by or 0)
    return {
        "id": one.id,
        "subject": one.subject,
        "description": one.comments[0].body if one.comments else "",
        "actor": {"id": by.id, "name": by.name} if by else None,
        "deleted_at": seconds_stamp(one.deleted_at) if one.deleted_at else None,
        "previous_state": one.status,
    }


def _queue(account: Account, ids: list[int]) -> Response:
    def work(ticket_id: int) -> Json:
        one = account.store.tickets.get(ticket_id)
        if one is None or not one.deleted_at:
            return {"id": ticket_id, "success": False, "error": "TicketNotFound", "details": "Ticket not found"}
        del account.store.tickets[ticket_id]
        return {"id": ticket_id, "action": "delete", "status": "Deleted", "success": True}

    job = account.jobs.queue("Permanently Delete Tickets", ids, work)
    return json_answer({"job_status": account.jobs.render(job, account.base_url)})


@routes.on("DELETE", "/api/v2/deleted_tickets/{ticket_id}", needs=_SCOPE)
def delete_permanently(account: Account, call: Call) -> Response:
    """``DeleteTicketPermanently``: a job_status; the ticket must be deleted softly first.

    That another ticket makes the job fail, and not the call, is not verified.
    """
    need_deletion(account, call)
    return _queue(account, [number(call.params["ticket_id"])])


@routes.on("DELETE", "/api/v2/deleted_tickets/destroy_many", needs=_SCOPE)
def delete_many_permanently(account: Account, call: Call) -> Response:
    """``BulkPermanentlyDeleteTickets``: at most 100 ids; one that fails does not stop the others."""
    need_deletion(account, call)
    return _queue(account, many(call))


@routes.on("PUT", "/api/v2/deleted_tickets/{ticket_id}/restore", needs=_SCOPE)
def restore(account: Account, call: Call) -> Response:
    """``RestoreDeletedTicket``."""
    account.staff(call)
    one = account.store.tickets.get(number(call.params["ticket_id"]))
    if one is None or not one.deleted_at:
        raise not_found()
    one.deleted_at = one.deleted_by = None
    account.store.index_ticket(one)
    return json_answer("")
