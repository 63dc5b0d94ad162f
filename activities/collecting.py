"""Collecting what a system has of the person, below the records that were found to be theirs.

A system that finds somebody and gives nothing of them is not believed: it is searched once more. Only where that finds
the record no more is it gone; where it lies elsewhere by now (merged, or in a collection of another name), it is
collected from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from activities.believing import located, page_of
from activities.by_hand import COLLECT, found_pages, steps_by_hand
from activities.deciding import Deciders, keep_deciders
from activities.finding import Graph, load_graph, save_graph
from activities.ledger import Tx
from activities.model import CollectReport, LocateOrder, SystemOrder
from activities.pages import Collected, Pages, save_collected
from activities.parts import Parts
from activities.reporting import follows
from habeas.connector import Connector, Match, RecordRef
from habeas.errors import Quarantine
from habeas.evidence import Tag
from habeas.model import Identifier

__all__ = ["collected", "note_collected", "note_located"]

LOOKS = 3
"""How often what is not where it was found is looked for."""


async def collected(
    parts: Parts,
    order: SystemOrder,
    graph: Graph,
    done: Collected | None = None,
    progress: Callable[[Collected], None] = lambda _: None,
) -> Collected:
    """Collect what lies below the person's records into storage, page by page.

    Args:
        parts: the process's.
        order: the system, and the request.
        graph: what was found; what turns out to lie elsewhere is added to the one in the ledger.
        done: how far an attempt before this one came.
        progress: told after each page.

    Raises:
        Quarantine: a page is not what the system may answer (see `activities.believing`), or it finds records again
            of which it gives nothing, or finds them elsewhere in a way that a human must rule on.
    """
    connector = parts.connector(order.system)
    if COLLECT in steps_by_hand(connector.manifest):
        return await _by_hand(parts, order, connector, progress)
    done = done or Collected()
    for look in range(LOOKS):
        roots = graph.roots(order.system)
        done = await _below(parts, order, connector, roots, done, progress)
        missing = done.missing(roots)
        again = await _looked_again(parts, order, connector, graph, missing, look) if missing else None
        if again is None:
            return done
        graph = again
    raise Quarantine("Each time that it is searched, it finds the person somewhere else.")


async def _by_hand(
    parts: Parts, order: SystemOrder, connector: Connector, progress: Callable[[Collected], None]
) -> Collected:
    pages = Pages(parts.ledger, parts.storage, order.request_id)
    kinds = {one.name: one for one in connector.manifest.collections}
    done = Collected()
    async for page in found_pages(parts, order):
        written = await pages.write(order.system, done.pages, page_of(connector.manifest, page))
        done = done.after(page, kinds, written)
        # What a human found has no cursor: a retry begins anew.
        progress(Collected())
    # A scan may show other people, as free text may.
    return done.model_copy(update={"free_text": done.free_text or done.files > 0})


async def _below(
    parts: Parts,
    order: SystemOrder,
    connector: Connector,
    roots: tuple[RecordRef, ...],
    done: Collected,
    progress: Callable[[Collected], None],
) -> Collected:
    """Collect from where an attempt before this one came to, if that was below the same records."""
    name = (await parts.ledger.key(order.request_id)).digest("/".join(one.model_dump_json() for one in roots))
    if done.roots != name:
        done = Collected(roots=name)
    pages = Pages(parts.ledger, parts.storage, order.request_id)
    kinds = {one.name: one for one in connector.manifest.collections}
    here = tuple(one for one in roots if one.collection in kinds)
    if here and (done.pages == 0 or done.cursor is not None):
        async for page in connector.collect(here, done.cursor):
            page = follows(page_of(connector.manifest, page), done.cursor)
            written = await pages.write(order.system, done.pages, page)
            done = done.after(page, kinds, written, roots)
            progress(done)
    return done


async def _looked_again(
    parts: Parts, order: SystemOrder, connector: Connector, graph: Graph, missing: tuple[RecordRef, ...], look: int
) -> Graph | None:
    """Where the records are of which nothing came, as a second search says; None where they are gone."""
    asked = tuple(dict.fromkeys(_finders(graph, order.system, missing, connector.manifest.needs)))
    if not asked:
        raise Quarantine("It gives nothing of records that it could be searched for, and cannot be any more.")
    matches = await located(connector, asked)
    found = {_ref(one) for one in matches}
    if still := found & {*missing}:
        raise Quarantine(f"It finds the person, and gives nothing of {len(still)} of their records.")
    if found <= {_ref(one) for one in graph.matches.get(order.system, ())}:
        return None
    async with parts.ledger.begin() as tx:
        await tx.request(order.request_id, lock=True)
        before = await load_graph(tx, order.request_id)
        left = tuple(one for one in before.matches.get(order.system, ()) if _ref(one) not in missing)
        now = before.model_copy(update={"matches": {**before.matches, order.system: left}})
        now = now.answered(order.system, asked, matches)
        if now.settled().contradictions or not {*before.known()} <= {*now.known()}:
            raise Quarantine("What it found before lies elsewhere by now, where a human must say whose it is.")
        await save_graph(tx, order.request_id, now)
        await note_located(tx, order, asked, matches, turn=look + 1)
    return now


def _finders(graph: Graph, system: str, missing: Iterable[RecordRef], kinds: tuple[str, ...]) -> Iterable[Identifier]:
    gone = {*missing}
    for one in graph.matches.get(system, ()):
        if _ref(one) in gone:
            yield from (each for each in one.found_by if each.kind in kinds)


def _ref(match: Match) -> RecordRef:
    return RecordRef(collection=match.collection, key=match.key)


async def note_collected(
    tx: Tx, order: SystemOrder, done: Collected, deciders: Deciders | None = None
) -> CollectReport:
    """Write down what was collected from one system, and whom it names as those who decide over it."""
    counts = {"records": done.records, "files": done.files, "pages": done.pages}
    await save_collected(tx, order.request_id, order.system, done)
    await keep_deciders(tx, order.request_id, order.system, deciders)
    await tx.save_system(order.request_id, order.system, phase="collect", state="done", counts=counts)
    await tx.record(
        order.request_id,
        Tag.SYSTEM_COLLECTED,
        at=order.at,
        facts={"system": order.system, **counts},
        dedupe=f"collected/{order.system}/{order.at.isoformat()}",
    )
    return CollectReport(system=order.system, free_text=done.free_text, **counts)


async def note_located(
    tx: Tx,
    order: LocateOrder | SystemOrder,
    asked: tuple[Identifier, ...],
    matches: tuple[Match, ...],
    *,
    for_identity: bool = False,
    turn: int = 0,
) -> None:
    """Write down that one system was asked, by which kinds of identifiers and with what success."""
    again = f"/{turn}" if turn else ""
    await tx.record(
        order.request_id,
        Tag.SYSTEM_LOCATED,
        at=order.at,
        facts={
            "system": order.system,
            "asked": [*sorted({one.kind for one in asked})],
            "matches": len(matches),
            "purpose": "identity" if for_identity else "request",
        },
        dedupe=f"located/{order.system}/{for_identity}/{order.at.isoformat()}{again}",
    )
