"""What webhooks have not taken yet: put in line per webhook, claimed by one sender at a time, tried again, given up."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, insert, literal, select, update

from activities.ledger.event_tables import outgoing_event, webhook, webhook_delivery
from activities.ledger.outbox import Placed, events, of_types, placed
from activities.ledger.tables import evidence, request
from activities.ledger.webhooks import Webhooks, secret_context
from habeas.events import CloudEvent, EventType

__all__ = ["Claimed", "Deliveries", "Endpoint"]

_WINDOW = 1000
"""Places of the line that one step looks at."""


@dataclass(frozen=True)
class Endpoint:
    """Where a webhook's messages go, and the secret that signs them."""

    id: str
    controller: str
    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Claimed:
    """A message that the claimer sends, and nobody else meanwhile."""

    id: int
    tries: int
    """This one included."""
    event: CloudEvent | None
    """None for a test."""


class Deliveries(Webhooks):
    """Methods on deliveries. None of them looks at whose they are: senders serve every controller."""

    async def line_up(self) -> bool:
        """Put new events into the lines of the webhooks that want them; whether there may be more."""
        last = await self.last_position()
        behind = await self._all(
            select(webhook.c.id, webhook.c.controller, webhook.c.types, webhook.c.position)
            .where(webhook.c.removed_at.is_(None), webhook.c.disabled_at.is_(None), webhook.c.position < last)
            .with_for_update(key_share=True, skip_locked=True)
        )
        for one in behind:
            upto = min(last, one.position + _WINDOW)
            types = [EventType(name) for name in one.types] or [*EventType]
            line = outgoing_event.c.position
            wanted = (
                events()
                .where(line > one.position, line <= upto, request.c.controller == one.controller, of_types(types))
                .with_only_columns(
                    literal(one.id).label("webhook_id"),
                    line,
                    evidence.c.request_id,
                    func.to_timestamp(0).label("next_at"),
                )
            )
            await self._run(
                insert(webhook_delivery).from_select(["webhook_id", "position", "request_id", "next_at"], wanted)
            )
            await self._run(update(webhook).where(webhook.c.id == one.id).values(position=upto))
        return any(one.position + _WINDOW < last for one in behind)

    async def due_webhooks(self, now: datetime) -> tuple[Endpoint, ...]:
        """Those that there is something to be sent to."""
        theirs = webhook_delivery.c.webhook_id == webhook.c.id
        waiting = (theirs, webhook_delivery.c.given_up_at.is_(None), webhook_delivery.c.next_at <= now)
        # A test goes to a disabled one, too.
        test = webhook.c.disabled_at.is_(None) | webhook_delivery.c.position.is_(None)
        rows = await self._all(
            select(webhook).where(
                webhook.c.removed_at.is_(None), select(webhook_delivery.c.id).where(*waiting, test).exists()
            )
        )
        return tuple(
            Endpoint(
                id=row.id,
                controller=row.controller,
                url=row.url,
                secret=self._vault.house_key(row.master_key_id).open(row.secret, secret_context(row.id)).decode(),
            )
            for row in rows
        )

    async def claim(self, webhook_id: str, now: datetime, lease: timedelta, limit: int) -> tuple[Claimed, ...]:
        """Take messages to send: of each request the first in its line, and no other, until that is taken or given up.

        Whoever does not say what came of one within ``lease`` is taken for dead, and another may send it.
        """
        own, before = webhook_delivery, webhook_delivery.alias()
        # One request's are sent one after the other: its first that is neither taken nor given up bars the rest.
        barred = select(before.c.id).where(
            before.c.webhook_id == own.c.webhook_id,
            before.c.request_id == own.c.request_id,
            before.c.position < own.c.position,
            before.c.given_up_at.is_(None),
        )
        sent = select(webhook.c.id).where(
            webhook.c.id == webhook_id,
            webhook.c.removed_at.is_(None),
            webhook.c.disabled_at.is_(None) | own.c.position.is_(None),
        )
        due = (
            select(own.c.id)
            .where(own.c.webhook_id == webhook_id, own.c.given_up_at.is_(None), own.c.next_at <= now)
            .where(sent.exists(), ~barred.exists())
            .order_by(own.c.next_at, own.c.position)
            .limit(limit)
            .with_for_update(of=own, skip_locked=True)
        )
        ids = [row.id for row in await self._all(due)]
        if not ids:
            return ()
        rows = await self._all(
            update(own)
            .where(own.c.id.in_(ids))
            .values(
                next_at=now + lease,
                tries=own.c.tries + 1,
                first_tried_at=func.coalesce(own.c.first_tried_at, now),
            )
            .returning(own.c.id, own.c.tries, own.c.position)
        )
        told = await self._at([row.position for row in rows if row.position is not None])
        return tuple(
            Claimed(row.id, row.tries, told[row.position].event if row.position is not None else None) for row in rows
        )

    async def taken(self, webhook_id: str, one: Claimed, now: datetime, answered: str) -> None:
        """The webhook took it."""
        await self._run(delete(webhook_delivery).where(webhook_delivery.c.id == one.id))
        said = {"answered": answered, "taken_at": now} if one.event else {"test_answered": answered}
        await self._run(update(webhook).where(webhook.c.id == webhook_id).values(**said))

    async def not_taken(self, webhook_id: str, one: Claimed, again_at: datetime, answered: str) -> None:
        """The webhook did not take it: try it again then. A test is tried once."""
        if one.event is None:
            await self.taken(webhook_id, one, again_at, answered)
            return
        await self._run(update(webhook_delivery).where(webhook_delivery.c.id == one.id).values(next_at=again_at))
        await self._run(update(webhook).where(webhook.c.id == webhook_id).values(answered=answered))

    async def give_up(self, webhook_id: str, one: Claimed, now: datetime, answered: str, *, gone: bool) -> bool:
        """It was tried for days. If others were taken meanwhile, this one is given up; else the webhook is disabled.

        Args:
            webhook_id: the webhook.
            one: the message.
            now: the time.
            answered: what came of the last try.
            gone: the webhook says itself that it wants no more.

        Returns:
            Whether the webhook is disabled by this.
        """
        since = select(webhook_delivery.c.first_tried_at).where(webhook_delivery.c.id == one.id).scalar_subquery()
        takes_others = webhook.c.taken_at > since
        disabled_at = case((takes_others, None), else_=now) if not gone else literal(now)
        row = await self._first(
            update(webhook)
            .where(webhook.c.id == webhook_id, webhook.c.disabled_at.is_(None))
            .values(disabled_at=disabled_at, answered=answered)
            .returning(webhook.c.disabled_at)
        )
        if row is not None and row.disabled_at is None:
            await self._run(update(webhook_delivery).where(webhook_delivery.c.id == one.id).values(given_up_at=now))
        return row is not None and row.disabled_at is not None

    async def disabled_webhooks(self) -> dict[str, int]:
        """How many webhooks of each controller are disabled."""
        rows = await self._all(
            select(webhook.c.controller, func.count(webhook.c.disabled_at).label("disabled"))
            .where(webhook.c.removed_at.is_(None))
            .group_by(webhook.c.controller)
        )
        return {row.controller: row.disabled for row in rows}

    async def _at(self, positions: list[int]) -> dict[int, Placed]:
        rows = await self._all(events().where(outgoing_event.c.position.in_(positions)))
        return {row.position: placed(row) for row in rows}
