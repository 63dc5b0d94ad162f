"""The workers of one process: the engine's, and one for each system's queue, as fast as its settings let it be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

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
from activities.kept_ended import KeptEndedActivities
from activities.leaving import LeavingActivities
from activities.lifting import LiftingActivities
from activities.notify import LetterActivities
from activities.parts import Parts
from activities.plan import PlanActivities
from activities.recipients import RecipientActivities
from activities.record import RecordActivities
from activities.remedies import RemedyActivities
from activities.replaying import ReplayActivities
from activities.retention import RetentionActivities
from activities.systems import SystemActivities
from activities.tasks import TaskActivities
from activities.together import TogetherActivities
from activities.unlooked import UnlookedActivities
from activities.wrapper import WrapperInterceptor
from workers.health import ACTIVITIES, WORKFLOWS, UnderWay
from workers.settings import SystemSettings
from workflows.bounce import BounceWorkflow
from workflows.ended_tasks import EndedTaskWorkflow
from workflows.lifting import LiftRestrictionWorkflow
from workflows.new_link import NewLinkWorkflow
from workflows.notices import NoticesWorkflow
from workflows.replaying import ReplayWorkflow
from workflows.request import RequestWorkflow
from workflows.sweeps import SweepWorkflow

if TYPE_CHECKING:
    from temporalio.api.enums.v1 import TaskQueueType
    from temporalio.client import Client

GRACE = timedelta(seconds=20)


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
            EndedTaskWorkflow,
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
            KeptEndedActivities(parts, letters).tell,
            retention.forget,
            ReplayActivities(parts).erased_since,
            ReplayActivities(parts).changed_since,
            ExpiringActivities(parts).expiring,
            UnlookedActivities(parts).still_to_ask,
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
            LeavingActivities(parts).begun,
            LeavingActivities(parts).unseen,
            lifting.prepare,
            lifting.let_go,
            lifting.let_go_besides,
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
            LeavingActivities(parts).look,
            HoldActivities(parts).hold_deletion,
            retention.end_retention,
            retention.confirm_ended,
            replaying.look_replayed,
            replaying.erase_replayed,
            replaying.confirm_replayed,
            ExpiringActivities(parts).expire,
            UnlookedActivities(parts).follow_trails,
            UnlookedActivities(parts).hold_found,
            changes.change,
            changes.confirm,
            lifting.lift,
            lifting.confirm,
        ],
        max_concurrent_activities=pace.steps_at_once if pace else None,
        max_task_queue_activities_per_second=pace.steps_per_second if pace else None,
        interceptors=[shared.under_way, WrapperInterceptor(parts.ledger, parts.rests.of(system))],
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
    names = called_here(parts) if systems is None else list(systems)
    workers = [system_worker(client, parts, name, (pace or {}).get(name), shared) for name in names]
    if systems is None:
        workers.append(engine_worker(client, parts, shared))
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        yield


def queues_of(parts: Parts, systems: Sequence[str] | None) -> dict[str, TaskQueueType.ValueType]:
    """What a worker asks for on which queue."""
    queues = {parts.queue_of(name): ACTIVITIES for name in systems or called_here(parts)}
    return queues if systems else {**queues, parts.task_queue: WORKFLOWS}


def called_here(parts: Parts) -> list[str]:
    """Systems whose calls are made from this process."""
    return [name for name, connector in parts.connectors.items() if not isinstance(connector, Elsewhere)]
