"""Finding people: every record that a query gives is compared again, and what Salesforce holds to be the same person.

That is: into which record another was merged (``MasterRecordId``), of which lead a contact was made
(``ConvertedContactId``), which account a contact stands behind (person accounts), and who shares an ``Individual``.
Users are staff, or sign in from outside: none is a match. But who bears the address of one on the staff is a colleague.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import product

from activities.connectors.api.identifiers import comparable, usable
from activities.connectors.salesforce.kinds import (
    ACCOUNT,
    CASE,
    CONTACT,
    INDIVIDUAL,
    INDIVIDUALS,
    LEAD,
    PEOPLE,
    PHONES,
    USER,
)
from activities.connectors.salesforce.records import Records
from activities.connectors.salesforce.rest import Rest, Row
from activities.connectors.salesforce.settings import EMAILS, SalesforceSettings
from activities.connectors.salesforce.soql import Query, equals, is_id, like, within
from habeas.connector import Located, Match
from habeas.errors import Quarantine, Terminal
from habeas.model import Identifier
from habeas.written import local_number, phone_in, ways

__all__ = ["Finder", "key_of"]

_MOST = 50
_LINKS = ("IsDeleted", "MasterRecordId", "IsPersonAccount", "AccountId", "ConvertedContactId", *INDIVIDUALS.values())
_NAMES = ("Name", "FirstName", "LastName")
Node = tuple[str, str]
"""Object and id."""


class Finder:
    """One org, for one search."""

    def __init__(self, rest: Rest, records: Records, settings: SalesforceSettings) -> None:
        self._rest = rest
        self._records = records
        self._settings = settings
        self._rows: dict[Node, Row] = {}

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Every contact, lead, person account, and case of nobody, that bears one of these identifiers.

        Raises:
            Quarantine: there are too many.
        """
        by: dict[Node, list[Identifier]] = {}
        for identifier in dict.fromkeys(identifiers):
            for node in await self._bearing(identifier):
                by.setdefault(node, []).append(identifier)
        if len(by) > _MOST:
            raise Quarantine(
                f"More than {_MOST} records of {self._rest.system} bear these identifiers.", system=self._rest.system
            )
        staff = await self._staff(by)
        return Located(matches=tuple(self._match(node, tuple(found), staff) for node, found in sorted(by.items())))

    async def _staff(self, nodes: Iterable[Node]) -> frozenset[str]:
        """Of the addresses that these bear, those of users who work here, also of former ones.

        Whoever signs in from outside is the user of a contact (``ContactId``):
        https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_user.htm

        Raises:
            Terminal: we do not see users, or not their addresses.
        """
        borne = {one.value for node in nodes for one in self._borne(node) if one.kind == "email"}
        if not borne:
            return frozenset()
        known = await self._records.fields(USER)
        if "Email" not in known:
            detail = f"{self._rest.system} hides {USER}.Email from us: who is staff cannot be told. Grant Read on it."
            raise Terminal(detail, system=self._rest.system)
        fields = tuple(one for one in ("Email", "ContactId") if one in known)
        rows = await self._rest.find(within(USER, fields, "Email", borne))
        return frozenset(str(row["Email"]).casefold() for row in rows if not row.get("ContactId"))

    async def _bearing(self, identifier: Identifier) -> set[Node]:
        queries: list[Query] = []
        for sobject in PEOPLE:
            fields = await self._searched(sobject, identifier)
            read = await self._read(sobject) if fields else ()
            if identifier.kind == "phone":
                written = tuple(_written(identifier.value, self._settings.region))
                queries += [Query(sobject, read, like(field, written), everything=True) for field in fields]
                continue
            asked = product(fields, ways(identifier.kind, identifier.value))
            queries += [Query(sobject, read, equals(field, one), everything=True) for field, one in asked]
        found = [self._keep(row) for row in await self._rest.find(queries)]
        bearing = {node for node in found if self._bears(node, identifier)}
        people = await self._same_person(bearing)
        if identifier.kind == "email":
            people |= await self._cases_of_nobody(identifier)
        return people

    async def _cases_of_nobody(self, identifier: Identifier) -> set[Node]:
        """What came by a form or by mail, and was never given to a contact (web-to-case)."""
        if CASE not in self._settings.collections:
            return set()
        queries = [
            Query(
                CASE,
                ("SuppliedEmail", "SuppliedName"),
                f"{equals('SuppliedEmail', written)} AND ContactId = null AND AccountId = null",
            )
            for written in ways("email", identifier.value)
        ]
        found = [self._keep(row) for row in await self._rest.find(queries)]
        return {node for node in found if self._bears(node, identifier)}

    async def _same_person(self, start: set[Node]) -> set[Node]:
        """These, and all that Salesforce holds to be the same person; those in the bin only where it counts."""
        seen: set[Node] = set()
        ahead = set(start)
        while ahead:
            seen |= ahead
            if len(seen) > _MOST * 2:
                raise Quarantine(f"{self._rest.system} joins too many records.", system=self._rest.system)
            ahead = {node for node in await self._joined(ahead) if node not in seen}
        return {node for node in seen if self._counts(self._rows[node])}

    def _counts(self, row: Row) -> bool:
        if _type(row) == CONTACT and row.get("IsPersonAccount"):
            return False
        return not row.get("IsDeleted") or self._settings.bin != "accept"

    async def _joined(self, nodes: set[Node]) -> set[Node]:
        """What these lead to directly."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for sobject, one in nodes:
            for kind, field, value in _leads_to(self._rows[sobject, one]):
                wanted.setdefault((kind, field), set()).add(value)
        queries = [
            query
            for (kind, field), ids in sorted(wanted.items())
            if kind in self._settings.collections and field in (*await self._read(kind), "Id")
            for query in within(kind, await self._read(kind), field, ids, everything=field == "Id")
        ]
        found = {self._keep(row) for row in await self._rest.find(queries)}
        return {node for node in found if _type(self._rows[node]) != ACCOUNT or self._rows[node].get("IsPersonAccount")}

    async def _searched(self, sobject: str, identifier: Identifier) -> list[str]:
        """The fields that hold such an identifier, as far as we see them."""
        if sobject not in self._settings.collections:
            return []
        known = await self._records.fields(sobject)
        fields = [field for field in self._fields(sobject, identifier.kind) if field in known]
        return [one for one in fields if known[one].type not in ("id", "reference") or is_id(identifier.value)]

    def _fields(self, sobject: str, kind: str) -> Iterator[str]:
        if kind == "email":
            yield EMAILS[sobject]
        elif kind == "phone":
            yield from PHONES[sobject]
        for path in self._settings.identifiers.get(kind, ()):
            owner, _, field = path.partition(".")
            if owner == sobject:
                yield field

    async def _read(self, sobject: str) -> tuple[str, ...]:
        known = await self._records.fields(sobject)
        kinds = {"email", *self._settings.identifiers}
        own = [field for kind in sorted(kinds) for field in self._fields(sobject, kind)]
        return tuple(one for one in (*_NAMES, *_LINKS, *PHONES[sobject], *own) if one in known)

    def _keep(self, row: Row) -> Node:
        node = _type(row), str(row["Id"])
        self._rows[node] = row
        return node

    def _bears(self, node: Node, identifier: Identifier) -> bool:
        region = self._settings.region
        return any(comparable(one, region) == comparable(identifier, region) for one in self._borne(node))

    def _borne(self, node: Node) -> tuple[Identifier, ...]:
        row = self._rows[node]
        sobject = node[0]
        if sobject == CASE:
            return tuple(usable("email", [row.get("SuppliedEmail")]))
        found = [
            one
            for kind in ("email", *self._settings.identifiers)
            for one in usable(kind, [row.get(field) for field in self._fields(sobject, kind)])
        ]
        phones = usable("phone", [row.get(field) for field in PHONES[sobject]], self._settings.region)
        return tuple(dict.fromkeys((*found, *phones)))

    def _match(self, node: Node, by: tuple[Identifier, ...], staff: Container[str]) -> Match:
        row, borne = self._rows[node], self._borne(node)
        name = row.get("Name") or row.get("SuppliedName")
        return Match(
            collection=node[0],
            key=key_of(node[1]),
            found_by=by,
            yields=borne,
            name=str(name or "") or None,
            staff=any(one.kind == "email" and one.value.casefold() in staff for one in borne),
            account=node[0] != CASE,
        )


def key_of(one: str) -> str:
    """A record's key."""
    return f'["{one}"]'


