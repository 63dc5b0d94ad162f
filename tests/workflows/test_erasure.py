"""An erasure: planned, approved by two, carried out as approved, looked at again."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from activities.ledger import NewHold
from habeas.acts import ActKind
from habeas.connector import SystemPlan
from habeas.errors import NotAllowed, Terminal, Transient, WrongStage
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.outcomes import EraseAnswer, Pending
from habeas.testing import MemoryRow
from tests.workflows.keeping import today
from tests.workflows.world import LAW, Person, World, eventually, someone


async def test_erasure_erases_what_may_go_and_keeps_what_must_stay(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.approve_twice()
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert not [key for key in world.connectors["crm"].rows if person.number in key[1]]
    kept = {key[0]: row for key, row in world.connectors["billing"].rows.items() if person.number in key[1]}
    assert kept["invoices"].data == {"total": "12.50"}
    assert kept["customers"].data == {}
    async with world.parts.ledger.begin() as tx:
        counts = await tx.outcome_counts(case.id)
    assert counts == {"billing": {"anonymised": 1, "retained": 1}, "crm": {"erased": 4}}
    letter = world.mail.text(person.email, LAW)
    assert "2031" in letter


async def test_one_person_cannot_approve_twice(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    plan = await case.plan()
    await case.act(ActKind.APPROVE, by="Ann", plan=plan)
    with pytest.raises(NotAllowed):
        await case.act(ActKind.APPROVE, by=" ann ", plan=plan)
    assert (await case.row()).stage is Stage.REVIEWING
    assert world.connectors["crm"].rows[("contacts", f'["{person.number}"]')].data
    async with world.parts.ledger.begin() as tx:
        assert len([act for act in await tx.acts(case.id) if act.kind == "approve"]) == 1


async def test_an_approval_is_of_one_plan_only(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    with pytest.raises(WrongStage):
        await case.act(ActKind.APPROVE, plan="0" * 64)


@pytest.mark.parametrize("by", ["a change", "a hold"])
async def test_what_an_attempt_did_that_broke_off_is_told_though_it_is_not_carried_on(
    world: World, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt erases a note and its answer is lost; before the next one something comes up."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    crm, first, gone = world.connectors["crm"], await case.plan(), list[str]()
    erase = crm.erase

    async def break_off(plan: SystemPlan, handle: str | None) -> EraseAnswer:
        mine = person.number in plan.roots[0].key
        if not mine or gone:
            return await erase(plan, handle)
        note = next(one for one in plan.going if one.collection == "notes")
        gone.append(crm.rows.pop((note.collection, note.key)).key)
        if by == "a hold":
            await _hold(world, person)
        else:
            late = MemoryRow(collection="notes", key=f'["{person.number}-late"]', root=plan.roots[0].key, data={})
            crm.put(late)
        raise Transient("The network went away.")

    monkeypatch.setattr(crm, "erase", break_off)
    # Nothing else is erased before.
    for row in [one for (_, key), one in world.connectors["billing"].rows.items() if person.number in key]:
        world.connectors["billing"].put(row.model_copy(update={"data": {**row.data, "more": "since"}}))
    await case.approve_twice()

    async def another_plan() -> bool:
        row = await case.row()
        return row.stage is Stage.REVIEWING and await case.plan() != first

    await eventually(another_plan)
    (erased,) = [dict(one.facts) for one in await case.events() if one.tag.value == "system:erased"]
    assert (erased["system"], erased["erased"], erased["broken_off"]) == ("crm", 1, True)
    for kind, ground in ((ActKind.REFUSE, "manifestly_unfounded"), (ActKind.WITHDRAW, None)):
        with pytest.raises(WrongStage, match="It has begun"):
            await case.act(kind, ground=ground)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    async with world.parts.ledger.begin() as tx:
        counts = (await tx.outcome_counts(case.id))["crm"]
    assert counts == ({"erased": 5} if by == "a change" else {"erased": 1, "retained": 3})


@pytest.mark.parametrize(("by", "answers"), [("staff", True), ("staff", False), ("the policy", True)])
async def test_what_an_attempt_did_in_a_system_that_is_left_out_is_looked_at_and_told(
    world: World, by: str, answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It erases a note and fails; of each object it is told that it is gone, that it is not, or that nobody knows."""
    person = someone()
    person.settle_in(world.connectors)
    crm = world.connectors["crm"]

    async def break_off(plan: SystemPlan, handle: str | None) -> EraseAnswer:
        note = next(one for one in plan.going if one.collection == "notes")
        crm.rows.pop((note.collection, note.key), None)
        if not answers:
            crm.fail("confirm", Terminal("gone"))
        if by == "the policy":
            return Pending(handle="job", poll_after=3 * 24 * 3600)
        raise Terminal("It broke off.")

    monkeypatch.setattr(crm, "erase", break_off)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.approve_twice()

    async def waits() -> bool:
        return (await case.row()).blocked_on == ("crm",)

    await eventually(waits)
    if by == "staff":
        await case.act(ActKind.SKIP_SYSTEM, system="crm")
    else:
        due = (await case.row()).due_on
        assert due is not None
        await case.passes(timedelta(days=(due - world.now[0].date()).days - 1))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    async with world.parts.ledger.begin() as tx:
        counts = (await tx.outcome_counts(case.id))["crm"]
    assert counts == ({"erased": 1, "failed": 3} if answers else {"failed": 4})
    facts = next(e.facts for e in await case.events() if e.tag.value == "system:erased" and e.facts["system"] == "crm")
    assert {**facts} == {**counts, "system": "crm", "plan": facts["plan"], "broken_off": True}
    letter = " ".join(world.mail.text(person.email, "Not finished yet").split())
    if answers:
        assert "Customer relations: 3 records are still there" in letter
        assert "(Customer relations)" in letter.partition("Erased")[2].partition("Not finished")[0]
    else:
        assert "We could not finish" in letter
        assert "of 4 records we do not know yet whether they are gone" in letter


