"""When a term is over, as a condition on rows, and what points at a row whose own is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from activities.connectors.sql.shape import Place, Shape, clause
from habeas.connector import Retention
from habeas.plan import term_end

_EARLIEST = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Way:
    """Columns by which rows of a table point at rows of another: a foreign key, or a link of the map without one."""

    schema: str
    table: str
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]


def last_anchor(term: Retention, today: date) -> date | None:
    """The latest day whose term ended before today; None if there is none. Terms never end in another order."""
    low, high = 0, today.toordinal()
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _ended(term, date.fromordinal(middle), today) else (low, middle - 1)
    return date.fromordinal(low) if low else None


def _ended(term: Retention, began: date, today: date) -> bool:
    try:
        return term_end(term, began) < today
    except OverflowError:
        return False


def over(shape: Shape, place: Place, row: sa.FromClause, today: date) -> sa.ColumnElement[bool] | None:
    """The row's term is over; None where the map sets none, or nothing can be over yet."""
    term = place.rule.expires
    latest = last_anchor(term.as_retention(), today) if term else None
    if term is None or latest is None:
        return None
    own, kind = row.c[term.anchor], place.type(term.anchor)
    # As a range of the column's own type, so that an index on it serves.
    first, behind = (
        sa.cast(sa.cast(day.isoformat(), sa.Text), kind) for day in (_EARLIEST, latest + timedelta(days=1))
    )
    return sa.and_(own >= first, own < behind)


def ways(shape: Shape, place: Place) -> list[Way]:
    """All that lead to a table."""
    home = shape.schema.name
    found = {Way(key.schema, key.table, key.columns, key.target_columns): None for key in shape.pointing_at(place.name)}
    for other in shape.places.values():
        for link in other.links:
            if link.target == place.name:
                found.setdefault(Way(home, other.name, link.columns, link.target_columns))
    return list(found)


def pointing(shape: Shape, place: Place, way: Way) -> tuple[Place | None, sa.FromClause, sa.ColumnElement[bool]]:
    """The table it comes from, if the map holds it as personal; its rows; and that one of them points at the row."""
    inside = shape.places.get(way.table) if way.schema == shape.schema.name else None
    other = clause(way.schema, way.table, inside.table.columns if inside else way.columns).alias("other")
    pairs = zip(way.columns, way.target_columns, strict=True)
    return inside, other, sa.and_(*(other.c[own] == place.column(theirs) for own, theirs in pairs))


def referenced(shape: Shape, place: Place, today: date) -> sa.ColumnElement[bool]:
    """Something points at the row whose own term is not over."""
    found: list[sa.ColumnElement[bool]] = []
    for way in ways(shape, place):
        inside, other, points = pointing(shape, place, way)
        ended = over(shape, inside, other, today) if inside else None
        stays = sa.true() if ended is None else sa.not_(sa.func.coalesce(ended, sa.false()))
        found.append(sa.exists(sa.select(sa.literal(1)).select_from(other).where(points, stays)))
    return sa.or_(sa.false(), *found)
