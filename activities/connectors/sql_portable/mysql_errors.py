"""MySQL's and MariaDB's errors by number. Their texts quote rows, so only numbers pass.

Source: MySQL 8.4 Error Message Reference, "Server Error Message Reference" and "Client Error Message Reference";
MariaDB Knowledge Base, "MariaDB Error Code Reference".
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from activities.connectors.sql.errors import ConstraintStoodInTheWay, MapDoesNotFit, translate_unknown
from activities.connectors.sql_portable.dialect import NOT_UNIQUE, REFERS_TO_NOTHING, WRONG_VALUE
from habeas.errors import HabeasError, Quarantine, Terminal, Transient

_BUSY = {
    1020: "a row changed meanwhile",
    1205: "a lock was not given",
    1213: "a deadlock",
    1317: "interrupted",
    1969: "a statement took too long",
    3024: "a statement took too long",
    3058: "a deadlock",
    3572: "a lock was not given",
}
_AWAY = frozenset(
    {1040, 1053, 1077, 1079, 1080, 1129, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1836, 1927, 4031}
)
_REFUSED = {
    1044: "The database user may not use this database.",
    1045: "The database refuses this user or password.",
    1049: "There is no such database.",
    1142: "The database user lacks a permission on a table.",
    1143: "The database user lacks a permission on a column.",
    1227: "The database user lacks a permission.",
    1251: "The database wants another way to sign in.",
    1290: "The database is read-only (a replica?).",
    1370: "The database user lacks a permission.",
    1698: "The database refuses this user or password.",
}
DENIED = frozenset({1142, 1143, 1370})
_NOT_AS_REFLECTED = frozenset({1051, 1054, 1091, 1146, 1176})
_WHY = {
    1062: NOT_UNIQUE,
    1586: NOT_UNIQUE,
    1216: REFERS_TO_NOTHING,
    1452: REFERS_TO_NOTHING,
    **dict.fromkeys((1048, 1264, 1265, 1292, 1364, 1366, 1406, 1411, 1525, 1690, 3140, 3819, 4025, 4038), WRONG_VALUE),
}
_CONSTRAINTS = frozenset({1048, 1062, 1216, 1217, 1451, 1452, 1557, 1586, 1761, 1762, 3819, 4025})


def number(error: Exception) -> int:
    """The error's number; 0 where it has none."""
    orig = error.orig if isinstance(error, DBAPIError) else error
    first = orig.args[0] if orig is not None and orig.args else 0
    return first if isinstance(first, int) else 0


def translate(error: Exception, system: str) -> HabeasError:
    """See `Dialect.translate`."""
    code = number(error) if isinstance(error, DBAPIError) or type(error).__module__.startswith("pymysql") else 0
    if code in _BUSY:
        return Transient(f"{system}: the database was busy: {_BUSY[code]} (error {code}).", system=system)
    if code in _AWAY or 2000 <= code < 3000:
        return Transient(
            f"{system}: the database does not answer, or the connection broke (error {code}).", system=system
        )
    if code in _REFUSED:
        return Terminal(f"{system}: {_REFUSED[code]} (error {code})", system=system)
    if code in _NOT_AS_REFLECTED:
        return MapDoesNotFit(f"{system}: a table or column is not as reflected (error {code}).", system=system)
    if code in _CONSTRAINTS:
        return ConstraintStoodInTheWay(f"{system}: a constraint (error {code}).", system=system)
    if code:
        return Quarantine(f"{system}: the database refused (error {code}).", system=system)
    return translate_unknown(error, system)


def why(error: Exception) -> str | None:
    """See `Dialect.why`."""
    return _WHY.get(number(error))
