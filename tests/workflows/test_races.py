"""What happens at the same moment, in an unlucky order, or while a part is away."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any, cast

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities import pages, plan
from activities.ledger import Tx
from activities.ledger.requests import Requests
from habeas.acts import ActCall, ActKind
from habeas.connector import Located
from habeas.errors import HabeasError, LedgerUnavailable, SealBroken, Terminal, WrongStage
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.outcomes import Awaiting, Pending
from habeas.policy import Policy
from habeas.testing import MemoryRow
from tests.workflows.gates import Gate, hold
from tests.workflows.world import Case, World, eventually, someone
from workers.office.engine import is_to_begin
from workflows.model import RequestStart
from workflows.request import RequestWorkflow

NOBODY = "0123456789abcdef"
REQUEST = "HB-0000-0000-0000"


@pytest.fixture(autouse=True)
def _short_workflow_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a step of the ledger is held, acts come with the next workflow task: after a second, not after five."""
    start = Client.start_workflow

    async def quickly(self: Client, *args: Any, **kwargs: Any) -> Any:
        return await start(self, *args, **{**kwargs, "task_timeout": timedelta(seconds=1)})

    monkeypatch.setattr(Client, "start_workflow", quickly)


def _with_clock(world: World, monkeypatch: pytest.MonkeyPatch, **clock: object) -> None:
    policies = cast("MutableMapping[str, Policy]", world.parts.policies)
    demo = policies["demo"]
    monkeypatch.setitem(policies, "demo", demo.model_copy(update={"clock": demo.clock.model_copy(update=clock)}))


async def _review(world: World, right: Right = Right.ACCESS) -> Case:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, right)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


async def _blocked(case: Case, *systems: str) -> None:
    seen: tuple[str, ...] = ()

    async def so() -> bool:
        nonlocal seen
        seen = (await case.row()).blocked_on
        return seen == systems

    try:
        await eventually(so)
    except TimeoutError:
        pytest.fail(f"it waits for {seen}, not for {systems}")


@pytest.mark.parametrize("ending", [ActKind.WITHDRAW, ActKind.REFUSE])
async def test_the_second_approval_and_the_end_at_the_same_instant(world: World, ending: ActKind) -> None:
    case = await _review(world, Right.ERASURE)
    digest = await case.plan()
    await case.act(ActKind.APPROVE, by="ann", plan=digest)
    approve = case.act(ActKind.APPROVE, by="bob", plan=digest)
    end = case.act(ending, by="cid", ground="manifestly_unfounded" if ending is ActKind.REFUSE else None)
    answers = await asyncio.gather(approve, end, return_exceptions=True)
    assert [one for one in answers if isinstance(one, BaseException) and not isinstance(one, WrongStage)] == []
    closed = await case.reaches(Stage.CLOSED)
    there = ("contacts", f'["{case.person.number}"]') in world.connectors["crm"].rows
    ended = closed.outcome in {Outcome.WITHDRAWN, Outcome.REFUSED}
    assert there == ended
    assert (f"act:{ending.value}" in await case.tags()) == ended


async def test_an_act_still_being_written_is_waited_for_before_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await _review(world)
    await case.act(ActKind.PAUSE, pause_reason="identity")
    act_id = str(uuid.uuid4())
    gate = _held_act(monkeypatch, act_id)
    resuming = asyncio.create_task(case.act(ActKind.RESUME, act_id=act_id))
    await gate.wait()
    approving = asyncio.create_task(case.act(ActKind.APPROVE))

    async def approved() -> bool:
        return "act:approve" in await case.tags()

    await eventually(approved)
    gate.open()
    await asyncio.gather(resuming, approving)
    await case.reaches(Stage.CLOSED)
    tags = await case.tags()
    assert tags[-1] == "request:closed"
    assert "act:resume" in tags


def _held_act(monkeypatch: pytest.MonkeyPatch, act_id: str) -> Gate:
    return hold(monkeypatch, "accept_act", lambda order: order.call.act_id == act_id)


