"""Who was erased, as keyed fingerprints, so that a system can ask before it takes somebody up again.

They are of identifiers that lead to nobody else, told apart by controller, and go with the request's key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import AwareDatetime
from sqlalchemy import select

from activities.ledger.duty_tables import suppression
from activities.ledger.prepared import Prepared
from activities.ledger.room import Room, person_prints
from activities.ledger.tables import request
from habeas.model import Frozen, Identifier, RequestId

__all__ = ["SuppressedRow", "Suppressions"]


class SuppressedRow(Frozen):
    """The newest erasure of whoever is known by an identifier."""

    request_id: RequestId
    since: AwareDatetime


class Suppressions(Room):
    """Methods on who was erased."""

    async def suppress(
        self, request_id: str, controller: str, identifiers: Iterable[Identifier], since: datetime
    ) -> None:
        """From now on whoever is known by one of these is known as erased."""
        prints = person_prints(self._vault, _purpose(controller), identifiers)
        if prints:
            values = {"request_id": request_id, "prints": prints, "since": since}
            await self._write_later(("suppressed", request_id, *prints), _SUPPRESSED.of(values))

    async def suppressed(self, controller: str, identifiers: Sequence[Identifier]) -> tuple[SuppressedRow | None, ...]:
        """For each of these, in their order: the newest erasure of whoever it is; None for nobody's."""
        prints = [person_prints(self._vault, _purpose(controller), (one,))[0] for one in identifiers]
        rows = await self._all(
            select(suppression.c.fingerprint, suppression.c.request_id, suppression.c.since)
            .join(request, request.c.id == suppression.c.request_id)
            .where(
                suppression.c.fingerprint.in_(sorted(set(prints))),
                request.c.controller == controller,
                self._mine(request.c.controller),
            )
            .order_by(suppression.c.since)
        )
        newest = {row.fingerprint: SuppressedRow(request_id=row.request_id, since=row.since) for row in rows}
        return tuple(newest.get(one) for one in prints)


_SUPPRESSED = Prepared(
    "INSERT INTO suppression (request_id, fingerprint, since)"
    " SELECT :request_id::text, value, :since::timestamptz FROM unnest(:prints::text[]) AS given (value)"
    " ON CONFLICT DO NOTHING"
)


def _purpose(controller: str) -> str:
    return f"suppression/{controller}"
