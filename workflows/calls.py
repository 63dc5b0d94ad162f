"""The ways a workflow calls an activity, each with its timeouts and its patience.

Ledger steps are local activities: ours alone, short, safe to repeat. Everything that touches another system is an
ordinary activity on that system's queue, with heartbeats where it may take long.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    FailureError,
    RetryState,
    TimeoutType,
    is_cancelled_exception,
)
from temporalio.exceptions import TimeoutError as CallTimeout
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from activities.resting import LEFT_ALONE

A = TypeVar("A")
R = TypeVar("R")

LEDGER_PATIENCE = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(minutes=10))
"""The ledger comes back: the step waits for it as long as it takes."""

LEDGER_AT_ONCE = timedelta(seconds=5)
"""Longer pauses between tries are timers. A shorter pause keeps the workflow task open, which costs the history three
events every few seconds: a ledger that is away for a day would fill it.
"""

WORK_PATIENCE = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))

FIRST_PATIENCE = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=3.0,
    maximum_attempts=4,
    maximum_interval=timedelta(seconds=30),
    non_retryable_error_types=[LEFT_ALONE],
)
"""Before a system is shown as one that the request waits for. A long rest is shown at once."""

LONG_PATIENCE = RetryPolicy(initial_interval=timedelta(seconds=30), maximum_interval=timedelta(minutes=15))
"""After that: on and on, until it answers or staff decide."""

ONCE = RetryPolicy(maximum_attempts=1)

STEP = timedelta(seconds=30)
AT_ONCE = timedelta(seconds=3)
"""Longer, and the workflow task would have to be kept alive, which costs the history three events."""
TOGETHER = timedelta(minutes=2)
LONG_STEP = timedelta(hours=6)
HEARTBEAT = timedelta(seconds=15)


NO_WORKER = timedelta(minutes=5)
"""When nobody takes a system's call for so long, its worker is not there, and the request shows that it waits."""

GLANCE = timedelta(minutes=5)
"""How long a system is looked at that the story goes on without."""

FIRST_REST = timedelta(minutes=10)
LONGEST_REST = timedelta(days=1)


async def record(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str) -> R:
    """A step in our own ledger that must be done, however long it takes."""
    return await _insist(lambda: try_to_record(step, arg, summary), summary)


async def try_to_record(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str) -> R:
    """A step in our own ledger that may refuse: an act's. While the ledger is away it is waited for.

    Raises:
        ActivityError: the ledger refused for good.
    """
    return await _here(step, arg, summary, limit=STEP, patience=LEDGER_PATIENCE)


async def _here(
    step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str, *, limit: timedelta, patience: RetryPolicy
) -> R:
    """A local activity, whose failure is made like every other activity's.

    The SDK hands out some bare, and others bare only in a replay, which then goes another way: what is final, and what
    took too long (temporalio 1.35). Nobody expects a bare one; out of the workflow it would end the request.

    Raises:
        ActivityError: it failed for good.
    """
    try:
        answer: R = await workflow.execute_local_activity_method(
            step,
            arg,
            start_to_close_timeout=limit,
            retry_policy=patience,
            local_retry_threshold=LEDGER_AT_ONCE,
            summary=summary,
        )
    except FailureError as error:
        if isinstance(error, ActivityError) or is_cancelled_exception(error):
            raise
        raise ActivityError(
            "Local activity failed",
            scheduled_event_id=0,
            started_event_id=0,
            identity="",
            activity_type="",
            activity_id="",
            retry_state=RetryState.NON_RETRYABLE_FAILURE,
        ) from error
    return answer


async def work(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str) -> R:
    """A step of the engine that may take long or touch storage: tried until it works, cancelled when told."""
    return await _insist(lambda: _work(step, arg, summary), summary)


async def work_at_once(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str) -> R:
    """A step of the engine that is nearly always short: tried once where the workflow is, then as `work`."""
    try:
        return await _here(step, arg, summary, limit=AT_ONCE, patience=ONCE)
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
    return await work(step, arg, summary)


async def together(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str) -> R | None:
    """Several systems' step in one call from here; None where it came to nothing: each is called by itself then.

    When cancelled it is waited for, as in `on_system`.
    """
    return await _unless_it_fails(
        workflow.execute_activity_method(
            step,
            arg,
            start_to_close_timeout=TOGETHER,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=ONCE,
            summary=summary,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
    )


async def _unless_it_fails(call: Awaitable[R]) -> R | None:
    try:
        return await call
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        return None


async def _work(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str) -> R:
    answer: R = await workflow.execute_activity_method(
        step,
        arg,
        start_to_close_timeout=LONG_STEP,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=WORK_PATIENCE,
        summary=summary,
    )
    return answer


async def _insist(once: Callable[[], Awaitable[R]], summary: str) -> R:
    """Again and again, less and less often.

    What a step of ours calls final (a seal that does not open, a policy that lacks something) is mended by operators;
    until then the request and its clock live on.
    """
    rest = FIRST_REST
    while True:
        try:
            return await once()
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            code = failure_code(error)
        await workflow.sleep(rest, summary=f"again after {code}: {summary}")
        rest = min(rest * 2, LONGEST_REST)


async def on_system(
    step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str, *, task_queue: str, patience: RetryPolicy
) -> R:
    """One connected system's step, on its own queue.

    When cancelled it is waited for until it has stopped: two attempts never work in one system at once, and nothing is
    written after the end.
    """
    answer: R = await workflow.execute_activity_method(
        step,
        arg,
        task_queue=task_queue,
        schedule_to_start_timeout=NO_WORKER if patience is FIRST_PATIENCE else None,
        start_to_close_timeout=LONG_STEP,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=patience,
        summary=summary,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    )
    return answer


async def glance(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str, *, task_queue: str) -> R | None:
    """A look at a system that the story goes on without: for a while, and None where nothing came of it."""
    return await _unless_it_fails(
        workflow.execute_activity_method(
            step,
            arg,
            task_queue=task_queue,
            start_to_close_timeout=GLANCE,
            schedule_to_close_timeout=GLANCE,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=WORK_PATIENCE,
            summary=summary,
            cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
    )


def failure_code(error: ActivityError) -> str:
    """The code of our own error behind a failed activity; ``no_worker`` or ``timeout`` where none came back."""
    cause = error.cause
    if isinstance(cause, CallTimeout) and cause.type is TimeoutType.SCHEDULE_TO_START:
        return "no_worker"
    return cause.type or "unexpected" if isinstance(cause, ApplicationError) else "timeout"


def is_final(error: ActivityError) -> bool:
    """Whether asking again cannot help until a human changes something."""
    return isinstance(error.cause, ApplicationError) and error.cause.non_retryable


def rest_of(error: ActivityError) -> timedelta | None:
    """For how long the system wants to be left alone, if that is why the call came back."""
    cause = error.cause
    return cause.next_retry_delay if isinstance(cause, ApplicationError) and cause.type == LEFT_ALONE else None
