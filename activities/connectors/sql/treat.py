"""Anonymise and delete rows by key, inside somebody's transaction, and look again before it commits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.keys import Key
from activities.connectors.sql.planned import Planned, chunks, states
from activities.connectors.sql.rows import erased_value
from activities.connectors.sql.shape import Place, Shape
from activities.connectors.sql.touched import Touched
from activities.connectors.sql.walk import given_keys, same_key
from habeas.connector import Treatment
from habeas.errors import Quarantine


@dataclass(slots=True)
class ToDo:
    """Keys by table of what is not in its end state yet."""

    delete: dict[str, list[Key]] = field(default_factory=dict)
    anonymise: dict[str, list[Key]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.delete or self.anonymise)

    def going(self) -> dict[str, list[Key]]:
        """Both."""
        tables = dict.fromkeys((*self.delete, *self.anonymise))
        return {name: [*self.delete.get(name, ()), *self.anonymise.get(name, ())] for name in tables}


async def treat(
    connection: AsyncConnection,
    shape: Shape,
    todo: ToDo,
    planned: Planned,
    before_deleting: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Do it, and look again; ``before_deleting`` is the last door.

    Raises:
        Quarantine: a trigger or a rule of the database would have changed less or more.
    """
    touched = await Touched.start(connection, shape)
    if any(key.deferrable for key in shape.schema.foreign_keys):
        await connection.execute(sa.text("SET CONSTRAINTS ALL DEFERRED"))
    await _anonymise(connection, shape, todo, touched)
    await _cut(connection, shape, todo, touched)
    if before_deleting:
        await before_deleting()
    await _delete(connection, shape, todo, touched)
    await _look_again(connection, shape, todo, planned)
    await touched.verify()
    # What was deferred is asked for now: a refusal must come while it can be told from a lost connection.
    await connection.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))


async def _anonymise(connection: AsyncConnection, shape: Shape, todo: ToDo, touched: Touched) -> None:
    for name, keys in todo.anonymise.items():
        place = shape.places[name]
        values = {column: erased_value(place, column) for column in erased_columns(place.table, place.rule)}
        for chunk in chunks(keys):
            given = given_keys(place, chunk)
            result = await connection.execute(sa.update(place.clause).values(values).where(same_key(place, given)))
            touched.updated(name, _exactly(result, len(chunk), name))


async def _cut(connection: AsyncConnection, shape: Shape, todo: ToDo, touched: Touched) -> None:
    """Take away the links that would let no row of a cycle be the first to go."""
    for foreign in shape.deletion.nulled:
        place = shape.places[foreign.table]
        for chunk in chunks(todo.delete.get(foreign.table, [])):
            given = given_keys(place, chunk)
            held = sa.and_(*(place.column(name).is_not(None) for name in foreign.columns))
            values = {name: sa.null() for name in foreign.columns}
            statement = sa.update(place.clause).values(values).where(same_key(place, given), held)
            touched.updated(foreign.table, (await connection.execute(statement)).rowcount)


async def _delete(connection: AsyncConnection, shape: Shape, todo: ToDo, touched: Touched) -> None:
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


async def _look_again(connection: AsyncConnection, shape: Shape, todo: ToDo, planned: Planned) -> None:
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
