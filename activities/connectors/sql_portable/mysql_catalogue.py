"""What a MySQL or MariaDB database looks like, read from its information schema."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.schema import Column, ForeignKey, Schema, Table, UniqueKey, Unseen

_TABLES = sa.text("""
SELECT t.TABLE_NAME, t.TABLE_TYPE, t.ENGINE, e.TRANSACTIONS
FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_SCHEMA = :home AND t.TABLE_TYPE NOT IN ('VIEW', 'SYSTEM VIEW', 'SEQUENCE') ORDER BY t.TABLE_NAME
""")
_COLUMNS = sa.text("""
SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH, EXTRA
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = :home ORDER BY TABLE_NAME, ORDINAL_POSITION
""")
_KEYS = sa.text("""
SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART
FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = :home AND NON_UNIQUE = 0
ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX
""")
_FOREIGN_KEYS = sa.text("""
SELECT k.CONSTRAINT_SCHEMA, k.CONSTRAINT_NAME, k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA,
       k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE
FROM information_schema.KEY_COLUMN_USAGE k
JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA
     AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND :home IN (k.TABLE_SCHEMA, k.REFERENCED_TABLE_SCHEMA)
ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION
""")
# Of all databases, whoever asks: only a user with PROCESS may, and the name is MySQL's or MariaDB's.
# https://dev.mysql.com/doc/refman/8.4/en/information-schema-innodb-foreign-table.html
# https://mariadb.com/docs/server/reference/system-tables/information-schema/information-schema-tables/information-schema-innodb-tables/information-schema-innodb_sys_foreign-table
_INNODB = ("INNODB_FOREIGN", "INNODB_SYS_FOREIGN")
_INNODB_FOREIGN = "SELECT ID, FOR_NAME, REF_NAME FROM information_schema.{} ORDER BY ID"
_SEES_ALL = sa.text("""
SELECT count(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'SELECT' AND GRANTEE =
  concat(quote(substring_index(current_user(), '@', 1)), '@', quote(substring_index(current_user(), '@', -1)))
""")
_NO_SUCH_TABLE, _NOT_ALLOWED = (1109, 1146), (1044, 1045, 1142, 1227)
_ENCODED = re.compile(r"@([0-9a-f]{4})")
# MariaDB's JSON is a LONGTEXT with this check; its TABLE_NAME there is what MySQL's view has not.
_JSON_CHECKS = sa.text("""
SELECT TABLE_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS
WHERE CONSTRAINT_SCHEMA = :home AND CHECK_CLAUSE LIKE 'json_valid(%'
""")
_JSON = re.compile(r"json_valid\(`((?:[^`]|``)+)`\)", re.IGNORECASE)
_KINDS = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year", "bit"), ("int8", "N")),
    "decimal": ("numeric", "N"),
    **dict.fromkeys(("float", "double"), ("float8", "N")),
    "char": ("bpchar", "S"),
    "varchar": ("varchar", "S"),
    **dict.fromkeys(("tinytext", "text", "mediumtext", "longtext"), ("text", "S")),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), ("bytea", "U")),
    "date": ("date", "D"),
    "datetime": ("timestamp", "D"),
    "timestamp": ("timestamptz", "D"),
    "time": ("time", "D"),
    "json": ("json", "U"),
    "enum": ("enum", "E"),
    "set": ("set", "E"),
    "uuid": ("uuid", "U"),
    **dict.fromkeys(("inet4", "inet6"), ("inet", "I")),
}
_BOOLS = ("tinyint(1)", "bit(1)")


async def reflect(connection: AsyncConnection, home: str) -> Schema:
    """Read one database's catalogue: no rows of any table."""

    async def rows(query: sa.TextClause) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await connection.execute(query, {"home": home})]

    tables = {row[0]: Table(row[0], _table_kind(*row[1:]), False) for row in await rows(_TABLES)}
    checked = await _json_columns(connection, home)
    for name, *described in await rows(_COLUMNS):
        if name in tables:
            column = _column(*described, is_json=(name, described[0]) in checked)
            tables[name].columns[column.name] = column
    _add_keys(tables, await rows(_KEYS))
    keys = _foreign_keys(tables, await rows(_FOREIGN_KEYS))
    unseen = await _unseen(connection, home, {(key.schema.casefold(), key.table.casefold()) for key in keys})
    return Schema(home, tables, keys, (), unseen or (), blind=unseen is None)


