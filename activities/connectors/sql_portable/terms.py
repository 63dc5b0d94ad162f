"""Whose term is over, and what points at a row whose own is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import sqlalchemy as sa

from activities.connectors.sql.keys import Key
from activities.connectors.sql.shape import Place
from activities.connectors.sql.terms import last_anchor, ways
from activities.connectors.sql_portable import pointing, rows
from activities.connectors.sql_portable.rows import Row
from activities.connectors.sql_portable.session import Session

_EARLIEST = date(1, 1, 1)
Over = Mapping[str, date]
"""The latest day whose term is over, by table; tables without a term, or where nothing can be over, are missing."""


def over(session: Session, today: date) -> Over:
    """See `Over`."""
    terms = {name: place.rule.expires for name, place in session.shape.places.items()}
    latest = {name: last_anchor(term.as_retention(), today) for name, term in terms.items() if term}
    return {name: day for name, day in latest.items() if day}


def condition(place: Place, latest: date) -> sa.ColumnElement[bool]:
    """The row may be past its term: a range, so that an index serves. `is_over` decides."""
    assert place.rule.expires is not None  # noqa: S101  only such tables are in `Over`
    own = place.column(place.rule.expires.anchor)
    return sa.and_(own >= _EARLIEST.isoformat(), own < (latest + timedelta(days=2)).isoformat())


def is_over(row: Row, latest: date) -> bool:
    """The row's term is over."""
    began = row.day(row.place.rule.expires)
    return began is not None and began <= latest


async def referenced(session: Session, place: Place, keys: Sequence[Key], ended: Over) -> set[Key]:
    """Rows that something points at whose own term is not over."""
    found: set[Key] = set()
    for way in ways(session.shape, place):
        held = await pointing.at(session, place, keys, way)
        inside = session.shape.places.get(way.table) if way.schema == session.shape.schema.name else None
        going: set[Key] = set()
        if inside and inside.name in ended:
            others = list({other for each in held.values() for other in each})
            now = await rows.rows(session, inside, others)
            going = {key for key, row in now.items() if is_over(row, ended[inside.name])}
        found |= {key for key, others_ in held.items() if others_ - going}
    return found
