"""The connector of one HubSpot account: each act is handed to its room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from activities.connectors.api import ApiClient
from activities.connectors.api.connector import ApiConnector
from activities.connectors.api.erasure import carry_out, look_again, with_copies
from activities.connectors.hubspot import health
from activities.connectors.hubspot.change import HubSpotChanges
from activities.connectors.hubspot.hub import Hub
from activities.connectors.hubspot.locate import locate
from activities.connectors.hubspot.objects import HubSpotObjects
from activities.connectors.hubspot.records import Records
from activities.connectors.hubspot.settings import HubSpotSettings, collections_of, read
from activities.connectors.hubspot.walk import Walk
from habeas.connector import Capability, Health, Located, Manifest, Page, RecordRef, SystemPlan
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, EraseAnswer, Fate, Pending

__all__ = ["HubSpotConnector"]

_A_WHILE = 3 * 86_400.0
"""Seconds between two looks into the bin, which is emptied after 90 days."""


class HubSpotConnector(ApiConnector[HubSpotSettings]):
    """HubSpot's CRM."""

    stand_ins: ClassVar[Mapping[str, Any]] = {"token": "elsewhere"}
    read = staticmethod(read)

    def __init__(self, system: str, settings: HubSpotSettings) -> None:
        super().__init__(system, settings)
        signed = {"Authorization": f"Bearer {settings.token.get_secret_value()}"}
        self._api = ApiClient(system, settings.url, settings, headers=signed)
        self._hub = Hub(system, self._api)
        self._changes = HubSpotChanges(self._hub, settings)

    @staticmethod
    def manifest_of(settings: HubSpotSettings) -> Manifest:
        """What such an account can do."""
        able = {Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM}
        able |= {Capability.RECTIFY} if settings.rectifiable else set()
        able |= {Capability.RESTRICT} if settings.restriction else set()
        able |= {Capability.OBJECT} if settings.purposes else set()
        return Manifest(
            title=settings.title or "HubSpot",
            needs=("email", "phone", *settings.identifiers),
            yields=("email", "phone", *settings.identifiers),
            capabilities=frozenset(able),
            collections=collections_of(settings),
            confirm_after=settings.confirm_after,
            purposes=tuple(settings.purposes),
        )

    async def ping(self) -> Health:
        """Try every permission, and change nothing."""
        return await health.ping(self._hub, self._settings)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Every contact that bears one of these identifiers."""
        return await locate(self._hub, self._settings.identifiers, identifiers, self._settings.region)

    def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """Contacts with all their properties, and what is associated with them."""
        records = Records(self._hub, self._settings)
        return Walk(self._hub, records, self._settings).pages(roots, cursor)

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Carry the plan out by ids: what is associated first, contacts last."""
        return await carry_out(await self._objects(plan), plan)

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Look at every object again by id, into the bin and the history, and search for the person."""
        objects = await self._objects(plan)
        answer = await look_again(objects, plan)
        if not isinstance(answer, Done):
            return answer
        binned, past = objects.in_bin(plan.objects), await objects.in_history(plan.objects)
        result = tuple(with_copies(one, binned, past) for one in answer.result)
        if binned and self._settings.bin == "wait" and not any(one.fate is Fate.FAILED for one in result):
            return Pending(handle="bin", poll_after=_A_WHILE, so_far=result)
        return Done(result=result)

    async def _objects(self, plan: SystemPlan) -> HubSpotObjects:
        made = HubSpotObjects(self._hub, self._settings)
        await made.about(plan)
        return made
