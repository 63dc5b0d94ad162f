"""A connected system in memory: keeps the whole contract, and fails on command."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from habeas.connector import (
    Capability,
    Collection,
    Health,
    Located,
    Manifest,
    Match,
    Page,
    RecordRef,
    SystemPlan,
    Veto,
)
from habeas.errors import ConnectorError
from habeas.glossary import Glossary
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, Drifted, EraseAnswer, Fate, ObjectOutcome
from habeas.testing.changing import ChangingRows
from habeas.testing.rows import MemoryRow

__all__ = ["MemoryConnector", "MemoryRow"]

_BASE = frozenset({Capability.LOCATE, Capability.COLLECT, Capability.ERASE, Capability.CONFIRM})


class MemoryConnector(ChangingRows):
    """A system of accounts and what belongs to them.

    Args:
        collections: what it holds; the first one is that of the accounts. What they say of rectification, restriction
            and expiry becomes the manifest's capabilities.
        rows: its content.
        needs: identifier kinds it can search by.
        page_size: records per page.
        purposes: what each account's data can be stopped from being used for.
        vetoing: it is asked for vetoes, and knows those in ``in_the_way``.
        glossary: its titles, labels, reasons and laws in other languages.
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
        purposes: tuple[str, ...] = (),
        vetoing: bool = False,
        glossary: Glossary | None = None,
    ) -> None:
        super().__init__(rows)
        self._page_size = page_size
        self.manifest = Manifest(
            title=title,
            needs=needs,
            yields=("email", "customer_number"),
            capabilities=_BASE | _more(collections, purposes, vetoing),
            collections=collections,
            confirm_after=confirm_after,
            purposes=purposes,
            glossary=glossary or Glossary(),
            any_root=True,
        )

    async def ping(self) -> Health:
        """Well, unless it was told to fail."""
        try:
            self._called("ping")
        except ConnectorError as error:
            return Health(ok=False, detail=error.detail)
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
                        unproven=row.unproven,
                        name=row.name,
                        staff=row.staff,
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
        wait = self._called("erase")
        if wait:
            return wait
        planned = {(one.collection, one.key): one for one in plan.objects}
        appeared = [
            row
            for row in self._of({root.key for root in plan.roots})
            if (row.collection, row.key) not in planned and plan.covers(row.collection)
        ]
        changed = [one for one in plan.objects if not self._as_planned(one) and not self._unchanged(one)]
        if appeared or changed:
            return Drifted(changed=len(changed), appeared=len(appeared))
        for one in plan.objects:
            self._treat(one)
        return Done(result=tuple(one.became() for one in plan.objects))

    async def vetoes(self, plan: SystemPlan) -> tuple[Veto, ...]:
        """What it was told stands in the way of what is planned."""
        self._called("vetoes")
        planned = {(one.collection, one.key) for one in plan.objects}
        return tuple(one for one in self.in_the_way if (one.collection, one.key) in planned)

    async def confirm(self, plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        """Look at every planned object again, and search once more."""
        wait = self._called("confirm")
        if wait:
            return wait
        planned = {(one.collection, one.key): one for one in plan.objects}
        outcomes = [
            one.became() if self._as_planned(one) else one.became(Fate.FAILED, "still_there") for one in plan.objects
        ]
        outcomes.extend(
            ObjectOutcome(collection=row.collection, key=row.key, fate=Fate.FAILED, reason="came_back")
            for row in self._accounts()
            if (row.collection, row.key) not in planned
            and plan.covers(row.collection)
            and set(row.identifiers) & set(plan.identifiers)
        )
        return Done(result=tuple(outcomes))

    async def aclose(self) -> None:
        """Nothing to give back."""


def _more(collections: tuple[Collection, ...], purposes: tuple[str, ...], vetoing: bool) -> frozenset[Capability]:
    has = {
        Capability.RECTIFY: any(one.rectifiable for one in collections),
        Capability.RESTRICT: any(one.restrictable for one in collections),
        Capability.OBJECT: bool(purposes),
        Capability.EXPIRE: any(one.expires for one in collections),
        Capability.VETO: vetoing,
    }
    return frozenset(capability for capability, declared in has.items() if declared)
