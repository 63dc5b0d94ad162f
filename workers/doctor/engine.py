"""The doctor on Temporal: the namespace, what it knows of us, who asks it for work, what is stuck in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from habeas.errors import EngineUnavailable
from workers.bootstrap import EngineUnprepared, look, missing_attributes
from workers.builds import build_of
from workers.doctor.findings import Finding, fine, not_looked, odd, wrong
from workers.health import ACTIVITIES, FRESH, RPC_TIMEOUT, WORKFLOWS, last_asked
from workers.office import SWEEP, Engine
from workers.settings import Settings
from workers.wiring import connect_temporal

__all__ = ["look_at_engine"]

SHORTEST = timedelta(days=7)
OVERDUE = "HabeasOverdue = true AND ExecutionStatus = 'Running'"
STUCK = "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'"
_TEMPORAL = "temporal worker deployment set-current-version"


async def look_at_engine(settings: Settings) -> AsyncIterator[Finding]:
    """Look at all of it.

    Raises:
        EngineUnavailable, EngineUnprepared, ConfigurationError: it cannot be looked at.
    """
    client = await connect_temporal(settings)
    state = await look(client)
    if state.retention is None:
        raise EngineUnprepared(f"There is no namespace {client.namespace}.")
    yield _namespace(client.namespace, state.retention)
    if state.attributes is None:
        yield not_looked("search attributes", "the server does not tell: see docs/deploy-it.md for the list")
    elif missing := missing_attributes(state):
        yield wrong("search attributes", f"{', '.join(sorted(missing))} are not there", EngineUnprepared.remedy)
    else:
        yield fine("search attributes", "all there")
    for finding in await _workers(settings, client):
        yield finding
    yield await _sweep(settings, client)
    yield await _build(settings, client)
    yield await _counted(client, "stuck requests", STUCK, "Look at each in the Temporal UI, and at a worker's log.")
    yield await _counted(client, "overdue requests", OVERDUE, "`habeas request list --overdue` says which.", odd)


def _namespace(name: str, retention: timedelta) -> Finding:
    said = f"{name} shows closed requests for {retention.days} days"
    if retention < SHORTEST:
        return odd("temporal", said, "`habeas bootstrap --retention-days 90` lets operators look back further.")
    return fine("temporal", f"answers; {said}")


async def _workers(settings: Settings, client: Client) -> Sequence[Finding]:
    engine = settings.temporal.task_queue
    systems = [
        _asked(client, f"worker of {name}", f"{engine}.{name}", f"habeas worker --systems {name}")
        for name in settings.systems
    ]
    return await asyncio.gather(_asked(client, "worker", engine, "habeas worker", workflows=True), *systems)


async def _asked(client: Client, check: str, queue: str, start: str, *, workflows: bool = False) -> Finding:
    seen = await last_asked(client, queue, WORKFLOWS if workflows else ACTIVITIES)
    if seen is not None and datetime.now(UTC) - seen < FRESH:
        return fine(check, f"the queue {queue} is served")
    since = f"since {seen:%Y-%m-%d %H:%M} UTC" if seen else "of late"
    return wrong(check, f"nobody has asked the queue {queue} for work {since}", f"Start one: `{start}`.")


async def _sweep(settings: Settings, client: Client) -> Finding:
    if await Engine.on(client, task_queue=settings.temporal.task_queue).is_running(SWEEP):
        return fine("daily sweep", "runs")
    return wrong("daily sweep", "does not run: what is kept until today stays", "`habeas retention sweep` starts it.")


async def _build(settings: Settings, client: Client) -> Finding:
    """Whether the build of these settings is the one that takes work."""
    build = build_of(settings.temporal)
    if build is None:
        return not_looked("builds", "`temporal.deployment` is not set: workers have no builds")
    name, ours = build.version.deployment_name, build.version.build_id
    words = f"`{_TEMPORAL} --namespace {client.namespace} --deployment-name {name} --build-id {ours}`"
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=name)
    try:
        told = await client.workflow_service.describe_worker_deployment(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return wrong("builds", f"no worker of the deployment {name} was ever seen", "Start one: `habeas worker`.")
        raise EngineUnavailable(f"It answered {error.status.name}.") from None
    current = told.worker_deployment_info.routing_config.current_deployment_version.build_id
    others = {one.deployment_version.build_id for one in told.worker_deployment_info.version_summaries} - {current}
    if current == ours:
        rest = f"; may go once nobody runs it: {', '.join(sorted(others))}" if others else ""
        return fine("builds", f"{ours} is current in {name}{rest}")
    if not current:
        return wrong("builds", f"no build of {name} is current: its workers take no work", f"{words} makes ours it.")
    said = f"{current} is current in {name}, and this is {ours}"
    return odd("builds", said, f"{words} hands the work to this one.")


async def _counted(
    client: Client, check: str, query: str, remedy: str, make: Callable[[str, str, str], Finding] = wrong
) -> Finding:
    try:
        count = (await client.count_workflows(query, rpc_timeout=RPC_TIMEOUT)).count
    except RPCError as error:
        return not_looked(check, f"Temporal answered {error.status.name} to {query}")
    if not count:
        return fine(check, "none")
    return make(check, f"{count}: {query}", remedy)
