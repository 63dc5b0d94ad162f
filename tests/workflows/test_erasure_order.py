"""An erasure has an order, asks first what stands in its way, and waits as long as the policy promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from habeas.acts import ActKind
from habeas.connector import Capability, Veto
from habeas.errors import Transient, WrongStage
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
    before = {name: connector.manifest for name, connector in world.connectors.items()}
    for connector in world.connectors.values():
        connector.calls.clear()
    yield
    for name, connector in world.connectors.items():
        connector.manifest, connector.in_the_way = before[name], []


def _able_to_veto(connector: MemoryConnector) -> None:
    can = connector.manifest.capabilities | {Capability.VETO}
    connector.manifest = connector.manifest.model_copy(update={"capabilities": can})


def _veto(connector: MemoryConnector, case: Case) -> Veto:
    _able_to_veto(connector)
    return Veto(collection="invoices", key=f'["I{case.person.number}"]', reason="open_invoice")


async def test_a_system_waits_for_those_before_it(world: World) -> None:
    order = {"after": {"crm": ("billing",)}}
    case = await _erasure(world, "ordered", order)
    world.connectors["billing"].fail("erase", Transient("busy", retry_after=0.01), Transient("busy", retry_after=3))
    await case.approve_twice()
    await eventually(lambda: _is(world.connectors["billing"].calls.count("erase") == 2))
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
    case = await _vetoed(world, "vetoing")
    billing = world.connectors["billing"]
    await case.approve_twice()
    await _blocked_on(case, "billing")
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


async def _vetoed(world: World, name: str, **sections: Any) -> Case:
    """An approved erasure in whose way something stands in billing."""
    controller(world, name, **sections)
    person = someone()
    person.settle_in(world.connectors)
    billing = world.connectors["billing"]
    _able_to_veto(billing)  # before a request begins, and is told so
    case = await world.open(person, Right.ERASURE, controller=name)
    billing.in_the_way = [_veto(billing, case)]
    await case.prove()
    return case


async def _blocked_on(case: Case, *systems: str) -> None:
    async def so() -> bool:
        return (await case.row()).blocked_on == systems

    await eventually(so)


async def test_what_came_up_elsewhere_while_a_veto_was_settled_is_seen_before_the_first_change(world: World) -> None:
    crm, billing = world.connectors["crm"], world.connectors["billing"]
    _able_to_veto(crm)
    case = await _vetoed(world, "asked_again")
    await case.approve_twice()
    await _blocked_on(case, "billing")
    crm.in_the_way = [Veto(collection="contacts", key=f'["{case.person.number}"]', reason="open_ticket")]
    billing.in_the_way = []
    await case.passes(timedelta(days=1, minutes=1))
    await _blocked_on(case, "crm")
    assert "erase" not in [*billing.calls, *crm.calls]
    crm.in_the_way = []
    await case.passes(timedelta(days=1, minutes=1))
    await case.reaches(Stage.CLOSED)
    assert (crm.calls.count("vetoes"), billing.calls.count("vetoes")) == (3, 3)


async def test_until_nothing_stands_in_the_way_the_person_may_withdraw(world: World) -> None:
    case = await _vetoed(world, "vetoing_withdrawn")
    await case.approve_twice()
    await _blocked_on(case, "billing")
    assert (await case.row()).stage is Stage.FULFILLING
    assert ActKind.WITHDRAW in {one.kind for one in (await world.office.show(case.id)).possible}
    assert (await world.office.mine(case.id)).may_withdraw
    await case.act(ActKind.WITHDRAW)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.WITHDRAWN
    assert "erase" not in [*world.connectors["billing"].calls, *world.connectors["crm"].calls]


async def test_once_a_system_was_told_to_erase_nobody_withdraws(world: World) -> None:
    case = await _erasure(world, "too_late", {"after": {"crm": ("billing",)}})
    world.connectors["billing"].fail("erase", Transient("busy", retry_after=3))
    await case.approve_twice()
    await eventually(lambda: _is("erase" in world.connectors["billing"].calls))
    assert ActKind.WITHDRAW not in {one.kind for one in (await world.office.show(case.id)).possible}
    assert not (await world.office.mine(case.id)).may_withdraw
    with pytest.raises(WrongStage, match="It has begun"):
        await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)


async def test_what_comes_after_a_system_that_is_left_out_is_left_out_too_and_named(world: World) -> None:
    case = await _vetoed(world, "order_kept", erasure={"after": {"crm": ("billing",)}})
    await case.approve_twice()
    await _blocked_on(case, "billing")
    await case.act(ActKind.SKIP_SYSTEM, system="billing")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    crm = world.connectors["crm"]
    assert "erase" not in crm.calls
    assert ("contacts", f'["{case.person.number}"]') in crm.rows
    letter = world.mail.text(case.person.email, "Not finished yet")
    assert "Customer relations" in letter
    assert "Billing" in letter
    waited = [event.facts for event in await case.events() if event.tag.value == "system:waiting"]
    assert {"system": "crm", "phase": "erase", "code": "after_left_out"} in waited


async def test_staff_leave_a_vetoing_system_out_and_the_rest_is_erased(world: World) -> None:
    case = await _vetoed(world, "vetoing_skipped")
    billing, person = world.connectors["billing"], case.person
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
