"""Drafting a plan of change for every system of a controller."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple, assert_never

from activities.change_model import DraftChange
from activities.changing import decided_by_others, kept_from_change
from activities.finding import Graph, load_graph
from activities.pages import Collected, Pages, load_collected, outdated
from activities.parts import Parts
from activities.wrapper import progress
from habeas.change import Corrections, Found, Stays, SystemChange, rectified, restricted, stopped
from habeas.connector import Capability, Manifest, RecordRef
from habeas.errors import NotAllowed
from habeas.model import Request, Right, SystemName
from habeas.particulars import Particulars
from habeas.staying import Because


class Drafted(NamedTuple):
    """The systems' parts, and the corrections that no system knows."""

    plans: tuple[SystemChange, ...]
    unmatched: tuple[int, ...] = ()
    outdated: tuple[SystemName, ...] = ()
    """To be collected again first; see `activities.pages.outdated`."""


class Drafting:
    """Makes the plan of one request."""

    def __init__(self, parts: Parts, request: Request, asked: Particulars, contested: frozenset[int]) -> None:
        self._parts = parts
        self._request = request
        self._contested = contested
        self._manifests = parts.manifests(parts.policy(request.controller))
        fields = (each.rectifiable for one in self._manifests.values() for each in one.collections)
        self._corrections = Corrections(asked.corrections, chain.from_iterable(fields))

    async def draft(self, order: DraftChange) -> Drafted:
        """The plan of every system where something is to be done.

        Raises:
            NotAllowed: the right changes nothing.
        """
        async with self._parts.ledger.begin() as tx:
            graph = await load_graph(tx, self._request.id)
            collected = await load_collected(tx, self._request.id)
        again = outdated(collected, self._manifests)
        here = {name: one for name, one in sorted(collected.items()) if name not in again and one.records}
        match self._request.right:
            case Right.RECTIFICATION:
                return (await self._rectification(here, order))._replace(outdated=again)
            case Right.RESTRICTION:
                plans = [await self._restriction(name, one) for name, one in here.items()]
                return Drafted(tuple(plans), outdated=again)
            case Right.OBJECTION | Right.OPT_OUT_SALE | Right.LIMIT_SENSITIVE | Right.WITHDRAW_CONSENT:
                return Drafted(tuple(self._stop(name, graph, order.purposes) for name in sorted(self._manifests)))
            case Right.ACCESS | Right.PORTABILITY | Right.ERASURE | Right.APPEAL | Right.COMPLAINT | Right.GRIEVANCE:
                raise NotAllowed("A request for this right changes nothing.")
            case _:
                assert_never(self._request.right)

    async def _rectification(self, collected: dict[str, Collected], order: DraftChange) -> Drafted:
        plans, every = [], list[Found]()
        for system, one in collected.items():
            found = await self._found(system, one)
            every += found
            refs = frozenset(each.ref for each in found if each.correction not in self._contested)
            async with self._parts.ledger.begin() as tx:
                await tx.request(self._request.id, lock=True)
                stays, freed = await kept_from_change(tx, self._request, system, refs, self._parts, note_at=order.at)
            able = _able(self._manifests[system], Capability.RECTIFY)
            plan = rectified(system, found, contested=self._contested, held=frozenset(), able=able, stays=stays)
            plans.append(plan.model_copy(update={"consented": freed}))
        return Drafted(tuple(plans), self._corrections.unmatched(every))

    async def _found(self, system: str, one: Collected) -> list[Found]:
        manifest = self._manifests[system]
        collections = {each.name: each for each in manifest.collections}
        any_field = not _able(manifest, Capability.RECTIFY)
        found: list[Found] = []
        async for record in self._pages.read(system, range(one.pages)):
            if record.collection in collections:
                found += self._corrections.find(collections[record.collection], record, any_field=any_field)
            progress()
        return found

    async def _restriction(self, system: str, one: Collected) -> SystemChange:
        manifest = self._manifests[system]
        objects = set[RecordRef]()
        async for record in self._pages.read(system, range(one.pages)):
            objects.add(RecordRef(collection=record.collection, key=record.key))
            progress()
        markable = frozenset(each.name for each in manifest.collections if each.restrictable)
        async with self._parts.ledger.begin() as tx:
            controlled = await decided_by_others(tx, self._request, system, objects, self._parts)
        others = tuple(
            Stays(ref=ref, because=Because.CONTROLLED, law=controlled[ref])
            for ref in sorted(controlled, key=lambda ref: (ref.collection, ref.key))
        )
        return restricted(system, objects, markable, able=_able(manifest, Capability.RESTRICT), stays=others)

    def _stop(self, system: str, graph: Graph, purposes: tuple[str, ...]) -> SystemChange:
        manifest, roots = self._manifests[system], graph.roots(system)
        able = _able(manifest, Capability.OBJECT)
        known = manifest.purposes if able else ()
        orphans = frozenset(purposes) - {purpose for each in self._manifests.values() for purpose in each.purposes}
        manual = any(each.manual for each in self._manifests.values())
        # What no system stops by itself is a human's: in the systems without an API, or else wherever the person is.
        own = manifest.manual and bool(orphans | (frozenset(purposes) & {*manifest.purposes}))
        unsaid = not purposes and bool(roots)
        by_hand = own or unsaid or bool(orphans and not manual and not able and roots)
        return stopped(system, roots, purposes, known, by_hand=by_hand)

    @property
    def _pages(self) -> Pages:
        return Pages(self._parts.ledger, self._parts.storage, self._request.id)


def _able(manifest: Manifest, capability: Capability) -> bool:
    return capability in manifest.capabilities and not manifest.manual
