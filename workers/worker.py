"""A worker: carries the workflows, the engine's own steps, and the calls to connected systems, each on its queue.

``systems`` narrows it to those systems' queues, so that it can run in their owner's network.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from prometheus_client import Gauge, start_http_server
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

from activities.anchor_places import AnchorPlace, place_at
from activities.asking import AskingActivities
from activities.categories import CategoryActivities
from activities.changes import ChangeActivities
from activities.concluding import ConcludingActivities
from activities.connectors.elsewhere import Elsewhere
from activities.copies import CopyActivities
from activities.ending_letters import EndingLetterActivities
from activities.expiring import ExpiringActivities
from activities.export import ExportActivities
from activities.holds import HoldActivities
from activities.identity import IdentityActivities
from activities.ledger import Ledger
from activities.letters.overrides import check_letters
from activities.lifting import LiftingActivities
from activities.mail import Mailer
from activities.notify import LetterActivities
from activities.parts import Parts
from activities.personal import may_name
from activities.plan import PlanActivities
from activities.recipients import RecipientActivities
from activities.record import RecordActivities
from activities.remedies import RemedyActivities
from activities.replaying import ReplayActivities
from activities.retention import RetentionActivities
from activities.storage import Storage
from activities.systems import SystemActivities
from activities.tasks import TaskActivities
from activities.together import TogetherActivities
from activities.wrapper import WrapperInterceptor
from habeas.connector import Connector
from habeas.errors import ConfigurationError, HabeasError
from habeas.policy import check_systems
from workers.anchoring import Anchoring
from workers.bootstrap import check_engine
from workers.builds import build_of
from workers.delivering import Sender
from workers.health import ACTIVITIES, WORKFLOWS, Readiness, UnderWay, answering
from workers.office import Engine, start_unstarted
from workers.office.room import clock
from workers.rounds import until
from workers.settings import EvidenceSettings, Settings, SystemSettings
from workers.watching import WORKER, watchdog
from workers.wiring import connect_temporal, load_connectors, load_policies, mail_server, open_ledger
from workflows.bounce import BounceWorkflow
from workflows.lifting import LiftRestrictionWorkflow
from workflows.new_link import NewLinkWorkflow
from workflows.notices import NoticesWorkflow
from workflows.replaying import ReplayWorkflow
from workflows.request import RequestWorkflow
from workflows.sweeps import SweepWorkflow

if TYPE_CHECKING:
    from temporalio.api.enums.v1 import TaskQueueType
    from temporalio.client import Client

log = structlog.get_logger(__name__)

WORKER_STARTED = "worker_started"
WORKER_STOPPED = "worker_stopped"
METRICS_SERVED = "metrics_served"
WAITING = Gauge("habeas_requests_waiting", "Open requests that wait for a system", ["system"])
LOOKING_FAILED = "looking_for_unstarted_requests_failed"
GRACE = timedelta(seconds=20)
LOOK_FOR_UNSTARTED = 30.0  # seconds


@asynccontextmanager
async def open_parts(settings: Settings, here: Collection[str] | None = None) -> AsyncIterator[Parts]:
    """Everything that activities work with; checked, so that a worker never starts half configured.

    Args:
        settings: the installation's.
        here: see `workers.wiring.load_connectors`.

    Raises:
        ConfigurationError: a policy, a data map or a system's settings are not complete; names what and where.
        LedgerUnavailable: the ledger's database does not answer.
    """
    async with AsyncExitStack() as stack:
        policies = load_policies(settings)
        connectors = load_connectors(settings, here=here)
        for connector in connectors.values():
            stack.push_async_callback(connector.aclose)
        manifests = {name: connector.manifest for name, connector in connectors.items()}
        for policy in policies.values():
            check_systems(policy, manifests)
            check_letters(policy)
        storage, mailer = Storage.from_url(settings.storage.url), Mailer(mail_server(settings))
        ledger = await stack.enter_async_context(open_ledger(settings))
        yield Parts(
            ledger=ledger,
            storage=storage,
            mailer=mailer,
            policies=policies,
            connectors=connectors,
            public_url=settings.desk.public_url.rstrip("/"),
            task_queue=settings.temporal.task_queue,
            together=_together(settings, connectors),
        )


def _together(settings: Settings, connectors: Mapping[str, Connector]) -> dict[str, int]:
    """Systems that may be called together, from the engine's own queue: those called from here, in no set measure."""
    return {
        name: settings.systems[name].steps_at_once
        for name, connector in connectors.items()
        if not isinstance(connector, Elsewhere) and settings.systems[name].steps_per_second is None
    }


