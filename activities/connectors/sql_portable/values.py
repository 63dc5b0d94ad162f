"""Values of columns in their forms: as read, as text (keys, links), as collected, and as written. Pure.

As read: what a dialect's `read` expression yields. Whole numbers, text, floats, bytes; moments and decimals as the
database's own text, so that no driver decides what a zero date or a large number becomes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from activities.connectors.sql.rows import read_data
from activities.connectors.sql.schema import Column
from habeas.errors import Quarantine

_BOOLS = {"true": 1, "t": 1, "1": 1, "false": 0, "f": 0, "0": 0}
_TIME = re.compile(r"-?\d{2,3}:[0-5]\d:[0-5]\d(\.\d{1,6})?")
_PRECISION = re.compile(r"\((\d+)(?:\s*,\s*(\d+))?\)")
_MEMBER = re.compile(r"'((?:[^']|'')*)'")
_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64, "integer": 64}
_MOMENTS = ("timestamp", "timestamptz")


def text(column: Column, raw: Any) -> str | None:
    """A value of a key or a link as text.

    Raises:
        Quarantine: a whole number's column holds something else.
    """
    if raw is None:
        return None
    if isinstance(raw, bytes):
        return raw.hex()
    if column.base == "int8" and not isinstance(raw, int):
        raise Quarantine(f"A key or a link holds something that {column.full_type} should not hold ({column.name}).")
    return str(raw)


def canonical(column: Column, value: str) -> str:
    """Equal texts for what is equal whatever its form: 1.0 and 1.00."""
    if column.base != "numeric":
        return value
    try:
        return str(Decimal(value).normalize())
    except InvalidOperation:
        return value


def parameter(column: Column, value: str | None) -> Any:
    """A text of `text` as a parameter of the column's own kind: comparing text with numbers would match look-alikes.

    Raises:
        ValueError: it cannot be a value of the column.
    """
    if value is None:
        return None
    match column.base:
        case "int8" | "bool":
            return _whole(value)
        case "float8":
            return float(value)
        case "numeric":
            return _decimal(value)
        case "bytea":
            return bytes.fromhex(value)
        case _:
            return value


def parameters(column: Column, forms: Iterable[str]) -> list[Any]:
    """Those of these texts that can be values of the column."""
    found = []
    for form in forms:
        with suppress(ValueError):
            found.append(parameter(column, form))
    return found


def written(column: Column, value: str | None) -> Any:
    """A constant of the map, or a corrected value, as a parameter that the column holds without loss.

    Raises:
        ValueError: it is no value of the column.
    """
    if value is None:
        return None
    match column.base:
        case "bool":
            return _member(value.lower(), _BOOLS)
        case "int8":
            return _in_range(column, _whole(value))
        case "float8":
            return _finite(float(value))
        case "numeric":
            return _fitting(column, _decimal(value))
        case "date":
            return date.fromisoformat(value).isoformat()
        case "timestamp" | "timestamptz":
            return _moment(column, value)
        case "time" if not _TIME.fullmatch(value):
            raise ValueError("no time")
        case "json":
            json.loads(value)
        case "bytea":
            return bytes.fromhex(value.removeprefix("\\x"))
        case "uuid":
            return str(UUID(value))
        case "enum":
            _member(value, dict.fromkeys(_members(column)))
        case "set":
            for one in value.split(",") if value else ():
                _member(one, dict.fromkeys(_members(column)))
    if column.length is not None and len(value) > column.length:
        raise ValueError("too long")
    if "\0" in value:
        raise ValueError("a NUL")
    return value


def shown(column: Column, raw: Any) -> JsonValue:
    """A value as it is collected."""
    if raw is None or (isinstance(raw, float) and not math.isfinite(raw)):
        return None if raw is None else str(raw)
    if isinstance(raw, bytes):
        return f"\\x{raw.hex()}"
    match column.base:
        case "bool" if raw in (0, 1):
            return bool(raw)
        case "json" if isinstance(raw, str):
            return _json(raw)
        case "numeric":
            return str(raw)
        case "timestamp" | "timestamptz" if isinstance(raw, str):
            return raw.replace(" ", "T", 1) + ("+00:00" if column.base == "timestamptz" else "")
        case _:
            return _clean(raw) if isinstance(raw, str) else raw


def as_written(column: Column, value: JsonValue) -> str | None:
    """A collected value as the text that `written` reads.

    Raises:
        ValueError: no value of such a column is collected in this form.
    """
    if column.base == "json":
        return None if value is None else json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict | list):
        raise ValueError("not one value")
    if isinstance(value, bool):
        if column.base != "bool":
            raise ValueError("no yes or no")
        return str(value).lower()
    return None if value is None else str(value)


def same(column: Column, one: JsonValue, other: JsonValue) -> bool:
    """Do two collected values mean the same?"""
    if one == other or one is None or other is None:
        return one == other and isinstance(one, bool) is isinstance(other, bool)
    try:
        match column.base:
            case "numeric" | "float8" | "int8":
                return Decimal(str(one)) == Decimal(str(other))
            case "timestamp" | "timestamptz":
                return datetime.fromisoformat(str(one)) == datetime.fromisoformat(str(other))
    except (ValueError, TypeError, InvalidOperation):
        pass
    return False


def day(column: Column, raw: Any) -> date | None:
    """The date in a column that a term runs from; None where it is none (a zero date, a number)."""
    if column.base not in ("date", *_MOMENTS) or not isinstance(raw, str):
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def _json(raw: str) -> JsonValue:
    try:
        return read_data(f'{{"value": {raw}}}')["value"]
    except (ValueError, KeyError, RecursionError):
        return _clean(raw)


def _clean(raw: str) -> str:
    """Bytes that are no text in the database's encoding cannot be written as JSON."""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _whole(value: str) -> int:
    if not re.fullmatch(r"-?\d{1,20}", value):
        raise ValueError("no whole number")
    return int(value)


