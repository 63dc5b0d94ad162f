"""Which kind of database an address names."""

from __future__ import annotations

from importlib.util import find_spec

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from activities.connectors.sql_portable.dialect import Dialect
from activities.connectors.sql_portable.mysql import QUERY_KEYS, SSL_MODES, MySQL
from activities.connectors.sql_portable.sqlite import SQLite
from habeas.errors import ConfigurationError

_DRIVERS = {"mysql": ("aiomysql", "mysql"), "sqlite": ("aiosqlite", "sqlite")}


def dialect_of(url: str, system: str) -> Dialect:
    """What an address leads to.

    Raises:
        ConfigurationError: it leads nowhere, or the driver for it is not installed. The address itself is never
            repeated: it holds the password.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or "+" in parsed.drivername or not parsed.database or parsed.database == ":memory:":
        raise ConfigurationError(
            f"systems.{system}.url is neither mysql://user:password@host:port/database (or mariadb://) "
            "nor sqlite:///path.",
            system=system,
        )
    kind = "sqlite" if parsed.drivername == "sqlite" else "mysql"
    driver, extra = _DRIVERS[kind]
    if find_spec(driver) is None:
        raise ConfigurationError(f"systems.{system}.url needs a driver: pip install 'habeas[{extra}]'.", system=system)
    unknown = parsed.query.keys() - (QUERY_KEYS if kind == "mysql" else frozenset())
    if unknown:
        listed = ", ".join(sorted(unknown))
        raise ConfigurationError(f"systems.{system}.url: {listed} is not supported; remove it.", system=system)
    if parsed.query.get("sslmode", "disable") not in SSL_MODES:
        raise ConfigurationError(f"systems.{system}.url: sslmode is one of {', '.join(SSL_MODES)}.", system=system)
    return SQLite(parsed) if kind == "sqlite" else MySQL(parsed)
