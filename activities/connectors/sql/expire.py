"""Rows past the term that they may be kept for: whose they are does not matter, when they began does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.collect import PAGE_ROWS
from activities.connectors.sql.confirm import judge
from activities.connectors.sql.cursor import MARKS_MAX, Cursors
from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.erase import outcome
from activities.connectors.sql.keys import Key, encode
from activities.connectors.sql.marks import is_restricted
from activities.connectors.sql.planned import Planned, chunks, sorted_out, states
from activities.connectors.sql.rows import anchor, fingerprint, is_erased, read_anchor
from activities.connectors.sql.session import Database
from activities.connectors.sql.shape import Place, Shape, clause
from activities.connectors.sql.treat import ToDo, treat
from activities.connectors.sql.walk import POSITION, given_keys, same_key
from habeas.connector import Page, PlannedObject, Record, Retention, SystemPlan, Treatment
from habeas.outcomes import ConfirmAnswer, Done, Fate, ObjectOutcome
from habeas.plan import term_end

DRIFTED = "drifted"
RESTRICTED = "restricted"
REFERENCED = "referenced"
_EARLIEST = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class _Way:
    """Columns by which rows of a table point at rows of another: a foreign key, or a link of the map without one."""

    schema: str
    table: str
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]


@dataclass(slots=True)
class _Judged:
    todo: ToDo = field(default_factory=ToDo)
    blocked: dict[tuple[str, Key], str] = field(default_factory=dict)


async def expired(
    connection: AsyncConnection, shape: Shape, today: date, cursors: Cursors, cursor: str | None
) -> AsyncIterator[Page]:
    """Pages from the cursor on, the last one without any; records have no content, for nobody needs it.

    Left out: rows without a date, restricted rows, and those that were anonymised already.
    """
    position = cursors.read(cursor)
    waiting: list[Record] = []
    last: tuple[Place, list[Key]] | None = None
    for place in shape.places.values():
        condition = _over(shape, place, place.clause, today)
        if condition is None or place.number < position.table:
            continue
        after = None
        if place.number == position.table and position.marks:
            # Gone since? Then they were erased, and what is left of the table begins where it begins.
            after = await _marked(connection, place, condition, cursors, position.marks)
        while True:
            rows = await _page(connection, shape, place, condition, today, after)
            for key, record in rows:
                if last and len(waiting) == PAGE_ROWS:
                    yield Page(records=tuple(waiting), cursor=cursors.write(*last))
                    waiting, last = [], None
                waiting.append(record)
                last = (place, [*(last[1] if last and last[0] is place else []), key][-MARKS_MAX:])
            if len(rows) < PAGE_ROWS:
                break
            after = rows[-1][0]
    yield Page(records=tuple(waiting), cursor=None)


async def expire(database: Database, plan: SystemPlan) -> ConfirmAnswer:
    """See `SqlConnector.expire`.

    Raises:
        Quarantine: the database's own rules or triggers stand against it; nothing was changed.
    """
    async with database.writing() as connection:
        shape = await database.shape(connection)
        planned = sorted_out(shape, plan)
        judged = await _judge_all(connection, shape, planned)
        if judged.todo:
            await treat(connection, shape, judged.todo, planned)
    outcomes: dict[tuple[str, str], ObjectOutcome] = {}
    async with database.reading_afresh() as connection:
        shape = await database.shape(connection)
        for name, rows in planned.items():
            now = await states(connection, shape.places[name], list(rows))
            for key, each in rows.items():
                why = judged.blocked.get((name, key))
                outcomes[name, each.key] = outcome(each, Fate.BLOCKED, why) if why else judge(each, now.get(key))
    listed = tuple(outcomes[each.collection, each.key] for each in plan.objects)
    return Done[tuple[ObjectOutcome, ...]](result=listed)


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


def _over(shape: Shape, place: Place, row: sa.FromClause, today: date) -> sa.ColumnElement[bool] | None:
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


async def _page(
    connection: AsyncConnection,
    shape: Shape,
    place: Place,
    condition: sa.ColumnElement[bool],
    today: date,
    after: Key | None,
) -> list[tuple[Key, Record]]:
    columns = [place.column(name) for name in place.key]
    referenced = _referenced(shape, place, today)
    query = (
        sa.select(
            *place.key_texts(),
            fingerprint(place).label("fingerprint"),
            anchor(place, place.rule.expires).label("anchor"),
            referenced.label("referenced"),
        )
        .where(condition, sa.not_(is_restricted(place)), sa.not_(_emptied(place, referenced)))
        .order_by(*columns)
        .limit(PAGE_ROWS)
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


def _emptied(place: Place, referenced: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Anonymised already: all that can be done, by rule or because something points at the row."""
    if not (place.anonymisable and erased_columns(place.table, place.rule)):
        return sa.false()
    by_rule = Treatment.ANONYMISE in (place.rule.erase, place.rule.after)
    return is_erased(place) if by_rule else sa.and_(is_erased(place), referenced)


