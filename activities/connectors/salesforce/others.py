"""What somebody else has in a person's case: it is theirs, and a case that is deleted would take it along.

Deleting a case deletes its comments, e-mails and activities:
https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_delete.htm (cascading deletes)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from activities.connectors.salesforce.kinds import ACTIVITIES, COMMENT, EMAIL, USER
from activities.connectors.salesforce.mails import Mails, is_foreign
from activities.connectors.salesforce.records import Records
from activities.connectors.salesforce.rest import Rest, Row
from activities.connectors.salesforce.soql import within
from activities.connectors.salesforce.together import Together

__all__ = ["Others"]


class Others:
    """Whose what is in a person's cases, for one act.

    Args:
        rest: the org.
        records: its objects.
        people: ids of the person's contacts and leads.
        addresses: the person's own, in small letters; none if they are not known.
    """

    def __init__(self, rest: Rest, records: Records, people: Collection[str], addresses: Collection[str]) -> None:
        self._rest = rest
        self._records = records
        self._people = people
        self._together = Together(records)
        self.mails = Mails(rest, records, people, addresses)
        self.inside: frozenset[str] = frozenset()
        """The e-mails in these cases, once they were asked for."""

    async def within(self, cases: Collection[str]) -> dict[tuple[str, str], str]:
        """Object and id of all that is somebody else's in these cases -> the case.

        An e-mail to or from them, a comment that they wrote in a portal, an activity with them.
        """
        mails = await self._inside(EMAIL, ("ParentId", "Incoming", "FromAddress"), "ParentId", cases)
        self.inside = frozenset(mails)
        theirs = await self.mails.by_others(mails)
        found = {(EMAIL, one): str(mails[one]["ParentId"]) for one in theirs}
        comments = await self._inside(COMMENT, ("ParentId", "CreatedById"), "ParentId", cases)
        outside = await self._from_outside({str(row["CreatedById"]) for row in comments.values()})
        by_them = (row for row in comments.values() if row["CreatedById"] in outside)
        found |= {(COMMENT, str(row["Id"])): str(row["ParentId"]) for row in by_them}
        for sobject in ACTIVITIES:
            inside = await self._inside(sobject, ("WhatId", "WhoId"), "WhatId", cases)
            too = await self._together.with_others(sobject, inside, self._people)
            for one, row in inside.items():
                if one in too or is_foreign(row["WhoId"], self._people):
                    found[sobject, one] = str(row["WhatId"])
        return found

    async def _inside(
        self, sobject: str, fields: tuple[str, ...], link: str, cases: Collection[str]
    ) -> Mapping[str, Row]:
        described = await self._records.described(sobject) if cases else None
        if described is None or link not in described.fields:
            return {}
        return {str(row["Id"]): row for row in await self._records.told(sobject, fields, link, cases)}

    async def _from_outside(self, users: Collection[str]) -> set[str]:
        """Which of these users sign in from outside, as a contact who is not the person."""
        described = await self._records.described(USER) if users else None
        if described is None or "ContactId" not in described.fields:
            return set()
        rows = await self._rest.find(within(USER, ("ContactId",), "Id", users))
        return {str(row["Id"]) for row in rows if is_foreign(row["ContactId"], self._people)}
