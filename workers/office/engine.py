"""The one place where the office talks to Temporal, and where Temporal's errors become ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.change_model import LiftStart
from activities.keeping import Sweep, SweepReport
from activities.model import BounceOrder, LetterOrder
from activities.replay_model import Replay, ReplayReport
from habeas.acts import NOT_BEGUN, ActAnswer, ActCall, ActKind
from habeas.errors import (
    BadInput,
    ConfigurationError,
    EngineUnavailable,
    HabeasError,
    MustStay,
    NotAllowed,
    NothingAnew,
    PlanOutlived,
    StillStands,
    WrongStage,
)
from habeas.model import Request
from workflows import attributes
from workflows.model import STEPS, RequestStart

A = TypeVar("A")

WORKFLOW = "RequestWorkflow"
NEW_LINK_WORKFLOW = "NewLinkWorkflow"
SWEEP_WORKFLOW = "SweepWorkflow"
SWEEP = "habeas-sweep"
"""The id of the daily sweep: one for the installation."""
REPLAY_WORKFLOW = "ReplayWorkflow"
LONG_PATIENCE = timedelta(hours=1)
"""How long what looks at many requests may take until whoever asked is told to look again later."""
BOUNCE_WORKFLOW = "BounceWorkflow"
LIFT_WORKFLOW = "LiftRestrictionWorkflow"
PATIENCE = timedelta(seconds=30)
"""How long an act may take until the person at the desk is told to try again."""
TASK = timedelta(seconds=5)
"""How long a workflow task may take: after it, one that a worker died with is another worker's."""
BEGINS_IN = 0.2
"""Seconds after which an act that came before its request had begun is sent again."""
_RUNNING = "ExecutionStatus = 'Running'"
_PROBLEMS = "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')"

_REJECTIONS: dict[str, type[HabeasError]] = {
    kind.code: kind for kind in (WrongStage, PlanOutlived, NothingAnew, StillStands, MustStay, NotAllowed, BadInput)
}


class RequestGone(Exception):
    """No workflow takes acts for this request: it has not been started yet, or it is over."""


