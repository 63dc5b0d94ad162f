"""A connected system in memory: keeps the whole contract, and fails on command."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import AsyncIterator, Iterable
from datetime import date

from pydantic import Field, JsonValue

from habeas.connector import (
    Capability,
    Collection,
    Health,
    Located,
    Manifest,
    Match,
    Page,
    PlannedObject,
    Record,
    RecordRef,
    SystemPlan,
    Treatment,
)
from habeas.model import Frozen, Identifier
from habeas.outcomes import ConfirmAnswer, Done, Drifted, EraseAnswer, Fate, ObjectOutcome

_FATES = {Treatment.DELETE: Fate.ERASED, Treatment.ANONYMISE: Fate.ANONYMISED, Treatment.RETAIN: Fate.RETAINED}


class MemoryRow(Frozen):
    """One object of the system."""

    collection: str
    key: str
    data: dict[str, JsonValue] = Field(default_factory=dict, repr=False)
    root: str | None = None
    """The key of the account that it belongs to; None for an account itself."""
    identifiers: tuple[Identifier, ...] = Field(default=(), repr=False)
    name: str | None = Field(default=None, repr=False)
    anchor: date | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything stored."""
        return hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()


class MemoryConnector:
    """A system of accounts and what belongs to them.

    Args:
        collections: what it holds; the first one is that of the accounts.
        rows: its content.
        needs: identifier kinds it can search by.
        page_size: records per page.
    """

    def __init__(
        self,
        collections: tuple[Collection, ...],
        rows: Iterable[MemoryRow] = (),
        *,
        title: str = "Memory",
        needs: tuple[str, ...] = ("email",),
        page_size: int = 2,
        confirm_after: float = 0.0,
    ) -> None:
        self.rows: dict[tuple[str, str], MemoryRow] = {}
        self.calls: list[str] = []
        self.faults: dict[str, deque[Exception]] = {}
        self._page_size = page_size
        self.put(*rows)
        self.manifest = Manifest(
            title=title,
            needs=needs,
            yields=("email", "customer_number"),
            capabilities=frozenset({Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM}),
            collections=collections,
            confirm_after=confirm_after,
        )

    def put(self, *rows: MemoryRow) -> None:
        """Add rows, or replace those with the same key."""
        self.rows.update({(row.collection, row.key): row for row in rows})

    def fail(self, method: str, *errors: Exception) -> None:
        """Make the next calls of a method raise these, one each."""
        self.faults.setdefault(method, deque()).extend(errors)

    def _called(self, method: str) -> None:
        self.calls.append(method)
        waiting = self.faults.get(method)
        if waiting:
            raise waiting.popleft()

    async def ping(self) -> Health:
        """Always well."""
        return Health(ok=True)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """Accounts that bear one of the identifiers."""
        self._called("locate")
        matches = []
        for row in self._accounts():
            found_by = tuple(one for one in identifiers if one in row.identifiers)
            if found_by:
                matches.append(
                    Match(
                        collection=row.collection,
                        key=row.key,
                        found_by=found_by,
                        yields=row.identifiers,
                        name=row.name,
                    )
                )
        return Located(matches=tuple(matches))

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        """The accounts and what belongs to them, in the order of their keys."""
        rows = self._of({root.key for root in roots})
        start = int(cursor or 0)
        while True:
            self._called("collect")
            page = rows[start : start + self._page_size]
            start += self._page_size
            yield Page(
                records=tuple(self._record(row) for row in page), cursor=str(start) if start < len(rows) else None
            )
            if start >= len(rows):
                return

    async def erase(self, plan: SystemPlan, handle: str | None) -> EraseAnswer:
        """Carry out the plan, or change nothing if the data is no longer what it was made from."""
        self._called("erase")
        planned = {(one.collection, one.key): one for one in plan.objects}
        appeared = [
            row for row in self._of({root.key for root in plan.roots}) if (row.collection, row.key) not in planned
        ]
        changed = [one for one in plan.objects if not self._as_planned(one) and not self._unchanged(one)]
        if appeared or changed:
            return Drifted(changed=len(changed), appeared=len(appeared))
        for place, one in planned.items():
            row = self.rows.get(place)
            if one.treatment is Treatment.DELETE:
                self.rows.pop(place, None)
            elif one.treatment is Treatment.ANONYMISE and row:
                self.rows[place] = row.model_copy(update={"data": {}, "identifiers": (), "name": None})
        return Done(result=tuple(_outcome(one, _FATES[one.treatment]) for one in plan.objects))

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Look at every planned object again, and search once more."""
        self._called("confirm")
        planned = {(one.collection, one.key): one for one in plan.objects}
        outcomes = [
            _outcome(one, _FATES[one.treatment] if self._as_planned(one) else Fate.FAILED) for one in plan.objects
        ]
        outcomes.extend(
            ObjectOutcome(collection=row.collection, key=row.key, fate=Fate.FAILED, reason="came_back")
            for row in self._accounts()
            if (row.collection, row.key) not in planned and set(row.identifiers) & set(plan.identifiers)
        )
        return Done(result=tuple(outcomes))

    async def aclose(self) -> None:
        """Nothing to give back."""

    def _accounts(self) -> list[MemoryRow]:
        return [row for row in self.rows.values() if row.root is None]

    def _of(self, roots: set[str]) -> list[MemoryRow]:
        found = [row for row in self.rows.values() if (row.root or row.key) in roots]
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


def _outcome(one: PlannedObject, fate: Fate) -> ObjectOutcome:
    kept = fate is Fate.RETAINED
    return ObjectOutcome(
        collection=one.collection,
        key=one.key,
        fate=fate,
        reason="still_there" if fate is Fate.FAILED else None,
        law=one.law if kept else None,
        until=one.until if kept else None,
    )
