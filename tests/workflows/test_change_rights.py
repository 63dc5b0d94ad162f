"""Rights that correct, restrict or stop: each to its end on the real engine."""

from __future__ import annotations

from collections import deque

import pytest

from activities.change_model import ChangeOrder, Part
from activities.changing import approved_change, load_changes
from habeas.acts import ActKind
from habeas.errors import BadInput, NotAllowed, WrongStage
from habeas.model import Outcome, Right, Stage
from habeas.outcomes import Awaiting, Pending
from habeas.testing import MemoryRow
from tests.workflows.test_by_hand import done, task_of
from tests.workflows.world import Case, Person, World, eventually, someone
from workers.office import NewRequestInput


def settled(world: World, name: str = "Ada Test") -> Person:
    """A person with rows in both systems."""
    person = someone(name)
    person.settle_in(world.connectors)
    return person


def contact(world: World, person: Person) -> MemoryRow:
    """Their contact in the CRM."""
    return world.connectors["crm"].rows["contacts", f'["{person.number}"]']


def customer(world: World, person: Person) -> MemoryRow:
    """Their account in the billing store."""
    return world.connectors["billing"].rows["customers", f'["C{person.number}"]']


async def change_plan(case: Case) -> str:
    """The digest of the plan under review."""
    return (await case.world.office.change_plan(case.id, by="ann", reason="review")).digest


async def approve(case: Case) -> None:
    """One person approves the plan under review."""
    await case.reaches(Stage.REVIEWING)

    async def approved() -> bool:
        try:
            await case.act(ActKind.APPROVE, plan=await change_plan(case))
        except WrongStage:
            # The plan may be in drafting once more.
            return False
        return True

    await eventually(approved)


async def rectify(world: World, person: Person, *corrections: str, evidence: str | None = None) -> Case:
    """A rectification, proven and under review."""
    case = await world.open(person, Right.RECTIFICATION, corrections=corrections, evidence=evidence)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


async def counts(case: Case) -> dict[str, dict[str, int]]:
    """What became of objects."""
    async with case.world.parts.ledger.begin() as tx:
        return await tx.outcome_counts(case.id)


# Rectification


