"""The same story under another law: other dates, other words."""

from __future__ import annotations

from datetime import timedelta

from habeas.acts import ActKind
from habeas.model import Outcome, Stage
from tests.workflows.world import World, someone


async def test_an_access_request_under_pipeda(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, jurisdiction="CA")
    await case.prove()
    row = await case.reaches(Stage.REVIEWING)
    assert row.regime == "CA-PIPEDA"
    assert row.due_on is not None
    assert timedelta(days=29) <= row.due_on - row.received_at.date() <= timedelta(days=33)
    await case.act(ActKind.EXTEND, ground=(await _grounds(case.id, world))[0])
    await case.has_letter("extension")
    assert "Privacy Commissioner" in world.mail.text(person.email, "as told")
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_a_refusal_under_pipeda_tells_the_recourse(world: World) -> None:
    from habeas import law

    person = someone()
    case = await world.open(person, jurisdiction="CA", language="fr")
    await case.reaches(Stage.VERIFYING)
    ground = law.refusal_grounds("CA-PIPEDA", "CA")[0].code
    await case.act(ActKind.REFUSE, ground=ground)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    assert (await case.letters())[-1] == "refusal"


async def _grounds(request_id: str, world: World) -> tuple[str, ...]:
    from habeas import law

    async with world.parts.ledger.begin() as tx:
        request = await tx.request(request_id)
    return law.extension_grounds(request.regime, request.jurisdiction)
