"""What the system in memory holds, and what it was told to answer."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable
from datetime import date

from pydantic import Field, JsonValue

from habeas.connector import Collection, Manifest, PlannedObject, Record, RecordRef, Treatment, Veto
from habeas.model import Frozen, Identifier
from habeas.outcomes import Awaiting, Pending


class MemoryRow(Frozen):
    """One object of the system."""

    collection: str
    key: str
    data: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    root: str | None = None
    """The key of the account that it belongs to; None for an account itself."""
    identifiers: tuple[Identifier, ...] = Field(default=(), repr=False)
    unproven: tuple[Identifier, ...] = Field(default=(), repr=False)
    """Those of the identifiers that somebody typed into the account and nobody has proven."""
    name: str | None = Field(default=None, repr=False)
    staff: bool = False
    """The account of one who works with the system."""
    anchor: date | None = None
    """The date that both a retention and an expiry run from."""
    restricted: bool = False
    """Marked; like every mark, no part of the fingerprint."""
    stopped: frozenset[str] = frozenset()
    """Purposes that an account's data is no longer used for."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything stored, and whose it is."""
        return hashlib.sha256(json.dumps([self.root, self.data], sort_keys=True).encode()).hexdigest()


class Rows:
    """The rows, the calls that came, and the faults and answers that wait for the next ones."""

    manifest: Manifest

    def __init__(self, rows: Iterable[MemoryRow]) -> None:
        self.rows: dict[tuple[str, str], MemoryRow] = {}
        self.calls: list[str] = []
        self.faults: dict[str, deque[Exception]] = {}
        self.waits: dict[str, deque[Pending | Awaiting]] = {}
        self.in_the_way: list[Veto] = []
        self.put(*rows)

    def put(self, *rows: MemoryRow) -> None:
        """Add rows, or replace those with the same key."""
        self.rows.update({(row.collection, row.key): row for row in rows})

    def fail(self, method: str, *errors: Exception) -> None:
        """Make the next calls of a method raise these, one each."""
        self.faults.setdefault(method, deque()).extend(errors)

    def answers(self, method: str, *answers: Pending | Awaiting) -> None:
        """Make the next calls of ``erase``, ``confirm``, ``change``, ``confirm_change`` or ``expire`` answer these.

        One each, with nothing done yet; the call after them does the work.
        """
        self.waits.setdefault(method, deque()).extend(answers)

    def _called(self, method: str) -> Pending | Awaiting | None:
        self.calls.append(method)
        faults, waits = self.faults.get(method), self.waits.get(method)
        if faults:
            raise faults.popleft()
        return waits.popleft() if waits else None

    def _collection(self, name: str) -> Collection | None:
        return next((one for one in self.manifest.collections if one.name == name), None)

    def _accounts(self) -> list[MemoryRow]:
        return [row for row in self.rows.values() if row.root is None]

    def _of(self, roots: set[str]) -> list[MemoryRow]:
        found = [row for row in self.rows.values() if row.key in roots or row.root in roots]
        return sorted(found, key=lambda row: (row.root is not None, row.collection, row.key))

    def _record(self, row: MemoryRow) -> Record:
        accounts = self.manifest.collections[0].name
        return Record(
            collection=row.collection,
            key=row.key,
            data=row.data,
            fingerprint=row.fingerprint,
            anchor=row.anchor,
            parents=(RecordRef(collection=accounts, key=row.root),) if row.root else (),
        )

    def _unchanged(self, one: PlannedObject) -> bool:
        row = self.rows.get((one.collection, one.key))
        return row is not None and row.fingerprint == one.fingerprint

    def _as_planned(self, one: PlannedObject) -> bool:
        row = self.rows.get((one.collection, one.key))
        if one.treatment is Treatment.DELETE:
            return row is None
        if one.treatment is Treatment.ANONYMISE:
            return row is not None and not row.data
        return self._unchanged(one)

    def _treat(self, one: PlannedObject) -> None:
        place = (one.collection, one.key)
        row = self.rows.get(place)
        if one.treatment is Treatment.DELETE:
            self.rows.pop(place, None)
        elif one.treatment is Treatment.ANONYMISE and row:
            self.rows[place] = row.model_copy(update={"data": {}, "identifiers": (), "name": None})
