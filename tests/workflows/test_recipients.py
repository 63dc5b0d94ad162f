"""Recipients of the data hear of it, acknowledge, are reminded, and in the end staff hear of their silence."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import cast

import pytest
from pydantic import JsonValue

from activities.finding import AddedIdentifier
from activities.model import NoticeOrder, OnRequest
from activities.recipients import RecipientActivities
from activities.telling import WhyNot
from habeas.acts import ActKind
from habeas.errors import BadInput, LinkRefused
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.policy import Policy
from habeas.testing import MemoryRow
from tests.workflows.controllers import controller, with_category
from tests.workflows.world import REFUSED, Case, World, eventually, someone
from workflows.notices import NoticesWorkflow

CARRIER = "carrier@parcels.example"
ACCOUNTANT = "books@accounts.example"


async def _erased(world: World, right: Right = Right.ERASURE, *, answers: str = "sharing") -> Case:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, controller=answers)
    await case.prove()
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    return case


def _links(world: World, address: str, case: Case) -> list[str]:
    text = "\n".join(
        str(body.get_content())
        for message in world.mail.to(address)
        if (body := message.get_body(preferencelist=("plain",))) and case.id in str(body.get_content())
    )
    return re.findall(r"/r/([A-Za-z0-9_-]{30,})", text)


async def _told(world: World, address: str, case: Case, times: int = 1) -> str:
    async def there() -> bool:
        return len(_links(world, address, case)) >= times

    await eventually(there)
    return _links(world, address, case)[-1]


async def _states(world: World, case: Case) -> dict[str, str]:
    return {one.recipient: one.state for one in await world.office.recipients(case.id)}


async def test_who_got_erased_data_is_told_and_acknowledges_by_the_link(world: World) -> None:
    case = await _erased(world)
    token = await _told(world, CARRIER, case)
    letter = world.mail.text(CARRIER, case.id)
    assert case.person.email in letter
    assert "19" in letter
    assert await world.office.acknowledge_link(token) is True
    assert await world.office.acknowledge_link(token) is False
    assert (await _states(world, case))["carrier"] == "acknowledged"
    assert (await case.tags()).count("recipient:acknowledged") == 1
    completion = world.mail.text(case.person.email, case.id)
    assert "Østersøens Pakkepost" in completion


@pytest.mark.parametrize("right", [Right.ERASURE, Right.RESTRICTION])
async def test_before_it_is_decided_staff_see_who_will_be_told_of_what_and_afterwards_who_was(
    world: World, right: Right
) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, controller="sharing", situation="it is wrong")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    before = {one.recipient: one for one in await world.office.recipients(case.id)}
    assert before["carrier"].state == "foreseen"
    assert before["hosting"].state == "foreseen_not"
    assert before["hosting"].why_not is WhyNot.POLICY
    assert _links(world, CARRIER, case) == []
    if right is Right.ERASURE:
        await case.approve_twice()
    else:
        plan = await world.office.change_plan(case.id, by="ann", reason="review")
        await case.act(ActKind.APPROVE, plan=plan.digest)
    await case.reaches(Stage.CLOSED)
    await _told(world, CARRIER, case)
    after = {one.recipient: one for one in await world.office.recipients(case.id)}
    assert after["carrier"].state in {"queued", "sent"}
    assert after["hosting"].state == "not_told"
    foreseen, became = (
        {name: (one.categories, one.known_by, one.why, one.why_not) for name, one in each.items()}
        for each in (before, after)
    )
    assert foreseen == became
    letter = world.mail.text(CARRIER, case.id)
    assert before["carrier"].categories
    assert before["carrier"].known_by
    policy = world.parts.policies["sharing"]
    titles = {one.id: policy.text(one.title, policy.language(None)) for one in policy.categories}
    assert {each for each, title in titles.items() if title in letter} == {*before["carrier"].categories}
    assert (person.email in letter) is ("email" in before["carrier"].known_by)


async def test_who_cannot_be_told_stands_in_the_list_with_no_letter(world: World) -> None:
    case = await _erased(world)
    await _told(world, CARRIER, case)
    assert (await _states(world, case))["hosting"] == "not_told"
    with pytest.raises(BadInput, match="was not told"):
        await world.office.acknowledge(case.id, "hosting", by="ann", reason="they phoned")
    async with world.parts.ledger.begin() as tx:
        row = next(one for one in await tx.notices(case.id) if one.recipient == "hosting")
        assert not await tx.acknowledge_notice(row.id, "recipient", world.now[0])
    assert (await _states(world, case))["hosting"] == "not_told"


async def test_who_may_not_have_the_data_is_not_told_of_the_person_until_staff_know(world: World) -> None:
    """It gets data of people who chose so, and no system says what this person chose."""
    name = with_category(
        world, controller(world, "choosing", of="sharing"), "contact", only_with={"carrier": "newsletter"}
    )
    case = await _erased(world, answers=name)
    assert (await _states(world, case))["carrier"] == "not_told"
    assert _links(world, CARRIER, case) == []
    assert "staff_attention" in await case.letters()
    letter = " ".join(world.mail.text(case.person.email, case.id).split())
    assert "Østersøens Pakkepost" in letter
    assert "we are finding out whether they have yours" in letter


async def test_who_got_only_what_is_kept_is_not_told(world: World) -> None:
    case = await _erased(world)
    await _told(world, CARRIER, case)
    assert "tax_agency" not in await _states(world, case)


async def test_a_silent_recipient_is_reminded_and_then_staff_are_told(world: World) -> None:
    case = await _erased(world)
    first = await _told(world, CARRIER, case)
    handle = world.env.client.get_workflow_handle_for(NoticesWorkflow.run, f"{case.id}/recipients")

    async def sent() -> bool:
        return (await _states(world, case))["carrier"] == "sent"

    await eventually(sent)
    for number, days in enumerate((7, 7), start=2):
        await world.env.fast_forward(handle, timedelta(days=days, minutes=1))
        again = await _told(world, CARRIER, case, number)
        assert again == first
    await world.env.fast_forward(handle, timedelta(days=7, minutes=1))
    await case.has_letter("staff_escalation")
    assert (await _states(world, case))["carrier"] == "escalated"
    await world.office.acknowledge(case.id, "carrier", by="ann", reason="they phoned")
    assert (await _states(world, case))["carrier"] == "acknowledged"


async def test_whom_no_letter_reached_is_not_said_to_have_been_told(world: World) -> None:
    policies = cast("dict[str, Policy]", world.parts.policies)
    name = controller(world, "unreached", of="sharing")
    refusing = tuple(
        one.model_copy(update={"email": f"{REFUSED}{CARRIER}"}) if one.id == "carrier" else one
        for one in policies[name].recipients
    )
    policies[name] = policies[name].model_copy(update={"recipients": refusing})
    case = await _erased(world, answers=name)
    await case.has_letter("staff_escalation")
    assert (await _states(world, case))["carrier"] == "failed"
    letter = " ".join(world.mail.text(policies[name].controller.privacy_officer, case.id).split())
    assert "could not be delivered" in letter
    assert "has not acknowledged" not in letter
    await world.office.acknowledge(case.id, "carrier", by="ann", reason="they were phoned")
    assert (await _states(world, case))["carrier"] == "acknowledged"


async def test_one_that_acknowledged_is_not_reminded(world: World) -> None:
    case = await _erased(world)
    token = await _told(world, CARRIER, case)
    await world.office.acknowledge_link(token)
    assert await world.env.client.get_workflow_handle(f"{case.id}/recipients").result() == 1
    assert (await case.letters()).count("recipient_reminder") == 0


async def test_a_reminder_that_crosses_the_acknowledgement_is_not_sent(world: World) -> None:
    """The signal may be lost; the ledger decides."""
    case = await _erased(world)
    await _told(world, CARRIER, case)
    async with world.parts.ledger.begin() as tx:
        row = next(one for one in await tx.notices(case.id) if one.recipient == "carrier")
        await tx.acknowledge_notice(row.id, "recipient", world.now[0])
    steps = RecipientActivities(world.parts)
    order = NoticeOrder(request_id=case.id, at=world.now[0], notice=row.id, reminder=1)
    assert await steps.notice_reminded(order) is False
    assert await steps.notice_escalated(order) is False
    assert (await _states(world, case))["carrier"] == "acknowledged"


async def test_a_second_try_makes_no_second_link(world: World) -> None:
    case = await _erased(world)
    token = await _told(world, CARRIER, case)
    await RecipientActivities(world.parts).prepare_notices(OnRequest(request_id=case.id, at=world.now[0]))
    assert await world.office.acknowledge_link(token) is True


async def test_links_that_are_not_ours_are_refused(world: World) -> None:
    with pytest.raises(LinkRefused):
        await world.office.acknowledge_link("A" * 43)


async def test_staff_can_only_note_who_was_told(world: World) -> None:
    case = await _erased(world)
    with pytest.raises(BadInput, match="carrier"):
        await world.office.acknowledge(case.id, "nobody", by="ann", reason="x")


async def test_the_request_does_not_wait_for_recipients(world: World) -> None:
    case = await _erased(world)
    row = await case.row()
    assert row.outcome in {Outcome.FULFILLED, Outcome.PARTLY_FULFILLED}


async def test_an_access_request_tells_nobody(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller="sharing")
    await case.prove()
    await case.reaches(Stage.CLOSED)
    assert await world.office.recipients(case.id) == ()


async def test_what_others_decide_over_is_sent_on_to_them(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, controlled_by="privacy@customer.example")
    case = await world.open(person, controller="processing")
    await case.prove()
    token = await _told(world, "privacy@customer.example", case)
    await case.has_letter("forwarded")
    assert person.email in world.mail.text("privacy@customer.example", case.id)
    (theirs,) = await world.office.recipients(case.id)
    assert (theirs.kind.value, theirs.categories, theirs.known_by) == ("controller", ("activity",), ("email",))
    await case.reaches(Stage.CLOSED)
    assert await world.office.acknowledge_link(token) is True
    assert "request:forwarded" in await case.tags()


async def test_what_others_decide_over_is_not_erased_but_sent_on(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, controlled_by="erase@customer.example")
    case = await world.open(person, Right.ERASURE, controller="processing")
    await case.prove()
    await case.approve_twice()
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    kept = [row for key, row in world.connectors["crm"].rows.items() if person.number in key[1]]
    assert [row.data["n"] for row in kept if row.collection == "notes"] == [0, 1, 2]
    await _told(world, "erase@customer.example", case)
    assert "our customer" in world.mail.text(person.email, "our customer")


async def test_of_several_records_each_is_whose_it_is_to_decide_over(world: World) -> None:
    """Three notes about one person: two are another's to decide over, one says that they decide themselves."""
    person = someone()
    person.settle_in(world.connectors, controlled_by="mixed@customer.example")
    own = world.connectors["crm"].rows["notes", f'["{person.number}-1"]']
    world.connectors["crm"].put(own.model_copy(update={"data": own.data | {"controlled_by": person.email.upper()}}))
    case = await world.open(person, Right.ERASURE, controller="processing")
    await case.prove()
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    kept = [row for key, row in world.connectors["crm"].rows.items() if person.number in key[1]]
    assert {row.data["n"] for row in kept if row.collection == "notes"} == {0, 2}
    assert [one.kind.value for one in await world.office.recipients(case.id)].count("controller") == 1
    letter = world.mail.text("mixed@customer.example", case.id)
    assert f"{person.number}-0" in letter
    assert f"{person.number}-1" not in letter


