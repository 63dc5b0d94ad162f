"""A collection gets another name while a request waits: what was collected of it is collected again, by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from habeas.acts import ActKind
from habeas.connector import Manifest, Treatment
from habeas.errors import Terminal
from habeas.model import Outcome, Right, Stage
from tests.workflows.controllers import US, answering_under, package
from tests.workflows.world import Case, World, eventually, someone


@pytest.fixture(autouse=True)
def _as_it_was(world: World) -> Iterator[None]:
    """The CRM as other tests know it."""
    crm = world.connectors["crm"]
    before = crm.manifest
    yield
    crm.manifest = before
    for connector in world.connectors.values():
        connector.faults.clear()


def _named(world: World, old: str, new: str) -> None:
    """The operator renames a table of the CRM, in its database and in its map."""
    crm = world.connectors["crm"]
    collections = (one.model_copy(update={"name": new}) if one.name == old else one for one in crm.manifest.collections)
    crm.manifest = crm.manifest.model_copy(update={"collections": tuple(collections)})
    for place, row in [*crm.rows.items()]:
        if place[0] == old:
            del crm.rows[place]
            crm.put(row.model_copy(update={"collection": new}))


@contextmanager
def _notes(world: World, **other: object) -> Iterator[None]:
    """What the map says of notes, for a while."""
    crm = world.connectors["crm"]
    before: Manifest = crm.manifest
    collections = (one.model_copy(update=other) if one.name == "notes" else one for one in before.collections)
    crm.manifest = before.model_copy(update={"collections": tuple(collections)})
    yield
    crm.manifest = before


async def _waits_for_billing(world: World, right: Right = Right.ACCESS, **words: object) -> Case:
    """The CRM's records are collected, and billing's are not yet."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, **words)
    await case.reaches(Stage.VERIFYING)
    world.connectors["billing"].fail("collect", Terminal("no permission"))
    await case.prove()
    await _is_blocked(case, "billing")
    return case


async def _is_blocked(case: Case, *systems: str) -> None:
    async def so() -> bool:
        return (await case.row()).blocked_on == systems

    await eventually(so)


async def _collected(case: Case) -> list[object]:
    return [one.facts["system"] for one in await case.events() if one.tag.value == "system:collected"]


async def test_a_copy_has_what_was_renamed_meanwhile(world: World) -> None:
    case = await _waits_for_billing(world)
    _named(world, "notes", "remarks")
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    names = (await package(case)).namelist()
    assert [one for one in names if "remarks" in one]
    assert not [one for one in names if "notes" in one]
    assert await _collected(case) == ["crm", "billing", "crm"]
    _named(world, "remarks", "notes")


async def test_an_answer_by_category_has_it_too(world: World) -> None:
    of = answering_under(world, "renaming_in_california", *US)
    case = await _waits_for_billing(world, controller=of, jurisdiction="US-CA", scope="categories")
    _named(world, "notes", "remarks")
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await case.reaches(Stage.CLOSED)
    assert await _collected(case) == ["crm", "billing", "crm"]
    _named(world, "remarks", "notes")


async def test_a_plan_is_drafted_of_what_was_renamed_and_goes_back_if_it_is_again(world: World) -> None:
    case = await _waits_for_billing(world, Right.ERASURE)
    _named(world, "notes", "remarks")
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await case.reaches(Stage.REVIEWING)
    assert await _collected(case) == ["crm", "billing", "crm"]
    before = await case.plan()
    _named(world, "remarks", "notes")
    await case.approve_twice()
    await case.approve_anew(before)
    await case.reaches(Stage.CLOSED)
    assert not [key for key in world.connectors["crm"].rows if case.person.number in key[1]]


async def test_a_change_is_planned_of_it(world: World) -> None:
    case = await _waits_for_billing(world, Right.RESTRICTION, situation="the address is wrong")
    _named(world, "notes", "remarks")
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await case.reaches(Stage.REVIEWING)
    assert await _collected(case) == ["crm", "billing", "crm"]
    _named(world, "remarks", "notes")


async def test_what_no_plan_can_be_made_of_is_that_systems_and_may_be_left_out(world: World) -> None:
    """Its map lost the law that something is retained by: it is shown by name, asked again, and left out by staff."""
    case = await _waits_for_billing(world, Right.ERASURE)
    with _notes(world, treatment=Treatment.RETAIN):
        await case.act(ActKind.RETRY_SYSTEM, system="billing")
        await _is_blocked(case, "crm")
        (shown,) = (await world.office.show(case.id)).waits
        assert (shown.system, shown.phase, shown.error_code) == ("crm", "collect", "quarantine")
        before = (await case.letters()).count("staff_attention")
        await case.act(ActKind.RETRY_SYSTEM, system="crm")
        await case.has_letter("staff_attention", before + 1)
        await _is_blocked(case, "crm")
        await case.act(ActKind.SKIP_SYSTEM, system="crm")
        await case.reaches(Stage.REVIEWING)
    assert not (await case.row()).blocked_on
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "Customer relations" in world.mail.text(case.person.email, "Not finished yet")
