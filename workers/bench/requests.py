"""Requests on the embedded stack, everything counted: workers, Temporal, PostgreSQL, and the staff's side of it.

The work is that of `workers.bench.shop`: one person's 60 rows in ten tables of three stores. Staff attest who asks, as
soon as the request is there; a copy is released without a review, an erasure takes two approvals.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from os import getpid
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from temporalio.client import Client

from habeas.acts import ActKind
from habeas.errors import HabeasError, WrongStage
from habeas.model import Outcome, Right, Stage
from workers.bench.floor import bare
from workers.bench.line import Bound, Line, Say, line
from workers.bench.shop import email_of, shop
from workers.bench.usage import cpu_seconds
from workers.office import NewRequestInput, Office, open_office
from workers.stack import PartName, Stack, StackOptions, running_stack

__all__ = ["Peer", "course", "request_lines"]

IN_FLIGHT = 50
_PATIENCE = 300.0
_LOOK = 0.02
_PARTS = frozenset({PartName.POSTGRES, PartName.TEMPORAL, PartName.MAILBOX, PartName.WORKER})
_COUNTING = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track_utility": "off"}
# Deferred references are checked by PostgreSQL itself when all is committed: nobody sent that, and checks that are not
# deferred are not counted either.
_STATEMENTS = """
SELECT coalesce(sum(calls), 0)::float8 FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = 'habeas' AND query NOT LIKE '%bench_look%' AND query NOT LIKE '%pg_stat_statements%'
AND query NOT LIKE 'SELECT % FROM ONLY "public".% FOR KEY SHARE OF x'
"""
_LOOKED = "SELECT id, stage FROM request /* bench_look */ WHERE id = ANY($1)"


class Unfinished(HabeasError):
    """A measured request did not end as it should."""

    code = "bench_unfinished"
    remedy = "Look at its page in the Temporal UI; with `--keep`, the data folder stays."


@dataclass(frozen=True)
class Peer:
    """What another engine took for the same work on the machine where it was measured (see docs/performance.md)."""

    name: str
    alone: float
    """Seconds for one request alone."""
    a_second: float
    """Requests a second, many at once."""
    cpu: float
    """CPU seconds a request."""


FIDES = {
    Right.ACCESS: Peer("Fides 2.86", 1.2, 1.05, 0.97),
    Right.ERASURE: Peer("Fides 2.86", 2.7, 0.52, 2.1),
}


@dataclass
class Taken:
    """What some requests took."""

    seconds: float
    """By the clock, all of them."""
    cpu: float
    """CPU seconds, all of them."""
    statements: float
    """Of the ledger, all of them."""
    ids: list[str] = field(default_factory=list)


class Course:
    """One stack, on which requests are carried out."""

    def __init__(
        self,
        stack: Stack,
        office: Office,
        ledger: asyncpg.Connection,
        looking: asyncpg.Connection,
        people: Iterator[int],
    ) -> None:
        self._stack = stack
        self.office = office
        self._ledger = ledger
        self._looking = looking
        self._people = people
        self._open: set[str] = set()
        self._stands: dict[str, str] = {}
        self._moved = asyncio.Condition()

    @property
    def pids(self) -> list[int]:
        """The processes that are counted."""
        parts = (self._stack.part(name).process for name in self._stack.parts)
        return [*(one.pid for one in parts if one is not None), getpid()]

    async def run(self, right: Right, requests: int, in_flight: int, *, patience: float = _PATIENCE) -> Taken:
        """Carry out so many requests, so many at once."""
        gate, ids = asyncio.Semaphore(in_flight), list[str]()

        async def one() -> None:
            async with gate:
                ids.append(await self._one(right, patience))

        looking = asyncio.ensure_future(self._look())
        try:
            statements = await self._counted()
            used, begun = cpu_seconds(self.pids), time.monotonic()
            await asyncio.gather(*(one() for _ in range(requests)))
            seconds, cpu = time.monotonic() - begun, cpu_seconds(self.pids) - used
            return Taken(seconds, cpu, await self._counted() - statements, ids)
        finally:
            looking.cancel()

    async def _one(self, right: Right, patience: float) -> str:
        opened = await self.office.open_request(
            NewRequestInput(
                right=right.value, opened_by="Bench", emails=(email_of(next(self._people)),), jurisdiction="DK"
            )
        )
        self._open.add(opened.id)
        async with asyncio.timeout(patience):
            await self._until(opened.id, Stage.VERIFYING)
            await self.office.act(ActKind.ATTEST, opened.id, by="Ann", reason="known by voice")
            if right is Right.ERASURE:
                await self._until(opened.id, Stage.REVIEWING)
                plan = await self.office.plan(opened.id, by="Ann", reason="review")
                for by in ("Ann", "Bo"):
                    await self._approve(opened.id, by, plan.digest)
            await self._until(opened.id, Stage.CLOSED)
        self._open.discard(opened.id)
        return opened.id

    async def _approve(self, request_id: str, by: str, plan: str) -> None:
        """Where the ledger says that it is in review a moment before its workflow does, ask again."""
        while True:
            try:
                await self.office.act(ActKind.APPROVE, request_id, by=by, reason="seen", plan=plan)
            except WrongStage:
                await asyncio.sleep(_LOOK)
            else:
                return

    async def _until(self, request_id: str, stage: Stage) -> None:
        async with self._moved:
            await self._moved.wait_for(lambda: self._stands.get(request_id) in {stage, Stage.CLOSED})

    async def _look(self) -> None:
        """One look for all who wait, so that waiting costs next to nothing."""
        while True:
            rows = await self._looking.fetch(_LOOKED, list(self._open))
            async with self._moved:
                self._stands = {row["id"]: row["stage"] for row in rows}
                self._moved.notify_all()
            await asyncio.sleep(_LOOK)

    async def _counted(self) -> float:
        counted = await self._ledger.fetchval(_STATEMENTS)
        return float(counted)

    async def check(self, ids: list[str]) -> None:
        """Whether each ended with what was asked.

        Raises:
            Unfinished: one did not.
        """
        rows = await self._ledger.fetch("SELECT outcome FROM request WHERE id = ANY($1)", ids)
        wrong = [row["outcome"] for row in rows if row["outcome"] != Outcome.FULFILLED]
        if wrong:
            raise Unfinished(f"{len(wrong)} of {len(rows)} requests: {', '.join(sorted(set(map(str, wrong))))}.")

    async def history(self, request_id: str) -> tuple[int, int, int]:
        """Events, bytes and scheduled activities of a request's history."""
        client = await self.temporal()
        await client.get_workflow_handle(request_id).result()  # the ledger knows the end a moment before
        described = await client.get_workflow_handle(request_id).describe()
        info = described.raw_description.workflow_execution_info
        history = await client.get_workflow_handle(request_id).fetch_history()
        scheduled = sum(event.HasField("activity_task_scheduled_event_attributes") for event in history.events)
        return info.history_length, info.history_size_bytes, scheduled

    async def temporal(self) -> Client:
        """A client of its Temporal server."""
        return await Client.connect(self._stack.addresses.temporal)

    @property
    def server(self) -> list[int]:
        """The Temporal server's process."""
        return self.of(PartName.TEMPORAL)

    def of(self, kind: PartName) -> list[int]:
        """The processes of one kind of part."""
        parts = (self._stack.part(name).process for name in self._stack.parts if name.partition("-")[0] == kind)
        return [one.pid for one in parts if one is not None]

    def store(self, name: str) -> str:
        """The address of one of its stores."""
        return self._stack.postgres.dsn(name)


