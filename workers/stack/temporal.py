"""The Temporal development server as a part: its command, and what it must know before the first request."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from habeas.errors import ConfigurationError
from workers.process import LOOPBACK
from workers.stack.options import Ports
from workflows.attributes import SEARCH_ATTRIBUTES

NAMESPACE = "default"
RETENTION = timedelta(days=90)
PRAGMAS = ("journal_mode=WAL", "synchronous=1")
DYNAMIC_CONFIG = (
    # It would ask its makers on the network whether there is a newer one.
    "frontend.enableServerVersionCheck=false",
    "matching.enableFairness=true",
    "history.transferProcessorMaxPollRPS=1000",
    # A bug in workflow code leaves a request running silently with its clock ticking: say so at the second try.
    "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2",
)
_TYPES: Mapping[IndexedValueType.ValueType, str] = {
    IndexedValueType.INDEXED_VALUE_TYPE_TEXT: "Text",
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD: "Keyword",
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST: "KeywordList",
    IndexedValueType.INDEXED_VALUE_TYPE_INT: "Int",
    IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE: "Double",
    IndexedValueType.INDEXED_VALUE_TYPE_BOOL: "Bool",
    IndexedValueType.INDEXED_VALUE_TYPE_DATETIME: "Datetime",
}


class TemporalMissing(ConfigurationError):
    """The Temporal development server is not installed."""

    code = "temporal_missing"
    remedy = "Install the extra `embedded`, or set `temporal.address` to a Temporal server of your own."


def binary() -> str:
    """The packaged ``temporal``: beside our Python first, then on the PATH. Raises TemporalMissing."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    found = shutil.which("temporal", path=places)
    if found is None:
        raise TemporalMissing
    return found


def command(database: Path, ports: Ports) -> list[str]:
    """The server on loopback with its Web UI, its state in a file."""
    options = {
        "--db-filename": str(database),
        "--ip": LOOPBACK,
        "--port": str(ports.temporal),
        "--ui-port": str(ports.temporal_ui),
        "--log-level": "warn",
        "--log-format": "json",
    }
    words = [word for pair in options.items() for word in pair]
    words += [word for pragma in PRAGMAS for word in ("--sqlite-pragma", pragma)]
    words += [word for value in DYNAMIC_CONFIG for word in ("--dynamic-config-value", value)]
    for name, kind in SEARCH_ATTRIBUTES.items():
        words += ["--search-attribute", f"{name}={_TYPES[kind]}"]
    # Neither somebody's profile nor the news: it talks to nobody but us.
    quiet = ["--disable-config-file", "--disable-config-env", "--ui-disable-news-fetch"]
    return [binary(), "server", "start-dev", *words, *quiet]


class TemporalProbe:
    """Questions to one server, over one connection that is made when it answers."""

    def __init__(self, port: int, task_queue: str) -> None:
        self._address = f"{LOOPBACK}:{port}"
        self._task_queue = task_queue
        self._client: Client | None = None

    async def server_ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether the namespace answers; if so, closed requests stay visible for the retention from now on."""
        try:
            client = await self._connected()
            change = UpdateNamespaceRequest(namespace=NAMESPACE)
            change.config.workflow_execution_retention_ttl.FromTimedelta(RETENTION)
            await client.workflow_service.update_namespace(change)
        # A RuntimeError is how the SDK says that nobody listens yet.
        except (RPCError, RuntimeError, TimeoutError):
            self._client = None
            return False
        return True

    async def polled_by(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether this process takes workflow tasks; workers name themselves ``<pid>@<host>``."""
        try:
            client = await self._connected()
            answer = await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=NAMESPACE,
                    task_queue=TaskQueue(name=self._task_queue),
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                )
            )
        except (RPCError, RuntimeError, TimeoutError):
            self._client = None
            return False
        return any(poller.identity.startswith(f"{process.pid}@") for poller in answer.pollers)

    async def _connected(self) -> Client:
        if self._client is None:
            async with asyncio.timeout(5):
                self._client = await Client.connect(self._address, namespace=NAMESPACE)
        return self._client
