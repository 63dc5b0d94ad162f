"""Is a database reachable, does the map fit, and may this user do what the map asks?"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from activities.connectors.sql.health import written_columns
from activities.connectors.sql.shape import clause
from activities.connectors.sql_portable.session import Database, Session
from habeas.connector import Treatment

_Try = tuple[str, sa.Executable]


class _Undo(Exception):
    """Leaves the transaction, so that it is rolled back."""


async def health(database: Database) -> str:
    """What is wrong, with what to change; empty if nothing is. Each statement that the map asks for is tried on no row.

    Raises:
        MapDoesNotFit: the map does not fit.
    """
    missing: list[str] = []
    try:
        async with database.writing() as session:
            missing = [grant for grant, statement in _tries(session) if not await _may(session, statement)]
            if session.shape.schema.blind:
                # Else nobody could tell what a deletion takes along in tables that this user has no rights on.
                missing.append("grant process on *.*")
            raise _Undo
    except _Undo:
        return f"The database user lacks permissions: {'; '.join(missing)}." if missing else ""


def _tries(session: Session) -> Iterator[_Try]:
    shape, nothing = session.shape, sa.literal(0) == sa.literal(1)
    for place in shape.places.values():
        yield f"grant select on {place.name}", sa.select(*place.clause.c).where(nothing)
        for name in written_columns(shape, place):
            same = sa.update(place.clause).values({name: place.column(name)}).where(nothing)
            yield f"grant update ({name}) on {place.name}", same
        if Treatment.DELETE in place.rule.treatments:
            yield f"grant delete on {place.name}", sa.delete(place.clause).where(nothing)
        for key in shape.pointing_at(place.name):
            other = clause(key.schema, key.table, key.columns)
            yield f"grant select on {key.table}", sa.select(*other.c).where(nothing)


async def _may(session: Session, statement: sa.Executable) -> bool:
    try:
        await session.connection.execute(statement)
    except DBAPIError as error:
        if session.dialect.denied(error):
            return False
        raise
    return True
