"""Marks: columns that say a row is restricted, or no longer used for a purpose. Set, lifted and read by key.

A row that bears the mark already is not written to, so that a second run changes nothing, a moment in time included.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.keys import Key, by_table, encode
from activities.connectors.sql.planned import chunks
from activities.connectors.sql.shape import PgType, Place, Shape
from activities.connectors.sql.touched import Touched
from activities.connectors.sql.walk import POSITION, given_keys, person_sets, same_key
from habeas.connector import RecordRef, Restrict, Stop
from habeas.datamap import StopRule
from habeas.datamap.model import NOW, NULL
from habeas.errors import Quarantine
from habeas.outcomes import Fate, ObjectOutcome

NOT_RESTRICTABLE = "not_restrictable"
NOT_RESTRICTED = "not_restricted"
STILL_RESTRICTED = "still_restricted"
NO_SUCH_PURPOSE = "no_such_purpose"
NOT_STOPPED = "not_stopped"
Marked = dict[Key, bool]
"""Rows that exist -> whether they bear the mark."""


def bears(place: Place, column: str, word: str) -> sa.ColumnElement[bool]:
    """Does the column hold what the word means? Compared as text: not every type has an equality."""
    own = place.column(column)
    if word == NOW:
        return own.is_not(None)
    if word == NULL:
        return own.is_(None)
    return sa.cast(own, sa.Text).is_not_distinct_from(sa.cast(_constant(place, column, word), sa.Text))


def is_staff(place: Place) -> sa.ColumnElement[bool]:
    """An account is one of staff's; false where the map knows none."""
    return sa.or_(sa.false(), *(sa.and_(*(bears(place, *pair) for pair in one.items())) for one in place.rule.staff))


def is_restricted(place: Place) -> sa.ColumnElement[bool]:
    """The row is marked as restricted; false where the map knows no such mark."""
    rule = place.rule.restrict
    return bears(place, rule.column, rule.on) if rule else sa.false()


async def restrict(connection: AsyncConnection, shape: Shape, change: Restrict) -> tuple[ObjectOutcome, ...]:
    """Set or lift the mark on exactly these rows, and look again."""
    touched = await Touched.start(connection, shape)
    for name, keys in by_table(shape.places, change.objects).items():
        place = shape.places[name]
        rule = place.rule.restrict
        if rule is None:
            continue
        before = await _marked(connection, place, keys, is_restricted(place), lock=True)
        todo = [key for key, on in before.items() if on is not change.on]
        await _write(connection, place, rule.column, rule.on if change.on else rule.off, todo, touched)
        after = await _marked(connection, place, todo, is_restricted(place))
        if any(after.get(key) is not change.on for key in todo):
            raise Quarantine(f"{name}: the mark does not hold what was written (a trigger?).")
    await touched.verify()
    return await restricted(connection, shape, change)


async def restricted(connection: AsyncConnection, shape: Shape, change: Restrict) -> tuple[ObjectOutcome, ...]:
    """How each of these rows is marked now."""
    outcomes: list[ObjectOutcome] = []
    for name, keys in by_table(shape.places, change.objects).items():
        place = shape.places[name]
        now = await _marked(connection, place, keys, is_restricted(place))
        outcomes += [mark_outcome(place, key, *fate_of(place, now.get(key), on=change.on)) for key in keys]
    return tuple(outcomes)


def fate_of(place: Place, now: bool | None, *, on: bool) -> tuple[Fate, str | None]:
    """What a row's mark means for a restriction that was asked for; None: there is no such row."""
    if place.rule.restrict is None:
        return Fate.BLOCKED, NOT_RESTRICTABLE
    if now is None:
        return Fate.NOT_FOUND, None
    if now is not on:
        return Fate.FAILED, NOT_RESTRICTED if on else STILL_RESTRICTED
    return (Fate.RESTRICTED if on else Fate.LIFTED), None


async def stop(connection: AsyncConnection, shape: Shape, change: Stop) -> tuple[ObjectOutcome, ...]:
    """Write every mark of these purposes on the persons' rows, and look again."""
    touched = await Touched.start(connection, shape)
    for place, rule in rules_of(shape, change):
        before = await _of_person(connection, shape, place, rule, change.roots, lock=True)
        todo = [key for key, stopped in before.items() if not stopped]
        await _write(connection, place, rule.column, rule.to, todo, touched)
        after = await _marked(connection, place, todo, bears(place, rule.column, rule.to))
        if not all(after.get(key) for key in todo):
            raise Quarantine(f"{place.name}: the mark does not hold what was written (a trigger?).")
    await touched.verify()
    return await stopped(connection, shape, change)


