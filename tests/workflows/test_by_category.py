"""A request about some categories of data only: the rest was not asked for, and is not touched."""

from __future__ import annotations

import json

import pytest

from habeas.acts import ActKind
from habeas.errors import BadInput
from habeas.model import Outcome, Right, Stage
from habeas.testing import MemoryRow
from tests.workflows.controllers import package, withheld
from tests.workflows.world import LAW, Case, Person, World, someone
from workers.office import NewRequestInput


async def _asked(world: World, right: Right, *categories: str, **words: object) -> Case:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, categories=categories, **words)
    await case.prove()
    return case


def _left(world: World, person: Person) -> set[str]:
    rows = {**world.connectors["crm"].rows, **world.connectors["billing"].rows}
    return {collection for (collection, key) in rows if person.number in key}


def _one_line(world: World, case: Case, containing: str) -> str:
    return " ".join(world.mail.text(case.person.email, containing).split())


async def test_only_the_category_that_was_asked_for_is_erased(world: World) -> None:
    case = await _asked(world, Right.ERASURE, "activity")
    contact = world.connectors["crm"].rows["contacts", f'["{case.person.number}"]']
    await case.reaches(Stage.REVIEWING)
    shown = await world.office.plan(case.id, by="ann", reason="review")
    assert shown.categories == ("activity",)
    assert {each.category for plan in shown.systems for each in plan.objects} == {"activity"}
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert _left(world, case.person) == {"contacts", "customers", "invoices"}
    assert world.connectors["crm"].rows["contacts", f'["{case.person.number}"]'] == contact
    async with world.parts.ledger.begin() as tx:
        assert await tx.outcome_counts(case.id) == {"crm": {"erased": 3}}
        assert await tx.retained(case.id) == ()
    letter = _one_line(world, case, "It is done.")
    assert "This is only about: History of our contact with you." in letter
    assert "was not asked for, and stays as it is" in letter
    assert LAW not in letter
    opened = next(event for event in await case.events() if event.tag.value == "request:opened")
    assert opened.facts["categories"] == ["activity"]


async def test_what_changes_or_appears_elsewhere_does_not_send_the_plan_back(world: World) -> None:
    case = await _asked(world, Right.ERASURE, "activity")
    await case.reaches(Stage.REVIEWING)
    number, crm, billing = case.person.number, world.connectors["crm"], world.connectors["billing"]
    contact = crm.rows["contacts", f'["{number}"]']
    crm.put(contact.model_copy(update={"data": {**contact.data, "name": "Ada Married"}}))
    customer = f'["C{number}"]'
    billing.put(MemoryRow(collection="invoices", key=f'["I{number}-2"]', root=customer, data={"total": "3.00"}))
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert (await case.tags()).count("plan:drafted") == 1


async def test_what_was_not_asked_for_keeps_what_it_points_at(world: World) -> None:
    """The invoices stay, since nobody asked for them; so their customer is made anonymous, not broken."""
    case = await _asked(world, Right.ERASURE, "account")
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert _left(world, case.person) == {"contacts", "notes", "customers", "invoices"}
    assert world.connectors["billing"].rows["customers", f'["C{case.person.number}"]'].data == {}


async def test_what_a_law_keeps_of_what_was_asked_for_is_told(world: World) -> None:
    case = await _asked(world, Right.ERASURE, "activity", "transactions")
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert LAW in _one_line(world, case, "We erased what we may erase.")


async def test_nothing_held_of_what_was_asked_for_is_said_so(world: World) -> None:
    case = await _asked(world, Right.ERASURE, "chat")
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert "stays as it is" in _one_line(world, case, "We looked, and hold nothing of what you asked us to erase.")
    assert _left(world, case.person) == {"contacts", "notes", "customers", "invoices"}


async def test_a_copy_has_the_categories_that_were_asked_for(world: World) -> None:
    case = await _asked(world, Right.ACCESS, "contact", "account")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    zipped = await package(case)
    names = {name for name in zipped.namelist() if name.endswith(".json")}
    assert {"data/crm/contacts.json", "data/billing/customers.json"} <= names, sorted(names)
    assert not {"data/crm/notes.json", "data/billing/invoices.json"} & names
    assert {item["reason"] for item in withheld(zipped).values()} == {"You did not ask for it."}
    letter = _one_line(world, case, "/d/")
    assert "This is only about:" in letter
    assert "You did not ask for it." in letter
    assert json.loads(zipped.read("withheld.json"))


async def test_only_what_was_asked_for_can_be_refused_in_part(world: World) -> None:
    case = await _asked(world, Right.ERASURE, "activity")
    await case.reaches(Stage.REVIEWING)
    with pytest.raises(BadInput, match="category: the policy has these: activity"):
        await case.act(ActKind.EXEMPT, category="contact", ground="legal_claims")
    before = await case.plan()
    await case.act(ActKind.EXEMPT, category="activity", ground="legal_claims")
    await case.approve_anew(before)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED


async def test_what_is_asked_for_is_one_of_the_policys_categories(world: World) -> None:
    def asked(right: Right, *categories: str) -> NewRequestInput:
        return NewRequestInput(
            right=right.value, opened_by="ann", controller="demo", emails=("a@b.example",), categories=categories
        )

    with pytest.raises(BadInput, match="category: write one of: contact, "):
        await world.office.open_request(asked(Right.ERASURE, "everything"))
    with pytest.raises(BadInput, match="restriction is not asked for by category"):
        await world.office.open_request(asked(Right.RESTRICTION, "contact"))


async def test_the_same_categories_in_another_order_are_the_same_request(world: World) -> None:
    person = someone()
    first = await world.open(person, Right.ERASURE, categories=("activity", "contact"))
    words = {"right": "erasure", "opened_by": "ann", "controller": "demo", "emails": (person.email,)}
    again = NewRequestInput.model_validate({**words, "categories": ("contact", "activity")})
    assert (await world.office.open_request(again)).id == first.id
    assert (await world.office.open_request(NewRequestInput.model_validate(words))).created


async def test_data_of_another_controller_is_not_sent_on_unless_it_was_asked_for(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, controlled_by="them@customer.example")
    case = await world.open(person, Right.ERASURE, controller="processing", categories=("contact",))
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert "request:forwarded" not in await case.tags()
    assert "them@customer.example" not in {to for to, _ in world.mail.letters}
