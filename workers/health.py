"""A worker's answers to probes: does it live, and does it do its work? The desk answers the same at its own port."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio import activity
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.ledger import Ledger
from habeas.errors import EngineUnavailable, HabeasError
from workers.serving import serving
from workers.settings import HealthSettings

__all__ = ["FRESH", "NotPolling", "Readiness", "UnderWay", "answering", "health_app", "last_asked"]

log = structlog.get_logger(__name__)

NOT_READY = "not_ready"
"""A probe was told that this process does not serve now, and why."""
HEALTH_SERVED = "health_served"
"""A worker answers probes."""
FRESH = timedelta(seconds=90)
"""A worker that has room asks for work at least once a minute."""
RPC_TIMEOUT = timedelta(seconds=5)
WORKFLOWS = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
ACTIVITIES = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY


class NotPolling(HabeasError):
    """Temporal has not seen this worker ask for work for a while."""

    code = "not_polling"
    remedy = "Look at its log; a worker that does not ask within minutes is to be started anew."


class UnderWay(Interceptor):
    """Counts what is under way by queue: a worker that has its hands full asks for nothing more."""

    def __init__(self) -> None:
        self.queues: Counter[str] = Counter()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002  # the SDK's name
        """One for each queue's worker."""
        return _Counted(next, self.queues)


class _Counted(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, queues: Counter[str]) -> None:  # noqa: A002  # the SDK's name
        super().__init__(next)
        self._queues = queues

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002  # the SDK's name
        queue = activity.info().task_queue
        self._queues[queue] += 1
        try:
            return await super().execute_activity(input)
        finally:
            self._queues[queue] -= 1


async def last_asked(
    client: Client, queue: str, kind: TaskQueueType.ValueType, identity: str | None = None
) -> datetime | None:
    """When a worker last asked this queue for work; None if Temporal remembers none.

    Args:
        client: of the namespace.
        queue: its name.
        kind: for workflows or activities.
        identity: of the worker; None for any.

    Raises:
        EngineUnavailable: Temporal does not answer.
    """
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        raise EngineUnavailable(f"It answered {error.status.name}.") from None
    seen = [
        one.last_access_time.ToDatetime(UTC) for one in answer.pollers if identity is None or one.identity == identity
    ]
    return max(seen, default=None)


class Readiness:
    """Whether a worker does its work: the ledger serves it, and it asks Temporal for more on each of its queues.

    Args:
        ledger: the installation's.
        client: by which the worker asks.
        queues: what it asks for on each of its queues.
        under_way: what it is at.
    """

    def __init__(
        self, ledger: Ledger, client: Client, queues: Mapping[str, TaskQueueType.ValueType], under_way: UnderWay
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._queues = queues
        self._under_way = under_way

    async def check(self) -> None:
        """Look.

        Raises:
            LedgerUnavailable, LedgerBehind: the ledger does not serve.
            EngineUnavailable: Temporal does not.
            NotPolling: names the queue.
        """
        async with self._ledger.begin() as tx:
            await tx.check_form()
        await asyncio.gather(*(self._asks(queue, kind) for queue, kind in self._queues.items()))

    async def _asks(self, queue: str, kind: TaskQueueType.ValueType) -> None:
        asked = await last_asked(self._client, queue, kind, self._client.identity)
        fresh = asked is not None and datetime.now(UTC) - asked < FRESH
        if not fresh and not self._under_way.queues[queue]:
            raise NotPolling(f"The queue is {queue}.")


def health_app(readiness: Readiness) -> Starlette:
    """What answers ``/healthz`` (this process answers) and ``/readyz`` (it does its work)."""

    async def alive(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        try:
            async with asyncio.timeout(RPC_TIMEOUT.total_seconds() + 2):
                await readiness.check()
        except HabeasError as error:
            return _refused(error.code, f"{error} {error.diagnostics()}".strip())
        except TimeoutError:
            return _refused("timeout", "The ledger or Temporal took too long to answer.")
        return JSONResponse({"status": "ok"})

    def _refused(code: str, remedy: str) -> Response:
        log.warning(NOT_READY, error=code)
        return JSONResponse({"status": "not_ready", "error": code, "remedy": remedy}, 503)

    return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready)])


@asynccontextmanager
async def answering(settings: HealthSettings, readiness: Readiness) -> AsyncIterator[None]:
    """Answer probes while the block runs, where the settings ask for it; 0: at any free port.

    Raises:
        ConfigurationError: somebody else listens there.
    """
    if settings.port is None:
        yield
        return
    async with serving(health_app(readiness), settings.host, settings.port, "health.port") as port:
        log.info(HEALTH_SERVED, port=port)
        yield
