"""A connector of somebody else's, found by its entry point, carries a request from intake to closed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from activities.connectors import load_connector
from habeas.connector import Connector
from habeas.model import Outcome, Right, Stage
from habeas.policy import Policy
from tests.docs.tutorial import installed, written
from tests.workflows.controllers import controller
from tests.workflows.world import World, someone
from workers.queues import system_worker


async def test_a_request_goes_through_the_tutorial_s_connector(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    monkeypatch.syspath_prepend(installed(tmp_path))
    person = someone()
    file = tmp_path / "subscribers.json"
    other = {"email": "other@example.org", "name": "Other", "since": "2024-05-01"}
    file.write_text(json.dumps({"1": {"email": person.email, "name": person.name}, "2": other}))
    connectors = cast("dict[str, Connector]", world.parts.connectors)
    connectors["newsletter"] = load_connector("newsletter", {"connector": "newsletter", "file": str(file)})
    try:
        controller(world, "letters", identity={"sources": ("newsletter",)})
        policies = cast("dict[str, Policy]", world.parts.policies)
        told = policies["letters"].categories[0].model_copy(update={"id": "newsletter"})
        policies["letters"] = policies["letters"].model_copy(
            update={"systems": ("newsletter",), "categories": (*policies["letters"].categories, told)}
        )
        async with system_worker(world.env.client, world.parts, "newsletter"):
            for right in (Right.ACCESS, Right.ERASURE):
                case = await world.open(person, right, controller="letters")
                await case.prove()
                if right is Right.ERASURE:
                    assert person.email in file.read_text()
                    await case.approve_twice()
                assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    finally:
        del connectors["newsletter"]
    assert json.loads(file.read_text()) == {"2": other}
