"""The one wrapper around every activity: log context, timing, counters, heartbeats, and errors made safe for Temporal.

What goes to Temporal of a failure is its class, its code and a correlation id; what a foreign error said goes sealed to
the ledger under that id, and so does what a connector says that may name somebody. A connector writes none of this.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import structlog
from prometheus_client import Counter, Histogram
from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.ledger import Ledger
from activities.model import SystemCall
from activities.personal import known_words, may_name
from activities.reporting import MOST_WAIT
from activities.resting import LEFT_ALONE, SHORT, Rest
from activities.spans import rename, span
from habeas.errors import (
    BadInput,
    ConnectorError,
    HabeasError,
    KeyDestroyed,
    Quarantine,
    SealBroken,
    Terminal,
    Transient,
)
from habeas.model import request_of

log = structlog.get_logger(__name__)

ACTIVITY_FAILED = "activity_failed"
"""A step failed: `error` is its class; what it said lies sealed under `correlation`."""
ACTIVITY_DONE = "activity_done"
"""A step ended, and how."""

DONE = Counter("habeas_activities_total", "Activities by how they ended", ["activity", "system", "outcome"])
SECONDS = Histogram("habeas_activity_seconds", "Time an attempt took", ["activity", "system", "outcome"])
OURS = ""
"""The system of steps that are the engine's own."""

_FINAL = (Terminal, Quarantine, BadInput, KeyDestroyed, SealBroken)


@dataclass
class _Said:
    """The last heartbeat of an attempt, shared with the task that repeats it."""

    details: tuple[Any, ...]


_said: ContextVar[_Said] = ContextVar("heartbeat")


def progress(*details: Any) -> None:
    """Say how far the activity has come: a PII-free cursor that a retry starts from."""
    _said.get().details = details
    activity.heartbeat(*details)


def resumed() -> Sequence[Any]:
    """What the last attempt said by `progress`; empty on the first."""
    return activity.info().heartbeat_details


@contextlib.contextmanager
def counted(step: str, system: str) -> Iterator[None]:
    """Count and time one call: a step's own, or one system's within a step over several."""
    started, outcome = time.perf_counter(), "done"
    try:
        with span(step, system=system) if system else contextlib.nullcontext() as made:
            try:
                yield
            except BaseException as error:  # what is cancelled is counted as well
                outcome = _outcome(error)
                rename(made, step, outcome=outcome)
                raise
    finally:
        SECONDS.labels(step, system, outcome).observe(time.perf_counter() - started)
        DONE.labels(step, system, outcome).inc()
        log.debug(ACTIVITY_DONE, outcome=outcome, **({"system": system} if system else {}))


def _outcome(error: BaseException) -> str:
    match error:
        case asyncio.CancelledError() | CancelledError():
            return "cancelled"
        case ApplicationError():
            return "failed"
        case HabeasError():
            return error.code
        case _:
            return "unexpected"


class WrapperInterceptor(Interceptor):
    """Puts the wrapper around every activity of a worker; with ``rest``, of a system's own."""

    def __init__(self, ledger: Ledger, rest: Rest | None = None) -> None:
        self._ledger = ledger
        self._rest = rest

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  # the SDK's name
        """One wrapper per worker."""
        return _Wrapper(next, self._ledger, self._rest)


class _Wrapper(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, ledger: Ledger, rest: Rest | None) -> None:  # noqa: A002  # the SDK's name
        super().__init__(next)
        self._ledger = ledger
        self._rest = rest

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's name
        info = activity.info()
        name = info.activity_type
        system = str(getattr(input.args[0], "system", None) or OURS) if input.args else OURS
        said = {"request": info.workflow_id, "activity": name, "attempt": info.attempt}
        with structlog.contextvars.bound_contextvars(**said, **({"system": system} if system else {})):
            try:
                with counted(name, system):
                    async with _beating(info):
                        return await self._after_rest(info, input)
            except (asyncio.CancelledError, CancelledError, ApplicationError):
                raise
            except HabeasError as error:
                await self._raise_ours(info, error, system)
            except Exception as error:  # noqa: BLE001  # whatever a library raises may quote personal data
                await self._raise_foreign(info, error)

    async def _after_rest(self, info: activity.Info, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's name
        """Leave the system alone as long as it asked any call to be; then call it."""
        if self._rest is None:
            return await super().execute_activity(input)
        order = input.args[0] if input.args else None
        if isinstance(order, SystemCall) and order.insists and info.attempt == 1:
            self._rest.over()
        await self._rest.kept()
        with self._rest.shared():
            return await super().execute_activity(input)

    async def _raise_foreign(self, info: activity.Info, error: Exception) -> NoReturn:
        kind = type(error).__name__
        correlation = await self._sealed(info, "unexpected", "".join(traceback.format_exception(error)))
        log.error(ACTIVITY_FAILED, error=kind, correlation=correlation)
        raise ApplicationError(
            f"Unexpected {kind}; the detail lies sealed under correlation {correlation}.",
            correlation,
            type="unexpected",
        ) from None

    async def _raise_ours(self, info: activity.Info, error: HabeasError, system: str) -> NoReturn:
        detail, message, kept = error.detail, str(error), []
        if system and await self._may_name(info, detail):
            kept.append(await self._sealed(info, error.code, detail))
            detail = f"What it said may name somebody, and lies sealed under correlation {kept[0]}."
            message = str(ConnectorError(detail))
        elif isinstance(error, ConnectorError) and error.said:
            kept.append(await self._sealed(info, error.code, error.said))
            message = f"{message} What it said lies sealed under correlation {kept[0]}."
        log.warning(ACTIVITY_FAILED, error=error.code, detail=detail)
        wait = delay(error)
        long = wait is not None and wait.total_seconds() > SHORT
        raise ApplicationError(
            message,
            *kept,
            type=LEFT_ALONE if long else error.code,
            non_retryable=isinstance(error, _FINAL),
            next_retry_delay=wait,
        ) from None

    async def _may_name(self, info: activity.Info, text: str) -> bool:
        request_id, words = request_of(info.workflow_id or ""), frozenset[str]()
        try:
            if request_id is not None:
                async with self._ledger.begin() as tx:
                    words = await known_words(tx, request_id)
        except Exception:  # noqa: BLE001  # whom it must not name cannot be asked for: then it is not told
            return True
        return may_name(text, words)

    async def _sealed(self, info: activity.Info, code: str, detail: str) -> str:
        correlation = uuid.uuid4().hex
        with contextlib.suppress(Exception):  # the ledger may be the very thing that failed
            async with self._ledger.begin() as tx:
                await tx.save_error(request_of(info.workflow_id or ""), correlation, code, detail, at=datetime.now(UTC))
        return correlation


def delay(error: HabeasError) -> timedelta | None:
    """How long a system asks to be left alone: at most a month, whatever it says."""
    seconds = error.retry_after if isinstance(error, Transient) else None
    return timedelta(seconds=min(seconds, MOST_WAIT)) if seconds is not None and seconds > 0 else None


@contextlib.asynccontextmanager
async def _beating(info: activity.Info) -> AsyncIterator[None]:
    """Repeat the last heartbeat while a long call waits for a slow system, so that only a dead worker looks dead."""
    if info.is_local or not info.heartbeat_timeout:
        yield
        return
    said = _Said(tuple(info.heartbeat_details))
    _said.set(said)
    beater = asyncio.create_task(_beat(said, info.heartbeat_timeout.total_seconds() / 3))
    try:
        yield
    finally:
        beater.cancel()


async def _beat(said: _Said, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        activity.heartbeat(*said.details)
