"""One place where the database's errors become ours. Their texts quote rows, so only codes and names pass."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from habeas.errors import ConnectorError, DataMapError, HabeasError, Quarantine, Terminal, Transient

R = TypeVar("R")
_TRANSIENT_CLASSES = ("08", "40", "53", "57", "58", "55")
_TRANSIENT = frozenset({"25P02", "25P03", "25P04"})
_REFUSED = {
    "28": "The database refuses this user or password.",
    "3D": "There is no such database.",
    "42501": "The database user lacks a permission.",
    "25006": "The database is read-only (a standby?).",
}


class MapDoesNotFit(DataMapError, Terminal):
    """The data map is not complete or does not fit its database."""


class ConstraintStoodInTheWay(Quarantine):
    """The database's own rules forbid what was planned; nothing was changed."""


def translate(error: Exception, system: str) -> HabeasError:
    """Ours for theirs. Never carries the original along: its text and attributes hold people's data."""
    if isinstance(error, HabeasError):
        return error
    orig = error.orig if isinstance(error, DBAPIError) else error
    state = str(getattr(orig, "sqlstate", None) or "")
    return _by_state(state, orig, system) if state else translate_unknown(error, system)


def translate_unknown(error: Exception, system: str) -> HabeasError:
    """As `translate`, for what the database gave no code to."""
    if isinstance(error, HabeasError):
        return error
    orig = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(error, OSError | PoolTimeout | TimeoutError | EOFError):
        return Transient(f"{system}: the database does not answer ({type(error).__name__}).", system=system)
    if isinstance(error, DBAPIError) or type(error).__module__.startswith("asyncpg"):
        return Transient(f"{system}: the connection broke ({type(orig).__name__}).", system=system)
    name = f"{type(error).__name__} at {_line(error)}"
    return Quarantine(f"{system}: something unexpected happened ({name}): a defect of the connector.", system=system)


def _line(error: Exception) -> str:
    """Where in our own code it came from: all of a traceback that is nobody's data."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "connectors" in frame.filename]
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "an unknown place"


def _by_state(state: str, orig: object, system: str) -> ConnectorError:
    if state in _TRANSIENT:
        return Transient(f"{system}: the database was busy (SQLSTATE {state}).", system=system)
    for code, text in _REFUSED.items():
        if state.startswith(code):
            return Terminal(f"{system}: {text} (SQLSTATE {state})", system=system)
    if state.startswith(_TRANSIENT_CLASSES):
        return Transient(f"{system}: the database was busy or stopped (SQLSTATE {state}).", system=system)
    if state.startswith(("42", "3F")):
        return MapDoesNotFit(
            f"{system}: a table, column or type is not as reflected (SQLSTATE {state}).", system=system
        )
    where = _where(orig)
    if state.startswith("23"):
        return ConstraintStoodInTheWay(f"{system}: {where or 'a constraint'} (SQLSTATE {state}).", system=system)
    return Quarantine(f"{system}: the database refused{f' at {where}' if where else ''} (SQLSTATE {state}).")


def _where(orig: object) -> str:
    """Names of the table and constraint, which are the schema's and nobody's data."""
    cause = getattr(orig, "__cause__", None) or orig
    names = [getattr(cause, attribute, None) for attribute in ("table_name", "constraint_name")]
    return ", ".join(f"{kind} {name}" for kind, name in zip(("table", "constraint"), names, strict=True) if name)


async def guarded(
    system: str, work: Callable[[], Awaitable[R]], ours_for: Callable[[Exception, str], HabeasError] = translate
) -> R:
    """Do the work; whatever the database says against it comes out as one of our errors."""
    try:
        return await work()
    except Exception as error:  # noqa: BLE001  the one place where foreign errors end
        ours = ours_for(error, system)
    # Outside the handler: so that the original, which quotes rows, does not ride along as context.
    raise ours
