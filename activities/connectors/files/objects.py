"""What becomes of each file, and how it is now: for `activities.connectors.api.erasure`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence

from activities.connectors.api.erasure import State
from activities.connectors.files.search import Patterns
from activities.connectors.files.store import Kind, Obstacle, Store, Stored, place_of
from activities.connectors.files.walk import Walk
from habeas.connector import Located, PlannedObject, Record, RecordRef, SystemPlan, Treatment
from habeas.model import Identifier
from habeas.outcomes import Fate, ObjectOutcome

__all__ = ["FileObjects"]


class FileObjects:
    """The files of one plan."""

    tells_whose: Container[str] = ()

    def __init__(
        self,
        store: Store,
        patterns: Patterns,
        walk: Walk,
        order: Sequence[str],
        locate: Callable[[tuple[Identifier, ...]], Awaitable[Located]],
        plan: SystemPlan,
    ) -> None:
        self.order = order
        self._store = store
        self._patterns = patterns
        self._walk = walk
        self._locate = locate
        # Of a plan that has no roots it is not known what else there may be.
        self._planned = {one.key for one in plan.objects} if plan.roots else None
        self._going = {place_of(one.key)[0] for one in plan.objects if one.treatment is Treatment.DELETE}

    async def walk(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[Record]:
        """All of theirs, but for traces of what is being deleted."""
        for hit in await self._walk.hits(roots):
            if not (hit.stored.trace and self._is_trace_of_planned(hit.stored.key)):
                yield self._walk.bare(hit)

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """As `Connector.locate`."""
        return await self._locate(identifiers)

    async def look(self, planned: PlannedObject) -> State:
        """How one is now. It has gone once nothing of its name is left, unless something else lies there."""
        key, _, _ = place_of(planned.key)
        stored = await self.stored(planned)
        if stored is None:
            left = await self._store.left_over(key, self._patterns[planned.collection].bearing_in(key))
            return State.BEGUN if left and planned.treatment is Treatment.DELETE else State.GONE
        same = stored.fingerprint == planned.fingerprint and not await self._written_over(stored)
        return State.UNCHANGED if same else State.CHANGED

    async def treat(self, planned: PlannedObject) -> ObjectOutcome | None:
        """Delete one. None if it is gone; else what stood in the way."""
        key, _, _ = place_of(planned.key)
        stored = await self.stored(planned)
        if stored is not None:
            if stored.fingerprint != planned.fingerprint:
                return planned.became(Fate.BLOCKED, "drifted")
            stays: Obstacle | None = await self._store.delete(stored, self._going)
            if stays is not None:
                return stays.outcome(planned.collection, planned.key)
        await self._store.clear(key, self._patterns[planned.collection].bearing_in(key))
        return None

    async def stored(self, planned: PlannedObject) -> Stored | None:
        """What the plan means, if it is there."""
        key, _, upload = place_of(planned.key)
        async for one in self._store.at(key, upload=upload):
            if one.place == planned.key:
                return one
        return None

    async def _written_over(self, stored: Stored) -> bool:
        """Whether its name got another version that the plan does not know."""
        if self._planned is None or not stored.id or stored.kind is not Kind.FILE:
            return False
        others = [one async for one in self._store.at(stored.key) if one.place not in self._planned]
        return any(one.kind is Kind.FILE and one.modified >= stored.modified for one in others)

    def _is_trace_of_planned(self, key: str) -> bool:
        return key in self._going or (key.endswith("/") and any(one.startswith(key) for one in self._going))
