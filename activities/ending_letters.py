"""Telling the privacy officer that short-lived data does not end in a system, and that it does again."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import structlog
from temporalio import activity

from activities.clockface import local_day
from activities.keeping import EndingOrder
from activities.ledger import ExpiryRow
from activities.ledger.troubles import BLOCKED, TroubleRow
from activities.letters import Controller
from activities.letters.ending import EndingFacts, NotEnding, ending_letter
from activities.mail import MailSender
from activities.naming import Naming
from activities.parts import Parts
from habeas.errors import BadInput, Terminal
from habeas.policy import Policy

log = structlog.get_logger(__name__)

AGAIN = timedelta(days=7)
"""While it goes on, staff are told as often."""
FIRST_LOOK = timedelta(hours=12)
"""What changed while it was being ended goes on the next day: single objects are told of once they stay longer, and so
is what is left alone as it is not known yet what must not end."""
UNLOOKED = "unlooked"
"""The system is left alone: it is not known yet what of it is of somebody who has asked for a copy."""
NOT_TOLD = "ending_letter_refused"
"""A controller's officer is not told of what ended: the letter was refused."""


class EndingLetterActivities:
    """What does not end by itself: noted, and told."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def report_expiry(self, order: EndingOrder) -> int:
        """Note how a sweep went in one system, and write what is due. The same order again sends nothing twice.

        Returns:
            How many letters went out.

        Raises:
            Transient: the mail server is away; what is due stays due.
        """
        sent = 0
        for _, policy in sorted(self._parts.policies.items()):
            if order.system in policy.systems:
                sent += await self._report(order, policy)
        return sent

    async def _report(self, order: EndingOrder, policy: Policy) -> int:
        async with self._parts.ledger.begin() as tx:
            if order.code is None:
                runs = await tx.expiries(self._first(order.system), order.began)
                objects = self._blocked(order.system, [run for run in runs if run.at <= order.at])
            else:
                objects = dict.fromkeys(self._short_lived(order.system))
            await tx.note_troubles(policy.id, order.system, order.code, objects, order.at)
            rows = await tx.troubles(policy.id, order.system, untold=True)
        going_on = [row for row in rows if row.mended_at is None and _is_due(row, order.at)]
        mended = [row for row in rows if row.mended_at is not None]
        sent = 0
        for due in (going_on, mended):
            if due:
                await self._send(order, policy, due)
                async with self._parts.ledger.begin() as tx:
                    await tx.mark_told(due, order.at)
                sent += 1
        return sent

    async def _send(self, order: EndingOrder, policy: Policy, rows: Collection[TroubleRow]) -> None:
        language, first = policy.controller.languages[0], min(rows, key=lambda row: row.since)
        named = Naming.of(policy, self._parts.connectors, language)
        facts = EndingFacts(
            controller=Controller(
                name=policy.controller.name, contact=policy.controller.email, address=policy.controller.address
            ),
            system=order.system,
            title=named.system(order.system),
            code=first.code,
            categories=tuple(
                NotEnding(
                    title=policy.text(policy.category(row.category).title, language),
                    count=row.objects,
                    since=local_day(policy, row.since),
                )
                for row in rows
            ),
            mended=first.mended_at is not None,
            again=first.told > 0,
        )
        letter = ending_letter(facts, language, policy.letters.folder if policy.letters else None)
        sender = MailSender(name=policy.controller.name, address=policy.controller.email)
        try:
            await self._parts.mailer.send(
                policy.controller.privacy_officer, letter, _message_id(policy, rows), sender, order.at
            )
        except (Terminal, BadInput) as error:
            # Refused for good: it stands in `habeas retention due`, and another letter is tried in a week.
            log.warning(NOT_TOLD, system=order.system, controller=policy.id, error=error.code)

    def _blocked(self, system: str, runs: Iterable[ExpiryRow]) -> dict[str, int | None]:
        """How many objects the system left, by category."""
        category = {one.name: one.category for one in self._parts.connector(system).manifest.collections}
        counts = Counter[str]()
        for run in runs:
            if run.system == system and run.blocked and run.collection in category:
                counts[category[run.collection]] += run.blocked
        return dict(counts)

    def _short_lived(self, system: str) -> list[str]:
        collections = self._parts.connector(system).manifest.collections
        return sorted({one.category for one in collections if one.expires is not None})

    def _first(self, system: str) -> str:
        """Under whom runs are counted, where several controllers share the system."""
        return next(name for name, policy in sorted(self._parts.policies.items()) if system in policy.systems)


def _is_due(row: TroubleRow, at: datetime) -> bool:
    if row.told_at is not None:
        return row.told_at + AGAIN <= at
    return row.code not in (BLOCKED, UNLOOKED) or row.since + FIRST_LOOK <= at


def _message_id(policy: Policy, rows: Collection[TroubleRow]) -> str:
    """The same for every try of the same letter."""
    names = [f"{row.system}/{row.category}/{row.since.isoformat()}/{row.told}/{row.mended_at}" for row in rows]
    name = uuid.uuid5(uuid.NAMESPACE_OID, f"ending/{policy.id}/{'/'.join(sorted(names))}")
    return f"<{name}@{policy.controller.email.rpartition('@')[2]}>"
