"""The steps of a change: done twice they are done once; what no system can do a human does."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any, cast

import pytest

from activities.change_model import ChangeOrder, ConcludeOrder, Part, PlannedChange
from activities.changes import ChangeActivities
from activities.changing import load_changes
from activities.concluding import ConcludingActivities
from activities.ledger import TaskFilter
from habeas.acts import ActKind
from habeas.errors import BadInput, Terminal, Transient, WrongStage
from habeas.model import Outcome, Right, Stage
from habeas.outcomes import ChangeAnswer
from habeas.policy import Policy
from habeas.policy.sections import Proof
from tests.workflows.test_change_rights import approve, change_plan, contact, counts, rectify, settled
from tests.workflows.world import Case, World, eventually
from workers.office import Said


async def closed_rectification(world: World) -> Case:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    await approve(case)
    await case.reaches(Stage.CLOSED)
    return case


async def test_a_step_that_is_done_twice_is_done_once(world: World) -> None:
    case = await closed_rectification(world)
    rows, fates, events = dict(world.connectors["crm"].rows), await counts(case), len(await case.events())
    async with world.parts.ledger.begin() as tx:
        kept = await load_changes(tx, case.id, Part.WHOLE)
        told = await tx.unseal_bytes(case.id, "change/crm")
    assert kept is not None
    steps, ends = ChangeActivities(world.parts), ConcludingActivities(world.parts)
    order = ChangeOrder(request_id=case.id, at=world.now[0], system="crm", part=Part.WHOLE, digest=kept[0].digest)
    planned = PlannedChange(request_id=case.id, at=order.at, part=order.part, digest=order.digest)
    for _ in range(3):
        assert (await steps.change(order)).state == "done"
        assert (await steps.confirm(order)).state == "clean"
        assert await steps.hold(planned) == 0
        await ends.conclude(ConcludeOrder(request_id=case.id, at=order.at, parts=(Part.WHOLE,)))
    assert world.connectors["crm"].rows == rows
    assert await counts(case) == fates
    assert len(await case.events()) == events + 2, "the same step at the same instant leaves one mark"
    async with world.parts.ledger.begin() as tx:
        assert await tx.unseal_bytes(case.id, "change/crm") == told


async def test_a_system_that_fails_is_waited_for_and_tried_again(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    world.connectors["crm"].fail("change", Terminal("no permission"))
    await approve(case)

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("crm",)

    await eventually(blocked)
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).data["name"] == "Ada Lovelace"


async def test_a_system_that_is_left_out_is_told(world: World) -> None:
    person = settled(world)
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    world.connectors["crm"].fail("change", Terminal("no permission"))
    await approve(case)

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("crm",)

    await eventually(blocked)
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert contact(world, person).data["name"] == "Ada Test"
    assert "Customer relations" in world.mail.text(person.email, case.id)


@pytest.mark.parametrize("answers", [True, False])
async def test_what_an_attempt_changed_in_a_system_that_is_left_out_is_looked_at_and_told(
    world: World, answers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = settled(world)
    crm = world.connectors["crm"]
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    change = crm.change

    async def break_off(*args: Any) -> ChangeAnswer:
        await change(*args)
        if not answers:
            crm.fail("confirm_change", Terminal("gone"))
        raise Terminal("The answer was lost.")

    monkeypatch.setattr(crm, "change", break_off)
    # Nothing else is changed.
    world.connectors["billing"].fail("change", Terminal("no permission"))
    await approve(case)

    async def blocked() -> bool:
        return {*(await case.row()).blocked_on} == {"billing", "crm"}

    await eventually(blocked)
    await case.act(ActKind.SKIP_SYSTEM, system="billing")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    fates = await counts(case)
    assert fates["crm"] == ({"rectified": 1} if answers else {"failed": 1})
    letter = " ".join(world.mail.text(person.email, case.id).split())
    assert "We have changed nothing so far" not in letter
    if answers:
        assert "Ada Lovelace (before: Ada Test)" in letter
        assert "Billing: nothing has changed there yet" in letter
    else:
        assert "we do not know yet what it changed" in letter


async def test_what_an_attempt_changed_that_broke_off_is_told_though_it_is_not_carried_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first attempt corrects one of two values and its answer is lost; before the next one the other is changed."""
    person = settled(world)
    crm = world.connectors["crm"]
    row = contact(world, person)
    crm.put(row.model_copy(update={"data": row.data | {"phone": "+47 1"}}))
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace", "phone: +47 1 => +47 2")
    first, tried, change = await change_plan(case), list[int](), crm.change

    async def break_off(*args: Any) -> ChangeAnswer:
        if tried:
            return await change(*args)
        tried.append(1)
        row = contact(world, person)
        crm.put(row.model_copy(update={"data": row.data | {"name": "Ada Lovelace", "phone": "+47 3"}}))
        raise Transient("The network went away.")

    monkeypatch.setattr(crm, "change", break_off)
    world.connectors["billing"].rows.pop(("customers", f'["C{person.number}"]'))
    await case.act(ActKind.APPROVE, plan=first)

    async def another_plan() -> bool:
        row = await case.row()
        return row.stage is Stage.REVIEWING and await change_plan(case) != first

    await eventually(another_plan)
    (changed,) = [one.facts for one in await case.events() if one.tag.value == "system:changed"]
    assert (changed["system"], changed["rectified"], changed["broken_off"]) == ("crm", 1, True)
    with pytest.raises(WrongStage, match="It has begun"):
        await case.act(ActKind.REFUSE, ground="manifestly_unfounded")
    await approve(case)
    await case.reaches(Stage.CLOSED)
    assert "Ada Lovelace (before: Ada Test)" in " ".join(world.mail.text(person.email, case.id).split())


