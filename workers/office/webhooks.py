"""Webhooks: which other programs are told what happens to a controller's requests."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from activities.connectors.api.address import refusal
from activities.ledger import NewWebhook, WebhookRow
from habeas.access import Scope
from habeas.errors import BadInput
from habeas.events import EventType
from habeas.model import Frozen
from workers.office.intake import words
from workers.office.room import Room

_PREFIX = EventType.OPENED.rpartition(".")[0] + "."


class MadeWebhook(Frozen):
    """A new webhook. Its secret is shown this once."""

    webhook: WebhookRow
    secret: str = Field(repr=False)


class Hooks(Room):
    """Methods on webhooks."""

    async def add_webhook(
        self, url: str, *, controller: str | None, types: tuple[str, ...] = (), by: str
    ) -> MadeWebhook:
        """Have a program told what happens from now on.

        Args:
            url: where messages go; https.
            controller: of whose requests; may be left out where there is one.
            types: of which events, with or without their common beginning; none for all.
            by: who adds it.

        Raises:
            BadInput: no such controller or type; the address is not one to be called, or is there already.
            NotAllowed: one may not for this controller.
        """
        self.demand(Scope.WEBHOOKS, controller)
        whose = self.one_of_reach(Scope.WEBHOOKS, controller)
        address = words("url", url, 2000)
        if wrong := refusal(address):
            raise BadInput(f"url: {wrong}.", field="url")
        new = NewWebhook(
            controller=whose,
            url=address,
            types=_types(types),
            created_at=self._now(),
            created_by=self.actor(words("by", by, 200)),
        )
        async with self._ledger.begin() as tx:
            row, secret = await tx.add_webhook(new)
        return MadeWebhook(webhook=row, secret=secret)

    async def webhooks(self) -> tuple[WebhookRow, ...]:
        """Webhooks that one may change, the newest first; no secrets."""
        self.demand(Scope.WEBHOOKS)
        async with self._ledger.begin() as tx:
            return await tx.webhooks(self.reach(Scope.WEBHOOKS))

    async def remove_webhook(self, webhook_id: str, *, by: str) -> WebhookRow:
        """End one; what it had not taken is not sent.

        Raises:
            BadInput: there is no such webhook.
        """
        self.demand(Scope.WEBHOOKS)
        actor = self.actor(words("by", by, 200))
        async with self._ledger.begin() as tx:
            return await tx.remove_webhook(webhook_id, self.reach(Scope.WEBHOOKS), self._now(), actor)

    async def enable_webhook(self, webhook_id: str) -> WebhookRow:
        """Send to one that was disabled, from where it was.

        Raises:
            BadInput: there is no such webhook.
        """
        self.demand(Scope.WEBHOOKS)
        async with self._ledger.begin() as tx:
            return await tx.enable_webhook(webhook_id, self.reach(Scope.WEBHOOKS), self._now())

    async def test_webhook(self, webhook_id: str) -> WebhookRow:
        """Have a worker send a test; `webhooks` says what came of it.

        Raises:
            BadInput: there is no such webhook.
        """
        self.demand(Scope.WEBHOOKS)
        async with self._ledger.begin() as tx:
            return await tx.test_webhook(webhook_id, self.reach(Scope.WEBHOOKS), self._now())


def _types(said: Iterable[str]) -> frozenset[EventType]:
    try:
        return frozenset(EventType(_PREFIX + one.removeprefix(_PREFIX)) for one in said)
    except ValueError:
        known = ", ".join(one.removeprefix(_PREFIX) for one in EventType)
        raise BadInput(f"types: write some of: {known}.", field="types") from None