async def stopped(connection: AsyncConnection, shape: Shape, change: Stop) -> tuple[ObjectOutcome, ...]:
    """Each of the persons' rows that has a mark of these purposes, as it is now; roots that are gone, as not found."""
    rules = rules_of(shape, change)
    found: dict[tuple[str, Key], bool] = {}
    for place, rule in rules:
        for key, done in (await _of_person(connection, shape, place, rule, change.roots)).items():
            found[place.name, key] = found.get((place.name, key), True) and done
    outcomes = [
        mark_outcome(shape.places[name], key, Fate.STOPPED if done else Fate.FAILED, None if done else NOT_STOPPED)
        for (name, key), done in found.items()
    ]
    for name, keys in by_table(shape.places, change.roots).items():
        there = await _marked(connection, shape.places[name], keys, sa.true())
        for key in keys:
            if key not in there:
                outcomes.append(mark_outcome(shape.places[name], key, Fate.NOT_FOUND))
            elif not rules:
                outcomes.append(mark_outcome(shape.places[name], key, Fate.BLOCKED, NO_SUCH_PURPOSE))
    return tuple(outcomes)


def rules_of(shape: Shape, change: Stop) -> list[tuple[Place, StopRule]]:
    """The marks that stop these purposes, and where they are."""
    wanted = set(change.purposes)
    return [(place, rule) for place in shape.places.values() for rule in place.rule.stops if rule.purpose in wanted]


async def _of_person(
    connection: AsyncConnection,
    shape: Shape,
    place: Place,
    rule: StopRule,
    roots: Iterable[RecordRef],
    *,
    lock: bool = False,
) -> Marked:
    mine = person_sets(shape, by_table(shape.places, tuple(roots)), [place.name])[place.name]
    query = (
        sa.select(*place.key_texts(), bears(place, rule.column, rule.to).label("marked"))
        .select_from(place.clause.join(mine, same_key(place, mine)))
        .where(*(bears(place, name, word) for name, word in rule.where.items()))
        .order_by(*(place.column(name) for name in place.key))
    )
    if lock:
        query = query.with_for_update(of=place.clause)
    rows = (await connection.execute(query)).all()
    return {tuple(row[:-1]): row.marked for row in rows}


async def _marked(
    connection: AsyncConnection, place: Place, keys: Sequence[Key], mark: sa.ColumnElement[bool], *, lock: bool = False
) -> Marked:
    found: Marked = {}
    for chunk in chunks(keys):
        given = given_keys(place, chunk)
        query = (
            sa.select(given.c[POSITION].label("n"), mark.label("marked"))
            .select_from(place.clause.join(given, same_key(place, given)))
            .order_by(*(place.column(name) for name in place.key))
        )
        if lock:
            query = query.with_for_update(of=place.clause)
        found |= {chunk[row.n - 1]: row.marked for row in await connection.execute(query)}
    return found


async def _write(
    connection: AsyncConnection, place: Place, column: str, word: str, keys: Sequence[Key], touched: Touched
) -> None:
    for chunk in chunks(keys):
        given = given_keys(place, chunk)
        statement = sa.update(place.clause).values({column: _value(place, column, word)}).where(same_key(place, given))
        result = await connection.execute(statement)
        if result.rowcount != len(chunk):
            raise Quarantine(f"{place.name}: {result.rowcount} rows instead of {len(chunk)} would have been marked.")
        touched.updated(place.name, len(chunk))


def _value(place: Place, column: str, word: str) -> sa.ColumnElement[Any]:
    if word == NOW:
        return sa.cast(sa.func.now(), PgType(place.table.columns[column].full_type))
    return _constant(place, column, None if word == NULL else word)


def _constant(place: Place, column: str, word: str | None) -> sa.ColumnElement[Any]:
    return sa.cast(sa.cast(word, sa.Text), PgType(place.table.columns[column].full_type))


def mark_outcome(place: Place, key: Key, fate: Fate, reason: str | None = None) -> ObjectOutcome:
    """What became of one row."""
    return ObjectOutcome(collection=place.name, key=encode(place, key), fate=fate, reason=reason)
