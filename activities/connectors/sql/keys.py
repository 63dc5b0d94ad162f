"""Keys of rows: as the contract writes them (canonical JSON) and as they travel to the database (texts). Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from activities.connectors.sql.shape import Place
from habeas.connector import RecordRef
from habeas.errors import Quarantine

Key = tuple[str, ...]
"""Each column of a key as PostgreSQL writes it."""
_INTEGERS = ("int2", "int4", "int8")


def encode(place: Place, key: Sequence[str]) -> str:
    """``[17]`` or ``["a", 3]``: whole numbers as such, everything else as text."""
    columns = [place.table.columns[name] for name in place.key]
    values = [int(text) if column.base in _INTEGERS else text for column, text in zip(columns, key, strict=True)]
    return json.dumps(values, ensure_ascii=False)


def decode(place: Place, key: str) -> Key:
    """Back again.

    Raises:
        Quarantine: it is not a key of this table.
    """
    try:
        values = json.loads(key)
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != len(place.key):
        raise Quarantine(f"A key does not fit the table {place.name}.")
    return tuple(value if isinstance(value, str) else json.dumps(value) for value in values)


def by_table(places: Mapping[str, Place], refs: Sequence[RecordRef]) -> dict[str, list[Key]]:
    """Keys of each table, once each, in the given order.

    Raises:
        Quarantine: a reference is to a table that the map does not hold as personal.
    """
    found: dict[str, dict[Key, None]] = {}
    for ref in refs:
        place = places.get(ref.collection)
        if place is None:
            raise Quarantine(f"{ref.collection!r} is no personal table of the data map.")
        found.setdefault(ref.collection, {})[decode(place, ref.key)] = None
    return {name: list(keys) for name, keys in found.items()}
