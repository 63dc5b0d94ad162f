"""Does what a map says of rectification, restriction, purposes and expiry fit the database? Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from activities.connectors.sql.order import led_to
from activities.connectors.sql.schema import Column, Schema, Table
from habeas.datamap import DataMap, Finding, TableRule
from habeas.datamap.finding import finding
from habeas.datamap.model import NOW, NULL

DATES = ("date", "timestamp", "timestamptz")


class ChangesFit:
    """One personal table, compared with what its rule lets be changed."""

    def __init__(self, data_map: DataMap, schema: Schema, name: str, table: Table, rule: TableRule) -> None:
        self.map, self.schema, self.name, self.table, self.rule = data_map, schema, name, table, rule

    def findings(self) -> Iterator[Finding]:
        """Everything that does not fit."""
        yield from itertools.chain(self._rectified(), self._restricted(), self._stops(), self._expires())

    def _say(self, problem: str, write: str, column: str | None = None, *path: str | int) -> Finding:
        return finding(self.map, problem, write, self.name, column, *path)

    def _rectified(self) -> Iterator[Finding]:
        targets = led_to(self.map, self.schema, self.name)
        for name, rule in self.rule.columns.items():
            column = self.table.columns.get(name)
            if column is None or not rule.rectify:
                continue
            why = self._fixed(column) or ("other rows point at it" if name in targets else None)
            why = why or ("bytes cannot be written down" if column.base == "bytea" else None)
            if why:
                yield self._say(f"cannot be rectified: {why}", "remove rectify = true", name)

    def _restricted(self) -> Iterator[Finding]:
        rule = self.rule.restrict
        if rule:
            yield from self._mark("restrict", rule.column, (rule.on, rule.off), "restrict")

    def _stops(self) -> Iterator[Finding]:
        for number, rule in enumerate(self.rule.stops):
            yield from self._mark("stops", rule.column, (rule.to,), "stops", number)
            for name in rule.where:
                if name not in self.table.columns:
                    problem = f"stops names {name}, which the table does not have"
                    yield self._say(problem, "correct it", None, "stops", number)
                elif name == rule.column:
                    problem = f"stops: {name} is both the mark and a condition"
                    yield self._say(problem, "name other columns in where", None, "stops", number)

    def _mark(self, part: str, name: str, words: tuple[str, ...], *path: str | int) -> Iterator[Finding]:
        column = self.table.columns.get(name)
        if column is None:
            yield self._say(f"{part} names {name}, which the table does not have", "correct it", None, *path)
            return
        why = self._fixed(column)
        if why:
            problem = f"{part}: {name} cannot hold a mark: {why}"
            yield self._say(problem, "name a column that is only a mark", None, *path)
        if NOW in words and column.base not in DATES:
            problem = f"{part}: {name} is {column.full_type}, which cannot be now"
            yield self._say(problem, "name a date column, or write a constant", None, *path)
        if NULL in words and column.not_null:
            yield self._say(f"{part}: {name} is NOT NULL", "write a constant instead of null", None, *path)

    def _fixed(self, column: Column) -> str | None:
        """Why no change may write to this column."""
        if column.generated:
            return "it is generated"
        if column.name in (self.rule.key or self.table.primary_key):
            return "it is part of the key"
        return None

    def _expires(self) -> Iterator[Finding]:
        if not self.rule.expires:
            return
        name = self.rule.expires.anchor
        column = self.table.columns.get(name)
        if column is None:
            yield self._say(f"expires names {name}, which the table does not have", "correct it", None, "expires")
        elif column.base not in DATES:
            yield self._say(f"expires: {name} is {column.full_type}", "name a date", None, "expires")
