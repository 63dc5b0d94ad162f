"""What becomes of each object (deleted, emptied, left), and how it is now: for `activities.connectors.api.erasure`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Container, Sequence

from activities.connectors.api import Refused
from activities.connectors.api.erasure import State
from activities.connectors.tryton.emptied import Emptier, names_in
from activities.connectors.tryton.found import Found
from activities.connectors.tryton.kinds import (
    ADDRESSES,
    ATTACHMENTS,
    CARD,
    DOCUMENTS,
    DRAFTS,
    EMAILS,
    IDENTIFIERS,
    INVOICES,
    LINES,
    MECHANISMS,
    MOVES,
    PARTIES,
    PAYEES,
    Place,
    place_of,
)
from activities.connectors.tryton.locate import locate
from activities.connectors.tryton.rpc import Rpc
from activities.connectors.tryton.schema import Schema
from activities.connectors.tryton.settings import TrytonSettings, kinds_of
from activities.connectors.tryton.standing import erases, obstacles
from activities.connectors.tryton.walk import Walk
from habeas.connector import Located, PlannedObject, Record, RecordRef, SystemPlan, Treatment
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome

__all__ = ["TrytonObjects"]

_A_WORD = 5
"""Shorter numbers and names are in many texts by chance."""
_REFUSALS = (400, 409)
"""Tryton's rules forbid it, or it wants a warning accepted."""


