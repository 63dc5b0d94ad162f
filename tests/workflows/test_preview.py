"""A preview is the letter that really goes out: what it says of the law is word for word in the real one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from activities import letters
from activities.letters import Element, Kind
from activities.letters.own import Confirming
from activities.letters.render import drafted
from activities.letters.samples import sample
from activities.letters.wording import TOPIC, lookup
from activities.previews import as_sent_by
from habeas.acts import ActKind
from habeas.model import Right, Stage
from tests.workflows.controllers import answering_under
from tests.workflows.world import Case, World, someone

_LAW = frozenset({*Element}) - {Element.REASONS, Element.WHAT_IS_NEEDED, Element.WHY_DOUBT}
"""What the law wants told; the reasons are words of staff."""


async def _opened(
    world: World, regime: str, place: str, right: Right = Right.ACCESS, *, home: str | None = None
) -> Case:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    name = f"{place.lower()}-at-home" if home else place.lower()
    answering_under(world, name, {"code": regime, "jurisdictions": (place,)}, home=home)
    return await world.open(person, right, controller=name, jurisdiction=place, language="en")


async def _says_as_previewed(case: Case, kind: Kind, regime: str, **changes: Any) -> None:
    """Every paragraph of the preview that fulfils something of the law is in the letter that was sent."""
    await case.has_letter(kind.value)
    request = await case.row()
    policy = case.world.parts.policy(request.controller)
    own = policy.controller
    made = sample(
        kind,
        controller=letters.Controller(name=own.name, contact=own.email, address=own.address),
        regime=regime,
        jurisdiction=request.jurisdiction,
        right=request.right,
        timezone=own.clock_tz,
        received_on=request.received_at.date(),
    )
    facts = as_sent_by(policy, made, request.jurisdiction, "en").model_copy(update={"request_id": case.id} | changes)
    told = [block for block in drafted(facts, lookup(TOPIC, "en")).blocks if block.elements & _LAW]
    assert told
    sent = [" ".join(case.world.mail.text(case.person.email, case.id).split())]
    sent += [" ".join(str(body.get_content()).split()) for body in _plain(case)]
    for block in told:
        for said in (block.text, *block.items):
            words = " ".join(said.split())
            assert any(words in letter for letter in sent), words


def _plain(case: Case) -> list[Any]:
    bodies = (letter.get_body(preferencelist=("plain",)) for letter in case.world.mail.to(case.person.email))
    return [body for body in bodies if body]


@pytest.mark.parametrize(("regime", "place"), [("US-CCPA", "US-CA"), ("CH-FADP", "CH"), ("ZA-PAIA", "ZA")])
async def test_an_acknowledgement_and_a_code(world: World, regime: str, place: str) -> None:
    case = await _opened(world, regime, place)
    await _says_as_previewed(case, Kind.ACKNOWLEDGEMENT, regime)
    await _says_as_previewed(case, Kind.CODE, regime)
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)


@pytest.mark.parametrize(("regime", "place"), [("US-CCPA", "US-CA"), ("CA-PIPEDA", "CA-ON"), ("ZA-PAIA", "ZA")])
async def test_an_extension(world: World, regime: str, place: str) -> None:
    case = await _opened(world, regime, place, home=place)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.EXTEND, ground=await _ground(regime, place))
    await _says_as_previewed(case, Kind.EXTENSION, regime)
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)


async def _ground(regime: str, place: str) -> str:
    facts = sample(Kind.EXTENSION, controller=_SOMEBODY, regime=regime, jurisdiction=place, right=Right.ACCESS)
    assert isinstance(facts, letters.Extension)
    return str(facts.grounds[0].code)


_SOMEBODY = letters.Controller(name="Somebody", contact="privacy@controller.example")


async def test_a_fee(world: World) -> None:
    case = await _opened(world, "CH-FADP", "CH")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await world.office.charge(case.id, by="ann", reason="work", amount="CHF 20", ground="disproportionate_effort")
    # A preview is of a fee asked eight days after the receipt; this one is asked today.
    asked = world.now[0].astimezone(ZoneInfo("Europe/Copenhagen")).date()
    by, due_on = asked + timedelta(days=10), (await case.row()).due_on
    assert due_on is not None
    assert due_on < by + timedelta(days=30), "the Danish month, which binds the shop too"
    confirming = Confirming(days=10, by=by, starts_on=by, due_on=due_on)
    await _says_as_previewed(case, Kind.FEE, "CH-FADP", confirming=confirming)
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)
