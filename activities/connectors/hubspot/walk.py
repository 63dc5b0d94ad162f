"""Everything of a person as records, in one order, from any place in it.

From a contact HubSpot's associations lead to companies, deals, tickets and activities; from deals and tickets that are
theirs alone to further activities. What is associated with other contacts too is shared: only that they share in it is
theirs. So it is with an e-mail of somebody else's, who may be no contact; on a deal or ticket of the person's it is
left out.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from activities.connectors.api.erasure import fingerprint
from activities.connectors.hubspot.hub import Hub, Row
from activities.connectors.hubspot.kinds import ACTIVITIES, ASSOCIATED, CONTACTS, EMAILS, KINDS, SHARED
from activities.connectors.hubspot.mails import Mails
from activities.connectors.hubspot.newsletters import Newsletters
from activities.connectors.hubspot.records import Records, day, emails, values
from activities.connectors.hubspot.settings import HubSpotSettings
from habeas.connector import Page, Record, RecordRef
from habeas.errors import Quarantine, Terminal

__all__ = ["Place", "Walk", "place_of", "undecided_objects"]

_AT_ONCE = 50
_SHARERS = ("deals", "tickets")
"""What leads to activities of its own."""


@dataclass(frozen=True)
class Place:
    """Where an object is; or, with ``contact``, where that contact shares in it."""

    kind: str
    id: str
    contact: str | None = None
    parents: tuple[RecordRef, ...] = ()

    @property
    def collection(self) -> str:
        """The collection that it counts to."""
        return SHARED if self.contact else self.kind

    @property
    def ref(self) -> RecordRef:
        """Its place in the contract's words."""
        key = [self.kind, self.id, self.contact] if self.contact else [self.id]
        return RecordRef(collection=self.collection, key=json.dumps(key))

    @property
    def position(self) -> list[int]:
        """Where it stands among all."""
        kinds = tuple(KINDS)
        return [int(self.contact is not None), kinds.index(self.kind), int(self.id), int(self.contact or 0)]


def place_of(collection: str, key: str) -> Place:
    """From a plan back to the place.

    Raises:
        Quarantine: it is none of HubSpot's.
    """
    match collection, _parsed(key):
        case name, [str(one)] if name in KINDS and one.isdecimal():
            return Place(name, one)
        case "shared", [str(kind), str(one), str(contact)] if kind in KINDS and (one + contact).isdecimal():
            return Place(kind, one, contact)
    raise Quarantine("A key in the plan is none of HubSpot's.")


async def undecided_objects(hub: Hub, settings: HubSpotSettings) -> list[str]:
    """The account's own kinds of object that contacts may have, and that nobody has said anything of."""
    found = await hub.custom_objects() if settings.custom_objects else []
    return [one for one in found if one not in settings.ignored]


