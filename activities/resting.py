"""How long each connected system asked to be left alone: heard by one call, kept by every call of this process.

A rate limit is the system's, not a request's. A step that would begin meanwhile waits out what is short and otherwise
fails with what is left, so that Temporal tries it again then; so does a step's next call to a web API. Other systems go
on. Staff who say that the cause is mended end the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from habeas.errors import Transient

__all__ = ["LEFT_ALONE", "LONGEST", "SHORT", "Rest", "Rests", "heard", "kept"]

LEFT_ALONE = "left_alone"
"""The code of a failure that says for how long a system wants to be left alone, where that is longer than `SHORT`."""
SHORT = 30.0
"""Seconds that a step waits, at most; longer rests are told to Temporal, and shown."""
LONGEST = 24 * 60 * 60.0
"""Seconds. After a day some request asks again, whatever one answer said."""


class Rest:
    """One system's."""

    def __init__(self, system: str, now: Callable[[], float] = time.monotonic) -> None:
        self._system = system
        self._now = now
        self._until = 0.0

    def heard(self, error: Exception) -> None:
        """A call failed so: where the system said for how long, the rest begins, or is prolonged."""
        seconds = error.retry_after if isinstance(error, Transient) else None
        if seconds is not None and seconds > 0:
            self._until = max(self._until, self._now() + min(seconds, LONGEST))

    def over(self) -> None:
        """Forget it: the next call finds out."""
        self._until = 0.0

    def left(self) -> float:
        """Seconds for which the system is still to be left alone."""
        return max(0.0, self._until - self._now())

    async def kept(self) -> None:
        """Return once it is over, if that is soon.

        Raises:
            Transient: it lasts longer than `SHORT`, or was prolonged meanwhile; nothing was sent.
        """
        left = self.left()
        if 0 < left <= SHORT:
            await asyncio.sleep(left)
            left = self.left()
        if left > 0:
            raise Transient("It asked to be left alone, and is.", retry_after=left, system=self._system)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Calls that are made in the block keep it and say what they hear."""
        token = _SHARED.set(self)
        try:
            yield
        except Exception as error:
            self.heard(error)
            raise
        finally:
            _SHARED.reset(token)


class Rests:
    """Those of the systems that this process calls."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._of: dict[str, Rest] = {}
        self._now = now

    def of(self, system: str) -> Rest:
        """The system's, the same one each time."""
        return self._of.setdefault(system, Rest(system, self._now))

    def over(self) -> None:
        """Forget all of them."""
        for rest in self._of.values():
            rest.over()


_SHARED: ContextVar[Rest | None] = ContextVar("rest", default=None)


async def kept() -> None:
    """Before a call: `Rest.kept` of the system that the step under way calls; outside of a step nothing."""
    if (rest := _SHARED.get()) is not None:
        await rest.kept()


def heard(error: Exception) -> None:
    """After a call that failed: `Rest.heard`, as `kept`, at once and not only when the step has failed."""
    if (rest := _SHARED.get()) is not None:
        rest.heard(error)
