"""Restricted objects: nothing but storing is done with them until the restriction is lifted (GDPR art. 18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime
from sqlalchemy import ARRAY, ColumnElement, Text, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from activities.ledger.duty_tables import restriction
from activities.ledger.room import Room, plain
from habeas.connector import RecordRef
from habeas.model import Frozen, RequestId

_BATCH = 5000


class RestrictionRow(Frozen):
    """What one request restricted in one system, as counts."""

    request_id: RequestId
    controller: str
    system: str
    objects: int
    set_at: AwareDatetime
    lifted_at: AwareDatetime | None


class Restrictions(Room):
    """Methods on restrictions. Objects are named by a fingerprint under the master key: see `Room.object_print`."""

    async def restrict(
        self, request_id: str, controller: str, system: str, objects: Iterable[RecordRef], at: datetime
    ) -> None:
        """These objects are restricted from now on; a second time changes nothing, and lifts nothing."""
        named = {self.object_print(controller, system, one.collection, one.key): one.collection for one in objects}
        await self.lock_stays(controller)
        # In one order everywhere, or two requests could wait for each other.
        rows = sorted(named.items())
        for start in range(0, len(rows), _BATCH):
            values = [
                {
                    "request_id": request_id,
                    "system": system,
                    "object": name,
                    "controller": controller,
                    "collection": collection,
                    "set_at": at,
                }
                for name, collection in rows[start : start + _BATCH]
            ]
            await self._run(upsert(restriction).values(values).on_conflict_do_nothing())

    async def restricted_besides(self, request_id: str) -> frozenset[tuple[str, str]]:
        """System and collection of objects that this request let go of, and that another still restricts."""
        other = restriction.alias("other")
        rows = await self._all(
            select(restriction.c.system, restriction.c.collection)
            .distinct()
            .join(
                other,
                (other.c.controller == restriction.c.controller)
                & (other.c.system == restriction.c.system)
                & (other.c.object == restriction.c.object)
                & (other.c.request_id != restriction.c.request_id),
            )
            .where(
                restriction.c.request_id == request_id,
                other.c.lifted_at.is_(None),
                self._ours(restriction.c.request_id),
            )
        )
        return frozenset((row.system, row.collection) for row in rows)

    async def restricted_by_others(self, request_id: str) -> dict[frozenset[str], int]:
        """By which other requests what this one restricts is restricted, too: by nobody else is the empty set.

        Returns:
            How many objects for each set of other requests.
        """
        other = restriction.alias("other")
        rows = await self._all(
            select(func.array_remove(func.array_agg(other.c.request_id), None).label("others"))
            .select_from(
                restriction.outerjoin(
                    other,
                    (other.c.controller == restriction.c.controller)
                    & (other.c.system == restriction.c.system)
                    & (other.c.object == restriction.c.object)
                    & (other.c.request_id != restriction.c.request_id)
                    & other.c.lifted_at.is_(None),
                )
            )
            .where(
                restriction.c.request_id == request_id,
                restriction.c.lifted_at.is_(None),
                self._ours(restriction.c.request_id),
            )
            .group_by(restriction.c.system, restriction.c.object)
        )
        return dict(Counter(frozenset(row.others) for row in rows))

    async def restricted(
        self, controller: str, system: str, prints: Iterable[str], *, besides: str | None = None
    ) -> set[str]:
        """Those of these objects that are restricted, by whichever request, or by any other than ``besides``."""
        return {*await self.restricting(controller, system, prints, besides=besides)}

    async def restricting(
        self, controller: str, system: str, prints: Iterable[str], *, besides: str | None = None
    ) -> dict[str, frozenset[str]]:
        """The restricted ones of these objects, each with the requests that restrict it, without ``besides``."""
        asked = list(prints)
        if not asked:
            return {}
        given = func.unnest(literal(asked, ARRAY(Text))).table_valued("value", name="given").render_derived()
        rows = await self._all(
            select(restriction.c.object, func.array_agg(restriction.c.request_id).label("requests"))
            .where(
                restriction.c.controller == controller,
                restriction.c.system == system,
                restriction.c.lifted_at.is_(None),
                restriction.c.object.in_(select(given.c.value)),
                *([restriction.c.request_id != besides] if besides else []),
            )
            .group_by(restriction.c.object)
        )
        return {row.object: frozenset(row.requests) for row in rows}

    async def lift_restrictions(self, request_id: str, system: str, at: datetime) -> int:
        """What this request restricted in this system no longer is; how many objects that were. The first end stays."""
        lifted = await self._run(
            update(restriction)
            .where(
                restriction.c.request_id == request_id,
                restriction.c.system == system,
                restriction.c.lifted_at.is_(None),
            )
            .values(lifted_at=at)
        )
        return lifted.rowcount

    async def restrictions(
        self, *, controller: str | None = None, request_id: str | None = None, standing: bool = True
    ) -> tuple[RestrictionRow, ...]:
        """What is restricted, by request and system, the oldest first.

        Args:
            controller: only this one's.
            request_id: only what this request restricted.
            standing: leave out what was lifted.
        """
        columns = restriction.c
        conditions: list[ColumnElement[bool]] = [self._mine(columns.controller)]
        if standing:
            conditions.append(columns.lifted_at.is_(None))
        if controller is not None:
            conditions.append(columns.controller == controller)
        if request_id is not None:
            conditions.append(columns.request_id == request_id)
        rows = await self._all(
            select(
                columns.request_id,
                columns.controller,
                columns.system,
                func.count().label("objects"),
                func.min(columns.set_at).label("set_at"),
                func.max(columns.lifted_at).label("lifted_at"),
            )
            .where(*conditions)
            .group_by(columns.request_id, columns.controller, columns.system)
            .order_by(func.min(columns.set_at), columns.request_id, columns.system)
        )
        return tuple(RestrictionRow(**plain(row)) for row in rows)
