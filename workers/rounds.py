"""Doing something again and again beside everything else, until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

__all__ = ["rounds", "until"]

log = structlog.get_logger(__name__)


async def until(stop: asyncio.Event, at_most: float) -> None:
    """Until told to stop, at most so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(at_most):
            await stop.wait()


async def rounds(once: Callable[[], Awaitable[object]], stop: asyncio.Event, every: float, *, failed: str) -> None:
    """One round, and another so many seconds after it, until told to stop. One that fails is logged as that event."""
    while not stop.is_set():
        try:
            await once()
        except Exception as error:  # noqa: BLE001  # requests go on, whatever becomes of what is done beside them
            log.warning(failed, error=getattr(error, "code", type(error).__name__))
        await until(stop, every)
