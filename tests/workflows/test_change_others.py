"""Changing rights and what is not the controller's to change: somebody else decides over it, or a hold keeps it."""

from __future__ import annotations

from habeas.model import Outcome, Right, Stage
from tests.workflows.controllers import with_category
from tests.workflows.test_change_rights import approve, contact, counts, customer, rectify, settled
from tests.workflows.test_holds import MATTER, place
from tests.workflows.world import Person, World, eventually


def processed(world: World, category: str = "contact") -> str:
    """A controller that only processes this category, for whomever the record names."""
    policies = world.parts.policies
    return with_category(
        world, f"only-{category}", category, controlled_by=policies["processing"].category("activity").controlled_by
    )


def owned(world: World, owner: str) -> Person:
    """A person in whose contact stands who decides over it."""
    person = settled(world)
    row = contact(world, person)
    world.connectors["crm"].put(row.model_copy(update={"data": row.data | {"controlled_by": owner}}))
    return person


async def written_to(world: World, address: str) -> str:
    """The letter to somebody, once it came."""

    async def there() -> bool:
        return bool(world.mail.to(address))

    await eventually(there)
    return world.mail.text(address, "")


async def test_what_others_decide_over_is_not_corrected_but_sent_on(world: World) -> None:
    person = owned(world, "owner1@customer.example")
    case = await world.open(
        person,
        Right.RECTIFICATION,
        controller=processed(world),
        corrections=("name: Ada Test => Ada Lovelace", "street: Old Road 1 => Hidden Lane 9"),
        evidence="the passport",
        note="I moved because of threats",
    )
    await case.prove()
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert contact(world, person).data["name"] == "Ada Test"
    assert customer(world, person).data["name"] == "Ada Lovelace"
    assert await counts(case) == {"crm": {"blocked": 1}, "billing": {"rectified": 1}}
    assert "our customer" in world.mail.text(person.email, "What we did not change, and why")
    letter = await written_to(world, "owner1@customer.example")
    assert "Ada Lovelace" in letter
    assert "Ada Test" in letter
    assert "the passport" in letter
    for said in ("Old Road", "Hidden Lane", "threats"):
        assert said not in letter, "none of it stands in their record"


async def test_what_others_decide_over_is_not_restricted(world: World) -> None:
    person = owned(world, "owner2@customer.example")
    case = await world.open(person, Right.RESTRICTION, controller=processed(world), situation="it is wrong")
    await case.prove()
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert not contact(world, person).restricted
    assert customer(world, person).restricted
    held = {row.system: row.objects for row in await world.office.restrictions(request_id=case.id)}
    assert held == {"crm": 3, "billing": 2}
    assert "our customer" in world.mail.text(person.email, "What we did not change, and why")


async def test_a_value_under_a_legal_hold_is_not_overwritten_and_the_letter_says_so(world: World) -> None:
    person = settled(world)
    await place(world, person, category="contact")
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert contact(world, person).data["name"] == "Ada Test"
    assert customer(world, person).data["name"] == "Ada Lovelace"
    assert await counts(case) == {"crm": {"blocked": 1}, "billing": {"rectified": 1}}
    assert (await case.tags()).count("hold:placed") == 1
    assert MATTER in world.mail.text(person.email, "What we did not change, and why")
    assert "Customer relations" not in world.mail.text(person.email, "What we did not change, and why").split(MATTER)[1]


async def test_a_hold_that_comes_after_the_plan_keeps_the_value_as_well(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    first = (await case.world.office.change_plan(case.id, by="ann", reason="review")).digest
    await place(world, person, category="contact")
    shown = await case.world.office.change_plan(case.id, by="ann", reason="review")
    if shown.digest == first:
        await approve(case)
        assert contact(world, person).data["name"] == "Ada Test"

    async def again() -> bool:
        plan = await case.world.office.change_plan(case.id, by="ann", reason="review")
        return (await case.row()).stage is Stage.REVIEWING and plan.digest != first

    await eventually(again)
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert contact(world, person).data["name"] == "Ada Test"


async def test_an_objection_that_is_weighed_is_sent_on(world: World) -> None:
    person = settled(world)
    person.settle_in(world.connectors, controlled_by="owner3@customer.example")
    asked = {"purposes": ("profiling",), "situation": "I am a journalist"}
    case = await world.open(person, Right.OBJECTION, controller="processing", **asked)
    await case.prove()
    letter = await written_to(world, "owner3@customer.example")
    assert "What it is no longer to be used for" in letter
    assert person.email in letter
    assert person.number not in letter.replace(f"{person.number}-", ""), "of no record of theirs"
    assert "I am a journalist" not in letter, "it may be about more than theirs"
    assert "The person told us more" in letter
    await case.has_letter("forwarded")
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_what_stops_at_once_is_sent_on_and_an_unproven_address_reads_nothing_of_it(world: World) -> None:
    person = settled(world)
    person.settle_in(world.connectors, controlled_by="owner4@customer.example")
    case = await world.open(person, Right.OBJECTION, controller="processing", purposes=("newsletter",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).stopped == {"newsletter"}
    letter = await written_to(world, "owner4@customer.example")
    assert person.email in letter, "which was typed, and stands in their record"
    assert "Nobody has proven to us" in letter
    assert "forwarded" not in await case.letters()
    tags = await case.tags()
    assert tags.index("system:changed") < tags.index("system:collected"), "stopping waits for nothing"
