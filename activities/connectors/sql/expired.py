"""List rows past the term that they may be kept for: whose they are does not matter, when they began does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.collect import PAGE_ROWS
from activities.connectors.sql.cursor import Cursors
from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.keys import Key, encode
from activities.connectors.sql.marks import is_restricted
from activities.connectors.sql.order import components
from activities.connectors.sql.rows import anchor, fingerprint, is_erased, read_anchor
from activities.connectors.sql.session import Database
from activities.connectors.sql.shape import Place, Shape
from activities.connectors.sql.terms import over, referenced
from habeas.connector import Page, Record, Treatment


@dataclass(frozen=True, slots=True)
class Behind:
    """A place in the order of the rows: behind this one, or at the start of the table."""

    table: str
    key: Key | None


async def expired(database: Database, secret: str, today: date, cursor: str | None) -> AsyncIterator[Page]:
    """Pages from the cursor on, the last one without any; records have no content, for nobody needs it.

    Tables whose rows point at others come before those, so that whoever ends page after page is not held up by rows
    that would go too. No connection is held between pages. Left out: rows without a date, restricted rows, and those
    that were anonymised already.
    """
    at: Behind | None = None
    first = True
    while True:
        async with database.reading() as connection:
            shape = await database.shape(connection)
            cursors = Cursors(secret, shape)
            if first:
                at, first = await _behind(connection, shape, today, cursors, cursor), False
            found = await _some(connection, shape, today, at)
        more, found = len(found) > PAGE_ROWS, found[:PAGE_ROWS]
        records = tuple(record for _, _, record in found)
        if not more:
            yield Page(records=records, cursor=None)
            return
        place, key, _ = found[-1]
        at = Behind(place.name, key)
        last = [key for each, key, _ in found if each is place]
        yield Page(records=records, cursor=cursors.write(place, last))


def tables_in_order(shape: Shape) -> list[Place]:
    """Children first, by foreign keys and links alike."""
    edges = {name: {reference.target for reference in place.references} for name, place in shape.places.items()}
    return [shape.places[name] for group in reversed(components(shape.places, edges)) for name in group]


async def _behind(
    connection: AsyncConnection, shape: Shape, today: date, cursors: Cursors, cursor: str | None
) -> Behind | None:
    position = cursors.read(cursor)
    place = next((one for one in shape.places.values() if one.number == position.table), None)
    condition = over(shape, place, place.clause, today) if place and cursor else None
    if place is None or condition is None:
        return None
    # Gone since? Then they were erased, and what is left of the table begins where it begins.
    return Behind(place.name, await _marked(connection, place, condition, cursors, position.marks))


async def _some(
    connection: AsyncConnection, shape: Shape, today: date, at: Behind | None
) -> list[tuple[Place, Key, Record]]:
    """The next rows, one more than a page has if there are so many."""
    found: list[tuple[Place, Key, Record]] = []
    waiting = at is not None
    for place in tables_in_order(shape):
        here = at is not None and place.name == at.table
        waiting = waiting and not here
        condition = over(shape, place, place.clause, today)
        if waiting or condition is None:
            continue
        after, limit = at.key if at and here else None, PAGE_ROWS + 1 - len(found)
        found += [(place, *row) for row in await _page(connection, shape, place, condition, today, after, limit)]
        if len(found) > PAGE_ROWS:
            break
    return found


async def _page(
    connection: AsyncConnection,
    shape: Shape,
    place: Place,
    condition: sa.ColumnElement[bool],
    today: date,
    after: Key | None,
    limit: int,
) -> list[tuple[Key, Record]]:
    columns = [place.column(name) for name in place.key]
    held = referenced(shape, place, today)
    query = (
        sa.select(
            *place.key_texts(),
            fingerprint(place).label("fingerprint"),
            anchor(place, place.rule.expires).label("anchor"),
            held.label("referenced"),
        )
        .where(condition, sa.not_(is_restricted(place)), sa.not_(_emptied(place, held)))
        .order_by(*columns)
        .limit(limit)
    )
    if after is not None:
        typed = [sa.cast(sa.cast(text, sa.Text), place.type(name)) for name, text in zip(place.key, after, strict=True)]
        query = query.where(sa.tuple_(*columns) > sa.tuple_(*typed))
    found = []
    for row in await connection.execute(query):
        key = tuple(row[: len(place.key)])
        record = Record(
            collection=place.name,
            key=encode(place, key),
            data={},
            fingerprint=row.fingerprint,
            anchor=read_anchor(row.anchor),
            referenced=row.referenced,
        )
        found.append((key, record))
    return found


async def _marked(
    connection: AsyncConnection,
    place: Place,
    condition: sa.ColumnElement[bool],
    cursors: Cursors,
    marks: tuple[str, ...],
) -> Key | None:
    query = (
        sa.select(*place.key_texts())
        .where(condition, cursors.is_marked(place, marks))
        .order_by(*(place.column(name).desc() for name in place.key))
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return tuple(row) if row else None


def _emptied(place: Place, held: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Anonymised already: all that can be done, by rule or because something points at the row."""
    if not (place.anonymisable and erased_columns(place.table, place.rule)):
        return sa.false()
    by_rule = Treatment.ANONYMISE in (place.rule.erase, place.rule.after)
    return is_erased(place) if by_rule else sa.and_(is_erased(place), held)
