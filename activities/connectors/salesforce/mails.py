"""E-mails to and from several: whether somebody else is in one, by what Salesforce says of each who sent or got it.

A relation leads to a contact, lead or user; where an address is nobody's record, it leads nowhere and has the address:
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_emailmessagerelation.htm
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from activities.connectors.salesforce.kinds import EMAIL, EMAIL_LINK, STAFF, USER
from activities.connectors.salesforce.records import Records
from activities.connectors.salesforce.rest import Rest, Row
from activities.connectors.salesforce.soql import within

__all__ = ["Mails", "is_foreign"]

_ORG_WIDE = "OrgWideEmailAddress"
"""Read with "View Setup and Configuration" only; without it such an address is a stranger's."""
_SENDER = "FromAddress"


class Mails:
    """One org's e-mails, for one act.

    Args:
        rest: the org.
        records: its objects.
        people: ids of the person's contacts and leads.
        addresses: the person's own, in small letters.
    """

    def __init__(self, rest: Rest, records: Records, people: Collection[str], addresses: Collection[str]) -> None:
        self._rest = rest
        self._records = records
        self._people = people
        self._addresses = addresses

    async def links(self) -> list[Row]:
        """The relations by which e-mails are to or from the person."""
        return await self._rest.find(within(EMAIL_LINK, ("EmailMessageId", "RelationId"), "RelationId", self._people))

    async def of_others(self, messages: Collection[str], cases: Collection[str]) -> set[str]:
        """Those of these e-mails that are somebody else's too: they are to or from them, or in a case not of these."""
        rows = await self._relations(messages)
        foreign = {str(row["EmailMessageId"]) for row in rows if is_foreign(row["RelationId"], self._people)}
        unknown: dict[str, list[Row]] = {}
        for row in rows:
            if not row["RelationId"] and _address(row) not in self._addresses:
                unknown.setdefault(str(row["EmailMessageId"]), []).append(row)
        company = await self._company(_address(row) for some in unknown.values() for row in some)
        # Whether it was received or sent by the org: such a sender's address is one of the company's.
        fields = ("ParentId", *(("Incoming",) if "Incoming" in await self._records.fields(EMAIL) else ()))
        for row in await self._rest.find(within(EMAIL, fields, "Id", set(messages) - foreign)):
            sent = row.get("Incoming") is False
            strangers = (
                _address(one) not in company and not (sent and one.get("RelationType") == _SENDER)
                for one in unknown.get(str(row["Id"]), ())
            )
            if any(strangers) or (row["ParentId"] and row["ParentId"] not in cases):
                foreign.add(str(row["Id"]))
        return foreign

    async def by_others(self, inside: Mapping[str, Row]) -> set[str]:
        """Those of these e-mails in the person's own cases that are others': their record is in it, or they sent it.

        Whoever else got one there is nobody's record: as a rule a mailbox of the company's that cases come by.

        Args:
            inside: their ids -> `Incoming` and `FromAddress`.
        """
        rows = await self._relations(inside)
        foreign = {str(row["EmailMessageId"]) for row in rows if is_foreign(row["RelationId"], self._people)}
        known = {str(row["EmailMessageId"]) for row in rows if row["RelationId"] and row.get("RelationType") == _SENDER}
        senders = {
            one: str(row["FromAddress"]).casefold()
            for one, row in inside.items()
            if self._addresses and one not in known and row["FromAddress"] and row["Incoming"] is not False
        }
        own = {*self._addresses, *await self._company(set(senders.values()).difference(self._addresses))}
        return foreign | {one for one, address in senders.items() if address not in own}

    async def _relations(self, messages: Collection[str]) -> list[Row]:
        fields = ("EmailMessageId", "RelationId", "RelationType", "RelationAddress")
        return await self._records.told(EMAIL_LINK, fields, "EmailMessageId", messages)

    async def _company(self, addresses: Iterable[str]) -> set[str]:
        """Which of these are the company's: of users who work here, and those that all of them write from."""
        asked = {one for one in addresses if one}
        found: set[str] = set()
        for sobject, name in ((USER, "Email"), (_ORG_WIDE, "Address")):
            described = await self._records.described(sobject) if asked else None
            if described is None or name not in described.fields:
                continue
            fields = tuple(one for one in (name, "ContactId") if one in described.fields)
            rows = await self._rest.find(within(sobject, fields, name, asked))
            found |= {str(row[name]).casefold() for row in rows if not row.get("ContactId")}
        return found


def is_foreign(one: str | None, theirs: Collection[str]) -> bool:
    """Whether a record is somebody else's; staff, who sent or own it, are nobody's part in it."""
    return bool(one) and one not in theirs and not str(one).startswith(STAFF)


def _address(row: Row) -> str:
    return str(row.get("RelationAddress") or "").casefold()