class Engine:
    """Requests' workflows, seen from the office. Connects when it is first needed."""

    def __init__(
        self, connect: Callable[[], Awaitable[Client]], *, task_queue: str, patience: timedelta = PATIENCE
    ) -> None:
        self._connect = connect
        self._client: Client | None = None
        self._task_queue = task_queue
        self._patience = patience

    @classmethod
    def on(cls, client: Client, *, task_queue: str) -> Self:
        """Of a client that is connected."""

        async def connected() -> Client:
            return client

        return cls(connected, task_queue=task_queue)

    async def client(self) -> Client:
        """The Temporal client.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        if self._client is None:
            self._client = await self._connect()
        return self._client

    async def ping(self) -> None:
        """Ask Temporal whether it serves.

        Raises:
            EngineUnavailable: it does not.
        """
        client = await self.client()
        try:
            async with asyncio.timeout(5):
                serving = await client.service_client.check_health()
        except (RPCError, TimeoutError):
            serving = False
        if not serving:
            raise EngineUnavailable

    async def start(self, request: Request) -> None:
        """Start the request's workflow; starting it again changes nothing.

        Raises:
            EngineUnavailable: Temporal does not answer.
            ConfigurationError: the namespace lacks our search attributes.
        """
        await self._carry(request, WorkflowIDReusePolicy.REJECT_DUPLICATE, WorkflowIDConflictPolicy.USE_EXISTING)

    async def begin_anew(self, request: Request) -> None:
        """Start the request's workflow once more; what runs of it, and of what it started, is ended first.

        Raises:
            EngineUnavailable, ConfigurationError: as `start`.
        """
        client = await self.client()
        for child in await self._listed(f"{_RUNNING} AND WorkflowId STARTS_WITH '{request.id}/'"):
            await self._found(client.get_workflow_handle(child).terminate("the request is begun anew"))
        after, while_it_runs = WorkflowIDReusePolicy.ALLOW_DUPLICATE, WorkflowIDConflictPolicy.TERMINATE_EXISTING
        await self._carry(request, after, while_it_runs, anew=True)

    async def _carry(
        self, request: Request, twice: WorkflowIDReusePolicy, now: WorkflowIDConflictPolicy, *, anew: bool = False
    ) -> None:
        """Start the workflow: ``twice`` says whether after another one, ``now`` what of one that runs."""
        start = RequestStart(
            request_id=request.id,
            controller=request.controller,
            right=request.right,
            regime=request.regime,
            steps=STEPS,
            anew=anew,
        )
        client = await self.client()
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await client.start_workflow(
                    WORKFLOW,
                    start,
                    id=request.id,
                    task_queue=self._task_queue,
                    task_timeout=TASK,
                    id_reuse_policy=twice,
                    id_conflict_policy=now,
                    search_attributes=attributes.initial(start),
                    static_summary=f"{request.right} · {request.controller} · {request.regime}",
                )
        except WorkflowAlreadyStartedError:
            return
        except RPCError as error:
            if error.status is RPCStatusCode.INVALID_ARGUMENT and "search attribute" in str(error).lower():
                names = ", ".join(attributes.SEARCH_ATTRIBUTES)
                raise ConfigurationError(
                    f"Temporal's namespace lacks search attributes; register them once: {names}."
                ) from None
            raise EngineUnavailable("The request could not be started.") from None
        except TimeoutError:
            raise EngineUnavailable("The request could not be started in time.") from None

    async def _start(
        self,
        workflow: str,
        order: object,
        workflow_id: str,
        summary: str,
        twice: WorkflowIDConflictPolicy = WorkflowIDConflictPolicy.USE_EXISTING,
    ) -> None:
        """Start a workflow that may be started again once it is over; ``twice`` says what to do while it runs."""
        client = await self.client()
        async with asyncio.timeout(self._patience.total_seconds()):
            await client.start_workflow(
                workflow,
                order,
                id=workflow_id,
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=twice,
                static_summary=summary,
            )

    async def lift(self, start: LiftStart) -> bool:
        """Begin to lift a request's restriction; False where that is under way already.

        Raises:
            EngineUnavailable: not known whether it began; asking again is safe.
        """
        try:
            await self._start(
                LIFT_WORKFLOW,
                start,
                f"{start.request_id}/lift",
                "lift a restriction",
                twice=WorkflowIDConflictPolicy.FAIL,
            )
        except WorkflowAlreadyStartedError:
            return False
        except (RPCError, TimeoutError):
            raise EngineUnavailable("The restriction's end could not be started.") from None
        return True

    async def new_link(self, order: LetterOrder) -> None:
        """Have one more download link sent; the same order again is the same letter.

        Raises:
            EngineUnavailable: not known whether it was sent; asking again with the same act id is safe.
        """
        client = await self.client()
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                await client.execute_workflow(
                    NEW_LINK_WORKFLOW,
                    order,
                    id=f"{order.request_id}/{order.dedupe}",
                    task_queue=self._task_queue,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary="one more download link",
                )
        except (RPCError, WorkflowFailureError, TimeoutError):
            raise EngineUnavailable(
                f"No worker answered in time. Repeat the command with --act-id {order.dedupe.removeprefix('link/')}: "
                "it will not be sent twice."
            ) from None

    async def send(self, order: LetterOrder) -> None:
        """Have a letter sent, and do not wait for it; the same order again is the same letter.

        Raises:
            EngineUnavailable: not known whether it will be sent; asking again is safe.
        """
        try:
            await self._start(NEW_LINK_WORKFLOW, order, f"{order.request_id}/{order.dedupe}", f"letter: {order.kind}")
        except (RPCError, TimeoutError):
            raise EngineUnavailable from None

    async def bounced(self, order: BounceOrder) -> None:
        """Have it noted that a letter came back. Once this returns, it will be, whoever is away meanwhile.

        Raises:
            EngineUnavailable: Temporal does not answer; asking again is safe.
        """
        try:
            await self._start(
                BOUNCE_WORKFLOW, order, f"{order.request_id}/bounce/{order.letter_id}", "a letter came back"
            )
        except (RPCError, TimeoutError):
            raise EngineUnavailable from None

    async def start_sweep(self) -> None:
        """Start the daily sweep; starting it again changes nothing.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        try:
            await self._start(SWEEP_WORKFLOW, Sweep(), SWEEP, "what is kept no longer, every day")
        except (RPCError, TimeoutError):
            raise EngineUnavailable("The daily sweep could not be started.") from None

    async def sweep_now(self) -> SweepReport:
        """Sweep once and wait for it; where one is under way, for that one.

        Raises:
            EngineUnavailable: no worker answered in time; it goes on once there is one.
        """
        return await self._carried_out(
            SWEEP_WORKFLOW,
            Sweep(once=True),
            f"{SWEEP}-now",
            SweepReport,
            "what is kept no longer, once",
            unanswered="No worker answered in time; the sweep goes on by itself.",
        )

    async def replay(self, replay: Replay, name: str) -> ReplayReport:
        """Look at what a restored backup brought back, or erase it once more, and wait for it.

        Args:
            replay: what.
            name: the same name is the same replaying while it runs.

        Raises:
            EngineUnavailable: no worker answered in time; it goes on once there is one.
        """
        summary = "erasures once more, after a restore" if replay.plan else "what a restore brought"
        return await self._carried_out(
            REPLAY_WORKFLOW,
            replay,
            f"habeas-replay/{name}",
            ReplayReport,
            summary,
            unanswered="No worker answered in time; it goes on by itself. Look again later.",
        )

    async def _carried_out(
        self, workflow: str, order: object, workflow_id: str, answers: type[A], summary: str, *, unanswered: str
    ) -> A:
        """Start a workflow, or find the one under way, and wait for its answer."""
        client = await self.client()
        try:
            async with asyncio.timeout(LONG_PATIENCE.total_seconds()):
                report: A = await client.execute_workflow(
                    workflow,
                    order,
                    id=workflow_id,
                    task_queue=self._task_queue,
                    result_type=answers,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary=summary,
                )
                return report
        except (RPCError, WorkflowFailureError, TimeoutError):
            raise EngineUnavailable(unanswered) from None

    # What runs, for the watchdog and for whoever looks at the installation

    async def failing(self) -> tuple[str, ...]:
        """Ids of running workflows of whose own code the server says that it fails, by its problem attribute.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        return await self._listed(f"{_RUNNING} AND {_PROBLEMS}")

    async def running_requests(self) -> frozenset[str]:
        """Ids of all requests' workflows that run, as far as the server's list is up to date.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        return frozenset(await self._listed(f"{_RUNNING} AND WorkflowType = '{WORKFLOW}'"))

    async def is_running(self, workflow_id: str) -> bool:
        """Whether this workflow runs now.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        found = await self._described(workflow_id)
        return found is not None and found.status is WorkflowExecutionStatus.RUNNING

    async def state_of(self, workflow_id: str) -> str | None:
        """Its newest run's state, in lower case; None where there is none.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        found = await self._described(workflow_id)
        return found.status.name.lower() if found is not None and found.status is not None else None

    async def moved_at(self, workflow_id: str) -> datetime | None:
        """When its newest event was written; None where there is no such workflow.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        client = await self.client()
        newest = GetWorkflowExecutionHistoryReverseRequest(
            namespace=client.namespace,
            execution=WorkflowExecution(workflow_id=workflow_id),
            maximum_page_size=1,
        )
        answer = await self._found(client.workflow_service.get_workflow_execution_history_reverse(newest))
        return None if answer is None else next((one.event_time.ToDatetime(UTC) for one in answer.history.events), None)

    async def sweep_begun(self) -> datetime | None:
        """When the daily sweep last began; None before the first.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        found = await self._described(SWEEP)
        return found.start_time if found is not None else None

    async def _listed(self, query: str) -> tuple[str, ...]:
        client = await self.client()
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                return tuple([one.id async for one in client.list_workflows(query)])
        except (RPCError, TimeoutError):
            raise EngineUnavailable from None

    async def _described(self, workflow_id: str) -> WorkflowExecutionDescription | None:
        client = await self.client()
        return await self._found(client.get_workflow_handle(workflow_id).describe())

    async def _found(self, asked: Awaitable[A]) -> A | None:
        """What is asked of one workflow; None where there is none.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                return await asked
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise EngineUnavailable from None
        except TimeoutError:
            raise EngineUnavailable from None

    async def signal(self, workflow_id: str, name: str, *said: str) -> bool:
        """Tell a workflow something, once it is written down. Returns whether there is such a workflow.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        handle = (await self.client()).get_workflow_handle(workflow_id)

        async def told() -> bool:
            await handle.signal(name, args=said)
            return True

        return await self._found(told()) is not None

    async def act(self, request_id: str, kind: ActKind, call: ActCall) -> ActAnswer:
        """Have the request's workflow carry out one act. The same act id is the same act, however often it is sent.

        Raises:
            WrongStage, NotAllowed (MustStay), BadInput: the workflow refused; nothing was done.
            RequestGone: there is no workflow that could.
            EngineUnavailable: no answer; whether it was done is not known, and the same act id may be sent again.
        """
        handle = (await self.client()).get_workflow_handle(request_id)
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                return await _taken(handle, kind, call)
        except WorkflowUpdateFailedError as error:
            raise _refusal(error) from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise RequestGone from None
            raise _no_answer(call) from None
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            raise _no_answer(call) from None


