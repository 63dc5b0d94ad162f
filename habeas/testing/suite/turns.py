"""Two calls at once, so that each goes on in the middle of the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from habeas.errors import Transient
from habeas.testing.suite.stepwise import Stepwise

__all__ = ["at_once"]

_PATIENCE = 0.5
"""Seconds that a call is held for the other one. It may be waiting for what this one has: a lock, a connection."""
_TRIES = 3

A = TypeVar("A")
Ask = Callable[[], Awaitable[A]]


async def at_once(*asks: Ask[A]) -> list[A]:
    """What two calls answer, where after each place at which one waits the other goes on to its next such place.

    What meanwhile cannot be done (a lock is held) is asked for again, as the engine does, when both have ended.
    """
    turns = _Turns()
    calls = [turns.taken(me, ask) for me, ask in enumerate(asks)]
    answers: list[A | BaseException] = await asyncio.gather(*calls, return_exceptions=True)
    return [await _told(ask, answer) for ask, answer in zip(asks, answers, strict=True)]


async def _told(ask: Ask[A], answer: A | BaseException) -> A:
    for _ in range(_TRIES):
        if not isinstance(answer, Transient):
            break
        try:
            answer = await ask()
        except Transient as error:
            answer = error
    if isinstance(answer, BaseException):
        raise answer
    return answer


class _Turns:
    def __init__(self) -> None:
        self._went = (asyncio.Event(), asyncio.Event())
        self._over = [False, False]
        self._stuck = [False, False]

    async def taken(self, me: int, ask: Ask[A]) -> A:
        """The answer of the first call, or of the second."""
        try:
            return await Stepwise(ask(), between=partial(self._let_the_other, me))
        finally:
            self._over[me] = True
            self._went[me].set()

    async def _let_the_other(self, me: int) -> None:
        other = 1 - me
        self._stuck[me] = False
        self._went[me].set()
        if self._over[other] or self._stuck[other]:
            return
        self._went[other].clear()
        self._stuck[other] = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._went[other].wait()
            self._stuck[other] = False