async def check_health(parts: Parts, systems: Sequence[str]) -> None:
    """Ask each system whether its map fits and its permissions suffice.

    A system that is merely down does not stop a worker (each request waits for it on its own); one whose map does not
    fit its database does. A connector that breaks on being asked counts as down.

    Raises:
        ConfigurationError: names the system and what does not fit.
    """
    for name in systems:
        connector = parts.connector(name)
        try:
            health = await connector.ping()
        except Exception as error:  # noqa: BLE001 - a connector is anybody's: whatever it does, the others go on
            log.warning("system_not_asked", system=name, error=type(error).__name__)
            continue
        if not health.fits:
            raise ConfigurationError(f"systems.{name}: {health.detail}", system=name)
        if not health.ok:
            # Of a company's own service the words are the service's: whatever looks like somebody's is not logged.
            detail = "" if may_name(health.detail, frozenset()) else health.detail
            log.warning("system_not_healthy", system=name, detail=detail)


def workflow_runner() -> UnsandboxedWorkflowRunner:
    """How workflows run, and replay: as they are imported.

    Everything that they consist of would be passed through the SDK's sandbox, which then keeps nothing out and costs an
    eighth of the worker's time. That they are deterministic is held by reading them, in a test of their source,
    and by replaying every stored history.
    """
    return UnsandboxedWorkflowRunner()


@dataclass(frozen=True)
class Shared:
    """What the workers of one process share.

    Attributes:
        build: Which build they are; None where there are no builds.
        under_way: Counts what they are at.
    """

    build: WorkerDeploymentConfig | None = None
    under_way: UnderWay = field(default_factory=UnderWay)


def engine_worker(client: Client, parts: Parts, shared: Shared = Shared()) -> Worker:
    """The worker of workflows and of the engine's own steps."""
    letters = LetterActivities(parts)
    record = RecordActivities(parts)
    plans = PlanActivities(parts)
    retention = RetentionActivities(parts)
    asking = AskingActivities(parts)
    recipients = RecipientActivities(parts)
    tasks = TaskActivities(parts)
    changes = ChangeActivities(parts)
    lifting = LiftingActivities(parts)
    together = TogetherActivities(parts)
    return Worker(
        client,
        task_queue=parts.task_queue,
        workflows=[
            RequestWorkflow,
            BounceWorkflow,
            LiftRestrictionWorkflow,
            NewLinkWorkflow,
            NoticesWorkflow,
            ReplayWorkflow,
            SweepWorkflow,
        ],
        activities=[
            record.begin,
            record.enter_stage,
            record.accept_act,
            record.check_proof,
            record.settle,
            together.find_together,
            together.collect_together,
            record.extend,
            record.pause,
            record.resume,
            record.waiting,
            record.breach,
            record.close,
            letters.send,
            letters.send_again,
            letters.bounced,
            recipients.prepare_notices,
            recipients.prepare_forwards,
            recipients.prepare_ended,
            recipients.prepare_lifted,
            recipients.notice_sent,
            recipients.notice_reminded,
            recipients.notice_escalated,
            recipients.notice_unanswered,
            IdentityActivities(parts, letters).send_code,
            plans.draft,
            plans.reasons_at_once,
            HoldActivities(parts).release_deletion,
            retention.due_retained,
            retention.due_left_out,
            retention.forget,
            ReplayActivities(parts).erased_since,
            ReplayActivities(parts).changed_since,
            ExpiringActivities(parts).expiring,
            EndingLetterActivities(parts).report_expiry,
            ExportActivities(parts).build_package,
            CategoryActivities(parts).answer,
            asking.ask,
            asking.charge,
            asking.delay,
            CopyActivities(parts).look,
            RemedyActivities(parts).decide,
            changes.draft,
            changes.hold,
            ConcludingActivities(parts).conclude,
            ConcludingActivities(parts).so_far,
            lifting.prepare,
            lifting.let_go,
            tasks.open_task,
            tasks.remind_task,
            tasks.call_off_task,
            tasks.task_result,
        ],
        interceptors=[shared.under_way, WrapperInterceptor(parts.ledger)],
        deployment_config=shared.build,
        workflow_runner=workflow_runner(),
        graceful_shutdown_timeout=GRACE,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        max_heartbeat_throttle_interval=timedelta(seconds=2),
    )


