"""Lets a synchronous generator (the ZIP libraries) draw from asynchronous streams, in a thread of its own.

The libraries' own asynchronous faces use the event loop's shared threads, and hold one while they wait for the next
bytes. If these come from somebody who needs a shared thread too, a few packages at once would wait for each other for
ever.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from types import TracebackType
from typing import TypeVar, cast

__all__ = ["Bridge"]

T = TypeVar("T")


class _End(Enum):
    END = 0


class Bridge:
    """One thread for one generator. Leaving the context ends the thread and closes every stream it drew from."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="package")
        self._turn = asyncio.Lock()
        self._guard = threading.Lock()
        self._asked: Future[object] | None = None
        self._closed = False
        self._open: list[AsyncIterator[object]] = []

    async def __aenter__(self) -> Bridge:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The guard keeps "closed" and "ask" apart: after this the thread cannot ask a loop that may be gone.
        with self._guard:
            self._closed = True
            if self._asked:
                self._asked.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)
        # A question that was just cancelled must be out of the stream before that can be closed.
        async with self._turn:
            for stream in self._open:
                if isinstance(stream, AsyncGenerator):
                    await stream.aclose()

    def pull(self, stream: AsyncIterator[T]) -> Iterator[T]:
        """The stream's items, for the thread's generator. Only to be used inside `drain`."""
        self._open.append(stream)
        while True:
            with self._guard:
                if self._closed:
                    raise asyncio.CancelledError
                asked = asyncio.run_coroutine_threadsafe(self._next(stream), self._loop)
                self._asked = cast("Future[object]", asked)
            item = asked.result()
            if item is _End.END:
                self._open.remove(stream)
                return
            yield item

    async def _next(self, stream: AsyncIterator[T]) -> T | _End:
        async with self._turn:
            return await anext(stream, _End.END)

    async def drain(self, items: Iterator[T]) -> AsyncGenerator[T, None]:
        """Run the generator in the thread, and give its items to the event loop."""
        while True:
            item = await self._loop.run_in_executor(self._pool, next, items, _End.END)
            if item is _End.END:
                return
            yield item
