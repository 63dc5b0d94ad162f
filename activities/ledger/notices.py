"""Notices: who was told what became of data they got, or was sent the request, and who acknowledged."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import notice
from activities.ledger.room import Room, plain
from habeas.errors import LinkRefused
from habeas.model import Frozen, RequestId


class NoticeKind(StrEnum):
    """Why somebody is written to."""

    RECIPIENT = "recipient"
    """They got the data, and are told what became of it (GDPR art. 19)."""
    CONTROLLER = "controller"
    """They decide over the data, and the request is sent on to them (GDPR art. 28(3)(e))."""
    PROCESSOR = "processor"
    """They process the data for the controller, and are instructed what to do with it (GDPR art. 28(3)(a))."""


class NoticeState(StrEnum):
    """How far a notice has come. The order in which they are listed is the order in which they may follow."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    NOT_TOLD = "not_told"
    """They cannot be told, or it would be disproportionate: the policy says why."""
    TOO_LONG_AGO = "too_long_ago"
    """They had the data before the time that the law looks back to: it does not ask that they be told."""


NEVER_TOLD = frozenset({NoticeState.NOT_TOLD, NoticeState.TOO_LONG_AGO})
OPEN_STATES = frozenset({NoticeState.QUEUED, NoticeState.SENT, NoticeState.FAILED, NoticeState.ESCALATED})


class NoticeRow(Frozen):
    """One notice. ``recipient`` is the policy's id, a system's name, or a keyed hash of an address."""

    id: str
    request_id: RequestId
    kind: NoticeKind
    recipient: str
    state: NoticeState
    queued_at: AwareDatetime
    state_at: AwareDatetime
    reminded: int
    acknowledged_at: AwareDatetime | None
    acknowledged_by: str | None
    occasion: str = ""
    """What ended after the request did, or the processor's task; empty for the request's own end. Each occasion has
    notices of its own."""
    expires_at: AwareDatetime | None = None
    """From then on the link is refused."""

    @property
    def open(self) -> bool:
        """Whether an acknowledgement is still waited for."""
        return self.state in OPEN_STATES


class Notices(Room):
    """Methods on notices."""

    async def new_notice(self, row: NoticeRow, token: SecretStr) -> None:
        """Write down a notice; of its token only the SHA-256 is kept. The same id again changes nothing."""
        values = row.model_dump() | {"token_sha256": _hash(token.get_secret_value())}
        await self._run(upsert(notice).values(values).on_conflict_do_nothing())

    async def notices(self, request_id: str) -> tuple[NoticeRow, ...]:
        """A request's notices, in the order they were made."""
        rows = await self._all(
            select(*_COLUMNS).where(notice.c.request_id == request_id).order_by(notice.c.queued_at, notice.c.id)
        )
        return tuple(NoticeRow(**plain(row)) for row in rows)

    async def notice_of(self, token: str, *kinds: NoticeKind) -> NoticeRow:
        """The notice of one of these kinds that a link is for.

        Looked up by the token's hash, so that the time it takes tells nothing.

        Raises:
            LinkRefused: there is none.
        """
        wanted = (notice.c.token_sha256 == _hash(token)) & notice.c.kind.in_([kind.value for kind in kinds])
        row = await self._first(select(*_COLUMNS).where(wanted))
        if row is None:
            raise LinkRefused(reason="unknown")
        return NoticeRow(**plain(row))

    async def mark_notice(self, notice_id: str, state: NoticeState, at: datetime, *, reminded: int = 0) -> None:
        """How far it has come. One that was acknowledged stays so."""
        await self._run(
            update(notice)
            .where(notice.c.id == notice_id, notice.c.state != NoticeState.ACKNOWLEDGED)
            .values(state=state, state_at=at, reminded=func.greatest(notice.c.reminded, reminded))
        )

    async def acknowledge_notice(self, notice_id: str, by: str, at: datetime) -> bool:
        """They say that they have done it; the first time said stays. Returns whether this was the first.

        Whoever was not told has nothing to acknowledge.
        """
        done = await self._run(
            update(notice)
            .where(
                notice.c.id == notice_id,
                notice.c.state.not_in((NoticeState.ACKNOWLEDGED, *sorted(NEVER_TOLD))),
            )
            .values(state=NoticeState.ACKNOWLEDGED, state_at=at, acknowledged_at=at, acknowledged_by=by)
        )
        return done.rowcount > 0


_COLUMNS = [notice.c[name] for name in NoticeRow.model_fields]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
