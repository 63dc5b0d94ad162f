"""A call taken step by step, from one place where it waits to the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Generic, TypeVar

__all__ = ["Stepwise"]

A = TypeVar("A")


async def _at_once() -> None:
    """Nothing is waited for."""


class Stepwise(Generic[A]):
    """The same call, to be awaited.

    Args:
        work: the call.
        during: entered for each step.
        between: awaited between two steps, in the call's own task.
    """

    def __init__(
        self,
        work: Awaitable[A],
        *,
        during: Callable[[], AbstractContextManager[object]] = nullcontext,
        between: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        self._work = work
        self._during = during
        self._between = between

    def __await__(self) -> Generator[Any, Any, A]:
        steps = self._work.__await__()
        step: Callable[[Any], Any] = steps.send
        given: Any = None
        while True:
            try:
                with self._during():
                    asked = step(given)
            except StopIteration as done:
                answer: A = done.value
                return answer
            try:
                given = yield asked
                yield from self._between().__await__()
                step = steps.send
            except BaseException as error:  # noqa: BLE001  # a cancellation is the call's as well
                step, given = steps.throw, error
