"""Rows by key or by the values of their links, as they are now: read as texts, compared exactly, fingerprinted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import JsonValue

from activities.connectors.sql.effects import TOKEN_DIGITS, TOKEN_PREFIX, constant, erased_columns
from activities.connectors.sql.keys import Key
from activities.connectors.sql.schema import Column
from activities.connectors.sql.shape import Place
from activities.connectors.sql_portable import values
from activities.connectors.sql_portable.session import Session
from habeas.datamap import Effect, MapRetention
from habeas.datamap.model import NOW, NULL
from habeas.errors import Quarantine

BATCH = 400
"""Values in one statement: SQLite takes 32766 parameters, and keys may have several columns."""
Texts = Mapping[str, str | None]


def batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """In pieces that go into one statement."""
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


@dataclass(frozen=True, slots=True)
class Row:
    """A whole row as read; bytes by their SHA-256 in hex."""

    place: Place
    key: Key
    raw: Mapping[str, Any]

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all columns but marks, withheld ones too."""
        marks = self.place.rule.marks
        whole = {name: _plain(value) for name, value in self.raw.items() if name not in marks}
        text = json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def shown(self, name: str) -> JsonValue:
        """A column as it is collected; of bytes only their SHA-256."""
        return values.shown(self.place.table.columns[name], self.raw[name])

    def day(self, term: MapRetention | None) -> date | None:
        """The date that a term runs from."""
        return values.day(self.place.table.columns[term.anchor], self.raw[term.anchor]) if term else None

    @property
    def is_erased(self) -> bool:
        """Do all columns that anonymising writes to hold what it writes?"""
        place = self.place
        return place.anonymisable and all(
            self.holds(name, erased_value(place, name, self.key)) for name in erased_columns(place.table, place.rule)
        )

    def holds(self, name: str, wanted: Any) -> bool:
        """Does a column hold what was written as this parameter?"""
        column = self.place.table.columns[name]
        if isinstance(wanted, bytes):
            return bool(self.raw[name] == hashlib.sha256(wanted).hexdigest())
        shown = values.shown(column, str(wanted) if column.base == "numeric" and wanted is not None else wanted)
        return values.same(column, self.shown(name), shown)

    def bears(self, name: str, word: str) -> bool:
        """Does a column hold what the word of a mark means?"""
        if word == NOW:
            return self.raw[name] is not None
        if word == NULL:
            return self.raw[name] is None
        return self.holds(name, values.written(self.place.table.columns[name], word))

    @property
    def is_staff(self) -> bool:
        """It is an account of staff's."""
        return any(all(self.bears(*pair) for pair in one.items()) for one in self.place.rule.staff)

    @property
    def is_restricted(self) -> bool:
        """The row is marked as restricted."""
        rule = self.place.rule.restrict
        return rule is not None and self.bears(rule.column, rule.on)


def _plain(value: Any) -> Any:
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def erased_value(place: Place, name: str, key: Key) -> Any:
    """What anonymising writes into this column of this row, as a parameter."""
    column, rule = place.table.columns[name], place.rule.rule(name)
    if rule.erase is not Effect.TOKEN:
        return values.written(column, constant(column, rule))
    digest = hashlib.sha256("/".join((place.name, name, *key)).encode()).hexdigest()
    return values.written(column, digest[:32] if column.base == "uuid" else TOKEN_PREFIX + digest[:TOKEN_DIGITS])


def key_of(place: Place, texts: Texts) -> Key:
    """A row's key.

    Raises:
        Quarantine: a part of it is missing, which only SQLite lets be.
    """
    parts = [texts[name] for name in place.key]
    if None in parts:
        raise Quarantine(f"{place.name}: a row has no key.")
    return tuple(part for part in parts if part is not None)


def equal_to(place: Place, names: Sequence[str], found: Sequence[Sequence[str | None]]) -> sa.ColumnElement[bool]:
    """These columns equal one of the tuples of texts, as the database compares them."""
    columns = [place.column(name) for name in names]
    kinds = [place.table.columns[name] for name in names]
    given = [tuple(map(_parameter, kinds, each)) for each in found]
    if len(names) == 1:
        return columns[0].in_([each[0] for each in given])
    return sa.tuple_(*columns).in_(given)


def _parameter(column: Column, text: str | None) -> Any:
    try:
        return values.parameter(column, text)
    except ValueError:
        raise Quarantine(f"A key does not fit the column {column.name}.") from None


