"""Check a data map against its database, and draft one from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from activities.connectors.sql.check import together
from activities.connectors.sql.draft import write
from activities.connectors.sql.effects import constant, erased_columns
from activities.connectors.sql.errors import guarded
from activities.connectors.sql.fit import fit
from activities.connectors.sql.schema import Schema
from activities.connectors.sql.shape import Place, shape
from activities.connectors.sql_portable import values
from activities.connectors.sql_portable.session import DEFAULT_SCHEMA, Database, misplaced
from habeas.datamap import DataMap, Effect, Finding, problems
from habeas.datamap.finding import finding
from habeas.datamap.model import NOW, NULL
from habeas.errors import ConfigurationError


async def check(data_map: DataMap, url: str) -> tuple[Finding, ...]:
    """See `activities.connectors.sql.check.check`. Checks of the database itself are not tried beforehand."""
    schema = await schema_of(data_map, url)
    found = together(problems(data_map), misplaced(data_map, schema), fit(data_map, schema))
    return found or tuple(_constants(data_map, schema))


async def draft(url: str, system: str, schema: str = DEFAULT_SCHEMA, languages: Sequence[str] = ()) -> str:
    """See `activities.connectors.sql.draft.draft`. The address names the database, so the map does not.

    Raises:
        ConfigurationError: another schema is asked for than the address leads to.
    """
    data_map = DataMap.model_validate({"system": system, "schema": schema})
    found = await schema_of(data_map, url)
    if misplaced(data_map, found):
        raise ConfigurationError(f"The address leads to {found.name}; name the other one in it instead.", system=system)
    return write(found, system, languages, says_schema=False)


async def schema_of(data_map: DataMap, url: str) -> Schema:
    """What the database looks like; raises as `check`."""
    database = Database(url, data_map, pool_size=1)
    try:
        return await guarded(data_map.system, database.schema, database.dialect.translate)
    finally:
        await database.aclose()


def _constants(data_map: DataMap, schema: Schema) -> Iterator[Finding]:
    """Constants that are no value of their column."""
    for place in shape(data_map, schema).places.values():
        for name in erased_columns(place.table, place.rule) if place.anonymisable else ():
            column, rule = place.table.columns[name], place.rule.rule(name)
            if rule.erase is not Effect.TOKEN and not _is_value(place, name, constant(column, rule)):
                problem = f"{rule.to or rule.erase!r} is no value of {column.full_type}"
                yield finding(data_map, problem, "correct `to`", place.name, name)
        for column_name, word, path in _words(place):
            if word not in (NOW, NULL) and not _is_value(place, column_name, word):
                kind = place.table.columns[column_name].full_type
                problem = f"{path[0]}: {word!r} is no value of {kind} ({column_name})"
                yield finding(data_map, problem, "correct it", place.name, None, *path)


def _words(place: Place) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """Constants that marks write, and conditions that they look for."""
    rule = place.rule.restrict
    for word in (rule.on, rule.off) if rule else ():
        yield rule.column if rule else "", word, ("restrict",)
    for number, stop in enumerate(place.rule.stops):
        for column, word in ((stop.column, stop.to), *stop.where.items()):
            yield column, word, ("stops", number)
    for condition in place.rule.staff:
        for column, word in condition.items():
            yield column, word, ("staff",)


def _is_value(place: Place, name: str, text: str | None) -> bool:
    try:
        values.written(place.table.columns[name], text)
    except ValueError:
        return False
    return True
