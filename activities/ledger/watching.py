"""The watchdog's room: what the ledger shows to have gone quiet; what was found and told; signs of life."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from pydantic import AwareDatetime
from sqlalchemy import Row, and_, case, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.letters import LetterState
from activities.ledger.room import Room, plain
from activities.ledger.tables import evidence, evidence_head, letter, request
from activities.ledger.watch_tables import finding, finding_told, heartbeat
from habeas.model import Frozen, Stage
from habeas.watch import Finding, FindingKind, finding_id

__all__ = ["ToldRow", "WatchRow", "Watching"]


class WatchRow(Finding):
    """A finding as it is kept."""

    id: str
    seen_at: AwareDatetime
    ended_at: AwareDatetime | None = None


class ToldRow(Frozen):
    """What one channel was told of a finding."""

    finding_id: str
    channel: str
    times: int
    at: AwareDatetime
    over_at: AwareDatetime | None = None


class Watching(Room):
    """Methods of the watchdog."""

    # Signs of life

    async def beat(self, name: str, at: datetime) -> None:
        """It lives."""
        await self._run(
            upsert(heartbeat)
            .values(name=name, at=at)
            .on_conflict_do_update(index_elements=["name"], set_={"at": at}, where=heartbeat.c.at < at)
        )

    async def begin_round(self, name: str, at: datetime, every: timedelta) -> bool:
        """Take this round, if nobody began one since less than so long ago: of several processes one does."""
        row = await self._first(
            upsert(heartbeat)
            .values(name=name, at=at)
            .on_conflict_do_update(index_elements=["name"], set_={"at": at}, where=heartbeat.c.at <= at - every)
            .returning(heartbeat.c.name)
        )
        return row is not None

    async def beats(self) -> dict[str, datetime]:
        """When each last gave a sign of life."""
        return {row.name: row.at for row in await self._all(select(heartbeat))}

    # What the ledger shows

    async def quiet_requests(self, now: datetime, times: Mapping[Stage, timedelta]) -> tuple[Finding, ...]:
        """Open requests that wait for nothing, and to which nothing has happened for longer than their stage takes."""
        latest = case(
            {stage.value: literal(now - time) for stage, time in times.items()}, value=request.c.stage, else_=None
        )
        rows = await self._all(
            select(request.c.id, request.c.controller, request.c.stage, evidence.c.at)
            .join(evidence_head, evidence_head.c.request_id == request.c.id)
            .join(evidence, and_(evidence.c.request_id == request.c.id, evidence.c.n == evidence_head.c.n))
            .where(
                request.c.closed_at.is_(None),
                request.c.paused_from.is_(None),
                func.cardinality(request.c.blocked_on) == 0,
                evidence.c.at < latest,
            )
            .order_by(request.c.id)
        )
        return tuple(_of_request(FindingKind.REQUEST_QUIET, row, row.at, row.stage) for row in rows)

    async def late_timers(self, before: datetime) -> tuple[Finding, ...]:
        """Open requests whose term was over by then, and whose alarm has not rung."""
        rows = await self._all(
            select(request.c.id, request.c.controller, request.c.due_at, request.c.stage)
            .where(
                request.c.closed_at.is_(None),
                request.c.paused_from.is_(None),
                request.c.overdue.is_(False),
                request.c.due_at < before,
            )
            .order_by(request.c.id)
        )
        return tuple(_of_request(FindingKind.TIMER_LATE, row, row.due_at, row.stage) for row in rows)

    async def stuck_letters(self, before: datetime) -> tuple[Finding, ...]:
        """By controller: letters that were written by then, and not sent since."""
        rows = await self._all(
            select(request.c.controller, func.count().label("letters"), func.min(letter.c.queued_at).label("since"))
            .join(request, request.c.id == letter.c.request_id)
            .where(
                letter.c.state == LetterState.QUEUED.value, letter.c.queued_at < before, letter.c.content.is_not(None)
            )
            .group_by(request.c.controller)
            .order_by(request.c.controller)
        )
        return tuple(
            Finding(
                kind=FindingKind.LETTER_STUCK,
                about=row.controller,
                controller=row.controller,
                count=row.letters,
                since=row.since,
            )
            for row in rows
        )

    async def carried(self, started_before: datetime) -> dict[str, str]:
        """Open requests that were started by then, each with its controller: a workflow carries every one."""
        rows = await self._all(
            select(request.c.id, request.c.controller).where(
                request.c.closed_at.is_(None), request.c.started_at < started_before
            )
        )
        return {row.id: row.controller for row in rows}

    # What was found

    async def note_findings(self, found: Iterable[Finding], looked: Collection[FindingKind], at: datetime) -> None:
        """What a round found, of the kinds that it could look for; whatever it found no more is over."""
        new = {(one.kind, one.about): one for one in found}
        standing = await self._all(
            select(finding.c.id, finding.c.kind, finding.c.about).where(finding.c.ended_at.is_(None))
        )
        known = {(FindingKind(row.kind), row.about): row.id for row in standing}
        over = [name for place, name in known.items() if place not in new and place[0] in looked]
        if over:
            await self._run(update(finding).where(finding.c.id.in_(over)).values(ended_at=at))
        for place, one in sorted(new.items()):
            if place in known:
                seen = {"count": one.count, "code": one.code, "seen_at": at}
                await self._run(update(finding).where(finding.c.id == known[place]).values(seen))
            else:
                values = one.model_dump() | {"id": finding_id(*place, at), "kind": one.kind.value, "seen_at": at}
                await self._run(upsert(finding).values(values).on_conflict_do_nothing())

    async def findings(self, *, ended_since: datetime | None = None) -> tuple[WatchRow, ...]:
        """What is wrong now, the longest first; with ``ended_since`` also what was over since then."""
        standing = finding.c.ended_at.is_(None)
        wanted = [standing if ended_since is None else or_(standing, finding.c.ended_at >= ended_since)]
        if self._controllers is not None:
            wanted.append(or_(finding.c.controller.is_(None), self._mine(finding.c.controller)))
        rows = await self._all(select(finding).where(*wanted).order_by(finding.c.since, finding.c.id))
        return tuple(WatchRow(**plain(row)) for row in rows)

    async def told_of(self, finding_ids: Collection[str]) -> tuple[ToldRow, ...]:
        """What was told of these."""
        rows = await self._all(select(finding_told).where(finding_told.c.finding_id.in_(sorted(finding_ids))))
        return tuple(ToldRow(**plain(row)) for row in rows)

    async def tell(self, finding_id: str, channel: str, at: datetime, *, over: bool = False) -> None:
        """This channel was told of it once more; or that it is over."""
        if over:
            told = finding_told.c
            where = (told.finding_id == finding_id, told.channel == channel)
            await self._run(update(finding_told).where(*where).values(over_at=at))
            return
        await self._run(
            upsert(finding_told)
            .values(finding_id=finding_id, channel=channel, times=1, at=at)
            .on_conflict_do_update(
                index_elements=["finding_id", "channel"], set_={"times": finding_told.c.times + 1, "at": at}
            )
        )


def _of_request(kind: FindingKind, row: Row[tuple[object, ...]], since: datetime, code: str) -> Finding:
    return Finding(kind=kind, about=row.id, request_id=row.id, controller=row.controller, code=code, since=since)
