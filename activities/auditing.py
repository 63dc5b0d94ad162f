"""Checks all evidence of a ledger: each request's chain, the chain over all, and both against the place outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any

from activities.ledger import Anchor, Chain, Head, Ledger
from habeas.evidence import Event, verify
from habeas.model import Frozen
from habeas.pack_verifier import Unfit, check_anchors, read_anchors, root_of


class Fault(Frozen):
    """One thing that is wrong."""

    where: str
    """A request, with the number of the event; ``anchor`` or ``outside`` with the number of the anchor."""
    kind: str
    detail: str


class Audit(Frozen):
    """What a check of everything found."""

    requests: int
    events: int
    anchors: int
    uncovered: int
    """Events that no anchor covers yet: that their end was cut off would not show."""
    outside: int | None
    """Anchors at the place outside; None where none was asked."""
    faults: tuple[Fault, ...]


async def audit(ledger: Ledger, outside: bytes | None) -> Audit:
    """Check everything.

    Args:
        ledger: whose evidence.
        outside: what the place outside has, one anchor a line; None where there is none to compare with.
    """
    faults: list[Fault] = []
    anchors = await all_anchors(ledger)
    faults += [_fault("anchor", *found) for found in check_anchors(one.model_dump() for one in anchors)]
    covered = await _trees(ledger, anchors, faults)
    requests = events = uncovered = 0
    async for chain, found in _chains(ledger):
        requests, events = requests + 1, events + len(found)
        heads = covered.pop(chain.request_id, [])
        uncovered += max(0, len(found) - max((head.n for head in heads), default=0))
        faults += _of_chain(chain, found, heads)
    faults += [
        Fault(where=request, kind="missing", detail="anchors cover it, and it is not there") for request in covered
    ]
    kept = None
    if outside is not None:
        try:
            kept = read_anchors(outside)
            faults += _against(anchors, kept)
        except Unfit as error:
            faults.append(Fault(where="outside", kind="form", detail=str(error)))
    return Audit(
        requests=requests,
        events=events,
        anchors=len(anchors),
        uncovered=uncovered,
        outside=None if kept is None else len(kept),
        faults=tuple(faults),
    )


async def all_anchors(ledger: Ledger) -> list[Anchor]:
    """The ledger's anchors, in their order."""
    found: list[Anchor] = []
    while True:
        async with ledger.begin() as tx:
            page = await tx.anchors(found[-1].number if found else 0)
        found += page
        if not page:
            return found


async def _trees(ledger: Ledger, anchors: Iterable[Anchor], faults: list[Fault]) -> dict[str, list[Head]]:
    """The heads that anchors cover, by request; what is wrong with their trees goes to ``faults``."""
    covered: dict[str, list[Head]] = {}
    for one in anchors:
        async with ledger.begin() as tx:
            heads = await tx.anchored(one.number)
        if (len(heads), root_of([head.leaf() for head in heads])) != (one.heads, one.root):
            detail = "the heads that it covers do not have its root"
            faults.append(Fault(where=f"anchor:{one.number}", kind="changed", detail=detail))
        for head in heads:
            covered.setdefault(head.request_id, []).append(head)
    return covered


async def _chains(ledger: Ledger) -> AsyncIterator[tuple[Chain, tuple[Event, ...]]]:
    last = ""
    while True:
        async with ledger.begin() as tx:
            page = await tx.chains(last)
            for chain in page:
                # It may have grown since: then there is more than was noted, and that is no fault.
                yield chain, await tx.events(chain.request_id)
        if not page:
            return
        last = page[-1].request_id


def _of_chain(chain: Chain, events: tuple[Event, ...], heads: Iterable[Head]) -> Iterator[Fault]:
    """It is whole, reaches the end that is noted for it, and events that anchors cover are as they were."""
    for found in verify(events):
        yield Fault(where=f"{chain.request_id}:{found.n}", kind=found.kind.value, detail=found.detail)
    hashes: Mapping[int, str] = {event.n: event.hash for event in events}
    noted = [(Head(chain.request_id, chain.n, chain.hash), "the end that is noted for the chain")] if chain.n else []
    for head, what in (*noted, *((one, "an event that an anchor covers") for one in heads)):
        if hashes.get(head.n) != head.hash:
            kind = "changed" if head.n in hashes else "end_cut"
            yield Fault(where=f"{chain.request_id}:{head.n}", kind=kind, detail=f"it is not {what}")


def _against(anchors: list[Anchor], kept: list[dict[str, Any]]) -> Iterator[Fault]:
    for found in check_anchors(kept):
        yield _fault("outside", *found)
    ours = {one.number: one.hash for one in anchors}
    for one in kept:
        number = one["number"]
        if number not in ours:
            detail = f"the ledger ends with anchor {len(anchors)}: what came after was cut off"
            yield Fault(where=f"anchor:{number}", kind="end_cut", detail=detail)
        elif ours[number] != one["hash"]:
            yield Fault(where=f"anchor:{number}", kind="changed", detail="the place outside has another one")


def _fault(where: str, number: int, kind: str, detail: str) -> Fault:
    return Fault(where=f"{where}:{number}", kind=kind, detail=detail)
