"""What a workflow commands when a stored history is played to it: every word of it, as lines of text.

Temporal's own replay sees that another step is taken, not that the same step is taken with another argument, timeout
or length. These lines see that as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Interceptor, Replayer, UnsandboxedWorkflowRunner
from temporalio.worker._workflow_instance import WorkflowInstance, WorkflowInstanceDetails

from workflows.bounce import BounceWorkflow
from workflows.ended_tasks import EndedTaskWorkflow
from workflows.lifting import LiftRestrictionWorkflow
from workflows.new_link import NewLinkWorkflow
from workflows.notices import NoticesWorkflow
from workflows.replaying import ReplayWorkflow
from workflows.request import RequestWorkflow
from workflows.sweeps import SweepWorkflow

HISTORIES = Path(__file__).parent / "histories"
WORKFLOWS = (
    RequestWorkflow,
    NewLinkWorkflow,
    SweepWorkflow,
    ReplayWorkflow,
    LiftRestrictionWorkflow,
    NoticesWorkflow,
    BounceWorkflow,
    EndedTaskWorkflow,
)
"""Whose histories are stored."""
_NOISE = {"seq", "activity_id", "protocol_instance_id", "stack_trace"}


@dataclass(frozen=True)
class Watching(UnsandboxedWorkflowRunner):
    """The worker's way of running workflows, which writes down what the workflow commands."""

    lines: list[str] = field(default_factory=list)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """An instance whose commands are written down."""
        instance: Any = super().create_instance(det)
        activate = instance.activate

        def watched(activation: WorkflowActivation) -> WorkflowActivationCompletion:
            completion: WorkflowActivationCompletion = activate(activation)
            self.lines.extend(_line(command) for command in completion.successful.commands)
            return completion

        instance.activate = watched
        return instance  # type: ignore[no-any-return]  # what the SDK made, with one method wrapped


async def replay(name: str, interceptors: Sequence[Interceptor] = ()) -> list[str]:
    """Play a stored history to the workflows as they are now.

    Returns:
        What they commanded, one line each.

    Raises:
        NondeterminismError: they went another way.
    """
    history = json.loads((HISTORIES / f"{name}.json").read_text())
    request_id = history.pop("id")
    runner = Watching()
    replayer = Replayer(
        workflows=[*WORKFLOWS],
        data_converter=pydantic_data_converter,
        workflow_runner=runner,
        interceptors=list(interceptors),
    )
    await replayer.replay_workflow(WorkflowHistory.from_json(request_id, history))
    return runner.lines


def stored() -> list[str]:
    """The names of the stored histories."""
    return sorted(path.stem for path in HISTORIES.glob("*.json"))


def _line(command: Message) -> str:
    said = _plain(command)
    assert isinstance(said, dict)
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    match value:
        case Duration():
            return round(value.ToTimedelta().total_seconds(), 3)
        case Payload():
            return _opened(value)
        case Message():
            return {name: said for name, said in _fields(value) if name not in _NOISE}
        case bytes():
            return value.hex()
        case _:
            return value


def _fields(message: Message) -> Iterable[tuple[str, object]]:
    for about, value in message.ListFields():
        if about.message_type is not None and about.message_type.GetOptions().map_entry:
            yield about.name, {str(key): _plain(one) for key, one in sorted(value.items())}
        elif about.is_repeated:
            yield about.name, [_plain(one) for one in value]
        elif about.enum_type is not None:
            yield about.name, about.enum_type.values_by_number[value].name
        else:
            yield about.name, _plain(value)


def _opened(payload: Payload) -> object:
    if not payload.data:
        return None
    return json.loads(payload.data)