async def _taken(handle: WorkflowHandle[Any, Any], kind: ActKind, call: ActCall) -> ActAnswer:
    """What came of an act. One that comes before the request has begun is sent again: the ledger is a moment ahead."""
    while True:
        try:
            answer: ActAnswer = await handle.execute_update(kind.value, call, id=call.act_id, result_type=ActAnswer)
        except WorkflowUpdateFailedError as error:
            if not is_to_begin(error):
                raise
            await asyncio.sleep(BEGINS_IN)
        else:
            return answer


def is_to_begin(error: WorkflowUpdateFailedError) -> bool:
    """Whether the workflow refused since it does not know yet what law and policy ask."""
    return isinstance(error.cause, ApplicationError) and error.cause.type == NOT_BEGUN


def _refusal(error: WorkflowUpdateFailedError) -> Exception:
    cause = error.cause
    if not isinstance(cause, ApplicationError):
        return EngineUnavailable("The act was interrupted; ask again in a moment.")
    if cause.type == "AcceptedUpdateCompletedWorkflow":
        return RequestGone()
    if cause.type in _REJECTIONS:
        kind = _REJECTIONS[cause.type]
        # What the ledger refused says already what an error of this kind begins with.
        return kind(cause.message.removeprefix(str(kind())).strip())
    return EngineUnavailable(f"The act failed inside the engine ({cause.type or 'unknown'}).")


def _no_answer(call: ActCall) -> EngineUnavailable:
    return EngineUnavailable(
        f"No worker answered in time. Repeat the command with --act-id {call.act_id}: it will not be done twice.",
        act_id=call.act_id,
    )
