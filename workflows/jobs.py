"""Asking a system again until what it does there is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol, TypeVar

from temporalio import workflow

__all__ = ["LONGEST_JOB", "until_done"]

LONGEST_JOB = timedelta(days=1)
"""A system's own job that takes longer is left, and asked for anew on the next day: asking twice changes nothing."""


class Job(Protocol):
    """What a report says of how far a system is; see `activities.reporting.UnderWay`."""

    @property
    def state(self) -> str:
        """``pending`` or ``awaiting`` while it is under way."""

    @property
    def handle(self) -> str | None:
        """What it is asked again with."""

    @property
    def wait(self) -> float:
        """Seconds until it should be asked again."""


R = TypeVar("R", bound=Job)


async def until_done(system: str, ask: Callable[[str | None], Awaitable[R]]) -> R:
    """Ask with the handle that it gave, until it is done or has taken `LONGEST_JOB`: then what it said last.

    A call back would reach the request's workflow, which is over: the system is asked instead.
    """
    started, handle = workflow.now(), None
    while True:
        report = await ask(handle)
        passed = workflow.now() - started
        if report.state not in {"pending", "awaiting"} or passed > LONGEST_JOB:
            return report
        handle = report.handle
        wait = max(1.0, min(report.wait, 3600.0), passed.total_seconds() / 10)
        await workflow.sleep(wait, summary=f"ask again: {system}")
