"""A copy and an erasure of the same person: the copy is answered first, unless staff go on without it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from habeas.acts import ActKind
from habeas.connector import Capability, Veto
from habeas.errors import NotAllowed
from habeas.model import Outcome, Right, Stage
from tests.workflows.controllers import controller, package
from tests.workflows.gates import hold
from tests.workflows.world import Case, Person, World, eventually, someone

COPY = ("habeas-copy",)


def _person(world: World, *, free_text: bool = True) -> Person:
    person = someone()
    person.settle_in(world.connectors, free_text=free_text)
    return person


async def _waits(case: Case, code: str = "copy_first") -> None:
    async def so() -> bool:
        async with case.world.parts.ledger.begin() as tx:
            blocked = (await tx.request_row(case.id)).blocked_on
            rows = {row.system: row for row in await tx.systems(case.id)}
        return blocked == COPY and rows["habeas-copy"].error_code == code

    await eventually(so)


async def _both(world: World, **words: object) -> tuple[Case, Case]:
    """A copy that is under review, and an erasure that two people have approved."""
    person = _person(world)
    copy = await world.open(person, Right.ACCESS, **words)
    await copy.prove()
    await copy.reaches(Stage.REVIEWING)
    erasure = await world.open(person, Right.ERASURE, **words)
    await erasure.prove()
    await erasure.approve_twice()
    return copy, erasure


async def test_an_erasure_that_was_approved_first_waits_for_the_copy_and_then_goes_on_by_itself(world: World) -> None:
    copy, erasure = await _both(world)
    await _waits(erasure)
    assert (await erasure.row()).stage is Stage.REVIEWING
    assert world.connectors["crm"].rows["contacts", f'["{copy.person.number}"]'].data
    story = await world.office.show(erasure.id)
    assert story.first.copies == (copy.id,)
    commands = [act.command for act in story.possible]
    assert any("--without-copy" in command for command in commands)
    assert not any("skip-system" in command or " release " in command for command in commands)
    shown = await world.office.plan(erasure.id, by="ann", reason="review")
    assert shown.first.copies == (copy.id,)
    await copy.act(ActKind.APPROVE)
    await copy.reaches(Stage.CLOSED)
    assert (await erasure.reaches(Stage.CLOSED)).blocked_on == ()
    assert "data/crm/contacts.json" in (await package(copy)).namelist()
    assert not [key for key in world.connectors["crm"].rows if copy.person.number in key[1]]
    assert (await erasure.tags()).count("act:approve") == 2
    tags = await erasure.events()
    waited = next(event for event in tags if event.tag.value == "system:waiting")
    assert (waited.facts["system"], waited.facts["code"]) == ("habeas-copy", "copy_first")


@pytest.mark.parametrize("end", [ActKind.WITHDRAW, ActKind.REFUSE])
async def test_a_copy_that_ends_otherwise_no_longer_keeps_the_erasure(world: World, end: ActKind) -> None:
    copy, erasure = await _both(world)
    await _waits(erasure)
    await copy.act(end, ground="manifestly_unfounded" if end is ActKind.REFUSE else None)
    await copy.reaches(Stage.CLOSED)
    await erasure.reaches(Stage.CLOSED)


async def test_a_copy_that_nobody_proves_no_longer_keeps_the_erasure(world: World) -> None:
    person = _person(world)
    copy = await world.open(person, Right.ACCESS)
    await copy.has_letter("code")
    erasure = await world.open(person, Right.ERASURE)
    await erasure.has_letter("code")
    await erasure.act(ActKind.ATTEST)
    await erasure.approve_twice()
    await _waits(erasure)
    await copy.passes(timedelta(days=60))
    assert (await copy.reaches(Stage.CLOSED)).outcome is Outcome.UNVERIFIED
    await erasure.reaches(Stage.CLOSED)


async def test_staff_go_on_without_the_copy_only_together_and_with_their_reason_sealed(world: World) -> None:
    copy, erasure = await _both(world)
    await _waits(erasure)
    plan = await erasure.plan()
    with pytest.raises(NotAllowed, match="already"):
        await erasure.act(ActKind.APPROVE, by="ann", plan=plan)
    answer = await erasure.act(ActKind.APPROVE, by="ann", plan=plan, ground="without_copy")
    assert answer.note == "approved_without_copy_1_of_2"
    with pytest.raises(NotAllowed, match="already"):
        await erasure.act(ActKind.APPROVE, by="ann", plan=plan, ground="without_copy")
    with pytest.raises(NotAllowed, match="no system"):
        await erasure.act(ActKind.SKIP_SYSTEM, system="habeas-copy")
    await _waits(erasure)
    assert (await erasure.row()).stage is Stage.REVIEWING
    await erasure.act(ActKind.APPROVE, by="bob", plan=plan, ground="without_copy")
    await erasure.reaches(Stage.CLOSED)
    assert (await copy.row()).stage is Stage.REVIEWING
    async with world.parts.ledger.begin() as tx:
        acts = [act for act in await tx.acts(erasure.id) if act.facts.get("ground") == "without_copy"]
    assert [act.reason for act in acts] == ["as told", "as told"]
    grounds = [event.facts.get("ground") for event in await erasure.events() if event.tag.value == "act:approve"]
    assert grounds == [None, None, "without_copy", "without_copy"]


async def test_a_copy_that_is_opened_after_the_approval_is_seen_at_the_last_door(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = _person(world)
    erasure = await world.open(person, Right.ERASURE)
    await erasure.prove()
    gate = hold(monkeypatch, "erase", lambda order: order.request_id == erasure.id)
    await erasure.approve_twice()
    await gate.wait()
    copy = await world.open(person, Right.ACCESS)
    gate.open()
    await _waits(erasure)
    assert (await erasure.row()).stage is Stage.FULFILLING
    assert world.connectors["crm"].rows["contacts", f'["{person.number}"]'].data
    await copy.has_letter("code")
    await copy.act(ActKind.ATTEST)
    await copy.reaches(Stage.REVIEWING)
    await copy.act(ActKind.APPROVE)
    await copy.reaches(Stage.CLOSED)
    await erasure.reaches(Stage.CLOSED)
    assert "data/crm/contacts.json" in (await package(copy)).namelist()
    assert (await erasure.tags()).count("plan:drafted") == 1


async def test_after_waiting_for_a_copy_what_came_up_meanwhile_is_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, billing = _person(world), world.connectors["billing"]
    can = billing.manifest.capabilities | {Capability.VETO}
    monkeypatch.setattr(billing, "manifest", billing.manifest.model_copy(update={"capabilities": can}))
    erasure = await world.open(person, Right.ERASURE)
    await erasure.prove()
    gate = hold(monkeypatch, "erase", lambda order: order.request_id == erasure.id)
    await erasure.approve_twice()
    await gate.wait()
    copy = await world.open(person, Right.ACCESS)
    gate.open()
    await _waits(erasure)
    await erasure.passes(timedelta(minutes=1))
    veto = Veto(collection="invoices", key=f'["I{person.number}"]', reason="open_invoice")
    monkeypatch.setattr(billing, "in_the_way", [veto])
    await copy.act(ActKind.WITHDRAW)

    async def vetoed() -> bool:
        return (await erasure.row()).blocked_on == ("billing",)

    await eventually(vetoed)
    assert world.connectors["crm"].rows["contacts", f'["{person.number}"]'].data
    billing.in_the_way.clear()
    await erasure.act(ActKind.RETRY_SYSTEM, system="billing")
    await erasure.reaches(Stage.CLOSED)


async def test_at_the_last_door_too_staff_go_on_without_the_copy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = _person(world)
    erasure = await world.open(person, Right.ERASURE)
    await erasure.prove()
    gate = hold(monkeypatch, "erase", lambda order: order.request_id == erasure.id)
    await erasure.approve_twice()
    await gate.wait()
    await world.open(person, Right.ACCESS)
    gate.open()
    await _waits(erasure)
    plan = await erasure.plan()
    for by in ("ann", "bob"):
        await erasure.act(ActKind.APPROVE, by=by, plan=plan, ground="without_copy")
    await erasure.reaches(Stage.CLOSED)


async def test_both_approved_at_the_same_moment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The copy is built and told of while the erasure is at its door: the erasure sees it open, or closed."""
    person = _person(world)
    copy, erasure = await world.open(person, Right.ACCESS), await world.open(person, Right.ERASURE)
    gate = hold(monkeypatch, "build_package", lambda order: order.request_id == copy.id)
    for case in (copy, erasure):
        await case.has_letter("code")
        await case.act(ActKind.ATTEST)
        await case.reaches(Stage.REVIEWING)
    await copy.act(ActKind.APPROVE)
    await erasure.approve_twice()
    await gate.wait()
    await _waits(erasure)
    gate.open()
    await erasure.reaches(Stage.CLOSED)
    assert (await copy.row()).stage is Stage.CLOSED
    assert "data/crm/contacts.json" in (await package(copy)).namelist()


