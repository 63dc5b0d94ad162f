"""A worker that is gone again and again: before a step, around each of its writes, and before its report.

An attempt of a step passes boundaries: its beginning, the commit of each transaction, each call of a system, of the
storage and of the mail server, its end. The first attempt is struck at the first boundary, the second at the second,
until one comes through. A struck attempt does nothing any more and reports nothing, as a killed worker's would;
Temporal tries again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from unittest.mock import patch

from temporalio import activity
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import ExecuteActivityInput

from activities import wrapper
from activities.ledger import Tx
from activities.mail import Mailer
from activities.storage import FolderStorage
from habeas.testing import MemoryConnector
from tests.workflows.world import World
from workers import queues
from workers.office import Engine, Office
from workflows import calls

QUEUE = "struck"
SOON = timedelta(milliseconds=10)
AGAIN = RetryPolicy(initial_interval=SOON, backoff_coefficient=1.0)


class Boundary(StrEnum):
    """Where an attempt can be struck."""

    BEGUN = "before"
    COMMITTING = "before a commit"
    COMMITTED = "after a commit"
    CALLING = "before a call"
    CALLED = "after a call"
    DONE = "before its report"


class Struck(BaseException):
    """The worker is gone: no error that a step could handle."""


@dataclass
class _Attempt:
    step: str
    at: int
    """The number of the boundary at which it is struck; a later one never comes."""
    hit: Counter[tuple[str, Boundary]]
    reports: bool = False
    """It may report: an attempt before came as far, and was struck there."""
    passed: int = 0
    gone: bool = False

    def reach(self, boundary: Boundary) -> None:
        unreported = boundary is Boundary.DONE and not self.reports
        if not self.gone and (self.passed == self.at or unreported):
            self.gone = True
            self.hit[self.step, boundary] += 1
        self.passed += 1
        if self.gone:
            raise Struck


_attempt: ContextVar[_Attempt | None] = ContextVar("attempt", default=None)


def _reach(boundary: Boundary) -> None:
    attempt = _attempt.get()
    if attempt is not None:
        attempt.reach(boundary)


@dataclass
class Strikes:
    """What was struck, and how often; strikes nothing unless it is told to."""

    on: bool = False
    hit: Counter[tuple[str, Boundary]] = field(default_factory=Counter)
    _tried_once: Counter[str] = field(default_factory=Counter)
    _most: int = 1
    _first: dict[str, list[str]] = field(default_factory=dict)

    def attempt(self) -> _Attempt | None:
        """This attempt's fate; None where nothing is struck.

        Each step is struck where it comes first, or the first few times. One that is tried once, and then done in
        another way, is struck one boundary further each time it comes: at its report first.
        """
        info = activity.info()
        step, at = info.activity_type, info.attempt - 1
        if not self.on:
            return None
        if info.retry_policy is not None and info.retry_policy.maximum_attempts == 1:
            at = self._tried_once[step] - 1
            self._tried_once[step] += 1
        else:
            mine, first = f"{info.workflow_run_id} {info.activity_id}", self._first.setdefault(step, [])
            if mine not in first and len(first) < self._most:
                first.append(mine)
            if mine not in first:
                return None
        return _Attempt(step, at, self.hit, reports=Boundary.DONE in self.struck(step))

    @contextmanager
    def striking(self, most: int = 1) -> Iterator[None]:
        """Strike in this block so many of each step; what was struck before is forgotten."""
        self._most = most
        self.hit.clear()
        self._tried_once.clear()
        self._first.clear()
        self.on = True
        try:
            yield
        finally:
            self.on = False

    def struck(self, step: str) -> frozenset[Boundary]:
        """Where a step was struck."""
        return frozenset(boundary for name, boundary in self.hit if name == step)


@asynccontextmanager
async def struck_engine(world: World) -> AsyncIterator[tuple[World, Strikes]]:
    """The same engine with workers of its own, and what strikes them."""
    parts, strikes = replace(world.parts, task_queue=QUEUE), Strikes()

    async def connected() -> Client:
        return world.env.client

    office = Office(parts.ledger, Engine(connected, task_queue=QUEUE), parts.policies, parts.storage)
    other = replace(world, parts=parts, office=office)
    office._now = lambda: other.now[0]
    with _struck_by(strikes), _impatient():
        async with queues.running(world.env.client, parts):
            yield other, strikes


@contextmanager
def _impatient() -> Iterator[None]:
    """What is tried again is tried at once, and a system is asked more often before staff are."""
    many = replace(AGAIN, maximum_attempts=60)
    with patch.multiple(calls, LEDGER_PATIENCE=AGAIN, WORK_PATIENCE=AGAIN, FIRST_PATIENCE=many, LONG_PATIENCE=AGAIN):
        yield


@contextmanager
def _struck_by(strikes: Strikes) -> Iterator[None]:
    run, commit, send, put = wrapper._Wrapper.execute_activity, Tx.commit, Mailer.send, FolderStorage.put

    async def execute(self: wrapper._Wrapper, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's name
        attempt = strikes.attempt() if activity.info().task_queue.startswith(QUEUE) else None
        if attempt is None:
            return await run(self, input)
        token = _attempt.set(attempt)
        try:
            attempt.reach(Boundary.BEGUN)
            answer = await run(self, input)
            attempt.reach(Boundary.DONE)
        except BaseException:
            if not attempt.gone:
                raise
        finally:
            _attempt.reset(token)
        if attempt.gone:
            raise ApplicationError("the worker is gone", type="killed", next_retry_delay=SOON)
        return answer

    async def committed(self: Tx) -> None:
        _reach(Boundary.COMMITTING)
        await commit(self)
        _reach(Boundary.COMMITTED)

    with (
        patch.object(wrapper._Wrapper, "execute_activity", execute),
        patch.object(Tx, "commit", committed),
        patch.object(Mailer, "send", _around(send)),
        patch.object(FolderStorage, "put", _around(put)),
        _calls_struck(),
        patch.object(MemoryConnector, "collect", _around_pages(MemoryConnector.collect)),
        patch.object(MemoryConnector, "expired", _around_pages(MemoryConnector.expired)),
    ):
        yield


@contextmanager
def _calls_struck() -> Iterator[None]:
    with ExitStack() as patches:
        for name in _CALLS:
            patches.enter_context(patch.object(MemoryConnector, name, _around(getattr(MemoryConnector, name))))
        yield


_CALLS = ("locate", "erase", "vetoes", "confirm", "change", "confirm_change", "expire")


def _around(call: Callable[..., Any]) -> Callable[..., Any]:
    async def called(*words: Any) -> Any:
        _reach(Boundary.CALLING)
        answer = await call(*words)
        _reach(Boundary.CALLED)
        return answer

    return called


def _around_pages(call: Callable[..., Any]) -> Callable[..., Any]:
    async def called(*words: Any) -> Any:
        _reach(Boundary.CALLING)
        async for page in call(*words):
            _reach(Boundary.CALLED)
            yield page

    return called
