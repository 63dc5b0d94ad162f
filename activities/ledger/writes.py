"""Writes that came under an idempotency key: the same key with other content is no second try."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.access_tables import keyed_write
from activities.ledger.room import Room, context
from habeas.errors import KeyReused

REMEMBERED = timedelta(days=30)
"""How long a key means the write that it first came with."""
_AT_ONCE = 100


class Claim(NamedTuple):
    """A write that may be done under its key."""

    new: bool
    """It is the first time."""
    answer: bytes | None
    """What was answered the first time, where that was kept."""


class Writes(Room):
    """Methods on writes under a key; of key and content only keyed digests are kept."""

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

    async def answer_write(self, key: str, answer: bytes) -> None:
        """Keep what was answered."""
        mine = self._key(key)
        sealed = self._vault.house_key().seal(answer, context("", _name(mine)))
        values = {"answer": sealed, "master_key_id": self._vault.active_key_id}
        await self._run(update(keyed_write).where(keyed_write.c.key == mine).values(values))

    async def release_write(self, key: str) -> None:
        """It was refused and nothing was done: the key is free."""
        await self._run(delete(keyed_write).where(keyed_write.c.key == self._key(key)))

    def _key(self, key: str) -> str:
        return self._vault.fingerprint("write/key", key)


def _old(now: datetime) -> Select[tuple[str]]:
    """Keys of long ago; those that somebody else removes right now are left to them."""
    old = select(keyed_write.c.key).where(keyed_write.c.at <= now - REMEMBERED)
    return old.order_by(keyed_write.c.at).limit(_AT_ONCE).with_for_update(skip_locked=True)


def _name(key: str) -> str:
    return f"~write/{key}"
