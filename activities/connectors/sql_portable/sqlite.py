"""SQLite files."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from activities.connectors.sql.errors import ConstraintStoodInTheWay, MapDoesNotFit, translate_unknown
from activities.connectors.sql.matching import held
from activities.connectors.sql.schema import Column, Schema
from activities.connectors.sql.session import LOCK_SECONDS
from activities.connectors.sql.shape import Place
from activities.connectors.sql_portable import sqlite_catalogue, values
from activities.connectors.sql_portable.dialect import NOT_UNIQUE, REFERS_TO_NOTHING, WRONG_VALUE, Dialect
from habeas.datamap import IdentifierRule, MatchBy
from habeas.errors import HabeasError, Quarantine, Terminal, Transient

_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_FULL", "SQLITE_NOMEM", "SQLITE_INTERRUPT")
_REFUSED = {
    "SQLITE_CANTOPEN": "The file is not there, or may not be opened.",
    "SQLITE_READONLY": "The file may not be written to.",
    "SQLITE_PERM": "The file may not be opened.",
    "SQLITE_NOTADB": "The file is no SQLite database.",
    "SQLITE_CORRUPT": "The file is damaged.",
}
_WHY = {
    "SQLITE_CONSTRAINT_UNIQUE": NOT_UNIQUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": NOT_UNIQUE,
    "SQLITE_CONSTRAINT_FOREIGNKEY": REFERS_TO_NOTHING,
    "SQLITE_CONSTRAINT_CHECK": WRONG_VALUE,
    "SQLITE_CONSTRAINT_NOTNULL": WRONG_VALUE,
    "SQLITE_CONSTRAINT_DATATYPE": WRONG_VALUE,
    "SQLITE_MISMATCH": WRONG_VALUE,
    "SQLITE_TOOBIG": WRONG_VALUE,
}


class SQLite(Dialect):
    """SQLite 3.37 or newer; the file lies where this process runs."""

    locks = False
    defers = True
    at_once = ("PRAGMA defer_foreign_keys = OFF",)

    def engine(self, seconds: float, **pool: Any) -> AsyncEngine:
        """See `Dialect.engine`. The file is never created."""
        path = quote(str(Path(str(self.url.database)).absolute()))
        url = sa.URL.create("sqlite+aiosqlite", database=f"file:{path}", query={"mode": "rw", "uri": "true"})
        engine = create_async_engine(
            url, connect_args={"timeout": LOCK_SECONDS}, hide_parameters=True, isolation_level="AUTOCOMMIT", **pool
        )
        event.listen(engine.sync_engine, "connect", _prepare)
        event.listen(engine.sync_engine, "before_cursor_execute", _without_decimals, retval=True)
        return engine

    def begin(self, *, readonly: bool) -> tuple[str, ...]:
        """See `Dialect.begin`. Whoever writes has the file for itself from the first look on."""
        if readonly:
            return "PRAGMA query_only = ON", "BEGIN"
        return (
            "PRAGMA query_only = OFF",
            "PRAGMA foreign_keys = ON",
            "BEGIN IMMEDIATE",
            "PRAGMA defer_foreign_keys = ON",
        )

    async def reflect(self, connection: AsyncConnection) -> Schema:
        """See `Dialect.reflect`."""
        return await sqlite_catalogue.reflect(connection)

    def read(self, column: Column, own: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """See `Dialect.read`."""
        return own

    def digest(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """See `Dialect.digest`."""
        return sa.func.habeas_sha256(own)

    def exact(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """See `Dialect.exact`."""
        return sa.collate(own, "BINARY")

    def size(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        """See `Dialect.size`."""
        return sa.func.length(sa.cast(own, sa.BLOB()))

    def candidates(self, place: Place, rule: IdentifierRule, forms: Sequence[str]) -> sa.ColumnElement[bool]:
        """See `Dialect.candidates`. SQLite's own lower() knows ASCII only, so the form is computed by ours."""
        column, own = place.table.columns[rule.column], place.column(rule.column)
        if rule.match is MatchBy.EXACT:
            return own.in_(values.parameters(column, forms))
        return sa.func.habeas_form(rule.match.value, own).in_(list(forms))

    async def counted(self, connection: AsyncConnection) -> tuple[int, ...]:
        """See `Dialect.counted`: triggers and what foreign keys do count as well."""
        return (int((await connection.exec_driver_sql("SELECT total_changes()")).scalar_one()),)

    def meant(self, updated: int, deleted: int) -> tuple[int, ...]:
        """See `Dialect.meant`."""
        return (updated + deleted,)

    def denied(self, error: Exception) -> bool:
        """See `Dialect.denied`."""
        return _name(error).startswith("SQLITE_READONLY")

    def translate(self, error: Exception, system: str) -> HabeasError:
        """See `Dialect.translate`. Names of codes: https://www.sqlite.org/rescode.html."""
        name = _name(error)
        for code, text in _REFUSED.items():
            if name.startswith(code):
                return Terminal(f"{system}: {text} ({name})", system=system)
        if name.startswith(_BUSY):
            return Transient(f"{system}: the database was busy ({name}).", system=system)
        if name.startswith("SQLITE_CONSTRAINT"):
            return ConstraintStoodInTheWay(f"{system}: a constraint ({name}).", system=system)
        if name in ("SQLITE_ERROR", "SQLITE_SCHEMA"):
            return MapDoesNotFit(f"{system}: a table or column is not as reflected ({name}).", system=system)
        if name:
            return Quarantine(f"{system}: the database refused ({name}).", system=system)
        return translate_unknown(error, system)

    def why(self, error: Exception) -> str | None:
        """See `Dialect.why`."""
        return _WHY.get(_name(error))


def _name(error: Exception) -> str:
    orig = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(orig, "sqlite_errorname", "")) if isinstance(orig, sqlite3.Error) else ""


def _prepare(connection: Any, _record: Any) -> None:
    """Ours in every connection: bytes that are no UTF-8 do not stop a read, and two functions."""
    connection.create_function("habeas_sha256", 1, _sha256, deterministic=True)
    connection.create_function("habeas_form", 2, _held, deterministic=True)
    connection.driver_connection.text_factory = _decoded


def _without_decimals(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """SQLite knows no decimals: as text they become what the column's affinity makes of them."""
    return statement, tuple(str(one) if isinstance(one, Decimal) else one for one in parameters)


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _sha256(value: bytes | str | float | None) -> str | None:
    if value is None:
        return None
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
    return hashlib.sha256(raw).hexdigest()


def _held(match: str, value: Any) -> str | None:
    return None if value is None or isinstance(value, bytes) else held(MatchBy(match), str(value))
