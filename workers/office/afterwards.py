"""What comes back after an erasure: from a restored backup, or by a system that takes somebody up again."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from activities.ledger import NewReplay
from activities.replay_model import Replay, ReplayReport, ReplayWanted
from habeas.access import Scope
from habeas.errors import BadInput
from habeas.evidence import Tag
from habeas.model import Frozen, Identifier
from workers.office.intake import words
from workers.office.room import Room

__all__ = ["MOST_ASKED", "Afterwards", "Suppressed"]

MOST_ASKED = 500
"""Identifiers in one question."""
SHORTEST = 12
"""Characters of a digest that must be typed."""


class Suppressed(Frozen):
    """What a system learns of one identifier that it asked about: nothing else of the person, nor of the request."""

    suppressed: bool
    since: date | None = Field(default=None, description="The day of the erasure, where the controller is.")


class Afterwards(Room):
    """Methods on what comes back."""

    async def look_back(
        self, since: str, *, system: str | None = None, controller: str | None = None, by: str, reason: str
    ) -> ReplayReport:
        """What of the erasures since then is there again in the systems. Changes nothing there.

        Who looks is one of those who must have seen what is back before it is erased once more.

        Args:
            since: the moment whose state was restored, ISO; without an offset it is meant where the controllers are.
            system: only this one.
            controller: only this one's; unset for all for whom they may approve.
            by: who looks.
            reason: why; sealed.

        Raises:
            BadInput: no such moment, controller or system.
            NotAllowed: they may approve nothing.
            EngineUnavailable: no worker answered in time.
        """
        actor, why = self.actor(words("by", by, 200)), words("reason", reason)
        wanted = self._wanted(since, system, controller)
        report = await self._engine.replay(Replay(wanted=wanted, actor=actor), f"look/{uuid.uuid4()}")
        if report.plan:
            await self._saw(report.plan, actor, wanted, why)
        return report

    async def erase_again(
        self, since: str, *, plan: str, system: str | None = None, controller: str | None = None, by: str, reason: str
    ) -> ReplayReport:
        """Erase once more what was seen to be back: exactly that, or nothing (``carried_out`` says which).

        Args:
            since: as it was looked.
            plan: the digest of what was seen, or its first 12 characters.
            system: as it was looked.
            controller: as it was looked.
            by: who has it erased; with whoever looked, as many people as the policy has approve an erasure.
            reason: why; sealed.

        Raises:
            BadInput: nobody saw what this digest names.
            NotAllowed, EngineUnavailable: as `look_back`.
        """
        actor, why = self.actor(words("by", by, 200)), words("reason", reason)
        wanted = self._wanted(since, system, controller)
        if len(plan) < SHORTEST:
            raise BadInput(f"plan: the digest that the look gave, at least {SHORTEST} characters of it.", field="plan")
        async with self._ledger.begin() as tx:
            known = await tx.replay_seen(plan.lower())
        if len(known) != 1:
            raise BadInput("plan: nobody has seen this. Look first, and give the digest of what is back.", field="plan")
        await self._saw(known[0], actor, wanted, why)
        return await self._engine.replay(Replay(wanted=wanted, plan=known[0], actor=actor), known[0][:16])

    async def _saw(self, digest: str, actor: str, wanted: ReplayWanted, reason: str) -> None:
        new = NewReplay(digest=digest, actor=actor, since=wanted.since, at=self._now(), reason=reason)
        async with self._ledger.begin() as tx:
            await tx.note_replay(new)

    def _wanted(self, since: str, system: str | None, controller: str | None) -> ReplayWanted:
        self.demand(Scope.REQUESTS_APPROVE)
        reach = self.reach(Scope.REQUESTS_APPROVE)
        if controller is not None:
            reach = [self.one_of_reach(Scope.REQUESTS_APPROVE, controller)]
        known = sorted({name for one in reach for name in self.policy(one).systems})
        if system is not None and system not in known:
            raise BadInput(f"system: write one of: {', '.join(known)}.", field="system")
        try:
            at = datetime.fromisoformat(since.strip())
        except ValueError:
            raise BadInput("since: write a moment as 2026-11-30T04:00.", field="since") from None
        at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(self._zone(reach)))
        if at > self._now():
            raise BadInput("since: this lies in the future.", field="since")
        return ReplayWanted(since=at, controllers=tuple(sorted(reach)), system=system)

    async def suppressed(
        self, identifiers: tuple[Identifier, ...], *, controller: str | None = None, by: str
    ) -> tuple[Suppressed, ...]:
        """Of each of these, in their order: whether whoever it leads to, and to nobody else, was erased.

        The evidence of each request that is met says who asked, once a day.

        Args:
            identifiers: whole.
            controller: whose; may be left out where there is one.
            by: the account that asks.

        Raises:
            BadInput: none or too many identifiers, or no such controller.
            NotAllowed: it may not ask.
        """
        self.demand(Scope.SUPPRESSION_ASK)
        whose = self.one_of_reach(Scope.SUPPRESSION_ASK, controller)
        if not 1 <= len(identifiers) <= MOST_ASKED:
            raise BadInput(f"identifiers: from 1 to {MOST_ASKED}.", field="identifiers")
        actor, now = self.actor(words("by", by, 200)), self._now()
        zone = ZoneInfo(self.policy(whose).controller.clock_tz)
        async with self._ledger.begin() as tx:
            rows = await tx.suppressed(whose, identifiers)
            for request_id in sorted({row.request_id for row in rows if row is not None}):
                dedupe = f"suppression/{actor}/{now.date().isoformat()}"
                await tx.record(request_id, Tag.SUPPRESSION_MET, at=now, actor=actor, facts={}, dedupe=dedupe)
        return tuple(
            Suppressed(suppressed=row is not None, since=row.since.astimezone(zone).date() if row else None)
            for row in rows
        )
