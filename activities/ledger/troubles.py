"""Short-lived data that does not end: from when to when, and what staff were told of it. Counts and codes only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from pydantic import AwareDatetime, Field
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import expiry_trouble
from activities.ledger.room import Room, plain
from habeas.model import Frozen

BLOCKED = "blocked"
"""The system answers, and leaves objects that are past their term."""


class TroubleRow(Frozen):
    """One category in one system that does not end, or did not for a time."""

    controller: str
    system: str
    category: str
    since: AwareDatetime
    code: str
    """The failure's; `BLOCKED` where the system left single objects."""
    objects: int | None = Field(default=None, ge=0)
    """How many are past their term; None where the system does not say."""
    seen_at: AwareDatetime
    told: int = 0
    """How many letters staff got while it went on."""
    told_at: AwareDatetime | None = None
    mended_at: AwareDatetime | None = None
    mended_told_at: AwareDatetime | None = None


class Troubles(Room):
    """Methods on what does not end."""

    async def note_troubles(
        self, controller: str, system: str, code: str | None, objects: Mapping[str, int | None], at: datetime
    ) -> None:
        """What one sweep met in one system: these categories do not end; any other does again."""
        table = expiry_trouble.c
        standing = (table.controller == controller, table.system == system, table.mended_at.is_(None))
        await self._run(
            update(expiry_trouble).where(*standing, table.category.not_in(sorted(objects))).values(mended_at=at)
        )
        known = {row.category for row in await self._all(select(table.category).where(*standing))}
        for category, count in sorted(objects.items()):
            values = {"code": code or BLOCKED, "objects": count, "seen_at": at}
            if category in known:
                await self._run(update(expiry_trouble).where(*standing, table.category == category).values(values))
            else:
                named = {"controller": controller, "system": system, "category": category, "since": at}
                # A second try of the same sweep finds what the first wrote.
                await self._run(upsert(expiry_trouble).values(named | values).on_conflict_do_nothing())

    async def troubles(
        self, controller: str | None = None, system: str | None = None, *, untold: bool = False
    ) -> tuple[TroubleRow, ...]:
        """What does not end now; with ``untold`` also what does again, and staff were not told so yet."""
        table = expiry_trouble.c
        ended = table.mended_at.is_(None)
        wanted = [
            self._mine(table.controller),
            or_(ended, (table.told > 0) & table.mended_told_at.is_(None)) if untold else ended,
        ]
        if controller is not None:
            wanted.append(table.controller == controller)
        if system is not None:
            wanted.append(table.system == system)
        rows = await self._all(
            select(expiry_trouble).where(*wanted).order_by(table.controller, table.system, table.since, table.category)
        )
        return tuple(TroubleRow(**plain(row)) for row in rows)

    async def mark_told(self, rows: Collection[TroubleRow], at: datetime) -> None:
        """A letter about these went out."""
        table = expiry_trouble.c
        for row in rows:
            values = {"told": row.told + 1, "told_at": at} if row.mended_at is None else {"mended_told_at": at}
            await self._run(
                update(expiry_trouble)
                .where(
                    table.controller == row.controller,
                    table.system == row.system,
                    table.category == row.category,
                    table.since == row.since,
                )
                .values(values)
            )