async def test_the_end_comes_after_an_act_that_came_while_the_last_letter_was_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await _review(world)
    await case.act(ActKind.PAUSE, pause_reason="identity")
    notifying = hold(monkeypatch, "send_letter", lambda order: order.entering is Stage.NOTIFYING)
    await case.act(ActKind.APPROVE)
    await notifying.wait()
    act_id = str(uuid.uuid4())
    accepting = _held_act(monkeypatch, act_id)
    resuming = asyncio.create_task(case.act(ActKind.RESUME, act_id=act_id))
    await accepting.wait()
    notifying.open()
    await case.has_letter("completion_access")
    assert (await case.row()).stage is Stage.NOTIFYING
    accepting.open()
    await resuming
    await case.reaches(Stage.CLOSED)
    assert (await case.tags())[-1] == "request:closed"


async def test_an_identifier_that_is_being_added_is_waited_for_before_nothing_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    known = someone()
    known.settle_in(world.connectors)
    case = await world.open(person)
    await case.has_letter("code")
    crm = world.connectors["crm"]
    located, found = asyncio.Event(), crm.locate

    async def held(identifiers: tuple[Identifier, ...]) -> Any:
        if any(one.value == person.email for one in identifiers):
            await located.wait()
        return await found(identifiers)

    monkeypatch.setattr(crm, "locate", held)
    await case.prove()
    await case.reaches(Stage.LOCATING)
    act_id = str(uuid.uuid4())
    accepting = _held_act(monkeypatch, act_id)
    theirs = tuple(
        Identifier(kind=kind, value=value)
        for kind, value in (("customer_number", known.number), ("email", known.email))
    )
    adding = asyncio.create_task(
        world.office.add_identifier(case.id, by="ann", reason="by phone", identifiers=theirs, act_id=act_id)
    )
    await accepting.wait()
    located.set()

    async def settled() -> bool:
        return "match:settled" in await case.tags()

    await eventually(settled)
    accepting.open()
    await adding
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_a_retry_is_heard_while_the_waiting_is_still_being_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    writing = hold(monkeypatch, "waiting", lambda order: order.code is not None)
    world.connectors["crm"].fail("collect", Terminal("no permission"))
    await case.prove()
    await writing.wait()
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    writing.open()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_what_a_system_gave_after_staff_mended_it_is_in_the_letter(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", Terminal("no permission"))
    await case.prove()
    await _blocked(case, "crm")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)
    async with world.parts.ledger.begin() as tx:
        counts = {row.system: row.counts["records"] for row in await tx.systems(case.id) if row.phase == "collect"}
    assert counts == {"crm": 4, "billing": 2}
    assert "Customer relations" in world.mail.text(person.email, "/d/")


async def test_a_system_that_fails_again_asks_for_staff_again(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    world.connectors["crm"].fail("collect", Terminal("no permission"), Terminal("no permission"))
    await case.prove()
    await case.has_letter("staff_attention")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.has_letter("staff_attention", 2)
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)


async def test_attestation_does_not_wait_for_a_system_that_is_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    person.settle_in(world.connectors)
    billing = world.connectors["billing"]
    locate, broken = billing.locate, [Terminal("down")]

    async def down_for_them(identifiers: tuple[Identifier, ...]) -> Located:
        # Requests of earlier tests may still be asking: only this person's call fails, and only once.
        if broken and any(one.value == person.email for one in identifiers):
            raise broken.pop()
        return await locate(identifiers)

    monkeypatch.setattr(billing, "locate", down_for_them)
    case = await world.open(person)

    async def failed() -> bool:
        # Whether it is waited for depends on who answered first: another system knows the person, and that is enough.
        return not broken

    await eventually(failed)
    await case.act(ActKind.ATTEST)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


# An erasure that has begun


async def _half_erased(world: World) -> Case:
    """Billing is done; the CRM's data changed between the plan and the erasure."""
    case = await _review(world, Right.ERASURE)
    number = case.person.number
    new = MemoryRow(collection="notes", key=f'["{number}-new"]', root=f'["{number}"]', data={"text": "", "n": 9})
    world.connectors["crm"].put(new)
    first = await case.plan()
    await case.act(ActKind.APPROVE, by="ann", plan=first)
    await case.act(ActKind.APPROVE, by="bob", plan=first)

    async def again() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await case.plan() != first

    await eventually(again)
    return case


