"""Systems that answer at once are asked in one call; whoever does not is asked by itself, and the end is the same."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import replace

import pytest

import activities.together
from activities.notify import LetterActivities
from activities.together import TogetherActivities
from habeas.acts import ActKind
from habeas.connector import Located
from habeas.errors import Terminal, Transient
from habeas.model import Identifier, Outcome, Stage
from tests.workflows.gates import hold
from tests.workflows.world import Case, World, eventually, someone


async def _proven(world: World, *, notes: int = 3) -> Case:
    person = someone()
    person.settle_in(world.connectors, notes=notes)
    with world.asked_together("crm", "billing"):
        case = await world.open(person)
        await case.reaches(Stage.VERIFYING)
        await case.code()
    return case


async def _steps(case: Case) -> Counter[str]:
    """How often which step was called."""
    history = await case.handle.fetch_history()
    called = (event.activity_task_scheduled_event_attributes.activity_type.name for event in history.events)
    return Counter(name for name in called if name)


async def test_one_call_finds_and_one_collects(world: World) -> None:
    case = await _proven(world)
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    await case.handle.result()
    steps = await _steps(case)
    assert (steps["find_together"], steps["collect_together"], steps["collect"]) == (1, 1, 0)
    told = [event for event in await case.events() if event.tag.value.startswith("system:")]
    found = [event.facts for event in told if event.facts.get("purpose") == "request"]
    assert Counter(str(facts["system"]) for facts in found) == {"crm": 2, "billing": 2}
    assert {
        event.facts["system"]: event.facts["records"] for event in told if event.tag.value == "system:collected"
    } == {
        "crm": 4,
        "billing": 2,
    }


@pytest.mark.parametrize("step", ["find_together", "collect_together"])
async def test_who_refuses_while_systems_are_asked_ends_the_request(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The call is waited for, and its answer comes in place of the cancellation."""
    case = await _proven(world)
    gate = hold(monkeypatch, step, lambda order: order.request_id == case.id)
    await case.prove()
    await gate.wait()
    await case.act(ActKind.REFUSE, ground="manifestly_unfounded")
    gate.open()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    assert "export:built" not in await case.tags()
    entered = [event.facts["stage"] for event in await case.events() if event.tag.value == "request:stage"]
    assert entered[-1] == "notifying"
    assert "fulfilling" not in entered


async def test_every_stage_is_in_the_evidence_once(world: World) -> None:
    case = await _proven(world)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    entered = [event.facts["stage"] for event in await case.events() if event.tag.value == "request:stage"]
    assert entered == ["verifying", "locating", "collecting", "fulfilling", "notifying"]


async def test_a_stage_is_entered_though_what_is_first_done_in_it_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise Transient("busy")

    case = await _proven(world)
    monkeypatch.setattr(activities.together, "load_graph", fails)
    monkeypatch.setattr(LetterActivities, "write", fails)
    await case.prove()
    assert (await case.reaches(Stage.NOTIFYING)).closed_at is None
    entered = [event.facts["stage"] for event in await case.events() if event.tag.value == "request:stage"]
    assert entered == ["verifying", "locating", "collecting", "fulfilling", "notifying"]
    monkeypatch.undo()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_who_fails_is_asked_by_itself_and_the_others_are_not_asked_again(world: World) -> None:
    case = await _proven(world)
    world.connectors["billing"].fail("collect", Terminal("no permission"), Terminal("no permission"))
    await case.prove()

    async def waits() -> bool:
        return (await case.row()).blocked_on == ("billing",)

    await eventually(waits)
    steps = await _steps(case)
    assert (steps["collect_together"], steps["collect"]) == (1, 1)
    tags = [event.facts["system"] for event in await case.events() if event.tag.value == "system:collected"]
    assert tags == ["crm"]
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_who_takes_long_is_asked_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities.together, "AT_ONCE", 0.1)
    monkeypatch.setattr(activities.together, "LEFT_ALONE", 0.0)
    billing, hung = world.connectors["billing"], list[bool]()
    real = billing.locate

    async def hangs_at_first(identifiers: tuple[Identifier, ...]) -> Located:
        hung.append(not hung)
        if hung[-1]:
            await asyncio.Event().wait()
        return await real(identifiers)

    case = await _proven(world)
    monkeypatch.setattr(billing, "locate", hangs_at_first)
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    steps = await _steps(case)
    assert hung[0]
    # Whose address it is, asked of two; then billing.
    assert (steps["find_together"], steps["locate"]) == (1, 2 + 1)


async def test_who_took_long_is_left_alone_for_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities.together, "AT_ONCE", 0.05)
    together, never = TogetherActivities(world.parts), asyncio.Event()

    async def answers() -> str:
        return "here"

    assert await together._answer("crm", "locate", never.wait) is None
    assert await together._answer("crm", "locate", answers) is None
    assert await together._answer("billing", "locate", answers) == "here"
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + 601)
    assert await together._answer("crm", "locate", answers) == "here"


async def test_who_asked_to_be_left_alone_is_not_asked_with_others(world: World) -> None:
    case = await _proven(world)
    crm = world.connectors["crm"]
    crm.calls.clear()
    rest = world.parts.rests.of("crm")
    rest.heard(Transient("limited", retry_after=3600))
    try:
        await case.prove()

        async def blocked() -> bool:
            return (await case.row()).blocked_on == ("crm",)

        await eventually(blocked)
        assert crm.calls == []
    finally:
        rest.over()
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_two_who_contradict_each_other_stop_for_a_human(world: World) -> None:
    person, other = someone(), someone()
    person.settle_in(world.connectors)
    other = replace(other, email=person.email)
    with world.asked_together("crm", "billing"):
        case = await world.open(person)
        await case.reaches(Stage.VERIFYING)
        await case.code()
    other.settle_in(world.connectors)
    await case.prove()
    await case.reaches(Stage.CLARIFYING)
    assert "system:ambiguous" in await case.tags()
