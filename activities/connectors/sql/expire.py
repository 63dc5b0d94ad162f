"""End rows past their term: exactly those that were listed, as far as nothing keeps them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.confirm import judge
from activities.connectors.sql.keys import Key
from activities.connectors.sql.marks import is_restricted
from activities.connectors.sql.planned import Planned, chunks, sorted_out, states
from activities.connectors.sql.session import Database
from activities.connectors.sql.shape import Place, Shape
from activities.connectors.sql.terms import Way, pointing, ways
from activities.connectors.sql.treat import ToDo, treat
from activities.connectors.sql.walk import POSITION, given_keys, same_key
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.outcomes import ConfirmAnswer, Done, Fate, ObjectOutcome

DRIFTED = "drifted"
RESTRICTED = "restricted"
REFERENCED = "referenced"


@dataclass(slots=True)
class Judged:
    """What is still to be ended, and what is left and why."""

    todo: ToDo = field(default_factory=ToDo)
    blocked: dict[tuple[str, Key], str] = field(default_factory=dict)


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
                outcomes[name, each.key] = each.became(Fate.BLOCKED, why) if why else judge(each, now.get(key))
    listed = tuple(outcomes[each.collection, each.key] for each in plan.objects)
    return Done[tuple[ObjectOutcome, ...]](result=listed)


async def _judge_all(connection: AsyncConnection, shape: Shape, planned: Planned) -> Judged:
    judged = Judged()
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


async def _hold_back(connection: AsyncConnection, shape: Shape, judged: Judged) -> bool:
    """Take rows out that something staying points at; True if there were any, for these now stay as well."""
    found: set[tuple[str, Key]] = set()
    for name, keys in judged.todo.delete.items():
        place = shape.places[name]
        for way in ways(shape, place):
            for chunk in chunks(keys):
                given = given_keys(place, chunk)
                query = _held(shape, place, way, judged.todo, given)
                found |= {(name, chunk[row[0] - 1]) for row in await connection.execute(query)}
    for name, key in found:
        judged.todo.delete[name].remove(key)
        judged.blocked[name, key] = REFERENCED
    judged.todo.delete = {name: keys for name, keys in judged.todo.delete.items() if keys}
    return bool(found)


def _held(shape: Shape, place: Place, way: Way, todo: ToDo, given: sa.Subquery) -> sa.Select[Any]:
    inside, other, points = pointing(shape, place, way)
    rows = place.clause.join(given, same_key(place, given)).join(other, points)
    query = sa.select(given.c[POSITION]).distinct().select_from(rows)
    going = todo.delete.get(way.table, []) if inside else []
    if inside is None or not going:
        return query
    gone = given_keys(inside, going, "gone")
    return query.where(~sa.exists().where(sa.and_(*(gone.c[name] == other.c[name] for name in inside.key))))