async def test_a_wrong_value_is_corrected_wherever_it_is_held(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: ada  TEST => Ada Lovelace", evidence="passport seen")
    assert contact(world, person).data["name"] == "Ada Test", "nothing before it is approved"
    await approve(case)
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.FULFILLED
    assert contact(world, person).data["name"] == "Ada Lovelace"
    assert customer(world, person).data["name"] == "Ada Lovelace"
    assert await counts(case) == {"crm": {"rectified": 1}, "billing": {"rectified": 1}}
    tags = await case.tags()
    assert tags.count("system:changed") == tags.count("system:change_confirmed") == 2
    assert (await case.letters())[-1] == "completion_change"
    letter = " ".join(world.mail.text(person.email, "Customer relations").split())
    assert case.id in letter
    assert "Name: Ada Lovelace (before: ada TEST)" in letter.partition("What it says now")[2]


async def test_only_the_plan_under_review_is_approved(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    for plan in (None, "0" * 64):
        with pytest.raises(WrongStage):
            await case.act(ActKind.APPROVE, plan=plan)
    assert contact(world, person).data["name"] == "Ada Test"
    await approve(case)
    await case.reaches(Stage.CLOSED)


async def test_a_value_that_changed_since_goes_back_to_review(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    first = await change_plan(case)
    row = contact(world, person)
    world.connectors["crm"].put(row.model_copy(update={"data": row.data | {"name": "Ada T."}}))
    await case.act(ActKind.APPROVE, plan=first)

    async def again() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await change_plan(case) != first

    await eventually(again)
    assert contact(world, person).data["name"] == "Ada T.", "what drifted is not overwritten"
    assert "change:drifted" in await case.tags()
    with pytest.raises(WrongStage, match="begun"):
        await case.act(ActKind.WITHDRAW)
    await approve(case)
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.FULFILLED
    assert customer(world, person).data["name"] == "Ada Lovelace"


async def test_a_contested_correction_is_noted_and_not_made(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace", f"email: {person.email} => new@example.org")
    first = await change_plan(case)
    await world.office.contest(case.id, by="bob", reason="the register says Test", corrections=(1,))

    async def again() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await change_plan(case) != first

    await eventually(again)
    with pytest.raises(WrongStage):
        await case.act(ActKind.APPROVE, plan=first)
    await approve(case)
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert contact(world, person).data == {"name": "Ada Test", "email": "new@example.org"}
    assert await counts(case) == {"crm": {"rectified": 1, "contested": 1}, "billing": {"contested": 1}}
    assert {"act:contest", "contest:noted"} <= {*await case.tags()}
    assert "the register says Test" in world.mail.text(person.email, case.id)


async def test_all_corrections_contested_is_a_refusal(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    first = await change_plan(case)
    await world.office.contest(case.id, by="bob", reason="the register says Test", corrections=(1,))

    async def again() -> bool:
        return await change_plan(case) != first

    await eventually(again)
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    assert contact(world, person).data["name"] == "Ada Test"


async def test_a_correction_that_was_not_asked_for_cannot_be_contested(world: World) -> None:
    case = await rectify(world, settled(world), "name: Ada Test => Ada Lovelace")
    with pytest.raises(BadInput, match="asked for 1"):
        await world.office.contest(case.id, by="bob", reason="no", corrections=(2,))
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_a_value_that_nobody_holds_is_told_as_not_found(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Grace Hopper => Grace M. Hopper")
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND
    letter = " ".join(world.mail.text(person.email, "What we did not find").split())
    assert "Name: Grace M. Hopper (before: Grace Hopper)" in letter
    assert "We did not find the value that you named" in letter
    assert "hold no such value" not in letter, "the field holds another one"
    assert contact(world, person).data["name"] == "Ada Test"


async def test_a_word_that_means_another_field_changes_nothing(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "street: Ada Test => Elm Road 5")
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND
    assert contact(world, person).data["name"] == "Ada Test"
    assert customer(world, person).data["name"] == "Ada Test"


async def test_a_missing_value_is_written_where_its_field_is_named(world: World) -> None:
    person = settled(world)
    row = contact(world, person)
    world.connectors["crm"].put(row.model_copy(update={"data": row.data | {"phone": None}}))
    case = await rectify(world, person, "Phone: => +4512345678")
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).data["phone"] == "+4512345678"


async def test_a_system_that_takes_its_time_is_asked_again(world: World) -> None:
    person = settled(world)
    crm = world.connectors["crm"]
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    crm.waits["change"] = deque([Pending(handle="a", poll_after=1), Awaiting(handle="b", give_up_after=600)])
    await approve(case)

    async def asked() -> bool:
        return not crm.waits["change"]

    await eventually(asked)
    await case.handle.signal("system_called_back", args=["crm", "b"])
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


# At once


@pytest.mark.parametrize(
    ("right", "purpose"),
    [(Right.OBJECTION, "newsletter"), (Right.WITHDRAW_CONSENT, "newsletter")],
)
async def test_what_the_law_wants_at_once_is_done_without_approval(world: World, right: Right, purpose: str) -> None:
    person = settled(world)
    case = await world.open(person, right, purposes=(purpose,))
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.FULFILLED
    assert contact(world, person).stopped == {purpose}
    tags = await case.tags()
    assert "identity:waived" in tags, "the law lets nobody be asked to prove who they are for this"
    assert "act:approve" not in tags
    assert "system:collected" not in tags
    assert "reviewing" not in [event.facts.get("stage") for event in await case.events()]
    assert "Newsletter" in world.mail.text(person.email, case.id)


async def test_an_opt_out_where_it_is_no_right_is_answered_so(world: World) -> None:
    person = settled(world)
    case = await world.open(person, Right.OPT_OUT_SALE)
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.REFUSED
    assert await case.letters() == ["not_a_right"]
    letter = " ".join(world.mail.text(person.email, case.id).split())
    assert "The law that binds us does not provide for this" in letter, "the person may live under another law"
    assert not contact(world, person).stopped


async def test_a_right_that_only_our_own_law_gives_is_answered_under_it_and_both_sides_hear_why(world: World) -> None:
    person = settled(world)
    case = await world.open(person, Right.OBJECTION, jurisdiction="CA-ON", purposes=("newsletter",))
    closed = await case.reaches(Stage.CLOSED)
    assert (closed.regime, closed.jurisdiction, closed.outcome) == ("EU-GDPR", "CA-ON", Outcome.FULFILLED)
    assert contact(world, person).stopped == {"newsletter"}
    await case.has_letter("acknowledgement")
    assert case.id in world.mail.text(
        person.email, "The law of the place where we are established does, whoever asks us"
    )
    answer = world.mail.text(person.email, "We have stopped")
    assert "Datatilsynet" in answer
    assert "the Privacy Commissioner" not in answer
    shown = await world.office.show(case.id)
    assert "EU-GDPR binds this controller whoever asks (GDPR 3(1))" in (shown.law_note or "")
    months = world.parts.policy("demo").applicable("DK").law.clock(Right.OBJECTION)
    assert months is not None
    assert shown.citation is not None
    assert months.cite.split(";")[0] in shown.citation


# An objection that is weighed


async def test_a_weighed_objection_waits_for_a_human(world: World) -> None:
    person = settled(world)
    case = await world.open(person, Right.OBJECTION, purposes=("profiling",), situation="I am a journalist")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    assert not contact(world, person).stopped
    shown = await world.office.change_plan(case.id, by="ann", reason="review")
    assert shown.situation == "I am a journalist"
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).stopped == {"profiling"}


async def test_an_objection_to_everything_is_two_requests_and_marketing_waits_for_nobody(world: World) -> None:
    person = settled(world)
    marketing = await world.open(person, Right.OBJECTION)
    (other,) = marketing.also
    rest = Case(world, other, person)
    # No code was given and nothing weighed: marketing has stopped all the same.
    assert (await marketing.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).stopped == {"newsletter"}
    # Each letter names the other request, and what that one is about.
    titles = {one.id: world.parts.policy("demo").text(one.title, "en") for one in world.parts.policy("demo").purposes}
    for one, another, about in ((marketing, rest, "profiling"), (rest, marketing, "newsletter")):
        await one.has_letter("acknowledgement")
        said = f"Part of your objection has a reference of its own, {another.id}: {titles[about]}."
        for message in world.mail.to(person.email):
            body = message.get_body(preferencelist=("plain",))
            text = " ".join(str(body.get_content()).split()) if body else ""
            if f"Your request: {one.id}" in text and "Here is your code" not in text:
                assert said in text
    await rest.prove()
    await rest.reaches(Stage.REVIEWING)
    await rest.act(ActKind.REFUSE, ground="compelling_grounds")
    assert (await rest.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    refusal = " ".join(world.mail.text(person.email, rest.id).split())
    named = refusal.partition("What we go on with")[2].partition("If you do not agree")[0]
    assert f"has a reference of its own, {marketing.id}: {titles['newsletter']}." in refusal
    assert titles["profiling"] in named
    assert titles["newsletter"] not in named
    assert contact(world, person).stopped == {"newsletter"}


async def test_the_same_objection_again_is_the_same_two_requests(world: World) -> None:
    person = settled(world)
    await world.open(person, Right.OBJECTION, purposes=("profiling",))
    asked = {"right": "objection", "opened_by": "ann", "controller": "demo", "emails": (person.email,)}
    opened = await world.office.open_request(NewRequestInput.model_validate(asked))
    assert (opened.created, len(opened.also)) == (True, 1)


# The last door


async def test_the_last_door_lets_nothing_pass_that_was_not_approved(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    async with world.parts.ledger.begin() as tx:
        kept = await load_changes(tx, case.id, Part.WHOLE)
        assert kept is not None
        order = ChangeOrder(request_id=case.id, at=world.now[0], system="crm", part=Part.WHOLE, digest=kept[0].digest)
        with pytest.raises(NotAllowed, match="0 of 1"):
            await approved_change(tx, order, world.parts)
        with pytest.raises(NotAllowed, match="not the one"):
            await approved_change(tx, order.model_copy(update={"digest": "0" * 64}), world.parts)
    await approve(case)
    await case.reaches(Stage.CLOSED)


async def test_what_is_done_is_told_by_the_term_where_a_human_is_still_at_the_rest(world: World) -> None:
    person = settled(world)
    case = await world.open(person, Right.WITHDRAW_CONSENT, purposes=("newsletter", "calls"))

    async def waiting() -> bool:
        return "billing" in (await case.row()).blocked_on and "newsletter" in contact(world, person).stopped

    await eventually(waiting)
    due_at = (await case.row()).due_at
    assert due_at is not None
    await case.passes(due_at - world.now[0])
    await case.has_letter("completion_change")
    letter = " ".join(world.mail.text(person.email, "Not everything is done").split())
    told, _, missing = letter.partition("Not finished yet")
    assert "We have stopped." not in told
    assert "Newsletter" in told
    assert "Phone calls" not in told
    assert "Billing" in missing
    assert (await case.row()).stage is Stage.FULFILLING, "the task goes on"
    await done(case, await task_of(case, "stop", "billing"), outcomes=("stopped",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    letter = " ".join(world.mail.text(person.email, "Phone calls").split())
    assert "We have stopped." in letter
