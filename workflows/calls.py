"""The four ways a workflow calls an activity, each with its timeouts and its patience.

Ledger steps are local activities: ours alone, short, safe to repeat. Everything that touches another system is an
ordinary activity on that system's queue, with heartbeats where it may take long.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.workflow import ActivityCancellationType

A = TypeVar("A")
R = TypeVar("R")

LEDGER_PATIENCE = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(minutes=1))
"""The ledger comes back: the step waits for it as long as it takes."""

FIRST_PATIENCE = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=3.0,
    maximum_attempts=4,
    maximum_interval=timedelta(seconds=30),
)
"""Before a system is shown as one that the request waits for."""

LONG_PATIENCE = RetryPolicy(initial_interval=timedelta(seconds=30), maximum_interval=timedelta(minutes=15))
"""After that: on and on, until it answers or staff decide."""

STEP = timedelta(seconds=30)
LONG_STEP = timedelta(hours=6)
HEARTBEAT = timedelta(seconds=15)


async def record(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str) -> R:
    """A step in our own ledger."""
    answer: R = await workflow.execute_local_activity_method(
        step,
        arg,
        start_to_close_timeout=STEP,
        retry_policy=LEDGER_PATIENCE,
        summary=summary,
    )
    return answer


async def work(step: Callable[[Any, A], Awaitable[R]], arg: A, summary: str) -> R:
    """A step of the engine that may take long or touch storage: retried until it works, cancelled when told."""
    answer: R = await workflow.execute_activity_method(
        step,
        arg,
        start_to_close_timeout=LONG_STEP,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)),
        summary=summary,
    )
    return answer


async def on_system(
    step: Callable[[Any, A], Awaitable[R]],
    arg: A,
    summary: str,
    *,
    task_queue: str,
    patience: RetryPolicy,
    irrevocable: bool = False,
) -> R:
    """One connected system's step, on its own queue. An irrevocable one is waited for even when cancelled."""
    answer: R = await workflow.execute_activity_method(
        step,
        arg,
        task_queue=task_queue,
        start_to_close_timeout=LONG_STEP,
        heartbeat_timeout=HEARTBEAT,
        retry_policy=patience,
        summary=summary,
        cancellation_type=ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
        if irrevocable
        else ActivityCancellationType.TRY_CANCEL,
    )
    return answer


def failure_code(error: ActivityError) -> str:
    """The code of our own error behind a failed activity; ``timeout`` where none came back."""
    cause = error.cause
    return cause.type or "unexpected" if isinstance(cause, ApplicationError) else "timeout"


def is_final(error: ActivityError) -> bool:
    """Whether asking again cannot help until a human changes something."""
    return isinstance(error.cause, ApplicationError) and error.cause.non_retryable
