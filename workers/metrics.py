"""A process's page of metrics: its own, what the ledger tells of the installation, and the Temporal SDK's."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx2
import structlog
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from habeas.errors import ConfigurationError
from workers.listening import listening
from workers.serving import serving

if TYPE_CHECKING:
    from workers.measuring import Measuring

__all__ = ["SdkMetrics", "metrics_app", "sdk_metrics", "serving_metrics"]

log = structlog.get_logger(__name__)

METRICS_SERVED = "metrics_served"
"""Metrics are served."""
SDK_SILENT = "sdk_metrics_not_had"
"""The Temporal SDK's metrics are missing from the page this once."""
_TRIES = 5
_PATIENCE = 2.0  # seconds


class SdkMetrics(NamedTuple):
    """Where the Temporal SDK tells its own metrics: on this machine only."""

    runtime: Runtime
    """To connect with."""
    url: str


def sdk_metrics() -> SdkMetrics:
    """Have the SDK tell its metrics, with their units in their names, at a free port of loopback.

    Raises:
        ConfigurationError: no port can be had.
    """
    for _ in range(_TRIES):
        with contextlib.closing(listening("127.0.0.1", 0, "metrics_port")) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        told = PrometheusConfig(
            bind_address=address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
        )
        try:
            return SdkMetrics(Runtime(telemetry=TelemetryConfig(metrics=told)), f"http://{address}/metrics")
        except ValueError:
            continue  # Somebody took it meanwhile.
    raise ConfigurationError("`metrics_port`: the Temporal SDK found no free port on loopback for its metrics.")


def metrics_app(measuring: Measuring | None, sdk: SdkMetrics | None) -> Starlette:
    """What answers ``/metrics``, in Prometheus' text format 0.0.4.

    Args:
        measuring: what the ledger tells; None for a process that does not tell of the installation.
        sdk: the SDK's; None for a process that has none.
    """

    async def page(_: Request) -> Response:
        parts = [generate_latest(REGISTRY)]
        if measuring is not None:
            await measuring.look()
            parts.append(generate_latest(measuring))
        if sdk is not None:
            parts.append(await _of_sdk(sdk.url))
        return Response(b"".join(parts), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    return Starlette(routes=[Route("/metrics", page)])


async def _of_sdk(url: str) -> bytes:
    try:
        async with httpx2.AsyncClient(trust_env=False, timeout=_PATIENCE) as client:
            answer = await client.get(url)
            answer.raise_for_status()
    except httpx2.HTTPError as error:
        log.warning(SDK_SILENT, error=type(error).__name__)
        return b""
    return answer.content


@asynccontextmanager
async def serving_metrics(
    host: str, port: int | None, setting: str, measuring: Measuring | None, sdk: SdkMetrics | None
) -> AsyncIterator[None]:
    """Serve the page while the block runs, where the settings ask for it; 0: at any free port.

    Raises:
        ConfigurationError: somebody else listens there; names the setting.
    """
    if port is None:
        yield
        return
    async with serving(metrics_app(measuring, sdk), host, port, setting) as at:
        log.info(METRICS_SERVED, port=at)
        yield
