"""Tasks and events with several people: in an org that shares activities each of them is related to it, one as primary.

A relation can be deleted by itself, and so can that to the primary contact, in whose place comes the next:
https://developer.salesforce.com/docs/platform/object-reference/references/standard-objects/object-taskrelation.html
https://help.salesforce.com/s/articleView?id=sales.activities_shared_considerations.htm
"""

from __future__ import annotations

from collections.abc import Collection

from activities.connectors.salesforce.records import Records
from activities.connectors.salesforce.rest import Row

__all__ = ["Together"]

_PEOPLE = ("003", "00Q")
"""How the ids of contacts and leads begin; users, rooms and what an activity is about are nobody's part in it."""


class Together:
    """One org's shared activities, for one act. In one that does not share them nothing is found."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def of(self, sobject: str, people: Collection[str]) -> list[tuple[str, str]]:
        """The activities that these people are related to, each with who is."""
        rows = await self._rows(sobject, "RelationId", people)
        return [(str(row[f"{sobject}Id"]), str(row["RelationId"])) for row in rows]

    async def with_others(self, sobject: str, activities: Collection[str], people: Collection[str]) -> set[str]:
        """Those of these activities that somebody besides these people is related to."""
        rows = await self._rows(sobject, f"{sobject}Id", activities)
        return {
            str(row[f"{sobject}Id"])
            for row in rows
            if str(row["RelationId"]).startswith(_PEOPLE) and row["RelationId"] not in people
        }

    async def relations(self, sobject: str, activity: str, people: Collection[str]) -> list[str]:
        """Ids of the relations by which these people are in it."""
        rows = await self._rows(sobject, f"{sobject}Id", [activity])
        return [str(row["Id"]) for row in rows if row["RelationId"] in people]

    async def _rows(self, sobject: str, link: str, ids: Collection[str]) -> list[Row]:
        return await self._records.told(f"{sobject}Relation", (f"{sobject}Id", "RelationId"), link, ids)
