"""A hold is told to each person in their language and by the law of their own request."""

from __future__ import annotations

import pytest

from activities.ledger import HoldWords
from habeas.errors import BadInput
from habeas.model import Identifier, Right, Stage
from tests.workflows.controllers import answering_under, controller
from tests.workflows.world import Person, World, someone
from workers.office.holds import NewHoldInput, PlacedHold

MATTER, SAG = "Case 2026/114, City Court", "Sag 2026/114, byretten"
CALIFORNIA = {"code": "US-CCPA", "jurisdictions": ("US-CA",)}


async def place(world: World, person: Person, name: str, **how: object) -> PlacedHold:
    known = (Identifier(kind="email", value=person.email),)
    asked = {"controller": name, "reason": "claim served", "identifiers": known, "provision": MATTER, **how}
    return await world.office.place_hold(NewHoldInput.model_validate(asked), by="ann")


async def told(world: World, person: Person, name: str, **asked: object) -> str:
    """The closing letter of an erasure that the hold has met."""
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, controller=name, **asked)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    await case.has_letter("completion_erasure")
    return " ".join(world.mail.text(person.email, case.id).split())


@pytest.mark.parametrize(
    ("language", "matter", "other"), [("da", SAG, MATTER), ("en", MATTER, SAG), ("fr", MATTER, SAG)]
)
async def test_a_matter_is_told_in_the_language_of_the_letter(
    world: World, language: str, matter: str, other: str
) -> None:
    name, person = controller(world, "in-words"), someone()
    placed = await place(world, person, name, said={"da": SAG})
    (note,) = placed.notes
    assert note.startswith("People who read fr, de are told this as it is typed")
    letter = await told(world, person, name, language=language)
    assert matter in letter
    assert other not in letter


async def test_a_reason_is_told_by_the_article_of_the_persons_own_law(world: World) -> None:
    name = answering_under(world, "by-law", CALIFORNIA)
    for place_, language, article in (
        ("US-CA", "en", "Kept because of: Cal. Civ. Code § 1798.145(a)."),
        ("DK", "da", "Gemmes på grund af: databeskyttelsesforordningens artikel 17, stk. 3, litra e."),
        ("CA-ON", "en", "Kept because of: PIPEDA Schedule 1 clause 4.5."),
    ):
        person = someone()
        assert (await place(world, person, name, provision="legal_claims")).notes == ()
        letter = await told(world, person, name, jurisdiction=place_, language=language)
        assert article in letter


async def test_who_would_read_it_under_another_law_is_said(world: World) -> None:
    name = answering_under(world, "of-europe", CALIFORNIA)
    (note,) = (await place(world, someone(), name, provision="GDPR art. 17(3)(e)")).notes
    assert note.startswith("People under CA-PIPEDA, US-CCPA are told of GDPR, which is not their law")


async def test_what_nobody_could_be_told_is_refused(world: World) -> None:
    name = answering_under(world, "of-japan", {"code": "JP-APPI", "jurisdictions": ("JP",)})
    with pytest.raises(BadInput, match=r"give legal_claims an article in the policy, under \[provisions\.JP-APPI\]"):
        await place(world, someone(), name, provision="legal_claims")
    with pytest.raises(BadInput, match="the controller answers in en, da, fr, de"):
        await place(world, someone(), controller(world, "in-words"), said={"nb": "Sak 2026/114"})
    with pytest.raises(BadInput, match="provision-in"):
        await place(world, someone(), controller(world, "in-words"), said={"da": " "})


async def test_the_words_lie_sealed_with_the_hold_and_outlive_it(world: World) -> None:
    placed = await place(world, someone(), controller(world, "in-words"), said={"da": SAG})
    await world.office.lift_hold(placed.hold.id, by="ann", reason="settled")
    async with world.parts.ledger.begin() as tx:
        words = await tx.hold_words(placed.hold.id)
    assert words == HoldWords(reason="claim served", lifted_because="settled", said={"da": SAG})
