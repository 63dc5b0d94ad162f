"""Who asked before, as keyed fingerprints of what identified them; gone with the request's key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import past_subject
from activities.ledger.people import past_purpose
from activities.ledger.room import Room, person_prints, plain
from activities.ledger.tables import request
from habeas.model import Frozen, Identifier, Outcome, Request, RequestId, Right

__all__ = ["Past", "PastRow"]


class PastRow(Frozen):
    """A closed request of the same person, as far as is known."""

    id: RequestId
    right: Right
    received_at: AwareDatetime
    closed_at: AwareDatetime
    outcome: Outcome


class Past(Room):
    """Methods on closed requests of the same person."""

    async def remember_subject(self, request_id: str, identifiers: Iterable[Identifier]) -> None:
        """By what this request will be known as the same person's when they ask for the same right again.

        Raises:
            UnknownRequest: there is none.
        """
        of = select(request.c.controller, request.c.right).where(request.c.id == request_id)
        found: Request | Row[Any] = self._requests.get(request_id) or (await self._run(of)).one()
        prints = self._past_prints(found.controller, Right(found.right), identifiers)
        values = [{"request_id": request_id, "fingerprint": one} for one in sorted(prints)]
        if values:
            about = ("past", request_id, *sorted(prints))
            await self._write_later(about, upsert(past_subject).values(values).on_conflict_do_nothing())

    async def forget_subject(self, request_id: str) -> None:
        """The request no longer counts as one of that person's: it is carried out anew as another."""
        await self._run(delete(past_subject).where(past_subject.c.request_id == request_id))

    async def asked_before(
        self,
        controller: str,
        rights: Iterable[Right],
        identifiers: Iterable[Identifier],
        *,
        until: datetime,
        besides: str | None = None,
    ) -> tuple[PastRow, ...]:
        """Closed requests for these rights that share an identifier, the newest first.

        Args:
            controller: whose.
            rights: any of these.
            identifiers: of the person.
            until: received at the latest then.
            besides: but not this one.
        """
        known = tuple(identifiers)
        prints = {one for right in rights for one in self._past_prints(controller, right, known)}
        columns = [request.c[name] for name in PastRow.model_fields]
        rows = await self._all(
            select(*columns)
            .where(
                request.c.id.in_(
                    select(past_subject.c.request_id).where(past_subject.c.fingerprint.in_(sorted(prints)))
                ),
                request.c.controller == controller,
                self._mine(request.c.controller),
                request.c.id != (besides or ""),
                request.c.closed_at.is_not(None),
                request.c.received_at <= until,
            )
            .order_by(request.c.received_at.desc(), request.c.id)
        )
        return tuple(PastRow(**plain(row)) for row in rows)

    def _past_prints(self, controller: str, right: Right, identifiers: Iterable[Identifier]) -> set[str]:
        """Told apart by controller and right, so that nobody is followed from one to the other."""
        return set(person_prints(self._vault, past_purpose(controller, right), identifiers))
