"""Check a data map against its database: everything undecided, unfitting or impossible, and what to write."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.connectors.sql.effects import constant, erased_columns
from activities.connectors.sql.errors import guarded
from activities.connectors.sql.fit import fit
from activities.connectors.sql.schema import Check, Schema, Table, reflect
from activities.connectors.sql.session import Database, is_portable
from activities.connectors.sql.shape import PgType, Place, shape
from habeas.datamap import DataMap, Effect, Finding, TableRule, problems
from habeas.datamap.finding import finding
from habeas.datamap.model import NOW, NULL


def check_map(data_map: DataMap, url: str) -> tuple[Finding, ...]:
    """Everything to decide or to correct; empty if the map may be used. Not from inside an event loop.

    Raises:
        ConfigurationError: not the address of a database.
        Transient, Terminal: the database does not answer, or refuses.
    """
    return asyncio.run(check(data_map, url))


async def check(data_map: DataMap, url: str) -> tuple[Finding, ...]:
    """As `check_map`, from inside an event loop."""
    if is_portable(url):
        from activities.connectors.sql_portable.check import check as check_portable  # built on this module

        return await check_portable(data_map, url)
    database = Database(url, data_map, pool_size=1)

    async def look() -> tuple[Finding, ...]:
        async with database.reading() as connection:
            schema = await reflect(connection, data_map.schema_name)
            found = together(problems(data_map), fit(data_map, schema))
            return found or await _constants(connection, data_map, schema)

    try:
        return await guarded(data_map.system, look)
    finally:
        await database.aclose()


def together(*parts: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """All findings in the file's order."""
    return tuple(sorted((one for part in parts for one in part), key=lambda one: (one.line or 0, one.table or "")))


async def _constants(connection: AsyncConnection, data_map: DataMap, schema: Schema) -> tuple[Finding, ...]:
    """Ask the database what it would say to the values that anonymising writes: their types, its CHECKs."""
    found: list[Finding] = []
    for place in shape(data_map, schema).places.values():
        found += await _marks(connection, data_map, place)
        if not place.anonymisable:
            continue
        for name in erased_columns(place.table, place.rule):
            if not await _is_value(connection, place.table, place.rule, name):
                problem = f"{place.rule.rule(name).to!r} is no value of {place.table.columns[name].full_type}"
                found.append(finding(data_map, problem, "correct `to`", place.name, name))
        columns = set(erased_columns(place.table, place.rule))
        constants = {one for one in columns if place.rule.rule(one).erase is not Effect.TOKEN}
        for rule in place.table.checks:
            if rule.columns <= constants and not await _passes(connection, place.table, place.rule, rule):
                problem = f"the database's check {rule.name} ({rule.expression}) refuses what anonymising writes"
                found.append(finding(data_map, problem, "choose other effects", place.name, min(rule.columns)))
    return tuple(found)


async def _marks(connection: AsyncConnection, data_map: DataMap, place: Place) -> list[Finding]:
    """Constants that marks write, and conditions that they look for."""
    rule = place.rule.restrict
    words: list[tuple[str, str, tuple[str | int, ...]]] = []
    if rule:
        words += [(rule.column, word, ("restrict",)) for word in (rule.on, rule.off)]
    for number, stop in enumerate(place.rule.stops):
        pairs = ((stop.column, stop.to), *stop.where.items())
        words += [(column, word, ("stops", number)) for column, word in pairs]
    words += [(column, word, ("staff",)) for one in place.rule.staff for column, word in one.items()]
    found: list[Finding] = []
    for column, word, path in words:
        kind = place.table.columns[column].full_type
        typed = sa.cast(sa.cast(word, sa.Text), PgType(kind))
        if word not in (NOW, NULL) and not await _true(connection, sa.select(typed.is_not(None))):
            problem = f"{path[0]}: {word!r} is no value of {kind} ({column})"
            found.append(finding(data_map, problem, "correct it", place.name, None, *path))
    return found


async def _is_value(connection: AsyncConnection, table: Table, rule: TableRule, name: str) -> bool:
    if rule.rule(name).erase is not Effect.SET:
        return True
    typed = sa.cast(sa.cast(rule.rule(name).to, sa.Text), PgType(table.columns[name].full_type))
    return await _true(connection, sa.select(typed.is_not(None)))


async def _passes(connection: AsyncConnection, table: Table, rule: TableRule, check_rule: Check) -> bool:
    values = [
        sa.cast(
            sa.cast(constant(table.columns[name], rule.rule(name)), sa.Text), PgType(table.columns[name].full_type)
        ).label(name)
        for name in sorted(check_rule.columns)
    ]
    row = sa.select(*values).subquery(table.name)
    # The expression is the catalogue's own text of the constraint.
    verdict: sa.ColumnElement[bool] = sa.func.coalesce(sa.literal_column(f"({check_rule.expression})"), sa.true())
    return await _true(connection, sa.select(verdict).select_from(row))


async def _true(connection: AsyncConnection, query: sa.Select[bool]) -> bool:
    try:
        async with connection.begin_nested():
            return bool((await connection.execute(query)).scalar_one())
    except DBAPIError as error:
        # Not a value of its type or domain; anything else is no verdict on the map.
        if str(getattr(error.orig, "sqlstate", "")).startswith(("22", "23", "42")):
            return False
        raise
