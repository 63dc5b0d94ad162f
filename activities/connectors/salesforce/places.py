"""Where everything of a person is: from contacts, leads and person accounts down to what points at them.

What somebody else is in too is shared: an e-mail to several, a file at others' records, an own object that names two
people. Of such only the person's part is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from activities.connectors.salesforce.kinds import (
    ACCOUNT,
    ACTIVITIES,
    CASE,
    CONTACT,
    DOCUMENT,
    DOCUMENT_LINK,
    EMAIL,
    EMAIL_LINK,
    INDIVIDUAL,
    INDIVIDUALS,
    KINDS,
    LEAD,
    PEOPLE,
)
from activities.connectors.salesforce.locate import key_of
from activities.connectors.salesforce.mails import is_foreign
from activities.connectors.salesforce.others import Others
from activities.connectors.salesforce.records import Records, undecided_children
from activities.connectors.salesforce.rest import Rest, Row
from activities.connectors.salesforce.settings import EMAILS, SalesforceSettings, kinds_of
from activities.connectors.salesforce.soql import is_id, within
from activities.connectors.salesforce.together import Together
from habeas.connector import RecordRef
from habeas.errors import Quarantine, Terminal

__all__ = ["Known", "Place", "Places", "place_of"]


@dataclass(frozen=True)
class Place:
    """Where an object is; ``shared``: somebody else's record is in it too; ``needed``: what is theirs hangs on it."""

    sobject: str
    id: str
    parents: tuple[RecordRef, ...] = ()
    shared: bool = False
    binned: bool = False
    needed: bool = False

    @property
    def ref(self) -> RecordRef:
        """Its place in the contract's words."""
        return RecordRef(collection=self.sobject, key=key_of(self.id))


def place_of(collection: str, key: str, sobjects: Iterable[str]) -> Place:
    """From a plan back to the place.

    Raises:
        Quarantine: it is none of Salesforce's.
    """
    try:
        match json.loads(key):
            case [str(one)] if collection in set(sobjects) and is_id(one):
                return Place(collection, one)
            case _:
                pass
    except ValueError:
        pass
    raise Quarantine("A key in the plan is none of Salesforce's.")


@dataclass
class Known:
    """What is theirs, as far as it was found."""

    places: dict[str, dict[str, Place]] = field(default_factory=dict)
    """By object, by id."""
    stands_for: dict[str, RecordRef] = field(default_factory=dict)
    """The contact behind a person account -> the account."""
    addresses: set[str] = field(default_factory=set)
    """The e-mail addresses that these records have, in small letters."""

    def add(self, place: Place) -> None:
        """One more; found by a second way it has both parents."""
        known = self.places.setdefault(place.sobject, {}).get(place.id)
        if known is not None:
            place = replace(known, parents=tuple(dict.fromkeys((*known.parents, *place.parents))))
        self.places[place.sobject][place.id] = place

    def ids(self, sobject: str) -> set[str]:
        """Live ones of an object that are theirs alone; of contacts also those behind accounts."""
        own = {one.id for one in self.places.get(sobject, {}).values() if not one.binned and not one.shared}
        return own | self.stands_for.keys() if sobject == CONTACT else own

    def all_ids(self) -> set[str]:
        """Of all objects."""
        return set().union(*(self.ids(sobject) for sobject in self.places), self.stands_for.keys())

    def refs(self, ids: Iterable[str]) -> tuple[RecordRef, ...]:
        """What these are, as far as they are theirs."""
        return tuple(dict.fromkeys(one for one in map(self._ref, ids) if one is not None))

    def _ref(self, one: str) -> RecordRef | None:
        if one in self.stands_for:
            return self.stands_for[one]
        return next((some[one].ref for some in self.places.values() if one in some), None)


