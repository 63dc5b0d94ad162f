"""JSON, one value on a line."""

from __future__ import annotations

import json
import math

import orjson
from pydantic import JsonValue

__all__ = ["json_line"]


def json_line(value: JsonValue) -> bytes:
    """One value on one line. What the fast writer cannot (huge integers, half a surrogate pair), the slow one does."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(_finite(value), separators=(",", ":"), ensure_ascii=True).encode()


def _finite(value: JsonValue) -> JsonValue:
    """JSON knows no NaN and no infinity: null, as the fast writer has it."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {name: _finite(item) for name, item in value.items()}
        case list():
            return [_finite(item) for item in value]
        case _:
            return value
