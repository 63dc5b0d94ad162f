"""Carry out an approved plan in one transaction: look at everything first, then change, then look again.

Nothing is searched for and changed in one breath: what is changed is named by key in the plan. Whatever is not as the
plan saw it, and not already as the plan wants it, stops everything before the first change. A commit that was not
answered needs no care: the second run finds everything in its end state and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.keys import Key, by_table
from activities.connectors.sql.planned import Planned, chunks, sorted_out, states
from activities.connectors.sql.rows import erased_value
from activities.connectors.sql.schema import ForeignKey
from activities.connectors.sql.session import Database
from activities.connectors.sql.shape import Place, Shape, clause
from activities.connectors.sql.touched import Touched
from activities.connectors.sql.walk import given_keys, person_sets, same_key
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.errors import Quarantine
from habeas.outcomes import Done, Drifted, EraseAnswer, Fate, ObjectOutcome

FATES = {Treatment.DELETE: Fate.ERASED, Treatment.ANONYMISE: Fate.ANONYMISED, Treatment.RETAIN: Fate.RETAINED}


class _Drift(Exception):
    """Leaves the transaction, so that it is rolled back."""

    def __init__(self, changed: int, appeared: int) -> None:
        self.answer = Drifted(changed=changed, appeared=appeared)


async def erase(database: Database, plan: SystemPlan) -> EraseAnswer:
    """See `SqlConnector.erase`.

    Raises:
        Quarantine: the database's own rules or triggers stand against the plan; nothing was changed.
    """
    try:
        async with database.writing() as connection:
            shape = await database.shape(connection)
            await _carry_out(connection, shape, plan)
    except _Drift as drift:
        return drift.answer
    return Done[tuple[ObjectOutcome, ...]](result=tuple(outcome(each, FATES[each.treatment]) for each in plan.objects))


def outcome(each: PlannedObject, fate: Fate, reason: str | None = None) -> ObjectOutcome:
    """What became of a planned object."""
    kept = fate is Fate.RETAINED
    return ObjectOutcome(
        collection=each.collection,
        key=each.key,
        fate=fate,
        reason=reason,
        law=each.law if kept else None,
        until=each.until if kept else None,
    )


@dataclass(slots=True)
class _ToDo:
    """Keys by table of what is not in its end state yet."""

    delete: dict[str, list[Key]] = field(default_factory=dict)
    anonymise: dict[str, list[Key]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.delete or self.anonymise)


async def _carry_out(connection: AsyncConnection, shape: Shape, plan: SystemPlan) -> None:
    planned = sorted_out(shape, plan)
    todo, changed = await _compare(connection, shape, planned)
    appeared = await _appeared(connection, shape, plan, planned)
    if changed or appeared:
        raise _Drift(changed, appeared)
    if not todo:
        return
    touched = await Touched.start(connection, shape)
    if any(key.deferrable for key in shape.schema.foreign_keys):
        await connection.execute(sa.text("SET CONSTRAINTS ALL DEFERRED"))
    await _anonymise(connection, shape, todo, touched)
    await _cut(connection, shape, todo, touched)
    await _nothing_left_pointing(connection, shape, todo, planned)
    await _delete(connection, shape, todo, touched)
    await _look_again(connection, shape, todo, planned)
    await touched.verify()
    # What was deferred is asked for now: a refusal must come while it can be told from a lost connection.
    await connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))


async def _compare(connection: AsyncConnection, shape: Shape, planned: Planned) -> tuple[_ToDo, int]:
    """What is still to do, and how many objects are neither as planned from nor as planned to."""
    todo, changed = _ToDo(), 0
    for name, rows in planned.items():
        place = shape.places[name]
        kept = [key for key, each in rows.items() if each.treatment is Treatment.RETAIN]
        going = [key for key, each in rows.items() if each.treatment is not Treatment.RETAIN]
        now = await states(connection, place, kept) | await states(connection, place, going, lock=True)
        for key, each in rows.items():
            state = now.get(key)
            same = state is not None and state.fingerprint == each.fingerprint
            match each.treatment:
                case Treatment.DELETE if state is None:
                    continue
                case Treatment.ANONYMISE if state is not None and state.is_erased:
                    continue
                case Treatment.DELETE if same:
                    todo.delete.setdefault(name, []).append(key)
                case Treatment.ANONYMISE if same:
                    todo.anonymise.setdefault(name, []).append(key)
                case Treatment.RETAIN if same:
                    continue
                case _:
                    changed += 1
    return todo, changed


async def _appeared(connection: AsyncConnection, shape: Shape, plan: SystemPlan, planned: Planned) -> int:
    """How many rows lead back to the roots now that the plan does not know."""
    roots = by_table(shape.places, plan.roots)
    count = 0
    for place in shape.places.values():
        mine = person_sets(shape, roots, [place.name])[place.name]
        query = sa.select(sa.func.count()).select_from(mine)
        if place.name in planned:
            known = given_keys(place, list(planned[place.name]))
            same = sa.and_(*(known.c[name] == mine.c[name] for name in place.key))
            query = query.where(~sa.exists().where(same))
        count += (await connection.execute(query)).scalar_one()
    return count


async def _anonymise(connection: AsyncConnection, shape: Shape, todo: _ToDo, touched: Touched) -> None:
    for name, keys in todo.anonymise.items():
        place = shape.places[name]
        values = {column: erased_value(place, column) for column in erased_columns(place.table, place.rule)}
        for chunk in chunks(keys):
            given = given_keys(place, chunk)
            result = await connection.execute(sa.update(place.clause).values(values).where(same_key(place, given)))
            touched.updated(name, _exactly(result, len(chunk), name))


async def _cut(connection: AsyncConnection, shape: Shape, todo: _ToDo, touched: Touched) -> None:
    """Take away the links that would let no row of a cycle be the first to go."""
    for foreign in shape.deletion.nulled:
        place = shape.places[foreign.table]
        for chunk in chunks(todo.delete.get(foreign.table, [])):
            given = given_keys(place, chunk)
            held = sa.and_(*(place.column(name).is_not(None) for name in foreign.columns))
            values = {name: sa.null() for name in foreign.columns}
            statement = sa.update(place.clause).values(values).where(same_key(place, given), held)
            touched.updated(foreign.table, (await connection.execute(statement)).rowcount)


async def _nothing_left_pointing(connection: AsyncConnection, shape: Shape, todo: _ToDo, planned: Planned) -> None:
    """No row that stays may point at one that goes: ON DELETE CASCADE or SET NULL would change it behind our back."""
    for name in todo.delete:
        for foreign in shape.pointing_at(name):
            strangers, staying = await _pointing(connection, shape, foreign, todo, planned)
            if strangers:
                raise _Drift(0, strangers)
            if staying:
                raise Quarantine(f"The plan keeps {staying} rows of {foreign.table} that point at rows it deletes.")


async def _pointing(
    connection: AsyncConnection, shape: Shape, foreign: ForeignKey, todo: _ToDo, planned: Planned
) -> tuple[int, int]:
    """Rows that would be left pointing: those the plan does not know, and those it does."""
    target = shape.places[foreign.target]
    going = given_keys(target, todo.delete[target.name], "going")
    inside = shape.places.get(foreign.table) if foreign.schema == shape.schema.name else None
    other = clause(foreign.schema, foreign.table, inside.table.columns if inside else foreign.columns).alias("other")
    pairs = zip(foreign.columns, foreign.target_columns, strict=True)
    rows = target.clause.join(going, same_key(target, going)).join(
        other, sa.and_(*(other.c[own] == target.column(theirs) for own, theirs in pairs))
    )
    query = sa.select(sa.func.count()).select_from(rows)

    def without(keys: Sequence[Key], label: str) -> sa.Select[int]:
        if inside is None or not keys:
            return query
        known = given_keys(inside, keys, label)
        return query.where(~sa.exists().where(sa.and_(*(known.c[name] == other.c[name] for name in inside.key))))

    staying = (await connection.execute(without(todo.delete.get(foreign.table, []), "gone"))).scalar_one()
    if not staying:
        return 0, 0
    strangers = (await connection.execute(without(list(planned.get(foreign.table, {})), "known"))).scalar_one()
    return strangers, staying - strangers


async def _delete(connection: AsyncConnection, shape: Shape, todo: _ToDo, touched: Touched) -> None:
    for name in shape.deletion.tables:
        keys = todo.delete.get(name, [])
        place = shape.places[name]
        # Rows of a table that point at each other can only go in one statement.
        for chunk in [keys] if keys and _points_at_itself(shape, place) else chunks(keys):
            given = given_keys(place, chunk)
            result = await connection.execute(sa.delete(place.clause).where(same_key(place, given)))
            touched.deleted(name, _exactly(result, len(chunk), name))


def _points_at_itself(shape: Shape, place: Place) -> bool:
    return any(key.table == place.name and key.schema == shape.schema.name for key in shape.pointing_at(place.name))


def _exactly(result: sa.CursorResult[*tuple[Any, ...]], expected: int, table: str) -> int:
    if result.rowcount != expected:
        raise Quarantine(
            f"{table}: {result.rowcount} rows instead of {expected} would have changed (a trigger, a rule?)."
        )
    return expected


async def _look_again(connection: AsyncConnection, shape: Shape, todo: _ToDo, planned: Planned) -> None:
    """Before committing: triggers may have put back or changed what they should not."""
    for name, keys in todo.delete.items():
        if await states(connection, shape.places[name], keys):
            raise Quarantine(f"{name}: deleted rows are still there (a trigger, a rule?).")
    for name, keys in todo.anonymise.items():
        now = await states(connection, shape.places[name], keys)
        if not all(key in now and now[key].is_erased for key in keys):
            raise Quarantine(f"{name}: anonymised columns do not hold what was written (a trigger?).")
    for name, rows in planned.items():
        kept = {key: each for key, each in rows.items() if each.treatment is Treatment.RETAIN}
        now = await states(connection, shape.places[name], list(kept))
        if any(key not in now or now[key].fingerprint != each.fingerprint for key, each in kept.items()):
            raise Quarantine(f"{name}: erasing the others would change rows that must be kept (a trigger?).")