class Places:
    """One org, for one act."""

    def __init__(self, rest: Rest, records: Records, settings: SalesforceSettings) -> None:
        self._rest = rest
        self._records = records
        self._settings = settings
        self._kinds = kinds_of(settings)

    async def find(self, roots: Iterable[RecordRef]) -> Known:
        """Everything below these roots; a root that is gone has nothing.

        Raises:
            Terminal: an object points at people, and nobody has said what it is.
        """
        known = Known()
        asked = [place_of(one.collection, one.key, (*PEOPLE, CASE)) for one in roots]
        if not asked:
            return known
        await self._refuse_undecided()
        for sobject in (*PEOPLE, CASE):
            await self._roots(known, sobject, {one.id for one in asked if one.sobject == sobject})
        for sobject, kind in self._kinds.items():
            links = kind.links
            if sobject not in KINDS:
                links = await self._records.links(sobject, [one for one in self._kinds if one != sobject])
            await self._below(known, sobject, links)
        await self._others(known, await self._activities(known))
        await self._documents(known)
        return known

    async def _refuse_undecided(self) -> None:
        wrong: list[str] = []
        for sobject in (*PEOPLE, INDIVIDUAL, CASE):
            found = await self._records.described(sobject) if sobject in self._kinds else None
            wrong += undecided_children(found, self._settings) if found else []
        if wrong:
            names = ", ".join(dict.fromkeys(wrong))
            detail = f"Objects of {self._rest.system} point at people, and are not decided: {names}."
            raise Terminal(f"{detail} Say in `collections` what they are, or name them in `ignored`.")

    async def _roots(self, known: Known, sobject: str, ids: set[str]) -> None:
        if not ids:
            return
        live = await self._records.read(sobject, ids)
        if sobject == ACCOUNT:
            live = {one: row for one, row in live.items() if row.get("IsPersonAccount")}
        binned = await self._records.binned(sobject, ids - live.keys()) if self._settings.bin != "accept" else {}
        individual = INDIVIDUALS.get(sobject, "")
        for one, row in live.items():
            above = self._individual(known, row.get(individual))
            known.add(Place(sobject, one, parents=(above,) if above else ()))
            known.addresses |= {str(row[name]).casefold() for name in self._addresses(sobject) if row.get(name)}
            if row.get("PersonContactId"):
                known.stands_for[row["PersonContactId"]] = RecordRef(collection=ACCOUNT, key=key_of(one))
        for one in binned:
            known.add(Place(sobject, one, binned=True))

    def _addresses(self, sobject: str) -> list[str]:
        """The fields in which an object of people has their addresses."""
        paths = [path.partition(".") for path in self._settings.identifiers.get("email", ())]
        return [*filter(None, [EMAILS.get(sobject)]), *(name for of, _, name in paths if of == sobject)]

    def _individual(self, known: Known, one: str | None) -> RecordRef | None:
        if not one or INDIVIDUAL not in self._kinds:
            return None
        known.add(Place(INDIVIDUAL, one))
        return RecordRef(collection=INDIVIDUAL, key=key_of(one))

    async def _below(self, known: Known, sobject: str, links: Mapping[str, tuple[str, ...]]) -> None:
        """Records of an object whose references are theirs."""
        seen = await self._records.fields(sobject) if links else {}
        by_field = {one: set().union(*map(known.ids, to)) for one, to in links.items() if one in seen}
        fields = tuple(by_field)
        queries = [one for name, ids in by_field.items() for one in within(sobject, fields, name, ids)]
        theirs = known.all_ids()
        for row in await self._rest.find(queries):
            others = (sobject not in KINDS or sobject in ACTIVITIES) and await self._names_others(sobject, row, theirs)
            above = [str(row[name]) for name, ids in by_field.items() if row[name] in ids]
            known.add(Place(sobject, str(row["Id"]), known.refs(above), shared=others))

    async def _names_others(self, sobject: str, row: Row, theirs: set[str]) -> bool:
        """Whether a person's place in it is somebody else's: an own object has as many as its makers gave it."""
        people = await self._records.links(sobject, (CONTACT, LEAD, INDIVIDUAL))
        return any(row.get(name) and row[name] not in theirs for name in people)

    async def _activities(self, known: Known) -> set[tuple[str, str]]:
        """Tasks and events with them, whoever is its primary contact; what is with others too is shared.

        Returns:
            Object and id of those that they are in themselves, and not only what they are about.
        """
        people, together = known.ids(CONTACT) | known.ids(LEAD), Together(self._records)
        with_them: set[tuple[str, str]] = set()
        for sobject in ACTIVITIES:
            places = known.places.setdefault(sobject, {})
            for one, who in await together.of(sobject, people):
                known.add(Place(sobject, one, known.refs([who])))
                with_them.add((sobject, one))
            named = await self._records.told(sobject, ("WhoId",), "Id", places)
            with_them |= {(sobject, str(row["Id"])) for row in named if row["WhoId"] in people}
            others = await together.with_others(sobject, places, people)
            others |= {str(row["Id"]) for row in named if is_foreign(row["WhoId"], people)}
            for one in others & places.keys():
                places[one] = replace(places[one], shared=True)
        return with_them

    async def _others(self, known: Known, with_them: set[tuple[str, str]]) -> None:
        """In their cases, what is somebody else's: it is not theirs, and their case stays for it.

        Args:
            known: what is theirs.
            with_them: activities that they are in as well: of these their part is theirs.
        """
        cases = known.ids(CASE)
        known.addresses |= await self._wrote_from(cases)
        others = Others(self._rest, self._records, known.ids(CONTACT) | known.ids(LEAD), known.addresses)
        found = await others.within(cases)
        for (sobject, one), case in found.items():
            if (sobject, one) not in with_them:
                known.places.get(sobject, {}).pop(one, None)
            known.places[CASE][case] = replace(known.places[CASE][case], needed=True)
        await self._emails(known, others, {one for sobject, one in found if sobject == EMAIL})

    async def _wrote_from(self, cases: set[str]) -> set[str]:
        """The addresses that their cases came from."""
        described = await self._records.described(CASE) if cases else None
        if described is None or "SuppliedEmail" not in described.fields:
            return set()
        rows = await self._rest.find(within(CASE, ("SuppliedEmail",), "Id", cases))
        return {str(row["SuppliedEmail"]).casefold() for row in rows if row["SuppliedEmail"]}

    async def _emails(self, known: Known, others: Others, foreign: set[str]) -> None:
        """E-mails to and from them; of one that is also others', or is in somebody else's case, their part in it.

        Args:
            known: what is theirs.
            others: what was found in their cases.
            foreign: e-mails in their own cases that are others'.
        """
        if EMAIL not in self._kinds:
            return
        links = await others.mails.links() if EMAIL_LINK in self._kinds else []
        linked = {str(row["EmailMessageId"]) for row in links}
        foreign |= await others.mails.of_others((linked | known.ids(EMAIL)) - others.inside, known.ids(CASE))
        for one in foreign:
            known.places.get(EMAIL, {}).pop(one, None)
        for row in links:
            message, member = str(row["EmailMessageId"]), known.refs([str(row["RelationId"])])
            if message in foreign:
                known.add(Place(EMAIL_LINK, str(row["Id"]), member))
            else:
                known.add(Place(EMAIL, message, member))

    async def _documents(self, known: Known) -> None:
        """Files at their records; of one that is at others' records or in a library too, that it is at theirs."""
        if DOCUMENT_LINK not in self._kinds or DOCUMENT not in self._kinds:
            return
        fields = ("ContentDocumentId", "LinkedEntityId")
        to = (await self._records.fields(DOCUMENT_LINK))["LinkedEntityId"].to
        theirs = set().union(*(known.ids(one) for one in to if one in self._kinds))
        links = await self._rest.find(within(DOCUMENT_LINK, fields, "LinkedEntityId", theirs))
        all_ = {str(row["ContentDocumentId"]) for row in links}
        others = await self._rest.find(within(DOCUMENT_LINK, fields, "ContentDocumentId", all_))
        foreign = {row["ContentDocumentId"] for row in others if is_foreign(row["LinkedEntityId"], theirs)}
        for row in links:
            document, at = str(row["ContentDocumentId"]), known.refs([str(row["LinkedEntityId"])])
            if document in foreign:
                known.add(Place(DOCUMENT_LINK, str(row["Id"]), at))
            else:
                known.add(Place(DOCUMENT, document, at))
