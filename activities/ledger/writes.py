"""Writes that came under an idempotency key: with other content it is no second try. And how often a form came."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.access_tables import form_sent, keyed_write
from activities.ledger.room import Room, context
from habeas.errors import KeyReused

REMEMBERED = timedelta(days=30)
"""How long a key means the write that it first came with."""
_DAY = timedelta(days=1)
_AT_ONCE = 100


class Claim(NamedTuple):
    """A write that may be done under its key."""

    new: bool
    """It is the first time."""
    answer: bytes | None
    """What was answered the first time, where that was kept."""


class Writes(Room):
    """Methods on writes under a key, and on forms that are counted. Of what comes only keyed digests are kept."""

    async def claim_write(self, key: str, content: bytes, now: datetime) -> Claim:
        """Say that this content comes under this key. Keys of long ago are forgotten first.

        Raises:
            KeyReused: other content came under it before.
        """
        await self._run(delete(keyed_write).where(keyed_write.c.key.in_(_old(now))))
        mine, said = self._key(key), self._vault.fingerprint("write/content", content.hex())
        placed = await self._run(
            upsert(keyed_write)
            .values(key=mine, content=said, master_key_id=self._vault.active_key_id, at=now)
            .on_conflict_do_nothing()
        )
        if placed.rowcount:
            return Claim(new=True, answer=None)
        row = await self._first(select(keyed_write).where(keyed_write.c.key == mine))
        if row is None or row.content != said:
            raise KeyReused(field="Idempotency-Key")
        house = self._vault.house_key(row.master_key_id)
        return Claim(False, None if row.answer is None else house.open(row.answer, context("", _name(mine))))

    async def answer_write(self, key: str, answer: bytes) -> bytes:
        """Keep what is answered; what is kept: of two that came at once, the first."""
        mine = self._key(key)
        sealed = self._vault.house_key().seal(answer, context("", _name(mine)))
        values = {"answer": sealed, "master_key_id": self._vault.active_key_id}
        await self._run(
            update(keyed_write).where(keyed_write.c.key == mine, keyed_write.c.answer.is_(None)).values(values)
        )
        row = await self._first(select(keyed_write).where(keyed_write.c.key == mine))
        if row is None or row.answer is None:
            return answer
        return self._vault.house_key(row.master_key_id).open(row.answer, context("", _name(mine)))

    async def release_write(self, key: str) -> None:
        """It was refused and nothing was done: the key is free."""
        await self._run(delete(keyed_write).where(keyed_write.c.key == self._key(key)))

    async def count_forms(self, controller: str, names: Iterable[str], now: datetime, most: int) -> timedelta | None:
        """Count a form that came with these, which nobody has proven to be theirs; not one that is refused.

        Args:
            controller: to whom it came.
            names: what letters can follow from: an address, a number.
            now: the time.
            most: how many may come with any of them within a day.

        Returns:
            How long to wait where there were so many.
        """
        prints = sorted({self._vault.fingerprint(f"form/{controller}", name) for name in names})
        for one in prints:  # in one order, or two forms could wait for each other
            await self._run(select(func.pg_advisory_xact_lock(func.hashtextextended(f"form/{one}", 0))))
        await self._run(delete(form_sent).where(form_sent.c.id.in_(_yesterdays(now))))
        of = form_sent.c.address
        counted = await self._all(
            select(of, func.count().label("n"), func.min(form_sent.c.at).label("first"))
            .where(of.in_(prints), form_sent.c.at > now - _DAY)
            .group_by(of)
        )
        full: list[timedelta] = [row.first + _DAY - now for row in counted if row.n >= most]
        if full:
            return max(full)
        rows = [{"id": str(uuid.uuid4()), "address": one, "at": now} for one in prints]
        await self._run(insert(form_sent).values(rows))
        return None

    def _key(self, key: str) -> str:
        return self._vault.fingerprint("write/key", key)


def _old(now: datetime) -> Select[tuple[str]]:
    """Keys of long ago; those that somebody else removes right now are left to them."""
    old = select(keyed_write.c.key).where(keyed_write.c.at <= now - REMEMBERED)
    return old.order_by(keyed_write.c.at).limit(_AT_ONCE).with_for_update(skip_locked=True)


def _yesterdays(now: datetime) -> Select[tuple[str]]:
    old = select(form_sent.c.id).where(form_sent.c.at <= now - _DAY)
    return old.order_by(form_sent.c.at).limit(_AT_ONCE).with_for_update(skip_locked=True)


def _name(key: str) -> str:
    return f"~write/{key}"
