"""Whole records: all fields that we see, what of them makes the fingerprint, what of them anonymising empties."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from pydantic import JsonValue

from activities.connectors.api.erasure import fingerprint
from activities.connectors.salesforce.kinds import CONTACT, DOCUMENT_LINK, INDIVIDUAL, KINDS, LEAD, PEOPLE, is_technical
from activities.connectors.salesforce.rest import Described, Field, Rest, Row
from activities.connectors.salesforce.settings import HISTORIED, SalesforceSettings
from activities.connectors.salesforce.soql import within
from habeas.errors import Terminal

__all__ = ["ERASED", "Records", "day", "remembering", "undecided_children", "values"]

ERASED = "[erased]"
"""Instead of what cannot be empty."""
_TEXT = frozenset({"string", "textarea", "email", "phone", "url", "encryptedstring", "combobox"})
_TELLING = frozenset({"date", "int", "double", "currency", "percent", "picklist", "multipicklist", "location"})
"""Types that say something of a person too, in the records that are one."""
_PERSONS = (*PEOPLE, INDIVIDUAL)
_SYSTEM = frozenset({"OwnerId", "CreatedById", "LastModifiedById", "RecordTypeId"})


class Records:
    """For one act: what the org describes is asked for once."""

    def __init__(self, rest: Rest, settings: SalesforceSettings) -> None:
        self._rest = rest
        self._settings = settings
        self._described: dict[str, Described | None] = {}
        marks = [*settings.restriction, *(path for paths in settings.purposes.values() for path in paths)]
        self._marks = frozenset(marks)

    async def described(self, sobject: str) -> Described | None:
        """An object, or None for one that we do not see."""
        if sobject not in self._described:
            known = [one for one in self._settings.collections if one not in self._described]
            self._described |= await self._rest.describe(dict.fromkeys((sobject, *known)))
        return self._described[sobject]

    async def fields(self, sobject: str) -> Mapping[str, Field]:
        """The fields of an object.

        Raises:
            Terminal: we do not see it: what is in it would be missed.
        """
        found = await self.described(sobject)
        if found is None:
            detail = f"{self._rest.system} does not let us see {sobject}: grant Read on it, or name it in `ignored`."
            raise Terminal(detail, system=self._rest.system)
        return found.fields

    async def readable(self, sobject: str) -> tuple[str, ...]:
        """The names of all fields but files."""
        return tuple(one.name for one in (await self.fields(sobject)).values() if one.type not in ("base64", "address"))

    async def links(self, sobject: str, to: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The references of an object that may lead to one of these others."""
        wanted = set(to)
        found = await self.fields(sobject)
        return {
            name: tuple(one for one in field.to if one in wanted)
            for name, field in found.items()
            if field.type == "reference" and name not in _SYSTEM and wanted.intersection(field.to)
        }

    async def read(self, sobject: str, ids: Iterable[str]) -> dict[str, Row]:
        """Live records, with all their fields."""
        wanted = set(ids)
        return await self._rest.read(sobject, wanted, await self.readable(sobject)) if wanted else {}

    async def told(self, sobject: str, fields: tuple[str, ...], link: str, ids: Collection[str]) -> list[Row]:
        """These fields of live records that this link leads to one of these; None in one that we do not see.

        Nothing of an object that we do not see.
        """
        described = await self.described(sobject) if ids else None
        if described is None:
            return []
        seen = tuple(one for one in fields if one == link or one in described.fields)
        rows = await self._rest.find(within(sobject, seen, link, ids))
        unseen = dict.fromkeys(fields)
        return [{**unseen, **row} for row in rows]

    async def binned(self, sobject: str, ids: Iterable[str]) -> dict[str, Row]:
        """Records that are in the recycle bin, with all their fields.

        A link between a file and a record cannot be asked for by its own id, deleted or not: the object reference,
        sforce_api_objects_contentdocumentlink.htm.
        """
        wanted = set(ids)
        if not wanted or sobject == DOCUMENT_LINK:
            return {}
        queries = within(sobject, await self.readable(sobject), "Id", wanted, everything=True)
        return {str(row["Id"]): row for row in await self._rest.find(queries) if row.get("IsDeleted")}

    async def history(self, sobject: str, ids: Iterable[str]) -> list[Row]:
        """The old values that stay beside these records (``ContactHistory`` and its siblings)."""
        wanted = set(ids)
        if sobject not in HISTORIED or not wanted or await self.described(f"{sobject}History") is None:
            return []
        fields = (f"{sobject}Id", "Field", "OldValue", "NewValue", "CreatedDate")
        return await self._rest.find(within(f"{sobject}History", fields, f"{sobject}Id", wanted))

    async def fingerprint(self, sobject: str, row: Row) -> str:
        """Over all that somebody may write, but for our own marks; and whether it is deleted."""
        defined = await self.fields(sobject)
        written = {
            name: value
            for name, value in values(row).items()
            if name in defined and defined[name].writable and f"{sobject}.{name}" not in self._marks
        }
        return fingerprint({**written, "IsDeleted": bool(row.get("IsDeleted"))})

    async def texts(self, sobject: str, row: Row) -> tuple[str, ...]:
        """The org's own fields, and all of objects that `KINDS` has not, in which anything may be written.

        Identifiers are none of them.
        """
        known = {path for paths in self._settings.identifiers.values() for path in paths}
        held = values(row)
        return tuple(
            name
            for name, one in (await self.fields(sobject)).items()
            if name in held and one.type in _TEXT and not one.numbered and f"{sobject}.{name}" not in known
            if one.custom or sobject not in KINDS
        )

    async def emptying(self, sobject: str, row: Row) -> dict[str, JsonValue]:
        """What to write so that nothing of a person is left in a record; empty once it is so."""
        defined, held = await self.fields(sobject), values(row)
        told = _TEXT | _TELLING if sobject in _PERSONS else _TEXT
        # Salesforce makes a person's name of its parts, and writes it by itself.
        left_out = {"Name"} if row.get("IsPersonAccount") else set[str]()
        to_write: dict[str, JsonValue] = {}
        for name in held.keys() & defined.keys() - left_out:
            one = defined[name]
            if not one.writable or one.type not in told or held[name] == ERASED:
                continue
            if one.nillable:
                to_write[name] = None
            elif one.type in _TEXT:
                to_write[name] = ERASED
        return to_write


