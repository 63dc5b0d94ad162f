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
            return await tx.awaited_by("crm", handle) == case.id

    await eventually(awaited)
    assert not await world.office.call_back("billing", handle)
    assert not await world.office.call_back("crm", "another")
    assert (await case.row()).stage is Stage.FULFILLING
    assert await world.office.call_back("crm", handle)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert not [key for key in world.connectors["crm"].rows if person.number in key[1]]