@pytest.mark.parametrize("kind", [ActKind.WITHDRAW, ActKind.REFUSE])
async def test_an_erasure_half_done_can_neither_be_withdrawn_nor_refused(world: World, kind: ActKind) -> None:
    case = await _half_erased(world)
    with pytest.raises(WrongStage, match="begun"):
        await case.act(kind, ground="manifestly_unfounded" if kind is ActKind.REFUSE else None)
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert not [key for key in world.connectors["crm"].rows if case.person.number in key[1]]


async def test_what_came_back_changed_is_planned_and_approved_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await _review(world, Right.ERASURE)
    crm, number = world.connectors["crm"], case.person.number
    contact = crm.rows["contacts", f'["{number}"]']
    looked = crm.confirm

    async def resurrected(*args: Any) -> Any:
        crm.put(contact.model_copy(update={"data": {"email": "", "name": "changed"}}))
        monkeypatch.setattr(crm, "confirm", looked)
        return await looked(*args)

    monkeypatch.setattr(crm, "confirm", resurrected)
    first = await case.plan()
    await case.approve_twice()
    await _blocked(case, "crm")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")

    async def again() -> bool:
        return (await case.row()).stage is Stage.REVIEWING and await case.plan() != first

    await eventually(again)
    await case.approve_twice()
    await case.reaches(Stage.CLOSED)
    assert ("contacts", contact.key) not in crm.rows


async def test_the_deadline_does_not_leave_a_system_unerased_by_itself(world: World) -> None:
    case = await _review(world, Right.ERASURE)
    world.connectors["crm"].fail("erase", Terminal("no permission"))
    due_at = (await case.row()).due_at
    assert due_at is not None
    await case.approve_twice()
    await _blocked(case, "crm")
    await case.passes(due_at - world.now[0] + timedelta(hours=1))
    await case.has_letter("staff_alarm")
    assert (await case.row()).blocked_on == ("crm",)
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)
    assert not [key for key in world.connectors["crm"].rows if case.person.number in key[1]]


async def test_a_callback_counts_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await _review(world, Right.ERASURE)
    crm = world.connectors["crm"]
    erase, asked = crm.erase, []

    async def slow(approved: Any, handle: str | None) -> Any:
        asked.append(handle)
        return Awaiting(handle="job", give_up_after=3600) if len(asked) < 3 else await erase(approved, handle)

    monkeypatch.setattr(crm, "erase", slow)
    await case.approve_twice()

    async def calls(count: int) -> None:
        async def so() -> bool:
            return len(asked) >= count

        await eventually(so)

    await calls(1)
    await case.handle.signal("system_called_back", args=["crm", "job"])
    await calls(2)
    for _ in range(3):
        with pytest.raises(HabeasError):
            await case.act(ActKind.WITHDRAW)
    assert asked == [None, "job"]
    await case.handle.signal("system_called_back", args=["crm", "job"])
    await case.reaches(Stage.CLOSED)
    assert len(asked) == 3


