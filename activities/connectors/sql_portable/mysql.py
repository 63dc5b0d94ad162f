"""MySQL and MariaDB."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from activities.connectors.sql.schema import Column, Schema
from activities.connectors.sql.session import CONNECT_SECONDS, LOCK_SECONDS
from activities.connectors.sql.shape import Place
from activities.connectors.sql_portable import mysql_catalogue, mysql_errors, values
from activities.connectors.sql_portable.dialect import Dialect
from habeas.datamap import IdentifierRule, MatchBy
from habeas.errors import HabeasError

QUERY_KEYS = frozenset({"sslmode", "sslrootcert", "unix_socket"})
SSL_MODES = ("disable", "require", "verify-ca", "verify-full")
_BLANKS = (" ", "\t", "\r", "\n", "\u00a0")
_AS_TEXT = frozenset({"numeric", "date", "timestamp", "timestamptz", "time", "json", "enum", "set", "uuid", "inet"})
# Compares more as equal than anybody could want, in every version and whatever the column's own collation says.
_WIDE = "utf8mb4_general_ci"


class MySQL(Dialect):
    """MySQL 8 and MariaDB 10.5 or newer, tables in a transactional engine."""

    locks = True
    defers = False

    def engine(self, seconds: float, **pool: Any) -> AsyncEngine:
        """See `Dialect.engine`."""
        arguments: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "sql_mode": "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
            # MariaDB alone reads the first comment, MySQL alone the second: their names for the same limit differ.
            "init_command": (
                f"SET SESSION time_zone = '+00:00', sql_safe_updates = 0, innodb_lock_wait_timeout = {LOCK_SECONDS}"
                f" /*M! , max_statement_time = {seconds} */ /*!80000 , max_execution_time = {int(seconds * 1000)} */"
            ),
            **self._tls(),
        }
        url = self.url.set(drivername="mysql+aiomysql").difference_update_query(["sslmode", "sslrootcert"])
        url = url.update_query_dict({"charset": "utf8mb4"})
        return create_async_engine(
            url, connect_args=arguments, hide_parameters=True, isolation_level="AUTOCOMMIT", **pool
        )

    def _tls(self) -> dict[str, Any]:
        mode = self.url.query.get("sslmode", "disable")
        if mode == "disable":
            return {}
        authority = self.url.query.get("sslrootcert")
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
        context.check_hostname = mode == "verify-full"
        context.verify_mode = ssl.CERT_NONE if mode == "require" else ssl.CERT_REQUIRED
        return {"ssl": context}

    def begin(self, *, readonly: bool) -> tuple[str, ...]:
        """See `Dialect.begin`.

        Writing is SERIALIZABLE: under REPEATABLE READ a locking read sees newer rows than a plain one, and what was
        compared would not be what is changed.
        """
        if readonly:
            level, start = "REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"
        else:
            level, start = "SERIALIZABLE", "START TRANSACTION"
        return f"SET TRANSACTION ISOLATION LEVEL {level}", start

    async def reflect(self, connection: AsyncConnection) -> Schema:
        """See `Dialect.reflect`."""
        return await mysql_catalogue.reflect(connection, str(self.url.database))

    def read(self, column: Column, own: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """See `Dialect.read`."""
        if column.base in _AS_TEXT:
            return sa.cast(own, sa.CHAR())
        if column.full_type.startswith("bit"):
            return sa.cast(own, mysql.INTEGER(unsigned=True))
        if column.base == "float8":
            # A FLOAT is written with six digits only; as DOUBLE it is what it is.
            return sa.cast(own, mysql.DOUBLE(asdecimal=False))
        return sa.func.hex(own) if column.base == "geometry" else own

    def digest(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """See `Dialect.digest`."""
        return sa.func.sha2(own, 256)

    def exact(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """See `Dialect.exact`."""
        return sa.collate(sa.cast(own, sa.CHAR()), "utf8mb4_bin")

    def size(self, own: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        """See `Dialect.size`."""
        return sa.func.octet_length(own)

    def candidates(self, place: Place, rule: IdentifierRule, forms: Sequence[str]) -> sa.ColumnElement[bool]:
        """See `Dialect.candidates`. Exact ones come by the column's own index, under its own collation."""
        column, own = place.table.columns[rule.column], place.column(rule.column)
        if rule.match is MatchBy.EXACT:
            return own.in_(values.parameters(column, forms))
        held: sa.ColumnElement[str] = sa.cast(own, sa.CHAR())
        if rule.match is MatchBy.PHONE:
            digits = sa.func.regexp_replace(held, "[^0-9]", "")
            spelt = [form.removeprefix("+") for form in forms]
            return digits.in_([*spelt, *(f"00{form}" for form in spelt)])
        wanted = [_without_blanks(form) for form in forms]
        for blank in _BLANKS:
            held = sa.func.replace(held, blank, "")
        plain = sa.collate(held, _WIDE).in_(wanted)
        if rule.match is MatchBy.CASE:
            return plain
        at = sa.func.locate("@", held)
        local = sa.func.substring_index(sa.func.substring_index(held, "@", 1), "+", 1)
        return sa.or_(plain, sa.collate(sa.func.concat(local, sa.func.substr(held, at)), _WIDE).in_(wanted))

    async def counted(self, connection: AsyncConnection) -> tuple[int, ...]:
        """See `Dialect.counted`. What foreign keys do by themselves the server does not count: that is asked before."""
        query = sa.text("SHOW SESSION STATUS WHERE Variable_name IN ('Handler_update', 'Handler_delete')")
        found = {str(row[0]).lower(): int(row[1]) for row in await connection.execute(query)}
        return found.get("handler_update", 0), found.get("handler_delete", 0)

    def meant(self, updated: int, deleted: int) -> tuple[int, ...]:
        """See `Dialect.meant`."""
        return updated, deleted

    def denied(self, error: Exception) -> bool:
        """See `Dialect.denied`."""
        return mysql_errors.number(error) in mysql_errors.DENIED

    def translate(self, error: Exception, system: str) -> HabeasError:
        """See `Dialect.translate`."""
        return mysql_errors.translate(error, system)

    def why(self, error: Exception) -> str | None:
        """See `Dialect.why`."""
        return mysql_errors.why(error)


def _without_blanks(form: str) -> str:
    for blank in _BLANKS:
        form = form.replace(blank, "")
    return form
