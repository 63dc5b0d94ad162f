"""Correct values: only from the old one that was collected, and only to what the column can hold without loss.

One that the column cannot hold, or that a constraint refuses, is left out and said so; the others are written. A value
that is neither the old one nor the new stops everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from activities.connectors.sql.keys import Key
from activities.connectors.sql.rectify import NOT_RECTIFIED, Drift, Field, by_row, outcomes_of, rectify_outcome
from activities.connectors.sql.shape import Place
from activities.connectors.sql_portable import rows, values
from activities.connectors.sql_portable.dialect import WRONG_VALUE
from activities.connectors.sql_portable.rows import Row
from activities.connectors.sql_portable.session import Session
from activities.connectors.sql_portable.touched import Touched
from habeas.connector import Rectify
from habeas.errors import Quarantine
from habeas.outcomes import Fate, ObjectOutcome


async def rectify(session: Session, change: Rectify) -> tuple[ObjectOutcome, ...]:
    """Write what can be written, look again, and answer in the order of the change.

    Raises:
        Drift: a value is neither the old one nor the new; nothing may be kept of this transaction.
        Quarantine: a trigger stands against it.
    """
    fields = [Field(each) for each in change.fields]
    by = by_row(session.shape, fields)
    places = session.shape.places
    drifted = 0
    for (name, key), own in by.items():
        row = (await rows.rows(session, places[name], [key], lock=True)).get(key)
        drifted += sum(_is_drift(places[name], row, each) for each in own)
    if drifted:
        raise Drift(drifted)
    touched = await Touched.start(session)
    for statement in session.dialect.at_once:
        await session.connection.exec_driver_sql(statement)
    for (name, key), own in by.items():
        await _write(session, places[name], key, own, touched)
    for (name, key), own in by.items():
        row = (await rows.rows(session, places[name], [key])).get(key)
        if any(each.todo and not _holds(places[name], row, each) for each in own):
            raise Quarantine(f"{name}: a corrected column does not hold what was written (a trigger?).")
    await touched.verify()
    return outcomes_of(fields)


async def rectified(session: Session, change: Rectify) -> tuple[ObjectOutcome, ...]:
    """Does each field hold its new value now?"""
    fields = [Field(each) for each in change.fields]
    found: dict[int, ObjectOutcome] = {}
    for (name, key), own in by_row(session.shape, fields).items():
        place = session.shape.places[name]
        row = (await rows.rows(session, place, [key])).get(key)
        for each in own:
            _parameter(place, each)
            if row is None:
                found[id(each)] = rectify_outcome(each.asked, Fate.NOT_FOUND)
            elif each.blocked or not _holds(place, row, each):
                found[id(each)] = rectify_outcome(each.asked, Fate.FAILED, NOT_RECTIFIED)
            else:
                found[id(each)] = rectify_outcome(each.asked, Fate.RECTIFIED)
    return tuple(found.get(id(each)) or rectify_outcome(each.asked, Fate.FAILED, each.blocked) for each in fields)


def _parameter(place: Place, each: Field) -> Any:
    """The new value as a parameter; where the column cannot hold it, the field is blocked."""
    column = place.table.columns[each.asked.field]
    try:
        value = values.written(column, values.as_written(column, each.asked.new))
    except ValueError:
        each.blocked = WRONG_VALUE
        return None
    if value is None and column.not_null:
        each.blocked = WRONG_VALUE
    each.new = values.shown(column, str(value) if column.base == "numeric" and value is not None else value)
    return value


def _holds(place: Place, row: Row | None, each: Field) -> bool:
    column = place.table.columns[each.asked.field]
    return row is not None and values.same(column, row.shown(each.asked.field), each.new)


def _is_drift(place: Place, row: Row | None, each: Field) -> bool:
    """Decide a field: is it neither as collected nor as asked for?"""
    if row is None:
        return True
    _parameter(place, each)
    if each.blocked or _holds(place, row, each):
        return False
    each.todo = row.shown(each.asked.field) == each.asked.old
    return not each.todo


async def _write(session: Session, place: Place, key: Key, fields: Sequence[Field], touched: Touched) -> None:
    """All of a row's values together, for they may belong together; if that is refused, each alone."""
    todo = [each for each in fields if each.todo]
    why = await _try(session, place, key, todo, touched) if todo else None
    if why is None:
        return
    for each in todo:
        refused = await _try(session, place, key, [each], touched) if len(todo) > 1 else why
        if refused:
            each.todo, each.blocked = False, refused


async def _try(session: Session, place: Place, key: Key, fields: Sequence[Field], touched: Touched) -> str | None:
    """Why the database refuses, if it does; then nothing was written."""
    written = {each.asked.field: _parameter(place, each) for each in fields}
    statement = sa.update(place.clause).values(written).where(rows.equal_to(place, place.key, [key]))
    earlier = await touched.now()
    await session.connection.exec_driver_sql("SAVEPOINT one_value")
    why = None
    try:
        changed = (await session.connection.execute(statement)).rowcount
    except DBAPIError as error:
        why = session.dialect.why(error)
        if why is None:
            raise
    if why:
        await session.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT one_value")
        await touched.undone(earlier)
    else:
        touched.updated(changed)
    await session.connection.exec_driver_sql("RELEASE SAVEPOINT one_value")
    if why is None and changed != 1:
        raise Quarantine(f"{place.name}: {changed} rows instead of 1 would have been corrected (a trigger?).")
    return why
