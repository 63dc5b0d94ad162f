"""What of a person stands in given records: whoever has those may be told that much of them, and nothing beyond.

A record may hold many people's addresses and numbers. That it is about the person does not say which of them is
theirs, and who is told may not learn it from us: of several of a kind in one record none is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

from pydantic import JsonValue

from habeas.connector import Record
from habeas.model import Identifier, normalise
from habeas.particulars import Correction
from habeas.written import same_words

__all__ = ["Standing", "Stands"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[^\W\d_]")


class Stands(NamedTuple):
    """What of a person stands in one record, or in several."""

    found: bool
    """Whether any identifier does, one that is not told among them."""
    identifiers: tuple[Identifier, ...] = ()
    """Those that stand there alone of their kind."""
    name: str | None = None
    """The person's name, where it stands there as they write it, and not in a list of several."""
    corrections: tuple[Correction, ...] = ()
    """Those whose wrong value stands there, alone of its kind. Where a missing one belongs only a human can say."""

    def and_in(self, other: Self) -> Self:
        """In these records and in others."""
        return self._replace(
            found=self.found or other.found,
            identifiers=tuple(dict.fromkeys((*self.identifiers, *other.identifiers))),
            name=self.name or other.name,
            corrections=tuple(dict.fromkeys((*self.corrections, *other.corrections))),
        )


class Standing:
    """Looks for what is known of a person, in one record after the other."""

    def __init__(
        self, identifiers: Iterable[Identifier], name: str | None = None, corrections: Iterable[Correction] = ()
    ) -> None:
        self._identifiers = tuple(identifiers)
        self._name = name
        self._corrections = tuple(corrections)

    def look(self, record: Record, reader: str | None = None) -> Stands:
        """What of it stands in this record, as a value of its own: what is only part of a text is not looked for.

        Args:
            record: of whoever is told.
            reader: their e-mail address: they know which of several is theirs.
        """
        values = [value for value, _ in _values(record.data)]
        alone = {same_words(str(value)) for value, listed in _values(record.data) if not listed}
        met = [one for one in self._identifiers if any(_is(one, value) for value in values)]
        return Stands(
            found=bool(met),
            identifiers=tuple(one for one in met if not _one_of_several(one, record, reader)),
            name=self._name if self._name is not None and same_words(self._name) in alone else None,
            corrections=tuple(
                one
                for one in self._corrections
                if one.old is not None and same_words(one.old) in alone and not _is_one_of(one.old, record, reader)
            ),
        )


Value = str | int | float


def _values(value: JsonValue, *, listed: bool = False) -> Iterator[tuple[Value, bool]]:
    """Each value, and whether it stands in a list of several."""
    match value:
        case dict():
            for each in value.values():
                yield from _values(each, listed=listed)
        case list():
            for each in value:
                yield from _values(each, listed=listed or len(value) > 1)
        case str():
            yield value, listed
        case int() | float() if not isinstance(value, bool):
            yield value, listed
        case _:
            return


def _normal(kind: str, value: Value) -> str | None:
    try:
        return normalise(kind, str(value))
    except ValueError:
        return None


def _is(one: Identifier, value: Value) -> bool:
    return _normal(one.kind, value) == one.value


def _one_of_several(one: Identifier, record: Record, reader: str | None) -> bool:
    """Whether another value of this record may be one of the same kind, so that which is whose is not known from it."""
    values = [*_values(record.data)]
    theirs = [(value, listed) for value, listed in values if _is(one, value)]
    others = [
        (value, listed) for value, listed in values if (n := _normal(one.kind, value)) and n not in {one.value, reader}
    ]
    if one.kind == "email":
        return bool(others)
    if one.kind == "phone" and any(isinstance(value, str) and not _DAY.match(value) for value, _ in others):
        return True
    shapes = {_shape(value) for value, _ in theirs}
    in_list = any(listed for _, listed in theirs)
    return any(_shape(value) in shapes or (in_list and listed and _numbered(value)) for value, listed in others)


def _is_one_of(old: str, record: Record, reader: str | None) -> bool:
    """Whether a wrong value is an address or a number of which the record has several."""
    normal = {kind: _normal(kind, old) for kind in ("email", "phone")}
    return any(
        _one_of_several(Identifier(kind=kind, value=value), record, reader) for kind, value in normal.items() if value
    )


def _shape(value: Value) -> str:
    return _LETTER.sub("a", _DIGIT.sub("0", str(value).strip()))


def _numbered(value: Value) -> bool:
    return bool(_DIGIT.search(str(value))) and _normal("email", value) is None and _normal("phone", value) is None
