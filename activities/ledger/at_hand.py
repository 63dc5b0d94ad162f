"""What a step needs of a request, locked and read in one answer: the function of the same name in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Date, DateTime, LargeBinary, Row, Table

from activities.ledger.prepared import Prepared
from activities.ledger.tables import act, challenge, letter, proof, request

__all__ = [
    "ACTS",
    "AT_HAND",
    "CHALLENGES",
    "LETTERS",
    "PAUSES",
    "PROOFS",
    "SMALL",
    "WAITS",
    "AtHand",
    "Kept",
    "at_hand",
]

SMALL = 65536
"""Bytes. Larger documents are read only when they are asked for."""
AT_HAND = Prepared(
    "SELECT * FROM request_at_hand(:wanted::text, :controllers::text[], :locked::boolean, :largest::integer)"
)
ACTS, CHALLENGES, LETTERS, PAUSES, PROOFS, WAITS = "acts", "challenges", "letters", "pauses", "proofs", "waits"
Reader = Callable[[str], object]


class Kept:
    """A row that came as JSON; like a `Row`, for whoever makes something of it."""

    __slots__ = ("_mapping",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._mapping = values

    def __getattr__(self, name: str) -> Any:
        try:
            return self._mapping[name]
        except KeyError:
            raise AttributeError(name) from None


class AtHand(NamedTuple):
    """The answer."""

    request: Kept
    head: tuple[int, str]
    """The end of its chain."""
    wrapped: tuple[bytes, str] | None
    """Its key as it is kept, and under which master key; None where it is destroyed."""
    documents: dict[str, bytes | None]
    """Sealed, by name; None for one that is large."""
    about: dict[str, tuple[Kept, ...]]
    """Rows that are about it, by what they are; of challenges the newest."""


def at_hand(row: Row[Any]) -> AtHand:
    """Read the answer."""
    return AtHand(
        request=_kept(_REQUEST, row.facts),
        head=(row.head_n, row.head_hash),
        wrapped=None if row.wrapped is None else (row.wrapped, row.master_key_id),
        documents=dict(zip(row.names or (), row.sealed or (), strict=True)),
        about={what: tuple(_kept(readers, one) for one in row.about[what] or ()) for what, readers in _ABOUT.items()},
    )


def _kept(readers: Mapping[str, Reader], values: dict[str, Any]) -> Kept:
    for name, read in readers.items():
        said = values[name]
        if said is not None:
            values[name] = read(said)
    return Kept(values)


def _bytes(said: str) -> bytes:
    r"""``\x0a0b``, as PostgreSQL writes them."""
    return bytes.fromhex(said[2:])


def _readers(table: Table) -> dict[str, Reader]:
    """What JSON has no form for, by column."""

    def each() -> Iterator[tuple[str, Reader]]:
        for one in table.c:
            match one.type:
                case DateTime():
                    yield one.name, datetime.fromisoformat
                case Date():
                    yield one.name, date.fromisoformat
                case LargeBinary():
                    yield one.name, _bytes

    return dict(each())


_REQUEST = {name: read for name, read in _readers(request).items() if name != "queue_on"}
"""The queue's day may be ``infinity``, which no date is."""
_LETTER = {name: read for name, read in _readers(letter).items() if name != "content"}
_ABOUT: dict[str, dict[str, Reader]] = {
    ACTS: _readers(act),
    CHALLENGES: _readers(challenge),
    LETTERS: _LETTER,
    PAUSES: {"start": date.fromisoformat, "end": date.fromisoformat},
    PROOFS: _readers(proof),
    WAITS: {},
}
