"""What the database really looks like, read from PostgreSQL's catalogue.

Not by SQLAlchemy's inspector: types that it does not know (geometry, vector, an enum of an extension) must not matter,
and generated columns, partitions, row security and deferrable keys do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

_COLUMNS = text("""
SELECT c.relname AS "table", c.relkind::text AS kind, c.relrowsecurity AND row_security_active(c.oid) AS hidden_rows,
       a.attname AS name, format_type(a.atttypid, -1) AS type, format_type(a.atttypid, a.atttypmod) AS full_type,
       a.attnotnull OR t.typnotnull AS not_null, a.attgenerated <> '' AS generated,
       coalesce(b.typcategory, t.typcategory)::text AS category, coalesce(b.typname, t.typname)::text AS base,
       CASE WHEN coalesce(b.typname, t.typname) IN ('varchar', 'bpchar')
            THEN nullif(CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END, -1) - 4 END AS length
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
WHERE n.nspname = :schema AND c.relkind IN ('r', 'p', 'f', 'm') AND NOT c.relispartition
ORDER BY c.relname, a.attnum
""")
_KEYS = text("""
SELECT c.relname AS "table", x.relname AS name, i.indisprimary AS "primary", i.indimmediate AS immediate,
       i.indpred IS NULL AND i.indexprs IS NULL AS plain,
       coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_collide,
       ARRAY(SELECT DISTINCT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND (
               a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]) OR EXISTS (
                   SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                   AND d.refobjid = c.oid AND d.refobjsubid = a.attnum
                   AND (i.indpred IS NOT NULL OR i.indexprs IS NOT NULL)))) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY k(num, pos)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.num
             WHERE k.pos <= i.indnkeyatts ORDER BY k.pos) AS ordered
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND i.indisunique AND i.indisvalid AND NOT c.relispartition
ORDER BY c.relname, x.relname
""")
_FOREIGN_KEYS = text("""
SELECT k.conname AS name, cn.nspname AS schema, c.relname AS "table", rn.nspname AS target_schema, r.relname AS target,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(num, pos)
             JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.num ORDER BY u.pos) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(num, pos)
             JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = u.num ORDER BY u.pos) AS target_columns,
       k.confdeltype::text AS on_delete, k.condeferrable AS deferrable
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE k.contype = 'f' AND k.conparentid = 0 AND :schema IN (cn.nspname, rn.nspname)
ORDER BY cn.nspname, c.relname, k.conname
""")
_CHECKS = text("""
SELECT c.relname AS "table", k.conname AS name, pg_get_expr(k.conbin, k.conrelid) AS expression,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum = ANY (k.conkey)) AS columns
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'c' AND k.conkey IS NOT NULL AND n.nspname = :schema AND NOT c.relispartition
ORDER BY c.relname, k.conname
""")
_SCHEMAS = text("""
SELECT n.nspname AS name FROM pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', :schema)
  AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'f', 'm')
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'))
ORDER BY n.nspname
""")

STAMP = """
SELECT concat_ws(' ', pg_postmaster_start_time(), current_database(), current_user, current_schemas(true)::text,
  (SELECT md5(string_agg(concat_ws('/', n.oid, n.xmin), ',' ORDER BY n.oid)) FROM pg_namespace n),
  (SELECT md5(string_agg(concat_ws('/', c.oid, c.xmin, c.relrowsecurity AND row_security_active(c.oid)), ','
                         ORDER BY c.oid))
   FROM pg_class c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'm', 'i', 'I') AND NOT c.relispartition),
  (SELECT md5(string_agg(concat_ws('/', a.attrelid, a.attnum, a.xmin), ',' ORDER BY a.attrelid, a.attnum))
   FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
   WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'f', 'm') AND NOT c.relispartition),
  (SELECT md5(string_agg(concat_ws('/', i.indexrelid, i.xmin), ',' ORDER BY i.indexrelid))
   FROM pg_index i WHERE i.indrelid >= 16384),
  (SELECT md5(string_agg(concat_ws('/', k.oid, k.xmin), ',' ORDER BY k.oid))
   FROM pg_constraint k WHERE k.oid >= 16384),
  (SELECT md5(string_agg(concat_ws('/', t.oid, t.xmin), ',' ORDER BY t.oid))
   FROM pg_type t WHERE t.oid >= 16384 AND t.typrelid = 0),
  (SELECT md5(string_agg(concat_ws('/', d.objid, d.refobjid), ',' ORDER BY d.objid, d.refobjid))
   FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid >= 16384 AND d.deptype = 'e'))