def _ways(shape: Shape, place: Place) -> list[_Way]:
    home = shape.schema.name
    ways = {_Way(key.schema, key.table, key.columns, key.target_columns): None for key in shape.pointing_at(place.name)}
    for other in shape.places.values():
        for link in other.links:
            if link.target == place.name:
                ways.setdefault(_Way(home, other.name, link.columns, link.target_columns))
    return list(ways)


def _pointing(shape: Shape, place: Place, way: _Way) -> tuple[Place | None, sa.FromClause, sa.ColumnElement[bool]]:
    inside = shape.places.get(way.table) if way.schema == shape.schema.name else None
    other = clause(way.schema, way.table, inside.table.columns if inside else way.columns).alias("other")
    pairs = zip(way.columns, way.target_columns, strict=True)
    return inside, other, sa.and_(*(other.c[own] == place.column(theirs) for own, theirs in pairs))


def _referenced(shape: Shape, place: Place, today: date) -> sa.ColumnElement[bool]:
    """Something points at the row whose own term is not over."""
    found: list[sa.ColumnElement[bool]] = []
    for way in _ways(shape, place):
        inside, other, points = _pointing(shape, place, way)
        over = _over(shape, inside, other, today) if inside else None
        stays = sa.true() if over is None else sa.not_(sa.func.coalesce(over, sa.false()))
        found.append(sa.exists(sa.select(sa.literal(1)).select_from(other).where(points, stays)))
    return sa.or_(sa.false(), *found)


async def _judge_all(connection: AsyncConnection, shape: Shape, planned: Planned) -> _Judged:
    judged = _Judged()
    for name, rows in planned.items():
        place = shape.places[name]
        now = await states(connection, place, list(rows), lock=True)
        restricted = await _restricted(connection, place, list(rows))
        for key, each in rows.items():
            state = now.get(key)
            if each.treatment is Treatment.RETAIN or state is None or _done(each, state.is_erased):
                continue
            if state.fingerprint != each.fingerprint:
                judged.blocked[name, key] = DRIFTED
            elif key in restricted:
                judged.blocked[name, key] = RESTRICTED
            else:
                going = judged.todo.delete if each.treatment is Treatment.DELETE else judged.todo.anonymise
                going.setdefault(name, []).append(key)
    while await _hold_back(connection, shape, judged):
        pass
    return judged


def _done(each: PlannedObject, is_erased_now: bool) -> bool:
    return each.treatment is Treatment.ANONYMISE and is_erased_now


async def _restricted(connection: AsyncConnection, place: Place, keys: list[Key]) -> set[Key]:
    found: set[Key] = set()
    for chunk in chunks(keys) if place.rule.restrict else ():
        given = given_keys(place, chunk)
        rows = place.clause.join(given, same_key(place, given))
        query = sa.select(given.c[POSITION]).select_from(rows).where(is_restricted(place))
        found |= {chunk[row[0] - 1] for row in await connection.execute(query)}
    return found


async def _hold_back(connection: AsyncConnection, shape: Shape, judged: _Judged) -> bool:
    """Take rows out that something staying points at; True if there were any, for these now stay as well."""
    found: set[tuple[str, Key]] = set()
    for name, keys in judged.todo.delete.items():
        place = shape.places[name]
        for way in _ways(shape, place):
            for chunk in chunks(keys):
                given = given_keys(place, chunk)
                query = _held(shape, place, way, judged.todo, given)
                found |= {(name, chunk[row[0] - 1]) for row in await connection.execute(query)}
    for name, key in found:
        judged.todo.delete[name].remove(key)
        judged.blocked[name, key] = REFERENCED
    judged.todo.delete = {name: keys for name, keys in judged.todo.delete.items() if keys}
    return bool(found)


def _held(shape: Shape, place: Place, way: _Way, todo: ToDo, given: sa.Subquery) -> sa.Select[Any]:
    inside, other, points = _pointing(shape, place, way)
    rows = place.clause.join(given, same_key(place, given)).join(other, points)
    query = sa.select(given.c[POSITION]).distinct().select_from(rows)
    going = todo.delete.get(way.table, []) if inside else []
    if inside is None or not going:
        return query
    gone = given_keys(inside, going, "gone")
    return query.where(~sa.exists().where(sa.and_(*(gone.c[name] == other.c[name] for name in inside.key))))
