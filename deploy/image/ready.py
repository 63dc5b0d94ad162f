"""Does this container do its work? Exit code 0 if so; else 1, and a line that says why.

The role is the container's own command, or the word given: ``worker [--systems A,B]`` or ``desk``.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from habeas.errors import HabeasError
from workers.settings import Settings
from workers.wiring import connect_temporal, load_settings

FRESH = timedelta(seconds=90)
"""A worker asks for work at least once a minute."""


class NotReady(Exception):
    """Why not."""


def desk_ready(settings: Settings) -> None:
    """The desk answers, and so do its ledger and its Temporal."""
    desk = settings.desk
    host = f"[{desk.host}]" if ":" in desk.host else desk.host
    try:
        urllib.request.urlopen(f"http://{host}:{desk.port}/readyz", timeout=8).close()
    except (urllib.error.URLError, OSError) as error:
        raise NotReady(f"the desk: {getattr(error, 'code', None) or type(error).__name__}") from None


async def worker_ready(settings: Settings, systems: Sequence[str]) -> None:
    """Temporal has seen a worker of this host on each of its queues a moment ago."""
    client = await connect_temporal(settings)
    engine = settings.temporal.task_queue
    for name in systems:
        await _polled(client, f"{engine}.{name}", TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
    if not systems:
        await _polled(client, engine, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)


async def _polled(client: Client, queue: str, kind: TaskQueueType.ValueType) -> None:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request)
    except RPCError as error:
        raise NotReady(f"Temporal: {error.status.name}") from None
    here, now = f"@{socket.gethostname()}", datetime.now(UTC)
    for poller in answer.pollers:
        seen = poller.last_access_time.ToDatetime(UTC)
        if poller.identity.endswith(here) and now - seen < FRESH:
            return
    raise NotReady(f"no worker of this host asks the queue {queue} for work")


def main(words: Sequence[str]) -> int:
    """Check one role."""
    words = words or Path("/proc/1/cmdline").read_text().split("\0")
    try:
        if "desk" in words:
            desk_ready(load_settings())
        elif "worker" in words:
            named = words[words.index("--systems") + 1] if "--systems" in words else ""
            asyncio.run(worker_ready(load_settings(), [name.strip() for name in named.split(",") if name.strip()]))
        else:
            raise NotReady("this container is neither a worker nor a desk")
    except (NotReady, HabeasError) as error:
        sys.stderr.write(f"not ready: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Without taking the interpreter down in order: the SDK's threads may still touch it, and abort the process.
    os._exit(code)
