"""Collect a person's rows: table by table in a fixed order, by key, in pages bounded by rows and bytes.

One read-only snapshot per call. First the keys of the person's rows stream by with their sizes; each page's rows are
then fetched by key, and files one at a time. So a page is what is in memory, however large the store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.cursor import Cursors
from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.keys import Key, encode
from activities.connectors.sql.marks import is_staff
from activities.connectors.sql.rows import anchor, data_json, fingerprint, is_erased, read_anchor, read_data
from activities.connectors.sql.schema import ForeignKey
from activities.connectors.sql.shape import Place, Reference, Shape, Statement, clause
from activities.connectors.sql.walk import (
    POSITION,
    Sets,
    given_keys,
    handed_in,
    leads,
    person_sets,
    roots_handed_in,
    same_key,
)
from activities.connectors.sql.walk import Roots as AnyRoots
from habeas.connector import File, Page, Record, RecordRef, Treatment
from habeas.datamap import Effect
from habeas.errors import Quarantine

PAGE_ROWS = 500
PAGE_BYTES = 1_000_000
_KEYS = "keys of the rows"  # no column has such a name
Roots = Mapping[str, Sequence[Key]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the person's that was seen passing by."""

    place: Place
    key: Key
    size: int
    parents: tuple[RecordRef, ...]
    referenced: bool
    shared: bool


async def collect(
    connection: AsyncConnection, shape: Shape, roots: Roots, cursors: Cursors, cursor: str | None
) -> AsyncIterator[Page]:
    """Pages from the cursor on; the last one has none.

    Raises:
        Terminal: the cursor is not this system's.
        Quarantine: the rows that the cursor stood behind are all gone.
    """
    waiting: list[Entry] = []
    size = 0
    async for entry in _entries(connection, shape, roots, cursors, cursor):
        if waiting and (len(waiting) == PAGE_ROWS or size + entry.size > PAGE_BYTES):
            place = waiting[-1].place
            last = [each.key for each in waiting if each.place is place]
            yield Page(records=await _records(connection, shape, waiting), cursor=cursors.write(place, last))
            waiting, size = [], 0
        waiting.append(entry)
        size += entry.size
    yield Page(records=await _records(connection, shape, waiting), cursor=None)


async def _entries(
    connection: AsyncConnection, shape: Shape, roots: Roots, cursors: Cursors, cursor: str | None
) -> AsyncIterator[Entry]:
    position = cursors.read(cursor)
    for place in shape.places.values():
        if place.number < position.table:
            continue
        after = None
        if place.number == position.table and position.marks:
            after = await _marked(connection, shape, place, roots, cursors, position.marks)
        query = _passing_by(shape, place, roots, after) if after else _from_the_first(shape, place, roots)
        given = None if after else roots_handed_in(shape, roots)
        held = holding(place)
        result = await connection.stream(query, given, execution_options={"max_row_buffer": PAGE_ROWS})
        async for row in result:
            key = tuple(row[: len(place.key)])
            # What stays as it is, as it is another's too, cuts no link.
            parents = _parents(shape, place, key, row.parents, place.references if row.shared else held)
            yield Entry(place, key, row.size, parents, row.referenced, row.shared)


