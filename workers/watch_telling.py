"""Telling people what the watchdog found, each channel on its own, so that one which is away holds up nobody."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from activities.letters import Controller
from activities.letters.watch import WatchFacts, watch_letter
from activities.mail import Mailer, MailSender
from activities.webhook_client import WebhookClient
from habeas.errors import BadInput, HabeasError, Terminal
from habeas.watch import FindingKind

if TYPE_CHECKING:
    from activities.ledger import Ledger, ToldRow, WatchRow
    from habeas.policy import Policy
    from workers.settings import WatchSettings

__all__ = ["NotTaken", "Teller"]

log = structlog.get_logger(__name__)

NOT_TOLD = "watchdog_not_told"
"""A channel could not be told of findings: it is tried again."""
FOUND = "watchdog_found"
"""A channel was told of findings."""
OPERATORS = "mail:operators"
HOOK = "webhook"
AWAY = timedelta(minutes=10)
"""Temporal may be restarted in this time without anybody hearing of it."""


class Teller:
    """Tells people by mail and webhook.

    Args:
        ledger: where it stands whom it told what.
        mailer: takes the letters.
        policies: by controller.
        settings: who is told, and how often.
        private: whether webhooks may be addresses of our own networks.
    """

    def __init__(
        self,
        ledger: Ledger,
        mailer: Mailer,
        policies: Mapping[str, Policy],
        settings: WatchSettings,
        *,
        private: bool,
    ) -> None:
        self._ledger = ledger
        self._mailer = mailer
        self._policies = policies
        self._settings = settings
        self._private = private

    async def tell(self, standing: tuple[WatchRow, ...], told: tuple[ToldRow, ...], now: datetime) -> None:
        """Tell every channel what is due to it.

        Args:
            standing: what is wrong, or was of late.
            told: what was told of it before.
            now: the time.
        """
        by_channel: dict[str, list[WatchRow]] = {}
        for one in standing:
            for channel in self._channels(one):
                by_channel.setdefault(channel, []).append(one)
        for channel, rows in sorted(by_channel.items()):
            known = {row.finding_id: row for row in told if row.channel == channel}
            due = [one for one in rows if self._is_due(one, known.get(one.id), now)]
            over = [one for one in rows if one.ended_at and one.id in known and known[one.id].over_at is None]
            if not (due or over):
                continue
            try:
                send = self._post if channel == HOOK else self._mail
                await send(channel, due, over, known, now)
            except HabeasError as error:
                # It stays due; the other channels are told all the same.
                log.warning(NOT_TOLD, channel=channel, error=error.code)
                continue
            log.warning(FOUND, channel=channel, found=[one.kind.value for one in due], over=len(over))
            async with self._ledger.begin() as tx:
                for one in due:
                    await tx.tell(one.id, channel, now)
                for one in over:
                    await tx.tell(one.id, channel, now, over=True)

    def _channels(self, one: WatchRow) -> Iterable[str]:
        if self._settings.webhook:
            yield HOOK
        if self._settings.mail:
            yield OPERATORS
            return
        for name, policy in self._policies.items():
            if one.controller == name or (
                one.controller is None and (one.system is None or one.system in policy.systems)
            ):
                yield f"mail:{name}"

    def _is_due(self, one: WatchRow, told: ToldRow | None, now: datetime) -> bool:
        if one.ended_at is not None:
            return False
        if told is None:
            return one.kind is not FindingKind.ENGINE_AWAY or one.since <= now - AWAY
        return told.at <= now - timedelta(days=self._settings.again_days)

    async def _mail(
        self,
        channel: str,
        due: list[WatchRow],
        over: list[WatchRow],
        known: Mapping[str, ToldRow],
        now: datetime,
    ) -> None:
        """One letter to each of the channel's people.

        Raises:
            Transient: the mail server is away.
        """
        whose = channel.removeprefix("mail:")
        policy = self._policies.get(whose) or next(iter(self._policies.values()))
        to = self._settings.mail if channel == OPERATORS else (policy.controller.privacy_officer,)
        facts = WatchFacts(
            controller=Controller(
                name=policy.controller.name, contact=policy.controller.email, address=policy.controller.address
            ),
            found=tuple(due),
            over=tuple(over),
            again=all(one.id in known for one in due),
            runbooks=self._settings.runbooks.rstrip("/"),
            zone=policy.controller.clock_tz,
        )
        letter = watch_letter(facts, policy.controller.languages[0], policy.letters.folder if policy.letters else None)
        sender = MailSender(name=policy.controller.name, address=policy.controller.email)
        for address in to:
            message_id = f"<{_name(address, due, over, known)}@{policy.controller.email.rpartition('@')[2]}>"
            try:
                await self._mailer.send(address, letter, message_id, sender, now)
            except (Terminal, BadInput) as error:
                # Refused for good: it stands on the desk, and is tried again with the next word.
                log.warning(NOT_TOLD, channel=channel, error=error.code)

    async def _post(
        self,
        channel: str,
        due: list[WatchRow],
        over: list[WatchRow],
        known: Mapping[str, ToldRow],
        now: datetime,
    ) -> None:
        """One message for each to the program that is told.

        Raises:
            NotTaken: one of them.
        """
        secret = self._settings.webhook_secret
        if self._settings.webhook is None or secret is None:
            return
        async with WebhookClient(self._settings.webhook, secret.get_secret_value(), private=self._private) as client:
            for one in (*due, *over):
                message_id = _name(HOOK, [one], [], known) + (".over" if one.ended_at else "")
                answered = await client.send(message_id, now, self._event(one, message_id, now))
                if not answered.taken:
                    raise NotTaken(answered.code)

    def _event(self, one: WatchRow, message_id: str, now: datetime) -> bytes:
        data = one.model_dump(mode="json", exclude_none=True, exclude={"id", "seen_at"})
        data["runbook"] = f"{self._settings.runbooks.rstrip('/')}/{one.kind}.md"
        event = {
            "specversion": "1.0",
            "id": message_id,
            "source": "urn:habeas:watch",
            "type": "eu.habeas.watch.over" if one.ended_at else "eu.habeas.watch.found",
            "subject": f"{one.kind}/{one.about}",
            "time": now.isoformat(),
            "datacontenttype": "application/json",
            "data": data,
        }
        return json.dumps(event, sort_keys=True).encode()

    async def say_alive(self, now: datetime) -> None:
        """To the dead man's switch outside."""
        if self._settings.alive is None:
            return
        async with WebhookClient(self._settings.alive.get_secret_value(), None, private=self._private) as client:
            answered = await client.send(f"alive.{now:%Y%m%d%H%M%S}", now, b"")
        if not answered.taken:
            log.warning(NOT_TOLD, channel="alive", error=answered.code)


class NotTaken(HabeasError):
    """The program that is told of findings did not take one."""

    code = "watch_not_taken"

    def __init__(self, answered: str) -> None:
        super().__init__(f"It answered {answered}.", answered=answered)


def _name(to: str, due: Iterable[WatchRow], over: Iterable[WatchRow], known: Mapping[str, ToldRow]) -> str:
    """The same for every try of the same word to the same receiver."""
    times = [f"{one.id}/{known[one.id].times if one.id in known else 0}" for one in due]
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(["watch", to, *times, "over", *(one.id for one in over)])))
