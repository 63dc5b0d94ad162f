"""How the conformance suite makes two calls go on in the middle of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from habeas.errors import Terminal, Transient
from habeas.testing.suite.turns import at_once


async def _steps(name: str, times: int, seen: list[str]) -> str:
    for n in range(times):
        seen.append(f"{name}{n}")
        await asyncio.sleep(0)
    return name


async def test_at_each_place_where_one_waits_the_other_goes_on() -> None:
    """And who has ended holds nobody."""
    seen: list[str] = []
    assert await at_once(partial(_steps, "a", 3, seen), partial(_steps, "b", 5, seen)) == ["a", "b"]
    assert seen == ["a0", "b0", "a1", "b1", "a2", "b2", "b3", "b4"]


async def test_who_waits_for_what_the_other_has_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("habeas.testing.suite.turns._PATIENCE", 0.01)
    lock, seen = asyncio.Lock(), list[str]()

    async def locked(name: str) -> str:
        async with lock:
            return await _steps(name, 3, seen)

    assert await at_once(partial(locked, "a"), partial(locked, "b")) == ["a", "b"]
    assert seen == ["a0", "a1", "a2", "b0", "b1", "b2"]


def _failing(*errors: Exception) -> tuple[Callable[[], Awaitable[str]], list[Exception]]:
    left = list(errors)

    async def ask() -> str:
        await asyncio.sleep(0)
        if left:
            raise left.pop(0)
        return "done"

    return ask, left


async def test_what_passes_is_asked_for_again_when_both_have_ended() -> None:
    well, _ = _failing()
    busy, left = _failing(Transient("It is locked."), Transient("It is locked."))
    assert await at_once(busy, well) == ["done", "done"]
    assert not left
    for wrong in (Terminal("It is gone."), KeyError("x")):
        with pytest.raises(type(wrong)):
            await at_once(well, _failing(wrong)[0])
    with pytest.raises(Transient):
        await at_once(_failing(*[Transient("It is locked.")] * 9)[0], well)


async def test_a_call_that_is_held_still_gives_up_in_its_own_time() -> None:
    over = asyncio.Event()

    async def impatient() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(0)  # and is held until the other goes on, which it does not
                return "done"
        except TimeoutError:
            return "gave up"
        finally:
            over.set()

    async def waiting() -> str:
        await over.wait()
        return "waited"

    assert await at_once(impatient, waiting) == ["gave up", "waited"]