async def leads(
    session: Session, place: Place, names: Sequence[str], condition: sa.ColumnElement[bool], *, limit: int | None = None
) -> list[dict[str, str | None]]:
    """Some columns of the rows that meet a condition, as texts."""
    columns = dict.fromkeys((*place.key, *names))
    query = sa.select(*(_read(session, place, name).label(f"c{n}") for n, name in enumerate(columns)))
    rows = await session.connection.execute(query.select_from(place.clause).where(condition).limit(limit))
    return [
        {name: values.text(place.table.columns[name], value) for name, value in zip(columns, row, strict=True)}
        for row in rows
    ]


def _read(session: Session, place: Place, name: str) -> sa.ColumnElement[Any]:
    return session.dialect.read(place.table.columns[name], place.column(name))


def _whole(session: Session, place: Place) -> list[sa.ColumnElement[Any]]:
    columns = [
        session.dialect.digest(place.column(name)) if column.base == "bytea" else _read(session, place, name)
        for name, column in place.table.columns.items()
    ]
    keys = [_read(session, place, name) for name in place.key]
    return [column.label(f"c{n}") for n, column in enumerate((*keys, *columns))]


def _row(place: Place, found: Sequence[Any]) -> Row:
    texts = {name: values.text(place.table.columns[name], value) for name, value in zip(place.key, found, strict=False)}
    raw = dict(zip(place.table.columns, found[len(place.key) :], strict=True))
    return Row(place, key_of(place, texts), raw)


async def rows(session: Session, place: Place, keys: Sequence[Key], *, lock: bool = False) -> dict[Key, Row]:
    """Those of these rows that exist, optionally locked until the transaction ends."""
    found: dict[Key, Row] = {}
    for batch in batches(keys):
        query = sa.select(*_whole(session, place)).where(equal_to(place, place.key, batch))
        query = query.select_from(place.clause).order_by(*(place.column(name) for name in place.key))
        if lock and session.dialect.locks:
            query = query.with_for_update()
        wanted = set(batch)
        for each in await session.connection.execute(query):
            row = _row(place, each)
            # A collation may call other keys equal.
            if row.key in wanted:
                if row.key in found:
                    raise Quarantine(f"A key of {place.name} leads to more than one row.")
                found[row.key] = row
    return found


async def in_order(
    session: Session, place: Place, condition: sa.ColumnElement[bool], after: Key | None, limit: int
) -> list[Row]:
    """Rows that meet a condition, in the order of their keys as the database has it."""
    columns = [place.column(name) for name in place.key]
    query = sa.select(*_whole(session, place)).select_from(place.clause).where(condition)
    if after is not None:
        given = [_parameter(place.table.columns[name], text) for name, text in zip(place.key, after, strict=True)]
        query = query.where(sa.tuple_(*columns) > sa.tuple_(*(sa.literal(one) for one in given)))
    found = await session.connection.execute(query.order_by(*columns).limit(limit))
    return [_row(place, each) for each in found]


async def sizes(session: Session, place: Place, keys: Sequence[Key]) -> dict[Key, int]:
    """About how many bytes each row has."""
    parts = [
        sa.func.coalesce(session.dialect.size(place.column(name)), 0)
        for name, column in place.table.columns.items()
        if column.base in ("text", "varchar", "json", "bytea", "untyped", "numeric")
    ]
    total: sa.ColumnElement[Any] = sa.literal(len(place.table.columns) * 16)
    for part in parts:
        total = total + part
    found: dict[Key, int] = {}
    for batch in batches(keys):
        query = sa.select(*(_read(session, place, name) for name in place.key), total).select_from(place.clause)
        for each in await session.connection.execute(query.where(equal_to(place, place.key, batch))):
            texts = [values.text(place.table.columns[n], v) for n, v in zip(place.key, each, strict=False)]
            found[tuple(str(text) for text in texts)] = int(each[-1])
    return found


async def contents(session: Session, place: Place, key: Key, names: Sequence[str]) -> list[Any]:
    """Some columns of one row in full, bytes as they are."""
    if not names:
        return []
    query = sa.select(*(_read(session, place, name) for name in names)).select_from(place.clause)
    row = (await session.connection.execute(query.where(equal_to(place, place.key, [key])))).one()
    return list(row)


async def streamed_keys(session: Session, place: Place, condition: sa.ColumnElement[bool]) -> AsyncIterator[Key]:
    """Keys of the rows that meet a condition, in the database's order."""
    after: Key | None = None
    while True:
        found = await in_order(session, place, condition, after, BATCH)
        for row in found:
            yield row.key
        if len(found) < BATCH:
            return
        after = found[-1].key
