"""An erasure has an order, asks first what stands in its way, and waits as long as the policy promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from habeas.acts import ActKind
from habeas.connector import Capability, Veto
from habeas.errors import Transient
from habeas.model import Outcome, Right, Stage
from habeas.testing import MemoryConnector
from tests.workflows.controllers import controller
from tests.workflows.world import Case, World, eventually, someone


async def _erasure(world: World, name: str, erasure: dict[str, Any], **sections: Any) -> Case:
    controller(world, name, erasure=erasure, **sections)
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, controller=name)
    await case.prove()
    return case


@pytest.fixture(autouse=True)
def _nothing_left(world: World) -> Iterator[None]:
    """No calls of other tests before, no vetoes for other tests afterwards."""
    billing = world.connectors["billing"]
    before = billing.manifest
    for connector in world.connectors.values():
        connector.calls.clear()
    yield
    billing.manifest, billing.in_the_way = before, []


def _veto(connector: MemoryConnector, case: Case) -> Veto:
    can = connector.manifest.capabilities | {Capability.VETO}
    connector.manifest = connector.manifest.model_copy(update={"capabilities": can})
    return Veto(collection="invoices", key=f'["I{case.person.number}"]', reason="open_invoice")


async def test_a_system_waits_for_those_before_it(world: World) -> None:
    order = {"after": {"crm": ("billing",)}}
    case = await _erasure(world, "ordered", order)
    world.connectors["billing"].fail("erase", *[Transient("busy") for _ in range(3)])
    await case.approve_twice()
    await eventually(lambda: _is(world.connectors["billing"].calls.count("erase") == 3))
    assert "erase" not in world.connectors["crm"].calls
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert world.connectors["crm"].calls.count("erase") == 1
    erased = [event.facts["system"] for event in await case.events() if event.tag.value == "system:erased"]
    assert erased == ["billing", "crm"]


async def test_a_system_after_one_that_drifted_has_its_turn_after_the_next_review(world: World) -> None:
    case = await _erasure(world, "ordered_drift", {"after": {"crm": ("billing",)}})
    await case.reaches(Stage.REVIEWING)
    billing = world.connectors["billing"]
    customer = billing.rows["customers", f'["C{case.person.number}"]']
    await case.plan()
    billing.put(customer.model_copy(update={"data": {"name": "Changed"}}))
    await case.approve_twice()
    await eventually(lambda: _is(billing.calls.count("collect") == 2))
    await case.reaches(Stage.REVIEWING)
    assert "erase" not in world.connectors["crm"].calls
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert world.connectors["crm"].calls.count("erase") == 1


async def test_what_stands_in_the_way_anywhere_keeps_every_system_untouched(world: World) -> None:
    controller(world, "vetoing")
    person = someone()
    person.settle_in(world.connectors)
    billing = world.connectors["billing"]
    case = await world.open(person, Right.ERASURE, controller="vetoing")
    billing.in_the_way = [_veto(billing, case)]
    await case.prove()
    await case.approve_twice()

    async def vetoed() -> bool:
        return (await case.row()).blocked_on == ("billing",)

    await eventually(vetoed)
    async with world.parts.ledger.begin() as tx:
        waiting = [row for row in await tx.systems(case.id) if row.state == "waiting"]
    assert [(row.system, row.error_code) for row in waiting] == [("billing", "vetoed:open_invoice")]
    assert "erase" not in [*billing.calls, *world.connectors["crm"].calls]
    facts = [event.facts for event in await case.events() if event.tag.value == "system:vetoed"]
    assert facts == [{"system": "billing", "open_invoice": 1}]
    billing.in_the_way = []
    await case.passes(timedelta(days=1, minutes=1))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert (await case.row()).blocked_on == ()


async def test_staff_leave_a_vetoing_system_out_and_the_rest_is_erased(world: World) -> None:
    controller(world, "vetoing_skipped")
    person = someone()
    person.settle_in(world.connectors)
    billing = world.connectors["billing"]
    case = await world.open(person, Right.ERASURE, controller="vetoing_skipped")
    billing.in_the_way = [_veto(billing, case)]
    await case.prove()
    await case.approve_twice()
    await case.has_letter("staff_attention", 2)
    await case.act(ActKind.SKIP_SYSTEM, system="billing")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "erase" not in billing.calls
    assert not [key for key in world.connectors["crm"].rows if person.number in key[1]]


async def test_until_the_waiting_period_is_over_nothing_is_touched_and_the_person_may_withdraw(world: World) -> None:
    case = await _erasure(world, "patient", {"wait_days": 7})
    await case.approve_twice()
    await case.passes(timedelta(days=6, hours=23))
    assert (await case.row()).stage is Stage.REVIEWING
    assert "erase" not in world.connectors["crm"].calls
    await case.act(ActKind.WITHDRAW)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.WITHDRAWN
    assert "erase" not in world.connectors["crm"].calls


async def test_after_the_waiting_period_it_goes_on_by_itself(world: World) -> None:
    case = await _erasure(world, "patient_on", {"wait_days": 7}, promise={"reasons_at_once": ("transactions",)})
    await case.approve_twice()
    await case.has_letter("partial_refusal")
    assert "erase" not in world.connectors["crm"].calls
    await case.passes(timedelta(days=7, minutes=1))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert (await case.letters()).count("partial_refusal") == 1


async def _is(so: bool) -> bool:
    return so
