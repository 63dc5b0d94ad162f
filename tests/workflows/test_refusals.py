"""Refusals: their ground from the closed list of the place, complete by its law, early or late, for all or a part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from habeas import law
from habeas.acts import ActKind
from habeas.errors import BadInput
from habeas.model import Outcome, Stage
from tests.workflows.controllers import answering_under
from tests.workflows.world import World, someone

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
    for kind, more in ((ActKind.REFUSE, {}), (ActKind.EXEMPT, {"category": "activity"})):
        with pytest.raises(BadInput, match="has proved who they are"):
            await case.act(kind, ground="cannot_identify", **more)
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
