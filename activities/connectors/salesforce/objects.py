"""What becomes of each object (in the recycle bin, out of it, emptied, no longer theirs), and how it is now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Iterable, Sequence
from datetime import date, timedelta

from activities.connectors.api.erasure import State
from activities.connectors.salesforce.kinds import (
    ACCOUNT,
    ACTIVITIES,
    CASE,
    COMMENT,
    CONTACT,
    DOCUMENT,
    DOCUMENT_LINK,
    EMAIL,
    EMAIL_LINK,
    INDIVIDUAL,
    KINDS,
    LEAD,
    OPPORTUNITY,
    PEOPLE,
)
from activities.connectors.salesforce.locate import Finder
from activities.connectors.salesforce.others import Others
from activities.connectors.salesforce.places import Place, place_of
from activities.connectors.salesforce.records import Records, day, remembering, values
from activities.connectors.salesforce.rest import Rest, Row
from activities.connectors.salesforce.settings import HISTORIED, SalesforceSettings, kinds_of
from activities.connectors.salesforce.together import Together
from activities.connectors.salesforce.walk import Walk, shared_print
from habeas.connector import Located, PlannedObject, Record, RecordRef, SystemPlan, Treatment
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome

__all__ = ["SalesforceObjects"]

_CHILDREN = (
    *(DOCUMENT_LINK, DOCUMENT, EMAIL_LINK, EMAIL, COMMENT, *ACTIVITIES, "CampaignMember"),
    *("OpportunityContactRole", CASE, OPPORTUNITY),
)
_PARENTS = (LEAD, CONTACT, ACCOUNT, INDIVIDUAL)
_IN_BIN = timedelta(days=15)
_REASONS = {"CANNOT_UPDATE_CONVERTED_LEAD": "converted_lead"}
"""Only "View and Edit Converted Leads" lets one be changed: https://help.salesforce.com/s/articleView?id=000384333."""


