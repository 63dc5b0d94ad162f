"""Is a database reachable, does the map fit, and may this user do what the map asks?"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.effects import erased_columns
from activities.connectors.sql.session import Database
from activities.connectors.sql.shape import Place, Shape
from habeas.connector import Treatment

_RIGHTS = sa.text("""
SELECT c.relname AS "table", r.name AS "right"
FROM unnest(CAST(:tables AS text[]), CAST(:rights AS text[])) AS r("table", name)
JOIN pg_namespace n ON n.nspname = :schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = r."table"
WHERE NOT has_table_privilege(c.oid, r.name)
ORDER BY c.relname, r.name
""")
_COLUMN_RIGHTS = sa.text("""
SELECT c.relname AS "table", string_agg(quote_ident(w.name), ', ' ORDER BY a.attnum) AS columns
FROM unnest(CAST(:tables AS text[]), CAST(:columns AS text[])) AS w("table", name)
JOIN pg_namespace n ON n.nspname = :schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w."table"
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w.name
WHERE NOT has_column_privilege(c.oid, a.attnum, 'UPDATE')
GROUP BY c.relname ORDER BY c.relname
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
        goes = Treatment.DELETE in place.rule.treatments
        wanted |= {(place.name, "SELECT")} | ({(place.name, "DELETE")} if goes else set())
        wanted |= {(key.table, "SELECT") for key in shape.pointing_at(place.name) if key.schema == schema}
    pairs = sorted(wanted)
    parameters = {"schema": schema, "tables": [one for one, _ in pairs], "rights": [right for _, right in pairs]}
    rows = (await connection.execute(_RIGHTS, parameters)).all()
    missing: dict[str, list[str]] = {}
    for row in rows:
        missing.setdefault(row.right.lower(), []).append(row.table)
    grants = [f"grant {right} on {', '.join(tables)}" for right, tables in sorted(missing.items())]
    grants += await _missing_column_rights(connection, shape)
    return f"The database user lacks permissions: {'; '.join(grants)}." if grants else ""


async def _missing_column_rights(connection: AsyncConnection, shape: Shape) -> list[str]:
    changed = [(place.name, column) for place in shape.places.values() for column in written_columns(shape, place)]
    parameters = {"tables": [table for table, _ in changed], "columns": [column for _, column in changed]}
    rows = await connection.execute(_COLUMN_RIGHTS, parameters | {"schema": shape.schema.name})
    return [f"grant update ({row.columns}) on {row.table}" for row in rows]


def written_columns(shape: Shape, place: Place) -> list[str]:
    """Columns that anything is ever written to; one of the key where there are none, for locking rows asks for it."""
    anonymised = erased_columns(place.table, place.rule) if place.anonymisable else ()
    cut = [column for key in shape.deletion.nulled if key.table == place.name for column in key.columns]
    corrected = [name for name, rule in place.rule.columns.items() if rule.rectify]
    return sorted({*anonymised, *cut, *corrected, *place.rule.marks}) or [place.key[0]]
