"""The checks right before data is gone, asked once more from the ledger whatever the workflow believes."""

from __future__ import annotations

import dataclasses

import pytest
from temporalio.testing import ActivityEnvironment

from activities.change_model import Part
from activities.changing import load_changes, save_changes
from activities.export import ExportActivities
from activities.model import EraseOrder, PackageOrder
from activities.package import PackageCheck, PackageDamaged
from activities.plans import approved_plan, keyed_digest
from activities.sent import note_sent
from activities.systems import SystemActivities
from habeas.acts import ActKind
from habeas.connector import SystemPlan
from habeas.errors import NotAllowed
from habeas.model import Identifier, Right, Stage
from tests.workflows.gates import hold
from tests.workflows.test_change_rights import approve
from tests.workflows.world import Case, World, someone


async def _ask(case: Case, digest: str) -> SystemPlan:
    order = EraseOrder(request_id=case.id, at=case.world.now[0], system="crm", digest=digest)
    async with case.world.parts.ledger.begin() as tx:
        return await approved_plan(tx, order, case.world.parts)


async def test_only_the_plan_that_two_people_approved_passes(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    plan = await case.plan()
    with pytest.raises(NotAllowed, match="0 of 2"):
        await _ask(case, plan)
    await case.act(ActKind.APPROVE, by="ann", plan=plan)
    with pytest.raises(NotAllowed, match="1 of 2"):
        await _ask(case, plan)
    await case.act(ActKind.APPROVE, by="bob", plan=plan)
    assert (await _ask(case, plan)).system == "crm"
    with pytest.raises(NotAllowed, match="not the one"):
        await _ask(case, "0" * 64)
    await case.reaches(Stage.CLOSED)
    assert (await case.tags()).count("plan:drafted") == 1, "nothing was begun, and sent back, after the first approval"


async def test_what_is_not_allowed_any_more_may_have_begun_once_it_was_sent(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    order = EraseOrder(request_id=case.id, at=world.now[0], system="crm", digest=await case.plan())
    erase = SystemActivities(world.parts).erase
    with pytest.raises(NotAllowed):
        await ActivityEnvironment().run(erase, order)
    async with world.parts.ledger.begin() as tx:
        await note_sent(tx, order)
    report = await ActivityEnvironment().run(erase, order)
    assert (report.state, report.touched) == ("drifted", True)


async def test_a_plan_that_was_changed_after_its_approval_does_not_pass(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    plan = await _approved(case)
    async with world.parts.ledger.begin() as tx:
        kept, billing = [await tx.unseal(case.id, f"plan/{system}", SystemPlan) for system in ("crm", "billing")]
        assert kept is not None
        assert billing is not None
        await tx.seal(case.id, "plan/crm", kept.model_copy(update={"objects": kept.objects[1:]}))
        other = await keyed_digest(tx, case.id, (kept.model_copy(update={"objects": kept.objects[1:]}), billing))
    with pytest.raises(NotAllowed, match="not the one"):
        await _ask(case, plan)
    with pytest.raises(NotAllowed, match="0 of 2"):
        await _ask(case, other)


async def test_what_the_last_door_refuses_goes_back_to_review(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = someone()
    person.settle_in(world.connectors)
    gate = hold(monkeypatch, "erase", lambda order: order.request_id == case.id and order.system == "crm")
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.approve_twice()
    await gate.wait()
    async with world.parts.ledger.begin() as tx:
        kept = await tx.unseal(case.id, "plan/crm", SystemPlan)
        assert kept is not None
        await tx.seal(case.id, "plan/crm", kept.model_copy(update={"objects": kept.objects[1:]}))
    gate.open()
    assert (await case.reaches(Stage.REVIEWING)).blocked_on == ()
    assert await world.connectors["crm"].locate((Identifier(kind="email", value=person.email),))
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert (await case.tags()).count("plan:drafted") == 2


async def test_a_change_that_the_last_door_refuses_goes_back_to_review(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.RECTIFICATION, corrections=("name: Ada Test => Ada Lovelace",))
    await case.prove()
    gate = hold(monkeypatch, "change", lambda order: order.request_id == case.id and order.system == "crm")
    await approve(case)
    await gate.wait()
    async with world.parts.ledger.begin() as tx:
        kept = await load_changes(tx, case.id, Part.WHOLE)
        assert kept is not None
        await save_changes(tx, case.id, Part.WHOLE, kept[1], kept[0].model_copy(update={"contested": (0,)}))
    gate.open()
    assert (await case.reaches(Stage.REVIEWING)).blocked_on == ()
    await approve(case)
    await case.reaches(Stage.CLOSED)


async def _approved(case: Case) -> str:
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    return await case.plan()


async def test_an_access_request_never_passes(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    with pytest.raises(NotAllowed, match="Only an erasure"):
        await _ask(case, "0" * 64)


async def test_two_people_are_two_however_one_spells_a_name(world: World) -> None:
    one = world.office.actor("Ann Lee")
    assert {world.office.actor(name) for name in ("ann lee", " Ann  Lee ", "Ａnn Lee", "A\u200bnn Lee")} == {one}
    assert world.office.actor("Anne Lee") != one


async def test_a_package_that_reads_back_otherwise_is_not_offered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.REVIEWING)

    async def otherwise(self: ExportActivities, request_id: str, path: str) -> PackageCheck:
        return PackageCheck(files=2, bytes=1, sha256="0" * 64)

    monkeypatch.setattr(ExportActivities, "_read_back", otherwise)
    export = ExportActivities(dataclasses.replace(world.parts))
    with pytest.raises(PackageDamaged):
        await ActivityEnvironment().run(export.build_package, PackageOrder(request_id=case.id, at=world.now[0]))
    async with world.parts.ledger.begin() as tx:
        assert await tx.artifacts(case.id) == ()