def system_worker(
    client: Client,
    parts: Parts,
    system: str,
    pace: SystemSettings | None = None,
    shared: Shared = Shared(),
) -> Worker:
    """The worker of one connected system's queue, as fast as its settings let it be."""
    steps = SystemActivities(parts)
    retention = RetentionActivities(parts)
    changes = ChangeActivities(parts)
    lifting = LiftingActivities(parts)
    replaying = ReplayActivities(parts)
    return Worker(
        client,
        task_queue=parts.queue_of(system),
        activities=[
            steps.locate,
            steps.collect,
            steps.vetoes,
            steps.erase,
            steps.confirm,
            steps.confirm_as_it_is,
            HoldActivities(parts).hold_deletion,
            retention.end_retention,
            retention.confirm_ended,
            replaying.look_replayed,
            replaying.erase_replayed,
            replaying.confirm_replayed,
            ExpiringActivities(parts).expire,
            changes.change,
            changes.confirm,
            lifting.lift,
            lifting.confirm,
        ],
        max_concurrent_activities=pace.steps_at_once if pace else None,
        max_task_queue_activities_per_second=pace.steps_per_second if pace else None,
        interceptors=[shared.under_way, WrapperInterceptor(parts.ledger)],
        deployment_config=shared.build,
        graceful_shutdown_timeout=GRACE,
        max_heartbeat_throttle_interval=timedelta(seconds=2),
    )


@asynccontextmanager
async def running(
    client: Client,
    parts: Parts,
    systems: Sequence[str] | None = None,
    pace: Mapping[str, SystemSettings] | None = None,
    shared: Shared | None = None,
) -> AsyncIterator[None]:
    """Workers for everything that is called from here, or for the named systems only, while the block runs."""
    shared = shared or Shared()
    names = _called_here(parts) if systems is None else list(systems)
    workers = [system_worker(client, parts, name, (pace or {}).get(name), shared) for name in names]
    if systems is None:
        workers.append(engine_worker(client, parts, shared))
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        yield


def _queues(parts: Parts, systems: Sequence[str] | None) -> dict[str, TaskQueueType.ValueType]:
    """What a worker asks for on which queue."""
    queues = {parts.queue_of(name): ACTIVITIES for name in systems or _called_here(parts)}
    return queues if systems else {**queues, parts.task_queue: WORKFLOWS}


def _called_here(parts: Parts) -> list[str]:
    return [name for name, connector in parts.connectors.items() if not isinstance(connector, Elsewhere)]


@contextmanager
def metrics(settings: Settings) -> Iterator[None]:
    """Prometheus' page of counters while the block runs, where the settings ask for it; 0: any free port.

    Raises:
        ConfigurationError: somebody else listens there.
    """
    if settings.metrics_port is None:
        yield
        return
    try:
        server, thread = start_http_server(settings.metrics_port, addr=settings.metrics_host)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"`metrics_port` {settings.metrics_port} cannot be used: {reason}.") from None
    log.info(METRICS_SERVED, port=server.server_port)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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
        await check_health(parts, list(systems or _called_here(parts)))
        with metrics(settings):
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
    client = await connect_temporal(settings)
    await check_engine(client)
    shared = Shared(build_of(settings.temporal))
    readiness = Readiness(parts.ledger, client, _queues(parts, systems), shared.under_way)
    async with running(client, parts, systems, settings.systems, shared), answering(settings.health, readiness):
        log.info(WORKER_STARTED, systems=sorted(systems or _called_here(parts)), engine=systems is None)
        if systems is None:
            engine = Engine.on(client, task_queue=parts.task_queue)
            async with asyncio.TaskGroup() as beside:
                beside.create_task(_start_waiting_requests(parts, engine, stop))
                beside.create_task(Sender(parts.ledger, private=settings.webhooks.private_addresses).run(stop))
                beside.create_task(_anchoring(settings.evidence, parts.ledger, place).run(stop))
                beside.create_task(watchdog(settings, parts.ledger, engine, parts.policies).run(stop))
        await stop.wait()


def anchor_place(settings: EvidenceSettings) -> AnchorPlace | None:
    """Where anchors are kept outside of the ledger; None for nowhere.

    Raises:
        ConfigurationError: it is no place that there is.
    """
    return place_at(settings.anchors, timedelta(days=settings.lock_days)) if settings.anchors else None


def _anchoring(settings: EvidenceSettings, ledger: Ledger, place: AnchorPlace | None) -> Anchoring:
    return Anchoring(ledger, place, timedelta(minutes=settings.every_minutes), stamps=settings.timestamps)


async def _count_waiting(parts: Parts) -> None:
    async with parts.ledger.begin() as tx:
        waiting = await tx.waited_for()
    for system in {*parts.connectors, *waiting}:
        WAITING.labels(system).set(waiting.get(system, 0))


async def _start_waiting_requests(parts: Parts, engine: Engine, stop: asyncio.Event) -> None:
    """Start the daily sweep, and requests that were written down while Temporal was away, until told to stop."""
    sweeping = False
    while not stop.is_set():
        try:
            async with parts.ledger.begin() as tx:
                await tx.beat(WORKER, clock())
            await start_unstarted(parts.ledger, engine)
            await _count_waiting(parts)
            if not sweeping:
                await engine.start_sweep()
                sweeping = True
        except HabeasError as error:
            log.warning(LOOKING_FAILED, error=error.code)
        await until(stop, LOOK_FOR_UNSTARTED)
