"""What a human does by hand, from the command line."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from activities.connectors.manual import ManualConnector
from habeas.connector import Connector
from habeas.model import Stage
from tests.cli.conftest import Habeas
from tests.office.world import World
from workers.queues import running

OWNER = "archive@shop.example"


@pytest.fixture
async def cabinet(here: World) -> AsyncIterator[None]:
    """The controller has a filing cabinet for a while."""
    paper = ManualConnector.from_settings(
        "paper",
        {
            "title": "Filing cabinet",
            "owner": OWNER,
            "collections": [{"name": "letters", "category": "correspondence"}],
        },
    )
    connectors = cast("dict[str, Connector]", here.systems)
    before, demo = here.parts.policies, here.parts.policies["demo"]
    wider = demo.model_copy(update={"systems": (*demo.systems, "paper")})
    connectors["paper"] = paper
    # The worker that runs already keeps these very parts.
    object.__setattr__(here.parts, "policies", {**before, "demo": wider})
    async with running(here.client, here.parts, ["paper"]):
        yield
    object.__setattr__(here.parts, "policies", before)
    del connectors["paper"]


@pytest.mark.usefixtures("cabinet")
async def test_a_task_from_the_list_to_its_end(here: World, habeas: Habeas, tmp_path: Path) -> None:
    address = here.person(name="Canary Bird")
    request_id = await here.proven(address)
    task = f"{request_id.lower()}-1"
    await here.waits(request_id, "paper")
    listed = await habeas("task", "list", "--json")
    assert [(one["id"], one["phase"], one["state"]) for one in listed.json if one["request_id"] == request_id] == [
        (task, "find", "open")
    ]
    assert address not in listed.out
    mine = await habeas("task", "list", "--mine", "--by", OWNER, "--json")
    assert task in [one["id"] for one in mine.json]
    other = await habeas("task", "list", "--mine", "--by", "somebody", "--json")
    assert task not in [one["id"] for one in other.json]
    assert task not in (await habeas("task", "list", "--overdue")).out
    shown = await habeas("task", "show", task, "--by", "Kim", "--reason", "going")
    assert (shown.code, address in shown.out) == (0, True)
    possible = await habeas("request", "show", request_id, "--json")
    assert any(f"habeas task done {task}" in act["command"] for act in possible.json["possible"])

    said = ("task", "done", task, "--by", "Kim", "--reason", "folder 12")
    silent = await habeas(*said, "--json")
    assert (silent.code, silent.error["code"]) == (2, "bad_input")
    assert "--nothing" in silent.error["message"]
    missing = await habeas(*said, "--file", str(tmp_path / "none.pdf"), "--json")
    assert (missing.code, "cannot be read" in missing.error["message"]) == (2, True)
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4")
    found = tmp_path / "found.json"
    found.write_text(json.dumps([{"data": {"about": "kettle"}, "files": ["scan.pdf"]}, {"about": "cup"}]))
    done = await habeas(*said, "--record", f"@{found}", "--json")
    assert (done.code, done.json["note"]) == (0, "task_done")
    again = await habeas(*said, "--nothing", "--json")
    assert (again.code, again.error["code"]) == (3, "wrong_stage")
    everything = await habeas("task", "list", "--all", "--json")
    assert [one["counts"] for one in everything.json if one["id"] == task] == [{"files": 1, "records": 2}]
    told = await habeas("request", "timeline", request_id)
    assert "by hand in paper" in told.out
    await here.reach(request_id, Stage.REVIEWING)


async def test_a_task_that_is_not_there(habeas: Habeas) -> None:
    nowhere = await habeas("task", "show", "hb-0000-0000-0000-1", "--by", "Kim", "--reason", "r", "--json")
    assert (nowhere.code, nowhere.error["code"]) == (2, "bad_input")
    assert "habeas task list" in nowhere.error["message"]
