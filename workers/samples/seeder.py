"""Fills three empty databases with the samples: schema, rows and marker in one transaction each."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from habeas.errors import BadInput, ConfigurationError
from workers.samples import billing, crm, support
from workers.samples.draw import populate
from workers.samples.population import World
from workers.samples.sheet import Sheet, Store

__all__ = ["AS_OF", "MAPS", "SCHEMAS", "SEED", "Seeded", "checksum", "seed"]

AS_OF = date(2026, 11, 1)
SEED = 20260101
SCHEMAS = Path(__file__).resolve().parents[2] / "deploy" / "samples"
MAPS = SCHEMAS / "maps"
"""Where the data maps of the three stores are: ``crm.toml``, ``billing.toml``, ``support.toml``."""

WRITERS: dict[str, Callable[[World], Store]] = {"crm": crm.write, "billing": billing.write, "support": support.write}
_LOCK = 0x5A3F1E5
log = structlog.get_logger(__name__)
SAMPLES_SEEDED = "samples_seeded"
"""A sample store was filled."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What became of one database."""

    store: str
    created: bool
    """False: it held these samples already, and nothing was done."""
    rows: int


async def seed(
    urls: Mapping[str, str], *, people: int = 1000, seed: int = SEED, as_of: date = AS_OF
) -> tuple[Seeded, ...]:
    """Make the sample stores in empty databases; the same arguments give the same bytes.

    Args:
        urls: ``crm``, ``billing``, ``support`` (any of them) -> ``postgresql://`` URL of a database of its own.
        people: how many people live in the three stores together.
        seed: of all chance.
        as_of: the day the stores are as of; invoices go back nine years from it.

    Returns:
        One answer per store. A database that holds exactly these samples is left as it is, and whatever was changed
        in it since stays changed.

    Raises:
        BadInput: an unknown store, or too few people.
        ConfigurationError: a database has other tables, or samples made with other arguments; Faker is missing.
    """
    unknown = sorted(set(urls) - set(WRITERS))
    if unknown:
        raise BadInput(f"There is no sample store {', '.join(unknown)}; there are {', '.join(WRITERS)}.")
    made: list[Seeded] = []
    world: World | None = None
    for store, url in urls.items():
        schema = _schema(store)
        marker = _marker(schema, people, seed, as_of)
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
                if await _is_seeded(connection, store, marker):
                    made.append(Seeded(store, created=False, rows=0))
                    continue
                world = world or populate(people, seed, as_of)
                rows = await _fill(connection, schema, WRITERS[store](world), marker)
        finally:
            await connection.close()
        made.append(Seeded(store, created=True, rows=rows))
        log.info(SAMPLES_SEEDED, store=store, rows=rows)
    return tuple(made)


def _schema(store: str) -> str:
    path = SCHEMAS / f"{store}.sql"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigurationError(f"The samples need {path}: run them from a clone of the repository.") from error


def _marker(schema: str, people: int, seed: int, as_of: date) -> str:
    return f"samples {people} {seed} {as_of.isoformat()} {hashlib.sha256(schema.encode()).hexdigest()[:16]}"


async def _is_seeded(connection: Any, store: str, marker: str) -> bool:
    found = await connection.fetch(
        "SELECT obj_description(c.oid, 'pg_class') FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%'"
        " AND n.nspname <> 'information_schema'"
    )
    notes = {row[0] for row in found if row[0] and row[0].startswith("samples ")}
    if found and not notes:
        raise ConfigurationError(f"The database for {store} is not empty: the samples need one of their own.")
    if notes and notes != {marker}:
        raise ConfigurationError(f"The database for {store} holds other samples: drop it, or ask for the same ones.")
    return bool(found)


async def _fill(connection: Any, schema: str, store: Store, marker: str) -> int:
    await connection.execute(schema)
    for sheet in store.sheets:
        await connection.copy_records_to_table(
            sheet.table, schema_name=store.schema, columns=sheet.columns, records=sheet.rows
        )
        await _continue_after(connection, store.schema, sheet)
    first = store.sheets[0].table
    await connection.execute(f"COMMENT ON TABLE {store.schema}.{first} IS '{marker}'")
    await connection.execute("ANALYZE")
    return sum(len(sheet.rows) for sheet in store.sheets)


async def _continue_after(connection: Any, schema: str, sheet: Sheet) -> None:
    """Let the next row that somebody inserts take the next number."""
    numbers = [row[0] for row in sheet.rows if isinstance(row[0], int)]
    if sheet.columns[0] == "id" and numbers:
        await connection.execute(
            "SELECT setval(s, $2) FROM pg_get_serial_sequence($1, 'id') s WHERE s IS NOT NULL",
            f"{schema}.{sheet.table}",
            max(numbers),
        )


async def checksum(url: str) -> str:
    """SHA-256, in hex, over every row of every table of a store, in the order of their text."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
        total = hashlib.sha256()
        for (table,) in tables:
            total.update(str(table).encode())
            await connection.copy_from_query(
                f'SELECT * FROM {table} t ORDER BY t::text COLLATE "C"',  # noqa: S608 - the database's own names
                output=_digest_into(total),
            )
        return total.hexdigest()
    finally:
        await connection.close()


def _digest_into(total: Any) -> Callable[[bytes], Any]:
    async def feed(chunk: bytes) -> None:
        total.update(chunk)

    return feed
