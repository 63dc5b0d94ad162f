"""What the routes know of the account."""

from abc import ABC, abstractmethod

from tests.vendors.hubspot.crm import Crm, Record
from tests.vendors.hubspot.errors import invalid, not_found
from tests.vendors.hubspot.kinds import Kind, kind_named
from tests.vendors.hubspot.preferences import Preferences
from tests.vendors.hubspot.seed import Owner
from tests.vendors.hubspot.tokens import Tokens
from tests.vendors.shared.calls import Call, Json
from tests.vendors.shared.clock import Clock
from tests.vendors.shared.window import Window


class Portal(ABC):
    """An account, without its being a server."""

    clock: Clock
    base_url: str
    portal_id: int
    crm: Crm
    tokens: Tokens
    preferences: Preferences
    staff: dict[int, Owner]
    custom_objects: dict[str, tuple[str, ...]]
    """The account's own kinds of object -> the kinds that theirs are associated with."""
    burst: Window
    daily: Window

    @abstractmethod
    def permit(self, call: Call, any_of: tuple[str, ...]) -> None:
        """Raise the 403 unless the caller's token has one of the scopes."""

    def kind(self, call: Call, *, write: bool = False) -> Kind:
        """The kind that the path names, if the caller may read (or write) it."""
        kind = named_kind(call, "objectType")
        self.permit(call, kind.write if write else kind.read)
        return kind

    def record(self, call: Call, kind: Kind, *, archived: bool = False) -> Record:
        """The record that the path names, by its id or by ``idProperty``; 404 without one."""
        value, by = call.params["objectId"], call.query.get("idProperty")
        if by:
            known = self.crm.schema.of(kind.name).get(by)
            if known is None or not known.unique:
                raise invalid(f"Property '{by}' is not a unique identifier property")
            record = self.crm.find_by(kind, by, value, archived=archived)
        else:
            record = self.crm.find(kind, value, archived=archived)
        if record is None:
            raise not_found("objectId", value)
        return record


def named_kind(call: Call, parameter: str) -> Kind:
    """The kind that a path's parameter names; 400 for no kind."""
    kind = kind_named(call.params[parameter])
    if kind is None:
        raise invalid(f"Unable to infer object type from: {call.params[parameter]}")
    return kind


def listed(call: Call, name: str) -> list[str]:
    """A query parameter that is a list: repeated, or parted by commas."""
    return [part.strip() for value in call.query.getlist(name) for part in value.split(",") if part.strip()]


def flag(call: Call, name: str) -> bool:
    """A boolean query parameter; 400 for anything but true and false."""
    value = call.query.get(name, "false").lower()
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean value for parameter '{name}'")
    return value == "true"


def number(call: Call, name: str, default: int, most: int) -> int:
    """A page size; 400 for no number, or one outside 1 to ``most``."""
    value = call.query.get(name, str(default))
    if not value.isdecimal() or not 1 <= int(value) <= most:
        raise invalid(f"{name} must be a number from 1 to {most}")
    return int(value)


def cut(call: Call, items: list[Json], size: int, base_url: str, at: str | None = None) -> Json:
    """A page: results, and where to go on from; ``after`` counts the items before it."""
    after = call.query.get("after", "0") if at is None else at
    if not after.isdecimal():
        raise invalid("The 'after' paging cursor is invalid")
    start, end = int(after), int(after) + size
    page: Json = {"results": items[start:end]}
    if end < len(items):
        link = f"{base_url}{call.path}?after={end}&limit={size}"
        page["paging"] = {"next": {"after": str(end), "link": link}}
    return page
