"""Customers: what the peer forgets when one is deleted, and lists that it lacks."""

import re
from contextlib import suppress

from starlette.responses import Response

from tests.vendors.shared.calls import Call, Json, Refusal, json_answer
from tests.vendors.shared.routing import Routes
from tests.vendors.stripe.account import Account, form_of, known, listed
from tests.vendors.stripe.errors import missing, refused, unrecognised

routes: Routes[Account] = Routes()
_QUERY = re.compile(r'(email|phone|name):"((?:[^"\\]|\\.)*)"')
_LIVE = ("active", "trialing", "past_due", "unpaid")


@routes.on("GET", "/v1/customers", needs=("rak_customer_read",))
def customers(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/customers/list: ``email`` is case-sensitive; deleted ones are left out."""
    asked = {name: call.query[name] for name in ("email",) if name in call.query}
    rows = [account.shown(one) for one in account.every("/v1/customers", **asked)]
    here = [one for one in rows if not one.get("deleted") and asked.get("email") in (None, one["email"])]
    return json_answer(listed(call, here, "email"))


@routes.on("GET", "/v1/customers/search", needs=("rak_customer_read",))
def search(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/customers/search, https://docs.stripe.com/search: a minute behind.

    That an exact match takes any case of letters is not verified; nor is what an account in India, without it, is told.
    """
    if not account.has_search:
        raise unrecognised(call.method, call.path)
    for name in call.query:
        if name not in ("query", "limit", "page"):
            raise refused(f"Received unknown parameter: {name}", param=name)
    found = _QUERY.fullmatch(call.query.get("query", ""))
    if found is None:
        raise refused("We were unable to parse your search query.", param="query")
    value = re.sub(r"\\(.)", r"\1", found[2]).casefold()
    hits = [one for _, one in sorted(account.index.visible().items()) if str(one.get(found[1])).casefold() == value]
    size, start = int(call.query.get("limit", "10")), int(call.query.get("page", "0"))
    more = len(hits) > start + size
    answer = {"object": "search_result", "url": call.path, "has_more": more, "data": hits[start : start + size]}
    return json_answer(answer | {"next_page": str(start + size) if more else None})


@routes.on("POST", "/v1/customers/{id}", needs=("rak_customer_write",))
def update(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/customers/update; "You can't update or reuse redacted objects"."""
    key = call.params["id"]
    if key in account.redacted:
        raise refused("This customer was redacted and cannot be updated.")
    account.customer(key)
    if key in account.deleted:
        raise missing("customer", key)
    form = form_of(call)
    row = account.ask("POST", f"/v1/customers/{key}", data=form)
    account.index.write(key, row)
    return json_answer(account.shown(row))


@routes.on("DELETE", "/v1/customers/{id}", needs=("rak_customer_write",))
def delete(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/customers/delete: subscriptions end at once; what was paid stays."""
    key = call.params["id"]
    account.customer(key)
    if key in account.deleted:
        raise missing("customer", key)
    account.index.write(key, None)
    if account.forgets_deleted:
        return json_answer(account.ask("DELETE", f"/v1/customers/{key}"))
    for one in account.every("/v1/subscriptions", customer=key):
        if one["status"] in _LIVE:
            account.ask("DELETE", f"/v1/subscriptions/{one['id']}")
    for one in account.every("/v1/payment_methods", customer=key, type="card"):
        account.ask("POST", f"/v1/payment_methods/{one['id']}/detach")
    account.deleted.add(key)
    return json_answer({"id": key, "object": "customer", "deleted": True})


@routes.on("GET", "/v1/customers/{id}/payment_methods", needs=("rak_payment_method_read",))
def payment_methods(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/payment_methods/customer_list."""
    rows = account.every("/v1/payment_methods", customer=call.params["id"], type="card")
    return json_answer(listed(call, [account.shown(one) for one in rows]))


@routes.on("GET", "/v1/customers/{id}/tax_ids", needs=("rak_tax_id_read",))
def tax_ids(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/tax_ids/customer_list; gone with a deleted customer: not verified."""
    known(call)
    key = call.params["id"]
    if key in account.deleted:
        return json_answer(listed(call, []))
    return json_answer(listed(call, account.ask("GET", f"/v1/customers/{key}/tax_ids")["data"]))


@routes.on("GET", "/v1/payment_intents", needs=("rak_payment_intent_read",))
def payment_intents(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/payment_intents/list."""
    return json_answer(listed(call, _of(account, call, "/v1/payment_intents"), "customer"))


@routes.on("GET", "/v1/charges", needs=("rak_charge_read",))
def charges(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/charges/list; a deleted customer's stay (https://docs.stripe.com/api/customers/delete)."""
    return json_answer(listed(call, _of(account, call, "/v1/charges"), "customer"))


@routes.on("GET", "/v1/refunds", needs=("rak_charge_read",))
def refunds(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/refunds/list; that whoever may read charges may read them is not verified."""
    rows = account.every("/v1/refunds", **{name: call.query[name] for name in ("charge",) if name in call.query})
    return json_answer(listed(call, list(rows), "charge"))


@routes.on("GET", "/v1/invoices", needs=("rak_invoice_read",))
def invoices(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/invoices/list."""
    return json_answer(listed(call, _of(account, call, "/v1/invoices"), "customer", "status"))


@routes.on("GET", "/v1/invoiceitems", needs=("rak_invoice_item_read",))
def invoice_items(account: Account, call: Call) -> Response:
    """https://docs.stripe.com/api/invoiceitems/list: pending ones, and those on an invoice."""
    rows = _of(account, call, "/v1/invoiceitems")
    ids = {one["id"] for one in rows}
    for invoice in _of(account, call, "/v1/invoices"):
        for line in invoice["lines"]["data"]:
            if line.get("invoice_item") and line["invoice_item"] not in ids:
                with suppress(Refusal):
                    rows.append(account.object(f"/v1/invoiceitems/{line['invoice_item']}"))
    return json_answer(listed(call, rows, "customer"))


def _of(account: Account, call: Call, path: str) -> list[Json]:
    """The customer's, if one is asked for; the peer forgets a deleted customer's only if it was told of it."""
    customer = call.query.get("customer")
    if customer is not None:
        account.customer(customer)
    rows = [account.shown(one) for one in account.every(path)]
    return [one for one in rows if customer in (None, one["customer"])]
