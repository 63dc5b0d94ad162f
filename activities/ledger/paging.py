"""Lists in pages: in one of the orders that a list has, and on from where the page before ended.

A cursor holds the order and the fields of the last row that were compared, so a page goes on at its place even if that
row has moved or is gone. It names nobody: a list is sorted by days, moments, counts and codes only.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, cast, literal, tuple_

from habeas.errors import BadInput

__all__ = ["MOST", "NEVER", "Order", "Turn"]

MOST = 1000
"""Rows of a page."""
NEVER = date.max
"""The day of what has none: what PostgreSQL calls infinity, and its driver the last day there is."""

T = TypeVar("T")
Value = str | int | date | datetime

_PLAIN = re.compile(r"[\x20-\x7e]{0,200}")
_NUMBER = re.compile(r"-?[0-9]{1,15}")


def _plain(text: str) -> str:
    if not _PLAIN.fullmatch(text):
        raise ValueError(text)
    return text


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or at.utcoffset():
        raise ValueError(text)
    return at


_READ: Mapping[type, Callable[[str], Value]] = {
    str: _plain,
    int: _number,
    date: date.fromisoformat,
    datetime: _moment,
}


class Order:
    """By what a list may be sorted.

    Args:
        default: how it is sorted unasked; a ``-`` before the name turns it around.
        sorts: name -> the fields that are compared, one after another, with their types. Together they tell any two
            rows apart. A day that is unset comes last.
    """

    def __init__(self, default: str, **sorts: Mapping[str, type]) -> None:
        self.default = default
        self._sorts = sorts
        self.names = tuple(sign + name for name in sorts for sign in ("", "-"))
        """What may be asked for."""

    def turn(self, sort: str | None = None, limit: int = 100, cursor: str | None = None) -> Turn:
        """Which page is asked for.

        Raises:
            BadInput: there is no such sort, or no page of it ended so.
        """
        sort = sort or self.default
        if sort not in self.names:
            raise BadInput(f"sort: one of {', '.join(self.names)}.", field="sort")
        fields = self._sorts[sort.removeprefix("-")]
        return Turn(sort, fields, limit, cursor, None if cursor is None else _read(cursor, sort, fields))


@dataclass(frozen=True)
class Turn:
    """One page of a list, in its order."""

    sort: str
    fields: Mapping[str, type]
    limit: int = 100
    given: str | None = None
    """The cursor, as it was given."""
    after: tuple[Value, ...] | None = None
    """The place at which the page before ended."""

    @property
    def backwards(self) -> bool:
        """Whether the last comes first."""
        return self.sort.startswith("-")

    def cursor(self, row: object) -> str:
        """The place of a row, as text: a page that goes on after it."""
        said = [self.sort, *map(_said, self._place(row))]
        return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")

    def cut(self, rows: Iterable[T]) -> tuple[tuple[T, ...], str | None]:
        """The page out of a whole list, and the cursor of the next; none at the end."""
        placed = sorted(((self._place(row), row) for row in rows), key=lambda one: one[0], reverse=self.backwards)
        if self.after is not None:
            placed = [one for one in placed if (one[0] < self.after if self.backwards else one[0] > self.after)]
        page = tuple(row for _, row in placed[: self.limit])
        return page, self.cursor(page[-1]) if len(placed) > self.limit else None

    def narrow(self, statement: Select[Any], **columns: ColumnElement[Any]) -> Select[Any]:
        """A statement that reads this page only.

        Args:
            statement: that reads the whole list, in no order.
            columns: for each of the fields; one that may be unset with what stands for that, see `NEVER`.
        """
        compared = [columns[name] for name in self.fields]
        if self.after is not None:
            last = tuple_(*(cast(literal(one), by.type) for by, one in zip(compared, self.after, strict=True)))
            here = tuple_(*compared)
            statement = statement.where(here < last if self.backwards else here > last)
        return statement.order_by(*(one.desc() if self.backwards else one for one in compared)).limit(self.limit)

    def _place(self, row: object) -> tuple[Any, ...]:
        found = (getattr(row, name) for name in self.fields)
        return tuple(NEVER if one is None else one for one in found)


def _said(value: Value) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _read(cursor: str, sort: str, fields: Mapping[str, type]) -> tuple[Value, ...]:
    try:
        said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii"))
        if said[0] == sort:
            return tuple(_READ[kind](text) for kind, text in zip(fields.values(), said[1:], strict=True))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        pass
    raise BadInput(
        f"cursor: no page sorted by {sort} ended so; take `next` of one, or leave it out to begin anew.",
        field="cursor",
    )
