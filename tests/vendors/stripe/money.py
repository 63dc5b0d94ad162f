"""Disputes and credit notes, which the peer lacks."""

from starlette.responses import Response

from tests.vendors.shared.calls import Call, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.stripe.account import Account, listed
from tests.vendors.stripe.errors import missing

routes: Routes[Account] = Routes()


@routes.on("GET", "/v1/disputes", needs=("rak_dispute_read",))
def disputes(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/disputes/list: by ``charge`` or ``payment_intent``, not by customer."""
    rows = [account.shown(one) for one in account.disputes.values()]
    charge = call.query.get("charge")
    return json_answer(listed(call, [one for one in rows if charge in (None, one["charge"])], "charge"))


@routes.on("GET", "/v1/disputes/{id}", needs=("rak_dispute_read",))
def dispute(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/disputes/retrieve."""
    if call.params["id"] not in account.disputes:
        raise missing("dispute", call.params["id"])
    return json_answer(account.shown(account.disputes[call.params["id"]]))


@routes.on("GET", "/v1/credit_notes", needs=("rak_credit_note_read",))
def credit_notes(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/credit_notes/list."""
    rows = [account.shown(one) for one in account.credit_notes.values()]
    customer = call.query.get("customer")
    return json_answer(listed(call, [one for one in rows if customer in (None, one["customer"])], "customer"))


@routes.on("GET", "/v1/credit_notes/{id}", needs=("rak_credit_note_read",))
def credit_note(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/credit_notes/retrieve."""
    if call.params["id"] not in account.credit_notes:
        raise missing("credit note", call.params["id"])
    return json_answer(account.shown(account.credit_notes[call.params["id"]]))
