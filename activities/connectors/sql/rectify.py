"""Correct values: only from the old one that was collected, and only to what the column can hold.

The new value goes the way back that collection came: JSON into the column's type, by the database. One that the
column cannot hold, or that a constraint refuses, is left out and said so; the others are written. A value that is
neither the old one nor the new stops everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import sqlalchemy as sa
from pydantic import JsonValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.keys import Key, decode
from activities.connectors.sql.rows import data_json, read_data
from activities.connectors.sql.shape import Place, Shape
from activities.connectors.sql.touched import Touched
from activities.connectors.sql.walk import given_keys, same_key
from habeas.connector import FieldChange, Rectify
from habeas.errors import Quarantine
from habeas.outcomes import Drifted, Fate, ObjectOutcome

NOT_RECTIFIABLE = "not_rectifiable"
WRONG_VALUE = "wrong_value"
NOT_UNIQUE = "not_unique"
REFERS_TO_NOTHING = "refers_to_nothing"
NOT_RECTIFIED = "not_rectified"
_WHY = {"23505": NOT_UNIQUE, "23P01": NOT_UNIQUE, "23503": REFERS_TO_NOTHING}
_ROW = "the row itself"  # no table has such a name


class Drift(Exception):
    """Leaves the transaction, so that it is rolled back."""

    def __init__(self, changed: int) -> None:
        self.answer = Drifted(changed=changed, appeared=0)


@dataclass(slots=True)
class Field:
    """One value on its way."""

    asked: FieldChange
    new: JsonValue = None
    """As collection would show it once it is written."""
    blocked: str | None = None
    todo: bool = False


async def rectify(connection: AsyncConnection, shape: Shape, change: Rectify) -> tuple[ObjectOutcome, ...]:
    """Write what can be written, look again, and answer in the order of the change.

    Raises:
        Drift: a value is neither the old one nor the new; nothing may be kept of this transaction.
        Quarantine: a trigger stands against it.
    """
    fields = [Field(each) for each in change.fields]
    rows = by_row(shape, fields)
    drifted = 0
    for (name, key), own in rows.items():
        drifted += await _compare(connection, shape.places[name], key, own)
    if drifted:
        raise Drift(drifted)
    touched = await Touched.start(connection, shape)
    # A deferred rule must speak while it can be told which value it speaks of.
    await connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))
    for (name, key), own in rows.items():
        await _write(connection, shape.places[name], key, own, touched)
    for (name, key), own in rows.items():
        now = await _shown(connection, shape.places[name], key)
        if any(each.todo and (now is None or now[each.asked.field] != each.new) for each in own):
            raise Quarantine(f"{name}: a corrected column does not hold what was written (a trigger?).")
    await touched.verify()
    return outcomes_of(fields)


def outcomes_of(fields: Sequence[Field]) -> tuple[ObjectOutcome, ...]:
    """What became of each, once it is written."""
    return tuple(
        rectify_outcome(each.asked, Fate.BLOCKED if each.blocked else Fate.RECTIFIED, each.blocked) for each in fields
    )


async def rectified(connection: AsyncConnection, shape: Shape, change: Rectify) -> tuple[ObjectOutcome, ...]:
    """Does each field hold its new value now?"""
    fields = [Field(each) for each in change.fields]
    found: dict[int, ObjectOutcome] = {}
    for (name, key), own in by_row(shape, fields).items():
        now = await _shown(connection, shape.places[name], key)
        for each in own:
            await _cast(connection, shape.places[name], key, each)
            if now is None:
                found[id(each)] = rectify_outcome(each.asked, Fate.NOT_FOUND)
            elif each.blocked or now[each.asked.field] != each.new:
                found[id(each)] = rectify_outcome(each.asked, Fate.FAILED, NOT_RECTIFIED)
            else:
                found[id(each)] = rectify_outcome(each.asked, Fate.RECTIFIED)
    return tuple(found.get(id(each)) or rectify_outcome(each.asked, Fate.FAILED, each.blocked) for each in fields)


def by_row(shape: Shape, fields: Sequence[Field]) -> dict[tuple[str, Key], list[Field]]:
    """By table and key, in one order for everybody; what the map does not let be rectified is blocked and left out."""
    found: dict[tuple[str, Key], list[Field]] = {}
    for each in fields:
        place = shape.places.get(each.asked.collection)
        rule = place.rule.columns.get(each.asked.field) if place else None
        if place is None or rule is None or not rule.rectify:
            each.blocked = NOT_RECTIFIABLE
            continue
        own = found.setdefault((place.name, decode(place, each.asked.key)), [])
        if any(other.asked.field == each.asked.field for other in own):
            raise Quarantine(f"A column of a row of {place.name} is to be corrected twice.")
        own.append(each)
    return {row: found[row] for row in sorted(found, key=lambda row: (shape.places[row[0]].number, row[1]))}


async def _compare(connection: AsyncConnection, place: Place, key: Key, fields: Sequence[Field]) -> int:
    """Decide each field of a row; answers how many are neither as collected nor as asked for."""
    now = await _shown(connection, place, key, lock=True)
    drifted = 0
    for each in fields:
        if now is None:
            drifted += 1
            continue
        await _cast(connection, place, key, each)
        held = now[each.asked.field]
        if each.blocked or held == each.new:
            continue
        each.todo = held == each.asked.old
        drifted += not each.todo
    return drifted


async def _shown(
    connection: AsyncConnection, place: Place, key: Key, *, lock: bool = False
) -> dict[str, JsonValue] | None:
    """The row as collection shows it; None if it is gone."""
    given = given_keys(place, [key])
    query = sa.select(data_json(place)).select_from(place.clause.join(given, same_key(place, given)))
    if lock:
        query = query.with_for_update(of=place.clause)
    rows = (await connection.execute(query)).all()
    if len(rows) > 1:
        raise Quarantine(f"A key of {place.name} leads to more than one row.")
    return read_data(rows[0][0]) if rows else None


async def _cast(connection: AsyncConnection, place: Place, key: Key, each: Field) -> None:
    """Have the database read the new value as the column's type, and show it as it would be collected."""
    name = each.asked.field
    column = place.table.columns[name]
    value: sa.ColumnElement[Any] = _populated(name, {name: each.asked.new})
    if column.base == "numeric":
        value = sa.cast(value, sa.Text)
    own, given = _itself(place), given_keys(place, [key])
    shown = sa.select(sa.cast(sa.func.to_json(value), sa.Text)).select_from(own)
    query = shown.where(*(own.c[part] == given.c[part] for part in place.key))
    try:
        async with connection.begin_nested():
            text = (await connection.execute(query)).scalar()
    except DBAPIError as error:
        each.blocked = _why(error)
        return
    each.new = read_data(f'{{"new": {text or "null"}}}')["new"]
    if column.category == "N" and not _same_number(each.asked.new, each.new):
        each.blocked = WRONG_VALUE


