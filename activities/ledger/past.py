"""Who asked before, as keyed fingerprints of what identified them; gone with the request's key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime
from sqlalchemy import delete, exists, func, or_, select

from activities.ledger.duty_tables import past_subject
from activities.ledger.people import past_purpose
from activities.ledger.room import Room, person_prints, plain, prints_of
from activities.ledger.tables import letter, request
from habeas.model import Frozen, Identifier, Outcome, Request, RequestId, Right, SystemName

__all__ = ["LEFT_OUT", "LeftOutRow", "Past", "PastRow"]

LEFT_OUT = "left_out"
"""How the dedupe keys of letters begin that tell staff of a system that a request was answered without."""


class PastRow(Frozen):
    """A closed request of the same person, as far as is known."""

    id: RequestId
    right: Right
    received_at: AwareDatetime
    closed_at: AwareDatetime
    outcome: Outcome


class LeftOutRow(Frozen):
    """A system that a closed request was answered without."""

    request_id: RequestId
    controller: str
    system: SystemName


class Past(Room):
    """Methods on closed requests of the same person."""

    async def remember_subject(self, asked: Request, identifiers: Iterable[Identifier]) -> None:
        """By what this request will be known as the same person's when they ask for the same right again."""
        prints = sorted(self._past_prints(asked.controller, asked.right, identifiers))
        if prints:
            await self._write_later(("past", asked.id, *prints), prints_of(past_subject, asked.id, prints))

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

    async def left_out(self, since: datetime, limit: int) -> tuple[LeftOutRow, ...]:
        """Systems that closed requests were answered without, of which staff were not reminded since then.

        Not where a later request of the same person for the same right was closed since, and not without that system
        either; nor where nobody could tell: what is known of the person goes with the request's key.

        Args:
            since: a reminder after this is recent.
            limit: so many at most.
        """
        first, recent, again = letter.alias(), letter.alias(), letter.alias()
        mine, theirs, later = past_subject.alias(), past_subject.alias(), request.alias()
        reminded = or_(
            recent.c.dedupe == first.c.dedupe,
            func.starts_with(recent.c.dedupe, func.concat(first.c.dedupe, "/")),
        )
        # Two selects deep nothing is correlated unless it is said.
        not_again = ~exists().where(again.c.request_id == later.c.id, again.c.dedupe == first.c.dedupe).correlate(
            later, first
        )
        completed = (
            select(later.c.id)
            .join(theirs, theirs.c.request_id == later.c.id)
            .join(mine, mine.c.fingerprint == theirs.c.fingerprint)
            .where(
                mine.c.request_id == request.c.id,
                later.c.received_at >= request.c.closed_at,
                later.c.closed_at.is_not(None),
                later.c.outcome != Outcome.UNVERIFIED.value,
                not_again,
            )
        )
        rows = await self._all(
            select(request.c.id, request.c.controller, func.split_part(first.c.dedupe, "/", 2).label("system"))
            .join(first, first.c.request_id == request.c.id)
            .where(
                first.c.dedupe.regexp_match(f"^{LEFT_OUT}/[^/]+$"),
                request.c.closed_at.is_not(None),
                exists().where(past_subject.c.request_id == request.c.id),
                ~exists().where(recent.c.request_id == request.c.id, recent.c.queued_at > since, reminded),
                ~completed.exists(),
            )
            .order_by(request.c.closed_at, request.c.id, first.c.dedupe)
            .limit(limit)
        )
        return tuple(LeftOutRow(request_id=row.id, controller=row.controller, system=row.system) for row in rows)

    def _past_prints(self, controller: str, right: Right, identifiers: Iterable[Identifier]) -> set[str]:
        """Told apart by controller and right, so that nobody is followed from one to the other."""
        return set(person_prints(self._vault, past_purpose(controller, right), identifiers))