class SalesforceObjects:
    """The objects of one plan, as they were when `about` was called.

    Args:
        rest: the org.
        settings: its settings.
        erasing: what lies in the recycle bin is to be taken out of it, if so set; else it is only looked at.
    """

    tells_whose: Container[str] = ()

    def __init__(self, rest: Rest, settings: SalesforceSettings, *, erasing: bool) -> None:
        self._rest = rest
        self._settings = settings
        self._records = Records(rest, settings)
        self._walk = Walk(rest, self._records, settings)
        self._together = Together(self._records)
        self._kinds = kinds_of(settings)
        self._takes_out = erasing and settings.bin == "empty"
        own = [one for one in self._kinds if one not in KINDS]
        # What points at others goes before them: a deletion takes along what hangs on it, or clears the reference.
        self.order: Sequence[str] = (*reversed(own), *_CHILDREN, *_PARENTS)
        self._words: tuple[str, ...] = ()
        self._theirs: set[str] = set()
        self._going: set[tuple[str, str]] = set()
        self._rows: dict[tuple[str, str], Row] = {}
        self._binned: dict[tuple[str, str], Row] = {}
        self._past: dict[tuple[str, str], list[str]] = {}
        self._bound = False
        """They could not be taken out of an activity with others, which a deletion would take along."""
        self.to_take_out: list[str] = []
        """What lies in the recycle bin and is to be taken out of it now."""

    async def about(self, plan: SystemPlan) -> None:
        """Read all that the plan names, many at once. Call it before anything else."""
        self._words = tuple(one.value.casefold() for one in plan.identifiers if one.kind == "email")
        places = [self._place(one) for one in plan.objects]
        for sobject in self._kinds:
            ids = {one.id for one in places if one.sobject == sobject}
            found = await self._records.read(sobject, ids)
            binned = await self._records.binned(sobject, ids - found.keys())
            self._rows |= {(sobject, one): row for one, row in found.items()}
            self._binned |= {(sobject, one): row for one, row in binned.items()}
        self._theirs = {one.id for one in places if one.sobject in (*PEOPLE, INDIVIDUAL)}
        self._theirs |= {place_of(one.collection, one.key, (*PEOPLE, CASE)).id for one in plan.roots}
        self._theirs |= {str(row["PersonContactId"]) for row in self._rows.values() if row.get("PersonContactId")}
        self._going = {(one.collection, one.key) for one in plan.objects if one.treatment is Treatment.DELETE}
        await self._read_past(plan.objects)

    async def walk(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[Record]:
        """Where everything of theirs is; what it holds is not read again. A case that must stay now is not to go."""
        for place in await self._walk.places(roots):
            if place.needed and (place.sobject, place.ref.key) in self._going:
                continue
            yield Record(collection=place.sobject, key=place.ref.key, data={}, fingerprint="")

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """As `Connector.locate`."""
        return await Finder(self._rest, self._records, self._settings).locate(identifiers)

    async def look(self, planned: PlannedObject) -> State:
        """How one object is."""
        place = self._place(planned)
        binned = self._binned.get((place.sobject, place.id))
        if binned is not None:
            return await self._look_into_bin(planned, binned)
        row = self._rows.get((place.sobject, place.id))
        if row is None:
            return State.GONE
        if planned.fingerprint == shared_print(row):
            return await self._look_at_share(planned, row)
        if planned.treatment is Treatment.ANONYMISE and not await self._records.emptying(place.sobject, row):
            left = self._names_them(row) or (
                self._settings.history == "delete" and self._past.get((place.sobject, place.id))
            )
            return State.BEGUN if left else State.ANONYMISED
        same = await self._records.fingerprint(place.sobject, row) == planned.fingerprint
        return State.UNCHANGED if same else State.CHANGED

    async def treat(self, planned: PlannedObject) -> ObjectOutcome | None:
        """Delete or anonymise one object. None if it is done; else what stood in the way."""
        place = self._place(planned)
        row = self._rows.get((place.sobject, place.id))
        if planned.treatment is Treatment.DELETE:
            if row is not None and place.sobject == CASE and await self._is_others_too(row):
                return planned.became(Fate.BLOCKED, "drifted")
            if self._bound and place.sobject in PEOPLE:
                return planned.became(Fate.BLOCKED, "shared_activity")
            refused = await self._rest.delete(place.sobject, place.id)
            if self._takes_out and refused is None:
                self.to_take_out.append(place.id)
            return planned.became(Fate.BLOCKED, "refused_by_system") if refused else None
        if row is None:
            return planned.became(Fate.NOT_FOUND)
        if planned.fingerprint == shared_print(row):
            return await self._leave(planned, place, row)
        return await self._empty(planned, place)

    async def _is_others_too(self, case: Row) -> bool:
        """Somebody else whom the org knows is in it, now that it would take along what is theirs."""
        people = {*self._theirs, *filter(None, [case.get("ContactId")])}
        return bool(await Others(self._rest, self._records, people, ()).within([str(case["Id"])]))

    def in_bin(self, objects: Iterable[PlannedObject]) -> dict[tuple[str, str], date | None]:
        """Which of these lie in the recycle bin, by collection and key, and the day on which each leaves it."""
        going = [one for one in objects if one.treatment is Treatment.DELETE]
        rows = {(one.collection, one.key): (one.collection, self._place(one).id) for one in going}
        return {place: _leaves(self._binned[at]) for place, at in rows.items() if at in self._binned}

    def in_history(self, objects: Iterable[PlannedObject]) -> set[tuple[str, str]]:
        """Which of these that are emptied still have old values beside them."""
        return {(one.collection, one.key) for one in objects if self._past.get((one.collection, self._place(one).id))}

    def _place(self, planned: PlannedObject) -> Place:
        return place_of(planned.collection, planned.key, self._kinds)

    async def _read_past(self, objects: Iterable[PlannedObject]) -> None:
        emptied = [self._place(one) for one in objects if one.treatment is Treatment.ANONYMISE]
        whose = {
            at: (place.sobject, place.id)
            for place in emptied
            for at in remembering(place.sobject, place.id, self._rows.get((place.sobject, place.id)))
        }
        for sobject in HISTORIED:
            for row in await self._records.history(sobject, {one for kind, one in whose if kind == sobject}):
                if row.get("OldValue") or row.get("NewValue"):
                    place = whose[sobject, str(row[f"{sobject}Id"])]
                    self._past.setdefault(place, []).append(str(row["Id"]))

    async def _look_into_bin(self, planned: PlannedObject, row: Row) -> State:
        merged = row.get("MasterRecordId")
        if merged and await self._records.fingerprint(planned.collection, row) != planned.fingerprint:
            return State.CHANGED  # into another record since the plan, perhaps somebody else's
        if planned.treatment is not Treatment.DELETE:
            return State.GONE
        return State.BEGUN if self._takes_out else State.GONE

    async def _look_at_share(self, planned: PlannedObject, row: Row) -> State:
        if planned.treatment is Treatment.RETAIN:
            return State.UNCHANGED
        if await self._theirs_in(planned.collection, row) or await self._relations(planned.collection, row):
            return State.UNCHANGED
        return State.BEGUN if self._names_them(row) else State.ANONYMISED

    async def _theirs_in(self, sobject: str, row: Row) -> list[str]:
        people = await self._records.links(sobject, (*PEOPLE, INDIVIDUAL))
        return [name for name in people if row.get(name) in self._theirs]

    async def _leave(self, planned: PlannedObject, place: Place, row: Row) -> ObjectOutcome | None:
        for relation in await self._relations(place.sobject, row):
            if await self._rest.delete(f"{place.sobject}Relation", relation):
                return self._stuck(planned)
        if place.sobject in ACTIVITIES:
            # In the place of a primary contact that is no longer in it comes another.
            row = (await self._records.read(place.sobject, [place.id])).get(place.id, row)
        theirs = await self._theirs_in(place.sobject, row)
        refused = await self._rest.update(place.sobject, place.id, dict.fromkeys(theirs)) if theirs else None
        if refused:
            return self._stuck(planned)
        return planned.became(Fate.BLOCKED, "by_hand") if self._names_them(row) else None

    def _stuck(self, planned: PlannedObject) -> ObjectOutcome:
        self._bound = self._bound or planned.collection in ACTIVITIES
        return planned.became(Fate.BLOCKED, "refused_by_system")

    async def _relations(self, sobject: str, row: Row) -> list[str]:
        """The relations by which they are in an activity with others."""
        return await self._together.relations(sobject, str(row["Id"]), self._theirs) if sobject in ACTIVITIES else []

    async def _empty(self, planned: PlannedObject, place: Place) -> ObjectOutcome | None:
        row = (await self._records.read(place.sobject, [place.id])).get(place.id)
        if row is None:
            return planned.became(Fate.NOT_FOUND)
        to_empty = await self._records.emptying(place.sobject, row)
        if to_empty:
            refused = await self._rest.update(place.sobject, place.id, to_empty, duplicates=True)
            if refused:
                return planned.became(Fate.BLOCKED, _REASONS.get(refused, "refused_by_system"))
            row = (await self._records.read(place.sobject, [place.id])).get(place.id)
        if self._settings.history == "delete":
            for sobject, one in remembering(place.sobject, place.id, row):
                past = await self._records.history(sobject, [one])
                await self._rest.delete_history(str(entry["Id"]) for entry in past)
        if row is not None and (self._names_them(row) or await self._records.emptying(place.sobject, row)):
            return planned.became(Fate.BLOCKED, "not_anonymised")
        return None

    def _names_them(self, row: Row) -> bool:
        """One of their addresses is in it, where it cannot be written to or is others' to write."""
        held = "\n".join(str(value) for value in values(row).values()).casefold()
        return any(word in held for word in self._words)


def _leaves(row: Row) -> date | None:
    """Its deletion was the last thing that was done to it."""
    changed = day(row, "SystemModstamp")
    return changed + _IN_BIN if changed else None
