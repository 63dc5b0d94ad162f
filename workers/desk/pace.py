"""Answers that take the same time whatever they found: how long one takes must not tell what is known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Pace"]


class Pace:
    """How long some answers take.

    Opening a new request and finding one that is open differ by some milliseconds; rounded up, they do not.

    Args:
        seconds: the shortest time; what takes longer takes a whole number of times so long. 0 for as long as it takes.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """A block that ends when it is time to answer."""
        began = time.monotonic()
        try:
            yield
        finally:
            if self._seconds:
                await asyncio.sleep(self._seconds - (time.monotonic() - began) % self._seconds)
