"""The connector of one Tryton database: each act is handed to its room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

from activities.connectors.api import ApiClient
from activities.connectors.api.erasure import carry_out, look_again
from activities.connectors.tryton import health
from activities.connectors.tryton.change import Changer
from activities.connectors.tryton.locate import locate
from activities.connectors.tryton.objects import TrytonObjects
from activities.connectors.tryton.rpc import Rpc
from activities.connectors.tryton.schema import Schema
from activities.connectors.tryton.settings import TrytonSettings, collections_of, kinds_of, read
from activities.connectors.tryton.standing import vetoes
from activities.connectors.tryton.walk import Walk
from habeas.connector import Capability, Change, Health, Located, Manifest, Page, RecordRef, SystemPlan, Veto
from habeas.model import Identifier
from habeas.outcomes import ChangeAnswer, ConfirmAnswer, Done, EraseAnswer

__all__ = ["TrytonConnector"]


class TrytonConnector:
    """Tryton."""

    def __init__(self, system: str, settings: TrytonSettings) -> None:
        self._settings = settings
        self.manifest = _manifest(settings)
        self._api = ApiClient(system, settings.url, settings)
        self._rpc = Rpc(system, self._api, settings.database, settings.user, settings.password.get_secret_value())
        further = {model: one.fields for model, one in settings.models.items()}
        self._schema = Schema(self._rpc, further, settings.ignored)

    @classmethod
    def from_settings(cls, system: str, settings: Mapping[str, Any]) -> Self:
        """Make the connector of one configured database.

        Raises:
            ConfigurationError: a setting is missing or wrong, or Tryton cannot do what is asked; names each.
        """
        return cls(system, read(system, settings))

    @classmethod
    def describe(cls, system: str, settings: Mapping[str, Any]) -> Manifest:
        """See `habeas.connector.Describing`."""
        return _manifest(read(system, {"user": "elsewhere", "password": "", **settings}))

    async def ping(self) -> Health:
        """Ask for every permission, and for what nobody decided; change nothing."""
        return await health.ping(self._rpc, self._schema, self._settings)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Every party that bears one of these identifiers."""
        return await locate(self._rpc, self._settings.identifiers, identifiers, self._settings.region)

    def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """Parties with all that is on their card, their invoices and what they owe, and what hangs on each."""
        return self._walk().pages(roots, cursor)

    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        """Invoices under way and open balances."""
        return await vetoes(self._rpc, plan, await self._walk().family(plan.roots))

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Carry the plan out by numbers, parties by Tryton's own wizard."""
        objects = await self._objects(plan)
        answer = await carry_out(objects, plan)
        return Done(result=tuple(map(objects.told, answer.result))) if isinstance(answer, Done) else answer

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Read every object by its number again, with what Tryton's wizard leaves, and look for the person."""
        objects = await self._objects(plan)
        answer = await look_again(objects, plan)
        return Done(result=tuple(map(objects.told, answer.result))) if isinstance(answer, Done) else answer

    async def change(self, change: Change, handle: str | None) -> ChangeAnswer:
        """Correct a card, or mark a party."""
        return await Changer(self._rpc, self._settings).change(change)

    async def confirm_change(self, change: Change, handle: str | None) -> ConfirmAnswer:
        """Look at each value again."""
        return await Changer(self._rpc, self._settings).confirm(change)

    async def aclose(self) -> None:
        """Give back connections. The session ends by itself."""
        await self._api.aclose()

    def _walk(self) -> Walk:
        return Walk(self._rpc, self._schema, kinds_of(self._settings), self._settings.restriction)

    async def _objects(self, plan: SystemPlan) -> TrytonObjects:
        made = TrytonObjects(self._rpc, self._schema, self._settings, plan)
        await made.about()
        return made


def _manifest(settings: TrytonSettings) -> Manifest:
    able = {
        *(Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM, Capability.RECTIFY),
        Capability.VETO,
        *((Capability.RESTRICT,) if settings.restriction else ()),
        *((Capability.OBJECT,) if settings.purposes else ()),
    }
    return Manifest(
        title=settings.title or "Tryton",
        needs=("email", "phone", *settings.identifiers),
        yields=("email", "phone", *settings.identifiers),
        capabilities=frozenset(able),
        collections=collections_of(settings),
        purposes=tuple(settings.purposes),
        glossary=settings.glossary,
    )
