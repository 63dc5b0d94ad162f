"""The connector of one Stripe account: each act is handed to its room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar

from activities.connectors.api import ApiClient
from activities.connectors.api.connector import ApiConnector
from activities.connectors.api.erasure import carry_out, look_again
from activities.connectors.stripe import health
from activities.connectors.stripe.change import StripeChanges
from activities.connectors.stripe.locate import locate
from activities.connectors.stripe.objects import StripeObjects
from activities.connectors.stripe.redaction import Jobs, told
from activities.connectors.stripe.rest import Rest
from activities.connectors.stripe.settings import StripeSettings, collections_of, read
from activities.connectors.stripe.standing import vetoes
from activities.connectors.stripe.walk import Walk
from habeas.connector import Capability, Health, Located, Manifest, Page, RecordRef, SystemPlan, Veto
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, Drifted, EraseAnswer, Pending

__all__ = ["StripeConnector"]

_SEARCH_CATCHES_UP = 60.0
"""Seconds: https://docs.stripe.com/search#data-freshness."""


class StripeConnector(ApiConnector[StripeSettings]):
    """Stripe."""

    stand_ins: ClassVar[Mapping[str, Any]] = {"key": ""}
    read = staticmethod(read)

    def __init__(self, system: str, settings: StripeSettings) -> None:
        super().__init__(system, settings)
        headers = {"Authorization": f"Bearer {settings.key.get_secret_value()}", "Stripe-Version": settings.version}
        self._api = ApiClient(system, settings.url, settings, headers=headers)
        self._rest = Rest(system, self._api)
        self._changes = StripeChanges(system, self._rest, settings)
        self._jobs = Jobs(system, self._rest, settings.redaction) if settings.redaction else None

    @staticmethod
    def manifest_of(settings: StripeSettings) -> Manifest:
        """What such an account can do."""
        able = {
            *(Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM, Capability.RECTIFY),
            Capability.VETO,
            *((Capability.OBJECT,) if settings.objections else ()),
        }
        return Manifest(
            title=settings.title or "Stripe",
            needs=("email", "phone") if settings.search else ("email",),
            yields=("email", "phone"),
            capabilities=frozenset(able),
            collections=collections_of(settings),
            confirm_after=_SEARCH_CATCHES_UP if settings.search else 0.0,
            purposes=tuple(settings.objections),
            glossary=settings.glossary,
        )

    async def ping(self) -> Health:
        """Try every permission, and change nothing."""
        return await health.ping(self._api, self._settings)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Every customer who bears one of these addresses or numbers."""
        return await locate(self._system, self._rest, identifiers, search=self._settings.search)

    def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """Customers, and what they pay with, bought, were billed and dispute."""
        return Walk(self._system, self._rest).pages(roots, cursor)

    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        """Live subscriptions, open invoices and disputes, payments that were not captured."""
        walk = Walk(self._system, self._rest)
        return await vetoes(walk, plan, cancels=self._settings.cancel_subscriptions)

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Delete and anonymise by the plan; what only a job can redact, once all else is done."""
        if handle is not None and self._jobs is not None:
            waits = await self._jobs.under_way(handle)
            if waits is not None:
                return waits
        objects = self._objects(plan)
        answer = await carry_out(objects, plan)
        if self._jobs is None or not isinstance(answer, Done | Drifted):
            return answer
        if isinstance(answer, Drifted):
            if handle is not None:
                await self._jobs.cancel(handle)
            return answer
        step = await self._jobs.advance(objects.to_redact)
        return step if isinstance(step, Pending) else Done(result=told(answer.result, step))

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Read every object by its id again, and look for the person."""
        return await look_again(self._objects(plan), plan)

    def _objects(self, plan: SystemPlan) -> StripeObjects:
        return StripeObjects(self._system, self._rest, self._settings, plan)