def undecided_children(parent: Described, settings: SalesforceSettings) -> list[str]:
    """Objects that point at this one and of which nobody has said what they are: ``Loyalty_Card__c (Holder__c)``."""
    decided = {*settings.collections, *settings.ignored, *PEOPLE, *KINDS}
    by_name: dict[str, list[str]] = {}
    for child, field in parent.children:
        own = child.endswith("__c")
        counts = own or parent.name in (CONTACT, LEAD, INDIVIDUAL)
        if counts and child not in decided and not is_technical(child):
            by_name.setdefault(child, []).append(field)
    return [f"{child} ({', '.join(sorted(fields))})" for child, fields in sorted(by_name.items())]


def values(row: Row) -> dict[str, JsonValue]:
    """The fields that have a value."""
    return {name: value for name, value in row.items() if name != "attributes" and value not in (None, "")}


def remembering(sobject: str, one: str, row: Row | None) -> Iterator[tuple[str, str]]:
    """The records whose history keeps a record's old values: a person account's contact has its own beside it."""
    yield sobject, one
    if row is not None and row.get("PersonContactId"):
        yield CONTACT, str(row["PersonContactId"])


def day(row: Row, anchor: str) -> date | None:
    """The day of a field that is a date or a moment; None without one."""
    try:
        return date.fromisoformat(str(row.get(anchor) or "")[:10])
    except ValueError:
        return None