def _decimal(value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("no number") from None
    if not number.is_finite():
        raise ValueError("no number")
    return number


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("no number")
    return value


def _in_range(column: Column, value: int) -> int:
    kind, *_ = re.split(r"[^a-z]", column.full_type.lower(), maxsplit=1)
    bits = 64 if _is_sqlite(column) else _BITS.get(kind, 64)
    unsigned = "unsigned" in column.full_type.lower()
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if not low <= value <= high:
        raise ValueError("out of range")
    return value


def _fitting(column: Column, value: Decimal) -> Decimal:
    """With as many digits as the column has; one that would be rounded is none of its values."""
    found = _PRECISION.search(column.full_type)
    if found is None:
        return value
    digits, places = int(found[1]), int(found[2] or 0)
    try:
        fitted = value.quantize(Decimal(1).scaleb(-places))
    except InvalidOperation:
        raise ValueError("too large") from None
    if fitted != value or len(fitted.as_tuple().digits) > max(digits, places):
        raise ValueError("rounded, or too large")
    return fitted


def _moment(column: Column, value: str) -> str:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    found = _PRECISION.search(column.full_type)
    if _is_sqlite(column):
        return moment.isoformat(" ")
    digits = int(found[1]) if found else 0
    if moment.microsecond % 10 ** (6 - digits):
        raise ValueError("rounded")
    fraction = f".{moment.microsecond:06d}"[: digits + 1] if digits else ""
    return moment.strftime("%Y-%m-%d %H:%M:%S") + fraction


def _is_sqlite(column: Column) -> bool:
    """Its catalogue's types are in capitals: they promise no length, and dates are as its tools write them."""
    return not column.full_type[:1].islower()


def _members(column: Column) -> list[str]:
    return [one.replace("''", "'") for one in _MEMBER.findall(column.full_type)]


def _member(value: str, known: dict[str, Any]) -> Any:
    if value not in known:
        raise ValueError("none of its values")
    return known[value]
