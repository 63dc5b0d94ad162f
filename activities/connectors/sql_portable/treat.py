"""Anonymise and delete rows by key, inside somebody's transaction, and look again before it commits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import sqlalchemy as sa

from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.keys import Key
from activities.connectors.sql.planned import Planned
from activities.connectors.sql.schema import ForeignKey
from activities.connectors.sql.shape import Place
from activities.connectors.sql.treat import ToDo
from activities.connectors.sql_portable import rows
from activities.connectors.sql_portable.rows import erased_value
from activities.connectors.sql_portable.session import Session
from activities.connectors.sql_portable.touched import Touched
from habeas.connector import Treatment
from habeas.datamap import Effect
from habeas.errors import Quarantine


async def treat(
    session: Session, todo: ToDo, planned: Planned, before_deleting: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Do it, and look again; ``before_deleting`` is the last door.

    Raises:
        Quarantine: a trigger of the database would have changed less or more; or nobody can tell what a deletion would
            take along.
    """
    if todo.delete and session.shape.schema.blind:
        raise Quarantine(
            "This user cannot see whether tables that it has no rights on point at rows that would be deleted: "
            "grant process on *.*."
        )
    touched = await Touched.start(session)
    for name, keys in todo.anonymise.items():
        await _anonymise(session, session.shape.places[name], keys, touched)
    for foreign in session.shape.deletion.nulled:
        await _cut(session, foreign, todo.delete.get(foreign.table, []), foreign.columns, touched)
    if before_deleting:
        await before_deleting()
    for name in session.shape.deletion.tables:
        await _delete(session, session.shape.places[name], todo.delete.get(name, []), touched)
    await _look_again(session, todo, planned)
    await touched.verify()


async def _anonymise(session: Session, place: Place, keys: Sequence[Key], touched: Touched) -> None:
    columns = erased_columns(place.table, place.rule)
    alone = any(place.rule.rule(name).erase is Effect.TOKEN for name in columns)
    for batch in [[key] for key in keys] if alone else rows.batches(keys):
        written = {name: erased_value(place, name, batch[0]) for name in columns}
        await write(session, place, batch, written, touched)


async def write(session: Session, place: Place, keys: Sequence[Key], written: dict[str, Any], touched: Touched) -> None:
    """Write the same parameters to all of these rows.

    Raises:
        Quarantine: other than exactly these rows would have changed.
    """
    condition = rows.equal_to(place, place.key, keys)
    result = await session.connection.execute(sa.update(place.clause).values(written).where(condition))
    touched.updated(_exactly(result, len(keys), place.name))


async def _cut(
    session: Session, foreign: ForeignKey, keys: Sequence[Key], columns: Sequence[str], touched: Touched
) -> None:
    """Take away the links that would let no row be the first to go."""
    place = session.shape.places[foreign.table]
    held = sa.and_(*(place.column(name).is_not(None) for name in columns))
    for batch in rows.batches(keys):
        condition = sa.and_(rows.equal_to(place, place.key, batch), held)
        statement = sa.update(place.clause).values(dict.fromkeys(columns)).where(condition)
        touched.updated((await session.connection.execute(statement)).rowcount)


async def _delete(session: Session, place: Place, keys: Sequence[Key], touched: Touched) -> None:
    own = [
        key
        for key in session.shape.pointing_at(place.name)
        if (key.table, key.schema) == (place.name, session.shape.schema.name)
    ]
    for foreign in own if keys and not session.dialect.defers else ():
        # Each row is asked for its foreign keys as it goes, one that points at itself too.
        await _cut(session, foreign, keys, _nullable(place, foreign), touched)
    for batch in rows.batches(keys):
        condition = rows.equal_to(place, place.key, batch)
        result = await session.connection.execute(sa.delete(place.clause).where(condition))
        touched.deleted(_exactly(result, len(batch), place.name))


def _nullable(place: Place, foreign: ForeignKey) -> tuple[str, ...]:
    return tuple(name for name in foreign.columns if not place.table.columns[name].not_null and name not in place.key)


def _exactly(result: sa.CursorResult[*tuple[Any, ...]], expected: int, table: str) -> int:
    if result.rowcount != expected:
        raise Quarantine(f"{table}: {result.rowcount} rows instead of {expected} would have changed (a trigger?).")
    return expected


async def _look_again(session: Session, todo: ToDo, planned: Planned) -> None:
    """Before committing: triggers may have put back or changed what they should not."""
    places = session.shape.places
    for name, keys in todo.delete.items():
        if await rows.rows(session, places[name], keys):
            raise Quarantine(f"{name}: deleted rows are still there (a trigger?).")
    for name, keys in todo.anonymise.items():
        now = await rows.rows(session, places[name], keys)
        if not all(key in now and now[key].is_erased for key in keys):
            raise Quarantine(f"{name}: anonymised columns do not hold what was written (a trigger?).")
    for name, listed in planned.items():
        kept = {key: each for key, each in listed.items() if each.treatment is Treatment.RETAIN}
        now = await rows.rows(session, places[name], list(kept))
        if any(key not in now or now[key].fingerprint != each.fingerprint for key, each in kept.items()):
            raise Quarantine(f"{name}: erasing the others would change rows that must be kept (a trigger?).")
