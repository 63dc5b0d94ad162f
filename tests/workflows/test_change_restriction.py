"""Restriction: marked, honoured by every other request, and lifted only after the person was told."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from activities.change_model import LiftSystem
from activities.lifting import LiftingActivities, still
from habeas.acts import ActKind
from habeas.connector import RecordRef
from habeas.errors import BadInput, HabeasError, SealBroken, Terminal, Transient, WrongStage
from habeas.evidence import Tag
from habeas.model import Outcome, Right, Stage
from habeas.outcomes import Fate
from tests.workflows.test_by_hand import LETTER, done, task_of
from tests.workflows.test_change_rights import approve, contact, counts, customer, rectify, settled
from tests.workflows.world import Case, Person, World, eventually
from workers.office.restrictions import change_line
from workflows.lifting import LiftRestrictionWorkflow
from workflows.notices import RECIPIENTS, NoticesWorkflow, notices_id


async def restrict(world: World, person: Person, controller: str = "demo") -> Case:
    """Everything of the person is restricted, and the request is closed."""
    case = await world.open(person, Right.RESTRICTION, situation="the address is not right", controller=controller)
    await case.prove()
    await approve(case)
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.FULFILLED
    return case


async def lifted(case: Case) -> None:
    """Until the restriction is gone."""

    async def gone() -> bool:
        return not await case.world.office.restrictions(request_id=case.id)

    await eventually(gone)


async def test_everything_of_the_person_is_marked_and_held(world: World) -> None:
    person = settled(world)
    case = await restrict(world, person)
    assert contact(world, person).restricted
    assert customer(world, person).restricted
    rows = {row.system: row.objects for row in await world.office.restrictions(request_id=case.id)}
    assert rows == {"crm": 4, "billing": 2}, "what a system cannot mark is held all the same"
    assert await counts(case) == {"crm": {"restricted": 4}, "billing": {"restricted": 2}}
    assert (await case.tags()).count("restriction:set") == 2


async def test_a_system_that_was_left_out_is_not_told_as_done(world: World) -> None:
    person = settled(world)
    case = await world.open(person, Right.RESTRICTION, situation="the address is wrong")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    world.connectors["billing"].fail("change", Terminal("down"))
    await approve(case)

    async def stuck() -> bool:
        return "billing" in (await case.row()).blocked_on

    await eventually(stuck)
    await case.act(ActKind.SKIP_SYSTEM, system="billing")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    letter = " ".join(world.mail.text(person.email, case.id).split())
    done, _, missing = letter.partition("Not finished yet")
    assert "set part of your data aside" in done
    assert "Customer relations" in done
    assert "Billing" not in done
    assert "Billing" in missing
    assert "hear from us when it is done" not in missing, "nothing more happens by itself"
    await case.has_letter("staff_attention", 2)


async def test_a_restricted_record_is_not_erased_by_a_later_request(world: World) -> None:
    person = settled(world)
    restriction = await restrict(world, person)
    erasure = await world.open(person, Right.ERASURE)
    await erasure.prove()
    await erasure.approve_twice()
    assert (await erasure.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert contact(world, person).data["name"] == "Ada Test"
    assert customer(world, person).data
    letter = " ".join(world.mail.text(person.email, "you asked us to restrict it").split())
    kept = letter.partition("Kept, because you asked us to restrict it")[2]
    assert "Kept because of: GDPR Article 18(2)." in kept
    assert "They are erased when the restriction ends." in kept
    assert "than that law asks" not in kept, "no law's term keeps it"
    await world.office.lift_restriction(restriction.id, by="ann", reason="the address is right")
    await restriction.has_letter("restriction_lifting")
    lifting = " ".join(world.mail.text(person.email, "before the restriction ends").split())
    assert "is erased then" in lifting
    assert "again as before" not in lifting


async def test_whoever_had_a_contested_value_restricted_gets_it_corrected(world: World) -> None:
    person = settled(world)
    restriction = await restrict(world, person)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    await case.has_letter("acknowledgement")
    before = " ".join(world.mail.text(person.email, "your agreement that we make it there, too").split())
    assert "(GDPR Article 18(2))" in before, "told before anything is changed"
    assert case.id in before
    plan = await world.office.change_plan(case.id, by="ann", reason="review")
    assert {one.system: len(one.consented) for one in plan.systems} == {"crm": 1, "billing": 1}
    assert "though restricted" in change_line(plan.systems[0])
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).data["name"] == customer(world, person).data["name"] == "Ada Lovelace"
    assert contact(world, person).restricted, "the correction lifts nothing"
    assert await world.office.restrictions(request_id=restriction.id)
    letter = " ".join(world.mail.text(person.email, "You asked for the correction yourself").split())
    assert "(GDPR Article 18(2))" in letter
    assert "Not finished yet" not in letter
    events = await case.events()
    drafted = next(one.facts for one in events if one.tag is Tag.CHANGE_DRAFTED)
    assert (drafted["consented"], drafted["blocked"]) == (2, 0)
    assert all(one.facts["despite_restriction"] for one in events if one.tag is Tag.SYSTEM_CHANGED)
    async with world.parts.ledger.begin() as tx:
        rows = await tx.outcomes(case.id)
    assert {(row.fate, row.reason, row.law) for row in rows} == {(Fate.RECTIFIED, "consented", "GDPR 18(2)")}


async def test_what_somebody_else_had_restricted_is_not_corrected_and_the_letter_says_so(world: World) -> None:
    person, other = settled(world), settled(world, "Max Other")
    await restrict(world, person)
    theirs = await restrict(world, other)
    shared = RecordRef(collection="contacts", key=f'["{person.number}"]')
    async with world.parts.ledger.begin() as tx:
        await tx.restrict(theirs.id, "demo", "crm", (shared,), world.now[0])
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert contact(world, person).data["name"] == "Ada Test"
    assert customer(world, person).data["name"] == "Ada Lovelace"
    assert await counts(case) == {"crm": {"blocked": 1}, "billing": {"rectified": 1}}
    letter = " ".join(world.mail.text(person.email, "because the use of this data is restricted").split())
    assert "the law lets us only store this data (GDPR Article 18(2))" in letter
    assert "still to be done" not in letter, "nobody does it by themselves"

    async with world.parts.ledger.begin() as tx:
        await tx.lift_restrictions(theirs.id, "crm", world.now[0])
    again = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    await approve(again)
    assert (await again.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).data["name"] == "Ada Lovelace"


async def test_an_own_restriction_after_the_approval_does_not_stop_the_correction(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    plan = (await world.office.change_plan(case.id, by="ann", reason="review")).digest
    await restrict(world, person)
    await case.act(ActKind.APPROVE, plan=plan)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).data["name"] == "Ada Lovelace"
    assert "You asked for the correction yourself" in " ".join(world.mail.text(person.email, case.id).split())


async def test_anothers_restriction_after_the_approval_stops_a_correction(world: World) -> None:
    person, other = settled(world), settled(world, "Max Other")
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    first = (await world.office.change_plan(case.id, by="ann", reason="review")).digest
    theirs = await restrict(world, other)
    shared = RecordRef(collection="contacts", key=f'["{person.number}"]')
    async with world.parts.ledger.begin() as tx:
        await tx.restrict(theirs.id, "demo", "crm", (shared,), world.now[0])
    await case.act(ActKind.APPROVE, plan=first)

    async def again() -> bool:
        row = await case.row()
        shown = await world.office.change_plan(case.id, by="ann", reason="review")
        return row.stage is Stage.REVIEWING and shown.digest != first

    await eventually(again)
    assert contact(world, person).data["name"] == "Ada Test"
    await approve(case)
    await case.reaches(Stage.CLOSED)
    assert contact(world, person).data["name"] == "Ada Test"


async def test_a_mark_that_stops_a_use_is_set_on_restricted_data_and_the_letter_says_why(world: World) -> None:
    person = settled(world)
    await restrict(world, person)
    case = await world.open(person, Right.OBJECTION, purposes=("profiling",))
    await case.prove()
    await approve(case)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).stopped
    assert contact(world, person).restricted
    letter = " ".join(world.mail.text(person.email, "is no use of the data").split())
    assert "(GDPR Article 18(2))" in letter
    async with world.parts.ledger.begin() as tx:
        rows = await tx.outcomes(case.id)
    assert ("marked", "GDPR 18(2)") in {(row.reason, row.law) for row in rows}

    unproven = await world.open(person, Right.WITHDRAW_CONSENT, purposes=("newsletter",))
    await unproven.reaches(Stage.CLOSED)
    assert contact(world, person).stopped == {"profiling", "newsletter"}
    assert "restricted" not in world.mail.text(person.email, unproven.id), "nobody proved whose address it is"


async def test_a_restriction_is_lifted_only_after_the_person_had_time_to_answer(world: World) -> None:
    person = settled(world)
    restriction = await restrict(world, person)
    await world.office.lift_restriction(restriction.id, by="ann", reason="the address is right")
    await restriction.has_letter("restriction_lifting")
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{restriction.id}/lift")
    assert contact(world, person).restricted, "the person is told before"
    await world.env.fast_forward(handle, timedelta(days=6))
    assert contact(world, person).restricted, "and has time to answer"
    await world.env.fast_forward(handle, timedelta(days=2))
    await lifted(restriction)
    assert not contact(world, person).restricted
    assert "restriction:lifted" in await restriction.tags()
    assert await counts(restriction) == {"crm": {"lifted": 4}, "billing": {"lifted": 2}}


async def test_what_two_requests_restrict_stays_restricted_until_both_are_lifted(world: World) -> None:
    person = settled(world)
    one, other = await restrict(world, person), await restrict(world, person)
    await world.office.lift_restriction(one.id, by="ann", reason="settled")
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{one.id}/lift")
    await one.has_letter("restriction_lifting")
    letter = " ".join(world.mail.text(person.email, one.id).split())
    assert "So nothing changes: we go on only storing it" in letter
    assert "again as before" not in letter
    await world.office.lift_restriction(other.id, by="ann", reason="settled, too")
    await other.has_letter("restriction_lifting")
    # Each would point at the other, and nobody would be told that the data is used.
    assert "again as before" in " ".join(world.mail.text(person.email, other.id).split())
    await world.env.fast_forward(handle, timedelta(days=8))
    await lifted(one)


async def test_of_two_that_end_at_once_neither_leaves_the_marks_to_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = settled(world)
    one, other = await restrict(world, person), await restrict(world, person)
    steps = LiftingActivities(world.parts)
    ours, theirs = (
        LiftSystem(request_id=case.id, at=world.now[0], system="crm", act_id=str(uuid.uuid4())) for case in (one, other)
    )
    nothing = await steps._objects(ours)
    assert nothing == (), "the other restricts all of it, when we look"

    async def looked(_: LiftSystem) -> tuple[RecordRef, ...]:
        return nothing

    await steps.let_go(theirs)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(steps, "_objects", looked)
        assert (await steps.confirm(ours)).state == "remains", "and no more, when we let go"
    assert contact(world, person).restricted
    assert (await steps.lift(ours)).state == "done"
    assert (await steps.confirm(ours)).state == "clean"
    assert not contact(world, person).restricted


@pytest.mark.parametrize(
    ("found", "much"),
    [
        ({(): 3}, None),
        ({("b",): 3}, "all"),
        ({("b",): 2, (): 1}, "part"),
        ({("ending",): 3}, None),
        ({("ending",): 2, ("b", "ending"): 1}, "part"),
        ({("ending", "b"): 3}, "all"),
    ],
)
def test_what_ends_as_well_restricts_nothing_any_more(found: dict[tuple[str, ...], int], much: str | None) -> None:
    assert still({frozenset(others): objects for others, objects in found.items()}, {"ending"}) == much


async def test_recipients_hear_that_a_restriction_is_lifted_once_nothing_of_it_stands(world: World) -> None:
    person = settled(world)
    one, other = [await restrict(world, person, controller="sharing") for _ in range(2)]

    async def said(case: Case) -> list[str]:
        bodies = [message.get_body(preferencelist=("plain",)) for message in world.mail.to("carrier@parcels.example")]
        texts = [" ".join(str(body.get_content()).split()) for body in bodies if body]
        return [text for text in texts if case.id in text]

    async def told(case: Case, letters: int) -> bool:
        return len(await said(case)) >= letters

    for case in (one, other):
        await eventually(partial(told, case, 1))
        await world.office.lift_restriction(case.id, by="ann", reason="settled")
        await case.has_letter("restriction_lifting")
        handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
        await world.env.fast_forward(handle, timedelta(days=8))
        await handle.result()
        if case is one:
            assert contact(world, person).restricted, "the other request restricts it as well"
            assert await world.office.restrictions(request_id=other.id)
    await eventually(partial(told, other, 2))
    assert "only store it" in (await said(other))[0]
    assert "you may use it again" in (await said(other))[1]
    assert len(await said(one)) == 1, "when it ended, the other still restricted the same"
    carrier = [row for row in await world.office.recipients(other.id) if row.recipient == "carrier"]
    assert [row.occasion.partition("/")[0] for row in carrier] == ["", "lifted"]

    notices = world.env.client.get_workflow_handle_for(
        NoticesWorkflow.run, notices_id(other.id, RECIPIENTS, carrier[1].occasion)
    )
    await world.env.fast_forward(notices, timedelta(days=7, minutes=1))
    await eventually(partial(told, other, 3))
    assert "We wrote to you about this before" in (await said(other))[2]
    assert "you may use it again" in (await said(other))[2]
    await world.env.fast_forward(notices, timedelta(days=14, minutes=1))
    await other.has_letter("staff_escalation")


async def test_a_system_that_is_away_is_asked_again_until_the_mark_is_gone(world: World) -> None:
    person = settled(world)
    case = await restrict(world, person)
    await world.office.lift_restriction(case.id, by="ann", reason="settled")
    await case.has_letter("restriction_lifting")
    crm = world.connectors["crm"]
    crm.fail("change", *[Transient("down", retry_after=0.01) for _ in range(5)])
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
    await world.env.fast_forward(handle, timedelta(days=7, minutes=1))
    await case.has_letter("staff_attention", 2)
    assert contact(world, person).restricted
    await world.env.fast_forward(handle, timedelta(hours=3))
    await lifted(case)
    assert not contact(world, person).restricted
    assert not crm.faults["change"]


async def test_only_what_stands_is_lifted_and_not_too_soon(world: World) -> None:
    person = settled(world)
    access = await world.open(person)
    with pytest.raises(WrongStage):
        await world.office.lift_restriction(access.id, by="ann", reason="settled")
    case = await restrict(world, person)
    soon = (world.now[0] + timedelta(days=3)).date()
    with pytest.raises(BadInput, match="at least 7 days"):
        await world.office.lift_restriction(case.id, by="ann", reason="settled", on=soon)
    first = await world.office.lift_restriction(case.id, by="ann", reason="settled")
    again = await world.office.lift_restriction(case.id, by="bob", reason="settled")
    assert (first.begun, again.begun) == (True, False)
    same = await world.office.lift_restriction(case.id, by="ann", reason="settled", act_id=first.act_id)
    assert not same.begun
    await case.has_letter("restriction_lifting")
    assert (await case.letters()).count("restriction_lifting") == 1


def _mail(monkeypatch: pytest.MonkeyPatch, world: World, person: Person, errors: list[HabeasError]) -> None:
    """The mail server answers every letter to this person with the last of these, while there is one."""
    mailer = type(world.parts.mailer)
    send = mailer.send

    async def answered(self: Any, to: str, *args: Any, **kwargs: Any) -> None:
        if errors and to == person.email:
            raise errors[-1]
        await send(self, to, *args, **kwargs)

    monkeypatch.setattr(mailer, "send", answered)


async def test_whoever_could_not_be_told_keeps_the_restriction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = settled(world)
    case = await restrict(world, person)
    _mail(monkeypatch, world, person, [Terminal("550")])
    await world.office.lift_restriction(case.id, by="ann", reason="settled")
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
    assert await handle.result() == ()
    await case.has_letter("staff_bounce")
    assert contact(world, person).restricted
    assert await world.office.restrictions(request_id=case.id)

    again = await world.office.lift_restriction(case.id, by="ann", reason="settled", told="by telephone")
    assert again.begun
    await world.env.fast_forward(handle, timedelta(days=6))
    assert contact(world, person).restricted
    await world.env.fast_forward(handle, timedelta(days=2))
    await lifted(case)
    assert not contact(world, person).restricted
    assert "restriction_lifting" not in await case.letters()


async def test_the_notice_counts_from_the_day_the_letter_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = settled(world)
    case = await restrict(world, person)
    errors: list[HabeasError] = [SealBroken()]
    _mail(monkeypatch, world, person, errors)
    planned = (await world.office.lift_restriction(case.id, by="ann", reason="settled")).lift_at
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
    await world.env.fast_forward(handle, timedelta(days=10))
    errors.clear()

    async def sent() -> bool:
        await world.env.fast_forward(handle, timedelta(hours=6))
        return (await case.letters()).count("restriction_lifting") == 2

    await eventually(sent)
    assert contact(world, person).restricted
    left = await world.env.get_current_time(handle)
    assert left > planned
    await world.env.fast_forward(handle, timedelta(days=6))
    assert contact(world, person).restricted
    await world.env.fast_forward(handle, timedelta(days=2))
    await lifted(case)


async def test_what_a_human_must_lift_stands_until_they_say_that_it_is_done(world: World) -> None:
    person = settled(world)
    case = await world.open(person, Right.RESTRICTION, controller="archive")
    await case.prove()
    await done(case, await task_of(case), records=(LETTER,))
    await approve(case)
    await done(case, await task_of(case, "restrict"), outcomes=("restricted",))
    await case.reaches(Stage.CLOSED)
    with pytest.raises(WrongStage):
        await world.office.lifted_by_hand(case.id, system="paper", by="kim", reason="done")
    await world.office.lift_restriction(case.id, by="ann", reason="settled")
    await case.has_letter("restriction_lifting")
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
    asked = (await case.letters()).count("staff_attention")
    await world.env.fast_forward(handle, timedelta(days=7, minutes=1))
    await case.has_letter("staff_attention", asked + 1)
    await world.env.fast_forward(handle, timedelta(days=8))
    await case.has_letter("staff_attention", asked + 2)
    assert await world.office.restrictions(request_id=case.id)
    with pytest.raises(WrongStage, match="paper"):
        await world.office.lifted_by_hand(case.id, system="crm", by="kim", reason="done")
    await world.office.lifted_by_hand(case.id, system="paper", by="kim", reason="took the slips out")
    await lifted(case)
    event = next(
        one for one in await case.events() if one.tag.value == "restriction:lifted" and one.facts["system"] == "paper"
    )
    assert (event.facts["attested"], event.actor) == (True, world.office.actor("kim"))


async def test_what_is_restricted_on_paper_stays_whatever_a_later_search_calls_it(world: World) -> None:
    person = settled(world)

    async def restricts() -> Case:
        case = await world.open(person, Right.RESTRICTION, controller="archive")
        await case.prove()
        await done(case, await task_of(case), records=(LETTER,))
        await approve(case)
        await done(case, await task_of(case, "restrict"), outcomes=("restricted",))
        await case.reaches(Stage.CLOSED)
        return case

    first, second = await restricts(), await restricts()
    erasure = await world.open(person, Right.ERASURE, controller="archive")
    await erasure.prove()
    task = await task_of(erasure)
    assert (await world.office.task(task.id, by="kim", reason="going")).brief.restricted_since == world.now[0].date()
    await done(erasure, task, records=(LETTER,))
    await erasure.approve_twice()
    assert (await erasure.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(erasure.id))["paper"] == {"retained": 1}
    assert "Kept, because you asked us to restrict it" in world.mail.text(person.email, "you asked us to restrict it")
    asked = (await first.letters()).count("staff_attention")
    await world.office.lift_restriction(first.id, by="ann", reason="settled")
    await first.has_letter("restriction_lifting")
    assert "is erased then" in " ".join(world.mail.text(person.email, "before the restriction ends").split())
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{first.id}/lift")
    await world.env.fast_forward(handle, timedelta(days=7, minutes=1))
    await lifted(first)
    assert (await first.letters()).count("staff_attention") == asked, "the other one keeps the paper where it is"
    assert await world.office.restrictions(request_id=second.id)
