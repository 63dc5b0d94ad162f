"""Appeals, complaints, grievances: decided by somebody else, told with reasons, carried out anew where granted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from activities.ledger import RequestFilter
from activities.model import RemedyOrder
from activities.remedies import RemedyActivities
from habeas.acts import ActKind
from habeas.errors import BadInput, NotAllowed, NothingAnew, StillStands
from habeas.evidence import Tag
from habeas.model import Outcome, Right, Stage
from tests.workflows.controllers import answering_under
from tests.workflows.keeping import HERE
from tests.workflows.world import Case, World, someone

COLORADO = {"code": "US-STATE", "jurisdictions": ("US-CO",)}
UK = {"code": "UK-GDPR", "jurisdictions": ("GB-ENG",)}


async def _refused(
    world: World,
    name: str,
    place: str,
    right: Right = Right.ACCESS,
    *,
    ground: str = "manifestly_unfounded",
    language: str = "en",
) -> Case:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, right, controller=name, jurisdiction=place, language=language)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.REFUSE, by="ann", ground=ground)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    return case


async def _appeal(world: World, first: Case, right: Right = Right.APPEAL) -> Case:
    row = await first.row()
    case = await world.open(
        first.person, right, controller=row.controller, jurisdiction=row.jurisdiction, about=first.id
    )
    await case.reaches(Stage.REVIEWING)
    return case


async def test_a_granted_appeal_opens_the_request_anew(world: World) -> None:
    name = answering_under(world, "denver", COLORADO)
    first = await _refused(world, name, "US-CO")
    refusal = " ".join(world.mail.text(first.person.email, "as told").split())
    assert "appeal" in refusal
    appeal = await _appeal(world, first)
    await appeal.has_letter("acknowledgement")
    row = await appeal.row()
    assert row.due_on == row.received_at.astimezone(HERE).date() + timedelta(days=45)
    with pytest.raises(NotAllowed, match="another person must decide"):
        await appeal.act(ActKind.APPROVE, by="ann")
    assert (await appeal.row()).stage is Stage.REVIEWING
    await appeal.act(ActKind.APPROVE, by="bob")
    assert (await appeal.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert sorted(await appeal.letters()) == ["acknowledgement", "remedy_decision", "staff_attention"]

    decided = next(event for event in await appeal.events() if event.tag is Tag.REMEDY_DECIDED)
    anew = str(decided.facts["opened"])
    assert decided.facts["granted"] is True
    assert decided.facts["about"] == first.id
    assert anew in world.mail.text(first.person.email, anew)
    there = next(event for event in await first.events() if event.tag is Tag.REMEDY_DECIDED)
    assert there.facts == {"granted": True, "on": appeal.id, "opened": anew}

    assert await world.office.start_unstarted() == ()
    again = Case(world, anew, first.person)
    await again.prove()
    await again.reaches(Stage.REVIEWING)
    opened = (await again.events())[0]
    assert (opened.facts["after"], opened.facts["anew"]) == (appeal.id, first.id)
    assert (await again.row()).right is Right.ACCESS
    await again.act(ActKind.APPROVE, by="bob")
    assert (await again.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


@pytest.mark.parametrize(("right", "regime"), [(Right.APPEAL, COLORADO), (Right.COMPLAINT, UK)])
async def test_a_remedy_is_answered_where_and_as_the_request_that_it_is_about_was(
    world: World, right: Right, regime: dict[str, Any]
) -> None:
    code, (place,) = regime["code"], regime["jurisdictions"]
    name = answering_under(world, f"there-{place.lower()}", regime)
    first = await _refused(world, name, place, language="fr")
    asked = {"controller": name, "about": first.id}
    for field, other in (("jurisdiction", "DK"), ("regime", "EU-GDPR")):
        with pytest.raises(BadInput, match=f"{field}: {first.id} is of {place} under {code}"):
            await world.open(first.person, right, **asked, **{field: other})
    case = await world.open(first.person, right, **asked)
    row = await case.row()
    assert (row.regime, row.jurisdiction, row.language) == (code, place, "fr")
    heading = "right,emails,controller,about,jurisdiction,regime"
    mine = f"{right.value},{first.person.email},{name},{first.id.lower()}"
    text = f"{heading}\n{mine},{place.lower()},{code.lower()}\n{mine},DK,\n{mine},,\n"
    found = await world.office.import_requests(text, by="ann", skip_bad=True)
    assert {(one.line, one.id, one.created) for one in found.opened} == {(2, case.id, False), (4, case.id, False)}
    assert [one.line for one in found.bad] == [3]


async def test_a_decision_is_written_once_however_often_it_is_tried(world: World) -> None:
    first = await _refused(world, answering_under(world, "boulder", COLORADO), "US-CO")
    appeal = await _appeal(world, first)
    answer = await appeal.act(ActKind.APPROVE, by="bob")
    await appeal.reaches(Stage.CLOSED)
    before = await appeal.tags()
    order = RemedyOrder(request_id=appeal.id, at=world.now[0], act_id=answer.act_id, granted=True)
    reports = {(await RemedyActivities(world.parts).decide(order)).opened for _ in range(2)}
    decided = next(event for event in await appeal.events() if event.tag is Tag.REMEDY_DECIDED)
    assert reports == {decided.facts["opened"]}
    assert await appeal.tags() == before


async def test_a_denied_appeal_says_why_and_where_to_go(world: World) -> None:
    first = await _refused(world, answering_under(world, "aspen", COLORADO), "US-CO")
    appeal = await _appeal(world, first)
    with pytest.raises(BadInput, match="decision_stands"):
        await appeal.act(ActKind.REFUSE, by="bob", ground="manifestly_unfounded")
    with pytest.raises(NotAllowed):
        await appeal.act(ActKind.REFUSE, by="ann", ground="decision_stands")
    await appeal.act(ActKind.REFUSE, by="bob", ground="decision_stands")
    assert (await appeal.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    letter = " ".join(world.mail.text(first.person.email, appeal.id).split())
    assert "as told" in letter
    assert "Attorney General" in letter
    decided = next(event for event in await appeal.events() if event.tag is Tag.REMEDY_DECIDED)
    assert decided.facts["granted"] is False
    assert decided.facts["opened"] is None


async def test_a_complaint_has_its_own_clock_and_needs_no_earlier_request(world: World) -> None:
    name = answering_under(world, "london", UK)
    person = someone()
    case = await world.open(
        person, Right.COMPLAINT, controller=name, jurisdiction="GB-ENG", situation="Nobody ever called me back."
    )
    row = await case.reaches(Stage.REVIEWING)
    assert row.acknowledge_by is not None
    assert timedelta(days=29) <= row.acknowledge_by - row.received_at.date() <= timedelta(days=35)
    await case.has_letter("acknowledgement")
    letter = " ".join(world.mail.text(person.email, case.id).split())
    assert "You do not need to prove who you are" in letter
    assert "one-time code" not in letter
    (line,) = await world.office.requests(RequestFilter(controller=name))
    assert (line.due_on, line.days_left) == (None, 30), "the law names no day, and staff aim at one"
    told = len(world.mail.to(person.email))
    await case.passes(timedelta(days=31))
    await case.has_letter("staff_alarm")
    assert (await case.letters()).count("staff_reminder") == 3
    assert (len(world.mail.to(person.email)), (await case.row()).overdue) == (told, False), "no term of theirs is over"
    with pytest.raises(BadInput, match="not_upheld"):
        await case.act(ActKind.REFUSE, by="ann", ground="decision_stands")
    await case.act(ActKind.APPROVE, by="ann")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert (await case.letters())[-1] == "remedy_decision"
    assert "looked into what you complained about" in " ".join(world.mail.text(person.email, "agree with you").split())
    decided = next(event for event in await case.events() if event.tag is Tag.REMEDY_DECIDED)
    assert decided.facts["opened"] is None


async def test_a_complaint_about_a_refusal_is_decided_by_somebody_else(world: World) -> None:
    first = await _refused(world, answering_under(world, "leeds", UK), "GB-ENG")
    case = await _appeal(world, first, Right.COMPLAINT)
    with pytest.raises(NotAllowed):
        await case.act(ActKind.APPROVE, by="ann")
    await case.act(ActKind.APPROVE, by="bob")
    await case.reaches(Stage.CLOSED)
    decided = next(event for event in await case.events() if event.tag is Tag.REMEDY_DECIDED)
    assert decided.facts["opened"]


async def test_what_a_letter_offers_is_opened(world: World) -> None:
    """Korea's objection has no number of days; in Virginia whoever is not found or not proven may appeal as well."""
    name = answering_under(
        world,
        "offered",
        {"code": "KR-PIPA", "jurisdictions": ("KR",)},
        {"code": "US-STATE", "jurisdictions": ("US-VA",)},
        home="KR",
    )
    refused = await _refused(world, name, "KR", ground="rights_of_others")
    assert "appeal to us" in world.mail.text(refused.person.email, "as told")
    assert (await (await _appeal(world, refused)).row()).due_on is None
    later = someone()
    later.settle_in(world.connectors, free_text=True)
    put_off = await world.open(later, controller=name, jurisdiction="KR")
    await put_off.prove()
    due_on = (await put_off.reaches(Stage.REVIEWING)).due_on
    assert due_on is not None
    with pytest.raises(BadInput, match="still open"):
        await _appeal(world, put_off)
    named = (due_on + timedelta(days=9)).isoformat()
    await put_off.act(ActKind.EXTEND, by="ann", ground="good_cause", expected_on=named)
    await put_off.has_letter("extension")
    assert "appeal to us" in world.mail.text(later.email, "as told")
    against = await _appeal(world, put_off)
    with pytest.raises(NothingAnew, match=f"{put_off.id} is not closed yet"):
        await against.act(ActKind.APPROVE, by="bob")
    with pytest.raises(NotAllowed, match="another person must decide"):
        await against.act(ActKind.APPROVE, by="ann", ground="nothing_anew")
    with pytest.raises(StillStands, match=f"The longer term of {put_off.id} still stands"):
        await against.act(ActKind.APPROVE, by="bob", ground="nothing_anew")
    assert (await against.row()).stage is Stage.REVIEWING
    await put_off.act(ActKind.APPROVE, by="ann")
    await put_off.reaches(Stage.CLOSED)
    await against.act(ActKind.APPROVE, by="bob", ground="nothing_anew")
    assert (await against.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    nobody = await world.open(someone(), controller=name, jurisdiction="US-VA")
    await nobody.prove()
    assert (await nobody.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND
    assert "appeal to us" in world.mail.text(nobody.person.email, nobody.id)
    appeal = await _appeal(world, nobody)
    with pytest.raises(BadInput, match="itself an appeal"):
        await world.open(nobody.person, Right.APPEAL, controller=name, about=appeal.id)


@pytest.mark.parametrize(("ground", "anew"), [("in_part", True), ("nothing_anew", False), (None, True)])
async def test_what_was_fulfilled_is_carried_out_anew_where_a_complaint_is_granted(
    world: World, ground: str | None, anew: bool
) -> None:
    name = answering_under(world, f"ely-{ground}", UK)
    person = someone()
    person.settle_in(world.connectors)
    first = await world.open(person, controller=name, jurisdiction="GB-ENG")
    await first.prove()
    assert (await first.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    case = await _appeal(world, first, Right.COMPLAINT)
    with pytest.raises(BadInput, match="in_part, nothing_anew"):
        await case.act(ActKind.APPROVE, by="bob", ground="without_copy")
    await case.act(ActKind.APPROVE, by="bob", ground=ground)
    await case.reaches(Stage.CLOSED)
    decided = next(event for event in await case.events() if event.tag is Tag.REMEDY_DECIDED)
    assert bool(decided.facts["opened"]) is anew
    letter = " ".join(world.mail.text(person.email, case.id).split())
    assert ("we agree with you in part" in letter) is (ground == "in_part")
    assert ("We are now doing what you had asked for" in letter) is anew


async def test_an_appeal_can_be_withdrawn(world: World) -> None:
    first = await _refused(world, answering_under(world, "vail", COLORADO), "US-CO")
    appeal = await _appeal(world, first)
    await appeal.act(ActKind.WITHDRAW)
    assert (await appeal.reaches(Stage.CLOSED)).outcome is Outcome.WITHDRAWN
    assert (await appeal.letters())[-1] == "withdrawal"