class TrytonObjects:
    """The objects of one plan, as they were when `about` was called."""

    tells_whose: Container[str] = ()

    def __init__(self, rpc: Rpc, schema: Schema, settings: TrytonSettings, plan: SystemPlan) -> None:
        self._rpc = rpc
        self._schema = schema
        self._settings = settings
        self._plan = plan
        self._kinds = kinds_of(settings)
        self._walk = Walk(rpc, schema, self._kinds, settings.restriction)
        self._emptier = Emptier(rpc, schema, self._kinds, self._walk)
        self._found: list[Found] = []
        self._now: dict[Place, Found] = {}
        self._others: set[Place] = set()
        self._family: list[int] = []
        self._refused: dict[int, str] = {}
        self._blocked: str | None = None
        self._asked_again = False
        self._history: frozenset[str] = frozenset()
        further = [name for name in self._kinds if name not in (*CARD, DRAFTS, INVOICES, LINES, PAYEES, MOVES)]
        # The wizard refuses before it touches anything, so a party comes before what it erases with it; files come
        # before it, since Tryton forgets those that the wizard takes along.
        self.order: Sequence[str] = (
            *(DOCUMENTS, DRAFTS, LINES, PAYEES, *further, INVOICES, ATTACHMENTS, EMAILS),
            *(PARTIES, MECHANISMS, IDENTIFIERS, ADDRESSES, MOVES),
        )

    async def about(self) -> None:
        """Read everything once. Call it before anything else.

        Raises:
            Terminal: something that leads to parties is not decided.
        """
        self._history = await self._schema.history()
        self._family = await self._walk.family(self._plan.roots)
        await self._schema.check(self._family)
        self._found = await self._walk.everything(self._family)
        self._now = {one.place: one for one in self._found}
        for planned in self._plan.objects:
            place = self._place(planned)
            if place in self._now:
                continue
            found = await self._walk.one(place)
            if found is not None:
                self._now[place] = found
                if self._plan.roots and found.place == place:
                    self._others.add(place)

    async def walk(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[Record]:
        """Where everything of theirs is; what it holds is not told again."""
        for one in self._found:
            yield Record(collection=one.place.collection, key=one.place.ref.key, data={}, fingerprint="")

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """As `Connector.locate`."""
        return await locate(self._rpc, self._settings.identifiers, identifiers, self._settings.region)

    async def look(self, planned: PlannedObject) -> State:
        """How one object is."""
        found = self._now.get(self._place(planned))
        if found is None:
            return State.GONE
        if found.place in self._others:
            return State.CHANGED
        if planned.treatment is not Treatment.RETAIN and self._emptier.begun(found):
            done = planned.treatment is Treatment.ANONYMISE and await self._is_empty(found)
            return State.ANONYMISED if done else State.BEGUN
        return State.UNCHANGED if found.fingerprint == planned.fingerprint else State.CHANGED

    async def treat(self, planned: PlannedObject) -> ObjectOutcome | None:
        """Delete or anonymise one object. None if it is done; else what stood in the way."""
        place = self._place(planned)
        reason = await self._in_the_way(planned)
        if reason is None:
            try:
                reason = await (
                    self._erase_party(planned, place) if place.collection == PARTIES else self._one(planned)
                )
            except Refused as refused:
                if refused.status not in _REFUSALS:
                    raise
                reason = "refused_by_system"
        if reason and place.collection == PARTIES:
            self._refused[place.id] = reason
        return planned.became(Fate.BLOCKED, reason) if reason else None

    def told(self, one: ObjectOutcome) -> ObjectOutcome:
        """What Tryton keeps by itself, or the law does with a name in it, is said."""
        place = place_of(one.collection, one.key, self._kinds)
        if one.fate is Fate.ERASED and place.model == "ir.attachment":
            return one.model_copy(update={"reason": "in_filestore"})
        if one.fate is Fate.ERASED and place.model in self._history:
            return one.model_copy(update={"reason": "in_history"})
        found = self._now.get(place)
        if one.fate is Fate.RETAINED and found is not None and names_in(found, self._words()):
            return one.model_copy(update={"reason": "names_them"})
        return one

    async def _in_the_way(self, planned: PlannedObject) -> str | None:
        """Why nothing of this plan is touched yet; a party is asked about again, last of all."""
        place = self._place(planned)
        if not erases(self._plan) or not self._family:
            return None
        owner = self._now[place].row.get("party") if place in self._now else None
        if place.collection in CARD and owner in self._refused:
            return self._refused[owner]
        last_of_all = place.collection == PARTIES and not self._asked_again
        if self._blocked is None or last_of_all:
            self._blocked, self._asked_again = "", last_of_all
            async for reason, _ in obstacles(self._rpc, self._plan, self._family):
                self._blocked = reason
                break
        return self._blocked or None

    async def _one(self, planned: PlannedObject) -> str | None:
        place = self._place(planned)
        if planned.treatment is Treatment.DELETE:
            if place.collection in CARD and place.model in self._history:
                return "keeps_history"
            return await self._delete(place)
        found = await self._walk.one(place)
        if found is None or await self._is_empty(found):
            return None
        await self._emptier.empty(found)
        now = await self._walk.one(place)
        if now is None or await self._is_empty(now):
            return None
        return "in_history" if place.model in self._history else "not_anonymised"

    async def _delete(self, place: Place) -> str | None:
        try:
            if place.payee is not None:
                await self._rpc.write(place.model, [place.id], {"alternative_payees": [["remove", [place.payee]]]})
            else:
                await self._rpc.delete(place.model, [place.id])
        except Refused as refused:
            if refused.status not in _REFUSALS:
                raise
            # What it went with a moment ago is refused too.
            return "refused_by_system" if await self._walk.one(place) is not None else None
        return None

    async def _erase_party(self, planned: PlannedObject, place: Place) -> str | None:
        found = await self._walk.one(place)
        if found is None:
            return None
        if self._holds_more():
            return "holds_more"
        if planned.treatment is Treatment.DELETE and place.model in self._history:
            return "keeps_history"
        await self._emptier.erase(found)
        if planned.treatment is Treatment.DELETE:
            return await self._delete(place)
        now = await self._walk.one(place)
        return None if now is None or await self._emptier.done(now) else "not_anonymised"

    def _holds_more(self) -> bool:
        """The wizard takes along what is on the card, and the parties merged into it: all of that must be planned."""
        goes = {self._place(one) for one in self._plan.objects if one.treatment is not Treatment.RETAIN}
        return any(one.place not in goes for one in self._found if one.place.collection in (*CARD, ATTACHMENTS))

    async def _is_empty(self, found: Found) -> bool:
        return await self._emptier.done(found) and self._is_nameless(found)

    def _is_nameless(self, found: Found) -> bool:
        """What has no name of its own leads to one as long as its party has one."""
        if found.place.collection != MOVES:
            return True
        parties = [one for one in self._now.values() if one.place.collection == PARTIES]
        mine = [one for one in parties if one.place.id == found.row.get("party")]
        return all(not one.row.get("name") for one in mine)

    def _words(self) -> list[str]:
        parties = [one.row.get("name") for one in self._now.values() if one.place.collection == PARTIES]
        words = [str(word).casefold() for word in (*parties, *(one.value for one in self._plan.identifiers)) if word]
        return [word for word in words if len(word) >= _A_WORD]

    def _place(self, planned: PlannedObject) -> Place:
        return place_of(planned.collection, planned.key, self._kinds)
