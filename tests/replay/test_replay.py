"""Workflows outlive deploys: every history that was ever stored replays with the code as it is now.

A failure here means that open requests would stand still after a deploy. Do not edit a history: bring the old commands
back behind `workflow.patched`, then record a new history (`python -m tests.replay.record`).
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

import workflows
from tests.replay.commands import WORKFLOWS
from tests.replay.record import HISTORIES
from workers import queues
from workers.queues import workflow_runner

CODE = Path(workflows.__file__).parent
FILES = sorted(HISTORIES.glob("*.json"))


def _load(file: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(file.read_text())
    return loaded


async def _replay(loaded: dict[str, Any]) -> None:
    content = dict(loaded)
    history = WorkflowHistory.from_json(content.pop("id"), content)
    replayer = Replayer(
        workflows=[*WORKFLOWS],
        data_converter=pydantic_data_converter,
        workflow_runner=workflow_runner(),
    )
    await replayer.replay_workflow(history)


def test_there_are_histories() -> None:
    assert len(FILES) >= 5


BY_RACES = {"an-end-is-heard", "refused-at-the-last-door"}
"""Patches that are met only where two things happen at once: no story can be told of them at will."""


def test_every_workflow_and_every_patch_has_a_history() -> None:
    started = [_load(file)["events"][0]["workflowExecutionStartedEventAttributes"] for file in FILES]
    assert {one["workflowType"]["name"] for one in started} == {one.__name__ for one in WORKFLOWS}
    run = {one for one in vars(queues).values() if isinstance(one, type) and one.__name__.endswith("Workflow")}
    assert run == {*WORKFLOWS}
    source = "".join(path.read_text() for path in sorted(CODE.glob("*.py")))
    named = dict(re.findall(r'^([A-Z_]+) = "([^"]+)"$', source, re.MULTILINE))
    said = re.findall(r"\bpatched\(([A-Z_]+|\"[^\"]+\")\)", source)
    lines = "".join(file.with_suffix(".txt").read_text() for file in FILES)
    patches = {named.get(one, one.strip('"')) for one in said}
    assert {one for one in patches if f'"patch_id": "{one}"' not in lines} == BY_RACES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_stored_history_replays(file: Path) -> None:
    await _replay(_load(file))


async def test_a_history_with_other_commands_does_not_replay() -> None:
    loaded = _load(HISTORIES / "access.json")
    for event in loaded["events"]:
        scheduled = event.get("activityTaskScheduledEventAttributes")
        if scheduled and scheduled["activityType"]["name"] == "collect":
            scheduled["activityType"]["name"] = "erase"
    with pytest.raises(NondeterminismError):
        await _replay(loaded)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_asked_of_activities_keeps_its_fields(file: Path) -> None:
    """The replayer does not look at arguments: an old order must still be readable by the activity that gets it."""
    from activities import change_model, keeping, model, replay_model, task_model

    named = {**vars(keeping), **vars(model), **vars(task_model), **vars(change_model), **vars(replay_model)}
    known = {name: kind.model_fields for name, kind in named.items() if hasattr(kind, "model_fields")}
    for event in _load(file)["events"]:
        scheduled = event.get("activityTaskScheduledEventAttributes")
        if scheduled is None:
            continue
        fields = set(_decoded(scheduled["input"]["payloads"][0]))
        assert any(fields <= set(names) for names in known.values()), scheduled["activityType"]["name"]


def _decoded(payload: dict[str, Any]) -> dict[str, Any]:
    import base64

    decoded: dict[str, Any] = json.loads(base64.b64decode(payload["data"]))
    return decoded