async def test_a_copy_that_came_later_waits_for_nobody_unless_the_person_wants_it_first(world: World) -> None:
    earlier = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    for first in (False, True):
        person = _person(world)
        await world.open(person, Right.ACCESS, before_erasure=first)
        erasure = await world.open(person, Right.ERASURE, received_at=earlier)
        await erasure.has_letter("code")
        await erasure.act(ActKind.ATTEST)
        await erasure.approve_twice()
        if first:
            await _waits(erasure)
        else:
            await erasure.reaches(Stage.CLOSED)


async def test_another_persons_copy_and_another_controllers_are_not_waited_for(world: World) -> None:
    other = controller(world, "elsewhere")
    person = _person(world)
    await world.open(_person(world), Right.ACCESS)
    await world.open(person, Right.ACCESS, controller=other)
    erasure = await world.open(person, Right.ERASURE)
    await erasure.has_letter("code")
    await erasure.act(ActKind.ATTEST)
    await erasure.approve_twice()
    await erasure.reaches(Stage.CLOSED)


async def test_one_person_is_met_by_whatever_the_systems_know_them_by(world: World) -> None:
    person = _person(world)
    words = {"emails": (), "identifiers": (f"customer_number={person.number}",)}
    copy = await world.open(person, Right.ACCESS, **words)
    await copy.reaches(Stage.VERIFYING)
    erasure = await world.open(person, Right.ERASURE)
    await erasure.prove()
    await erasure.approve_twice()
    await _waits(erasure)
    assert (await world.office.show(erasure.id)).first.copies == (copy.id,)


