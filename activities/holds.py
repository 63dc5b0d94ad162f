"""Holding deletion: what would end by itself stays while somebody's request for a copy is open, or after a refusal."""

from __future__ import annotations

from datetime import datetime

from pydantic import JsonValue
from temporalio import activity

from activities.believing import located
from activities.finding import load_graph
from activities.following import TRAIL
from activities.keeping import HeldReport, ReleaseOrder
from activities.ledger import Tx
from activities.model import SystemOrder
from activities.pages import Pages, load_collected
from activities.parts import Parts
from activities.plans import sharing
from activities.recourse import may_release, refused, rule_of
from habeas.connector import Connector, RecordRef
from habeas.evidence import Tag
from habeas.model import Identifier, Request
from habeas.staying import Place

ROUNDS = 3
"""How often a system is asked again with what its own records added."""


class HoldActivities:
    """Short-lived data of people who have asked for it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def hold_deletion(self, order: SystemOrder) -> HeldReport:
        """Hold what the person has in one system and what would end by itself; only fingerprints of it are kept.

        Before the person is found, they are looked for by what they claim: a hold does no harm to anybody, and what
        has ended cannot be brought back. What only other systems lead to is held with all of the system, until the
        sweep has looked (`activities.unlooked`), or everything is collected.
        """
        parts = self._parts
        async with parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
            claimed = (await tx.subject(order.request_id)).identifiers
            graph = await load_graph(tx, order.request_id)
            collected = (await load_collected(tx, order.request_id)).get(order.system)
        connector = parts.connector(order.system)
        if collected is not None:
            pages = Pages(parts.ledger, parts.storage, order.request_id)
            short = connector.manifest.short_lived
            places = {
                (one.collection, one.key)
                async for one in pages.read(order.system, range(collected.pages))
                if one.collection in short
            }
        else:
            places = await short_lived(connector, tuple(dict.fromkeys((*graph.reached(), *claimed))))
        async with parts.ledger.begin() as tx:
            held = await hold_places(tx, request, order.system, places, order.at)
            if collected is not None:
                await tx.looked_through(request.id, [order.system], order.at)
        return HeldReport(system=order.system, held=held)

    @activity.defn
    async def release_deletion(self, order: ReleaseOrder) -> int:
        """The request is over: what it held may end again, unless the law keeps it after a refusal."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            rule = rule_of(request, self._parts.policy(request.controller))
            if rule is not None and await refused(tx, order.request_id, order.outcome):
                return 0
            released = await tx.release_deletion(order.request_id, order.at)
            await tx.remove_sealed(order.request_id, TRAIL)
            if released:
                await note_release(tx, order.request_id, released, order.at)
        return released


async def held_for_copy(tx: Tx, erasure: Request, system: str, parts: Parts, at: datetime) -> bool:
    """Whether what this erasure kept in a system must wait: the same person asked for a copy, and may still need it.

    By what they claim, as short-lived data is held: a hold does no harm to anybody. Of whichever controller has the
    system.
    """
    known = (await load_graph(tx, erasure.id)).leads() or (await tx.subject(erasure.id)).identifiers
    for controller in (erasure.controller, *sharing(erasure, parts).get(system, ())):
        for copy in await tx.copies_asked(controller, known):
            if not await may_release(tx, await tx.request_row(copy), parts.policy(controller), at):
                return True
    return False


async def note_release(tx: Tx, request_id: str, objects: int, at: datetime) -> None:
    """As evidence: so many objects may end by themselves again."""
    facts: dict[str, JsonValue] = {"objects": objects}
    await tx.record(request_id, Tag.DELETION_RELEASED, at=at, facts=facts, dedupe="deletion/released")


async def hold_places(tx: Tx, request: Request, system: str, places: set[Place], at: datetime) -> int:
    """These objects of a system must not end by themselves while the request is open; how many of them are new."""
    row = await tx.request_row(request.id)
    if row.closed_at is not None and not await tx.is_unlooked(request.id, system):
        # It was closed while a system was slow to answer: nothing is held for it any more.
        return 0
    prints = [tx.object_print(request.controller, system, *place) for place in places]
    held = await tx.hold_deletion(request.id, request.controller, system, prints, at)
    if held:
        facts: dict[str, JsonValue] = {"system": system, "objects": held}
        dedupe = f"deletion/held/{system}/{at.isoformat()}"
        await tx.record(request.id, Tag.DELETION_HELD, at=at, facts=facts, dedupe=dedupe)
    return held


async def short_lived(
    connector: Connector, identifiers: tuple[Identifier, ...], only: frozenset[str] | None = None
) -> set[Place]:
    """Where a person's objects lie that would end by themselves, in one system. Changes nothing.

    Args:
        connector: of the system.
        identifiers: of the person. What the system's records add is followed inside the system.
        only: collections to look at, of those whose objects end by themselves.
    """
    wanted = connector.manifest.short_lived if only is None else connector.manifest.short_lived & only
    roots = await _roots(connector, identifiers) if wanted else ()
    places: set[Place] = set()
    if not roots:
        return places
    async for page in connector.collect(roots, None):
        places |= {(one.collection, one.key) for one in page.records if one.collection in wanted}
    return places


async def _roots(connector: Connector, identifiers: tuple[Identifier, ...]) -> tuple[RecordRef, ...]:
    asked: set[Identifier] = set()
    roots: dict[RecordRef, None] = {}
    new = identifiers
    for _ in range(ROUNDS):
        ask = tuple(one for one in new if one.kind in connector.manifest.needs and one not in asked)
        if not ask:
            break
        asked |= {*ask}
        matches = await located(connector, ask)
        roots |= {RecordRef(collection=match.collection, key=match.key): None for match in matches}
        new = tuple(dict.fromkeys(one for match in matches for one in match.yields))
    return tuple(roots)
