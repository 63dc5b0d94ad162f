"""Several systems' step in one call: those that are called from this process, and answer at once.

What does not answer, or fails, is left out, and then called by itself on its own queue, with retries and everything
that a system may need; see `activities.systems`. Whoever took long is not asked together again for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog
from temporalio import activity

from activities.believing import located
from activities.collecting import collected, note_collected, note_located
from activities.deciding import Deciders, find_deciders
from activities.finding import Graph, load_graph, save_graph
from activities.model import (
    CollectOrder,
    CollectReport,
    FindOrder,
    FindReport,
    GatheredReport,
    SettleReport,
    SystemOrder,
)
from activities.pages import Collected
from activities.parts import Parts
from activities.record import proven_graph, settled_now
from activities.stages import enter_with
from activities.wrapper import counted
from habeas.connector import Match
from habeas.model import Identifier

__all__ = ["TogetherActivities"]

log = structlog.get_logger(__name__)

NOT_AT_ONCE = "system_not_at_once"
"""A system took too long to go with others: it is asked by itself."""
AT_ONCE = 10.0
"""Seconds. A system that takes longer is asked by itself."""
LEFT_ALONE = 600.0
"""Seconds for which it then is."""
ROUNDS = 10
"""At most; who knows something new after that is asked by itself."""

T = TypeVar("T")


class TogetherActivities:
    """Steps over several systems."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._alone_until: dict[str, float] = {}

    @activity.defn
    async def find_together(self, order: FindOrder) -> FindReport:
        """Find the person's records, round by round, until nothing new is known of them; changes nothing anywhere."""
        async with self._parts.ledger.begin() as tx:
            await enter_with(tx, order)
            graph = await proven_graph(tx, await tx.request(order.request_id), self._parts)
        ask = self._to_ask(graph, order.systems, graph.leads())
        left: set[str] = set()
        said: list[tuple[str, tuple[Identifier, ...], tuple[Match, ...]]] = []
        for _ in range(ROUNDS):
            answers = await asyncio.gather(*(self._locate(name, asked) for name, asked in ask.items()))
            for (name, asked), matches in zip(ask.items(), answers, strict=True):
                if matches is None:
                    left.add(name)
                else:
                    said.append((name, asked, matches))
                    graph = graph.answered(name, asked, matches)
            settled = graph.settled()
            new = self._to_ask(graph, [name for name in order.systems if name not in left], settled.leads)
            ask = {name: asked for name, asked in new.items() if asked}
            if not ask or settled.contradictions:
                break
        known = await self._settle(order, said)
        return FindReport(known=known, left=tuple(sorted({*left, *ask})))

    @activity.defn
    async def collect_together(self, order: CollectOrder) -> GatheredReport:
        """Collect everything of the person from each system, page by page into storage."""
        async with self._parts.ledger.begin() as tx:
            await enter_with(tx, order)
            graph = await load_graph(tx, order.request_id)
        orders = [SystemOrder(request_id=order.request_id, at=order.at, system=name) for name in order.systems]
        answers = await asyncio.gather(
            *(self._answer(one.system, "collect", partial(self._collected, one, graph)) for one in orders)
        )
        reports: list[CollectReport] = []
        async with self._parts.ledger.begin(after=tx) as tx:
            for one, done in zip(orders, answers, strict=True):
                if done is not None:
                    reports.append(await note_collected(tx, one, *done))
        there = {one.system for one in reports}
        return GatheredReport(reports=tuple(reports), left=tuple(one for one in order.systems if one not in there))

    async def _collected(self, order: SystemOrder, graph: Graph) -> tuple[Collected, Deciders | None]:
        done = await collected(self._parts, order, graph)
        return done, await find_deciders(self._parts, order, done)

    def _to_ask(
        self, graph: Graph, systems: Sequence[str], leads: tuple[Identifier, ...]
    ) -> dict[str, tuple[Identifier, ...]]:
        return {name: graph.to_ask(name, self._parts.connector(name).manifest, leads) for name in systems}

    async def _settle(
        self, order: FindOrder, said: Sequence[tuple[str, tuple[Identifier, ...], tuple[Match, ...]]]
    ) -> SettleReport:
        """Write down who said what, and what is known after it. Something may have been added meanwhile by staff."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            graph = await proven_graph(tx, request, self._parts)
            for turn, (name, asked, matches) in enumerate(said):
                graph = graph.answered(name, asked, matches)
                of = SystemOrder(request_id=request.id, at=order.at, system=name)
                await note_located(tx, of, asked, matches, turn=turn)
            await save_graph(tx, request.id, graph)
            return await settled_now(tx, request, graph, self._parts, order.at)

    async def _locate(self, system: str, asked: tuple[Identifier, ...]) -> tuple[Match, ...] | None:
        if not asked:
            return ()
        return await self._answer(system, "locate", partial(located, self._parts.connector(system), asked))

    async def _answer(self, system: str, step: str, call: Callable[[], Awaitable[T]]) -> T | None:
        """What it answers, if it does at once."""
        rest = self._parts.rests.of(system)
        if time.monotonic() < self._alone_until.get(system, 0.0) or rest.left():
            return None
        gate = self._gates.setdefault(system, asyncio.Semaphore(self._parts.together.get(system, 1)))
        try:
            async with gate, asyncio.timeout(AT_ONCE):
                with counted(step, system), rest.shared():
                    return await call()
        except TimeoutError:
            self._alone_until[system] = time.monotonic() + LEFT_ALONE
            log.info(NOT_AT_ONCE, system=system, step=step)
        except Exception:  # noqa: BLE001  # it is asked again by itself, where what it says is told, and kept
            log.info(NOT_AT_ONCE, system=system, step=step)
        return None
