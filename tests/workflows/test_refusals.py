"""Refusals: their ground from the closed list of the place, complete by its law, early or late, for all or a part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from activities.stated import Stated
from habeas import law
from habeas.acts import ActKind
from habeas.errors import BadInput
from habeas.model import Outcome, Right, Stage
from tests.workflows.controllers import answering_under
from tests.workflows.test_change_rights import settled
from tests.workflows.world import World, someone
from workers.office.asked import OnGround

PLACES = {
    "US-CCPA": "US-CA",
    "US-STATE": "US-CO",
    "CA-QC-25": "CA-QC",
    "ZA-PAIA": "ZA",
    "KR-PIPA": "KR",
    "UK-GDPR": "GB-SCT",
    "CH-FADP": "CH",
    "AU-APP": "AU",
    "BR-LGPD": "BR",
    "NZ-PRIVACY": "NZ",
    "SG-PDPA": "SG",
    "JP-APPI": "JP",
    "EU-GDPR": "DK",
}


@pytest.mark.parametrize(("regime", "place"), PLACES.items(), ids=PLACES)
async def test_a_refusal_says_its_reasons_ground_and_remedies(world: World, regime: str, place: str) -> None:
    name = answering_under(world, f"in-{place.lower()}", {"code": regime, "jurisdictions": (place,)})
    person = someone()
    case = await world.open(person, controller=name, jurisdiction=place)
    await case.reaches(Stage.VERIFYING)
    grounds = law.refusal_grounds(regime, place, (await case.row()).right)
    with pytest.raises(BadInput, match=grounds[0].code):
        await case.act(ActKind.REFUSE, ground="inconvenient")
    await case.act(ActKind.REFUSE, ground=grounds[0].code)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    letter = " ".join(world.mail.text(person.email, "as told").split())
    assert law.cited(grounds[0].cite, "en") in letter
    remedies = law.remedies(regime, place, (await case.row()).right)
    assert any(one.name in letter for one in remedies.authority)
    if remedies.appeal:
        assert "appeal" in letter
        assert "privacy@nordlys-handel.example" in letter
    if "court" in law.notice_contents(regime, place, "refusal"):
        assert "court" in letter
    if remedies.time_limit:
        assert remedies.time_limit.replace("_", " ") in letter


async def test_nobody_who_proved_it_is_refused_as_not_identified(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    for kind, category in ((ActKind.REFUSE, None), (ActKind.EXEMPT, "activity")):
        with pytest.raises(BadInput, match="has proved who they are"):
            await case.act(kind, ground="cannot_identify", category=category)
    assert not {"act:refuse", "act:exempt"} & {event.tag.value for event in await case.events()}


async def test_a_late_refusal_is_still_a_refusal(world: World) -> None:
    person = someone()
    received = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    case = await world.open(person, received_at=received)
    await case.has_letter("staff_alarm")
    await case.act(ActKind.REFUSE, ground="excessive")
    row = await case.reaches(Stage.CLOSED)
    assert (row.outcome, row.overdue) == (Outcome.REFUSED, True)
    letter = " ".join(world.mail.text(person.email, "as told").split())
    assert "Datatilsynet" in letter
    assert "12(5)" in letter


async def test_an_objection_that_may_not_be_told_is_not_and_the_authority_was(world: World) -> None:
    name = answering_under(world, "pipeda", {"code": "CA-PIPEDA", "jurisdictions": ("CA-ON",)})
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, controller=name, jurisdiction="CA-ON")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    with pytest.raises(BadInput, match="Privacy Commissioner is told"):
        await case.act(ActKind.REFUSE, ground="government_objection")
    told = Stated(on=world.now[0].date() - timedelta(days=1), what="By registered letter")
    said = OnGround(reason="as told", ground="government_objection", stated=told)
    shown = await world.office.preview(ActKind.REFUSE, case.id, said, by="ann")
    assert shown.letter
    assert "as told" not in shown.letter.text
    await case.act(ActKind.REFUSE, ground="government_objection", stated=told)
    await case.reaches(Stage.CLOSED)
    await case.has_letter("refusal")
    letter = " ".join(world.mail.text(person.email, "excepts").split())
    assert "The law excepts data of this kind from this right (PIPEDA s. 9)." in letter
    assert not [said for said in ("institution", "as told", "registered", "2.4") if said in letter]
    (refused,) = [event.facts for event in await case.events() if event.tag.value == "act:refuse"]
    assert (refused["stated"], refused["stated_on"]) == ("authority_told", str(told.on))


async def test_a_refused_correction_leaves_the_note_that_the_law_wants(world: World) -> None:
    name = answering_under(world, "pdpa", {"code": "SG-PDPA", "jurisdictions": ("SG",)})
    case = await world.open(
        settled(world),
        Right.RECTIFICATION,
        controller=name,
        jurisdiction="SG",
        corrections=("name: Ada Test => Ada Lovelace",),
    )
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.REFUSE, ground="accurate")
    await case.reaches(Stage.CLOSED)
    await case.has_letter("refusal")
    assert "We note with the data the correction" in " ".join(world.mail.text(case.person.email, "as told").split())
    assert [event.facts["corrections"] for event in await case.events() if event.tag.value == "contest:noted"] == [1]


async def test_who_decides_about_the_data_is_named_to_the_person(world: World) -> None:
    name = answering_under(world, "lgpd", {"code": "BR-LGPD", "jurisdictions": ("BR",)})
    case = await world.open(someone(), controller=name, jurisdiction="BR")
    await case.reaches(Stage.VERIFYING)
    await case.act(ActKind.REFUSE, ground="not_the_controller", stated=Stated(what="Loja Ltda"))
    await case.reaches(Stage.CLOSED)
    assert "it is Loja Ltda who decides" in " ".join(world.mail.text(case.person.email, "as told").split())