async def _hold(world: World, person: Person) -> None:
    hold = NewHold(
        controller="demo",
        system="crm",
        provision="Bail § 5",
        reason="served",
        identifiers=(Identifier(kind="customer_number", value=person.number),),
        placed_at=today(),
        placed_by="0" * 16,
    )
    async with world.parts.ledger.begin() as tx:
        assert await tx.place_hold(str(uuid.uuid4()), hold)


async def test_data_that_changed_since_goes_back_to_review(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    first = await case.plan()
    new = MemoryRow(
        collection="notes", key=f'["{person.number}-new"]', root=f'["{person.number}"]', data={"text": "", "n": 9}
    )
    world.connectors["crm"].put(new)
    await case.act(ActKind.APPROVE, by="ann", plan=first)
    await case.act(ActKind.APPROVE, by="bob", plan=first)

    async def another_plan() -> bool:
        row = await case.row()
        return row.stage is Stage.REVIEWING and "plan:drifted" in await case.tags() and await case.plan() != first

    await eventually(another_plan)
    assert world.connectors["crm"].rows[("contacts", f'["{person.number}"]')].data, "nothing was touched in the CRM"
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert not [key for key in world.connectors["crm"].rows if person.number in key[1]]


async def test_what_comes_back_is_noticed_and_a_human_decides(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    contact = world.connectors["crm"].rows[("contacts", f'["{person.number}"]')]
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    crm = world.connectors["crm"]
    looked = crm.confirm

    async def resurrected(*args: object) -> object:
        crm.put(contact)
        crm.confirm = looked  # type: ignore[method-assign]  # once
        return await looked(*args)  # type: ignore[arg-type]  # handed through

    crm.confirm = resurrected  # type: ignore[method-assign, assignment]  # a sync that brings a contact back
    await case.approve_twice()

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("crm",)

    await eventually(blocked)
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)
    assert ("contacts", contact.key) not in crm.rows


async def test_the_other_one_on_a_shared_mailbox_is_neither_erased_nor_taken_for_data_that_came_back(
    world: World,
) -> None:
    person = someone("Ada Test")
    other = Person(name="Bertil Other", email=person.email, number=person.number + "-2")
    person.settle_in(world.connectors)
    other.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.CLARIFYING)
    shown = await world.office.candidates(case.id, by="ann", reason="who is it")
    said = {one.handle: one.name == "Ada Test" for one in shown.records if one.standing == "held"}
    await world.office.decide_by_handle(case.id, by="ann", reason="asked by phone", said=said)
    await case.approve_twice()
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert world.connectors["crm"].rows[("contacts", f'["{other.number}"]')].data["email"] == other.email
    assert ("contacts", f'["{person.number}"]') not in world.connectors["crm"].rows