def _leads_to(row: Row) -> Iterator[tuple[str, str, str]]:
    """Object, field and value of each condition that finds the same person again."""
    sobject, one = _type(row), str(row["Id"])
    if row.get("MasterRecordId"):
        yield sobject, "Id", row["MasterRecordId"]
    if row.get("IsDeleted"):
        return
    if sobject == CONTACT:
        yield LEAD, "ConvertedContactId", one
        if row.get("IsPersonAccount"):
            yield ACCOUNT, "Id", row["AccountId"]
    if row.get("ConvertedContactId"):
        yield CONTACT, "Id", row["ConvertedContactId"]
    individual = row.get(INDIVIDUALS.get(sobject, INDIVIDUAL))
    for other, field in INDIVIDUALS.items() if individual else ():
        yield other, field, str(individual)


def _written(number: str, region: str | None) -> Iterator[str]:
    """However a number may be typed, as patterns: Salesforce keeps it so, and compares texts.

    Each begins with what the number begins with, so that an index serves. What they find is compared again.
    """
    known, local = phone_in(number, region), local_number(number, region)
    abroad = known.removeprefix("+") if known.startswith("+") else ""
    if abroad:
        yield from (f"{start}{'%'.join(abroad)}" for start in ("+%", "(+%", "00%", "(00%"))
    if region is not None or not abroad:
        yield from (f"{start}{'%'.join(local)}" for start in ("", "(", "0%", "(0%", "1%"))
        yield from ({"%".join(abroad)} if abroad else ())


def _type(row: Row) -> str:
    return str(row["attributes"]["type"])
