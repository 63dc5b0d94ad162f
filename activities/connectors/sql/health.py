"""Is a database reachable, does the map fit, and may this user do what the map asks?"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.session import Database
from activities.connectors.sql.shape import Shape
from habeas.connector import Treatment

_RIGHTS = sa.text("""
SELECT c.relname AS "table", r.name AS "right"
FROM unnest(CAST(:tables AS text[]), CAST(:rights AS text[])) AS r("table", name)
JOIN pg_namespace n ON n.nspname = :schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r."table"
WHERE NOT has_table_privilege(c.oid, r.name)
ORDER BY c.relname, r.name
""")
_USAGE = sa.text("SELECT has_schema_privilege(:schema, 'USAGE')")


async def health(database: Database) -> str:
    """What is wrong, with what to change; empty if nothing is.

    Raises:
        MapDoesNotFit: the map does not fit.
    """
    async with database.reading() as connection:
        await connection.execute(sa.text("SELECT 1"))
        shape = await database.shape(connection)
        return await _missing_rights(connection, shape)


async def _missing_rights(connection: AsyncConnection, shape: Shape) -> str:
    schema = shape.schema.name
    if not (await connection.execute(_USAGE, {"schema": schema})).scalar_one():
        return f"The database user may not use the schema: grant usage on schema {schema}."
    wanted: set[tuple[str, str]] = set()
    for place in shape.places.values():
        changes = place.anonymisable or Treatment.DELETE in place.rule.treatments
        wanted |= {(place.name, "SELECT")} | {(place.name, right) for right in ("UPDATE", "DELETE") if changes}
        wanted |= {(key.table, "SELECT") for key in shape.pointing_at(place.name) if key.schema == schema}
    pairs = sorted(wanted)
    parameters = {"schema": schema, "tables": [one for one, _ in pairs], "rights": [right for _, right in pairs]}
    rows = (await connection.execute(_RIGHTS, parameters)).all()
    missing: dict[str, list[str]] = {}
    for row in rows:
        missing.setdefault(row.right.lower(), []).append(row.table)
    grants = [f"grant {right} on {', '.join(tables)}" for right, tables in sorted(missing.items())]
    return f"The database user lacks permissions: {'; '.join(grants)}." if grants else ""
