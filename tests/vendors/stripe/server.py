"""A Stripe account as a server: it answers what its peer lacks, and passes all else on."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from starlette.responses import Response

from tests.vendors.shared.calls import Call, Json, Refusal, json_answer
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.index import LaggingIndex
from tests.vendors.shared.routing import Route, Table
from tests.vendors.shared.vendor import Vendor
from tests.vendors.stripe import redaction
from tests.vendors.stripe.account import KEY, Account, form_of, known
from tests.vendors.stripe.customers import routes as customers
from tests.vendors.stripe.errors import forbidden, refused, unauthenticated, unrecognised
from tests.vendors.stripe.money import routes as money

TABLE: Table[Account] = Table(customers, money, redaction.routes)
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")
_NAMES = {
    "customers": "customer",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "invoiceitems": "invoice_item",
    "charges": "charge",
    "payment_intents": "payment_intent",
    "payment_methods": "payment_method",
}


class Stripe(Account, Vendor[Account]):
    """The account before a running peer at ``peer``; only what goes through here is seen to change."""

    def __init__(self, peer: str, *, index_lag: timedelta = timedelta(seconds=45)) -> None:
        clock = Clock(datetime.now(UTC))  # the peer's, which is nobody's to move
        Vendor.__init__(self, clock, TABLE)
        self.peer = httpx2.Client(base_url=peer, headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
        self.keys = {KEY: None}
        self.deleted = set()
        self.redacted = set()
        self.disputes = {}
        self.credit_notes = {}
        self.jobs = {}
        self.replies = {}
        self.index = LaggingIndex(clock, index_lag)
        self.forgets_deleted = False
        self.has_redaction = True
        self.has_search = True
        self.refuses = set()

    def me(self) -> Account:
        """This account."""
        return self

    def ask(self, method: str, path: str, **more: Any) -> Json:
        """Ask the peer; what it refuses is refused."""
        answer = self.peer.request(method, path, **more)
        body: Json = answer.json() if answer.content else {}
        if answer.status_code >= 400:
            raise Refusal(json_answer(body, answer.status_code))
        return body

    def seen(self) -> None:
        """The index knows all customers from now on, as if they had been there for long."""
        for one in self.every("/v1/customers"):
            self.index.write(one["id"], one, at_once=True)

    def admit(self, call: Call, route: Route[Account]) -> None:
        """A key that is good, and may do this."""
        for permission in route.needs:
            self._may(call, permission)

    def passes(self) -> None:
        """Let what is due happen."""
        redaction.pass_time(self)

    def answer(self, call: Call) -> Response:
        """Let what is due happen, then answer."""
        self.passes()
        return super().answer(call)

    def unknown(self, call: Call) -> Response:
        """Retrieved, changed and deleted by the peer; what it has no path for, Stripe has none here."""
        parts = call.path.removeprefix("/v1/").split("/")
        if parts[0] not in _NAMES:
            return unrecognised(call.method, call.path).response
        try:
            right = "read" if call.method == "GET" else "write"
            self._may(call, f"rak_{_NAMES[parts[0]]}_{right}" if parts[2:3] != ["tax_ids"] else f"rak_tax_id_{right}")
            if call.method == "GET":
                known(call, *call.query)
                return json_answer(self.shown(self.ask("GET", call.path, params=dict(call.query))))
            form = form_of(call)
            if call.method == "DELETE" and call.path.startswith(tuple(self.refuses)):
                raise refused("You can only delete what is not of a subscription.")
            if call.method == "POST" and len(parts) == 2:
                self.ask("GET", call.path)
            return json_answer(self.shown(self.ask(call.method, call.path, **({"data": form} if form else {}))))
        except Refusal as refusal:
            return refusal.response

    def stamp(self, call: Call, response: Response) -> None:
        """https://docs.stripe.com/api/request_ids."""
        response.headers["Request-Id"] = f"req_{len(self.calls)}"

    def _may(self, call: Call, permission: str) -> None:
        key = call.bearer() or ""
        if key not in self.keys:
            raise unauthenticated()
        if not _VERSION.fullmatch(call.headers.get("stripe-version", "2025-09-30.clover")):
            raise Refusal(json_answer({"error": {"type": "invalid_request_error", "message": "Invalid version"}}, 400))
        rights = self.keys[key]
        if rights is not None and permission not in rights:
            raise forbidden(permission)
