"""Suspended tickets: messages of people who may be users nowhere.

https://developer.zendesk.com/api-reference/ticketing/tickets/suspended_tickets/
"""

from starlette.responses import Response

from tests.vendors.shared.calls import Call, json_answer, no_content
from tests.vendors.shared.routing import Routes
from tests.vendors.zendesk import rendering
from tests.vendors.zendesk.account import Account, many, number, page
from tests.vendors.zendesk.errors import not_found

routes: Routes[Account] = Routes()
_SCOPE = ("tickets",)


@routes.on("GET", "/api/v2/suspended_tickets", needs=_SCOPE)
def list_suspended(account: Account, call: Call) -> Response:
    """``ListSuspendedTickets``: there is no filter by author."""
    account.staff(call)
    found = [rendering.suspended(account, one) for one in account.store.suspended.values()]
    return json_answer(page(account, call, "suspended_tickets", found))


@routes.on("GET", "/api/v2/suspended_tickets/{id}", needs=_SCOPE)
def show(account: Account, call: Call) -> Response:
    """``ShowSuspendedTickets``: the OpenAPI file makes it an array of one."""
    account.staff(call)
    found = account.store.suspended.get(number(call.params["id"]))
    if found is None:
        raise not_found()
    return json_answer({"suspended_tickets": [rendering.suspended(account, found)]})


@routes.on("DELETE", "/api/v2/suspended_tickets/{id}", needs=_SCOPE)
def delete(account: Account, call: Call) -> Response:
    """``DeleteSuspendedTicket``: 204."""
    account.staff(call)
    if account.store.suspended.pop(number(call.params["id"]), None) is None:
        raise not_found()
    return no_content()


@routes.on("DELETE", "/api/v2/suspended_tickets/destroy_many", needs=_SCOPE)
def delete_many(account: Account, call: Call) -> Response:
    """``DeleteSuspendedTickets``: at most 100 ids; 204."""
    account.staff(call)
    for one in many(call):
        account.store.suspended.pop(one, None)
    return no_content()
