"""Copies and the erasures of the same person: who asked for a copy, and which erasure waits for which copy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime
from sqlalchemy import ARRAY, Text, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.at_hand import WAITS
from activities.ledger.room import Room, person_prints, plain, prints_of
from activities.ledger.tables import copy_subject, copy_wait, request
from habeas.model import Frozen, Identifier, Outcome, RequestId, Right
from habeas.particulars import Scope


class CopyRow(Frozen):
    """Somebody's request for a copy, as far as an erasure must know it."""

    id: RequestId
    right: Right
    regime: str
    jurisdiction: str
    received_at: AwareDatetime
    closed_at: datetime | None
    outcome: Outcome | None
    scope: Scope | None
    categories: tuple[str, ...]
    before_erasure: bool


class Copies(Room):
    """Methods on copies that an erasure may have to wait for."""

    async def copy_is_of(self, request_id: str, controller: str, identifiers: Iterable[Identifier]) -> None:
        """A copy's person is known by these, as well as by what was said before. Kept as fingerprints."""
        prints = self._copy_prints(controller, identifiers)
        if prints:
            await self._write_later(("copy", request_id, *prints), prints_of(copy_subject, request_id, prints))

    async def copies_of(
        self, controller: str, identifiers: Iterable[Identifier], *, lock: bool = False
    ) -> tuple[CopyRow, ...]:
        """The requests for a copy, open or closed, of whoever is known by one of these; in the order they came in.

        With ``lock`` none of them closes until this transaction ends, and one that is closing is waited for.
        """
        prints = self._copy_prints(controller, identifiers)
        given = func.unnest(literal(prints, ARRAY(Text))).table_valued("value", name="given").render_derived()
        theirs = select(copy_subject.c.request_id).where(copy_subject.c.fingerprint.in_(select(given.c.value)))
        statement = (
            select(*(request.c[name] for name in CopyRow.model_fields))
            .where(request.c.id.in_(theirs), request.c.controller == controller, self._mine(request.c.controller))
            .order_by(request.c.received_at, request.c.id)
        )
        rows = await self._all(statement.with_for_update(read=True, of=request) if lock else statement)
        return tuple(CopyRow(**plain(row)) for row in rows)

    async def wait_for_copies(self, request_id: str, copies: Iterable[str]) -> None:
        """This erasure waits for these copies: when one of them closes, it is told."""
        rows = [{"request_id": request_id, "copy": each} for each in copies]
        self._reread(WAITS)
        if rows:
            await self._run(upsert(copy_wait).values(rows).on_conflict_do_nothing())

    async def waiting_for_copy(self, copy: str) -> tuple[str, ...]:
        """The open erasures that wait for this copy."""
        waiting = (
            select(copy_wait.c.request_id)
            .join(request, request.c.id == copy_wait.c.request_id)
            .where(copy_wait.c.copy == copy, request.c.closed_at.is_(None), self._mine(request.c.controller))
            .order_by(copy_wait.c.request_id)
        )
        return tuple(row.request_id for row in await self._once(WAITS, copy, waiting))

    def _copy_prints(self, controller: str, identifiers: Iterable[Identifier]) -> list[str]:
        return person_prints(self._vault, f"copy/{controller}", identifiers)