class Walk:
    """One account's objects of a person."""

    def __init__(self, hub: Hub, records: Records, settings: HubSpotSettings) -> None:
        self._hub = hub
        self._records = records
        self._settings = settings
        self._newsletters = Newsletters(hub, settings)
        self._mails = Mails(hub, records)

    async def places(self, roots: Iterable[RecordRef]) -> list[Place]:
        """Where everything of theirs is. Contacts in the bin have no associations that could be seen.

        Raises:
            Terminal: contacts have objects of a kind of the account's own, and nobody has said who deals with those.
        """
        await self._refuse_undecided()
        asked = [place_of(one.collection, one.key).id for one in roots if one.collection == CONTACTS]
        people = await self._hub.read(CONTACTS, asked, ("email", "hs_additional_emails"))
        live = {str(row["id"]) for row in people}
        own = frozenset(address for row in people for address in emails(row))
        binned = {str(row["id"]) for row in await self._hub.read(CONTACTS, asked, ("email",), archived=True)}
        found = [Place(CONTACTS, one) for one in live | binned]
        for kind in ASSOCIATED if live else ():
            found += await self._associated(live, kind, own)
        for sharer in _SHARERS:
            alone = [one for one in found if one.kind == sharer and not one.contact]
            for kind in ACTIVITIES if alone else ():
                known = {one.id for one in found if one.kind == kind}
                found += await self._below(live, alone, kind, known, own)
        return sorted(found, key=lambda one: one.position)

    async def pages(self, roots: Iterable[RecordRef], cursor: str | None) -> AsyncIterator[Page]:
        """All of it, from a cursor on: the place of the last record that was given."""
        after = self._position(cursor)
        rest = [one for one in await self.places(roots) if after is None or one.position > after]
        while True:
            some, rest = rest[:_AT_ONCE], rest[_AT_ONCE:]
            records = tuple(await self._read(some))
            yield Page(records=records, cursor=json.dumps(some[-1].position) if rest else None)
            if not rest:
                return

    async def _refuse_undecided(self) -> None:
        undecided = await undecided_objects(self._hub, self._settings)
        if undecided:
            detail = f"Objects of {self._hub.system} belong to contacts, and are not decided: {', '.join(undecided)}."
            raise Terminal(f"{detail} See to them by hand, and name them in `ignored`.", system=self._hub.system)

    async def _associated(self, contacts: set[str], kind: str, own: Collection[str]) -> list[Place]:
        links = await self._hub.associated(CONTACTS, contacts, kind)
        back = await self._hub.associated(kind, set().union(*links.values()), CONTACTS)
        strange = await self._of_strangers(kind, set().union(*links.values()), own)
        found = []
        for one in sorted(set().union(*links.values())):
            theirs = sorted(contact for contact, linked in links.items() if one in linked)
            if back.get(one, set()) <= contacts and one not in strange:
                found.append(Place(kind, one, parents=tuple(Place(CONTACTS, each).ref for each in theirs)))
            else:
                found += [Place(kind, one, each, parents=(Place(CONTACTS, each).ref,)) for each in theirs]
        return found

    async def _of_strangers(self, kind: str, ids: set[str], own: Collection[str]) -> set[str]:
        return await self._mails.of_strangers(ids, own) if kind == EMAILS else set()

    async def _below(
        self, contacts: set[str], alone: Sequence[Place], kind: str, known: set[str], own: Collection[str]
    ) -> list[Place]:
        links = await self._hub.associated(alone[0].kind, [one.id for one in alone], kind)
        new = set().union(*links.values()) - known
        new -= await self._of_strangers(kind, new, own)
        others = await self._hub.associated(kind, new, CONTACTS)
        return [
            Place(kind, one, parents=tuple(each.ref for each in alone if one in links.get(each.id, ())))
            for one in sorted(new)
            if others.get(one, set()) <= contacts
        ]

    async def _read(self, places: Sequence[Place]) -> list[Record]:
        rows: dict[tuple[str, str], Row] = {}
        for kind in dict.fromkeys(one.kind for one in places):
            ids = {one.id for one in places if one.kind == kind}
            found = await self._records.read(kind, ids)
            if kind == CONTACTS:
                found |= await self._records.read(kind, ids - found.keys(), archived=True)
            rows |= {(kind, one): row for one, row in found.items()}
        return [await self._record(one, rows[one.kind, one.id]) for one in places if (one.kind, one.id) in rows]

    async def _record(self, place: Place, row: Row) -> Record:
        data: dict[str, Any] = dict(values(row))
        if place.contact:
            data["kind"] = place.kind
            # Not over what is others' in it: their deal goes on while ours waits.
            digest = fingerprint({"kind": place.kind, "id": place.id, "contact": place.contact})
        else:
            digest = await self._records.fingerprint(place.kind, row)
        if place.kind == CONTACTS:
            if row.get("archived"):
                data["archived"] = True
            if self._settings.subscriptions:
                data["subscriptions"] = await self._choices(row)
        return Record(
            collection=place.collection,
            key=place.ref.key,
            data=data,
            fingerprint=digest,
            anchor=day(row, "createdate" if place.contact else KINDS[place.kind].anchor),
            parents=place.parents,
            lets_go=place.contact is not None,
            free_text=await self._records.texts(place.kind, row),
        )

    async def _choices(self, row: Row) -> list[dict[str, Any]]:
        told = ("subscriberIdString", "subscriptionName", "status", "source", "timestamp")
        chosen = [one for each in emails(row) for one in await self._newsletters.choices(each)]
        return [{name: one.get(name) for name in told} for one in chosen]

    def _position(self, cursor: str | None) -> list[int] | None:
        if cursor is None:
            return None
        match _parsed(cursor):
            case [int(shared), int(kind), int(one), int(contact)]:
                return [shared, kind, one, contact]
        raise Quarantine(f"The place to go on from in {self._hub.system} is none of its own.", system=self._hub.system)


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None