def _itself(place: Place) -> sa.Alias[Any]:
    return cast("sa.Alias[Any]", place.clause.alias(_ROW))


def _populated(column: str, values: Mapping[str, JsonValue]) -> sa.ColumnElement[Any]:
    """One column of the row, once these values are put into it: typed by the column, length and all."""
    given = sa.bindparam(None, dict(values), JSONB)
    record = sa.func.jsonb_populate_record(sa.literal_column(f'"{_ROW}"'), given)
    filled = record.table_valued(sa.column(column), name="filled")
    return sa.select(filled.c[column]).scalar_subquery()


def _same_number(asked: JsonValue, shown: JsonValue) -> bool:
    """A number that the column would round is not the one that was asked for."""
    if asked is None or shown is None:
        return asked is shown
    try:
        return Decimal(str(asked)) == Decimal(str(shown))
    except InvalidOperation:
        return str(asked) == str(shown)


async def _write(
    connection: AsyncConnection, place: Place, key: Key, fields: Sequence[Field], touched: Touched
) -> None:
    """All of a row's values together, for they may belong together; if that is refused, each alone."""
    todo = [each for each in fields if each.todo]
    if not todo:
        return
    why = await _try(connection, place, key, todo, touched)
    if why is None:
        return
    for each in todo:
        refused = await _try(connection, place, key, [each], touched) if len(todo) > 1 else why
        if refused:
            each.todo, each.blocked = False, refused


async def _try(
    connection: AsyncConnection, place: Place, key: Key, fields: Sequence[Field], touched: Touched
) -> str | None:
    """Why the database refuses, if it does; then nothing was written."""
    own, given = _itself(place), given_keys(place, [key])
    values = {each.asked.field: _populated(each.asked.field, {each.asked.field: each.asked.new}) for each in fields}
    statement = sa.update(own).values(values).where(*(own.c[part] == given.c[part] for part in place.key))
    before = await touched.count()
    try:
        async with connection.begin_nested():
            changed = (await connection.execute(statement)).rowcount
    except DBAPIError as error:
        why = _why(error)
        await touched.undone(before)
        return why
    if changed != 1:
        raise Quarantine(f"{place.name}: {changed} rows instead of 1 would have been corrected (a trigger, a rule?).")
    touched.updated(place.name, 1)
    return None


def _why(error: DBAPIError) -> str:
    """The reason, where the database speaks of the value.

    Raises:
        DBAPIError: it speaks of something else.
    """
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if not state.startswith(("22", "23")):
        raise error
    return _WHY.get(state, WRONG_VALUE)


def rectify_outcome(asked: FieldChange, fate: Fate, reason: str | None = None) -> ObjectOutcome:
    """What became of one value."""
    return ObjectOutcome(collection=asked.collection, key=asked.key, field=asked.field, fate=fate, reason=reason)
