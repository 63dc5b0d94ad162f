"""Answers held against the shape that a vendor documents, before anything of them is read."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, JsonValue, TypeAdapter, ValidationError, with_config

from habeas.errors import Transient

__all__ = ["lenient", "shaped"]

lenient = with_config(ConfigDict(extra="allow", coerce_numbers_to_str=True))
"""What is not read may be anything; ids are numbers in some answers, and text in others."""


def shaped(value: JsonValue, shape: TypeAdapter[Any]) -> Any:
    """What was answered, ids as text.

    Raises:
        Transient: it is of another shape; of what it says nothing is quoted.
    """
    try:
        return shape.validate_python(value)
    except ValidationError:
        raise Transient("It answered something of another shape than is documented.") from None
