"""Does a data map fit the database? Pure: from the map and the reflected schema to findings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from activities.connectors.sql.effects import may_be_anonymised, offers, takes
from activities.connectors.sql.fit_changes import DATES, ChangesFit
from activities.connectors.sql.order import deletion_order, pointed_at
from activities.connectors.sql.schema import Column, ForeignKey, Schema, Table, UniqueKey
from habeas.datamap import ColumnRule, DataMap, Effect, Finding, TableRule
from habeas.datamap.finding import finding

UNTYPED = "untyped"
"""The base of a column that holds values of any type: what equals what is anybody's guess."""
_KINDS = {
    "m": "a materialised view",
    "f": "a foreign table",
    "n": "a table whose engine knows no transactions",
    "s": "a system-versioned table, whose history keeps what is deleted",
    "v": "a virtual table",
}


def fit(data_map: DataMap, schema: Schema) -> tuple[Finding, ...]:
    """Everything in which the map and the database differ, or that erasure could not carry out."""
    found = list(_tables(data_map, schema))
    for name, rule in data_map.personal_tables():
        table = schema.tables.get(name)
        if table is not None:
            found += _Fitting(data_map, schema, name, table, rule).findings()
            found += ChangesFit(data_map, schema, name, table, rule).findings()
    if not found:
        found += _order(data_map, schema)
    return tuple(sorted(found, key=lambda one: (one.line or 0, one.table or "", one.column or "")))


def _tables(data_map: DataMap, schema: Schema) -> Iterator[Finding]:
    if not schema.tables:
        yield finding(
            data_map,
            f"the schema {schema.name} has no tables that this user can see",
            "correct `schema`, or grant usage on it",
        )
        return
    for name in data_map.tables.keys() - schema.tables.keys():
        yield finding(data_map, f"there is no such table in {schema.name}", "correct the name or remove it", name)
    for name in schema.tables.keys() - data_map.tables.keys():
        yield Finding(table=name, problem="the table is not decided", write=f"write [tables.{name}]")
    for other in set(schema.others) - data_map.other_schemas.keys():
        yield finding(
            data_map,
            f"the database has another schema, {other}, that this map does not speak of",
            f'write [other_schemas] {other} = "<why, or which system maps it>"',
        )
    personal = {name for name, _ in data_map.personal_tables()}
    for one in schema.unseen:
        if one.target in personal:
            yield finding(
                data_map,
                f"{one.schema}.{one.table} points at it ({one.name}), and this user cannot see that table",
                f"grant select on {one.schema}.{one.table}",
                one.target,
            )
    for key in schema.foreign_keys:
        left_out = key.schema in data_map.other_schemas
        if key.schema != schema.name and key.target in personal and not left_out:
            yield finding(
                data_map,
                f"{key.schema}.{key.table} points at it, which this map does not speak of",
                f'write [other_schemas] {key.schema} = "<why>"',
                key.target,
            )


def _order(data_map: DataMap, schema: Schema) -> Iterator[Finding]:
    for stuck in deletion_order(data_map, schema).stuck:
        yield finding(
            data_map,
            f"rows cannot be deleted: {stuck.describe()}",
            "give one of these columns the effect null (it must be nullable), or make its foreign key deferrable",
            stuck.tables[0],
        )


