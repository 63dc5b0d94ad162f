"""One chain over all evidence, made at intervals beside those who write it.

Whoever writes evidence writes nothing more. Now and then, one process at a time makes an anchor: the root of a Merkle
tree over the ends of those chains that grew, and the hash of the anchor before. Kept outside of the database, an anchor
shows that everything that it covers was there, in this form, at its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import NonNegativeInt, PositiveInt
from sqlalchemy import Row, func, insert, select, update

from activities.ledger.anchor_tables import anchor, anchored_head
from activities.ledger.room import Room, plain
from activities.ledger.tables import evidence_head
from habeas.evidence import Hash
from habeas.model import Frozen, RequestId
from habeas.pack_verifier import FIRST_ANCHOR, anchor_hash, leaf, path_of, root_of

_HEADS = 2000


class Anchor(Frozen):
    """One link of the chain over all evidence."""

    number: PositiveInt
    at: str
    """When, in UTC, to the microsecond, as an event's."""
    previous: Hash
    root: Hash
    heads: PositiveInt
    """How many requests' chains grew since the anchor before."""
    events: PositiveInt
    """By how many events."""
    hash: Hash


class Head(NamedTuple):
    """The last event of a request's chain when an anchor was made."""

    request_id: str
    n: int
    hash: str

    def leaf(self) -> bytes:
        """It in the anchor's tree."""
        return leaf(self.request_id, self.n, self.hash)


class Proof(Frozen):
    """That an event of a request is covered by an anchor."""

    number: PositiveInt
    n: PositiveInt
    index: NonNegativeInt
    path: tuple[Hash, ...]


class Chain(Frozen):
    """The end of one request's chain."""

    request_id: RequestId
    n: NonNegativeInt
    hash: Hash


class Anchors(Room):
    """Methods on the chain over all."""

    async def place_anchor(self, at: datetime) -> Anchor | None:
        """Cover what is committed and not covered yet; None where there is nothing, or somebody does it right now."""
        locked = await self._first(
            select(func.pg_try_advisory_xact_lock(func.hashtextextended("anchors", 0)).label("so"))
        )
        if locked is None or not locked.so:
            return None
        # A chain that somebody is writing to is left for the next anchor.
        rows = await self._all(
            select(evidence_head.c.request_id, evidence_head.c.n, evidence_head.c.hash, evidence_head.c.anchored)
            .where(evidence_head.c.anchored < evidence_head.c.n)
            .order_by(evidence_head.c.request_id)
            .limit(_HEADS)
            .with_for_update(key_share=True, skip_locked=True)
        )
        if not rows:
            return None
        heads = sorted(Head(row.request_id, row.n, row.hash) for row in rows)
        made = _made(await self._last(), heads, sum(row.n - row.anchored for row in rows), at)
        await self._run(insert(anchor).values(**made.model_dump(exclude={"at"}), at=at))
        covered = [{"number": made.number, **head._asdict()} for head in heads]
        await self._run(insert(anchored_head).values(covered))
        mine = evidence_head.c.request_id.in_([head.request_id for head in heads])
        await self._run(update(evidence_head).where(mine).values(anchored=evidence_head.c.n))
        return made

    async def anchors(self, after: int = 0, limit: int = 1000) -> tuple[Anchor, ...]:
        """Anchors after this number, in their order."""
        found = await self._all(select(anchor).where(anchor.c.number > after).order_by(anchor.c.number).limit(limit))
        return tuple(_anchor(row) for row in found)

    async def anchored(self, number: int) -> list[Head]:
        """The heads that an anchor covers, in the order of its tree."""
        rows = await self._all(
            select(*(anchored_head.c[name] for name in Head._fields)).where(anchored_head.c.number == number)
        )
        return sorted(Head(row.request_id, row.n, row.hash) for row in rows)

    async def anchored_of(self, request_id: str) -> list[tuple[int, Head]]:
        """By which anchors a request's chain is covered, each with its head."""
        rows = await self._all(
            select(anchored_head.c.number, *(anchored_head.c[name] for name in Head._fields))
            .where(anchored_head.c.request_id == request_id, self._ours(anchored_head.c.request_id))
            .order_by(anchored_head.c.number)
        )
        return [(int(row.number), Head(row.request_id, row.n, row.hash)) for row in rows]

    async def anchor_proofs(self, request_id: str) -> tuple[tuple[Anchor, ...], tuple[Proof, ...]]:
        """The anchors from the first to the last that covers a request's chain, and the proofs that each does.

        Nothing of another request is in them but hashes.
        """
        covering = await self.anchored_of(request_id)
        if not covering:
            return (), ()
        first, last = covering[0][0], covering[-1][0]
        made = []
        for number, head in covering:
            heads = await self.anchored(number)
            index = heads.index(head)
            path = path_of([one.leaf() for one in heads], index)
            made.append(Proof(number=number, n=head.n, index=index, path=tuple(path)))
        return await self.anchors(first - 1, last - first + 1), tuple(made)

    async def chains(self, after: str = "", limit: int = 500) -> tuple[Chain, ...]:
        """The ends of the requests' chains, by request."""
        rows = await self._all(
            select(evidence_head.c.request_id, evidence_head.c.n, evidence_head.c.hash)
            .where(evidence_head.c.request_id > after)
            .order_by(evidence_head.c.request_id)
            .limit(limit)
        )
        return tuple(Chain(**plain(row)) for row in rows)

    async def _last(self) -> Anchor | None:
        row = await self._first(select(anchor).order_by(anchor.c.number.desc()).limit(1))
        return None if row is None else _anchor(row)


def _made(before: Anchor | None, heads: Sequence[Head], events: int, at: datetime) -> Anchor:
    content = {
        "number": before.number + 1 if before else 1,
        "at": _written(at),
        "previous": before.hash if before else FIRST_ANCHOR,
        "root": root_of([head.leaf() for head in heads]),
        "heads": len(heads),
        "events": events,
    }
    return Anchor.model_validate({**content, "hash": anchor_hash(content)})


def _anchor(row: Row[Any]) -> Anchor:
    return Anchor(**{**plain(row), "at": _written(row.at)})


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
