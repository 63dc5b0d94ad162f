"""The end of a request's personal data: its key is destroyed, and what was sealed with it removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, select, update

from activities.ledger.access_tables import visit
from activities.ledger.duty_tables import callback, past_subject, request_holder, suppression, untold_ending
from activities.ledger.prepared import Prepared
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

_PERSONAL = (
    document,
    open_subject,
    copy_wait,
    callback,
    past_subject,
    visit,
    request_holder,
    suppression,
    untold_ending,
)
"""Tables with what is of one person, besides by whom a request is found."""
_RENAMED = Prepared(
    "UPDATE object_outcome SET object = given.new FROM unnest(:old::text[], :new::text[]) AS given (old, new)"
    " WHERE request_id = :request_id::text AND object = given.old"
)


class Endings(Room):
    """Methods on the end of personal data."""

    async def destroy_key(self, request_id: str, at: datetime) -> None:
        """Destroy the request's key for good, and remove what it sealed and whatever could still lead to the person.

        A backup that is older than this still holds the wrapped key: `habeas erasures replay` after a restore. The
        first time said stays. Facts, counts, states and evidence stay.

        Raises:
            UnknownRequest: there is none.
        """
        gone = {"wrapped": None, "destroyed_at": func.coalesce(request_key.c.destroyed_at, at)}
        await self._remove_personal(request_id, at, gone, (*_PERSONAL, copy_subject))
        self._destroyed.add(request_id)
        self._fresh_keys.pop(request_id, None)
        self._keys.drop(request_id)

    async def narrow_key(self, request_id: str, at: datetime, objects: Iterable[str]) -> None:
        """Destroy the request's key as `destroy_key` does, for another under which less is sealed.

        By whom it can be found stays known, too, as fingerprints. The objects' outcomes are named anew.

        Args:
            request_id: of which request.
            at: when.
            objects: names of objects, as `object_name` writes them, that must be told apart later.

        Raises:
            UnknownRequest, KeyDestroyed: as `Room.key`.
        """
        old, (wrapped, new) = await self.key(request_id), self._vault.new_key(request_id)
        renamed = {old.digest(name): new.digest(name) for name in objects}
        narrowed = {"wrapped": wrapped.wrapped, "master_key_id": wrapped.master_key_id, "narrowed_at": at}
        await self._remove_personal(request_id, at, narrowed, _PERSONAL)
        self._keys.drop(request_id)
        self._wrapped.pop(request_id, None)
        self._forget(request_id)
        self._fresh_keys[request_id] = new
        await self._write_later(
            ("renamed", request_id),
            _RENAMED.of({"request_id": request_id, "old": [*renamed], "new": [*renamed.values()]}),
        )

    async def is_narrowed(self, request_id: str) -> bool:
        """Whether its own record is over, and only what it takes to erase what was kept is still there."""
        mine = (request_key.c.request_id == request_id, request_key.c.narrowed_at.is_not(None))
        return await self._first(select(request_key.c.request_id).where(*mine)) is not None

    async def _remove_personal(
        self, request_id: str, at: datetime, key: Mapping[str, Any], tables: Iterable[Table]
    ) -> None:
        changed = (
            update(request_key)
            .where(request_key.c.request_id == request_id)
            .values(**key)
            .returning(request_key.c.request_id)
            .cte("changed")
        )
        parts = [delete(table).where(table.c.request_id == request_id).cte(f"no_{table.name}") for table in tables]
        parts += [
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
        if await self._first(select(changed).add_cte(*parts)) is None:
            raise UnknownRequest
