"""A system that calls back is asked then, and not only when its time is over."""

from __future__ import annotations

from habeas.model import Outcome, Right, Stage
from habeas.outcomes import Awaiting
from tests.workflows.world import World, eventually, someone


async def test_the_request_that_waits_for_a_callback_goes_on_with_it(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    handle = f"job-{person.number}"
    world.connectors["crm"].answers("erase", Awaiting(handle=handle, give_up_after=30 * 86_400))
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.approve_twice()

    async def awaited() -> bool:
        async with world.parts.ledger.begin() as tx:
            return await tx.awaited_by("crm", handle) == (case.id,)

    await eventually(awaited)
    assert not await world.office.call_back("billing", handle)
    assert not await world.office.call_back("crm", "another")
    assert (await case.row()).stage is Stage.FULFILLING
    assert await world.office.call_back("crm", handle)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert not [key for key in world.connectors["crm"].rows if person.number in key[1]]


async def test_all_requests_that_wait_for_the_same_work_go_on_with_its_callback(world: World) -> None:
    """A system may make one piece of work of two deletions, and calls back once."""
    people = someone(), someone()
    handle = f"joined-{people[0].number}"
    cases = []
    for person in people:
        person.settle_in(world.connectors)
        world.connectors["crm"].answers("erase", Awaiting(handle=handle, give_up_after=30 * 86_400))
        case = await world.open(person, Right.ERASURE)
        await case.prove()
        await case.approve_twice()
        cases.append(case)

        async def awaited() -> bool:
            async with world.parts.ledger.begin() as tx:
                return {*await tx.awaited_by("crm", handle)} == {one.id for one in cases}

        await eventually(awaited)
    assert await world.office.call_back("crm", handle)
    for case in cases:
        assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert not [key for key in world.connectors["crm"].rows if any(one.number in key[1] for one in people)]
