"""A data map fitted to its database: what the statements are built from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import UserDefinedType

from activities.connectors.sql.effects import may_be_anonymised
from activities.connectors.sql.errors import MapDoesNotFit
from activities.connectors.sql.fit import fit
from activities.connectors.sql.order import DeletionOrder, deletion_order, led_to, pointed_at, walk_order
from activities.connectors.sql.schema import Column, ForeignKey, Schema, Table
from habeas.datamap import DataMap, TableRule

Statement = sa.Select[*tuple[Any, ...]]


class PgType(UserDefinedType[Any]):
    """A type by the name that PostgreSQL's own `format_type` gave it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """The name, as it is."""
        return self.name


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns of a table that lead to another personal table: by a link of the map, a foreign key, or both."""

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    belongs: bool
    """Makes the row the person's."""


@dataclass(frozen=True, slots=True)
class Place:
    """One personal table."""

    name: str
    number: int
    """Its place in the order of collection."""
    rule: TableRule
    table: Table
    clause: sa.TableClause
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    carried: tuple[str, ...]
    """Columns that lead on from a row: its key, and what other rows point at."""
    anonymisable: bool
    """The columns' rules were checked for it."""

    def column(self, name: str) -> sa.ColumnClause[Any]:
        """A column of the table."""
        return self.clause.c[name]

    def type(self, name: str) -> PgType:
        """A column's type without length."""
        return PgType(self.table.columns[name].type)

    def key_texts(self) -> list[sa.ColumnElement[str]]:
        """The key's columns as texts, in order, labelled ``key0``, ``key1`` and so on."""
        return [sa.cast(self.column(name), sa.Text).label(f"key{n}") for n, name in enumerate(self.key)]

    @property
    def links(self) -> tuple[Reference, ...]:
        """References that make a row the person's."""
        return tuple(reference for reference in self.references if reference.belongs)


@dataclass(frozen=True, slots=True)
class Shape:
    """Map and schema together."""

    map: DataMap
    schema: Schema
    places: Mapping[str, Place]
    """Personal tables in the order of collection, parents first."""
    groups: tuple[tuple[str, ...], ...]
    """The same, those that lead to each other by links together."""
    deletion: DeletionOrder
    _built: dict[Hashable, Statement] = field(default_factory=dict, compare=False, repr=False)

    def statement(self, about: Hashable, build: Callable[[], Statement]) -> Statement:
        """A statement that is built once for this shape. What differs from person to person are its parameters.

        Args:
            about: all that decides how it is built.
            build: builds it, with nothing of anybody's in it.
        """
        if about not in self._built:
            self._built[about] = build()
        return self._built[about]

    def pointing_at(self, name: str) -> list[ForeignKey]:
        """Foreign keys that lead to this table, from wherever."""
        home = self.schema.name
        return [key for key in self.schema.foreign_keys if (key.target_schema, key.target) == (home, name)]


def shape(data_map: DataMap, schema: Schema) -> Shape:
    """Fit the map to the schema.

    Raises:
        MapDoesNotFit: it does not; lists the findings.
    """
    found = fit(data_map, schema)
    if found:
        listed = "\n".join(f"{data_map.origin}: {one}" if data_map.origin else str(one) for one in found)
        raise MapDoesNotFit(listed, system=data_map.system, findings=found)
    groups = tuple(walk_order(data_map))
    names = [name for group in groups for name in group]
    places = {name: _place(data_map, schema, name, number) for number, name in enumerate(names)}
    return Shape(data_map, schema, places, groups, deletion_order(data_map, schema))


def _place(data_map: DataMap, schema: Schema, name: str, number: int) -> Place:
    rule, table = data_map.tables[name], schema.tables[name]
    key = rule.key or table.primary_key
    pointed = led_to(data_map, schema, name)
    return Place(
        name=name,
        number=number,
        rule=rule,
        table=table,
        clause=clause(schema.name, name, table.columns),
        key=key,
        references=tuple(_references(data_map, schema, name)),
        carried=(*key, *sorted(pointed - set(key))),
        anonymisable=may_be_anonymised(rule, name in pointed_at(data_map, schema)),
    )


def clause(schema: str, name: str, columns: Mapping[str, Column] | Sequence[str]) -> sa.TableClause:
    """A table for statements; its columns typed if their types are given."""
    if isinstance(columns, Mapping):
        return sa.table(name, *(sa.column(c.name, PgType(c.type)) for c in columns.values()), schema=schema)
    return sa.table(name, *(sa.column(column) for column in columns), schema=schema)


def _references(data_map: DataMap, schema: Schema, name: str) -> list[Reference]:
    found: dict[tuple[str, frozenset[tuple[str, str]]], Reference] = {}
    for link in data_map.tables[name].belongs:
        pairs = frozenset(link.columns.items())
        found[link.table, pairs] = Reference(tuple(link.columns), link.table, tuple(link.columns.values()), True)
    personal = {one for one, _ in data_map.personal_tables()}
    for key in schema.foreign_keys:
        if key.schema == key.target_schema == schema.name and key.table == name and key.target in personal:
            pairs = frozenset(zip(key.columns, key.target_columns, strict=True))
            reference = Reference(key.columns, key.target, key.target_columns, False)
            found.setdefault((key.target, pairs), reference)
    return list(found.values())
