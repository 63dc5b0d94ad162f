"""What a database that is lost, full or busy means to us, without its own words: they may hold values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from asyncpg.exceptions import InternalClientError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from habeas.errors import ConfigurationError, LedgerUnavailable, UnknownRequest

_REFUSALS = {
    "28P01": "It refuses the user or the password.",
    "28000": "It refuses the user or the password.",
    "3D000": "It has no such database.",
    "53100": "Its disk is full.",
    "53300": "It has too many connections.",
    "55P03": "It is busy: a lock was not given in time.",
    "57014": "It is busy: a statement took too long.",
    "25P03": "It ended a transaction that waited too long.",
    "40P01": "Two transactions waited for each other; trying again helps.",
    "40001": "Two transactions touched the same rows; trying again helps.",
}
_CONNECTION_CLASSES = ("08", "53", "57", "58")
_MISSING = ("42P01", "42883")
"""A table, a function."""


_FOREIGN_KEY_VIOLATION = "23503"
_VALUE_CLASS, _CONSTRAINT_CLASS = "22", "23"


@contextlib.contextmanager
def mapped_errors() -> Iterator[None]:
    """Say what the database said in our words.

    Raises:
        LedgerUnavailable: it is lost, full or busy.
        ConfigurationError: it has no tables.
        UnknownRequest: a row was to belong to a request that is not there.
        ValueError: a value does not fit, or a constraint refuses it; names the constraint, never the value.
    """
    try:
        yield
    except (OSError, TimeoutError, PoolTimeout, InternalClientError):
        # The last is the driver's, where a connection breaks while a statement begins: SQLAlchemy lets it through.
        raise LedgerUnavailable from None
    except DBAPIError as error:
        state = str(getattr(error.orig, "sqlstate", None) or "08000")
        constraint = str(getattr(getattr(error.orig, "__cause__", None), "constraint_name", None))
        if state in _MISSING:
            raise ConfigurationError("The ledger's tables are not there: run `habeas ledger migrate`.") from None
        if state == _FOREIGN_KEY_VIOLATION and constraint.endswith("_request_id"):
            raise UnknownRequest from None
        if state.startswith(_VALUE_CLASS):
            raise ValueError("a value does not fit its column in the ledger") from None
        if state.startswith(_CONSTRAINT_CLASS):
            raise ValueError(f"the ledger refuses a value: {constraint}") from None
        if error.connection_invalidated or state in _REFUSALS or state[:2] in _CONNECTION_CLASSES:
            raise LedgerUnavailable(_REFUSALS.get(state, "")) from None
        raise