async def _unseen(
    connection: AsyncConnection, home: str, seen: Collection[tuple[str, str]]
) -> tuple[Unseen, ...] | None:
    """What points at tables of this database from tables that this user sees nothing of; None: nobody can tell.

    The information schema shows foreign keys of those tables only on which the user has a privilege, and a row of
    another that is deleted along (ON DELETE CASCADE) is in no count of the server's.
    """
    if (await connection.execute(_SEES_ALL)).scalar_one():
        return ()
    for table in _INNODB:
        try:
            found = await connection.exec_driver_sql(_INNODB_FOREIGN.format(table))
            rows: list[tuple[Any, ...]] = [tuple(row) for row in found]
        except DBAPIError as error:
            code = getattr(error.orig, "args", (0,))[0]
            if code in _NO_SUCH_TABLE:
                continue
            if code in _NOT_ALLOWED:
                return None
            raise
        keys = [(_names(row[0])[1], *_names(row[1]), *_names(row[2])) for row in rows]
        return tuple(
            Unseen(name, schema, table, target)
            for name, schema, table, target_schema, target in keys
            if target_schema.casefold() == home.casefold() and (schema.casefold(), table.casefold()) not in seen
        )
    return None


def _names(path: str) -> tuple[str, str]:
    """A database and a name in it, as InnoDB writes them: other signs than letters, digits and _ by their numbers.

    https://dev.mysql.com/doc/refman/8.4/en/identifier-mapping.html
    """
    home, _, name = path.partition("/")
    return _decoded(home), _decoded(name)


def _decoded(name: str) -> str:
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), name)


def _table_kind(kind: str, engine: str | None, transactions: str | None) -> str:
    if kind == "SYSTEM VERSIONED":
        return "s"
    return "r" if transactions == "YES" else "n"


def _column(
    name: str, data_type: str, full_type: str, nullable: str, length: int | None, extra: str, *, is_json: bool
) -> Column:
    base, category = _KINDS.get(data_type.lower(), ("geometry", "U"))
    if full_type.lower() in _BOOLS:
        base, category = "bool", "B"
    if is_json:
        base, category = "json", "U"
    generated = any(word in extra.upper() for word in ("GENERATED", "VIRTUAL", "PERSISTENT")) and (
        "DEFAULT_GENERATED" not in extra.upper() or "STORED GENERATED" in extra.upper()
    )
    shortened = _lower_kind(full_type)
    limit = int(length) if length is not None and category == "S" else None
    return Column(name, data_type, shortened, base, category, nullable == "NO", generated, limit)


def _lower_kind(full_type: str) -> str:
    """The type's words in lower case, and the members of an enum as they are."""
    kind, mark, rest = full_type.partition("(")
    return kind.lower() + mark + (rest if "'" in rest else rest.lower())


async def _json_columns(connection: AsyncConnection, home: str) -> set[tuple[str, str]]:
    try:
        rows = (await connection.execute(_JSON_CHECKS, {"home": home})).all()
    except DBAPIError as error:
        if getattr(error.orig, "args", (0,))[0] != 1054:
            raise
        return set()  # MySQL, which has a type for it
    found = set()
    for table, clause in rows:
        match = _JSON.fullmatch(clause)
        if match:
            found.add((table, match[1].replace("``", "`")))
    return found


def _add_keys(tables: dict[str, Table], rows: list[tuple[Any, ...]]) -> None:
    parts: dict[tuple[str, str], list[tuple[str | None, int | None]]] = {}
    for table, name, column, part in rows:
        parts.setdefault((table, name), []).append((column, part))
    for (table, name), columns in parts.items():
        if table not in tables:
            continue
        ordered = tuple(column for column, _ in columns if column)
        # An expression has no column; a prefix is unique by less than the column holds.
        plain = len(ordered) == len(columns) and not any(part for _, part in columns)
        key = UniqueKey(name, frozenset(ordered), ordered, name == "PRIMARY", plain, True, False)
        tables[table].unique.append(key)


def _foreign_keys(tables: dict[str, Table], rows: list[tuple[Any, ...]]) -> tuple[ForeignKey, ...]:
    found: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault((row[2], row[3], row[1]), []).append(row)
    return tuple(
        ForeignKey(
            name,
            schema,
            table,
            tuple(part[4] for part in parts),
            parts[0][5],
            parts[0][6],
            tuple(part[7] for part in parts),
            "r" if schema == parts[0][5] and table == parts[0][6] and _is_firm(tables[table], parts) else "a",
            False,
        )
        for (schema, table, name), parts in found.items()
    )


def _is_firm(table: Table, parts: list[tuple[Any, ...]]) -> bool:
    """A table's key to itself that cannot be cut: InnoDB never deletes a row that points at itself, alone or not."""
    return all(table.columns[part[4]].not_null for part in parts)
