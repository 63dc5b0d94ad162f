"""Which rows, whoever's, point at rows of a table: by a foreign key, or by a link of the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from activities.connectors.sql.keys import Key
from activities.connectors.sql.schema import ForeignKey
from activities.connectors.sql.shape import Place, clause
from activities.connectors.sql.terms import Way
from activities.connectors.sql_portable import rows, values
from activities.connectors.sql_portable.session import Session

NOBODY: Key = ("",)
"""Stands for rows of a table that the map does not hold as personal, which nobody needs to tell apart."""


def way(foreign: ForeignKey) -> Way:
    """A foreign key as a way."""
    return Way(foreign.schema, foreign.table, foreign.columns, foreign.target_columns)


async def at(session: Session, place: Place, keys: Sequence[Key], by: Way) -> dict[Key, set[Key]]:
    """These rows -> the keys of the rows that point at them this way, as the database compares them."""
    inside = session.shape.places.get(by.table) if by.schema == session.shape.schema.name else None
    columns = inside.table.columns if inside else by.columns
    other = clause(by.schema, by.table, columns).alias("other")
    source = place.clause.join(other, _equal(session, place, by, other))
    kinds = [place.table.columns[name] for name in place.key]
    own = [session.dialect.read(kind, place.column(kind.name)) for kind in kinds]
    named = [inside.table.columns[name] for name in inside.key] if inside else []
    theirs = [session.dialect.read(kind, other.c[kind.name]) for kind in named]
    query = sa.select(*(one.label(f"c{n}") for n, one in enumerate((*own, *theirs)))).distinct().select_from(source)
    found: dict[Key, set[Key]] = {}
    for batch in rows.batches(keys):
        wanted = set(batch)
        for row in await session.connection.execute(query.where(rows.equal_to(place, place.key, batch))):
            texts = [values.text(kind, value) for kind, value in zip((*kinds, *named), row, strict=True)]
            key = tuple(str(text) for text in texts[: len(kinds)])
            if key in wanted:
                others = found.setdefault(key, set())
                others.add(tuple(str(text) for text in texts[len(kinds) :]) if inside else NOBODY)
    return found


def _equal(session: Session, place: Place, by: Way, other: sa.FromClause) -> sa.ColumnElement[bool]:
    """Texts that no foreign key joins may have collations that do not go together: they are compared without any."""
    enforced = any(way(key) == by for key in session.shape.pointing_at(place.name))
    same: list[sa.ColumnElement[bool]] = []
    for own, theirs in zip(by.columns, by.target_columns, strict=True):
        target: sa.ColumnElement[Any] = place.column(theirs)
        if not enforced and place.table.columns[theirs].category == "S":
            target = session.dialect.exact(target)
        same.append(other.c[own] == target)
    return sa.and_(*same)
