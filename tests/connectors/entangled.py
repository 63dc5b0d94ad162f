"""Connectors that keep something of a call where another one finds it, each with the test that sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from habeas.connector import Located, Page, RecordRef
from habeas.model import Identifier
from habeas.testing import MemoryConnector

LOOKED = "test_who_is_looked_at_beside_another_is_told_as_when_alone"
CHANGED = "test_who_is_changed_beside_another_is_told_as_when_alone"
ERASED = "test_who_is_erased_beside_another_is_told_as_when_alone"


def _entangled(method: str) -> type[MemoryConnector]:
    """One whose method keeps what it was asked on itself while it waits."""

    async def call(self: Any, given: Any, *more: Any) -> Any:
        self._asked = given
        await asyncio.sleep(0)
        return await getattr(MemoryConnector, method)(self, self._asked, *more)

    return type(f"KeepsWhatItWasAskedOnItselfIn_{method}", (MemoryConnector,), {method: call})


class KeepsItsRootsOnItself(MemoryConnector):
    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        self._roots = roots
        while True:
            page = await anext(super().collect(self._roots, cursor))
            yield page
            cursor = page.cursor
            if cursor is None:
                return


class KeepsItsPlaceOnItself(MemoryConnector):
    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        self._cursor = cursor
        while True:
            page = await anext(super().collect(roots, self._cursor))
            self._cursor = page.cursor
            yield page
            if self._cursor is None:
                return


class CollectsWhomItFoundLast(MemoryConnector):
    _found: frozenset[str] = frozenset()

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        located = await super().locate(identifiers)
        self._found = frozenset(one.key for one in located.matches)
        return located

    async def collect(self, roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        accounts = self.manifest.collections[0].name
        known = tuple(one for one in roots if not self._found or one.key in self._found or one.collection != accounts)
        async for page in super().collect(known, cursor):
            yield page


CAUGHT: list[tuple[type[MemoryConnector], str]] = [
    *((_entangled(method), LOOKED) for method in ("locate", "confirm", "vetoes")),
    (KeepsItsRootsOnItself, LOOKED),
    (KeepsItsPlaceOnItself, LOOKED),
    (CollectsWhomItFoundLast, LOOKED),
    *((_entangled(method), CHANGED) for method in ("change", "confirm_change")),
    *((_entangled(method), ERASED) for method in ("erase", "expire", "confirm")),
]
