"""Stories of when and in which order an erasure is carried out: told like those of `tests.replay.stories`."""

from __future__ import annotations

from habeas.acts import ActKind
from habeas.connector import Capability, Veto
from habeas.model import Right
from tests.workflows.controllers import controller
from tests.workflows.world import Case, World, eventually, someone

TWO_SECONDS = 2 / 86_400  # days


async def erasure_in_order_after_a_veto(world: World) -> Case:
    """One system knows what stands in the way; once that is settled the other comes after it."""
    name = controller(world, "in_order", erasure={"after": {"crm": ("billing",)}})
    billing = world.connectors["billing"]
    can = billing.manifest.capabilities | {Capability.VETO}
    billing.manifest = billing.manifest.model_copy(update={"capabilities": can})
    person = someone()
    person.settle_in(world.connectors)
    billing.in_the_way = [Veto(collection="invoices", key=f'["I{person.number}"]', reason="open_invoice")]
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    await case.approve_twice()

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("billing",)

    await eventually(blocked)
    billing.in_the_way = []
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    return case


async def erasure_after_a_waiting_period(world: World) -> Case:
    """Approved, and nothing touched until the waiting period is over."""
    name = controller(world, "patient", erasure={"wait_days": TWO_SECONDS})
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    await case.approve_twice()
    return case


ORDER = (erasure_in_order_after_a_veto, erasure_after_a_waiting_period)
