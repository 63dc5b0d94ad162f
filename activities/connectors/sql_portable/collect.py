"""Collect a person's rows: table by table in a fixed order, by key, in pages bounded by rows and bytes.

The keys of all the person's rows come first, then each page's rows by key, and files one at a time. So a page, and
the keys, are what is in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence, Set
from itertools import groupby
from typing import Any

from pydantic import JsonValue

from activities.connectors.sql.collect import PAGE_BYTES, PAGE_ROWS, holding, is_link, texts_of
from activities.connectors.sql.cursor import Cursors, Position
from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.keys import Key, encode
from activities.connectors.sql.schema import ForeignKey
from activities.connectors.sql.shape import Place
from activities.connectors.sql_portable import pointing, rows, values, walk
from activities.connectors.sql_portable.rows import Row
from activities.connectors.sql_portable.session import Session
from habeas.connector import File, Page, Record, RecordRef
from habeas.errors import Quarantine

Entry = tuple[Place, Key]


async def collect(
    session: Session, roots: Mapping[str, Sequence[Key]], cursors: Cursors, cursor: str | None
) -> AsyncIterator[Page]:
    """Pages from the cursor on; the last one has none.

    Raises:
        Terminal: the cursor is not this system's.
        Quarantine: the rows that the cursor stood behind are all gone.
    """
    position = cursors.read(cursor)
    mine = await walk.person(session, roots)
    waiting: list[Entry] = []
    size = 0
    for place in session.shape.places.values():
        keys = _from(position, place, in_order(mine[place.name]), cursors)
        for batch in rows.batches(keys):
            sizes = await rows.sizes(session, place, batch)
            for key in batch:
                bytes_ = sizes.get(key, 0)
                if waiting and (len(waiting) == PAGE_ROWS or size + bytes_ > PAGE_BYTES):
                    yield await _page(session, mine, waiting, cursors)
                    waiting, size = [], 0
                waiting.append((place, key))
                size += bytes_
    yield Page(records=await _records(session, mine, waiting), cursor=None)


def in_order(keys: Mapping[Key, Any]) -> list[Key]:
    """One order for every call, numbers as numbers."""
    return sorted(keys, key=lambda key: [(len(part), part) if part.isdigit() else (0, part) for part in key])


def _from(position: Position, place: Place, keys: list[Key], cursors: Cursors) -> list[Key]:
    if place.number < position.table:
        return []
    if place.number > position.table or not position.marks:
        return keys
    behind = [number for number, key in enumerate(keys) if cursors.mark(key) in position.marks]
    if not behind:
        raise Quarantine(f"{place.name}: the rows collected last are all gone; the store changes while it is read.")
    return keys[behind[-1] + 1 :]


async def _page(session: Session, mine: walk.Person, entries: Sequence[Entry], cursors: Cursors) -> Page:
    place = entries[-1][0]
    last = [key for each, key in entries if each is place]
    return Page(records=await _records(session, mine, entries), cursor=cursors.write(place, last))


async def _records(session: Session, mine: walk.Person, entries: Sequence[Entry]) -> tuple[Record, ...]:
    records: list[Record] = []
    for _, same in groupby(entries, key=lambda entry: entry[0].number):
        group = list(same)
        records += await _of_one_table(session, mine, group[0][0], [key for _, key in group])
    return tuple(records)


async def _of_one_table(session: Session, mine: walk.Person, place: Place, keys: Sequence[Key]) -> list[Record]:
    found = await rows.rows(session, place, keys)
    shared = await _shared(session, mine, place, keys)
    parents = await _parents(session, mine, place, keys, shared)
    referenced = await _referenced(session, mine, place, keys)
    records = []
    for key in keys:
        row = found.get(key)
        if row is None:
            raise Quarantine(f"{place.name}: a row was gone within one snapshot.")
        data = await _data(session, row)
        records.append(
            Record(
                collection=place.name,
                key=encode(place, key),
                data=data,
                fingerprint=row.fingerprint,
                anchor=row.day(place.rule.retention),
                parents=tuple(parents.get(key, ())),
                referenced=key in referenced,
                shared=key in shared,
                free_text=texts_of(data) if key in shared else (),
                files=await _files(session, place, key),
            )
        )
    return records


async def _data(session: Session, row: Row) -> dict[str, JsonValue]:
    """What is disclosed of a row; bytes in full, but the content of a file."""
    place = row.place
    content = place.rule.file.content if place.rule.file else None
    names = [name for name in place.table.columns if place.rule.rule(name).disclose and name != content]
    long = [name for name in names if place.table.columns[name].base == "bytea" and row.raw[name] is not None]
    whole = dict(zip(long, await rows.contents(session, place, row.key, long), strict=True))
    return {
        name: values.shown(place.table.columns[name], whole[name]) if name in whole else row.shown(name)
        for name in names
    }


async def _files(session: Session, place: Place, key: Key) -> tuple[File, ...]:
    rule = place.rule.file
    if rule is None or not place.rule.rule(rule.content).disclose:
        return ()
    names = [name for name in (rule.content, rule.name, rule.media_type) if name]
    found = dict(zip(names, await rows.contents(session, place, key, names), strict=True))
    content = found[rule.content]
    if content is None:
        return ()
    raw = content if isinstance(content, bytes) else str(content).encode("utf-8", "surrogateescape")
    name = found.get(rule.name or "") or f"{place.name}-{hashlib.sha256(encode(place, key).encode()).hexdigest()[:8]}"
    kind = found.get(rule.media_type or "") or "application/octet-stream"
    return (File(name=str(name), media_type=str(kind), content=raw),)


async def _parents(
    session: Session, mine: walk.Person, place: Place, keys: Sequence[Key], shared: Set[Key]
) -> dict[Key, dict[RecordRef, None]]:
    """The rows of the person that each of these points at. What is another's too stays as it is and cuts no link."""
    found: dict[Key, dict[RecordRef, None]] = {}
    held = holding(place)
    for reference in place.references:
        target = session.shape.places[reference.target]
        own = {key: mine[place.name][key] for key in keys if reference in held or key in shared}
        above = await walk.above(session, place, reference, list(own.values()))
        for key, texts in own.items():
            led = walk.of_row(place, reference.columns, texts)
            for parent in above.get(led, ()) if led else ():
                if parent in mine[target.name] and (target.name, parent) != (place.name, key):
                    ref = RecordRef(collection=target.name, key=encode(target, parent))
                    found.setdefault(key, {})[ref] = None
    return found


