"""Traces: from the desk's page through the workflow to the call of a system; and nothing in them that names anybody."""

import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx2
import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from activities.spans import span
from habeas.acts import ActKind
from habeas.errors import ConfigurationError, Terminal
from habeas.model import Stage
from habeas.testing.memory import MemoryConnector
from tests.logged import logged
from tests.office.world import World
from workers.desk.app import create_app
from workers.office import Engine, Office
from workers.queues import running, workflow_runner
from workers.settings import TracingSettings
from workers.tracing import interceptors, stop_tracing, trace, trace_to
from workflows.request import RequestWorkflow

CANARY = "canary-7@example.org"


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    trace_to(exporter, "worker", at_once=True)
    yield exporter
    stop_tracing()


class Trail:
    """The spans of the trace that began a request, as a tree.

    The world's own worker, in this same process, may be at other requests meanwhile: what it tells is no part of it.
    """

    def __init__(self, spans: tuple[ReadableSpan, ...], request_id: str) -> None:
        (trace_id,) = {
            one.context.trace_id
            for one in spans
            if one.context
            and one.name == "StartWorkflow:RequestWorkflow"
            and (one.attributes or {}).get("temporalWorkflowID") == request_id
        }
        self.spans = [one for one in spans if one.context and one.context.trace_id == trace_id]
        self._by_id: Mapping[int, ReadableSpan] = {one.context.span_id: one for one in self.spans if one.context}

    def up_from(self, name: str, system: str) -> list[str]:
        """The names from a span of a system up to its root."""
        found = [one for one in self.spans if (one.name, (one.attributes or {}).get("habeas.system")) == (name, system)]
        at, names = (found[0] if found else None), []
        while at is not None:
            names.append(at.name)
            at = self._by_id.get(at.parent.span_id) if at.parent else None
        return names


async def test_a_trace_goes_from_the_page_to_the_call_of_a_system(here: World, told: InMemorySpanExporter) -> None:
    """Also through a step that fails in words that name somebody: they stay here."""
    systems = {name: MemoryConnector(one.manifest.collections) for name, one in here.systems.items()}
    systems["crm"].fail("locate", Terminal(f"no such contact: {CANARY}"))
    parts = replace(here.parts, connectors=systems, task_queue=f"traced-{secrets.token_hex(4)}")
    with span("locate", system="crm"):
        pass  # as the world's own worker does it for another request
    async with AsyncExitStack() as stack:
        client = await Client.connect(here.address, data_converter=pydantic_data_converter, interceptors=interceptors())
        await stack.enter_async_context(running(client, parts))
        engine = Engine.on(client, task_queue=parts.task_queue)
        office = Office(here.ledger, engine, parts.policies, parts.storage)
        desk = httpx2.AsyncClient(transport=httpx2.ASGITransport(create_app(office)), base_url="http://127.0.0.1")
        body = {"right": "access", "emails": [CANARY], "controller": "demo"}
        token = (await office.make_token("Kim", title="test", may=("requests:open",), by="Admin")).text
        key = {"authorization": f"Bearer {token}", "idempotency-key": secrets.token_hex(8)}
        opened = await desk.post("/api/v1/requests", json=body, headers=key)
        assert opened.status_code == 201, opened.text
        request_id = opened.json()["id"]
        await here.waits(request_id, "crm")
        await office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="enough")
        await here.reach(request_id, Stage.CLOSED)
        history = await client.get_workflow_handle(request_id).fetch_history()
    spans = told.get_finished_spans()
    trail = Trail(spans, request_id)
    way = trail.up_from("locate", "crm")
    assert way[0] == "locate"
    assert way[1].startswith("RunActivity:")
    assert way[-1] == "POST /requests"
    assert "StartWorkflow:RequestWorkflow" in way
    assert "RunWorkflow:RequestWorkflow" in {one.name for one in trail.spans}
    assert any(one.status.status_code is StatusCode.ERROR for one in trail.spans)
    assert CANARY not in "".join(one.to_json() for one in spans)
    assert "_tracer-data" in history.to_json()
    untraced = Replayer(
        workflows=[RequestWorkflow], data_converter=pydantic_data_converter, workflow_runner=workflow_runner()
    )
    await untraced.replay_workflow(history)


def test_what_an_error_says_is_not_told(told: InMemorySpanExporter) -> None:
    def fails() -> None:
        with span("look", system="crm") as made:
            assert made is not None
            made.set_attribute("said", CANARY)
            made.add_event("said", {"it": CANARY})
            raise ValueError(CANARY)

    with pytest.raises(ValueError, match=CANARY):
        fails()
    (one,) = told.get_finished_spans()
    assert (one.name, one.status.status_code) == ("look", StatusCode.ERROR)
    assert CANARY not in one.to_json()


def test_lines_say_of_which_trace_they_are(told: InMemorySpanExporter) -> None:
    with logged("info") as stream:
        with span("look") as made:
            structlog.get_logger("workers.x").info("thing_done")
        structlog.get_logger("workers.x").info("thing_done")
    assert made is not None
    first, second = stream.getvalue().splitlines()
    assert f'"trace_id": "{made.get_span_context().trace_id:032x}"' in first
    assert "trace_id" not in second


def test_nothing_is_imported_where_nothing_is_traced() -> None:
    code = (
        "import sys, activities.wrapper, workers.logs, workers.tracing, workers.settings, workers.wiring;"
        "workers.tracing.trace(workers.settings.TracingSettings(), 'worker');"
        "assert workers.tracing.interceptors() == [];"
        "heavy = ('opentelemetry.sdk', 'opentelemetry.exporter', 'temporalio.contrib.opentelemetry');"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  fixed words
    assert said.stdout == "[]\n"


def test_a_collector_without_the_packages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'habeas\[tracing\]'"):
        trace(TracingSettings(endpoint="http://127.0.0.1:4318/v1/traces"), "desk")
