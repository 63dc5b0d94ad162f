"""Statements whose text is made once: what differs from one to the next comes as parameters.

SQLAlchemy puts a statement together, makes a key of it and looks it up before it is sent. That takes longer than the
database does for a row, and several writes in one were known again only by chance. These are text, and so are several
of them in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["Prepared", "Write", "in_one", "placed"]

_GIVEN = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]*)")


class Prepared(NamedTuple):
    """One statement. What is given to it is named after a colon: ``WHERE id = :id``."""

    text: str
    before: tuple[tuple[str, str], ...] = ()
    """What it refers to by name: ``WITH name AS (…)``, in this order."""

    def of(self, values: Mapping[str, Any]) -> Write:
        """The statement with what is given to it."""
        return Write(self, values)


class Write(NamedTuple):
    """A statement with what is given to it."""

    statement: Prepared
    values: Mapping[str, Any]


def in_one(writes: Sequence[Write]) -> tuple[str, tuple[Any, ...]]:
    """One statement of several, whose answer is the last one's, and its parameters.

    PostgreSQL carries all of them out on the same view of the tables.
    """
    text, order = _joined(tuple(one.statement for one in writes))
    return text, tuple(writes[number].values[name] for number, name in order)


def placed(table: str, names: Iterable[str], otherwise: str = "") -> Prepared:
    """Insert a row of these columns.

    Args:
        table: into which.
        names: of its columns, and of what is given for them.
        otherwise: what is done where there is one: ``ON CONFLICT …``.
    """
    columns = tuple(names)
    values = ", ".join(f":{one}" for one in columns)
    text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) {otherwise}"  # noqa: S608  # names of ours
    return Prepared(text.rstrip())


@lru_cache(maxsize=512)
def _joined(statements: tuple[Prepared, ...]) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The text of several in one, and where each of its parameters comes from: which statement's, of which name."""
    order: dict[tuple[int, str], int] = {}

    def numbered(number: int, text: str) -> str:
        return _GIVEN.sub(lambda found: f"${order.setdefault((number, found[1]), len(order) + 1)}", text)

    parts = []
    for number, one in enumerate(statements):
        parts += [f"{name} AS ({numbered(number, text)})" for name, text in one.before]
        if number < len(statements) - 1:
            parts.append(f"write_{number} AS ({numbered(number, one.text)})")
    last = numbered(len(statements) - 1, statements[-1].text)
    return f"WITH {', '.join(parts)} {last}" if parts else last, tuple(order)
