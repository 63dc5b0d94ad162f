"""What was found or collected has another name or place by now, or is gone: nothing is left out in silence."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import pytest

from habeas.acts import ActKind
from habeas.connector import Manifest, Page, RecordRef, Treatment
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

    async def crm_is_there() -> bool:
        return await _collected(case) == ["crm"]

    await eventually(crm_is_there)
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


@contextmanager
def _before_collecting(world: World, happens: Callable[[], None]) -> Iterator[None]:
    """Something happens in the CRM once, between finding and collecting."""
    crm = world.connectors["crm"]
    real, calls = crm.collect, list[int]()

    async def collect(roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        if not calls:
            happens()
        calls.append(1)
        async for page in real(roots, cursor):
            yield page

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(crm, "collect", collect)
        yield


async def _asks(world: World) -> Case:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    return case


async def _records(case: Case) -> dict[object, object]:
    told = [one.facts for one in await case.events() if one.tag.value == "system:collected"]
    return {one["system"]: one["records"] for one in told}


async def test_who_finds_somebody_and_gives_nothing_of_them_is_not_believed(world: World) -> None:
    case = await _asks(world)
    with pytest.MonkeyPatch.context() as patched:

        async def nothing(roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
            yield Page(records=(), cursor=None)

        patched.setattr(world.connectors["crm"], "collect", nothing)
        await case.prove()
        await _is_blocked(case, "crm")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert await _records(case) == {"crm": 4, "billing": 2}


async def test_what_was_deleted_since_it_was_found_is_gone(world: World) -> None:
    case = await _asks(world)
    crm = world.connectors["crm"]

    def deleted() -> None:
        for place in [one for one in crm.rows if case.person.number in one[1]]:
            del crm.rows[place]

    with _before_collecting(world, deleted):
        await case.prove()
        assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert await _records(case) == {"crm": 0, "billing": 2}


def _merged(world: World, case: Case, **also: bool) -> None:
    """Their contact goes into another one, with all that belongs to it."""
    crm, old = world.connectors["crm"], f'["{case.person.number}"]'
    contact = crm.rows.pop(("contacts", old))
    new = f'["M-{case.person.number}"]'
    crm.put(contact.model_copy(update={"key": new, **also}))
    crm.put(*(row.model_copy(update={"root": new}) for row in [*crm.rows.values()] if row.root == old))


async def test_what_was_merged_since_it_was_found_is_collected_where_it_is(world: World) -> None:
    case = await _asks(world)
    with _before_collecting(world, lambda: _merged(world, case)):
        await case.prove()
        assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert await _records(case) == {"crm": 4, "billing": 2}


async def test_where_it_is_somebody_elses_by_now_a_human_looks(world: World) -> None:
    case = await _asks(world)
    with _before_collecting(world, lambda: _merged(world, case, staff=True)):
        await case.prove()
        await _is_blocked(case, "crm")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED


async def test_what_was_found_in_a_collection_of_another_name_is_found_anew(world: World) -> None:
    case = await _waits_for_billing(world)
    _named(world, "contacts", "people")
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert [one for one in (await package(case)).namelist() if "people" in one]
    _named(world, "people", "contacts")