@asynccontextmanager
async def course(people: int, *, worker: bool = True) -> AsyncIterator[Course]:
    """A new stack with so many people in its stores."""
    with TemporaryDirectory(prefix="habeas-bench-") as folder:
        parts = _PARTS if worker else _PARTS - {PartName.WORKER}
        options = StackOptions(Path(folder), people=people, stores=shop(), parts=parts, postgres=_COUNTING)
        async with running_stack(options) as stack, open_office(stack.settings()) as office:
            ledger, looking = [await asyncpg.connect(stack.addresses.ledger) for _ in range(2)]
            try:
                await ledger.execute("CREATE EXTENSION pg_stat_statements")
                yield Course(stack, office, ledger, looking, count(1))
            finally:
                await ledger.close()
                await looking.close()


async def request_lines(say: Say, *, runs: int, each: int) -> list[Line]:
    """Access and erasure of one person, alone and many at once.

    Args:
        say: told what is under way.
        runs: how often everything is measured.
        each: how many requests a run has.
    """
    lines: list[Line] = []
    async with course(people=2 * runs * (each + 6)) as one:
        for right in (Right.ACCESS, Right.ERASURE):
            say(f"{right.value}: {runs} runs of {each} requests, {IN_FLIGHT} in flight, and alone")
            lines += await _lines(one, right, runs, each)
    return lines


async def _lines(one: Course, right: Right, runs: int, each: int) -> list[Line]:
    peer, name = FIDES[right], right.value
    await one.run(right, 3, 1)  # caches are warm, plans are made
    alone = [(await one.run(right, 1, 1)).seconds for _ in range(runs)]
    many = [await one.run(right, each, IN_FLIGHT) for _ in range(runs)]
    for taken in many:
        await one.check(taken.ids)
    cpu = [taken.cpu / each for taken in many]
    events, size, activities = await one.history(many[-1].ids[-1])
    client = await one.temporal()
    floors = [(await bare(client, one.server, activities, each, IN_FLIGHT))[0] for _ in range(runs)]
    floor = sorted(floors)[len(floors) // 2]
    return [
        line(f"{name}, alone", alone, "s", floor=peer.alone, value=Bound(most=0.5)),
        line(f"{name}, {IN_FLIGHT} in flight, beside {peer.name}", [each / taken.seconds for taken in many],
             "requests/s", floor=peer.a_second, ratio=Bound(least=10)),
        line(f"{name}, CPU beside {peer.name}", cpu, "s/request", floor=peer.cpu, ratio=Bound(most=1 / 8)),
        line(f"{name}, CPU beside a bare workflow of {activities} activities", cpu, "s/request", floor=floor,
             ratio=Bound(most=1.5)),
        line(f"{name}, events", [events], "events", value=Bound(most=60)),
        line(f"{name}, history", [size / 1000], "kB", value=Bound(most=20)),
        line(f"{name}, ledger", [taken.statements / each for taken in many], "statements/request",
             value=Bound(most=30)),
    ]  # fmt: skip
