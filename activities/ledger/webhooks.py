"""Webhooks: addresses of other programs, and how one is kept: its secret sealed, its place in the line of events."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.event_tables import webhook, webhook_delivery
from activities.ledger.outbox import Outbox
from activities.ledger.room import context
from habeas.errors import BadInput
from habeas.events import EventType
from habeas.model import Frozen

__all__ = ["NewWebhook", "WebhookRow", "Webhooks"]

_SECRET_BYTES = 32


class NewWebhook(Frozen):
    """A webhook to be made."""

    controller: str
    url: str
    types: frozenset[EventType]
    """None for all."""
    created_at: AwareDatetime
    created_by: str


class WebhookRow(Frozen):
    """A webhook without its secret."""

    id: str
    controller: str
    url: str
    types: tuple[EventType, ...]
    created_at: AwareDatetime
    created_by: str
    taken_at: AwareDatetime | None
    """When it last took an event."""
    answered: str | None
    """What came of the last try: ``http_204``, ``timeout``, ``address_refused``."""
    tested_at: AwareDatetime | None
    test_answered: str | None
    """What came of the last test; unset while it is under way."""
    disabled_at: AwareDatetime | None
    """Since when it is sent nothing."""
    waiting: int
    """Events in its line that it has not taken."""
    given_up: int
    """Events that it refused for days while it took others: not sent any more."""


class Webhooks(Outbox):
    """Methods on webhooks."""

    async def add_webhook(self, new: NewWebhook) -> tuple[WebhookRow, str]:
        """Make one that is told of what happens from now on; the secret is returned this once and never again.

        Raises:
            BadInput: this controller has one with this address.
        """
        webhook_id = secrets.token_hex(6)
        secret = f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"
        made = await self._first(
            upsert(webhook)
            .values(
                id=webhook_id,
                controller=new.controller,
                url=new.url,
                types=sorted(new.types),
                secret=self._vault.house_key().seal(secret.encode(), secret_context(webhook_id)),
                master_key_id=self._vault.active_key_id,
                created_at=new.created_at,
                created_by=new.created_by,
                position=await self.last_position(),
            )
            .on_conflict_do_nothing()
            .returning(webhook.c.id)
        )
        if made is None:
            raise BadInput("This controller has a webhook with this address; see `habeas webhook list`.", field="url")
        return (await self._webhook(webhook_id, (new.controller,)))[0], secret

    async def webhooks(self, controllers: Iterable[str]) -> tuple[WebhookRow, ...]:
        """Webhooks of these controllers, the newest first."""
        return await self._webhook(None, controllers)

    async def remove_webhook(self, webhook_id: str, controllers: Iterable[str], at: datetime, actor: str) -> WebhookRow:
        """End one, with its secret and its line.

        Raises:
            BadInput: there is no such webhook.
        """
        (last,) = await self._webhook(webhook_id, controllers)
        await self._run(
            update(webhook).where(webhook.c.id == webhook_id).values(removed_at=at, removed_by=actor, secret=None)
        )
        await self._run(delete(webhook_delivery).where(webhook_delivery.c.webhook_id == webhook_id))
        return last

    async def enable_webhook(self, webhook_id: str, controllers: Iterable[str], at: datetime) -> WebhookRow:
        """Send again from where it was, and at once. What was given up stays so.

        Raises:
            BadInput: there is no such webhook.
        """
        await self._webhook(webhook_id, controllers)
        await self._run(update(webhook).where(webhook.c.id == webhook_id).values(disabled_at=None, answered=None))
        mine = (webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.given_up_at.is_(None))
        await self._run(update(webhook_delivery).where(*mine).values(next_at=at, tries=0, first_tried_at=None))
        return (await self._webhook(webhook_id, controllers))[0]

    async def test_webhook(self, webhook_id: str, controllers: Iterable[str], at: datetime) -> WebhookRow:
        """Put a test into its line, which is tried once.

        Raises:
            BadInput: there is no such webhook.
        """
        await self._webhook(webhook_id, controllers)
        mine = (webhook_delivery.c.webhook_id == webhook_id, webhook_delivery.c.position.is_(None))
        await self._run(delete(webhook_delivery).where(*mine))
        await self._run(insert(webhook_delivery).values(webhook_id=webhook_id, next_at=at))
        await self._run(update(webhook).where(webhook.c.id == webhook_id).values(tested_at=at, test_answered=None))
        return (await self._webhook(webhook_id, controllers))[0]

    async def _webhook(self, webhook_id: str | None, controllers: Iterable[str]) -> tuple[WebhookRow, ...]:
        """The webhook of this id, or all."""
        waits = webhook_delivery.c.given_up_at.is_(None)
        columns = [webhook.c[name] for name in WebhookRow.model_fields if name in webhook.c]
        conditions: list[ColumnElement[bool]] = [
            webhook.c.removed_at.is_(None),
            webhook.c.controller.in_(sorted(controllers)),
            self._mine(webhook.c.controller),
        ]
        if webhook_id is not None:
            conditions.append(webhook.c.id == webhook_id)
        in_line = select(func.count(webhook_delivery.c.position)).where(webhook_delivery.c.webhook_id == webhook.c.id)
        rows = await self._all(
            select(
                *columns,
                in_line.where(waits).scalar_subquery().label("waiting"),
                in_line.where(~waits).scalar_subquery().label("given_up"),
            )
            .where(*conditions)
            .order_by(webhook.c.created_at.desc(), webhook.c.id)
        )
        if webhook_id is not None and not rows:
            raise BadInput("There is no such webhook; see `habeas webhook list`.", field="webhook")
        return tuple(_row(row) for row in rows)


def _row(row: Row[Any]) -> WebhookRow:
    return WebhookRow(**{name: getattr(row, name) for name in WebhookRow.model_fields})


def secret_context(webhook_id: str) -> str:
    """What a webhook's sealed secret is bound to."""
    return context("", f"~webhook/{webhook_id}")
