"""What becomes of each object (gone for good, in the bin, emptied, no longer theirs), and how it is now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Iterable, Sequence
from datetime import date, timedelta

from activities.connectors.api.erasure import State
from activities.connectors.hubspot.hub import Hub, Row
from activities.connectors.hubspot.kinds import ACTIVITIES, CONTACTS, KINDS, SHARED
from activities.connectors.hubspot.locate import locate
from activities.connectors.hubspot.records import Records, values
from activities.connectors.hubspot.settings import HubSpotSettings
from activities.connectors.hubspot.walk import Place, Walk, place_of
from habeas.connector import Located, PlannedObject, Record, RecordRef, SystemPlan, Treatment
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome

__all__ = ["HubSpotObjects"]

_IN_BIN = timedelta(days=90)


class HubSpotObjects:
    """The objects of one plan, as they were when `about` was called."""

    # After a contact is gone, nothing leads to what was associated with them.
    order: Sequence[str] = (*ACTIVITIES, "tickets", "deals", "companies", SHARED, CONTACTS)
    tells_whose: Container[str] = ()

    def __init__(self, hub: Hub, settings: HubSpotSettings) -> None:
        self._hub = hub
        self._settings = settings
        self._records = Records(hub, settings)
        self._walk = Walk(hub, self._records, settings)
        self._words: tuple[str, ...] = ()
        self._contacts: set[str] = set()
        self._rows: dict[tuple[str, str], Row] = {}
        self._binned: dict[tuple[str, str], Row] = {}
        self._links: dict[tuple[str, str], set[str]] = {}

    async def about(self, plan: SystemPlan) -> None:
        """Read all that the plan names, many at once. Call it before anything else."""
        self._words = tuple(one.value.casefold() for one in plan.identifiers if one.kind == "email")
        self._contacts = {place_of(one.collection, one.key).id for one in plan.roots}
        places = [place_of(one.collection, one.key) for one in plan.objects]
        for kind in KINDS:
            ids = {one.id for one in places if one.kind == kind}
            found = await self._records.read(kind, ids)
            binned = await self._records.read(kind, ids - found.keys(), archived=True)
            self._rows |= {(kind, one): row for one, row in found.items()}
            self._binned |= {(kind, one): row for one, row in binned.items()}
            links = await self._hub.associated(kind, found if kind != CONTACTS else (), CONTACTS)
            self._links |= {(kind, one): contacts for one, contacts in links.items()}
            if found.keys() - ids:
                await self._find_merged(kind, ids - found.keys() - binned.keys())

    async def walk(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[Record]:
        """Where everything of theirs is; what it holds is not read again."""
        for place in await self._walk.places(roots):
            yield Record(collection=place.collection, key=place.ref.key, data={}, fingerprint="")

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """As `Connector.locate`."""
        return await locate(self._hub, self._settings.identifiers, identifiers, self._settings.region)

    async def look(self, planned: PlannedObject) -> State:
        """How one object is."""
        place = place_of(planned.collection, planned.key)
        row = self._rows.get((place.kind, place.id))
        if place.contact:
            return self._look_at_share(planned, place, row)
        binned = self._binned.get((place.kind, place.id))
        if row is None and binned is not None and place.kind == CONTACTS:
            # Nothing can be seen to lead from it.
            state = await self._compared(planned, place, binned)
            return State.BEGUN if state is State.UNCHANGED and planned.treatment is Treatment.DELETE else state
        if row is None:
            return State.GONE
        if str(row["id"]) != place.id or self._is_others(planned, place):
            return State.CHANGED
        if planned.treatment is Treatment.ANONYMISE and not await self._records.writing(place.kind, row):
            return State.BEGUN if self._names_them(row) else State.ANONYMISED
        return await self._compared(planned, place, row)

    async def treat(self, planned: PlannedObject) -> ObjectOutcome | None:
        """Delete or anonymise one object. None if it is done; else what stood in the way."""
        place = place_of(planned.collection, planned.key)
        if place.contact:
            return await self._leave(planned, place)
        if place.kind == CONTACTS:
            return await self._erase_contact(planned, place)
        if planned.treatment is Treatment.DELETE:
            await self._hub.archive(place.kind, place.id)
            return None
        row = await self._records.one(place.kind, place.id)
        if row is None:
            return planned.became(Fate.NOT_FOUND)
        to_empty = await self._records.writing(place.kind, row)
        if to_empty:
            await self._hub.update(place.kind, place.id, dict.fromkeys(to_empty, ""))
            row = await self._records.one(place.kind, place.id)
        if row is not None and (self._names_them(row) or await self._records.writing(place.kind, row)):
            return planned.became(Fate.BLOCKED, "not_anonymised")
        return None

    def in_bin(self, objects: Iterable[PlannedObject]) -> dict[tuple[str, str], date | None]:
        """Which of these lie in HubSpot's bin, by collection and key, and the day on which each leaves it."""
        going = [one for one in objects if one.treatment is Treatment.DELETE]
        rows = {(one.collection, one.key): (one.collection, place_of(one.collection, one.key).id) for one in going}
        return {place: _leaves(self._binned[at]) for place, at in rows.items() if at in self._binned}

    async def in_history(self, objects: Iterable[PlannedObject]) -> set[tuple[str, str]]:
        """Which of these that are emptied still hold what was there before, in their history."""
        found = set()
        emptied = [one for one in objects if one.treatment is Treatment.ANONYMISE and one.collection != SHARED]
        for kind in {one.collection for one in emptied}:
            keys = {place_of(kind, one.key).id: one.key for one in emptied if one.collection == kind}
            defined = await self._records.defined(kind)
            for number, row in (await self._records.read(kind, keys, history=True)).items():
                past = row.get("propertiesWithHistory") or {}
                texts = [name for name in past if name in defined and defined[name].text and defined[name].writable]
                if any(version.get("value") for name in texts for version in past[name][1:]):
                    found.add((kind, keys[number]))
        return found

    async def _find_merged(self, kind: str, ids: set[str]) -> None:
        """The id of an object that was merged leads to the one that it became: which did, many at once do not say."""
        for one in ids:
            row = await self._records.one(kind, one)
            if row is not None:
                self._rows[kind, one] = row

    async def _compared(self, planned: PlannedObject, place: Place, row: Row) -> State:
        same = await self._records.fingerprint(place.kind, row) == planned.fingerprint
        return State.UNCHANGED if same else State.CHANGED

    def _is_others(self, planned: PlannedObject, place: Place) -> bool:
        """Somebody else's by now. The object itself is asked: from a contact that is gone nothing leads here."""
        goes = self._contacts and planned.treatment is not Treatment.RETAIN
        return bool(goes and self._links.get((place.kind, place.id), set()) - self._contacts)

    def _look_at_share(self, planned: PlannedObject, place: Place, row: Row | None) -> State:
        if planned.treatment is Treatment.RETAIN:
            return State.UNCHANGED if row is not None else State.GONE
        if row is None:
            return State.ANONYMISED
        if place.contact in self._links.get((place.kind, place.id), ()):
            return State.UNCHANGED
        return State.BEGUN if self._names_them(row) else State.ANONYMISED

    async def _leave(self, planned: PlannedObject, place: Place) -> ObjectOutcome | None:
        await self._hub.disassociate(place.kind, place.id, CONTACTS, str(place.contact))
        row = self._rows.get((place.kind, place.id))
        if row is not None and self._names_them(row):
            return planned.became(Fate.BLOCKED, "by_hand")
        return None

    async def _erase_contact(self, planned: PlannedObject, place: Place) -> ObjectOutcome | None:
        row = await self._records.one(CONTACTS, place.id)
        if row is not None and str(row["id"]) != place.id:
            return planned.became(Fate.BLOCKED, "drifted")  # merged a moment ago, perhaps with somebody else
        await self._hub.erase_contact(place.id)
        return None

    def _names_them(self, row: Row) -> bool:
        """One of their addresses is in it, where it cannot be written to or is others' to write."""
        held = "\n".join(values(row).values()).casefold()
        return any(word in held for word in self._words)


def _leaves(row: Row) -> date | None:
    """https://knowledge.hubspot.com/records/restore-deleted-records: "up to 90 days after they were deleted"."""
    try:
        return date.fromisoformat(str(row.get("archivedAt") or "")[:10]) + _IN_BIN
    except ValueError:
        return None
