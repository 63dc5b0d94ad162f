"""A worker: carries the workflows, the engine's own steps, and the calls to connected systems, each on its queue.

``systems`` narrows it to those systems' queues, so that it can run in their owner's network.
"""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from activities.anchor_places import AnchorPlace, place_at
from activities.ledger import Ledger
from activities.parts import Parts
from habeas.errors import ConfigurationError, HabeasError
from workers.anchoring import Anchoring
from workers.bootstrap import check_engine
from workers.builds import build_of
from workers.delivering import Sender
from workers.health import Readiness, answering
from workers.measuring import Measuring
from workers.metrics import sdk_metrics, serving_metrics
from workers.office import Engine, start_unstarted
from workers.office.room import clock
from workers.rounds import until
from workers.settings import EvidenceSettings, Settings
from workers.watching import WORKER, watchdog
from workers.wiring import connect_temporal

if TYPE_CHECKING:
    pass

from workers.opening_parts import check_health, open_parts
from workers.queues import Shared, called_here, queues_of, running

log = structlog.get_logger(__name__)

WORKER_STARTED = "worker_started"
"""A worker takes work."""
WORKER_STOPPED = "worker_stopped"
"""A worker was told to stop, and has."""
LOOKING_FAILED = "looking_for_unstarted_requests_failed"
"""Looking for requests that were not started failed: in half a minute it is tried again."""
LOOK_FOR_UNSTARTED = 30.0  # seconds
YOUNG = 10_000
"""New objects after which the collector of cycles looks at them: a step makes some thousands, and leaves few."""


async def run_worker(settings: Settings, systems: Sequence[str] | None = None) -> None:
    """Run until a signal says stop; what is under way finishes within the grace time.

    Raises:
        ConfigurationError, LedgerUnavailable, EngineUnavailable: it could not start; names the setting.
    """
    unknown = sorted(set(systems or ()) - settings.systems.keys())
    if unknown:
        raise ConfigurationError(f"There are no systems {', '.join(unknown)} in the settings.")
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    place = anchor_place(settings.evidence) if systems is None else None
    async with open_parts(settings, here=systems) as parts:
        await check_health(parts, list(systems or called_here(parts)))
        await _work(settings, parts, systems, stop, place)
    log.info(WORKER_STOPPED)
    # The SDK's threads may touch the interpreter while it ends (sdk-python #300): give them a moment.
    await asyncio.sleep(0.3)


async def _work(
    settings: Settings,
    parts: Parts,
    systems: Sequence[str] | None,
    stop: asyncio.Event,
    place: AnchorPlace | None = None,
) -> None:
    sdk = None if settings.metrics_port is None else sdk_metrics()
    client = await connect_temporal(settings, sdk.runtime if sdk else None)
    await check_engine(client)
    measuring = Measuring(parts.ledger, parts.policies, settings.systems, clock) if systems is None else None
    page = serving_metrics(settings.metrics_host, settings.metrics_port, "metrics_port", measuring, sdk)
    shared = Shared(build_of(settings.temporal))
    readiness = Readiness(parts.ledger, client, queues_of(parts, systems), shared.under_way)
    async with page, running(client, parts, systems, settings.systems, shared), answering(settings.health, readiness):
        log.info(WORKER_STARTED, systems=sorted(systems or called_here(parts)), engine=systems is None)
        _leave_alone_what_stays()
        if systems is None:
            engine = Engine.on(client, task_queue=parts.task_queue)
            async with asyncio.TaskGroup() as beside:
                beside.create_task(_start_waiting_requests(parts, engine, stop))
                beside.create_task(Sender(parts.ledger, private=settings.webhooks.private_addresses).run(stop))
                beside.create_task(_anchoring(settings.evidence, parts.ledger, place).run(stop))
                beside.create_task(watchdog(settings, parts.ledger, engine, parts.policies).run(stop))
        await stop.wait()


def _leave_alone_what_stays() -> None:
    """Spare the collector of cycles what was loaded to start: it stays as long as the process, and is most of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def anchor_place(settings: EvidenceSettings) -> AnchorPlace | None:
    """Where anchors are kept outside of the ledger; None for nowhere.

    Raises:
        ConfigurationError: it is no place that there is.
    """
    return place_at(settings.anchors, timedelta(days=settings.lock_days)) if settings.anchors else None


def _anchoring(settings: EvidenceSettings, ledger: Ledger, place: AnchorPlace | None) -> Anchoring:
    return Anchoring(ledger, place, timedelta(minutes=settings.every_minutes), stamps=settings.timestamps)


async def _start_waiting_requests(parts: Parts, engine: Engine, stop: asyncio.Event) -> None:
    """Start the daily sweep, and requests that were written down while Temporal was away, until told to stop."""
    sweeping = False
    while not stop.is_set():
        try:
            async with parts.ledger.begin() as tx:
                await tx.beat(WORKER, clock())
            await start_unstarted(parts.ledger, engine)
            if not sweeping:
                await engine.start_sweep()
                sweeping = True
        except HabeasError as error:
            log.warning(LOOKING_FAILED, error=error.code)
        await until(stop, LOOK_FOR_UNSTARTED)
