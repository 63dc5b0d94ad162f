"""What earlier erasures of the same person keep.

Where a law keeps an invoice and the account that it hangs on is made anonymous, no search leads to the invoice any
more, though it still says whose it is. The plan of the erasure does, for as long as the erasure has a key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from activities.finding import Graph, KeptBefore, load_graph
from activities.ledger import Tx
from activities.ledger.results import object_name
from activities.parts import Parts
from activities.plans import load_plans
from habeas.connector import RecordRef, SystemPlan
from habeas.errors import KeyDestroyed
from habeas.found import Place, order
from habeas.matching import Ruling
from habeas.model import Identifier, Request
from habeas.names import consistent, folded
from habeas.outcomes import Fate

__all__ = ["kept_before"]

_NAMES_SOMEBODY = "email"
"""What is proven by a code. Numbers may be given anew: with one, a name must say the same."""


async def kept_before(tx: Tx, request: Request, graph: Graph, parts: Parts) -> tuple[KeptBefore, ...]:
    """The objects in the controller's systems that its closed erasures of who asks keep, each once.

    That of an erasure counts only if something that is proven of who asks was the erased person's own, too. None where
    nobody has proven who they are, as for rights that ask no proof: who only knows an address learns nothing.

    Args:
        tx: on the ledger.
        request: whose person has proven who they are.
        graph: what is known of them; what a human ruled to be somebody else's is left out.
        parts: the process's.
    """
    if await tx.proof(request.id) is None:
        return ()
    proven = graph.own(tuple(one for one in graph.seeds if one not in graph.claimed))
    others = {one.place for one in graph.decisions if one.ruling is Ruling.NOT_SUBJECT}
    found: dict[Place, KeptBefore] = {}
    for earlier in await tx.keeping_of(request.controller, proven):
        try:
            if earlier == request.id or not await _is_same(tx, request.id, proven, earlier):
                continue
            for place in await _kept(tx, request, earlier, parts):
                if place not in others:
                    found.setdefault(place, KeptBefore(place=place, by=earlier))
        except KeyDestroyed:
            # Since it was looked for: by now nobody knows what it kept.
            continue
    return tuple(found[place] for place in sorted(found, key=order))


async def _is_same(tx: Tx, request_id: str, proven: Iterable[Identifier], earlier: str) -> bool:
    name, before = (await tx.subject(request_id)).name, (await tx.subject(earlier)).name
    if not consistent(name, before):
        return False
    theirs = await load_graph(tx, earlier)
    both = {*proven} & {*theirs.own(), *theirs.own(theirs.seeds)}
    named = bool(folded(name) and folded(before))
    return any(named or one.kind == _NAMES_SOMEBODY for one in both)


async def _kept(tx: Tx, request: Request, earlier: str, parts: Parts) -> list[Place]:
    kept = await load_plans(tx, earlier)
    key = await tx.key(earlier)
    fates = {row.object: row.fate for row in await tx.outcomes(earlier)}
    places: list[Place] = []
    for plan in kept[1] if kept else ():
        if plan.system not in parts.policy(request.controller).systems or plan.system not in parts.connectors:
            continue
        became = {
            (one.collection, one.key): fate
            for one in plan.objects
            if (fate := fates.get(key.digest(object_name(plan.system, one.collection, one.key)))) is not None
        }
        refs = _refs(plan, became, any_root=parts.connector(plan.system).manifest.any_root)
        known = {one.name for one in parts.connector(plan.system).manifest.collections}
        places += [Place(system=plan.system, record=one) for one in refs if one.collection in known]
    return places


def _refs(plan: SystemPlan, became: dict[tuple[str, str], Fate], *, any_root: bool) -> Iterator[RecordRef]:
    """Where to begin: at what is kept, or else at what is left of the records by which the person was found."""
    kept = [place for place, fate in became.items() if fate is Fate.RETAINED]
    if any_root:
        yield from (RecordRef(collection=collection, key=key) for collection, key in kept)
    elif kept:
        yield from (one for one in plan.roots if became.get((one.collection, one.key)) is Fate.ANONYMISED)