"""
"""What changes with anything that `reflect` reads: of each row of the catalogue that a schema of the customer's is made
of, which transaction wrote it last; on which server, as whom, and with what in sight.

Whatever alters a table writes such a row anew. VACUUM and ANALYZE do not: what they change, they change in its place.
Objects below 16384 are PostgreSQL's own.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``type`` is its bare name for casts, ``full_type`` has length and precision."""

    name: str
    type: str
    full_type: str
    base: str
    """The name of its type, domains looked through: ``int8``, ``text``, ``_text`` …"""
    category: str
    """PostgreSQL's type category: S text, N number, D date, A array …"""
    not_null: bool
    generated: bool
    length: int | None


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """A primary key or unique index; ``plain``: without predicate or expression."""

    name: str
    columns: frozenset[str]
    ordered: tuple[str, ...]
    primary: bool
    plain: bool
    immediate: bool
    nulls_collide: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A check constraint."""

    name: str
    expression: str
    columns: frozenset[str]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``schema.table(columns) -> target_schema.target(target_columns)``; ``on_delete`` is the catalogue's letter."""

    name: str
    schema: str
    table: str
    columns: tuple[str, ...]
    target_schema: str
    target: str
    target_columns: tuple[str, ...]
    on_delete: str
    deferrable: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """A foreign key of a table of which this user may see nothing."""

    name: str
    schema: str
    table: str
    target: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table that stores rows: ordinary, partitioned, foreign or a materialised view (``kind`` r, p, f, m).

    Of other databases also: without transactions, system-versioned, virtual (n, s, v).
    """

    name: str
    kind: str
    hidden_rows: bool
    """Row security hides some of its rows from this user."""
    columns: dict[str, Column] = field(default_factory=dict)
    unique: list[UniqueKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Its primary key's columns in order; empty if it has none."""
        return next((key.ordered for key in self.unique if key.primary), ())


@dataclass(frozen=True, slots=True)
class Schema:
    """One schema of a database, as it is now."""

    name: str
    tables: dict[str, Table]
    foreign_keys: tuple[ForeignKey, ...]
    """All that start or end in this schema."""
    others: tuple[str, ...]
    """Other schemas of the database that store something."""
    unseen: tuple[Unseen, ...] = ()
    """What points at its tables from tables that this user may not see."""
    blind: bool = False
    """There may be such: this user cannot tell."""


async def reflect(connection: AsyncConnection, schema: str) -> Schema:
    """Read one schema from the catalogue (five queries, no rows of any table)."""

    async def rows(query: TextClause) -> list[dict[str, Any]]:
        return [dict(row) for row in (await connection.execute(query, {"schema": schema})).mappings()]

    tables: dict[str, Table] = {}
    for row in await rows(_COLUMNS):
        name, kind, hidden = row.pop("table"), row.pop("kind"), row.pop("hidden_rows")
        table = tables.setdefault(name, Table(name, kind, hidden))
        table.columns[row["name"]] = Column(**row)
    for row in await rows(_KEYS):
        table = tables[row.pop("table")]
        table.unique.append(UniqueKey(**row | {"columns": frozenset(row["columns"]), "ordered": tuple(row["ordered"])}))
    for row in await rows(_CHECKS):
        table = tables[row.pop("table")]
        table.checks.append(Check(**row | {"columns": frozenset(row["columns"])}))
    keys = [
        ForeignKey(**row | {"columns": tuple(row["columns"]), "target_columns": tuple(row["target_columns"])})
        for row in await rows(_FOREIGN_KEYS)
    ]
    others = tuple(row["name"] for row in await rows(_SCHEMAS))
    return Schema(schema, tables, tuple(keys), others)