class _Fitting:
    """One personal table, compared with its rule."""

    def __init__(self, data_map: DataMap, schema: Schema, name: str, table: Table, rule: TableRule) -> None:
        self.map, self.schema, self.name, self.table, self.rule = data_map, schema, name, table, rule
        self.keys = [key for key in schema.foreign_keys if (key.schema, key.table) == (schema.name, name)]
        self.anonymised = may_be_anonymised(rule, name in pointed_at(data_map, schema))

    def findings(self) -> Iterator[Finding]:
        parts = (self._kind, self._columns, self._named, self._links, self._key)
        yield from itertools.chain(*(part() for part in parts))
        if self.anonymised and self.table.columns.keys() <= self.rule.columns.keys():
            yield from itertools.chain(self._effects(), self._foreign_effects(), *map(self._unique, self.table.unique))

    def _say(self, problem: str, write: str, column: str | None = None, *path: str | int) -> Finding:
        return finding(self.map, problem, write, self.name, column, *path)

    def _kind(self) -> Iterator[Finding]:
        if self.table.kind not in ("r", "p"):
            what = _KINDS[self.table.kind]
            yield self._say(
                f"it is {what}: rows cannot be erased here",
                "map where its rows come from, and write personal = false with because",
            )
        if self.table.hidden_rows:
            yield self._say("row security hides rows from this user", "connect as a user with BYPASSRLS, or its owner")

    def _columns(self) -> Iterator[Finding]:
        for name in self.rule.columns.keys() - self.table.columns.keys():
            yield self._say("there is no such column", "correct the name or remove it", name)
        for name, column in self.table.columns.items():
            if name not in self.rule.columns:
                yield self._say("the column is not decided", f"write {name} = {offers(column)}", name)

    def _named(self) -> Iterator[Finding]:
        """Columns that other parts of the rule name."""
        rule = self.rule
        wanted: list[tuple[tuple[str | int, ...], str, Callable[[Column], bool], str]] = []
        wanted += [(("name",), column, _is_anything, "") for column in rule.name]
        wanted += [
            (("identifiers", number), one.column, _is_comparable, "text, a number or a uuid")
            for number, one in enumerate(rule.identifiers)
        ]
        wanted += [
            (("identifiers", number), one.proven, _tells_yes, "a column of yes or no, a whole number or a date")
            for number, one in enumerate(rule.identifiers)
            if one.proven
        ]
        if rule.retention:
            wanted.append((("retention",), rule.retention.anchor, _is_date, "a date"))
        if rule.file:
            wanted.append((("file",), rule.file.content, _is_bytes, "bytea"))
            others = (rule.file.name, rule.file.media_type)
            wanted += [(("file",), name, _is_text, "text") for name in others if name]
        wanted += [(("staff",), column, _is_anything, "") for one in rule.staff for column in one]
        for path, name, suits, needed in wanted:
            column = self.table.columns.get(name)
            if column is None:
                yield self._say(f"{path[0]} names {name}, which the table does not have", "correct it", None, *path)
            elif not suits(column):
                yield self._say(f"{path[0]}: {name} is {column.full_type}", f"name {needed}", None, *path)

    def _links(self) -> Iterator[Finding]:
        for number, link in enumerate(self.rule.belongs):
            parent = self.schema.tables.get(link.table)
            for own, theirs in link.columns.items():
                mine, its = self.table.columns.get(own), parent.columns.get(theirs) if parent else None
                at = ("belongs", number)
                if mine is None:
                    yield self._say(f"belongs names {own}, which the table does not have", "correct it", None, *at)
                elif parent and its is None:
                    yield self._say(f"{link.table} has no column {theirs}", "correct the link", None, *at)
                elif its and not _comparable(mine, its):
                    problem = f"{own} is {mine.full_type}, but {link.table}.{theirs} is {its.full_type}"
                    yield self._say(problem, "link columns of one type", None, *at)

    def _key(self) -> Iterator[Finding]:
        key = self.rule.key or self.table.primary_key
        if not key:
            yield self._say(
                "it has no primary key",
                "write key = [ … ], columns that are unique and never null; without such no row can be erased alone",
            )
            return
        columns = [self.table.columns.get(name) for name in key]
        if any(column and column.base == UNTYPED for column in columns):
            yield self._say("a column of its key has no type", "declare one in the database", None, "key")
        unique = any(one.plain and one.columns <= set(key) for one in self.table.unique)
        if None in columns or not unique or any(column and not column.not_null for column in columns):
            yield self._say(
                "key must name columns that are never null and have a unique index together",
                "name such columns, or add a primary key to the table",
                None,
                "key",
            )

    def _effects(self) -> Iterator[Finding]:
        for name, column in self.table.columns.items():
            rule = self.rule.columns[name]
            if not takes(column, rule):
                null = " NOT NULL" if column.not_null else ""
                made = " generated" if column.generated else ""
                problem = f"{rule.erase} does not go with{made} {column.full_type}{null}"
                yield self._say(problem, f"write {name} = {offers(column)}", name)
            elif name in (self.rule.key or self.table.primary_key) and rule.erase is not Effect.KEEP:
                yield self._say(
                    f"{rule.erase} would change the key of a row that stays", f'write {name} = "keep"', name
                )

    def _foreign_effects(self) -> Iterator[Finding]:
        pointing = [(key, column, "points at another row") for key in self.keys for column in key.columns]
        targets = [
            (key, column, "other rows point at it")
            for key in self.schema.foreign_keys
            if (key.target_schema, key.target) == (self.schema.name, self.name)
            for column in key.target_columns
        ]
        for _, column, why in pointing:
            if self._effect(column) not in (Effect.KEEP, Effect.NULL, Effect.SET):
                yield self._say(
                    f"{self._effect(column)}: {why} ({_names(pointing, column)})", "keep or null it", column
                )
        for _, column, why in targets:
            if self._effect(column) is not Effect.KEEP:
                problem = f"{self._effect(column)}: {why} ({_names(targets, column)})"
                yield self._say(problem, f'write {column} = "keep"', column)

    def _unique(self, key: UniqueKey) -> Iterator[Finding]:
        """Two anonymised rows must not become equal where the database wants them different."""
        rules = {column: self.rule.columns[column] for column in key.columns}
        changed = [column for column, rule in rules.items() if self._collides(rule, key)]
        safe = any(rule.erase is Effect.TOKEN or self._scatters(rule, key) for rule in rules.values())
        kept = {column for column, rule in rules.items() if rule.erase is Effect.KEEP}
        alone = any(other.plain and other.columns <= kept for other in self.table.unique)
        for column in changed if not (safe or alone) else ():
            yield self._say(
                f"{rules[column].erase} would make rows equal under the unique {key.name}",
                f'write {column} = "token" (a placeholder that differs from row to row), or "null" if it may be',
                column,
            )

    @staticmethod
    def _collides(rule: ColumnRule, key: UniqueKey) -> bool:
        constant = rule.erase in (Effect.BLANK, Effect.REDACT, Effect.SET)
        return constant or (rule.erase is Effect.NULL and key.nulls_collide)

    @staticmethod
    def _scatters(rule: ColumnRule, key: UniqueKey) -> bool:
        return rule.erase is Effect.NULL and not key.nulls_collide and key.plain

    def _effect(self, column: str) -> Effect:
        return self.rule.columns[column].erase


def _names(uses: list[tuple[ForeignKey, str, str]], column: str) -> str:
    return ", ".join(sorted({key.name for key, one, _ in uses if one == column}))


def _is_anything(column: Column) -> bool:
    return True


def _is_comparable(column: Column) -> bool:
    return column.category in "SN" or column.base == "uuid"


def _is_date(column: Column) -> bool:
    return column.base in DATES


def _tells_yes(column: Column) -> bool:
    return column.base in ("bool", "int2", "int4", "int8", *DATES)


def _is_bytes(column: Column) -> bool:
    return column.base == "bytea"


def _is_text(column: Column) -> bool:
    return column.category == "S"


def _comparable(one: Column, other: Column) -> bool:
    if UNTYPED in (one.base, other.base):
        return False
    integers = ("int2", "int4", "int8")
    texts = ("text", "varchar", "bpchar")
    return (
        one.base == other.base
        or (one.base in integers and other.base in integers)
        or (one.base in texts and other.base in texts)
    )
