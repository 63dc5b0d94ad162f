"""Sessions of staff who signed in: known by a digest, tied to an account, ended by time, by word, or both."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from activities.ledger.access_tables import staff_session
from activities.ledger.room import Room, context
from habeas.model import Frozen

_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session was last used: a write a minute, not one a page."""


class NewSession(Frozen):
    """Somebody who just signed in."""

    account: str = Field(repr=False)
    actor: str
    created_at: AwareDatetime
    expires_at: AwareDatetime


class Sessions(Room):
    """Methods on sessions of staff."""

    async def add_session(self, new: NewSession, idle_since: datetime) -> str:
        """Begin one; its id is returned this once. Those that are over are removed.

        Args:
            new: whose.
            idle_since: sessions not used after this are over.
        """
        await self._run(delete(staff_session).where(_over(new.created_at, idle_since)))
        session_id = secrets.token_urlsafe(32)
        digest = _digest(session_id)
        await self._run(
            insert(staff_session).values(
                id_sha256=digest,
                account=self._vault.house_key().seal(new.account.encode(), context("", _name(digest))),
                actor=new.actor,
                master_key_id=self._vault.active_key_id,
                created_at=new.created_at,
                used_at=new.created_at,
                expires_at=new.expires_at,
            )
        )
        return session_id

    async def session(self, session_id: str, now: datetime, idle_since: datetime, *, used: bool = True) -> str | None:
        """Whose session this is, and that it is used; None if there is none, or it is over."""
        digest = _digest(session_id)
        here = staff_session.c.id_sha256 == digest
        row = await self._first(select(staff_session).where(here, ~_over(now, idle_since)))
        if row is None:
            return None
        if used and row.used_at <= now - _EVERY:
            await self._run(update(staff_session).where(here).values(used_at=now))
        account = self._vault.house_key(row.master_key_id).open(row.account, context("", _name(digest)))
        return account.decode()

    async def end_session(self, session_id: str) -> None:
        """End this one; harmless where it is over."""
        await self._run(delete(staff_session).where(staff_session.c.id_sha256 == _digest(session_id)))

    async def end_sessions(self, actor: str) -> None:
        """End all of one account."""
        await self._run(delete(staff_session).where(staff_session.c.actor == actor))


def _over(now: datetime, idle_since: datetime) -> ColumnElement[bool]:
    return or_(staff_session.c.expires_at <= now, staff_session.c.used_at <= idle_since)


def _digest(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode()).digest()


def _name(digest: bytes) -> str:
    return f"~session/{digest.hex()}"
