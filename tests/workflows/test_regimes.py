"""The same story under another law: other dates, other words."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from activities.clockface import local_day
from activities.ledger import RequestFilter
from activities.letters.wording import lookup
from habeas.acts import ActKind
from habeas.errors import BadInput
from habeas.model import Outcome, Stage
from habeas.policy import Policy, RegimeEntry
from tests.workflows.controllers import answering_under, controller
from tests.workflows.world import World, someone


async def test_an_access_request_under_pipeda(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    name = answering_under(world, "in-canada", {"code": "CA-PIPEDA", "jurisdictions": ("CA",)}, home="CA")
    case = await world.open(person, controller=name, jurisdiction="CA")
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


async def test_where_the_law_sets_no_last_day_staff_name_it(world: World) -> None:
    name = answering_under(world, "open-ended", {"code": "NZ-PRIVACY", "jurisdictions": ("NZ",)}, home="NZ")
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, controller=name, jurisdiction="NZ")
    await case.prove()
    due_on = (await case.reaches(Stage.REVIEWING)).due_on
    assert due_on is not None
    for wrong in (None, due_on.isoformat()):
        with pytest.raises(BadInput, match="until"):
            await case.act(ActKind.EXTEND, ground="large_quantity", expected_on=wrong)
    named = due_on + timedelta(days=20)
    await case.act(ActKind.EXTEND, ground="large_quantity", expected_on=named.isoformat())
    await case.has_letter("extension")
    row = await case.row()
    assert (row.due_on, row.extended_due_on) == (due_on, named)
    assert lookup("activities.letters", "en").date(named) in world.mail.text(person.email, "as told")
    await case.passes(timedelta(days=(due_on - row.received_at.date()).days + 2))
    assert not (await case.row()).overdue  # the named day counts, not the first one


async def test_where_the_law_sets_no_last_day_the_policy_names_it(world: World) -> None:
    answering_under(world, "open-ended-2", {"code": "NZ-PRIVACY", "jurisdictions": ("NZ",)})
    clock = {"extend_automatically": True, "extend_ground": "large_quantity", "extend_open_days": 14}
    name = controller(world, "open-ended-3", of="open-ended-2", clock=clock, controller={"establishment": "NZ"})
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, controller=name, jurisdiction="NZ")
    await case.prove()
    row = await case.reaches(Stage.REVIEWING)
    assert row.due_on is not None
    await case.passes(timedelta(days=(row.due_on - row.received_at.date()).days - 1))
    await case.has_letter("extension")
    assert (await case.row()).extended_due_on == row.due_on + timedelta(days=14)


async def test_where_the_law_names_no_day_staff_are_reminded_of_their_own_and_the_person_of_none(world: World) -> None:
    """Japan wants an answer without delay: fourteen days are what practice suggests, and this policy aims at twelve."""
    name = controller(world, "without-a-day", controller={"establishment": "JP", "clock_tz": "Asia/Tokyo"})
    policies = cast("dict[str, Policy]", world.parts.policies)
    japan = RegimeEntry(code="JP-APPI", jurisdictions=("JP",), target_days=12)
    policies[name] = policies[name].model_copy(update={"regimes": (japan,)})
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, controller=name, jurisdiction="JP")
    await case.prove()
    assert (await case.reaches(Stage.REVIEWING)).due_on is None
    (line,) = await world.office.requests(RequestFilter(controller=name))
    aims_at = local_day(policies[name], line.received_at) + timedelta(days=12)
    assert (line.due_on, line.target_on, line.days_left) == (None, aims_at, 12)
    soon = RequestFilter(controller=name, due_before=aims_at + timedelta(days=1))
    assert [one.id for one in await world.office.requests(soon)] == [case.id]
    told = len(world.mail.to(person.email))
    await case.passes(timedelta(days=11))
    await case.has_letter("staff_reminder", 2)
    assert "staff_alarm" not in await case.letters()
    await case.passes(timedelta(days=2))
    await case.has_letter("staff_alarm")
    officer = policies[name].controller.privacy_officer
    assert "Yours was to go out by" in world.mail.text(officer, "The law names no day")
    row = await case.row()
    assert (row.overdue, len(world.mail.to(person.email))) == (False, told), "no term of the law is over"
    assert "clock:breached" not in await case.tags()
