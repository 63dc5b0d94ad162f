"""The condition that a running ledger is in: the form of its tables, the role's rights, what waits in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime
from sqlalchemy import func, select, text

from activities.ledger.anchor_tables import anchor
from activities.ledger.event_tables import webhook, webhook_delivery
from activities.ledger.privileges import Privilege, least_privileges
from activities.ledger.room import Room
from activities.ledger.tables import evidence, evidence_head, letter, request, request_key
from habeas.errors import ConfigurationError
from habeas.model import Frozen

__all__ = ["REVISIONS", "Backlog", "Condition", "LedgerBehind", "RoleRights"]

REVISIONS = tuple(
    sorted(
        file.name.partition("_")[0] for file in (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*_*.py")
    )
)
"""Every form of the tables that this version knows, oldest first: by the files' names, for Alembic imports slowly."""
_EVIDENCE = ("evidence", "anchor", "anchored_head")
_HELD = text(
    "SELECT name, held FROM unnest(CAST(:tables AS text[]), CAST(:rights AS text[])) AS asked (name, held)"
    " WHERE has_table_privilege(name, held)"
)
_ROLE = text(
    "SELECT session_user AS name, rolsuper OR EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public'"
    " AND tablename = 'evidence' AND pg_has_role(tableowner, 'MEMBER')) AS owner"
    " FROM pg_roles WHERE rolname = session_user"
)


class LedgerBehind(ConfigurationError):
    """The ledger's tables have an older form than this version works with."""

    code = "ledger_behind"
    remedy = "Run `habeas ledger migrate` (or `habeas bootstrap`) as the tables' owner, then start again."


class RoleRights(Frozen):
    """Whom the ledger takes us for, and what that role may do."""

    name: str
    owner: bool
    """Whether it owns the evidence, or is a superuser: then it could change any."""
    missing: tuple[str, ...]
    """Rights that it needs and has not, ``INSERT on evidence``."""
    too_many: tuple[str, ...]
    """Rights to change evidence, which nobody needs."""


class Backlog(Frozen):
    """What is written down and not carried further yet, and since when the oldest waits."""

    unstarted: int
    """Open requests whose workflow was not started."""
    unstarted_since: AwareDatetime | None
    letters: int
    """Letters that no mail server has taken."""
    letters_since: AwareDatetime | None
    events: int
    """Requests with evidence that has no place in the line of events yet."""
    deliveries: int
    """Events that webhooks were due to get."""
    deliveries_since: AwareDatetime | None
    webhooks_off: int
    """Webhooks that are sent nothing any more."""
    unanchored: int
    """Requests with evidence that no anchor covers."""
    unanchored_since: AwareDatetime | None
    anchored_at: AwareDatetime | None
    """When the last anchor was made."""


class Condition(Room):
    """Methods that look at the ledger as a whole; nobody's data is read."""

    async def revision(self) -> str | None:
        """The form of the tables; None where there are none."""
        there = await self._first(select(func.to_regclass("alembic_version").label("it")))
        if there is None or there.it is None:
            return None
        row = await self._first(text("SELECT version_num FROM alembic_version"))
        return None if row is None else str(row.version_num)

    async def check_form(self) -> str:
        """See that the tables have the form that this version works with, or a newer one; which.

        Raises:
            LedgerBehind: they have an older one, or there are none.
        """
        found = await self.revision()
        if found is None or (found in REVISIONS and found != REVISIONS[-1]):
            raise LedgerBehind(f"It is at {found or 'nothing'}, and needs {REVISIONS[-1]}.")
        return found

    async def now(self) -> datetime:
        """The database's clock."""
        row = (await self._run(select(func.clock_timestamp().label("at")))).one()
        at: datetime = row.at
        return at

    async def role_rights(self) -> RoleRights:
        """What the role that we are may do. The tables must have this version's form."""
        row = (await self._run(_ROLE)).one()
        needed = least_privileges()
        harmful = {
            Privilege(table, right) for table in _EVIDENCE for right in ("UPDATE", "DELETE", "TRUNCATE")
        } - needed
        held = await self._held(needed | harmful)
        return RoleRights(
            name=row.name,
            owner=row.owner,
            missing=tuple(sorted(f"{one.name} on {one.table}" for one in needed - held)),
            too_many=tuple(sorted(f"{one.name} on {one.table}" for one in harmful & held)),
        )

    async def _held(self, asked: frozenset[Privilege]) -> frozenset[Privilege]:
        rows = await self._all(
            _HELD.bindparams(tables=[one.table for one in asked], rights=[one.name for one in asked])
        )
        return frozenset(Privilege(row.name, row.held) for row in rows)

    async def master_keys(self) -> dict[str, int]:
        """How many requests' keys each master key wraps."""
        rows = await self._all(
            select(request_key.c.master_key_id, func.count())
            .where(request_key.c.wrapped.is_not(None))
            .group_by(request_key.c.master_key_id)
        )
        return {str(key_id): int(count) for key_id, count in map(tuple, rows)}

    async def backlog(self, now: datetime) -> Backlog:
        """What waits, at this moment."""
        never_started = request.c.started_at.is_(None) & request.c.closed_at.is_(None)
        due = webhook_delivery.c.given_up_at.is_(None) & (webhook_delivery.c.next_at <= now)
        on = webhook.c.removed_at.is_(None)
        uncovered = evidence_head.c.anchored < evidence_head.c.n
        first_uncovered = (evidence.c.request_id == evidence_head.c.request_id) & (
            evidence.c.n == evidence_head.c.anchored + 1
        )
        letters = letter.c.state == "queued"
        return Backlog(
            **await self._waiting("unstarted", request.c.opened_at, never_started),
            **await self._waiting("letters", letter.c.queued_at, letters),
            events=await self._number(evidence_head.c.request_id, evidence_head.c.told < evidence_head.c.n),
            **await self._waiting(
                "deliveries",
                webhook_delivery.c.next_at,
                due & (webhook.c.id == webhook_delivery.c.webhook_id) & on & webhook.c.disabled_at.is_(None),
            ),
            webhooks_off=await self._number(webhook.c.id, on & webhook.c.disabled_at.is_not(None)),
            **await self._waiting("unanchored", evidence.c.at, uncovered & first_uncovered),
            anchored_at=getattr(await self._first(select(func.max(anchor.c.at).label("at"))), "at", None),
        )

    async def _waiting(self, name: str, since: Any, which: Any) -> dict[str, Any]:
        row = (await self._run(select(func.count().label("n"), func.min(since).label("since")).where(which))).one()
        return {name: row.n, f"{name}_since": row.since}

    async def _number(self, column: Any, which: Any) -> int:
        row = (await self._run(select(func.count(column).label("n")).where(which))).one()
        return int(row.n)
