"""The connector of one Request Tracker: each act is handed to its room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

from activities.connectors.api import ApiClient
from activities.connectors.api.address import guarded
from activities.connectors.api.erasure import carry_out, look_again
from activities.connectors.rt import change, health, holdings
from activities.connectors.rt.dumps import Dumps, Wiped
from activities.connectors.rt.locate import locate
from activities.connectors.rt.munge import Munge
from activities.connectors.rt.objects import RtObjects
from activities.connectors.rt.rest import Rest
from activities.connectors.rt.settings import (
    CONTRIBUTIONS,
    MENTIONS,
    MESSAGES,
    TICKETS,
    USERS,
    RtSettings,
    collections_of,
    read,
)
from activities.connectors.rt.walk import Walk, key_of, number_of
from activities.connectors.rt.web import Web
from activities.connectors.rt.words import Words
from habeas.connector import (
    Capability,
    Change,
    Health,
    Located,
    Manifest,
    Page,
    RecordRef,
    SystemPlan,
    Treatment,
)
from habeas.errors import Terminal
from habeas.model import Identifier
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, Drifted, EraseAnswer, Fate, ObjectOutcome

__all__ = ["RtConnector"]

_SHREDDED = (USERS, TICKETS, MESSAGES, CONTRIBUTIONS)


class RtConnector:
    """Request Tracker 5."""

    def __init__(self, system: str, settings: RtSettings) -> None:
        self._system = system
        self._settings = settings
        self.manifest = Manifest(
            title=settings.title or "Request Tracker",
            needs=("email",),
            yields=("email", "phone"),
            capabilities=frozenset(
                {Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM, Capability.RECTIFY}
            ),
            collections=collections_of(settings),
        )
        signed = {"Authorization": f"token {settings.token.get_secret_value()}"}
        own = guarded(system, settings.web_url or settings.url)
        self._api = ApiClient(system, settings.url, settings, headers=signed)
        # Apart, as RT gives it a cookie: REST2 would then go by the cookie instead of the token.
        self._pages = ApiClient(system, settings.url, settings, headers={**signed, "Referer": str(own)})
        self._rest = Rest(system, self._api)
        self._web = Web(system, self._pages)
        self._dumps = Dumps(system, settings.dumps, self._web)
        self._munge = Munge(system, settings.munge) if settings.munge else None

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> Self:
        """Make the connector of one configured RT.

        Raises:
            ConfigurationError: a setting is missing or wrong, or RT cannot do what is asked; names each.
        """
        return cls(system, read(system, settings))

    async def ping(self) -> Health:
        """Try every permission, and change nothing."""
        erases = any(one.treatment is not Treatment.RETAIN for one in self.manifest.collections)
        return await health.ping(self._rest, self._web, self._dumps, self._munge, erases=erases)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Every user who bears one of these addresses."""
        return await locate(self._system, self._rest, identifiers, self._settings.region)

    def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """Users, their tickets and messages, what is theirs in others' tickets, and where others' texts name them."""
        return Walk(self._system, self._rest, self._web).pages(roots, cursor)

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Wipe and anonymise by the plan; what RT wrote down of it goes too.

        Raises:
            Terminal: the folder that RT writes to cannot be cleared: nothing was wiped then.
        """
        objects = await self._objects(plan)
        if any(one.collection in _SHREDDED and one.treatment is not Treatment.RETAIN for one in plan.objects):
            wrong = await self._dumps.check()
            if wrong:
                raise Terminal(f"{self._system}: {wrong}", system=self._system)
        answer = await carry_out(objects, plan)
        if not isinstance(answer, Drifted):
            await self._dumps.sweep(_wiped(plan))
        return answer

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Look at every object again; search for the addresses; see that no file holds what was wiped."""
        answer = await look_again(await self._objects(plan), plan)
        if not isinstance(answer, Done):
            return answer
        return Done(result=(*answer.result, *await self._named_still(plan), *await self._written_down(plan)))

    async def change(self, change_: Change, handle: str | None) -> ChangeAnswer:
        """Correct a user's fields."""
        return await change.change(self._system, self._rest, change_)

    async def confirm_change(self, change_: Change, handle: str | None) -> ConfirmAnswer:
        """Look at each value again."""
        return await change.confirm_change(self._system, self._rest, change_)

    async def aclose(self) -> None:
        """Give back connections."""
        await self._api.aclose()
        await self._pages.aclose()

    async def _objects(self, plan: SystemPlan) -> RtObjects:
        by_hand = self._settings.mentions == "by_hand"
        made = RtObjects(
            self._system, self._rest, self._web, self._dumps, self._munge, mentions_by_hand=by_hand,
            region=self._settings.region,
        )  # fmt: skip
        await made.about(plan)
        return made

    async def _named_still(self, plan: SystemPlan) -> list[ObjectOutcome]:
        """Texts that name one of the addresses and are in no plan."""
        known = {number_of(one.key) for one in plan.objects if one.collection in (MESSAGES, CONTRIBUTIONS)}
        planned = {number_of(one.key) for one in plan.objects if one.collection == MENTIONS}
        if not plan.covers(MESSAGES):
            users = [number_of(one.key) for one in plan.roots]
            known |= set((await holdings.find(self._rest, self._web, users)).messages)
        sent, named = await holdings.mentions(self._rest, Words.of((), plan.identifiers), known)
        places = [(CONTRIBUTIONS, one) for one in sorted(sent)]
        places += [(MENTIONS, one) for one in named if one not in planned]
        return [
            ObjectOutcome(collection=name, key=key_of(one), fate=Fate.FAILED, reason="came_back")
            for name, one in places
            if plan.covers(name)
        ]

    async def _written_down(self, plan: SystemPlan) -> list[ObjectOutcome]:
        """What was wiped and lies in a file that holds more than that: a colleague's, who wiped it by hand."""
        if not await self._dumps.left(_wiped(plan)):
            return []
        return [
            ObjectOutcome(collection=one.collection, key=one.key, fate=Fate.FAILED, reason="written_down")
            for one in plan.objects
            if one.collection == USERS
        ]


def _wiped(plan: SystemPlan) -> Wiped:
    def ids(*collections: str) -> frozenset[int]:
        return frozenset(
            number_of(one.key)
            for one in plan.objects
            if one.collection in collections and one.treatment is not Treatment.RETAIN
        )

    return Wiped(users=ids(USERS), tickets=ids(TICKETS), transactions=ids(MESSAGES, CONTRIBUTIONS))
