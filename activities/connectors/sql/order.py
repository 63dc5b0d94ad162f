"""In which order tables are walked and rows deleted, and what stands in the way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from activities.connectors.sql.schema import ForeignKey, Schema
from habeas.connector import Treatment
from habeas.datamap import DataMap, Effect

RESTRICT = "r"


@dataclass(frozen=True, slots=True)
class Stuck:
    """Tables whose rows each want the others' deleted first."""

    tables: tuple[str, ...]
    keys: tuple[str, ...]

    def describe(self) -> str:
        """For a finding."""
        return f"{', '.join(self.tables)} point at each other ({', '.join(self.keys)})"


@dataclass(frozen=True, slots=True)
class DeletionOrder:
    """Children first. ``nulled``: keys whose columns are set to NULL before, because a cycle needs it."""

    tables: tuple[str, ...]
    nulled: tuple[ForeignKey, ...]
    stuck: tuple[Stuck, ...]


def components(nodes: Iterable[str], edges: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """Strongly connected components, each before those that lead to it (Tarjan); stable for equal input.

    ``edges``: from a table to the tables it points at.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(edges.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            cut = stack.index(node)
            found.append(tuple(sorted(stack[cut:])))
            del stack[cut:]

    for node in nodes:
        if node not in index:
            visit(node)
    return found


def walk_order(data_map: DataMap) -> list[tuple[str, ...]]:
    """Personal tables by their links, parents first; those that lead to each other together."""
    personal = dict(data_map.personal_tables())
    edges = {name: {link.table for link in rule.belongs} & personal.keys() for name, rule in personal.items()}
    return components(personal, edges)


def pointed_at(data_map: DataMap, schema: Schema) -> frozenset[str]:
    """Tables that a foreign key or a link leads to."""
    by_key = {key.target for key in schema.foreign_keys if key.target_schema == schema.name}
    by_link = {link.table for _, rule in data_map.personal_tables() for link in rule.belongs}
    return frozenset(by_key | by_link)


def led_to(data_map: DataMap, schema: Schema, name: str) -> frozenset[str]:
    """Columns of a table that foreign keys or links of other rows lead to."""
    by_key = {
        column
        for key in schema.foreign_keys
        if (key.target_schema, key.target) == (schema.name, name)
        for column in key.target_columns
    }
    links = [link for _, rule in data_map.personal_tables() for link in rule.belongs if link.table == name]
    return frozenset(by_key | {column for link in links for column in link.columns.values()})


def deletion_order(data_map: DataMap, schema: Schema) -> DeletionOrder:
    """Children first, over the personal tables whose rows may be deleted."""
    personal = dict(data_map.personal_tables())
    keys = [
        key
        for key in schema.foreign_keys
        if key.schema == key.target_schema == schema.name and key.table in personal and key.target in personal
    ]
    firm = [key for key in keys if not key.deferrable and Treatment.DELETE in personal[key.target].treatments]
    nulled: list[ForeignKey] = []
    while True:
        hard = [key for key in firm if key not in nulled and not _deletes_together(key)]
        groups = components(personal, _edges(personal, hard))
        inner = [key for key in hard for group in groups if key.table in group and key.target in group]
        breakable = [key for key in inner if _may_null(data_map, schema, key)]
        if not breakable:
            break
        nulled.append(breakable[0])
    stuck = [
        Stuck(group, tuple(key.name for key in inner if key.table in group))
        for group in groups
        if any(key.table in group for key in inner)
    ]
    return DeletionOrder(tuple(name for group in reversed(groups) for name in group), tuple(nulled), tuple(stuck))


def _edges(personal: Iterable[str], keys: Iterable[ForeignKey]) -> dict[str, set[str]]:
    edges: dict[str, set[str]] = {name: set() for name in personal}
    for key in keys:
        edges[key.table].add(key.target)
    return edges


def _deletes_together(key: ForeignKey) -> bool:
    """A table that points at itself is deleted from in one statement, which only RESTRICT forbids."""
    return key.table == key.target and key.on_delete != RESTRICT


def _may_null(data_map: DataMap, schema: Schema, key: ForeignKey) -> bool:
    columns = schema.tables[key.table].columns
    rules = data_map.tables[key.table].columns
    return all(
        name in columns and not columns[name].not_null and name in rules and rules[name].erase is Effect.NULL
        for name in key.columns
    )
