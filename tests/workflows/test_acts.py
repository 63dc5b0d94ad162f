"""Acts in each stage: allowed ones do one thing once, wrong ones are refused and leave nothing behind."""

from __future__ import annotations

import uuid

import pytest

from activities.export import ExportActivities
from habeas.acts import ActKind
from habeas.errors import NotAllowed, StorageFull, Terminal, WrongStage
from habeas.model import Outcome, Right, Stage
from tests.workflows.world import Case, Person, World, eventually, someone


async def _to_verifying(world: World, person: Person) -> Case:
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    return case


async def _to_clarifying(world: World, person: Person) -> Case:
    other = Person(name="Bertil Other", email=person.email, number=person.number + "-2")
    other.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLARIFYING)
    return case


async def _to_reviewing(world: World, person: Person) -> Case:
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


async def _to_collecting(world: World, person: Person) -> Case:
    world.connectors["crm"].fail("collect", Terminal("no permission"))
    case = await world.open(person)
    await case.prove()
    await case.has_letter("staff_attention")
    return case


async def _to_locating(world: World, person: Person) -> Case:
    case = await world.open(person)
    await case.has_letter("code")
    world.connectors["crm"].fail("locate", Terminal("no permission"))
    await case.prove()
    await case.has_letter("staff_attention")
    return case


@pytest.mark.parametrize("arrive", [_to_verifying, _to_locating, _to_clarifying, _to_collecting, _to_reviewing])
async def test_withdrawal_ends_the_request_in_each_stage(world: World, arrive: object) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await arrive(world, person)  # type: ignore[operator]  # one of the four above
    await case.act(ActKind.WITHDRAW)
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.WITHDRAWN
    assert (await case.letters())[-1] == "withdrawal"
    assert "export:built" not in await case.tags()


async def test_an_access_request_is_withdrawn_while_its_package_cannot_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await _to_reviewing(world, person)

    async def full(self: ExportActivities, *args: object) -> object:
        raise StorageFull

    monkeypatch.setattr(ExportActivities, "_write", full)
    await case.act(ActKind.APPROVE)

    async def shown() -> bool:
        return (await case.row()).blocked_on == ("habeas-storage",)

    await eventually(shown, within=60)
    with pytest.raises(NotAllowed):
        await case.act(ActKind.SKIP_SYSTEM, system="habeas-storage")
    await case.act(ActKind.WITHDRAW)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.WITHDRAWN
    assert "completion_access" not in await case.letters()


async def test_a_refusal_tells_its_ground_and_reasons(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await _to_reviewing(world, person)
    await case.act(ActKind.REFUSE, ground="manifestly_unfounded")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    letter = world.mail.text(person.email, "as told")
    assert "Datatilsynet" in letter


async def test_an_act_in_the_wrong_stage_leaves_nothing_behind(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await _to_verifying(world, person)
    for kind in (ActKind.APPROVE, ActKind.DECIDE_MATCH, ActKind.RESUME):
        with pytest.raises(WrongStage):
            await case.act(kind)
    assert not [tag for tag in await case.tags() if tag.startswith("act:")]
    async with world.parts.ledger.begin() as tx:
        assert await tx.acts(case.id) == ()


async def test_the_same_act_twice_is_one_act(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await _to_reviewing(world, person)
    act_id = str(uuid.uuid4())
    first = await case.act(ActKind.EXTEND, act_id=act_id, ground="complexity")
    again = await case.act(ActKind.EXTEND, act_id=act_id, ground="complexity")
    assert first.note == again.note == "extended"
    assert (await case.tags()).count("act:extend") == 1


async def test_a_withdrawal_comes_too_late_once_erasure_has_begun(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    world.connectors["crm"].fail("erase", Terminal("no permission"))
    await case.approve_twice()
    await case.reaches(Stage.FULFILLING)
    with pytest.raises(WrongStage):
        await case.act(ActKind.WITHDRAW)
    await case.has_letter("staff_attention", 2)
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
