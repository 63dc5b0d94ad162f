"""List rows past the term that they may be kept for: whose they are does not matter, when they began does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

from activities.connectors.sql.collect import PAGE_ROWS
from activities.connectors.sql.cursor import Cursors
from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.expired import Behind, tables_in_order
from activities.connectors.sql.keys import Key, encode
from activities.connectors.sql.shape import Place
from activities.connectors.sql_portable import rows, terms
from activities.connectors.sql_portable.rows import Row
from activities.connectors.sql_portable.session import Database, Session
from habeas.connector import Page, Record, Treatment


async def expired(database: Database, secret: str, today: date, cursor: str | None) -> AsyncIterator[Page]:
    """See `activities.connectors.sql.expired.expired`: the same rows in the same pages."""
    at: Behind | None = None
    first = True
    while True:
        async with database.reading() as session:
            cursors = Cursors(secret, session.shape)
            if first:
                at, first = await _behind(session, today, cursors, cursor), False
            found, behind = await _some(session, today, at)
        records = tuple(record for _, _, record in found)
        if behind is None:
            yield Page(records=records, cursor=None)
            return
        at = behind
        place = session.shape.places[at.table]
        last = [key for each, key, _ in found if each is place]
        yield Page(records=records, cursor=cursors.write(place, last or [at.key or ()]))


async def _behind(session: Session, today: date, cursors: Cursors, cursor: str | None) -> Behind | None:
    """The last row that the cursor marks; where all are gone, the table's start: what is left begins there."""
    position = cursors.read(cursor)
    ended = terms.over(session, today)
    place = next((one for one in session.shape.places.values() if one.number == position.table), None)
    if cursor is None or place is None or place.name not in ended:
        return None
    last: Key | None = None
    async for key in rows.streamed_keys(session, place, terms.condition(place, ended[place.name])):
        if cursors.mark(key) in position.marks:
            last = key
    return Behind(place.name, last)


async def _some(
    session: Session, today: date, at: Behind | None
) -> tuple[list[tuple[Place, Key, Record]], Behind | None]:
    """The next rows, and behind which one they go on; None where nothing is left to look at."""
    ended = terms.over(session, today)
    found: list[tuple[Place, Key, Record]] = []
    waiting = at is not None
    for place in tables_in_order(session.shape):
        here = at is not None and place.name == at.table
        waiting = waiting and not here
        if waiting or place.name not in ended:
            continue
        after = at.key if at and here else None
        while True:
            limit = PAGE_ROWS - len(found)
            if limit == 0:
                return found, Behind(found[-1][0].name, found[-1][1]) if after is None else Behind(place.name, after)
            chosen = terms.condition(place, ended[place.name])
            seen = await rows.in_order(session, place, chosen, after, limit)
            found += [(place, row.key, record) for row, record in await _listed(session, place, seen, ended)]
            if len(seen) < limit:
                break
            after = seen[-1].key
    return found, None


async def _listed(session: Session, place: Place, seen: list[Row], ended: terms.Over) -> list[tuple[Row, Record]]:
    """Those that are over, not restricted, and not anonymised already."""
    going = [row for row in seen if terms.is_over(row, ended[place.name]) and not row.is_restricted]
    held = await terms.referenced(session, place, [row.key for row in going], ended)
    return [
        (
            row,
            Record(
                collection=place.name,
                key=encode(place, row.key),
                data={},
                fingerprint=row.fingerprint,
                anchor=row.day(place.rule.expires),
                referenced=row.key in held,
            ),
        )
        for row in going
        if not _is_emptied(row, referenced=row.key in held)
    ]


def _is_emptied(row: Row, *, referenced: bool) -> bool:
    """Anonymised already: all that can be done, by rule or because something points at the row."""
    place = row.place
    if not (place.anonymisable and erased_columns(place.table, place.rule)):
        return False
    by_rule = Treatment.ANONYMISE in (place.rule.erase, place.rule.after)
    return row.is_erased and (by_rule or referenced)
