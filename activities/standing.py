"""What of a person stands in given records: whoever has those may be told that much of them, and nothing beyond."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from pydantic import JsonValue

from habeas.connector import Record
from habeas.model import Identifier, normalise
from habeas.particulars import Correction
from habeas.written import same_words

__all__ = ["Standing"]


class Standing:
    """Looks for what is known of a person in one record after the other, and remembers what it met; not the records."""

    def __init__(
        self, identifiers: Iterable[Identifier], name: str | None = None, corrections: Iterable[Correction] = ()
    ) -> None:
        self._identifiers = tuple(identifiers)
        self._name = name
        self._corrections = tuple(corrections)
        self._met: set[int] = set()
        self._named = False
        self._wrong: set[int] = set()

    def another(self) -> Self:
        """The same to look for, in other records."""
        return type(self)(self._identifiers, self._name, self._corrections)

    def look(self, record: Record) -> bool:
        """What of it stands in this record, as a value of its own: what is only part of a text is not looked for.

        Returns:
            Whether any identifier stands there.
        """
        values = tuple(_values(record.data))
        same = {same_words(one) for one in values}
        written = {kind: _written(kind, values) for kind in {one.kind for one in self._identifiers}}
        met = {n for n, one in enumerate(self._identifiers) if one.value in written[one.kind]}
        self._met |= met
        self._named = self._named or (self._name is not None and same_words(self._name) in same)
        self._wrong |= {
            n for n, one in enumerate(self._corrections) if one.old is not None and same_words(one.old) in same
        }
        return bool(met)

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """Those that stand there."""
        return tuple(one for n, one in enumerate(self._identifiers) if n in self._met)

    @property
    def name(self) -> str | None:
        """The person's name, where it stands there as they write it."""
        return self._name if self._named else None

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """Those whose wrong value stands there. Where a missing one belongs only a human can say."""
        return tuple(one for n, one in enumerate(self._corrections) if n in self._wrong)


def _values(value: JsonValue) -> Iterator[str]:
    match value:
        case dict():
            for each in value.values():
                yield from _values(each)
        case list():
            for each in value:
                yield from _values(each)
        case str():
            yield value
        case int() | float() if not isinstance(value, bool):
            yield str(value)
        case _:
            return


def _written(kind: str, values: Iterable[str]) -> frozenset[str]:
    """The values that can be identifiers of this kind, in their normal form."""

    def normal() -> Iterator[str]:
        for value in values:
            try:
                yield normalise(kind, value)
            except ValueError:
                continue

    return frozenset(normal())
