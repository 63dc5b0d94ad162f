"""Worlds whose connector is made by settings: by the same ones again, where another process goes on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from habeas.connector import Connector
from habeas.testing import World

C = TypeVar("C", bound=Connector)
_GIVEN: WeakKeyDictionary[Connector, dict[str, Any]] = WeakKeyDictionary()


class Remade(World, Generic[C]):
    """Remembers by which settings each connector was made."""

    @abstractmethod
    def connected(self, **more: Any) -> C:
        """A connector by the world's settings, and these."""

    def made(self, **more: Any) -> C:
        """As `connected`; one that takes its place is made by the same."""
        connector = self.connected(**more)
        _GIVEN[connector] = more
        return connector

    async def reconnect(self) -> bool:
        self.connector = self.made(**_GIVEN[self.connector])
        return True

    @asynccontextmanager
    async def impatient(self) -> AsyncIterator[Connector]:
        made = self.made(timeout=0.2)
        yield made
        await made.aclose()
