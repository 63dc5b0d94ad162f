"""Points in the ledger at which a test holds a request up, to let something else happen first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


class Gate:
    """Holds the calls of one method that a test picks, until it opens."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._open = asyncio.Event()

    def open(self) -> None:
        """Let everything through."""
        self._open.set()

    async def wait(self) -> None:
        """Until somebody stands before the gate."""
        async with asyncio.timeout(20):
            await self.reached.wait()

    async def pass_through(self) -> None:
        """Where the held call waits."""
        self.reached.set()
        await self._open.wait()


def hold(monkeypatch: pytest.MonkeyPatch, owner: type, method: str, **picked: object) -> Gate:
    """Hold the calls of ``owner.method`` that were given these keywords."""
    gate = Gate()
    real = getattr(owner, method)

    async def held(self: object, *args: Any, **kwargs: Any) -> Any:
        if all(kwargs.get(name) == value for name, value in picked.items()):
            await gate.pass_through()
        return await real(self, *args, **kwargs)

    monkeypatch.setattr(owner, method, held)
    return gate