async def _shared(session: Session, mine: walk.Person, place: Place, keys: Sequence[Key]) -> Set[Key]:
    """Those of which a link leads to a row that is not the person's. One made anonymous, or staff's, is nobody's."""
    found: set[Key] = set()
    for link in place.links if place.rule.shared else ():
        target = session.shape.places[link.target]
        own = {key: walk.of_row(place, link.columns, mine[place.name][key]) for key in keys}
        above = await walk.above(session, place, link, [mine[place.name][key] for key in keys])
        strangers = {one for some in above.values() for one in some} - mine[target.name].keys()
        may_be_erased = bool(erased_columns(target.table, target.rule))
        if strangers and (may_be_erased or target.rule.staff):
            read = (await rows.rows(session, target, [*strangers])).items()
            strangers -= {key for key, row in read if (may_be_erased and row.is_erased) or row.is_staff}
        found |= {key for key, led in own.items() if led is not None and strangers.intersection(above.get(led, ()))}
    return found


async def _referenced(session: Session, mine: walk.Person, place: Place, keys: Sequence[Key]) -> set[Key]:
    """Those that rows which are not the person's point at by a foreign key."""
    found: set[Key] = set()
    for foreign in session.shape.pointing_at(place.name):
        if is_link(session.shape, foreign):
            continue
        held = await pointing.at(session, place, keys, pointing.way(foreign))
        inside = _inside(session, foreign)
        found |= {key for key, others in held.items() if inside is None or others - mine[inside].keys()}
    return found


def _inside(session: Session, foreign: ForeignKey) -> str | None:
    known = foreign.schema == session.shape.schema.name and foreign.table in session.shape.places
    return foreign.table if known else None
