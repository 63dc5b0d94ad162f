"""Looking, before anything short-lived ends, what of people who have asked for a copy lies in a system.

At receipt everything is held in every system, since a system may know the person by something that only another one's
records lead to. The daily sweep then follows these records, each system asked on its own queue, holds what it finds and
lets the rest end. Where a system does not answer, all stays held, and the next sweep asks again.
"""

from __future__ import annotations

import structlog
from temporalio import activity

from activities.finding import Graph, load_graph
from activities.following import TRAIL, followed, to_ask
from activities.holds import hold_places, short_lived
from activities.keeping import ExpiringReport, ExpiringSystem, LookedReport, LookOrder, TrailOrder
from activities.ledger import Tx
from activities.ledger.unlooked import UnlookedRow
from activities.parts import Parts
from habeas.errors import HabeasError, KeyDestroyed, Quarantine, SealBroken

log = structlog.get_logger(__name__)

NOT_FOLLOWED = "person_not_followed"
"""Of a request it could not be found out what must not end: all of the system stays held for it."""
MOST = 100
"""Requests in one go."""
_OF_ONE = (KeyDestroyed, SealBroken, Quarantine)
"""Failures that say nothing of the next request."""


class UnlookedActivities:
    """What the sweep does for those for whom all of a system is held."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def still_to_ask(self, order: LookOrder) -> ExpiringReport:
        """The systems that may know more of those for whom all of this one is held."""
        parts, asked = self._parts, set[str]()
        async with parts.ledger.begin() as tx:
            for row in await self._waiting(tx, order.system):
                try:
                    asked |= self._open_ends(await _trail(tx, row.request_id), row.controller)
                except _OF_ONE as error:
                    _note(row, error)
        return ExpiringReport(
            systems=tuple(ExpiringSystem(system=name, task_queue=parts.queue_of(name)) for name in sorted(asked))
        )

    @activity.defn
    async def follow_trails(self, order: TrailOrder) -> LookedReport:
        """Ask one system what it knows of each of them, and say of how many it was asked; it changes nothing there.

        Raises:
            Transient, Terminal: it does not answer.
        """
        connector, looked = self._parts.connector(order.system), 0
        async with self._parts.ledger.begin() as tx:
            rows = await self._waiting(tx, order.before_ending)
        for row in rows:
            if order.system in self._parts.policy(row.controller).systems:
                try:
                    async with self._parts.ledger.begin() as tx:
                        trail = await _trail(tx, row.request_id)
                    found = await followed(trail, order.system, connector)
                    if found != trail:
                        await self._keep(row, order.system, found)
                        looked += 1
                except _OF_ONE as error:
                    _note(row, error)
        return LookedReport(looked=looked)

    @activity.defn
    async def hold_found(self, order: LookOrder) -> LookedReport:
        """Hold what was found of each of them in this system, once every system has answered; the rest may end."""
        connector, looked, held = self._parts.connector(order.system), 0, 0
        async with self._parts.ledger.begin() as tx:
            rows = await self._waiting(tx, order.system)
        for row in rows:
            try:
                async with self._parts.ledger.begin() as tx:
                    trail = await _trail(tx, row.request_id)
                if self._open_ends(trail, row.controller):
                    continue
                places = await short_lived(connector, trail.reached())
                async with self._parts.ledger.begin() as tx:
                    request = await tx.request(row.request_id, lock=True)
                    held += await hold_places(tx, request, order.system, places, order.at)
                    await tx.looked_through(row.request_id, [order.system], order.at)
                    if not await tx.is_unlooked(row.request_id):
                        await tx.remove_sealed(row.request_id, TRAIL)
                looked += 1
            except _OF_ONE as error:
                _note(row, error)
        return LookedReport(looked=looked, held=held)

    async def _waiting(self, tx: Tx, system: str) -> tuple[UnlookedRow, ...]:
        return await tx.unlooked([one.id for one in self._parts.controllers_of(system)], system, MOST)

    async def _keep(self, row: UnlookedRow, system: str, found: Graph) -> None:
        """Beside what other systems answered at the same time."""
        async with self._parts.ledger.begin() as tx:
            await tx.request(row.request_id, lock=True)
            trail = await _trail(tx, row.request_id)
            await tx.seal(
                row.request_id, TRAIL, trail.answered(system, found.asked[system], found.matches.get(system, ()))
            )

    def _open_ends(self, trail: Graph, controller: str) -> set[str]:
        connectors = {name: self._parts.connector(name) for name in self._parts.policy(controller).systems}
        return {name for name, connector in connectors.items() if to_ask(trail, name, connector.manifest)}


async def _trail(tx: Tx, request_id: str) -> Graph:
    """What is known of the person by now, with what they claim: proven or not."""
    trail = await tx.unseal(request_id, TRAIL, Graph) or Graph()
    known = (await load_graph(tx, request_id)).reached()
    claimed = (await tx.subject(request_id)).identifiers
    return trail.model_copy(update={"seeds": tuple(dict.fromkeys((*claimed, *known)))})


def _note(row: UnlookedRow, error: HabeasError) -> None:
    log.warning(NOT_FOLLOWED, request=row.request_id, error=error.code)