async def test_who_decides_over_data_found_later_is_written_to_as_well(world: World) -> None:
    person, other = someone(), someone()
    person.settle_in(world.connectors, controlled_by="first@customer.example")
    other.settle_in(world.connectors, controlled_by="second@customer.example")
    case = await world.open(person, Right.ERASURE, controller="processing")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    theirs = (("customer_number", other.number), ("email", other.email))
    known = AddedIdentifier(identifiers=tuple(Identifier(kind=kind, value=value) for kind, value in theirs))
    await world.office.act(ActKind.ADD_IDENTIFIER, case.id, by="ann", reason="on the letter", act_id=None, sealed=known)
    await _told(world, "first@customer.example", case)
    token = await _told(world, "second@customer.example", case)
    assert len(_links(world, "first@customer.example", case)) == 1
    assert await world.office.acknowledge_link(token) is True

    async def again() -> bool:
        return (await case.tags()).count("plan:drafted") >= 2 and (await case.row()).stage is Stage.REVIEWING

    await eventually(again)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert (await case.letters()).count("forwarded") == 1, "the same words would be in it"


async def test_records_that_nothing_in_them_connects_are_not_connected_by_what_is_sent_on(world: World) -> None:
    """One customer has a row under each of two addresses, and one more that lists many: it may not learn of a tie."""
    person, other = someone(), someone()
    person.settle_in(world.connectors, controlled_by="two@customer.example")
    other.settle_in(world.connectors, controlled_by="two@customer.example")
    listing = world.connectors["crm"].rows["notes", f'["{other.number}-2"]']
    data = listing.data | {"writer": [other.email, "third@example.org"], "n": 77}
    world.connectors["crm"].put(listing.model_copy(update={"data": data}))
    case = await world.open(person, Right.ERASURE, controller="processing", note="both are mine")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await _told(world, "two@customer.example", case)
    theirs = (("customer_number", other.number), ("email", other.email))
    known = AddedIdentifier(identifiers=tuple(Identifier(kind=kind, value=value) for kind, value in theirs))
    await world.office.act(ActKind.ADD_IDENTIFIER, case.id, by="ann", reason="on the letter", act_id=None, sealed=known)

    async def both() -> bool:
        return len(world.mail.to("two@customer.example")) >= 2

    await eventually(both)
    first, second = (str(one.get_body(("plain",))) for one in world.mail.to("two@customer.example"))
    assert person.email in first
    assert person.number in first
    assert case.id in first
    assert other.email in second
    for tie in (case.id, person.email, person.number, "third@example.org", "both are mine"):
        assert tie not in second
    assert other.email not in first
    (row,) = [one for one in await world.office.recipients(case.id) if one.recipient[:12].upper() in second]
    assert row.kind.value == "controller", "whoever quotes it is found by it"


async def test_who_decides_over_data_that_drifted_is_written_to_as_well(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, controlled_by="before@customer.example")
    case = await world.open(person, Right.ERASURE, controller="processing")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await _told(world, "before@customer.example", case)
    first = await case.plan()
    contact = world.connectors["crm"].rows["contacts", f'["{person.number}"]']
    note: dict[str, JsonValue] = {"text": "", "n": 9, "controlled_by": "after@customer.example"}
    world.connectors["crm"].put(
        contact.model_copy(update={"data": contact.data | {"name": "Ada T."}}),
        MemoryRow(collection="notes", key=f'["{person.number}-9"]', root=contact.key, data=note),
    )
    await case.approve_twice()
    await _told(world, "after@customer.example", case)

    async def again() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await case.plan() != first

    await eventually(again)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