async def test_a_waiting_erasure_can_be_withdrawn_and_planned_anew(world: World) -> None:
    copy, erasure = await _both(world)
    await _waits(erasure)
    before = await erasure.plan()
    await erasure.act(ActKind.EXEMPT, category="activity", ground="legal_claims")
    await erasure.approve_anew(before)
    await _waits(erasure)
    await erasure.act(ActKind.WITHDRAW)
    assert (await erasure.reaches(Stage.CLOSED)).outcome is Outcome.WITHDRAWN
    await copy.act(ActKind.APPROVE)
    await copy.reaches(Stage.CLOSED)


async def test_what_is_asked_of_the_person_meanwhile_keeps_the_erasure_back(world: World) -> None:
    copy, erasure = await _both(world)
    await _waits(erasure)
    await erasure.act(ActKind.ASK)
    await copy.act(ActKind.APPROVE)
    await copy.reaches(Stage.CLOSED)

    async def free() -> bool:
        return (await erasure.row()).blocked_on == ()

    await eventually(free)
    assert (await erasure.row()).stage is Stage.REVIEWING
    await erasure.act(ActKind.RESUME)
    await erasure.reaches(Stage.CLOSED)


class TestWhereThePolicyAsksForAnExport:
    @pytest.fixture
    def exporting(self, world: World) -> str:
        return controller(world, "exporting", review={"export_before_erasure": True})

    async def test_without_a_copy_nobody_approves(self, world: World, exporting: str) -> None:
        person = _person(world)
        erasure = await world.open(person, Right.ERASURE, controller=exporting)
        await erasure.prove()
        await erasure.reaches(Stage.REVIEWING)
        with pytest.raises(NotAllowed, match="open a request for access"):
            await erasure.act(ActKind.APPROVE, plan=await erasure.plan())
        assert (await world.office.show(erasure.id)).first.missing
        copy = await world.open(person, Right.ACCESS, controller=exporting)
        await erasure.approve_twice()
        await _waits(erasure)
        await copy.has_letter("code")
        await copy.act(ActKind.ATTEST)
        await copy.reaches(Stage.REVIEWING)
        await copy.act(ActKind.APPROVE)
        await copy.reaches(Stage.CLOSED)
        await erasure.reaches(Stage.CLOSED)

    async def test_a_copy_that_was_never_released_is_none(self, world: World, exporting: str) -> None:
        copy, erasure = await _both(world, controller=exporting)
        await copy.act(ActKind.WITHDRAW)
        await _waits(erasure, "copy_missing")
        plan = await erasure.plan()
        for by in ("ann", "bob"):
            await erasure.act(ActKind.APPROVE, by=by, plan=plan, ground="without_copy")
        await erasure.reaches(Stage.CLOSED)

    async def test_a_copy_of_other_data_is_none(self, world: World, exporting: str) -> None:
        person = _person(world, free_text=False)
        copy = await world.open(person, Right.ACCESS, controller=exporting, categories=("contact",))
        await copy.prove()
        await copy.reaches(Stage.CLOSED)
        for categories, enough in (((), False), (("contact", "account"), False), (("contact",), True)):
            erasure = await world.open(person, Right.ERASURE, controller=exporting, categories=categories)
            await erasure.has_letter("code")
            assert (await world.office.show(erasure.id)).first.missing is not enough


async def test_the_erasure_looks_again_by_itself(world: World) -> None:
    """A signal that is lost, as from a copy that a human closed in the ledger, costs hours and not the erasure."""
    copy, erasure = await _both(world)
    await _waits(erasure)
    async with world.parts.ledger.begin() as tx:
        now = datetime.now(UTC)
        await tx.update_request(copy.id, stage=Stage.CLOSED, outcome=Outcome.FULFILLED, closed_at=now)
    await erasure.passes(timedelta(hours=7))
    await erasure.reaches(Stage.CLOSED)
