"""A plan's objects in one database: sorted by table, checked against the map, and looked up as they are now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.errors import MapDoesNotFit
from activities.connectors.sql.keys import Key, decode
from activities.connectors.sql.rows import fingerprint, is_erased
from activities.connectors.sql.shape import Place, Shape
from activities.connectors.sql.walk import POSITION, given_keys, same_key
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.errors import Quarantine

CHUNK = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class State:
    """A row as it is now."""

    fingerprint: str
    is_erased: bool
    """Everything that anonymising writes is written already."""


Planned = dict[str, dict[Key, PlannedObject]]


def sorted_out(shape: Shape, plan: SystemPlan) -> Planned:
    """The plan's objects by table and key.

    Raises:
        MapDoesNotFit: the plan asks what the map does not allow; the map was changed since.
        Quarantine: an object stands in the plan twice, or has no proper key.
    """
    found: Planned = {}
    for each in plan.objects:
        place = shape.places.get(each.collection)
        if place is None or not _allowed(place, each.treatment):
            raise MapDoesNotFit(
                f"The plan would {each.treatment} rows of {each.collection}, which the map does not allow (any more).",
                system=plan.system,
            )
        rows = found.setdefault(place.name, {})
        key = decode(place, each.key)
        if key in rows:
            raise Quarantine(f"The plan names a row of {place.name} twice.")
        rows[key] = each
    return found


def _allowed(place: Place, treatment: Treatment) -> bool:
    match treatment:
        case Treatment.RETAIN:
            return True
        case Treatment.ANONYMISE:
            return place.anonymisable
        case Treatment.DELETE:
            return Treatment.DELETE in place.rule.treatments


async def states(
    connection: AsyncConnection, place: Place, keys: Sequence[Key], *, lock: bool = False
) -> dict[Key, State]:
    """Those of the rows that exist, optionally locked until the transaction ends."""
    erased = is_erased(place) if place.anonymisable else sa.false()
    found: dict[Key, State] = {}
    for chunk in chunks(keys):
        given = given_keys(place, chunk)
        query = (
            sa.select(given.c[POSITION].label("n"), fingerprint(place).label("fingerprint"), erased.label("is_erased"))
            .select_from(place.clause.join(given, same_key(place, given)))
            .order_by(*(place.column(name) for name in place.key))
        )
        if lock:
            query = query.with_for_update(of=place.clause)
        for row in await connection.execute(query):
            key = chunk[row.n - 1]
            if key in found:
                raise Quarantine(f"A key of {place.name} leads to more than one row.")
            found[key] = State(row.fingerprint, row.is_erased)
    return found


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """In pieces of a thousand."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