async def test_a_job_of_many_hours_is_asked_after_less_and_less_often(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await _review(world, Right.ERASURE)
    crm = world.connectors["crm"]
    erase, done, asked = crm.erase, False, 0

    async def slow(approved: Any, handle: str | None) -> Any:
        nonlocal asked
        asked += 1
        return await erase(approved, handle) if done else Pending(handle="job", poll_after=60)

    monkeypatch.setattr(crm, "erase", slow)
    await case.approve_twice()
    await case.reaches(Stage.FULFILLING)
    await case.passes(timedelta(hours=3))
    assert 10 < asked < 60
    done = True
    await case.passes(timedelta(hours=2))
    await case.reaches(Stage.CLOSED)


# The engine's own parts


async def test_a_step_that_fails_for_good_is_tried_again_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.has_letter("code")
    load, broken = pages.load_collected, asyncio.Event()

    async def once(tx: Tx, request_id: str) -> Any:
        if not broken.is_set():
            broken.set()
            raise SealBroken
        return await load(tx, request_id)

    monkeypatch.setattr(plan, "load_collected", once)
    await case.prove()
    async with asyncio.timeout(20):
        await broken.wait()
    await case.passes(timedelta(hours=2))
    await case.reaches(Stage.REVIEWING)


async def test_a_ledger_that_is_away_for_long_does_not_fill_the_history(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await _review(world)
    real, away, tries = Requests.update_request, True, 0

    async def gone(self: Requests, request_id: str, **changes: Any) -> None:
        nonlocal tries
        if away and request_id == case.id and changes.get("stage") is Stage.FULFILLING:
            tries += 1
            raise LedgerUnavailable
        await real(self, request_id, **changes)

    monkeypatch.setattr(Requests, "update_request", gone)
    await case.act(ActKind.APPROVE)

    async def tried() -> bool:
        return tries > 2

    await eventually(tried)
    before = (await case.handle.describe()).history_length
    await case.passes(timedelta(hours=2))
    grown = (await case.handle.describe()).history_length - before
    away = False
    await case.passes(timedelta(hours=1))
    await case.reaches(Stage.CLOSED)
    assert grown < 2 * 100, "a history holds 51,200 events: a ledger may be away for weeks"


# The clock


async def test_a_request_that_is_overdue_when_it_is_opened_is_alarmed_once_and_carried_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_clock(world, monkeypatch, extend_automatically=True)
    person = someone()
    person.settle_in(world.connectors)
    received = (world.now[0] - timedelta(days=60)).isoformat()
    case = await world.open(person, received_at=received)
    await case.has_letter("staff_alarm")
    row = await case.row()
    assert row.overdue
    assert not row.extended, "the last day to announce an extension is over"
    await case.prove()
    await case.reaches(Stage.CLOSED)
    letters = await case.letters()
    assert letters.count("staff_alarm") == 1
    assert "extension" not in letters


async def test_extension_and_pause_at_the_same_instant(world: World) -> None:
    case = await _review(world)
    first = (await case.row()).due_on
    extend = case.act(ActKind.EXTEND, by="ann", ground="complexity")
    pause = case.act(ActKind.PAUSE, by="bob", pause_reason="identity")
    extended, paused = await asyncio.gather(extend, pause, return_exceptions=True)
    assert not isinstance(paused, BaseException)
    await case.passes(timedelta(days=40))
    await case.act(ActKind.RESUME)
    row = await case.row()
    assert first is not None
    if isinstance(extended, BaseException):
        assert isinstance(extended, WrongStage)
        assert not row.extended
        return
    assert row.extended_due_on is not None
    assert row.extended_due_on - first > timedelta(days=90)
    await case.has_letter("extension")


def _unstarted() -> RequestWorkflow:
    return RequestWorkflow(RequestStart(request_id=REQUEST, controller="demo", right=Right.ACCESS, regime="EU-GDPR"))


async def test_an_act_in_the_first_second_is_taken_once_the_request_has_begun(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = hold(monkeypatch, "begin", lambda _: True)
    case = await world.open(someone())
    await gate.wait()
    act = asyncio.ensure_future(case.act(ActKind.EXTEND, ground="complexity"))
    refused = asyncio.Event()

    def look(error: WorkflowUpdateFailedError) -> bool:
        refused.set()
        return is_to_begin(error)

    monkeypatch.setattr("workers.office.engine.is_to_begin", look)
    await refused.wait()
    gate.open()
    assert (await act).stage is not Stage.CLOSED
    assert (await case.row()).extended


def test_acts_in_the_first_second_get_a_clear_answer() -> None:
    call = ActCall(act_id=str(uuid.uuid4()), actor=NOBODY)
    for kind in ActKind:
        validator = getattr(_unstarted(), f"_may_{kind.value}")
        with pytest.raises(ApplicationError, match="not begun yet") as refused:
            validator(call)
        assert refused.value.type == "not_begun"


async def test_while_a_plan_is_drafted_anew_nobody_approves_the_old_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await _review(world, Right.ERASURE)
    old = await case.plan()
    gate = hold(monkeypatch, "draft_plan", lambda order: order.request_id == case.id)
    await case.act(ActKind.EXEMPT, category="activity", ground="manifestly_unfounded")
    await gate.wait()
    for by in ("ann", "bob"):
        with pytest.raises(WrongStage, match="drafted anew"):
            await case.act(ActKind.APPROVE, by=by, plan=old)
    gate.open()

    async def new() -> bool:
        return (await case.tags()).count("plan:drafted") == 2

    await eventually(new)

    async def approved() -> bool:
        try:
            await case.approve_twice()
        except WrongStage:
            return False
        return True

    await eventually(approved)
    assert (await case.reaches(Stage.CLOSED)).blocked_on == ()
