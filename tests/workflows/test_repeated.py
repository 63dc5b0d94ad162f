"""Grounds that are about repeating hold only where the person did ask before: counted, shown, stated, refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.outside import AskedOutside
from habeas.acts import ActKind
from habeas.errors import BadInput, NotAllowed
from habeas.model import Outcome, Right, Stage
from tests.workflows.controllers import US, answering_under
from tests.workflows.test_remedies import UK
from tests.workflows.world import Case, Person, World, someone

DAY = timedelta(days=1)


async def _answered(world: World, person: Person, name: str, right: Right, place: str) -> Case:
    case = await _review(world, person, name, right, place)
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    return case


async def _review(world: World, person: Person, name: str, right: Right, place: str, **words: object) -> Case:
    case = await world.open(person, right, controller=name, jurisdiction=place, **words)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


def _person(world: World) -> Person:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    return person


async def test_the_third_access_request_in_california_may_be_refused_and_no_earlier_one(world: World) -> None:
    name, person = answering_under(world, "fresno", *US), _person(world)
    for known in range(2):
        case = await _review(world, person, name, Right.ACCESS, "US-CA")
        with pytest.raises(BadInput, match=f"known here: {known}"):
            await case.act(ActKind.REFUSE, ground="repeat")
        await case.act(ActKind.APPROVE)
        await case.reaches(Stage.CLOSED)
    third = await _review(world, person, name, Right.PORTABILITY, "US-CA")
    before = (await world.office.show(third.id)).standing.asked_before
    assert before is not None
    assert (before.answered, before.free, before.months) == (2, 2, 12)
    await third.act(ActKind.REFUSE, ground="repeat")
    assert (await third.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    act = next(event for event in await third.events() if event.tag.value == "act:refuse")
    assert (act.facts["asked_before"], act.facts["asked_outside"]) == (2, 0)


async def test_what_others_asked_or_was_only_claimed_counts_for_nobody(world: World) -> None:
    name, person = answering_under(world, "modesto", *US), _person(world)
    claims = {"identifiers": (f"customer_number={person.number}-X",)}
    for _ in range(2):
        other = _person(world)
        case = await _review(world, other, name, Right.ACCESS, "US-CA", **claims)
        await case.act(ActKind.APPROVE)
        await case.reaches(Stage.CLOSED)
    case = await _review(world, person, name, Right.ACCESS, "US-CA", **claims)
    before = (await world.office.show(case.id)).standing.asked_before
    assert before is not None
    assert before.answered == 0
    await case.act(ActKind.WITHDRAW)


async def test_staff_may_state_what_came_in_elsewhere_with_where_it_is_written(world: World) -> None:
    name, person = answering_under(world, "chico", *US), _person(world)
    case = await _review(world, person, name, Right.ACCESS, "US-CA")
    today = datetime.now(UTC).date()

    async def refuse(*days: timedelta) -> None:
        outside = AskedOutside(days=tuple(today - one for one in days), record="letters in binder 7")
        await world.office.act(ActKind.REFUSE, case.id, by="ann", reason="as told", ground="repeat", sealed=outside)

    with pytest.raises(BadInput, match="stated: 1"):
        await refuse(30 * DAY, 400 * DAY)
    with pytest.raises(BadInput, match="stated: 1"):
        await refuse(30 * DAY, 30 * DAY)
    await refuse(30 * DAY, 300 * DAY)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    act = next(event for event in await case.events() if event.tag.value == "act:refuse")
    assert (act.facts["asked_before"], act.facts["asked_outside"]) == (0, 2)
    assert "binder" not in world.mail.text(person.email, "as told")


async def test_a_correction_is_the_same_as_before_only_if_it_was_denied_before(world: World) -> None:
    name, person = answering_under(world, "davis", *US), _person(world)
    asked = {"corrections": ("name: Ada Test => Ada Byron",)}
    for right_thing in (False, True):
        case = await _review(world, person, name, Right.RECTIFICATION, "US-CA", **asked)
        if not right_thing:
            with pytest.raises(BadInput, match="denial of the same correction"):
                await case.act(ActKind.REFUSE, ground="same_as_before")
            await case.act(ActKind.REFUSE, ground="accurate")
        else:
            await case.act(ActKind.REFUSE, ground="same_as_before")
        await case.reaches(Stage.CLOSED)
    other = await _review(
        world, person, name, Right.RECTIFICATION, "US-CA", corrections=("name: Ada Test => Ada King",)
    )
    with pytest.raises(BadInput, match="known here: 0"):
        await other.act(ActKind.REFUSE, ground="same_as_before")
    await other.act(ActKind.WITHDRAW)


async def test_a_first_request_in_virginia_costs_nothing(world: World) -> None:
    name, person = answering_under(world, "norfolk", *US), _person(world)
    case = await _review(world, person, name, Right.ACCESS, "US-VA")
    with pytest.raises(BadInput, match="beyond_free_requests takes 2"):
        await world.office.charge(case.id, by="ann", reason="again", amount="USD 10", ground="beyond_free_requests")
    outside = AskedOutside(days=tuple(datetime.now(UTC).date() - n * DAY for n in (40, 80)), record="the old system")
    await world.office.charge(
        case.id, by="ann", reason="again", amount="USD 10", ground="beyond_free_requests", outside=outside
    )
    await case.has_letter("fee")
    await case.act(ActKind.WITHDRAW)


async def test_further_copies_are_of_copies(world: World) -> None:
    name, person = answering_under(world, "york", UK), _person(world)
    case = await _review(world, person, name, Right.ERASURE, "GB-ENG")
    with pytest.raises(BadInput, match="ground"):
        await world.office.charge(case.id, by="ann", reason="x", amount="GBP 10", ground="further_copies")
    await case.act(ActKind.WITHDRAW)
    complaint = await world.open(person, Right.COMPLAINT, controller=name, jurisdiction="GB-ENG")
    await complaint.reaches(Stage.REVIEWING)
    with pytest.raises(NotAllowed):
        await world.office.charge(complaint.id, by="ann", reason="x", amount="GBP 10", ground="further_copies")
    await complaint.act(ActKind.WITHDRAW)
