"""Texts of which a map does not say whether people write freely in them: nobody reviews those before release."""

from __future__ import annotations

import asyncio

from activities.connectors.sql.schema import Column, Schema, Table
from activities.connectors.sql.session import is_portable, schema_of
from habeas.datamap import DataMap, Finding, TableRule
from habeas.datamap.finding import finding

__all__ = ["unreviewed", "unreviewed_in"]

_SHORT = 64
"""Characters; what is shorter holds a code, and no sentence about somebody else."""
_LOOSE = frozenset({"json", "jsonb", "xml", "hstore"})


def unreviewed_in(data_map: DataMap, url: str) -> tuple[Finding, ...]:
    """As `unreviewed`, with the tables of this database. Not from inside an event loop.

    Raises:
        ConfigurationError: not the address of a database.
        Transient, Terminal: the database does not answer, or refuses.
    """
    return asyncio.run(look(data_map, url))


async def look(data_map: DataMap, url: str) -> tuple[Finding, ...]:
    """As `unreviewed_in`, from inside an event loop."""
    if is_portable(url):
        from activities.connectors.sql_portable.check import schema_of as portable  # built on this package

        return unreviewed(data_map, await portable(data_map, url))
    return unreviewed(data_map, await schema_of(data_map, url))


def unreviewed(data_map: DataMap, schema: Schema) -> tuple[Finding, ...]:
    """Every column that holds text, is shown to the person and is neither held as free text nor said to be structured.

    In the file's order.
    """
    found = [
        finding(
            data_map,
            "holds text, and it is not said whether people write freely in it",
            "write free_text = true, so that it is reviewed before release, or free_text = false",
            name,
            column,
        )
        for name, rule in data_map.personal_tables()
        if (table := schema.tables.get(name)) is not None
        for column in table.columns
        if column in rule.columns and _open(rule, table, table.columns[column])
    ]
    return tuple(sorted(found, key=lambda one: (one.line or 0, one.table or "", one.column or "")))


def _open(rule: TableRule, table: Table, column: Column) -> bool:
    said = rule.columns[column.name]
    if said.free_text is not None or said.holds is not None or not said.disclose or column.name in _named(rule, table):
        return False
    return column.base in _LOOSE or (column.category == "S" and (column.length is None or column.length >= _SHORT))


def _named(rule: TableRule, table: Table) -> set[str]:
    """Columns of which the map says by other means what they hold."""
    named = {one.column for one in rule.identifiers} | {*rule.name, *(rule.key or table.primary_key), *rule.marks}
    named |= {column for link in rule.belongs for column in link.columns}
    named |= {column for one in rule.staff for column in one}
    file = rule.file
    return named | ({part for part in (file.content, file.name, file.media_type) if part} if file else set())
