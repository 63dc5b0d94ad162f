"""What an SQLite file looks like, read by its pragmas."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.schema import Column, ForeignKey, Schema, Table, UniqueKey

HOME = "main"
_KINDS = (
    (r"BOOL", "bool", "B"),
    (r"DATETIME|TIMESTAMP", "timestamp", "D"),
    (r"^DATE", "date", "D"),
    (r"^TIME", "time", "D"),
    (r"JSON", "json", "U"),
    (r"UUID", "uuid", "U"),
    # The rules of affinity, in their order: https://www.sqlite.org/datatype3.html section 3.1.
    (r"INT", "int8", "N"),
    (r"CHAR|CLOB|TEXT", "text", "S"),
    (r"BLOB", "bytea", "U"),
    (r"REAL|FLOA|DOUB", "float8", "N"),
    (r".", "numeric", "N"),
    (r"", "untyped", "U"),
)
_TABLE_KINDS = {"virtual": "v"}


async def reflect(connection: AsyncConnection) -> Schema:
    """Read the file's schema: no rows of any table."""

    async def rows(query: str, *parameters: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await connection.exec_driver_sql(query, parameters)]

    listed = await rows(
        "SELECT name, type, strict FROM pragma_table_list"
        " WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY name"
    )
    tables: dict[str, Table] = {}
    keys: list[ForeignKey] = []
    for name, kind, _ in listed:
        table = tables[name] = Table(name, _TABLE_KINDS.get(kind, "r"), False)
        described = await rows('SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?)', name)
        primary = sorted((one[3], one[0]) for one in described if one[3])
        for column, declared, not_null, part, hidden in described:
            if hidden != 1:
                table.columns[column] = _column(column, declared, bool(not_null), bool(part), hidden in (2, 3))
        if primary:
            ordered = tuple(column for _, column in primary)
            table.unique.append(UniqueKey("PRIMARY", frozenset(ordered), ordered, True, True, True, False))
        for index, partial in await rows('SELECT name, partial FROM pragma_index_list(?) WHERE "unique"', name):
            parts = [one[0] for one in await rows("SELECT name FROM pragma_index_info(?) ORDER BY seqno", index)]
            written = await rows("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?", index)
            plain = None not in parts and not partial
            columns = parts if plain else _named(table, str(written[0][0]) if written else "")
            table.unique.append(UniqueKey(index, frozenset(columns), tuple(columns), False, plain, True, False))
        keys += _foreign_keys(name, await rows("SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq", name))
    return Schema(HOME, tables, tuple(_resolved(key, tables) for key in keys), ())


def _column(name: str, declared: str, not_null: bool, in_key: bool, generated: bool) -> Column:
    base, category = next((base, category) for form, base, category in _KINDS if re.search(form, declared.upper()))
    return Column(
        name, declared, declared.upper() or "WITHOUT A TYPE", base, category, not_null or in_key, generated, None
    )


def _named(table: Table, statement: str) -> list[str]:
    """Columns that an index with an expression or a condition speaks of: no pragma tells."""
    words = {word.lower() for word in re.findall(r"\w+", statement.partition("(")[2])}
    return [name for name in table.columns if name.lower() in words]


def _foreign_keys(table: str, rows: list[tuple[Any, ...]]) -> list[ForeignKey]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return [
        ForeignKey(
            f"{table}({', '.join(part[3] for part in parts)})",
            HOME,
            table,
            tuple(part[3] for part in parts),
            HOME,
            parts[0][2],
            tuple(part[4] for part in parts if part[4] is not None),
            "r" if parts[0][6] == "RESTRICT" else "a",
            # All wait for the commit where the connection asks for it, but RESTRICT never does.
            parts[0][6] != "RESTRICT",
        )
        for parts in found.values()
    ]


def _resolved(key: ForeignKey, tables: dict[str, Table]) -> ForeignKey:
    """Names are written in any case, and the target's columns may be left out: then its primary key is meant."""
    names = {name.lower(): name for name in tables}
    target = names.get(key.target.lower(), key.target)
    table = tables.get(target)
    columns = {name.lower(): name for name in (table.columns if table else ())}
    meant = key.target_columns or (table.primary_key if table else ()) or key.columns
    own = {name.lower(): name for name in tables[key.table].columns}
    return ForeignKey(
        key.name,
        key.schema,
        key.table,
        tuple(own.get(name.lower(), name) for name in key.columns),
        key.target_schema,
        target,
        tuple(columns.get(name.lower(), name) for name in meant),
        key.on_delete,
        key.deferrable,
    )
