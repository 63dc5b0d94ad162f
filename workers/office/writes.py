"""Writes under an idempotency key: the same one again is done once, and another one under it is refused."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from activities.ledger import Ledger
from activities.ledger.room import M
from habeas.errors import BadInput
from workers.office.room import Room


class KeyedWrite:
    """A write that is being done."""

    def __init__(self, ledger: Ledger, act_id: str, answer: bytes | None, *, first: bool) -> None:
        self._ledger = ledger
        self.first = first
        """Whether nothing came under this key before."""
        self.act_id = act_id
        """The id under which it is done once."""
        self._answer = answer
        self.refused = False
        """Set it where nothing was done and the answer says why: the key stays free."""

    def answered(self, model: type[M]) -> M | None:
        """What was answered the first time, where that was kept."""
        return None if self._answer is None else model.model_validate_json(self._answer)

    async def keep(self, answer: M) -> M:
        """Keep what is answered, for whoever asks again.

        Returns:
            What is to be answered: of two that came at once, both get what the first is answered.
        """
        async with self._ledger.begin() as tx:
            kept = await tx.answer_write(self.act_id, answer.model_dump_json().encode())
        return type(answer).model_validate_json(kept)


class Writing(Room):
    """Methods that do a write under a key."""

    @asynccontextmanager
    async def keyed_write(self, act_id: str, content: bytes) -> AsyncIterator[KeyedWrite]:
        """Do one. What is refused the first time leaves nothing behind, and the key free.

        Raises:
            KeyReused: other content came under this key before.
        """
        async with self._ledger.begin() as tx:
            claim = await tx.claim_write(act_id, content, self._now())
        write = KeyedWrite(self._ledger, act_id, claim.answer, first=claim.new)
        try:
            yield write
        except BadInput:
            write.refused = True
            raise
        finally:
            if write.refused and claim.new:
                async with self._ledger.begin() as tx:
                    await tx.release_write(act_id)

    async def forms_today(self, controller: str, names: Iterable[str], most: int) -> int:
        """Count a form that came with these addresses and numbers; 0, or the seconds to wait where it is one too many.

        The same for whoever is known and whoever is not.
        """
        async with self._ledger.begin() as tx:
            wait = await tx.count_forms(controller, names, self._now(), most)
        return 0 if wait is None else max(1, math.ceil(wait.total_seconds()))
