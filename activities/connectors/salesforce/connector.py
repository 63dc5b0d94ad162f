"""The connector of one Salesforce org: each act is handed to its room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from activities.connectors.api import ApiClient
from activities.connectors.api.connector import ApiConnector
from activities.connectors.api.erasure import carry_out, look_again, with_copies
from activities.connectors.salesforce import health
from activities.connectors.salesforce.change import SalesforceChanges
from activities.connectors.salesforce.locate import Finder
from activities.connectors.salesforce.objects import SalesforceObjects
from activities.connectors.salesforce.records import Records
from activities.connectors.salesforce.rest import Rest
from activities.connectors.salesforce.session import Session
from activities.connectors.salesforce.settings import SalesforceSettings, collections_of, read
from activities.connectors.salesforce.vetoes import vetoes
from activities.connectors.salesforce.walk import Walk
from habeas.connector import Capability, Health, Located, Manifest, Page, RecordRef, SystemPlan, Veto
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, EraseAnswer, Fate, Pending

__all__ = ["SalesforceConnector"]

_A_WHILE = {"wait": 3 * 86_400.0, "empty": 6 * 3600.0}
"""Seconds between two looks into the recycle bin: it keeps for 15 days, and shows for about one what was taken out."""


class SalesforceConnector(ApiConnector[SalesforceSettings]):
    """Salesforce."""

    stand_ins: ClassVar[Mapping[str, Any]] = {
        "client_id": "elsewhere",
        "client_secret": "elsewhere",
        "username": None,
        "private_key": None,
    }
    read = staticmethod(read)

    def __init__(self, system: str, settings: SalesforceSettings) -> None:
        super().__init__(system, settings)
        self._api = ApiClient(system, settings.url, settings)
        self._rest = Rest(Session(system, self._api, settings), settings.version)
        self._changes = SalesforceChanges(self._rest, settings)

    async def ping(self) -> Health:
        """Try every permission, and change nothing."""
        return await health.ping(self._rest, self._settings)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Every contact, lead and person account that bears one of these, and cases of nobody."""
        return await Finder(self._rest, self._records(), self._settings).locate(identifiers)

    def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """People with all their fields and old values, and what points at them, files too."""
        return Walk(self._rest, self._records(), self._settings).pages(roots, cursor)

    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        """Open cases, and users of a portal."""
        return await vetoes(self._rest, self._records(), plan)

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Carry the plan out by ids, children first; then take out of the recycle bin what went in, if so set."""
        objects = await self._objects(plan, erasing=True)
        answer = await carry_out(objects, plan)
        if isinstance(answer, Done):
            await self._rest.empty_bin(objects.to_take_out)
        return answer

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Look at every object again by id, into the recycle bin and the history, and search for the person."""
        objects = await self._objects(plan, erasing=False)
        answer = await look_again(objects, plan)
        if not isinstance(answer, Done):
            return answer
        binned, past = objects.in_bin(plan.objects), objects.in_history(plan.objects)
        result = tuple(with_copies(one, binned, past) for one in answer.result)
        if binned and self._settings.bin in _A_WHILE and not any(one.fate is Fate.FAILED for one in result):
            return Pending(handle="bin", poll_after=_A_WHILE[self._settings.bin], so_far=result)
        return Done(result=result)

    @staticmethod
    def manifest_of(settings: SalesforceSettings) -> Manifest:
        """What this org can do."""
        able = {Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM, Capability.VETO}
        able |= {Capability.RECTIFY} if any(settings.rectifiable.values()) else set()
        able |= {Capability.RESTRICT} if settings.restriction else set()
        able |= {Capability.OBJECT} if settings.purposes else set()
        kinds = tuple(dict.fromkeys(("email", "phone", *settings.identifiers)))
        return Manifest(
            title=settings.title or "Salesforce",
            needs=kinds,
            yields=kinds,
            capabilities=frozenset(able),
            collections=collections_of(settings),
            confirm_after=settings.confirm_after,
            purposes=tuple(settings.purposes),
            glossary=settings.glossary,
        )

    def _records(self) -> Records:
        return Records(self._rest, self._settings)

    async def _objects(self, plan: SystemPlan, *, erasing: bool) -> SalesforceObjects:
        made = SalesforceObjects(self._rest, self._settings, erasing=erasing)
        await made.about(plan)
        return made
