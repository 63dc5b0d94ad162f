"""Sends webhooks what happened: beside the worker, in order per request, again and again for days."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from activities.ledger import Claimed, Endpoint, Ledger
from activities.webhook_client import TIMEOUT, Answered, WebhookClient
from habeas.events import CloudEvent
from workers.office.room import clock
from workers.rounds import rounds

__all__ = ["RETRIES", "Sender"]

log = structlog.get_logger(__name__)

DISABLED = "webhook_disabled"
"""A webhook has not taken anything for days, and is sent nothing any more."""
GIVEN_UP = "webhook_event_given_up"
"""An event was given up: its webhook did not take it for days."""
SENDING_FAILED = "webhook_sending_failed"
"""Looking for what webhooks are to get failed: it is tried again."""
WEBHOOKS_DISABLED = Gauge("habeas_webhooks_disabled", "Webhooks that are sent nothing any more", ["controller"])

RETRIES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, *(hours * 60 * 60 for hours in (2, 5, 10, 14, 20, 24)))
)
"""How long after each try the next one comes, as Standard Webhooks advises: a little more than three days in all."""
_JITTER = 0.1
_LOOK = 1.0  # seconds
_LEASE = timedelta(seconds=4 * TIMEOUT)
_AT_ONCE = 8
"""Messages under way to one webhook."""
_TEST = b'{"specversion":"1.0","id":"%s","source":"urn:habeas","type":"eu.habeas.test"}'


class Sender:
    """Sends to every webhook of a ledger; a slow one holds up no other. Several may run at once.

    Args:
        ledger: whose events and webhooks.
        private: whether webhooks may be addresses of our own networks.
        now: the time.
    """

    def __init__(self, ledger: Ledger, *, private: bool = False, now: Callable[[], datetime] = clock) -> None:
        self._ledger = ledger
        self._private = private
        self._now = now
        self._stop = asyncio.Event()
        self._sending: dict[str, asyncio.Task[None]] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop; what is under way is waited for."""
        self._stop = stop
        await rounds(self._look, stop, _LOOK, failed=SENDING_FAILED)
        await asyncio.gather(*self._sending.values(), return_exceptions=True)

    async def once(self) -> None:
        """Send what is due now."""
        await self._look()
        await asyncio.gather(*self._sending.values())

    async def _look(self) -> None:
        more = True
        while more:
            async with self._ledger.begin() as tx:
                more = await tx.place_events()
            async with self._ledger.begin() as tx:
                disabled = await tx.disabled_webhooks()
                if disabled:
                    more = await tx.line_up() or more
        for controller, count in disabled.items():
            WEBHOOKS_DISABLED.labels(controller).set(count)
        if not disabled:  # nobody wants to be told
            return
        async with self._ledger.begin() as tx:
            due = await tx.due_webhooks(self._now())
        for webhook in due:
            if (task := self._sending.get(webhook.id)) is None or task.done():
                self._sending[webhook.id] = asyncio.create_task(self._drain(webhook))

    async def _drain(self, webhook: Endpoint) -> None:
        try:
            async with WebhookClient(webhook.url, webhook.secret, private=self._private) as client:
                while not self._stop.is_set():
                    async with self._ledger.begin() as tx:
                        claimed = await tx.claim(webhook.id, self._now(), _LEASE, _AT_ONCE)
                    if not claimed:
                        return
                    await asyncio.gather(*(self._send(client, webhook, one) for one in claimed))
        except Exception as error:  # noqa: BLE001 - other webhooks go on, and this one is tried again
            log.warning(SENDING_FAILED, webhook=webhook.id, error=getattr(error, "code", type(error).__name__))

    async def _send(self, client: WebhookClient, webhook: Endpoint, one: Claimed) -> None:
        message_id, body = _message(one)
        answered = await client.send(message_id, self._now(), body)
        now = self._now()
        async with self._ledger.begin() as tx:
            if answered.taken:
                await tx.taken(webhook.id, one, now, answered.code)
            elif one.event is not None and (answered.gone or one.tries > len(RETRIES)):
                disabled = await tx.give_up(webhook.id, one, now, answered.code, gone=answered.gone)
                event = DISABLED if disabled else GIVEN_UP
                log.error(event, webhook=webhook.id, controller=webhook.controller, answered=answered.code)
            else:
                await tx.not_taken(webhook.id, one, now + _wait(one.tries, answered), answered.code)


def _wait(tries: int, answered: Answered) -> timedelta:
    planned = RETRIES[min(tries, len(RETRIES)) - 1] * random.uniform(1, 1 + _JITTER)  # noqa: S311 - spreads load only
    return max(planned, timedelta(seconds=answered.retry_after or 0))


def _message(one: Claimed) -> tuple[str, bytes]:
    event: CloudEvent | None = one.event
    if event is not None:
        return event.id, event.json_bytes()
    return f"test.{one.id}", _TEST % f"test.{one.id}".encode()
