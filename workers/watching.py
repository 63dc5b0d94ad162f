"""The watchdog: finds what has gone quiet, tells people, and shows that it lives. Runs beside workers and the desk.

Of several processes one looks at a time. What is found stands in the ledger, and is told once; again every few days
while it goes on; and once more when it is over. The mail and the webhook are told each on its own, so that one which
is away holds up nobody.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Gauge

from activities.letters import Controller
from activities.letters.watch import WatchFacts, watch_letter
from activities.mail import Mailer, MailSender, SmtpServer
from activities.webhook_client import WebhookClient
from habeas.errors import BadInput, EngineUnavailable, HabeasError, Terminal
from habeas.model import Stage
from habeas.watch import FOR_HUMANS, STAGE_TIMES, Finding, FindingKind
from workers.office.room import clock
from workers.rounds import rounds, until

if TYPE_CHECKING:
    from activities.ledger import Ledger, ToldRow, WatchRow
    from habeas.policy import Policy
    from workers.office import Engine
    from workers.settings import Settings, WatchSettings

__all__ = ["WATCH", "WATCHED", "WORKER", "Watchdog", "watchdog"]

log = structlog.get_logger(__name__)

WATCH, WATCHED, WORKER = "watch", "watched", "worker"
"""Signs of life: a round that began, one that ended, a worker."""
WATCH_FAILED = "watchdog_failed"
NOT_TOLD = "watchdog_not_told"
FOUND = "watchdog_found"
FINDINGS = Gauge("habeas_watch_findings", "What the watchdog finds wrong now", ["kind"])
LAST_ROUND = Gauge("habeas_watch_last_round_timestamp_seconds", "When the watchdog last looked at everything")

OPERATORS = "mail:operators"
HOOK = "webhook"
ALARM_TAKES = timedelta(hours=1)
"""After a term's end its alarm has rung for long."""
SETTLING = timedelta(seconds=30)
STARTING = timedelta(minutes=15)
"""A workflow that was started is there."""
WORKER_SILENT = timedelta(minutes=5)
AWAY = timedelta(minutes=10)
"""Temporal may be restarted in this time without anybody hearing of it."""
SWEEP_EVERY = timedelta(days=2)
_IN_THE_ENGINE = frozenset({FindingKind.WORKFLOW_FAILING, FindingKind.WORKFLOW_MISSING, FindingKind.SWEEP_QUIET})