async def test_what_comes_back_is_noticed_on_the_second_look(world: World) -> None:
    person = settled(world)
    crm = world.connectors["crm"]
    case = await rectify(world, person, "name: Ada Test => Ada Lovelace")
    before, looked = contact(world, person), crm.confirm_change

    async def synced_back(*args: object) -> object:
        crm.put(before)
        crm.confirm_change = looked  # type: ignore[method-assign]  # once
        return await looked(*args)  # type: ignore[arg-type]  # handed through

    crm.confirm_change = synced_back  # type: ignore[method-assign, assignment]  # a sync that knows better
    await approve(case)

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("crm",)

    await eventually(blocked)
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert contact(world, person).data["name"] == "Ada Lovelace"


@pytest.mark.parametrize(("said", "outcome"), [("stopped", Outcome.FULFILLED), ("blocked", Outcome.PARTLY_FULFILLED)])
async def test_a_purpose_that_no_system_can_stop_is_a_task_for_a_human(
    world: World, said: str, outcome: Outcome
) -> None:
    person = settled(world)
    case = await world.open(person, Right.WITHDRAW_CONSENT, purposes=("calls",))

    async def opened() -> str | None:
        async with world.parts.ledger.begin() as tx:
            rows = await tx.tasks(TaskFilter(request_id=case.id))
        return rows[0].id if rows and "billing" in (await case.row()).blocked_on else None

    task = await eventually(opened)
    shown = await world.office.task(task, by="kim", reason="to see to it")
    assert (shown.brief.phase.value, shown.brief.purposes) == ("stop", ("calls",))
    await world.office.finish_task(str(task), by="kim", reason="told the call centre", said=Said(outcomes=(said,)))
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is outcome
    assert not contact(world, person).stopped


async def test_both_proofs_are_needed_where_the_policy_says_so(world: World) -> None:
    policies = cast("dict[str, Policy]", world.parts.policies)
    demo = policies["demo"]
    identity = demo.identity.model_copy(update={"rights": {Right.RECTIFICATION: Proof.BOTH}})
    policies["demo"] = demo.model_copy(update={"identity": identity})
    try:
        person = settled(world)
        case = await world.open(person, Right.RECTIFICATION, corrections=("name: Ada Test => Ada Lovelace",))
        await case.prove()
        await asyncio.sleep(0)
        assert (await case.row()).stage is Stage.VERIFYING, "the code alone is not enough"
        await case.act(ActKind.ATTEST)
        await approve(case)
        assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    finally:
        policies["demo"] = demo


async def test_an_appeal_is_about_a_request_that_was_decided(world: World) -> None:
    person = settled(world)
    policies = cast("dict[str, Policy]", world.parts.policies)
    demo = policies["demo"]
    policies["demo"] = demo.model_copy(update={"rights": (Right.ACCESS, Right.APPEAL)})
    try:
        case = await world.open(person)
        with pytest.raises(BadInput, match="still open"):
            await world.open(person, Right.APPEAL, about=case.id)
        with pytest.raises(BadInput, match="no such request"):
            await world.open(person, Right.APPEAL, about="HB-0000-0000-0000")
        with pytest.raises(BadInput, match="names the request"):
            await world.open(person, Right.APPEAL)
        await case.prove()
        await case.reaches(Stage.CLOSED)
        appeal = await world.open(person, Right.APPEAL, about=case.id)
        with pytest.raises(BadInput):
            await world.open(person, Right.APPEAL, about=appeal.id)
    finally:
        policies["demo"] = demo


async def test_nothing_of_the_person_is_in_temporal(world: World) -> None:
    person = settled(world, "Canary Quill")
    case = await rectify(
        world, person, "name: Canary Quill => Canarina Quill", f"email: {person.email} => canarina@example.org"
    )
    await world.office.contest(case.id, by="ann", reason="canary says so", corrections=(1,))

    async def contested() -> bool:
        shown = await world.office.change_plan(case.id, by="ann", reason="review")
        return bool(shown.corrections[0].contested) and any(plan.contested for plan in shown.systems)

    await eventually(contested)
    await approve(case)
    await case.reaches(Stage.CLOSED)
    history = (await case.handle.fetch_history()).to_json()
    said = decoded(history)
    for word in ("canar", "quill", person.email, person.number):
        assert word not in said.lower(), word


def decoded(history: str) -> str:
    """A history with its payloads in the open."""

    def opened(match: re.Match[str]) -> str:
        return '"data": ' + base64.b64decode(match.group(1)).decode("utf-8", "replace")

    return re.sub(r'"data":\s*"([A-Za-z0-9+/=]+)"', opened, history)
