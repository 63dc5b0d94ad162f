"""Stories of what others are told of rights that stop a use: told like those of `tests.replay.stories`."""

from __future__ import annotations

from habeas.model import Right
from tests.workflows.controllers import telling
from tests.workflows.test_change_rights import approve
from tests.workflows.world import Case, World, someone


async def opt_out_passed_on(world: World) -> Case:
    """Nobody proves who asks; buyers are told."""
    person = someone()
    person.settle_in(world.connectors)
    name = telling(world, "seller", sold=True)
    return await world.open(person, Right.OPT_OUT_SALE, controller=name, jurisdiction="US-CA")


async def objection_passed_on(world: World) -> Case:
    """What a human weighed has stopped: who processes for us is told."""
    person = someone()
    person.settle_in(world.connectors)
    name = telling(world, "denver")
    case = await world.open(person, Right.OBJECTION, controller=name, jurisdiction="US-CO", purposes=("profiling",))
    await approve(case)
    return case


TELLING = (opt_out_passed_on, objection_passed_on)