async def _marked(
    connection: AsyncConnection, shape: Shape, place: Place, roots: Roots, cursors: Cursors, marks: Sequence[str]
) -> Key:
    mine = person_sets(shape, roots, [place.name])[place.name]
    query = (
        sa.select(*place.key_texts())
        .select_from(place.clause.join(mine, same_key(place, mine)))
        .where(cursors.is_marked(place, marks))
        .order_by(*(place.column(name).desc() for name in place.key))
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    if row is None:
        raise Quarantine(f"{place.name}: the rows collected last are all gone; the store changes while it is read.")
    return tuple(row)


def _from_the_first(shape: Shape, place: Place, roots: Roots) -> Statement:
    """As `_passing_by` where nothing was read yet; the roots are handed in."""
    tables = tuple(sorted(roots))
    return shape.statement(
        ("passing by", place.name, tables), lambda: _passing_by(shape, place, dict.fromkeys(tables), None)
    )


def _passing_by(shape: Shape, place: Place, roots: AnyRoots, after: Key | None) -> Statement:
    """Keys in order, with each row's size, what it points at, whether others point at it, and whether it is theirs."""
    references = place.references
    outside = [key for key in shape.pointing_at(place.name) if not is_link(shape, key)]
    also = [key.table for key in outside if key.schema == shape.schema.name and key.table in shape.places]
    sets = person_sets(shape, roots, [place.name, *(reference.target for reference in references), *also])
    mine = sets[place.name]
    source: sa.FromClause = place.clause.join(mine, same_key(place, mine))
    parents: list[sa.ColumnElement[object]] = []
    for number, reference in enumerate(references):
        target = _keys_by(shape.places[reference.target], reference, sets).subquery(f"parents{number}")
        source = source.outerjoin(target, leads(place, reference, target))
        parents.append(sa.cast(target.c[_KEYS], sa.Text))
    referenced: list[sa.ColumnElement[bool]] = []
    for number, foreign in enumerate(outside):
        others = _others(shape, foreign, mine, sets).subquery(f"others{number}")
        pairs = zip(foreign.columns, foreign.target_columns, strict=True)
        source = source.outerjoin(others, sa.and_(*(others.c[own] == place.column(theirs) for own, theirs in pairs)))
        referenced.append(others.c[foreign.columns[0]].is_not(None))
    query = sa.select(
        *place.key_texts(),
        _size(place).label("size"),
        (array(parents) if parents else sa.cast(sa.null(), sa.ARRAY(sa.Text))).label("parents"),
        sa.or_(sa.false(), *referenced).label("referenced"),
        sa.or_(sa.false(), *_strangers(shape, place, sets)).label("shared"),
    )
    columns = [place.column(name) for name in place.key]
    if after is not None:
        typed = [sa.cast(sa.cast(text, sa.Text), place.type(name)) for name, text in zip(place.key, after, strict=True)]
        query = query.where(sa.tuple_(*columns) > sa.tuple_(*typed))
    return query.select_from(source).order_by(*columns)


def _strangers(shape: Shape, place: Place, sets: Sets) -> Iterator[sa.ColumnElement[bool]]:
    """Whether each of a row's links leads to a row that is not the person's. One made anonymous is nobody's.

    Nor is an account of staff's, who answer people: their part in it is the controller's.
    """
    for link in place.links if place.rule.shared else ():
        target = shape.places[link.target]
        other: sa.FromClause = target.clause if target is not place else target.clause.alias("stranger")
        own = sets[target.name].alias()
        same = sa.and_(*(own.c[name] == other.c[name] for name in target.key))
        query = sa.select(sa.literal(1)).select_from(other).where(leads(place, link, other), ~sa.exists().where(same))
        if target is not place and target.anonymisable and erased_columns(target.table, target.rule):
            query = query.where(~is_erased(target))
        if target is not place and target.rule.staff:
            query = query.where(~is_staff(target))
        yield query.correlate(place.clause).exists()


def _size(place: Place) -> sa.ColumnElement[int]:
    size = sa.func.octet_length(data_json(place))
    content = _content(place)
    return size if content is None else size + sa.func.coalesce(sa.func.octet_length(content), 0)


def _content(place: Place) -> sa.ColumnElement[Any] | None:
    """The column that is disclosed as a file."""
    rule = place.rule.file
    return place.column(rule.content) if rule and place.rule.rule(rule.content).disclose else None


def holding(place: Place) -> list[Reference]:
    """References that hold a parent in place. One that anonymising cuts does not, unless the row may stay whole."""
    rules = place.rule.columns
    stays_whole = place.rule.erase is Treatment.RETAIN
    return [
        reference
        for reference in place.references
        if stays_whole or not any(rules[name].erase is Effect.NULL for name in reference.columns)
    ]


def is_link(shape: Shape, foreign: ForeignKey) -> bool:
    """Rows that point by a link are the person's themselves, and show as such."""
    pairs = set(zip(foreign.columns, foreign.target_columns, strict=True))
    if foreign.schema != shape.schema.name or foreign.table not in shape.places:
        return False
    links = shape.places[foreign.table].links
    return any(
        link.target == foreign.target and set(zip(link.columns, link.target_columns, strict=True)) == pairs
        for link in links
    )


def _keys_by(target: Place, reference: Reference, sets: Sets) -> Statement:
    """Keys of the person's rows in a table, gathered by the columns that a reference leads to."""
    rows = sets[target.name]
    by = [rows.c[name] for name in reference.target_columns]
    texts = [sa.cast(rows.c[name], sa.Text) for name in target.key]
    return sa.select(*by, sa.func.json_agg(sa.func.json_build_array(*texts)).label(_KEYS)).group_by(*by)


def _others(shape: Shape, foreign: ForeignKey, mine: sa.CTE, sets: Sets) -> Statement:
    """What rows that are not the person's point at, among the person's."""
    inside = shape.places.get(foreign.table) if foreign.schema == shape.schema.name else None
    columns = inside.table.columns if inside else foreign.columns
    other = clause(foreign.schema, foreign.table, columns).alias("other")
    pairs = zip(foreign.columns, foreign.target_columns, strict=True)
    rows = other.join(mine, sa.and_(*(other.c[own] == mine.c[theirs] for own, theirs in pairs)))
    query = sa.select(*(other.c[name] for name in foreign.columns)).distinct().select_from(rows)
    if inside is None:
        return query
    own = sets[inside.name].alias()
    same = sa.and_(*(own.c[name] == other.c[name] for name in inside.key))
    return query.where(~sa.exists().where(same))


def _parents(
    shape: Shape, place: Place, key: Key, found: Sequence[str | None] | None, held: Sequence[Reference]
) -> tuple[RecordRef, ...]:
    refs: dict[RecordRef, None] = {}
    for reference, texts in zip(place.references, found or (), strict=bool(found)):
        target = shape.places[reference.target]
        for parent in json.loads(texts) if texts and reference in held else ():
            if (target.name, tuple(parent)) != (place.name, key):
                refs[RecordRef(collection=target.name, key=encode(target, parent))] = None
    return tuple(refs)


async def _records(connection: AsyncConnection, shape: Shape, entries: Sequence[Entry]) -> tuple[Record, ...]:
    records: list[Record] = []
    for _, same in groupby(entries, key=lambda entry: entry.place.number):
        records += await _of_one_table(connection, shape, list(same))
    return tuple(records)


def _rows(place: Place) -> Statement:
    """Rows by keys that are handed in, in their order."""
    given = given_keys(place, None)
    return (
        sa.select(
            data_json(place).label("data"),
            fingerprint(place).label("fingerprint"),
            anchor(place, place.rule.retention).label("anchor"),
        )
        .select_from(place.clause.join(given, same_key(place, given)))
        .order_by(given.c[POSITION])
    )


async def _of_one_table(connection: AsyncConnection, shape: Shape, entries: Sequence[Entry]) -> list[Record]:
    place = entries[0].place
    query = shape.statement(("rows", place.name), lambda: _rows(place))
    rows = (await connection.execute(query, handed_in(place, [entry.key for entry in entries]))).all()
    return [
        Record(
            collection=place.name,
            key=encode(place, entry.key),
            data=data,
            fingerprint=row.fingerprint,
            anchor=read_anchor(row.anchor),
            parents=entry.parents,
            referenced=entry.referenced,
            shared=entry.shared,
            free_text=texts_of(data) if entry.shared else (),
            files=await _files(connection, place, entry.key),
        )
        for entry, row, data in zip(entries, rows, map(read_data, (one.data for one in rows)), strict=True)
    ]


def texts_of(data: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """What of a row that is another's too says anything: somebody reads it before it is handed out."""
    return tuple(name for name, value in data.items() if isinstance(value, str | dict | list))


async def _files(connection: AsyncConnection, place: Place, key: Key) -> tuple[File, ...]:
    rule, content = place.rule.file, _content(place)
    if rule is None or content is None:
        return ()
    given = given_keys(place, [key])
    named = [
        sa.cast(place.column(name), sa.Text) if name else sa.cast(sa.null(), sa.Text)
        for name in (rule.name, rule.media_type)
    ]
    rows = place.clause.join(given, same_key(place, given))
    row = (await connection.execute(sa.select(content, *named).select_from(rows))).one()
    if row[0] is None:
        return ()
    name = row[1] or f"{place.name}-{hashlib.sha256(encode(place, key).encode()).hexdigest()[:8]}"
    return (File(name=name, media_type=row[2] or "application/octet-stream", content=bytes(row[0])),)
