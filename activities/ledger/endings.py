"""The end of a request's personal data: its key is destroyed, and what was sealed with it removed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update

from activities.ledger.access_tables import visit
from activities.ledger.duty_tables import callback, past_subject, request_holder, suppression, untold_ending
from activities.ledger.room import Room
from activities.ledger.tables import (
    act,
    challenge,
    copy_subject,
    copy_wait,
    document,
    error,
    letter,
    link,
    open_subject,
    proof,
    request,
    request_key,
)
from habeas.errors import UnknownRequest


class Endings(Room):
    """Methods on the end of personal data."""

    async def destroy_key(self, request_id: str, at: datetime) -> None:
        """Destroy the request's key for good, and remove what it sealed and whatever could still lead to the person.

        A backup that is older than this still holds the wrapped key: `habeas erasures replay` after a restore. The
        first time said stays. Facts, counts, states and evidence stay.

        Raises:
            UnknownRequest: there is none.
        """
        destroyed = (
            update(request_key)
            .where(request_key.c.request_id == request_id)
            .values(wrapped=None, destroyed_at=func.coalesce(request_key.c.destroyed_at, at))
            .returning(request_key.c.request_id)
            .cte("destroyed")
        )
        parts = [
            delete(table).where(table.c.request_id == request_id).cte(f"no_{table.name}")
            for table in (
                document,
                open_subject,
                copy_subject,
                copy_wait,
                callback,
                past_subject,
                visit,
                request_holder,
                suppression,
                untold_ending,
            )
        ] + [
            update(column.table).where(column.table.c.request_id == request_id).values({column: None}).cte(f"no_{name}")
            for name, column in {
                "reason": act.c.reason,
                "address": challenge.c.address,
                "how": proof.c.how,
                "content": letter.c.content,
                "detail": error.c.detail,
            }.items()
        ]
        parts.append(update(request).where(request.c.id == request_id).values(idempotency=None).cte("no_caller"))
        parts.append(
            update(link)
            .where(link.c.request_id == request_id, link.c.finished_at.is_(None), link.c.revoked_at.is_(None))
            .values(revoked_at=at)
            .cte("no_links")
        )
        if await self._first(select(destroyed).add_cte(*parts)) is None:
            raise UnknownRequest
        self._destroyed.add(request_id)
        self._fresh_keys.pop(request_id, None)
        self._keys.drop(request_id)
