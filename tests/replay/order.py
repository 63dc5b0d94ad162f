"""Stories of when and in which order an erasure is carried out: told like those of `tests.replay.stories`."""

from __future__ import annotations

import asyncio

from habeas.acts import ActKind
from habeas.connector import Capability, Veto
from habeas.errors import Terminal
from habeas.model import Right, Stage
from habeas.outcomes import Awaiting, Pending
from tests.workflows.controllers import controller
from tests.workflows.world import Case, World, eventually, someone
from workflows.erasing import VETO_HOLDS_FOR

DAY = 86_400.0
TWO_SECONDS = 2 / DAY  # days


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


async def erasure_in_order_that_is_kept(world: World) -> Case:
    """A veto is settled long after another system was asked, which is asked again; what comes after one left out stays.

    It takes as long as an answer may be old.
    """
    name = controller(world, "order_kept", erasure={"after": {"crm": ("billing",)}})
    billing, crm = world.connectors["billing"], world.connectors["crm"]
    for connector in (billing, crm):
        can = connector.manifest.capabilities | {Capability.VETO}
        connector.manifest = connector.manifest.model_copy(update={"capabilities": can})
    person = someone()
    person.settle_in(world.connectors)
    billing.in_the_way = [Veto(collection="invoices", key=f'["I{person.number}"]', reason="open_invoice")]
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    await case.approve_twice()
    await _shows(case, "vetoed:open_invoice")
    await asyncio.sleep(VETO_HOLDS_FOR.total_seconds() + 1)
    billing.in_the_way = []
    billing.fail("erase", Terminal("refused"))
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await _shows(case, "terminal")
    await case.act(ActKind.SKIP_SYSTEM, system="billing")
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


async def erasure_with_jobs_that_are_shown(world: World) -> Case:
    """A job of days is asked at once by staff; a callback does not come, is told to staff, and the system left out."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    crm = world.connectors["crm"]
    crm.answers("erase", Pending(handle="bin", poll_after=2 * DAY))
    crm.answers("confirm", *[Awaiting(handle="look", give_up_after=1) for _ in range(2)])
    crm.answers("confirm", Awaiting(handle="look", give_up_after=DAY))
    await case.approve_twice()
    await _shows(case, "job")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await _shows(case, "no_callback")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    return case


async def _shows(case: Case, code: str) -> None:
    async def so() -> bool:
        return any(row.error_code == code for row in (await case.world.office.show(case.id)).waits)

    await eventually(so)


ORDER = (
    erasure_in_order_after_a_veto,
    erasure_in_order_that_is_kept,
    erasure_after_a_waiting_period,
    erasure_with_jobs_that_are_shown,
)
