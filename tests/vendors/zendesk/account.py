"""What the routes know of the help desk: its state, its callers, and how bodies and pages are read and written."""

import json
from abc import ABC, abstractmethod
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Any
from urllib.parse import quote

from tests.vendors.shared.calls import Call, Json
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.window import Window
from tests.vendors.zendesk.errors import bad_attribute, not_found, unparsable
from tests.vendors.zendesk.jobs import Jobs
from tests.vendors.zendesk.records import Ticket, User
from tests.vendors.zendesk.store import Store

PAGE = 100


class Account(ABC):
    """A help desk, without its being a server."""

    clock: Clock
    base_url: str
    subdomain: str
    store: Store
    jobs: Jobs
    private_attachments: bool
    keeps_deleted_addresses: bool
    """Whether a user who is deleted softly is still listed with their address."""

    @abstractmethod
    def caller(self, call: Call) -> User:
        """Who calls; 401 for nobody who is known."""

    @abstractmethod
    def staff(self, call: Call, *, admin: bool = False) -> User:
        """Who calls; 403 unless an agent (or admin)."""

    @abstractmethod
    def window(self, name: str, limit: int, minutes: int) -> Window:
        """A limit of one endpoint's own."""

    def user(self, call: Call) -> User:
        """The user that the path names, deleted or not; 404 without one, or when it is permanently deleted."""
        user = self.store.users.get(number(call.params["user_id"]))
        if user is None or user.purge_asked_at:
            raise not_found()
        return user

    def ticket(self, call: Call) -> Ticket:
        """The ticket that the path names; 404 without one, or when it is deleted."""
        ticket = self.store.tickets.get(number(call.params["ticket_id"]))
        if ticket is None or ticket.deleted_at:
            raise not_found()
        return ticket


def number(value: str) -> int:
    """An id of a path; 404 for another word. What Zendesk says of such a word is not verified."""
    if not value.isdecimal():
        raise not_found()
    return int(value)


def many(call: Call, name: str = "ids") -> list[int]:
    """A query parameter of ids parted by commas; 400 for none, for more than 100, and for other words."""
    parts = [part for part in call.query.get(name, "").split(",") if part]
    if not parts or len(parts) > PAGE or not all(part.isdecimal() for part in parts):
        raise bad_attribute(name, f"It must be a list of 1 to {PAGE} ids.")
    return [int(part) for part in parts]


def body_object(call: Call, name: str) -> Json:
    """The object that the body wraps (``{"user": {…}}``)."""
    try:
        body = json.loads(call.body)
    except ValueError as broken:
        raise unparsable() from broken
    wrapped = body.get(name) if isinstance(body, dict) else None
    if not isinstance(wrapped, dict):
        raise bad_attribute(name, "It must be an object.")
    return wrapped


def body(call: Call) -> Json:
    """A body that is an object and wraps nothing."""
    try:
        made = json.loads(call.body)
    except ValueError as broken:
        raise unparsable() from broken
    if not isinstance(made, dict):
        raise unparsable()
    return made


def page(account: Account, call: Call, name: str, items: list[Json], **more: Any) -> Json:
    """A page of items in the order of their ids: by cursor with ``page[size]``, else by offset.

    https://developer.zendesk.com/api-reference/introduction/pagination/: at most 100 a page; without ``page[size]``,
    offset pagination; past its 100th page a 400. The bodies of these refusals are not verified.
    """
    if "page[size]" not in call.query and "page[after]" not in call.query and "page[before]" not in call.query:
        return offset_page(account, call, name, items, **more)
    size = call.query.get("page[size]", str(PAGE))
    after, before = call.query.get("page[after]"), call.query.get("page[before]")
    if not size.isdecimal() or not 1 <= int(size) <= PAGE:
        raise bad_attribute("page[size]", f"It must be between 1 and {PAGE}.")
    if after and before:
        raise bad_attribute("page", "page[before] and page[after] can't be used together.")
    kept = [item for item in items if not after or item["id"] > _decode(after)]
    shown = kept[: int(size)]
    if before:
        kept = [item for item in items if item["id"] < _decode(before)]
        shown = kept[-int(size) :]
    has_more = len(kept) > len(shown)
    first, last = (_encode(shown[0]["id"]), _encode(shown[-1]["id"])) if shown else (None, None)
    link = f"{account.base_url}{call.path}.json?page[size]={size}&page"
    return {
        name: shown,
        **more,
        "meta": {"has_more": has_more, "after_cursor": last, "before_cursor": first},
        "links": {
            "prev": f"{link}[before]={first}" if first else None,
            "next": f"{link}[after]={last}" if last and has_more else None,
        },
    }


def offset_page(account: Account, call: Call, name: str, items: list[Json], **more: Any) -> Json:
    """A page by number: ``page`` and ``per_page``, with the count of all."""
    at, size = call.query.get("page", "1"), call.query.get("per_page", str(PAGE))
    if any(key.startswith("page[") for key in call.query):
        raise bad_attribute("page", f"Invalid parameter: page must be an integer from {call.path.removeprefix('/')}")
    if not at.isdecimal() or not size.isdecimal() or int(at) < 1:
        raise bad_attribute("page", f"Invalid parameter: page must be an integer from {call.path.removeprefix('/')}")
    if int(at) > 100:
        raise bad_attribute("page", "Offset pagination ends at page 100; use cursor pagination.")
    count = min(max(int(size), 1), PAGE)
    start = (int(at) - 1) * count
    return {
        name: items[start : start + count],
        **more,
        "next_page": _link(account, call, int(at) + 1) if start + count < len(items) else None,
        "previous_page": _link(account, call, int(at) - 1) if int(at) > 1 else None,
        "count": len(items),
    }


def _link(account: Account, call: Call, at: int) -> str:
    kept = [f"{key}={quote(value)}" for key, value in call.query.multi_items() if key != "page"]
    return f"{account.base_url}{call.path}.json?{'&'.join([*kept, f'page={at}'])}"


def _encode(last: int) -> str:
    return urlsafe_b64encode(f"id:{last}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> int:
    try:
        return int(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().removeprefix("id:"))
    except (Base64Error, ValueError) as wrong:
        raise bad_attribute("page", "The cursor is not valid.") from wrong
