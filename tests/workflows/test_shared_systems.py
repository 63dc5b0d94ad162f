"""A system that two controllers have: what one must keep there stays when the other erases, and is not told of."""

from __future__ import annotations

from datetime import timedelta

from habeas.model import Outcome, Right, Stage
from tests.workflows.controllers import controller
from tests.workflows.keeping import sweep
from tests.workflows.test_change_restriction import lifted, restrict
from tests.workflows.test_change_rights import approve, contact, rectify, settled
from tests.workflows.test_holds import MATTER, in_review, place, theirs
from tests.workflows.world import World, someone
from workflows.lifting import LiftRestrictionWorkflow


async def test_a_hold_of_the_other_keeps_and_its_matter_is_not_named(world: World) -> None:
    person = someone()
    placed = await place(world, person, controller=controller(world, "neighbour"))
    case = await in_review(world, person)
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert theirs(world, person) == 4
    letter = " ".join(world.mail.text(person.email, "Kept, because of a pending matter").split())
    assert "17(3)" in letter
    assert MATTER not in letter
    assert placed.hold.id not in str([event.facts for event in await case.events()])
    await world.office.lift_hold(placed.hold.id, by="ann")
    await sweep(world)
    assert theirs(world, person) == 0


async def test_what_the_other_restricted_is_not_erased(world: World) -> None:
    person = settled(world)
    await restrict(world, person, controller(world, "neighbour"))
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert contact(world, person).data["name"] == "Ada Test"


async def test_a_mark_that_the_other_needs_too_stays_when_one_lifts_its_restriction(world: World) -> None:
    person = settled(world)
    await restrict(world, person, controller(world, "neighbour"))
    own = await restrict(world, person)
    await world.office.lift_restriction(own.id, by="ann", reason="it is right")
    await own.has_letter("restriction_lifting")
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{own.id}/lift")
    await world.env.fast_forward(handle, timedelta(days=8))
    await lifted(own)
    assert contact(world, person).restricted


async def test_a_correction_is_no_consent_to_what_they_asked_of_the_other(world: World) -> None:
    person = settled(world)
    await restrict(world, person, controller(world, "neighbour"))
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    plan = await world.office.change_plan(case.id, by="ann", reason="review")
    assert {one.system: len(one.consented) for one in plan.systems} == {"crm": 0, "billing": 0}
    await approve(case)
    await case.reaches(Stage.CLOSED)
    assert contact(world, person).data["name"] == "Ada Test"
