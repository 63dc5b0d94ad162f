"""The watchdog: finds what has gone quiet, tells people, and shows that it lives. Runs beside workers and the desk.

Of several processes one looks at a time. What is found stands in the ledger, and is told once; again every few days
while it goes on; and once more when it is over. The mail and the webhook are told each on its own, so that one which
is away holds up nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from activities.mail import Mailer, SmtpServer
from habeas.errors import EngineUnavailable
from habeas.model import Stage
from habeas.watch import STAGE_TIMES, Finding, FindingKind, is_down
from workers.office.room import clock
from workers.rounds import rounds, until
from workers.watch_telling import Teller

if TYPE_CHECKING:
    from activities.ledger import Ledger
    from habeas.policy import Policy
    from workers.office import Engine
    from workers.settings import Settings, WatchSettings

__all__ = ["WATCH", "WATCHED", "WORKER", "Watchdog", "watchdog"]

log = structlog.get_logger(__name__)

WATCH, WATCHED, WORKER = "watch", "watched", "worker"
"""Signs of life: a round that began, one that ended, a worker."""
WATCH_FAILED = "watchdog_failed"
"""A round of the watchdog failed: it is tried again."""

ALARM_TAKES = timedelta(hours=1)
"""After a term's end its alarm has rung for long."""
SETTLING = timedelta(seconds=30)
STARTING = timedelta(minutes=15)
"""A workflow that was started is there."""
WORKER_SILENT = timedelta(minutes=5)
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
        self._teller = Teller(ledger, mailer, policies, settings, private=private)
        self._policies = policies
        self._settings = settings
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
        await self._teller.tell(standing, told, now)
        async with self._ledger.begin() as tx:
            await tx.beat(WATCHED, now)
        await self._teller.say_alive(now)
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
                if one.since < down_since and is_down(one.code)
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


def watchdog(settings: Settings, ledger: Ledger, engine: Engine, policies: Mapping[str, Policy]) -> Watchdog:
    """The watchdog of an installation, for any of its processes."""
    mailer = Mailer(SmtpServer.model_validate(settings.mail.model_dump()))
    private = settings.webhooks.private_addresses
    return Watchdog(ledger, engine, mailer, policies, settings.watch, private=private)
