"""Traces: from a page of the desk through the workflow and its steps to the call of a connected system, by OTLP.

Only where ``tracing.endpoint`` names a collector; otherwise neither OpenTelemetry's SDK nor an exporter is imported.
What leaves is what is listed here and no more: names of steps and routes, the request's id, systems, outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import structlog

from activities import spans
from habeas.errors import ConfigurationError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter
    from temporalio.contrib.opentelemetry import TracingInterceptor

    from workers.settings import TracingSettings

__all__ = ["ATTRIBUTES", "Role", "interceptors", "stop_tracing", "trace", "trace_to"]

log = structlog.get_logger(__name__)

TRACING = "traces_exported"
"""Traces go to a collector."""
Role = Literal["worker", "desk"]
ATTRIBUTES = frozenset(
    {
        "temporalWorkflowID",
        "temporalRunID",
        "temporalActivityID",
        "temporalActivityType",
        "habeas.system",
        "habeas.outcome",
        "habeas.status",
        "habeas.method",
    }
)
"""What may be told of a span. The SDK puts what an error says into events and descriptions: those stay here."""
_interceptors: list[TracingInterceptor] = []


def trace(settings: TracingSettings, role: Role) -> None:
    """Trace this process from now on, where the settings name a collector.

    Raises:
        ConfigurationError: OpenTelemetry is not installed.
    """
    if settings.endpoint is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise ConfigurationError(
            "`tracing.endpoint` is set, and OpenTelemetry is not here: pip install 'habeas[tracing]'."
        ) from None
    headers = (
        {}
        if settings.headers is None
        else dict(pair.split("=", 1) for pair in settings.headers.get_secret_value().split(",") if "=" in pair)
    )
    trace_to(OTLPSpanExporter(endpoint=settings.endpoint, headers=headers), role, settings.ratio)
    log.info(TRACING, ratio=settings.ratio)


def trace_to(exporter: SpanExporter, role: Role, ratio: float = 1.0, *, at_once: bool = False) -> None:
    """Trace this process from now on.

    Args:
        exporter: takes the spans.
        role: what this process is.
        ratio: of the traces that begin here, how many are kept: from 0 to 1.
        at_once: export each span as it ends, and not in batches.
    """
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
    from temporalio.contrib.opentelemetry import TracingInterceptor

    provider = TracerProvider(
        resource=Resource({"service.name": f"habeas-{role}"}), sampler=ParentBasedTraceIdRatio(ratio)
    )
    told = _plain(exporter)
    provider.add_span_processor(SimpleSpanProcessor(told) if at_once else BatchSpanProcessor(told))
    tracer = provider.get_tracer("habeas")
    spans.traced_by(tracer)
    _interceptors[:] = [TracingInterceptor(tracer)]


def interceptors() -> list[TracingInterceptor]:
    """What a client of Temporal, and the workers on it, are connected with."""
    return list(_interceptors)


def stop_tracing() -> None:
    """Trace no more."""
    spans.traced_by(None)
    _interceptors.clear()


def _plain(exporter: SpanExporter) -> SpanExporter:
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Plain(SpanExporter):
        """Hands on what may be told of each span."""

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([plain(one) for one in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Plain()


def plain(span: ReadableSpan) -> ReadableSpan:
    """A span with what may be told of it: no events, no descriptions, the listed attributes."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Link, Status

    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in (span.attributes or {}).items() if name in ATTRIBUTES},
        links=[Link(one.context) for one in span.links],
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
