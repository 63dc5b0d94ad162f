"""Attacks: somebody names another person's request, and wants its decision, or wants it opened anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from habeas.acts import ActKind
from habeas.errors import NotAllowed
from habeas.evidence import Tag
from habeas.model import Outcome, Right, Stage
from tests.workflows.controllers import answering_under
from tests.workflows.test_remedies import COLORADO, UK
from tests.workflows.world import Case, Person, World, someone

SECRET = "the tax file must stay until 2031"


async def _refused(world: World, name: str, place: str) -> Case:
    person = someone("Max Victim")
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, Right.ACCESS, controller=name, jurisdiction=place)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.REFUSE, by="ann", ground="manifestly_unfounded")
    await case.reaches(Stage.CLOSED)
    return case


async def _names(world: World, first: Case, thief: Person, right: Right = Right.APPEAL, **words: object) -> Case:
    row = await first.row()
    return await world.open(
        thief, right, controller=row.controller, jurisdiction=row.jurisdiction, about=first.id, **words
    )


def _all_letters(world: World, address: str) -> str:
    parts = [message.get_body(preferencelist=("plain",)) for message in world.mail.to(address)]
    return " ".join(" ".join(str(part.get_content()).split()) for part in parts if part)


async def _decide(case: Case, kind: ActKind, ground: str | None = None) -> None:
    await case.world.office.act(kind, case.id, by="bob", reason=SECRET, ground=ground)
    await case.reaches(Stage.CLOSED)


async def test_a_strangers_appeal_is_asked_for_a_proof_and_never_reopens_or_tells(world: World) -> None:
    first = await _refused(world, answering_under(world, "golden", COLORADO), "US-CO")
    thief = someone("Nick Thief")
    case = await _names(world, first, thief)
    await case.reaches(Stage.VERIFYING)
    await case.has_letter("staff_attention")
    shown = await world.office.show(case.id)
    assert (shown.standing.about, shown.standing.same_person) == (first.id, False)
    opened = (await case.events())[0]
    assert opened.tag is Tag.REQUEST_OPENED
    assert opened.facts["same_person"] is False
    # The thief has an address, and so can give the code that is sent to it.
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    with pytest.raises(NotAllowed, match="attest how you know"):
        await case.act(ActKind.APPROVE, by="bob")
    await _decide(case, ActKind.REFUSE, "decision_stands")
    told = _all_letters(world, thief.email)
    assert "not been shown to be yours" in told
    assert SECRET not in told
    assert first.id not in told
    assert "decision stands" not in told
    decided = next(event for event in await case.events() if event.tag is Tag.REMEDY_DECIDED)
    assert decided.facts["opened"] is None
    assert decided.facts["other_person"] is True


async def test_a_strangers_complaint_may_be_lawful_and_its_answer_says_nothing_of_the_other(world: World) -> None:
    first = await _refused(world, answering_under(world, "bath", UK), "GB-ENG")
    thief = someone("Nick Thief")
    case = await _names(world, first, thief, Right.COMPLAINT)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await _decide(case, ActKind.APPROVE)
    told = _all_letters(world, thief.email)
    assert SECRET not in told
    assert first.id not in told
    assert "HB-" not in told.replace(case.id, "")
    assert "agree with you" not in told
    decided = next(event for event in await case.events() if event.tag is Tag.REMEDY_DECIDED)
    assert decided.facts["opened"] is None


async def test_who_gives_the_victims_address_beside_their_own_gets_no_letter(world: World) -> None:
    first = await _refused(world, answering_under(world, "durango", COLORADO), "US-CO")
    thief = someone("Nick Thief")
    case = await _names(world, first, thief, emails=(thief.email, first.person.email.upper()))
    await case.reaches(Stage.REVIEWING)
    assert (await world.office.show(case.id)).standing.same_person is True
    await _decide(case, ActKind.APPROVE)
    assert world.mail.to(thief.email) == []
    assert SECRET in _all_letters(world, first.person.email)


async def test_knowing_a_number_that_was_never_proven_is_not_being_that_person(world: World) -> None:
    first = await _refused(world, answering_under(world, "pueblo", COLORADO), "US-CO")
    thief = someone("Nick Thief")
    number = f"customer_number={first.person.number}"
    case = await _names(world, first, thief, identifiers=(number,))
    await case.reaches(Stage.VERIFYING)
    assert (await world.office.show(case.id)).standing.same_person is False
    # What is on record decides where the code goes: not to whoever typed the number.
    await case.has_letter("code")
    assert "one-time code" in _all_letters(world, first.person.email)
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)


async def test_a_human_who_knows_better_attests_and_then_it_is_decided_for_the_first_address(world: World) -> None:
    first = await _refused(world, answering_under(world, "lamar", COLORADO), "US-CO")
    moved = someone("Max Victim")
    case = await _names(world, first, moved)
    await case.reaches(Stage.VERIFYING)
    await world.office.act(ActKind.ATTEST, case.id, by="bob", reason="showed the passport and the old address")
    await case.reaches(Stage.REVIEWING)
    assert (await world.office.show(case.id)).standing.same_person is True
    await _decide(case, ActKind.APPROVE)
    decided = next(event for event in await case.events() if event.tag is Tag.REMEDY_DECIDED)
    assert decided.facts["opened"]
    assert SECRET in _all_letters(world, first.person.email)
    assert SECRET not in _all_letters(world, moved.email)


async def test_who_does_not_prove_it_hears_no_more(world: World) -> None:
    first = await _refused(world, answering_under(world, "salida", COLORADO), "US-CO")
    case = await _names(world, first, someone("Nick Thief"))
    await case.reaches(Stage.VERIFYING)
    await case.passes(timedelta(days=30))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.UNVERIFIED
    assert "remedy_decision" not in await case.letters()
