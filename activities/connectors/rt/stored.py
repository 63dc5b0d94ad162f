"""What RT stores, read as one object each: a user, a ticket, a message. And what of it says who they are."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from activities.connectors.api.erasure import fingerprint
from activities.connectors.rt.munge import MARK
from activities.connectors.rt.rest import Rest, Row, Versioned, is_, one_of
from habeas.connector import File

__all__ = ["Message", "Ticket", "User", "is_staff", "message", "messages_of", "own_day", "ticket", "user"]

_VALUES = ("id", "Type", "Field", "OldValue", "NewValue", "Created")
_CHANGED_BY_ITSELF = frozenset({"_hyperlinks", "LastUpdated", "LastUpdatedBy", "Creator", "Priority"})
_WATCHERS = ("Requestor", "Cc", "AdminCc", "Owner")
_NOT_WHO = frozenset({"id", "Name", "Disabled", "Privileged", "Created", "Memberships", *_CHANGED_BY_ITSELF})
_PARTS = ("id", "TransactionId", "ContentType", "Filename", "Subject", "Headers")
_ANONYMOUS = "anon_"
"""How RT's names for nobody begin (``AnonymizeUser``)."""
_NO_DAY = 1970


@dataclass(frozen=True)
class User:
    """A user, and the values that their history keeps of them."""

    at: Versioned
    history: tuple[Row, ...]

    @property
    def fingerprint(self) -> str:
        """Over their fields, and whether they are staff; not over the history, which follows them."""
        return fingerprint(self.at.row, _CHANGED_BY_ITSELF)

    @property
    def staff(self) -> bool:
        """As `is_staff`."""
        return is_staff(self.at.row)

    @property
    def custom(self) -> bool:
        """Custom fields say something of them, or did: RT keeps each old value in a row that nothing can reach."""
        return _has_custom_values(self.at.row, self.history)

    @property
    def anonymous(self) -> bool:
        """Every field that may say who they are is blank, and their name is RT's for nobody."""
        row = self.at.row
        blank = not any(_says_something(value) for field, value in row.items() if field not in _NOT_WHO)
        return blank and str(row.get("Name", "")).startswith(_ANONYMOUS)


@dataclass(frozen=True)
class Ticket:
    """A ticket without its messages, and the values that its history keeps."""

    at: Versioned
    history: tuple[Row, ...]

    def watchers(self, role: str) -> list[str]:
        """Names (logins) of those in a role."""
        return [str(one["id"]) for one in self.at.row.get(role) or []]

    def fingerprint(self, theirs: Iterable[str]) -> str:
        """Over its fields, the subjects it had, and those who asked for it beside these (logins).

        Who is anonymous by now is nobody: what is due later is planned without the person it was about.
        """
        row: Row = {key: value for key, value in self.at.row.items() if key not in _WATCHERS}
        known = {name for name in self.watchers("Requestor") if not name.startswith(_ANONYMOUS)}
        others = sorted(known - set(theirs))
        row |= {"others": others, "subjects": [[one["OldValue"], one["NewValue"]] for one in self.telling]}
        return fingerprint(row, _CHANGED_BY_ITSELF)

    @property
    def telling(self) -> list[Row]:
        """What of its history keeps an old subject."""
        return [one for one in self.history if one["Field"] == "Subject"]

    @property
    def custom(self) -> bool:
        """As a user's."""
        return _has_custom_values(self.at.row, self.history)

    @property
    def blank(self) -> bool:
        """It has no subject any more."""
        return self.at.row.get("Subject") == MARK


@dataclass(frozen=True)
class Message:
    """A transaction with what was written or attached in it."""

    number: int
    parts: tuple[Row, ...]
    texts: Mapping[int, str]

    @property
    def fingerprint(self) -> str:
        """Over everything but the content of parts that are no text: RT never changes those."""
        parts = [{key: value for key, value in one.items() if not key.startswith("_")} for one in self.parts]
        row: Row = {"parts": parts, "texts": {str(key): value for key, value in self.texts.items()}}
        return fingerprint(row)

    @property
    def whole(self) -> str:
        """All that a word could stand in."""
        told = [str(one.get(field) or "") for one in self.parts for field in ("Headers", "Subject", "Filename")]
        return "\n".join([*told, *self.texts.values()])

    @property
    def subject(self) -> str:
        """That of its first part."""
        return next((str(one["Subject"]) for one in self.parts if one.get("Subject")), "")

    async def files(self, rest: Rest) -> tuple[File, ...]:
        """Its parts that are no text."""
        found = []
        for one in self.parts:
            kind = str(one.get("ContentType") or "application/octet-stream")
            if int(one["id"]) in self.texts or kind.startswith("multipart/"):
                continue
            content = base64.b64decode((await rest.content(int(one["id"]))).get("Content") or "")
            name = str(one.get("Filename") or f"attachment-{one['id']}")
            found.append(File(name=name, media_type=kind, content=content))
        return tuple(found)


async def user(rest: Rest, number: int) -> User | None:
    """A user by id; None if there is none."""
    at = await rest.record("user", number)
    return User(at, await _history(rest, "User", number)) if at else None


async def ticket(rest: Rest, number: int, *, history: bool = True) -> Ticket | None:
    """A ticket by id, a deleted one too; None if there is none. A merged one comes as what it was merged into."""
    at = await rest.record("ticket", number)
    return Ticket(at, await _history(rest, "Ticket", number) if history else ()) if at else None


async def message(rest: Rest, number: int) -> Message | None:
    """A message by its transaction's id; None if there is none."""
    limit = is_("TransactionId", number)
    parts = [row async for row in rest.search("attachments", [limit], _PARTS)]
    if not parts:
        return None
    texts: dict[int, str] = {}
    if any(str(one.get("ContentType")).startswith("text/") for one in parts):
        text = {"field": "ContentType", "operator": "LIKE", "value": "text/"}
        async for row in rest.search("attachments", [limit, text], ("id", "Content")):
            texts[int(row["id"])] = str(row.get("Content") or "")
    return Message(number, tuple(parts), texts)


async def messages_of(rest: Rest, transactions: Iterable[int]) -> list[int]:
    """Which of these transactions are messages."""
    wanted = sorted(set(transactions))
    found: set[int] = set()
    for start in range(0, len(wanted), 100):
        limit = one_of("TransactionId", wanted[start : start + 100])
        async for row in rest.search("attachments", [limit], ("id", "TransactionId")):
            found.add(int(row["TransactionId"]))
    return sorted(found)


def own_day(row: Row, field: str) -> date | None:
    """The day in a field, in UTC; None where RT has none (it writes 1970)."""
    value = row.get(field)
    if not isinstance(value, str) or not value:
        return None
    day = datetime.fromisoformat(value).date()
    return None if day.year == _NO_DAY else day


def _has_custom_values(row: Row, history: Iterable[Row]) -> bool:
    return _says_something(row.get("CustomFields")) or any(one["Type"] == "CustomField" for one in history)


def is_staff(row: Row) -> bool:
    """A user who may work in RT, or one of RT's own."""
    return str(row.get("Privileged")) != "0" or row.get("Name") in {"RT_System", "Nobody"}


def _says_something(value: object) -> bool:
    if isinstance(value, list):
        return any(one.get("values") for one in value)
    return bool(value)


async def _history(rest: Rest, kind: str, number: int) -> tuple[Row, ...]:
    limits = [is_("ObjectType", f"RT::{kind}"), is_("ObjectId", number)]
    rows = [row async for row in rest.search("transactions", limits, _VALUES)]
    return tuple(row for row in rows if row["Type"] in {"Set", "CustomField"})
