"""Carry out an approved plan in one transaction: look at everything first, then change, then look again.

Nothing is searched for and changed in one breath: what is changed is named by key in the plan. Whatever is not as the
plan saw it, and not already as the plan wants it, stops everything before the first change. A commit that was not
answered needs no care: the second run finds everything in its end state and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.keys import Key, by_table
from activities.connectors.sql.planned import Planned, State, chunks, sorted_out, states
from activities.connectors.sql.schema import ForeignKey
from activities.connectors.sql.session import Database
from activities.connectors.sql.shape import Shape, clause
from activities.connectors.sql.treat import ToDo, treat
from activities.connectors.sql.walk import given_keys, person_sets, same_key
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.errors import Quarantine
from habeas.outcomes import Done, Drifted, EraseAnswer, ObjectOutcome


class Drift(Exception):
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
    except Drift as drift:
        return drift.answer
    return done_by_plan(plan)


def done_by_plan(plan: SystemPlan) -> Done[tuple[ObjectOutcome, ...]]:
    """Everything has become what was planned."""
    return Done[tuple[ObjectOutcome, ...]](result=tuple(each.became() for each in plan.objects))


async def _carry_out(connection: AsyncConnection, shape: Shape, plan: SystemPlan) -> None:
    planned = sorted_out(shape, plan)
    todo, changed = await _compare(connection, shape, planned)
    appeared = await _appeared(connection, shape, plan, planned)
    changed += await _strayed(connection, shape, plan, todo)
    if changed or appeared:
        raise Drift(changed, appeared)
    if not todo:
        return

    async def nothing_left_pointing() -> None:
        await _nothing_left_pointing(connection, shape, todo, planned)

    await treat(connection, shape, todo, planned, nothing_left_pointing)


async def _compare(connection: AsyncConnection, shape: Shape, planned: Planned) -> tuple[ToDo, int]:
    """What is still to do, and how many objects are neither as planned from nor as planned to."""
    todo, changed = ToDo(), 0
    for name, rows in planned.items():
        place = shape.places[name]
        kept = [key for key, each in rows.items() if each.treatment is Treatment.RETAIN]
        going = [key for key, each in rows.items() if each.treatment is not Treatment.RETAIN]
        now = await states(connection, place, kept) | await states(connection, place, going, lock=True)
        changed += sort_by_state(name, rows, now, todo)
    return todo, changed


def sort_by_state(name: str, rows: Mapping[Key, PlannedObject], now: Mapping[Key, State], todo: ToDo) -> int:
    """Put what is still to do in a table into ``todo``; answers how many are neither as planned from nor to."""
    changed = 0
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
    return changed


async def _appeared(connection: AsyncConnection, shape: Shape, plan: SystemPlan, planned: Planned) -> int:
    """How many rows lead back to the roots now that the plan does not know."""
    roots = by_table(shape.places, plan.roots)
    count = 0
    for place in filter(lambda place: plan.covers(place.name), shape.places.values()):
        mine = person_sets(shape, roots, [place.name])[place.name]
        query = sa.select(sa.func.count()).select_from(mine)
        if place.name in planned:
            known = given_keys(place, list(planned[place.name]))
            same = sa.and_(*(known.c[name] == mine.c[name] for name in place.key))
            query = query.where(~sa.exists().where(same))
        count += (await connection.execute(query)).scalar_one()
    return count


async def _strayed(connection: AsyncConnection, shape: Shape, plan: SystemPlan, todo: ToDo) -> int:
    """How many rows that are to go are as they were, and somebody else's by now: none leads back to the roots.

    Each row's own links are in its fingerprint; those of the rows between may be outside of the plan. It says nothing
    once a root is gone, nor of a plan without roots, of what is due later.
    """
    roots = by_table(shape.places, plan.roots)
    for name, keys in roots.items():
        if len(await states(connection, shape.places[name], keys)) < len(keys):
            return 0
    count = 0
    for name, going in todo.going().items() if roots else ():
        place, mine = shape.places[name], person_sets(shape, roots, [name])[name]
        for chunk in chunks(going):
            given = given_keys(place, chunk)
            same = sa.and_(*(given.c[column] == mine.c[column] for column in place.key))
            query = sa.select(sa.func.count()).select_from(given).where(~sa.exists().where(same))
            count += (await connection.execute(query)).scalar_one()
    return count


async def _nothing_left_pointing(connection: AsyncConnection, shape: Shape, todo: ToDo, planned: Planned) -> None:
    """No row that stays may point at one that goes: ON DELETE CASCADE or SET NULL would change it behind our back."""
    for name in todo.delete:
        for foreign in shape.pointing_at(name):
            strangers, staying = await _pointing(connection, shape, foreign, todo, planned)
            if strangers:
                raise Drift(0, strangers)
            if staying:
                raise Quarantine(f"The plan keeps {staying} rows of {foreign.table} that point at rows it deletes.")


async def _pointing(
    connection: AsyncConnection, shape: Shape, foreign: ForeignKey, todo: ToDo, planned: Planned
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
