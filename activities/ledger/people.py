"""Which requests are a person's, by an exact identifier: keyed fingerprints, which go with the request's key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from activities.ledger.duty_tables import past_subject, restriction
from activities.ledger.room import Room, person_prints, prints_of
from activities.ledger.tables import copy_subject, object_outcome, open_subject, request, request_key
from activities.vault import Vault
from habeas.model import COPIES, Identifier, Right
from habeas.outcomes import Fate

__all__ = ["People", "open_purpose", "past_purpose", "person_purpose"]

MOST = 200
"""Requests of one person that a search finds."""


class People(Room):
    """Methods on finding a person's requests."""

    async def findable(self, request_id: str, controller: str, identifiers: Iterable[Identifier]) -> None:
        """From now on the request is found by these, too."""
        prints = person_prints(self._vault, person_purpose(controller), identifiers)
        if prints:
            await self._write_later(("findable", request_id, *prints), prints_of(copy_subject, request_id, prints))

    async def of_person(self, controller: str, identifiers: Iterable[Identifier]) -> tuple[str, ...]:
        """The controller's requests, open or closed, of whoever is known by one of these; the newest first.

        Whatever was opened before requests could be found is known by what it was opened, or remembered, by.
        """
        rows = await self._all(
            select(request.c.id)
            .where(self._theirs(controller, identifiers))
            .order_by(request.c.received_at.desc(), request.c.id)
            .limit(MOST)
        )
        return tuple(row.id for row in rows)

    async def copies_asked(self, controller: str, identifiers: Iterable[Identifier]) -> tuple[str, ...]:
        """The controller's requests for a copy, open or closed, of whoever is, or claims to be, known by one of these.

        The newest first.
        """
        rows = await self._all(
            select(request.c.id)
            .where(self._theirs(controller, identifiers), request.c.right.in_([one.value for one in COPIES]))
            .order_by(request.c.received_at.desc(), request.c.id)
            .limit(MOST)
        )
        return tuple(row.id for row in rows)

    async def keeping_of(self, controller: str, identifiers: Iterable[Identifier]) -> tuple[str, ...]:
        """The controller's closed erasures of whoever is known by one of these that keep something; the newest first.

        Without those whose key is destroyed: by then nothing says what they keep.
        """
        kept = object_outcome.c
        rows = await self._all_else(  # they are closed, and this transaction is about one that is open
            select(request.c.id)
            .join(request_key, request_key.c.request_id == request.c.id)
            .where(
                self._theirs(controller, identifiers),
                request.c.right == Right.ERASURE.value,
                request.c.closed_at.is_not(None),
                request_key.c.wrapped.is_not(None),
                select(kept.request_id)
                .where(kept.request_id == request.c.id, kept.fate == Fate.RETAINED.value)
                .exists(),
            )
            .order_by(request.c.received_at.desc(), request.c.id)
            .limit(MOST)
        )
        return tuple(row.id for row in rows)

    async def restricting_person(
        self, controller: str, system: str, identifiers: Iterable[Identifier]
    ) -> dict[str, datetime]:
        """The controller's requests that restrict something of this person in a system, each with its beginning.

        For systems where no object has a name that a later request would know it by.
        """
        rows = await self._all_else(
            select(restriction.c.request_id, func.min(restriction.c.set_at).label("set_at"))
            .join(request, request.c.id == restriction.c.request_id)
            .where(
                self._theirs(controller, identifiers),
                restriction.c.controller == controller,
                restriction.c.system == system,
                restriction.c.lifted_at.is_(None),
            )
            .group_by(restriction.c.request_id)
        )
        return {row.request_id: row.set_at for row in rows}

    def _theirs(self, controller: str, identifiers: Iterable[Identifier]) -> ColumnElement[bool]:
        """Whether a request is the controller's, and of whoever is known by one of these."""
        known = _prints(self._vault, controller, tuple(identifiers))
        tables = (copy_subject, open_subject, past_subject)
        return and_(
            or_(
                *(
                    request.c.id.in_(select(one.c.request_id).where(one.c.fingerprint.in_(prints)))
                    for one, prints in zip(tables, known, strict=True)
                )
            ),
            request.c.controller == controller,
            self._mine(request.c.controller),
        )


def person_purpose(controller: str) -> str:
    """Told apart by controller, so that nobody is followed from one to the other."""
    return f"person/{controller}"


def open_purpose(controller: str, right: str) -> str:
    """Of an open request: told apart by controller and right."""
    return f"open-subject/{controller}/{right}"


def past_purpose(controller: str, right: str) -> str:
    """Of a closed request: told apart by controller and right."""
    return f"past-subject/{controller}/{right}"


def _prints(
    vault: Vault, controller: str, identifiers: tuple[Identifier, ...]
) -> tuple[list[str], list[str], list[str]]:
    def of_each(purposes: Iterable[str]) -> list[str]:
        return [one for purpose in purposes for one in person_prints(vault, purpose, identifiers)]

    return (
        of_each([person_purpose(controller)]),
        of_each(open_purpose(controller, right) for right in Right),
        of_each(past_purpose(controller, right) for right in Right),
    )
