"""Visits: the person comes back by a code that was sent to them, to their own page or to their package.

Codes are asked for and tried at two doors. At the reference's stands whoever has a letter of the request, or has seen
one; a link's is open to nobody but who holds the link. Each door has codes, tries and an allowance of its own: who
wears out the one locks nobody out of the other.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, SecretStr
from sqlalchemy import ColumnElement, func, insert, select, update

from activities.ledger.access_tables import visit
from activities.ledger.challenges import CodeResult
from activities.ledger.room import Room
from habeas.model import Frozen, RequestId

TRIES = 5
"""Wrong codes before a new one must be sent."""


class NewVisit(Frozen):
    """A visit that can be opened with this code; without one, that is opened at once."""

    id: str
    """At a link's door `at_link`."""
    request_id: RequestId
    code: SecretStr | None
    created_at: AwareDatetime
    expires_at: AwareDatetime


def at_link(link_id: str) -> str:
    """An id for a visit at a link's door; of those at the reference's none has a slash."""
    return f"{link_id}/{uuid.uuid4()}"


class Visits(Room):
    """Methods on visits. ``link_id`` names the link at whose door; None the reference's."""

    async def new_visit(self, new: NewVisit) -> None:
        """Write one down; of its code only a keyed digest is kept. The newest with a code is the one that counts."""
        code = None if new.code is None else await self._visit_digest(new.request_id, new.id, new.code)
        await self._run(insert(visit).values(new.model_dump(exclude={"code"}) | {"code": code, "tries_left": TRIES}))

    async def visit_codes_since(
        self, request_id: str, since: datetime, *, link_id: str | None = None
    ) -> tuple[datetime, ...]:
        """When codes for visits were made at this door since then, oldest first."""
        here = _with_code(request_id, link_id) & (visit.c.created_at > since)
        rows = await self._all(select(visit.c.created_at).where(here).order_by(visit.c.created_at))
        return tuple(row.created_at for row in rows)

    async def try_visit(
        self, request_id: str, code: str, now: datetime, *, link_id: str | None = None
    ) -> tuple[CodeResult, str | None]:
        """Try a code against the newest visit at this door; a wrong one costs a try, however many come at once.

        Returns:
            What came of it, and the visit's id where it may be opened; `open_visit` uses the code up.

        Raises:
            UnknownRequest, KeyDestroyed: as `Room.key`.
        """
        await self.key(request_id)
        row = await self._first(_newest(request_id, link_id).with_for_update())
        if row is None or row.session_sha256 is not None:
            return CodeResult.NONE, None
        if row.tries_left <= 0:
            return CodeResult.EXHAUSTED, None
        if now >= row.expires_at:
            return CodeResult.EXPIRED, None
        if not hmac.compare_digest(await self._visit_digest(request_id, row.id, code), row.code):
            await self._run(update(visit).where(visit.c.id == row.id).values(tries_left=visit.c.tries_left - 1))
            return CodeResult.WRONG, None
        return CodeResult.PROVEN, row.id

    async def open_visit(self, visit_id: str, ends_at: datetime) -> str:
        """Open one; the session's secret is returned this once."""
        session = secrets.token_urlsafe(32)
        await self._run(
            update(visit).where(visit.c.id == visit_id).values(session_sha256=_digest(session), ends_at=ends_at)
        )
        return session

    async def visit(self, session: str, now: datetime) -> str | None:
        """At which request a session is; None if there is none, or it is over."""
        here = visit.c.session_sha256 == _digest(session)
        row = await self._first(select(visit.c.request_id).where(here, visit.c.ends_at > now))
        return None if row is None else str(row.request_id)

    async def end_visit(self, session: str, now: datetime) -> None:
        """End it now; harmless where it is over."""
        here = visit.c.session_sha256 == _digest(session)
        await self._run(update(visit).where(here).values(ends_at=func.least(visit.c.ends_at, now)))

    async def _visit_digest(self, request_id: str, visit_id: str, code: str | SecretStr) -> str:
        text = code.get_secret_value() if isinstance(code, SecretStr) else code
        typed = re.sub(r"[\s-]", "", text)
        return (await self.key(request_id)).digest(f"visit/{visit_id}/{typed}")


def _with_code(request_id: str, link_id: str | None) -> ColumnElement[bool]:
    at_a_link = visit.c.id.contains("/")
    here = ~at_a_link if link_id is None else visit.c.id.startswith(f"{link_id}/", autoescape=True)
    return (visit.c.request_id == request_id) & visit.c.code.is_not(None) & here


def _newest(request_id: str, link_id: str | None) -> Any:
    here = _with_code(request_id, link_id)
    return select(visit).where(here).order_by(visit.c.created_at.desc(), visit.c.id).limit(1)


def _digest(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()
