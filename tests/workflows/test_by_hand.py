"""Paper, and systems that cannot do something by themselves: a human does it, and the request waits meanwhile."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import cast
from zipfile import ZipFile

import pytest
from sqlalchemy import text

from activities.ledger import NewHold, TaskFilter, TaskRow, TaskState
from activities.task_model import FoundFile, TaskPhase
from habeas import law
from habeas.acts import ActKind
from habeas.errors import BadInput, MustStay, WrongStage
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.policy import Policy
from tests.workflows.controllers import answering_under, controller
from tests.workflows.world import FILED, OWNER, Case, World, eventually, someone
from workers.office import Said, opening
from workers.office.holds import NewHoldInput, PlacedHold

SCAN = FoundFile(name="contract of Ada.pdf", media_type="application/pdf", content=b"%PDF-1.4 signed in ink")
LETTER = json.dumps({"collection": "letters", "data": {"about": "the broken kettle"}})
CONTRACT = json.dumps({"collection": "contracts", "date": "2026-03-01", "data": {"signed by": "Ada in ink"}})


async def opened(world: World, right: Right = Right.ACCESS, *, known: bool = True, **words: object) -> Case:
    """A proven request to a controller with a filing cabinet."""
    person = someone()
    if known:
        person.settle_in(world.connectors)
    case = await world.open(person, right, controller="archive", **words)
    await case.prove()
    return case


async def task_of(case: Case, phase: str = "find", system: str = "paper") -> TaskRow:
    """Until the request has this open task."""

    async def there() -> TaskRow | None:
        async with case.world.parts.ledger.begin() as tx:
            rows = await tx.tasks(TaskFilter(request_id=case.id))
        return next((row for row in rows if (row.phase, row.system) == (phase, system)), None)

    task = await eventually(there)

    async def waits() -> bool:
        return system in (await case.row()).blocked_on

    await eventually(waits)
    return task


async def done(case: Case, task: TaskRow, by: str = "kim", act_id: str | None = None, **said: object) -> str:
    answer = await case.world.office.finish_task(
        task.id, by=by, reason="went there", said=Said.model_validate(said), act_id=act_id
    )
    return answer.note


async def state_of(case: Case, task: TaskRow) -> TaskRow:
    async with case.world.parts.ledger.begin() as tx:
        return await tx.task(task.id)


async def package(case: Case, tmp_path_name: str) -> dict[str, bytes]:
    """What the person gets."""
    to = Path(tmp_path_name) / "package.zip"
    await case.world.office.download(case.id, by="kim", reason="test", to=to)
    with ZipFile(to) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_what_a_human_finds_on_paper_is_in_the_package(world: World, tmp_path: object) -> None:
    case = await opened(world)
    task = await task_of(case)
    assert task.id == f"{case.id.lower()}-1"
    shown = await world.office.task(task.id, by="kim", reason="going to the archive")
    assert {one.value for one in shown.brief.identifiers} == {case.person.email, case.person.number}
    assert shown.brief.instructions == "Second floor, by customer number."
    assert await done(case, task, records=(LETTER, CONTRACT), files=(SCAN,), collection="letters") == "task_done"
    await case.reaches(Stage.REVIEWING)  # a scan may show other people
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    files = await package(case, str(tmp_path))
    assert any(b"the broken kettle" in content for content in files.values())
    assert any(b"Ada in ink" in content for content in files.values())
    assert SCAN.content in files.values()
    assert (await state_of(case, task)).counts == {"files": 1, "records": 3}
    tags = await case.tags()
    assert {"task:opened", "act:finish_task", "task:done", "personal_data:viewed"} <= set(tags)
    said = next(event for event in await case.events() if event.tag.value == "task:done")
    assert said.facts["attested"] is True
    assert said.actor == world.office.actor("kim")


async def test_nothing_on_paper_keeps_nothing_back(world: World) -> None:
    case = await opened(world)
    await done(case, await task_of(case), nothing=True)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_the_other_systems_are_collected_while_a_human_looks(world: World) -> None:
    case = await opened(world)
    task = await task_of(case)

    async def collected() -> bool:
        return any(
            event.facts.get("system") == "crm" for event in await case.events() if event.tag.value == "system:collected"
        )

    await eventually(collected)
    assert (await state_of(case, task)).state is TaskState.OPEN


async def test_a_person_who_is_nowhere_but_on_paper(world: World) -> None:
    case = await opened(world, known=False)
    await done(case, await task_of(case), records=(LETTER,))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_a_person_who_is_nowhere_at_all(world: World) -> None:
    case = await opened(world, known=False)
    await done(case, await task_of(case), nothing=True)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND


async def test_a_cabinet_left_out_is_named_and_its_task_is_over(world: World) -> None:
    case = await opened(world)
    task = await task_of(case)
    await case.act(ActKind.SKIP_SYSTEM, system="paper")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "Filing cabinet" in world.mail.text(case.person.email, "/d/")
    told = " ".join(world.mail.text(OWNER, "goes on without").split())
    assert "goes on without Filing cabinet" in told
    assert "they open a request that completes this one" in told
    assert case.id in world.mail.text(OWNER, "goes on without")
    assert (await state_of(case, task)).state is TaskState.CANCELLED
    with pytest.raises(WrongStage):
        await done(case, task, nothing=True)


async def test_near_the_deadline_the_clock_goes_on_without_the_cabinet(world: World) -> None:
    case = await opened(world)
    task = await task_of(case)
    await case.passes(timedelta(days=40))  # a month that ends in holidays is longer
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert (await state_of(case, task)).state is TaskState.CANCELLED


async def test_the_owner_is_written_to_and_reminded_and_later_the_officer_too(world: World) -> None:
    case = await opened(world)
    task = await task_of(case)
    await case.has_letter("staff_task")
    asked = world.mail.text(OWNER, task.id)
    assert case.person.email not in asked
    assert case.person.name not in asked
    await case.passes(timedelta(days=6))
    await case.has_letter("staff_task_reminder")
    assert len(world.mail.to("officer@archive.example")) == (before := len(world.mail.to("officer@archive.example")))
    await case.passes(timedelta(days=4))
    await case.has_letter("staff_task_reminder", 3)
    assert len(world.mail.to("officer@archive.example")) > before
    assert (await state_of(case, task)).reminded == 2
    world.now[0] += timedelta(days=1)
    listed = await world.office.tasks(TaskFilter(request_id=case.id), overdue=True)
    assert [(one.id, one.reminded) for one in listed] == [(task.id, 2)]
    await done(case, task, nothing=True)
    await case.reaches(Stage.CLOSED)


async def test_retry_reminds_at_once(world: World) -> None:
    case = await opened(world)
    task = await task_of(case)
    await case.act(ActKind.RETRY_SYSTEM, system="paper")
    await case.has_letter("staff_task_reminder")
    await done(case, task, nothing=True)
    await case.reaches(Stage.CLOSED)


async def test_a_task_ends_with_its_request(world: World) -> None:
    case = await opened(world)
    task = await task_of(case)
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)

    async def cancelled() -> bool:
        return (await state_of(case, task)).state is TaskState.CANCELLED

    await eventually(cancelled)


async def test_the_same_end_twice_is_one(world: World) -> None:
    case = await opened(world)
    task, act_id = await task_of(case), str(uuid.uuid4())
    await done(case, task, act_id=act_id, records=(LETTER,))
    await done(case, task, act_id=act_id, records=(LETTER,))
    await case.reaches(Stage.CLOSED)
    assert (await case.tags()).count("task:done") == 1
    with pytest.raises(WrongStage):
        await done(case, task, nothing=True)
    async with world.parts.ledger.begin() as tx:
        assert [act.kind for act in await tx.acts(case.id) if act.kind == "finish_task"] == ["finish_task"]


async def test_of_two_people_at_once_one_is_heard(world: World, tmp_path: object) -> None:
    case = await opened(world)
    task = await task_of(case)
    ends = await asyncio.gather(
        done(case, task, by="kim", records=(LETTER,)), done(case, task, by="bo", nothing=True), return_exceptions=True
    )
    assert sorted(isinstance(each, WrongStage) for each in ends) == [False, True]
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    files = await package(case, str(tmp_path))
    heard = (await state_of(case, task)).done_by
    assert any(b"the broken kettle" in one for one in files.values()) == (heard == world.office.actor("kim"))


async def test_what_is_said_must_answer_the_task(world: World) -> None:
    case = await opened(world)
    task = await task_of(case)
    for said, teaches in (
        ({}, "--nothing"),
        ({"nothing": True, "records": (LETTER,)}, "leave one of them out"),
        ({"records": ("kettle",)}, "write JSON"),
        ({"records": ('{"about": "it"}',)}, "letters, contracts"),
        ({"records": ('{"collection": "contracts", "data": {"a": 1}}',)}, "a date as"),
        ({"outcomes": ("erased",)}, "what is there"),
        ({"files": (SCAN.model_copy(update={"content": b"x" * 2_000_000}),), "collection": "letters"}, "1 MB"),
    ):
        with pytest.raises(BadInput, match=teaches):
            await done(case, task, **said)
    async with world.parts.ledger.begin() as tx:
        assert not [act for act in await tx.acts(case.id) if act.kind == "finish_task"]
    assert not await world.parts.storage.list(f"requests/{case.id}/tasks")
    await done(case, task, nothing=True)
    await case.reaches(Stage.CLOSED)


async def test_erasing_by_hand_object_by_object(world: World) -> None:
    case = await opened(world, Right.ERASURE)
    await done(case, await task_of(case), records=(LETTER, LETTER.replace("kettle", "cup"), CONTRACT))
    await case.approve_twice()
    task = await task_of(case, "erase")
    shown = await world.office.task(task.id, by="kim", reason="going to shred")
    assert [one.content for one in shown.brief.objects] == [{"about": "the broken kettle"}, {"about": "the broken cup"}]
    with pytest.raises(BadInput, match="nothing is said of 2"):
        await done(case, task, outcomes=("1=erased",))
    with pytest.raises(BadInput, match="no object has this number"):
        await done(case, task, outcomes=("erased", "9=erased"))
    await done(case, task, outcomes=("erased", "2=not_found"))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    async with world.parts.ledger.begin() as tx:
        counts = await tx.outcome_counts(case.id)
    assert counts["paper"] == {"erased": 1, "not_found": 1, "retained": 1}
    world.mail.text(case.person.email, FILED)
    confirmed = [e.facts for e in await case.events() if e.tag.value == "system:confirmed"]
    assert {(one["system"], one.get("attested", False)) for one in confirmed} >= {("paper", True), ("crm", False)}


async def test_who_waits_for_an_erasure_by_hand_is_told_as_the_term_ends(world: World) -> None:
    case = await opened(world, Right.ERASURE)
    await done(case, await task_of(case), records=(LETTER,))
    await case.approve_twice()
    task = await task_of(case, "erase")
    await case.passes(timedelta(days=20))
    assert "delay" not in await case.letters()
    await case.passes(timedelta(days=15))
    await case.has_letter("delay")
    assert "has to be erased by hand" in " ".join(world.mail.text(case.person.email, "not done yet").split())
    await done(case, task, outcomes=("erased",))
    await case.reaches(Stage.CLOSED)
    assert (await case.letters()).count("delay") == 1


async def test_what_could_not_be_erased_by_hand_is_asked_again(world: World) -> None:
    case = await opened(world, Right.ERASURE)
    await done(case, await task_of(case), records=(LETTER,))
    await case.approve_twice()
    first = await task_of(case, "erase")
    await done(case, first, outcomes=("blocked",))

    async def not_confirmed() -> bool:
        async with world.parts.ledger.begin() as tx:
            rows = await tx.systems(case.id)
        return any(row.system == "paper" and row.error_code == "not_confirmed" for row in rows)

    await eventually(not_confirmed)
    await case.act(ActKind.RETRY_SYSTEM, system="paper")
    again = await task_of(case, "erase")
    assert again.id != first.id
    await done(case, again, outcomes=("erased",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def place_hold(case: Case, system: str) -> PlacedHold:
    """A legal hold on the person in one system."""
    known = (Identifier(kind="email", value=case.person.email),)
    controller_id = (await case.row()).controller
    asked = NewHoldInput(
        controller=controller_id, system=system, provision="Case 2026/114", reason="served", identifiers=known
    )
    return await case.world.office.place_hold(asked, by="ann")


async def erased_by_hand(world: World) -> tuple[Case, TaskRow]:
    """An erasure whose approved plan waits for a human to shred a letter."""
    case = await opened(world, Right.ERASURE)
    await done(case, await task_of(case), records=(LETTER,))
    await case.approve_twice()
    return case, await task_of(case, "erase")


async def test_a_hold_calls_off_what_a_human_was_asked_to_erase(world: World) -> None:
    case, task = await erased_by_hand(world)
    first = await case.plan()
    placed = await place_hold(case, "paper")
    assert (placed.requests, placed.under_way) == ((), (case.id,)), "other systems may have erased by now"

    async def another() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await case.plan() != first

    await eventually(another)
    assert (await state_of(case, task)).state is TaskState.CANCELLED
    with pytest.raises(WrongStage):
        await done(case, task, outcomes=("erased",))
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(case.id))["paper"] == {"retained": 1}
    await world.office.lift_hold(placed.hold.id, by="ann")


async def test_a_hold_on_something_else_leaves_a_task_open(world: World) -> None:
    case, task = await erased_by_hand(world)
    placed = await place_hold(case, "crm")
    await done(case, task, outcomes=("erased",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    await world.office.lift_hold(placed.hold.id, by="ann")


async def test_nobody_says_erased_of_what_is_held(world: World) -> None:
    case, task = await erased_by_hand(world)
    hold_id = str(uuid.uuid4())
    async with world.parts.ledger.begin() as tx:
        # Straight into the ledger: the workflow is not told.
        assert await tx.place_hold(hold_id, hold_on(case))
    with pytest.raises(MustStay, match=rf"\(No\. 1\), by: hold {hold_id}\.") as refused:
        await done(case, task, outcomes=("erased",))
    assert f"habeas task done {task.id} --as-said" in refused.value.diagnostics()
    assert (await state_of(case, task)).state is TaskState.OPEN
    await world.office.lift_hold(hold_id, by="ann")
    await done(case, task, as_said=True)
    await case.reaches(Stage.CLOSED)


async def corrected_by_hand(world: World) -> tuple[Case, TaskRow]:
    """A correction that waits for a human to make it in two letters."""
    person = someone()
    person.settle_in(world.connectors)
    asked = ("name: Ada Test => Ada Lovelace",)
    case = await world.open(person, Right.RECTIFICATION, controller="archive", corrections=asked)
    await case.prove()
    letter = LETTER.replace("the broken kettle", "Ada Test")
    await done(case, await task_of(case), records=(letter, letter))
    await approve_change(case)
    return case, await task_of(case, TaskPhase.RECTIFY.value)


async def test_nobody_says_corrected_of_what_is_held_and_nothing_they_typed_is_lost(world: World) -> None:
    case, task = await corrected_by_hand(world)
    with pytest.raises(BadInput, match="as-said"):
        await done(case, task, as_said=True)
    hold_id = (await place_hold(case, "paper")).hold.id
    with pytest.raises(MustStay, match=rf"2 of these must stay \(No\. 1, 2\), by: hold {hold_id}\."):
        await done(case, task, outcomes=("rectified",))
    assert (await state_of(case, task)).state is TaskState.OPEN
    shown = await world.office.task(task.id, by="kim", reason="what did I say")
    assert shown.refused is not None
    assert (shown.refused.outcomes, shown.refused.reason) == (("rectified",), "went there")
    await done(case, task, as_said=True, outcomes=("1=blocked", "2=not_found"))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(case.id))["paper"] == {"blocked": 1, "not_found": 1}
    await world.office.lift_hold(hold_id, by="ann")


async def test_nobody_shreds_what_a_copy_that_was_refused_meanwhile_is_about(world: World) -> None:
    """PIPEDA 8(8): it must be there for as long as the person may have the refusal reviewed."""
    canada = {"code": "CA-PIPEDA", "jurisdictions": ("CA",)}
    name = answering_under(world, "canadian_archive", canada, home="CA", of="archive")
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE, controller=name, jurisdiction="CA-ON")
    await case.prove()
    await done(case, await task_of(case), records=(LETTER,))
    await case.approve_twice()
    task = await task_of(case, TaskPhase.ERASE.value)
    copy = await world.open(person, controller=name, jurisdiction="CA-ON")
    await copy.reaches(Stage.VERIFYING)
    await copy.act(ActKind.REFUSE, ground=law.refusal_grounds("CA-PIPEDA", "CA")[0].code)
    await copy.reaches(Stage.CLOSED)
    with pytest.raises(MustStay, match="by: a copy that was refused"):
        await done(case, task, outcomes=("erased",))
    await done(case, task, as_said=True, outcomes=("blocked",))


async def test_what_is_restricted_meanwhile_is_not_corrected_by_hand(world: World) -> None:
    case, task = await corrected_by_hand(world)
    first = (await world.office.task(task.id, by="kim", reason="going")).brief.objects[0].ref
    other = await world.open(someone(), Right.RESTRICTION, controller="archive")
    async with world.parts.ledger.begin() as tx:
        await tx.restrict(other.id, "archive", "paper", (first,), datetime.now(UTC))
    with pytest.raises(MustStay, match=r"1 of these must stay \(No\. 1\), by: a restriction"):
        await done(case, task, outcomes=("rectified",))
    async with world.parts.ledger.begin() as tx:
        await tx.lift_restrictions(other.id, "paper", datetime.now(UTC))
    await done(case, task, as_said=True)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    await other.act(ActKind.WITHDRAW)


async def test_what_the_person_had_restricted_is_corrected_by_hand_at_their_request(world: World) -> None:
    case, task = await corrected_by_hand(world)
    first = (await world.office.task(task.id, by="kim", reason="going")).brief.objects[0].ref
    own = await world.open(case.person, Right.RESTRICTION, controller="archive")
    async with world.parts.ledger.begin() as tx:
        await tx.restrict(own.id, "archive", "paper", (first,), datetime.now(UTC))
    await done(case, task, outcomes=("rectified",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    async with world.parts.ledger.begin() as tx:
        reasons = sorted(str(row.reason) for row in await tx.outcomes(case.id) if row.system == "paper")
        await tx.lift_restrictions(own.id, "paper", datetime.now(UTC))
    assert reasons == ["consented", "consented"], "which of the papers it was, nobody can tell"
    await own.act(ActKind.WITHDRAW)


@pytest.mark.parametrize("made", [erased_by_hand, corrected_by_hand])
async def test_a_hold_that_is_being_placed_is_waited_for(
    world: World, made: Callable[[World], Awaitable[tuple[Case, TaskRow]]]
) -> None:
    """Between the look and the end of the task no hold slips in."""
    case, task = await made(world)
    hold_id = str(uuid.uuid4())
    async with world.parts.ledger.begin() as tx:
        assert await tx.place_hold(hold_id, hold_on(case))
        word = "erased" if task.phase == TaskPhase.ERASE.value else "rectified"
        said = asyncio.create_task(done(case, task, outcomes=(word,)))
        await eventually(partial(_waits_for_the_hold, world))
        assert not said.done()
    with pytest.raises(MustStay, match=hold_id):
        await said
    await world.office.lift_hold(hold_id, by="ann")
    await done(case, task, as_said=True)
    await case.reaches(Stage.CLOSED)


async def _waits_for_the_hold(world: World) -> bool:
    async with world.parts.ledger.begin() as tx:
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool((await tx._run(waiting)).scalar_one())


def hold_on(case: Case) -> NewHold:
    """A hold on everything of the person."""
    return NewHold(
        controller="archive",
        provision="Case 2026/114",
        reason="served",
        identifiers=(Identifier(kind="email", value=case.person.email),),
        placed_at=datetime.now(UTC),
        placed_by="0" * 16,
    )


async def test_a_system_that_cannot_erase_asks_a_human(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    resellers = world.parts.connectors["resellers"]
    resellers.put(*(row for row in world.connectors["crm"].rows.values() if person.number in row.key and not row.root))  # type: ignore[attr-defined]  # in memory
    case = await world.open(person, Right.ERASURE, controller="archive")
    await case.prove()
    await done(case, await task_of(case), nothing=True)
    await case.approve_twice()
    task = await task_of(case, TaskPhase.ERASE.value, "resellers")
    shown = await world.office.task(task.id, by="kim", reason="calling them")
    assert [one.content["email"] for one in shown.brief.objects] == [person.email]
    await done(case, task, outcomes=("erased",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_an_identifier_more_is_a_search_more_and_none_is_none(world: World) -> None:
    case = await opened(world)
    first = await task_of(case)
    await done(case, first, files=(SCAN,), collection="letters")
    await case.reaches(Stage.REVIEWING)
    await world.office.add_identifier(
        case.id, by="kim", reason="an older number", identifiers=(Identifier(kind="customer_number", value="OLD-1"),)
    )
    again = await task_of(case)
    assert again.id != first.id
    await done(case, again, records=(LETTER,))
    await case.reaches(Stage.CLOSED)


async def test_nothing_personal_leaves_the_ledger(world: World, caplog: pytest.LogCaptureFixture) -> None:
    case = await opened(world)
    task = await task_of(case)
    await done(case, task, records=(json.dumps({"collection": "letters", "data": {"x": "Canary Nightingale"}}),))
    await case.reaches(Stage.CLOSED)
    history = (await case.handle.fetch_history()).to_json()
    owners = "".join(str(letter) for letter in world.mail.to(OWNER))
    names = "".join(await world.parts.storage.list(f"requests/{case.id}"))
    for word in ("Canary", "Nightingale", case.person.email, case.person.number, case.person.name):
        assert word not in history
        assert word not in owners
        assert word not in names
        assert word not in caplog.text


async def approve_change(case: Case) -> None:
    """One person approves the change under review."""
    await case.reaches(Stage.REVIEWING)
    shown = await case.world.office.change_plan(case.id, by="ann", reason="review")
    await case.act(ActKind.APPROVE, plan=shown.digest)


async def test_a_correction_on_paper_is_made_by_hand(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    asked = ("name: Ada Test => Ada Lovelace",)
    case = await world.open(person, Right.RECTIFICATION, controller="archive", corrections=asked)
    await case.prove()
    await done(case, await task_of(case), records=(LETTER, LETTER.replace("the broken kettle", "Ada Test")))
    await approve_change(case)
    task = await task_of(case, TaskPhase.RECTIFY.value)
    shown = await world.office.task(task.id, by="kim", reason="going to the archive")
    assert [one.new for one in shown.brief.corrections] == ["Ada Lovelace"]
    assert [one.content for one in shown.brief.objects] == [{"about": "Ada Test"}]
    await done(case, task, outcomes=("rectified",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(case.id))["paper"] == {"rectified": 1}


async def test_a_correction_that_could_not_be_made_on_paper_is_told(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    asked = ("name: Ada Test => Ada Lovelace",)
    case = await world.open(person, Right.RECTIFICATION, controller="archive", corrections=asked)
    await case.prove()
    await done(case, await task_of(case), records=(LETTER.replace("the broken kettle", "Ada Test"),))
    await approve_change(case)
    await done(case, await task_of(case, TaskPhase.RECTIFY.value), outcomes=("blocked",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(case.id))["paper"] == {"blocked": 1}


async def test_paper_is_set_aside_by_hand(world: World) -> None:
    case = await opened(world, Right.RESTRICTION)
    await done(case, await task_of(case), records=(LETTER,))
    await approve_change(case)
    await done(case, await task_of(case, TaskPhase.RESTRICT.value), outcomes=("restricted",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert (await tx.outcome_counts(case.id))["paper"] == {"restricted": 1}


async def test_nobody_is_sent_twice_for_the_same(world: World) -> None:
    case = await opened(world)
    await done(case, await task_of(case), files=(SCAN,), collection="letters")
    await case.reaches(Stage.REVIEWING)
    known = (Identifier(kind="email", value=case.person.email),)
    await world.office.add_identifier(case.id, by="kim", reason="said it again", identifiers=known)

    async def again() -> bool:
        collected = [e for e in await case.events() if e.tag.value == "system:collected"]
        return len([e for e in collected if e.facts["system"] == "paper"]) == 2

    await eventually(again)
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    async with world.parts.ledger.begin() as tx:
        assert len(await tx.tasks(TaskFilter(request_id=case.id, state=None))) == 1


def _one_request(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """The cabinet is used for both purposes, and an objection to both is one request, as it may stand in the ledger."""
    paper = world.parts.connectors["paper"]
    used = paper.manifest.model_copy(update={"purposes": ("newsletter", "profiling")})
    monkeypatch.setattr(paper, "manifest", used)
    monkeypatch.setattr(opening, "_parts", lambda checked, _: (checked,))


@pytest.mark.parametrize("known", [True, False])
async def test_each_half_of_an_objection_is_done_by_hand(
    world: World, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    _one_request(monkeypatch, world)
    case = await opened(world, Right.OBJECTION, known=known)
    first = await task_of(case, "stop")
    assert (await world.office.task(first.id, by="kim", reason="going there")).brief.purposes == ("newsletter",)
    await done(case, first, outcomes=("stopped",))
    await case.reaches(Stage.REVIEWING)
    plan = await world.office.change_plan(case.id, by="ann", reason="review")
    await case.act(ActKind.APPROVE, plan=plan.digest)
    second = await task_of(case, "stop")
    assert second.id != first.id
    assert (await world.office.task(second.id, by="kim", reason="going there")).brief.purposes == ("profiling",)
    await done(case, second, outcomes=("stopped",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert "nothing_found" not in await case.letters()


async def test_an_objection_of_somebody_who_may_be_on_paper_is_looked_into(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_request(monkeypatch, world)
    case = await opened(world, Right.OBJECTION, known=False, purposes=("profiling",))
    await case.reaches(Stage.REVIEWING)
    plan = await world.office.change_plan(case.id, by="ann", reason="review")
    await case.act(ActKind.APPROVE, plan=plan.digest)
    await done(case, await task_of(case, "stop"), outcomes=("stopped",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert "nothing_found" not in await case.letters()


async def test_an_objection_of_somebody_who_is_nowhere_and_that_no_human_can_look_into(world: World) -> None:
    case = await opened(world, Right.OBJECTION, known=False, purposes=("profiling",))
    await case.reaches(Stage.REVIEWING)
    plan = await world.office.change_plan(case.id, by="ann", reason="review")
    await case.act(ActKind.APPROVE, plan=plan.digest)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND


async def test_recipients_of_what_was_corrected_on_paper_are_staff_s_to_tell(world: World) -> None:
    name = controller(world, "paper-shared", of="archive")
    policies = cast("dict[str, Policy]", world.parts.policies)
    base = policies[name]
    (first, *_) = base.recipients
    told = first.model_copy(update={"email": "paper@parcels.example", "not_told": None})
    policies[name] = base.model_copy(
        update={
            "recipients": (told,),
            "categories": tuple(one.model_copy(update={"recipients": (told.id,)}) for one in base.categories),
        }
    )
    person = someone()
    asked = ("name: Ada Test => Ada Lovelace",)
    case = await world.open(person, Right.RECTIFICATION, controller=name, corrections=asked)
    await case.prove()
    found = json.dumps({"collection": "letters", "data": {"name": "Ada Test"}})
    await done(case, await task_of(case), records=(found,))
    await case.reaches(Stage.REVIEWING)
    plan = await world.office.change_plan(case.id, by="ann", reason="review")
    await case.act(ActKind.APPROVE, plan=plan.digest)
    await done(case, await task_of(case, "rectify"), outcomes=("rectified",))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED

    async def staff_asked() -> bool:
        return any(
            "by what they know the person" in str(letter) for _, letter in world.mail.letters if case.id in str(letter)
        )

    # Who looked on paper says that it is the person's, not by what others know them.
    await eventually(staff_asked)
    assert world.mail.to("paper@parcels.example") == []
    assert "looked again" not in world.mail.text(person.email, "by hand")
