"""A connector names nobody in what it writes beside its answers, and lets everything else in its process go on."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import structlog

from habeas.connector import RecordRef, SystemPlan
from habeas.testing.steps import planned, settled
from habeas.testing.suite.judging import tells_nobody
from habeas.testing.suite.stepwise import Stepwise
from habeas.testing.world import World

_HELD_UP = 0.2
"""Seconds. A loop that stands for so long is late with the heartbeats of everything else in the process."""
_TRIES = 3
"""Only what holds the loop up each time is told of: a disk may be slow once."""

_QUEUED = Path("/proc/thread-self/schedstat")

A = TypeVar("A")


class Quietly:
    """Logs and the event loop."""

    async def test_beside_its_answers_it_is_silent_and_holds_nothing_up(self, world: World) -> None:
        """From the first search to the last look nothing that is logged (information and worse) or printed names them.

        Whatever waits (a driver, a file, a lock) waits in a thread or by `await`, and never where the loop runs.
        """
        with _written() as written:
            plan = await planned(world)
            for call in _calls(world, plan):
                for _ in range(_TRIES):
                    watch = _Watch()
                    await call(watch.of)
                    if watch.longest < _HELD_UP:
                        break
                else:
                    raise AssertionError(f"it held the event loop up for {watch.longest:.1f} seconds")
        tells_nobody(world, *written)


Through = Callable[[Awaitable[Any]], Awaitable[Any]]


def _calls(world: World, plan: SystemPlan) -> Iterator[Callable[[Through], Awaitable[object]]]:
    """Each step of an erasure, whose calls of the connector all go through what it is given."""
    yield lambda through: through(world.connector.locate(world.person))
    yield lambda through: _pages(world, plan.roots, through)
    yield lambda through: settled(world, lambda handle: through(world.connector.erase(plan, handle)))
    yield lambda through: settled(world, lambda handle: through(world.connector.confirm(plan, handle)))


async def _pages(world: World, roots: tuple[RecordRef, ...], through: Through) -> None:
    pages = aiter(world.connector.collect(roots, None))
    while await through(anext(pages, None)) is not None:
        pass


@contextmanager
def _written() -> Iterator[list[str]]:
    """What is logged and printed meanwhile."""
    found: list[str] = []
    handler = _Handler(found)
    root, printed = logging.getLogger(), io.StringIO()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with structlog.testing.capture_logs() as said, redirect_stdout(printed), redirect_stderr(printed):
            yield found
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        found += [str(one) for one in said if one.get("log_level") != "debug"]
        found.append(printed.getvalue())


class _Handler(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.INFO)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(self.format(record))


class _Watch:
    """Between two awaits, how long a call waits at most without giving the loop back."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def of(self, work: Awaitable[A]) -> A:
        """The call's answer; watched on the way to it."""
        return await Stepwise(work, during=self._step)

    @contextmanager
    def _step(self) -> Iterator[None]:
        before = _waited()
        try:
            yield
        finally:
            self.longest = max(self.longest, _waited() - before)


def _waited() -> float:
    """Seconds that this thread has neither worked nor stood in a queue for a processor, since some moment."""
    while True:
        queued = _queued()
        waited = time.perf_counter() - time.thread_time() - queued
        if queued == _queued():  # else it was put aside between the clocks
            return waited


def _queued() -> float:
    try:
        return int(_QUEUED.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):  # only Linux tells
        return 0.0
