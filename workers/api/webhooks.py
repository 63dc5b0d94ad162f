"""Webhooks: which other programs are told what happens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path
from pydantic import Field

from activities.ledger import WebhookRow
from activities.ledger.paging import Order, Turn
from habeas.access import Scope
from habeas.events import CloudEvent
from workers.api.callers import Caller, may
from workers.api.paging import Page, paged
from workers.api.requests import Once
from workers.office.typed import Typed
from workers.office.webhooks import MadeWebhook

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
told = APIRouter(tags=["webhooks"])
"""What is sent to webhooks: for the document."""

Hooks = Annotated[Caller, may(Scope.WEBHOOKS)]
WebhookId = Annotated[str, Path(max_length=40)]


class WebhookList(Page[WebhookRow]):
    """Webhooks without their secrets."""

    ORDER = Order(
        "-created_at",
        created_at={"created_at": datetime, "id": str},
        controller={"controller": str, "id": str},
        waiting={"waiting": int, "id": str},
    )


class NewWebhook(Typed):
    """A webhook to be added."""

    url: str = Field(min_length=1, max_length=2000, description="Where messages go; https.")
    controller: str | None = Field(default=None, max_length=80, description="May be left out where there is one.")
    types: tuple[str, ...] = Field(default=(), max_length=50, description="Types of events; none for all.")


@router.get("")
async def webhooks(who: Hooks, turn: Annotated[Turn, paged(WebhookList.ORDER)]) -> WebhookList:
    """List the webhooks, and how each one does; the newest first."""
    return WebhookList.of(await who.office.webhooks(), turn)


@router.post("", status_code=201)
async def add_webhook(who: Hooks, once: Once, asked: NewWebhook) -> MadeWebhook:
    """Add one. Its secret is in this answer and in no other: lost, remove the webhook and add it again."""
    async with once.secret(who, asked):
        return await who.office.add_webhook(asked.url, controller=asked.controller, types=asked.types, by=who.account)


@router.delete("/{webhook_id}")
async def remove_webhook(who: Hooks, once: Once, webhook_id: WebhookId) -> WebhookRow:
    """End one; what it had not taken is not sent."""
    return await once.kept(who, WebhookRow, lambda _: who.office.remove_webhook(webhook_id, by=who.account))


@router.post("/{webhook_id}/enable")
async def enable_webhook(who: Hooks, once: Once, webhook_id: WebhookId) -> WebhookRow:
    """Send to one that was disabled, from where it was."""
    return await once.kept(who, WebhookRow, lambda _: who.office.enable_webhook(webhook_id))


@router.post("/{webhook_id}/test", status_code=202)
async def test_webhook(who: Hooks, once: Once, webhook_id: WebhookId) -> WebhookRow:
    """Have a worker send a test; the list says what came of it (`test_answered`)."""
    return await once.kept(who, WebhookRow, lambda _: who.office.test_webhook(webhook_id))


@told.post(
    "request_event",
    status_code=204,
    response_description="Taken: any 2xx within 15 seconds",
    responses={410: {"description": "Send nothing more"}, "4XX": {"description": "Not taken: it is sent again"}},
)
def request_event(
    event: CloudEvent,
    webhook_id: Annotated[str, Header(alias="webhook-id", description="The event's id: the same each time.")],
    webhook_timestamp: Annotated[str, Header(alias="webhook-timestamp", description="Seconds since 1970.")],
    webhook_signature: Annotated[
        str, Header(alias="webhook-signature", description="Standard Webhooks 1.0: `v1,` and HMAC-SHA256 in base64.")
    ],
) -> None:
    """Something happened to a request. Sent as `application/cloudevents+json`."""
