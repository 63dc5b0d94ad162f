"""Points before a step of the engine at which a test holds a request up, to let something else happen first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from temporalio import activity
from temporalio.worker import ExecuteActivityInput

from activities import wrapper


class Gate:
    """Holds the steps that a test picks before they begin, until it opens."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self._open = asyncio.Event()

    def open(self) -> None:
        """Let everything through."""
        self._open.set()

    async def wait(self) -> None:
        """Until a step stands before the gate."""
        async with asyncio.timeout(20):
            await self.reached.wait()

    async def pass_through(self) -> None:
        """Where the held step waits."""
        self.reached.set()
        await self._open.wait()


def hold(monkeypatch: pytest.MonkeyPatch, step: str, picked: Callable[[Any], bool]) -> Gate:
    """Hold the activities of this name whose order is picked."""
    gate = Gate()
    real = wrapper._Wrapper.execute_activity

    async def held(self: wrapper._Wrapper, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's name
        if activity.info().activity_type == step and picked(input.args[0]):
            await gate.pass_through()
        return await real(self, input)

    monkeypatch.setattr(wrapper._Wrapper, "execute_activity", held)
    return gate
