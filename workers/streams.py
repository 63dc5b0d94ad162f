"""Open streams of events: so many at most in one process, and all of them ended when it stops."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from time import monotonic

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from workers.rounds import until as until_told

__all__ = ["EventStream", "Streams", "StreamsFull"]


class StreamsFull(Exception):
    """There are as many streams as there may be, of all or of this account."""


@dataclass
class Streams:
    """The streams of one process."""

    most: int = 50
    of_one: int = 30
    """How many of them may be one account's."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    open: int = field(default=0, init=False)
    _whose: Counter[str] = field(default_factory=Counter, init=False, repr=False)

    @contextlib.contextmanager
    def one(self, account: str) -> Iterator[None]:
        """One more of an account's, while the block runs: counted as it is let in, so that none slips in between.

        Raises:
            StreamsFull: there may be no more.
        """
        if self.open >= self.most or self._whose[account] >= self.of_one:
            raise StreamsFull
        self.open += 1
        self._whose[account] += 1
        try:
            yield
        finally:
            self.open -= 1
            self._whose[account] -= 1
            self._whose += Counter()  # without those that have none

    async def pause(self, seconds: float, until: float) -> bool:
        """Wait so long, at most until then by the monotonic clock; whether a stream is to end."""
        wait = min(seconds, until - monotonic())
        if wait > 0:
            await until_told(self.closing, wait)
        return self.closing.is_set() or monotonic() >= until


class EventStream(StreamingResponse):
    """Server-sent events, which give their place back when the answer is over.

    Not what makes the events does so: of a client that is gone before the first, it is never begun, and never ends.

    Args:
        told: the events.
        place: what holds the place among the streams; closed on every way out.
    """

    def __init__(self, told: AsyncIterator[bytes], place: contextlib.ExitStack) -> None:
        super().__init__(told, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them, until they end or nobody listens."""
        with self._place:
            await super().__call__(scope, receive, send)
