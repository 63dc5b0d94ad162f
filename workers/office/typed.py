"""What somebody typed, as far as it can be written down at all: text without holes in it, days that calendars know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, field_validator

from habeas.errors import BadInput
from habeas.model import Frozen

__all__ = ["FIRST_DAY", "LAST_DAY", "Typed", "refuse_unusable"]

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 1, 1)
"""Of days that somebody may name. Beyond them, zones and terms lead out of the calendar."""
_UNUSABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which no column takes, and lone surrogates, which no encoding has."""
TEXT = "text without NUL and with whole characters only"
DAY = f"a day from {FIRST_DAY} to {LAST_DAY}"


def _wrong(value: object) -> str | None:
    """What it should be, where it is not usable; also of anything in it."""
    for one in _leaves(value):
        if isinstance(one, str) and _UNUSABLE.search(one):
            return TEXT
        if isinstance(one, date) and not FIRST_DAY <= (one.date() if isinstance(one, datetime) else one) <= LAST_DAY:
            return DAY
    return None


def _leaves(value: object) -> Iterator[object]:
    match value:
        case Mapping():
            for name, one in value.items():
                yield from _leaves(name)
                yield from _leaves(one)
        case list() | tuple():
            for one in value:
                yield from _leaves(one)
        case BaseModel():
            yield from _leaves(dict(value))
        case _:
            yield value


class Typed(Frozen):
    """A body that somebody typed. Text and days in it can be used, whichever field they are in."""

    @field_validator("*", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        """Before anything else looks at it: other checks would encode it."""
        if wrong := _wrong(value):
            raise ValueError(f"must be {wrong}")
        return value

    @field_validator("*", mode="after")
    @classmethod
    def _days(cls, value: Any) -> Any:
        if wrong := _wrong(value):
            raise ValueError(f"must be {wrong}")
        return value


def refuse_unusable(asked: BaseModel) -> None:
    """Refuse what came by another way than a body: a command, a form, a row of a file.

    Raises:
        BadInput: names the field, and never repeats what is in it.
    """
    for name, value in asked:
        if wrong := _wrong(value):
            raise BadInput(f"{name}: must be {wrong}.", field=name)