class Watchdog:
    """Looks at one installation.

    Args:
        ledger: everybody's.
        engine: Temporal, as the office sees it.
        mailer: takes the letters.
        policies: by controller.
        settings: how often, and who is told.
        private: whether webhooks may be addresses of our own networks.
        now: the time.
    """

    def __init__(
        self,
        ledger: Ledger,
        engine: Engine,
        mailer: Mailer,
        policies: Mapping[str, Policy],
        settings: WatchSettings,
        *,
        private: bool = False,
        now: Callable[[], datetime] = clock,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._mailer = mailer
        self._policies = policies
        self._settings = settings
        self._private = private
        self._now = now
        self._every = timedelta(minutes=settings.every_minutes)

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop; not while a process has only begun, and others with it."""
        await until(stop, SETTLING.total_seconds())
        await rounds(self.once, stop, self._every.total_seconds(), failed=WATCH_FAILED)

    async def once(self) -> bool:
        """One round, if none began of late. Returns whether it was this process's."""
        now = self._now()
        async with self._ledger.begin() as tx:
            # A little less: two clocks that tick together must not skip every other round.
            if not await tx.begin_round(WATCH, now, self._every * 0.9):
                return False
        found, looked = await self._look(now)
        async with self._ledger.begin() as tx:
            await tx.note_findings(found, looked, now)
            standing = await tx.findings(ended_since=now - timedelta(days=self._settings.again_days))
            told = await tx.told_of([one.id for one in standing])
        for kind in FindingKind:
            FINDINGS.labels(kind).set(sum(one.kind is kind and one.ended_at is None for one in standing))
        await self._tell(standing, told, now)
        async with self._ledger.begin() as tx:
            await tx.beat(WATCHED, now)
        LAST_ROUND.set(now.timestamp())
        await self._say_alive(now)
        return True

    # Looking

    async def _look(self, now: datetime) -> tuple[list[Finding], frozenset[FindingKind]]:
        """What is wrong, and which kinds could be looked for."""
        async with self._ledger.begin() as tx:
            found = [
                *await tx.quiet_requests(now, self._times()),
                *await tx.late_timers(now - ALARM_TAKES),
                *await tx.stuck_letters(now - timedelta(minutes=self._settings.letter_minutes)),
            ]
            down_since = now - timedelta(hours=self._settings.system_hours)
            found += [
                Finding(
                    kind=FindingKind.SYSTEM_DOWN,
                    about=f"{one.system}/{one.code}",
                    system=one.system,
                    code=one.code,
                    count=one.requests,
                    since=one.since,
                )
                for one in await tx.troubled()
                if one.since < down_since and one.code.partition(":")[0] not in {*FOR_HUMANS, "vetoed"}
            ]
            beat = (await tx.beats()).get(WORKER)
            carried = await tx.carried(now - STARTING)
        if beat is not None and beat < now - WORKER_SILENT:
            found.append(Finding(kind=FindingKind.NO_WORKER, about=WORKER, since=beat))
        try:
            found += await self._look_in_engine(carried, now)
        except EngineUnavailable:
            found.append(Finding(kind=FindingKind.ENGINE_AWAY, about="temporal", since=now))
            return found, frozenset(FindingKind) - _IN_THE_ENGINE
        return found, frozenset(FindingKind)

    async def _look_in_engine(self, carried: Mapping[str, str], now: datetime) -> list[Finding]:
        found = [
            Finding(
                kind=FindingKind.WORKFLOW_FAILING,
                about=workflow_id,
                controller=carried.get(workflow_id),
                request_id=workflow_id if workflow_id in carried else None,
                since=now,
            )
            for workflow_id in await self._engine.failing()
        ]
        running = await self._engine.running_requests() if carried else frozenset()
        # The list of what runs is a little late: the one workflow is asked for before anybody is told.
        found += [
            Finding(
                kind=FindingKind.WORKFLOW_MISSING,
                about=request_id,
                request_id=request_id,
                controller=carried[request_id],
                since=now,
            )
            for request_id in sorted(carried.keys() - running)
            if not await self._engine.is_running(request_id)
        ]
        begun = await self._engine.sweep_begun()
        if begun is not None and begun < now - SWEEP_EVERY:
            found.append(Finding(kind=FindingKind.SWEEP_QUIET, about="habeas-sweep", since=begun))
        return found

    def _times(self) -> dict[Stage, timedelta]:
        proofs = [policy.identity.expires_after_days for policy in self._policies.values()]
        waits = [policy.erasure.wait_days or 0 for policy in self._policies.values()]
        return {
            **STAGE_TIMES,
            Stage.VERIFYING: timedelta(days=max(proofs, default=30) + 2),
            Stage.FULFILLING: STAGE_TIMES[Stage.FULFILLING] + timedelta(days=max(waits, default=0)),
        }

    # Telling

    async def _tell(self, standing: tuple[WatchRow, ...], told: tuple[ToldRow, ...], now: datetime) -> None:
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

    async def _say_alive(self, now: datetime) -> None:
        """To the dead man's switch outside."""
        if self._settings.alive is None:
            return
        async with WebhookClient(self._settings.alive.get_secret_value(), None, private=self._private) as client:
            answered = await client.send(f"alive.{now:%Y%m%d%H%M%S}", now, b"")
        if not answered.taken:
            log.warning(NOT_TOLD, channel="alive", error=answered.code)


def watchdog(settings: Settings, ledger: Ledger, engine: Engine, policies: Mapping[str, Policy]) -> Watchdog:
    """The watchdog of an installation, for any of its processes."""
    mailer = Mailer(SmtpServer.model_validate(settings.mail.model_dump()))
    private = settings.webhooks.private_addresses
    return Watchdog(ledger, engine, mailer, policies, settings.watch, private=private)


class NotTaken(HabeasError):
    """The program that is told of findings did not take one."""

    code = "watch_not_taken"

    def __init__(self, answered: str) -> None:
        super().__init__(f"It answered {answered}.", answered=answered)


def _name(to: str, due: Iterable[WatchRow], over: Iterable[WatchRow], known: Mapping[str, ToldRow]) -> str:
    """The same for every try of the same word to the same receiver."""
    times = [f"{one.id}/{known[one.id].times if one.id in known else 0}" for one in due]
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(["watch", to, *times, "over", *(one.id for one in over)])))
