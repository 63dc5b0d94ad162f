"""What the routes know of the account: its peer, and what the peer cannot keep."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import httpx2

from tests.vendors.shared.calls import Call, Json
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.index import LaggingIndex
from tests.vendors.stripe.errors import missing, refused

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
_PERSONAL = frozenset(
    {
        *("name", "email", "phone", "description", "address", "shipping", "metadata", "billing_details", "evidence"),
        *("receipt_email", "customer_name", "customer_email", "customer_phone", "customer_address", "memo", "footer"),
    }
)


class Account(ABC):
    """An account: objects are the peer's; deleted, redacted, disputed and credited is said here."""

    clock: Clock
    peer: httpx2.Client
    keys: dict[str, frozenset[str] | None]
    """Keys that are good, with what a restricted one may; None: everything."""
    deleted: set[str]
    redacted: set[str]
    disputes: dict[str, Json]
    credit_notes: dict[str, Json]
    jobs: dict[str, Json]
    replies: dict[str, Json]
    index: LaggingIndex[str, Json]
    forgets_deleted: bool
    """As the peer does: what was deleted is 404, and so are lists of its objects."""
    has_redaction: bool
    has_search: bool
    refuses: set[str]
    """Beginnings of paths below which nothing is deleted."""

    @abstractmethod
    def ask(self, method: str, path: str, **more: Any) -> Json:
        """Ask the peer; its refusals are passed on."""

    def object(self, path: str) -> Json:
        """One object as it is shown now."""
        shown: Json = self.shown(self.ask("GET", path))
        return shown

    def every(self, path: str, **params: str) -> Iterator[Json]:
        """All objects of one of the peer's lists, as they are."""
        after: dict[str, str] = {}
        while True:
            page = self.ask("GET", path, params={**params, "limit": "100", **after})
            yield from page["data"]
            if not page["has_more"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    def shown(self, value: Any) -> Any:
        """With what the peer cannot say: deleted, redacted, disputed."""
        if isinstance(value, list):
            return [self.shown(one) for one in value]
        if not isinstance(value, dict):
            return value
        if value.get("id") in self.deleted and value.get("object") == "customer":
            return {"id": value["id"], "object": "customer", "deleted": True}
        shown = {name: self.shown(one) for name, one in value.items()}
        if shown.get("object") == "charge":
            shown.pop("refunds", None)  # unless they are asked for: since 2022-11-15
            shown["disputed"] = any(one["charge"] == shown["id"] for one in self.disputes.values())
        if shown.get("id") in self.redacted:
            shown |= {name: _masked(one) for name, one in shown.items() if name in _PERSONAL}
        return shown

    def charges_of(self, customer: str) -> list[Json]:
        """A customer's, deleted or not."""
        return [one for one in self.every("/v1/charges") if one["customer"] == customer]

    def customer(self, key: str) -> Json:
        """One that is there; 404 for one that never was."""
        return self.ask("GET", f"/v1/customers/{key}")


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _masked(one) for name, one in value.items()}
    return "[redacted]" if value not in (None, "", []) else value


def form_of(call: Call) -> dict[str, list[str]]:
    """A body that is a form (https://docs.stripe.com/api); 400 for anything else."""
    kind = call.headers.get("content-type", "")
    if call.body and not kind.startswith("application/x-www-form-urlencoded"):
        raise refused("Invalid request: send the parameters as a form.")
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(call.body.decode(), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def known(call: Call, *names: str) -> None:
    """400 for a parameter that the page does not name; a limit is 1 to 100."""
    for name in call.query:
        if name not in (*names, "limit", "starting_after") and not name.startswith("expand"):
            raise refused(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    limit = call.query.get("limit", "10")
    if not re.fullmatch(r"[1-9]\d?|100", limit):
        raise refused(f"Invalid integer: {limit}", code="parameter_invalid_integer", param="limit")


def listed(call: Call, rows: list[Json], *names: str) -> Json:
    """One page (https://docs.stripe.com/api/pagination): the newest first, after an object that is in the list."""
    known(call, *names)
    ordered = sorted(rows, key=lambda one: (one.get("created") or one.get("date") or 0, one["id"]), reverse=True)
    after = call.query.get("starting_after")
    start = 0
    if after is not None:
        places = [place for place, one in enumerate(ordered) if one["id"] == after]
        if not places:
            raise missing("object", after)
        start = places[0] + 1
    size = int(call.query.get("limit", "10"))
    more = len(ordered) > start + size
    return {"object": "list", "url": call.path, "has_more": more, "data": ordered[start : start + size]}
