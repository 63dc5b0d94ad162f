"""Where collection goes on: a place in the data that says nothing about the data.

A row's key may be an e-mail address, so no key is in a cursor. It names the table by number and the last rows by keyed
digests (the key is made from the database's address, password included, which only the connector knows). To go on,
the database is asked which row has such a digest. Several are kept: rows may be deleted while nobody collects, and then
the last one that is still there is the right place, since all that came after it are gone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from activities.connectors.sql.keys import Key
from activities.connectors.sql.shape import Place, Shape
from habeas.errors import Terminal

MARKS_MAX = 16
_FORM = re.compile(r"c1\.(\d{1,4})\.([0-9a-f]{8})((?:\.[0-9a-f]{16})*)")
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Position:
    """After the marked rows of the table with this number; at its start if there are none."""

    table: int
    marks: tuple[str, ...] = ()


class Cursors:
    """Writes and reads the cursors of one system; they do not outlive a change of its address or of its map."""

    def __init__(self, secret: str, shape: Shape) -> None:
        self._salt = hashlib.sha256(f"habeas cursor\0{secret}".encode()).hexdigest()
        order = "\0".join(f"{place.name}({','.join(place.key)})" for place in shape.places.values())
        self._check = hashlib.sha256(f"{self._salt}\0{order}".encode()).hexdigest()[:8]

    def write(self, place: Place, last: Sequence[Key]) -> str:
        """The cursor behind these rows of a table (the last few suffice)."""
        marks = [self.mark(key) for key in last[-MARKS_MAX:]]
        return ".".join(["c1", str(place.number), self._check, *marks])

    def read(self, cursor: str | None) -> Position:
        """Where to go on.

        Raises:
            Terminal: not a cursor of this system as it is now.
        """
        if cursor is None:
            return Position(0)
        form = _FORM.fullmatch(cursor)
        if form is None or form[2] != self._check:
            raise Terminal("The address or the map of the system changed while it was being collected: collect anew.")
        return Position(int(form[1]), tuple(form[3].split(".")[1:]))

    def mark(self, key: Key) -> str:
        """A row's keyed digest."""
        return hashlib.sha256((self._salt + _SEPARATOR.join(key)).encode()).hexdigest()[:16]

    def is_marked(self, place: Place, marks: Iterable[str]) -> sa.ColumnElement[bool]:
        """The same digest, made by the database."""
        texts = [sa.cast(place.column(name), sa.Text) for name in place.key]
        joined = sa.func.concat_ws(_SEPARATOR, *texts)
        digest = sa.func.sha256(sa.func.convert_to(sa.func.concat(self._salt, joined), "UTF8"))
        return sa.func.left(sa.func.encode(digest, "hex"), 16).in_(list(marks))
