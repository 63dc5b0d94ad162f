"""One bad system never blocks the rest; staff retry it or leave it out, and the letter says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.ledger.results import object_name
from habeas.acts import ActKind
from habeas.errors import BadInput, Quarantine, Terminal, Transient
from habeas.model import Outcome, Stage
from tests.workflows.keeping import sweep
from tests.workflows.world import Person, World, eventually, someone


async def test_a_moment_of_weakness_is_retried_without_anybody(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", *(Transient("busy", retry_after=0.01) for _ in range(2)))
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_the_others_go_on_while_one_waits_for_staff(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", Terminal("no permission"))
    await case.prove()

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("crm",)

    await eventually(blocked)

    async def other_done() -> bool:
        return any(
            event.facts.get("system") == "billing"
            for event in await case.events()
            if event.tag.value == "system:collected"
        )

    await eventually(other_done)
    with pytest.raises(BadInput):
        await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.FULFILLED
    assert closed.blocked_on == ()


async def test_a_system_left_out_is_named_in_the_letter(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", Quarantine("strange answer"))
    await case.prove()
    await case.has_letter("staff_attention")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "Customer relations" in world.mail.text(person.email, "/d/")
    # The letter says that the person hears from us: staff are told that it is theirs to see to it.
    assert (await case.letters()).count("staff_attention") == 2
    async with world.parts.ledger.begin() as tx:
        told = [row.dedupe for row in await tx.letters(case.id) if row.kind == "staff_attention"]
    assert "left_out/crm" in told


async def test_staff_are_reminded_of_what_was_left_out_until_a_later_request_completes_it(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", Quarantine("strange answer"))
    await case.prove()
    await case.has_letter("staff_attention")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)

    async def told() -> int:
        async with world.parts.ledger.begin() as tx:
            return len([row for row in await tx.letters(case.id) if row.dedupe.startswith("left_out/crm")])

    for days, letters in ((6, 1), (8, 2), (8, 2), (16, 3)):
        await sweep(world, timedelta(days=days))
        assert await told() == letters
    again = await world.open(person)
    await again.prove()
    assert (await again.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    await sweep(world, timedelta(days=24))
    assert await told() == 3


async def test_a_system_that_is_down_for_a_day_is_waited_for(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    world.connectors["billing"].fail(
        "collect", *(Transient("down", retry_after=0.01 if n < 4 else None) for n in range(12))
    )
    await case.prove()
    await case.reaches(Stage.COLLECTING)
    await case.passes(timedelta(days=1))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_two_people_on_one_mailbox_stop_for_a_human(world: World) -> None:
    person = someone("Ada Test")
    other = Person(name="Bertil Other", email=person.email, number=person.number + "-2")
    person.settle_in(world.connectors)
    other.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLARIFYING)
    await case.has_letter("staff_attention")
    shown = await world.office.candidates(case.id, by="ann", reason="who is it")
    decisions = {one.handle: one.name == "Ada Test" for one in shown.records if one.standing == "held"}
    assert len(decisions) == 2
    await world.office.decide_by_handle(case.id, by="ann", reason="asked by phone", said=decisions)
    await case.reaches(Stage.CLOSED)
    collected = [event for event in await case.events() if event.tag.value == "system:collected"]
    assert {event.facts["system"]: event.facts["records"] for event in collected} == {"crm": 4, "billing": 2}


async def test_the_path_that_found_each_record_is_kept_for_the_evidence_and_shown(world: World) -> None:
    person = someone("Ada Test")
    person.settle_in(world.connectors)
    # Billing knows the number alone, and the CRM's contact is the way to it.
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    shown = await world.office.candidates(case.id, by="ann", reason="how was it found")
    ways = {one.system: one.path for one in shown.records}
    assert ways == {
        "crm": "email: crm contacts",
        "billing": "email: crm contacts > customer_number: billing customers",
    }
    (facts,) = [event.facts for event in await case.events() if event.tag.value == "match:settled"][-1:]
    paths = facts["paths"]
    assert isinstance(paths, dict)
    assert sorted(map(str, paths.values())) == sorted(ways.values())
    async with world.parts.ledger.begin() as tx:
        key = await tx.key(case.id)
    assert paths[key.digest(object_name("crm", "contacts", f'["{person.number}"]'))] == ways["crm"]
