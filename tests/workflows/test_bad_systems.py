"""One bad system, in each of its ways: the others go on, it is shown since when, and staff or the policy decide."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from prometheus_client import REGISTRY
from rich.console import Console

from activities.ledger import SystemRow
from habeas.acts import ActKind
from habeas.connector import Page, Record, RecordRef, SystemPlan
from habeas.errors import ConnectorError, Quarantine, Terminal, Transient
from habeas.model import Outcome, Right, Stage
from habeas.outcomes import Awaiting, ConfirmAnswer, Done, Fate, Pending
from habeas.policy.sections import AtDeadline
from tests.workflows.controllers import controller
from tests.workflows.world import Case, World, eventually, someone
from workers.cli.show import story
from workers.desk import create_app
from workflows import systems as waiting

HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture(autouse=True)
def _nothing_left(world: World) -> Iterator[None]:
    """No faults of other tests, and none for them."""
    yield
    for connector in world.connectors.values():
        connector.faults.clear()
        connector.waits.clear()
    world.parts.rests.over()


@pytest.fixture
def shown_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call is shown as slow after a second: on the test's server time does not pass while one is under way."""
    monkeypatch.setattr(waiting, "SLOW_AFTER", timedelta(seconds=1))


async def _hangs(roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
    await asyncio.Event().wait()
    yield Page(records=(), cursor=None)


async def _proven(world: World, right: Right = Right.ACCESS, *, of: str = "demo", **faults: Any) -> Case:
    """A request of somebody in both systems, whose CRM answers so from the proof on."""
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, controller=of)
    await case.reaches(Stage.VERIFYING)
    await case.code()
    for method, answers in faults.items():
        errors = [one for one in answers if isinstance(one, Exception)]
        world.connectors["crm"].fail(method, *errors)
        world.connectors["crm"].answers(method, *(one for one in answers if not isinstance(one, Exception)))
    await case.prove()
    return case


def _at_first(says: str) -> list[Transient]:
    """For as often as it is tried before the request is shown as waiting, one at once after another."""
    return [Transient(says, retry_after=0.01) for _ in range(4)]


async def _waits(case: Case, code: str, phase: str | None = None) -> SystemRow:
    """Until the request shows that it waits for the CRM for this cause."""

    async def so() -> SystemRow | None:
        shown = (await case.world.office.show(case.id)).waits
        return next((row for row in shown if row.system == "crm" and row.error_code == code), None)

    row = await eventually(so)
    assert phase is None or row.phase == phase
    assert row.waiting_since is not None
    return row


async def _others_are_done(case: Case, tag: str = "system:collected") -> None:
    async def done() -> bool:
        return any(event.facts.get("system") == "billing" for event in await case.events() if event.tag.value == tag)

    await eventually(done)


async def _printed(case: Case) -> str:
    """As `habeas request show` has it."""
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(*story(await case.world.office.show(case.id)))
    return console.export_text()


async def _on_the_desk(case: Case) -> str:
    desk = httpx2.ASGITransport(create_app(case.world.office))
    async with httpx2.AsyncClient(transport=desk, base_url="http://127.0.0.1") as browser:
        return (await browser.get(f"/requests/{case.id}")).text


async def _since(case: Case) -> datetime:
    (row,) = (await case.world.office.show(case.id)).waits
    assert row.waiting_since is not None
    return row.waiting_since


async def test_down_for_a_day_is_shown_since_when_it_began_whatever_the_cause_is_called(world: World) -> None:
    case = await _proven(
        world, collect=[*_at_first("down"), *(Transient("down") for _ in range(4)), Quarantine("half up")]
    )
    row = await _waits(case, "transient", "collect")
    since = f"{row.waiting_since:%Y-%m-%d %H:%M}"
    assert f"crm since {since} UTC (transient)" in await _printed(case)
    assert f"crm (transient) since {since} UTC" in await _on_the_desk(case)
    await _others_are_done(case)
    await case.passes(timedelta(days=1))
    later = await _waits(case, "quarantine", "collect")
    assert later.waiting_since == row.waiting_since
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert (await world.office.show(case.id)).waits == ()


@pytest.mark.parametrize("named", [True, False])
async def test_a_cursor_that_names_somebody_or_leads_nowhere_stops_for_a_human(
    world: World, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    async def collect(roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        for _ in range(9):
            yield Page(records=(), cursor="after/ann@example.org" if named else "17")

    with monkeypatch.context() as strange:
        strange.setattr(world.connectors["crm"], "collect", collect)
        case = await _proven(world)
        await _waits(case, "quarantine", "collect")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert b"ann@example.org" not in (await case.handle.fetch_history()).to_json().encode()


async def _told_of_crm(case: Case) -> int:
    """How many letters staff got that ask them to look at a system."""
    return (await case.letters()).count("staff_attention")


async def test_rate_limited_for_hours_is_shown_and_told_from_the_first_failure_on(world: World) -> None:
    case = await _proven(world, collect=[Transient("limited", retry_after=5 * HOUR)])
    await _others_are_done(case)
    row = await _waits(case, "left_alone", "collect")
    assert row.waiting_since is not None
    opened = (await case.row()).received_at
    assert row.waiting_since - opened < timedelta(minutes=5)
    await case.has_letter("staff_attention")
    await case.passes(timedelta(hours=5, minutes=1))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert not (await case.row()).blocked_on


async def test_staff_have_a_system_asked_that_is_left_alone(world: World) -> None:
    case = await _proven(world, collect=[Transient("limited", retry_after=5 * HOUR)])
    await _waits(case, "left_alone", "collect")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_a_rate_limit_of_minutes_that_goes_on_is_told_within_the_hour(world: World) -> None:
    case = await _proven(world, collect=[Transient("limited", retry_after=20 * 60) for _ in range(40)])
    row = await _waits(case, "left_alone", "collect")
    assert await _told_of_crm(case) == 0
    for _ in range(2):
        await case.passes(timedelta(minutes=21))
    assert await _told_of_crm(case) == 0
    await case.passes(timedelta(minutes=21))
    await case.has_letter("staff_attention")
    await case.passes(timedelta(hours=3))
    assert await _told_of_crm(case) == 1
    assert await _since(case) == row.waiting_since


async def test_what_one_request_hears_of_a_rate_limit_all_others_keep(world: World) -> None:
    crm, person = world.connectors["crm"], someone()
    person.settle_in(world.connectors)
    second = await world.open(person)
    await second.reaches(Stage.VERIFYING)
    await second.code()
    first = await _proven(world, collect=[Transient("limited", retry_after=5 * HOUR)])
    await _waits(first, "left_alone", "collect")
    crm.calls.clear()
    await second.prove()
    await _waits(second, "left_alone")
    assert crm.calls == []
    assert await _is_blocked(second, "crm")
    for case in (first, second):
        await case.passes(timedelta(hours=5, minutes=1))
    for case in (first, second):
        assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_slow_is_shown_and_may_be_left_out(
    world: World, shown_soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.connectors["crm"], "collect", _hangs)
    case = await _proven(world)
    await _others_are_done(case)
    await _waits(case, "slow", "collect")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "Customer relations" in world.mail.text(case.person.email, "/d/")


async def test_slow_answers_count_when_they_come(
    world: World, shown_soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm, comes = world.connectors["crm"], asyncio.Event()
    collect = crm.collect

    async def late(roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        await comes.wait()
        async for each in collect(roots, cursor):
            yield each

    monkeypatch.setattr(crm, "collect", late)
    case = await _proven(world)
    await _waits(case, "slow", "collect")
    comes.set()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert not (await case.row()).blocked_on


async def test_near_the_deadline_the_policy_leaves_out_what_does_not_answer(world: World) -> None:
    case = await _proven(world, collect=[Terminal("no permission")])
    await _waits(case, "terminal")
    due = (await case.row()).due_on
    assert due is not None
    await case.passes(timedelta(days=(due - world.now[0].date()).days - 1))
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "Customer relations" in world.mail.text(case.person.email, "/d/")


async def test_credentials_are_mended_once_and_all_who_wait_go_on(world: World) -> None:
    """And nobody else's: a request that waits for another system is left alone."""
    cases = []
    for _ in range(3):
        cases.append(await _proven(world, collect=[Terminal("no permission")]))
        await _waits(cases[-1], "terminal")
    world.connectors["billing"].fail("collect", Terminal("no permission"))
    other = await _proven(world)
    await eventually(lambda: _is_blocked(other, "billing"))
    told = await world.office.retry_waiting("crm", by="ann", reason="the token was renewed")
    assert set(told.requests) >= {case.id for case in cases}
    for case in cases:
        assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
        assert "act:retry_system" in await case.tags()
    assert other.id not in told.requests
    assert await _is_blocked(other, "billing")
    assert (await world.office.retry_waiting("crm", by="ann", reason="again")).requests == ()
    await world.office.retry_waiting("billing", by="ann", reason="that too")
    await other.reaches(Stage.CLOSED)


async def _is_blocked(case: Case, system: str) -> bool:
    return (await case.row()).blocked_on == (system,)


async def test_garbage_stops_for_a_human_and_the_others_go_on(world: World) -> None:
    case = await _proven(world, locate=[Quarantine("more than fifty matches")])
    await _waits(case, "quarantine", "locate")
    await case.has_letter("staff_attention")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    # Nobody else knows the address: but it is not said that nobody does.
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.NOTHING_FOUND
    assert "Customer relations" in world.mail.text(case.person.email, "Not finished yet")


async def test_what_its_manifest_does_not_have_is_its_own_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it goes into a plan, or is left out of one in silence: it is shown, and asked again as any other."""
    crm, others = world.connectors["crm"], Record.of("reviews", '["1"]', {"stars": 1})
    real = crm.collect

    async def more(roots: tuple[RecordRef, ...], cursor: str | None) -> AsyncIterator[Page]:
        async for page in real(roots, cursor):
            yield page.model_copy(update={"records": (*page.records, others)})

    with monkeypatch.context() as strange:
        strange.setattr(crm, "collect", more)
        case = await _proven(world, Right.ERASURE)
        await _waits(case, "quarantine", "collect")
        await case.has_letter("staff_attention")
        assert await _is_blocked(case, "crm")
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.reaches(Stage.REVIEWING)
    assert not (await case.row()).blocked_on


async def test_half_done_is_finished_once_it_is_up_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies after its first object; when it is back the rest goes, and the second look finds nothing."""
    crm = world.connectors["crm"]
    treated = crm._treat
    dies = iter([False, True])

    def breaks_off(one: Any) -> None:
        if next(dies, False):
            raise Terminal("it broke off")
        treated(one)

    monkeypatch.setattr(crm, "_treat", breaks_off)
    case = await _proven(world, Right.ERASURE)
    await case.approve_twice()
    await _waits(case, "terminal", "erase")
    await _others_are_done(case, "system:erased")
    left = [key for key in crm.rows if case.person.number in key[1]]
    assert 0 < len(left) < 4
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)
    assert not [key for key in crm.rows if case.person.number in key[1]]


async def test_gone_for_ever_is_left_out_by_staff_and_named(world: World) -> None:
    case = await _proven(world, Right.ERASURE, erase=[*_at_first("gone"), *(Transient("gone") for _ in range(500))])
    await case.approve_twice()
    await _waits(case, "transient", "erase")
    await case.passes(timedelta(hours=6))
    assert await _is_blocked(case, "crm")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "Customer relations" in world.mail.text(case.person.email, "Not finished yet")


async def _job(world: World, *answers: Pending | Awaiting, phase: str = "confirm", of: str = "demo") -> Case:
    case = await _proven(world, Right.ERASURE, of=of, **{phase: answers})
    await case.approve_twice()
    await _others_are_done(case, "system:erased")
    return case


async def test_a_job_of_weeks_is_shown_and_asked_at_once_when_staff_say_so(world: World) -> None:
    case = await _job(world, Pending(handle="bin", poll_after=3 * DAY), Pending(handle="bin", poll_after=3 * DAY))
    row = await _waits(case, "job", "confirm")
    assert (await case.letters()).count("staff_attention") == 1  # the review
    await case.passes(timedelta(days=4))
    crm = world.connectors["crm"]
    await eventually(lambda: _asked(crm, "confirm", 2))
    assert await _since(case) == row.waiting_since
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert not (await case.row()).blocked_on


async def _asked(connector: Any, method: str, times: int) -> bool:
    return bool(connector.calls.count(method) >= times)


async def test_a_short_job_is_nothing_to_show(world: World) -> None:
    case = await _job(world, Pending(handle="job", poll_after=5 * 60))
    await case.passes(timedelta(minutes=6))
    await case.reaches(Stage.CLOSED)
    waits = [event.facts for event in await case.events() if event.tag.value == "system:waiting"]
    assert waits == []


async def test_near_the_deadline_the_person_is_told_of_a_job_as_not_finished(world: World) -> None:
    world.connectors["crm"].calls.clear()
    case = await _job(world, *[Pending(handle="bin", poll_after=3 * DAY) for _ in range(40)])
    await _waits(case, "job")
    due = (await case.row()).due_on
    assert due is not None
    await case.passes(timedelta(days=(due - world.now[0].date()).days - 1))
    row = await case.reaches(Stage.CLOSED)
    assert row.outcome is Outcome.PARTLY_FULFILLED
    assert not row.overdue
    assert "Customer relations" in world.mail.text(case.person.email, "Not finished yet")


async def test_a_job_that_begins_when_the_deadline_is_near_is_not_waited_for(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    world.connectors["crm"].answers("erase", Pending(handle="redaction", poll_after=DAY))
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    due = (await case.row()).due_on
    assert due is not None
    await case.passes(timedelta(days=(due - world.now[0].date()).days - 1))
    await case.approve_twice()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED


async def test_where_the_policy_waits_a_job_is_waited_for(world: World) -> None:
    name = controller(world, "patient_with_jobs", release={"at_deadline": AtDeadline.WAIT})
    case = await _job(world, *[Pending(handle="bin", poll_after=3 * DAY) for _ in range(14)], of=name)
    await _waits(case, "job")
    await case.passes(timedelta(days=35))
    row = await case.row()
    assert (row.stage, row.blocked_on, row.overdue) == (Stage.CONFIRMING, ("crm",), True)
    await case.passes(timedelta(days=60))
    await case.reaches(Stage.CLOSED)


@pytest.mark.parametrize("at_deadline", [AtDeadline.WAIT, AtDeadline.RELEASE_PARTIAL])
async def test_a_bin_that_empties_itself_makes_nobody_late_and_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch, at_deadline: AtDeadline
) -> None:
    """All that was asked is done: the letter comes in time, and says what lies there until when."""
    crm = world.connectors["crm"]
    look, until = crm.confirm, (world.now[0] + timedelta(days=90)).date()

    async def confirm(plan: SystemPlan, handle: str | None) -> ConfirmAnswer:
        answer = await look(plan, None)
        assert isinstance(answer, Done)
        binned = {"reason": "in_the_bin", "until": until}
        so_far = tuple(one.model_copy(update=binned if one.fate is Fate.ERASED else {}) for one in answer.result)
        return Pending(handle="bin", poll_after=3 * DAY, so_far=so_far)

    monkeypatch.setattr(crm, "confirm", confirm)
    case = await _job(world, of=controller(world, f"bins_{at_deadline}", release={"at_deadline": at_deadline}))
    await _waits(case, "job", "confirm")
    due = (await case.row()).due_on
    assert due is not None
    await case.passes(timedelta(days=(due - world.now[0].date()).days - 1))
    row = await case.reaches(Stage.CLOSED)
    assert not row.overdue
    letter = world.mail.text(case.person.email, "recycle bin")
    assert f"{until.day} {until:%B %Y}" in letter
    assert "Not finished yet" not in letter


async def test_a_callback_that_never_comes_is_told_to_staff(world: World) -> None:
    case = await _job(world, *[Awaiting(handle="j", give_up_after=2 * DAY) for _ in range(3)], phase="erase")
    await _waits(case, "callback", "erase")
    before = (await case.letters()).count("staff_attention")
    await case.passes(timedelta(days=2, minutes=1))
    await _waits(case, "no_callback", "erase")
    await case.has_letter("staff_attention", before + 1)
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED


async def test_what_begins_to_fail_after_the_release_is_left_out_at_the_breach(world: World) -> None:
    name = controller(world, "released_early", release={"days_before": 28})
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller=name)
    due_on = (await case.reaches(Stage.VERIFYING)).due_on
    assert due_on is not None
    await case.passes(due_on - world.now[0].date() - timedelta(days=26))
    world.connectors["crm"].fail("collect", Terminal("no permission"))
    await case.act(ActKind.ATTEST)
    await _waits(case, "terminal")
    await case.passes(timedelta(days=28))
    row = await case.reaches(Stage.CLOSED)
    assert (row.outcome, row.overdue) == (Outcome.PARTLY_FULFILLED, True)


async def test_what_fails_while_it_erases_is_not_left_unerased_by_a_clock(world: World) -> None:
    case = await _proven(world, Right.ERASURE, erase=[Terminal("no permission")])
    await case.approve_twice()
    await _waits(case, "terminal", "erase")
    await case.passes(timedelta(days=40))
    assert (await case.row()).overdue
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)


async def test_metrics_say_which_system_fails_and_is_waited_for(world: World) -> None:
    failed = {"activity": "collect", "system": "crm", "outcome": "terminal"}
    waited = {"system": "crm", "code": "terminal"}
    before = _counted("habeas_activities_total", failed), _counted("habeas_waits_total", waited)
    case = await _proven(world, collect=[Terminal("no permission")])
    await _waits(case, "terminal")
    assert _counted("habeas_activities_total", failed) == before[0] + 1
    assert _counted("habeas_waits_total", waited) == before[1] + 1
    assert _counted("habeas_activity_seconds_count", failed) == before[0] + 1
    await case.act(ActKind.RETRY_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)


def _counted(name: str, labels: dict[str, str]) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize("kind", [Terminal, Quarantine])
async def test_what_a_connector_says_of_somebody_stays_sealed(
    world: World, kind: type[ConnectorError], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its first line, its code and where the rest is kept: that is all that Temporal and the log get."""
    person = someone("Zacharias Quist")
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    await case.code()
    said = f"no right to read contact {person.number} (Quist)"
    world.connectors["crm"].fail("collect", kind(said))
    await case.prove()
    row = await _waits(case, kind.code, "collect")
    assert row.correlation is not None
    async with world.parts.ledger.begin() as tx:
        kept = await tx.error(row.correlation)
    assert kept is not None
    assert (kept.detail, kept.code) == (said, kind.code)
    told = (await case.handle.fetch_history()).to_json() + "".join(capsys.readouterr())
    assert row.correlation in told
    assert person.number not in told
    assert "quist" not in told.casefold()
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)


async def test_a_system_s_own_words_are_sealed_whatever_they_say(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of "her brother" no detector knows that it is somebody's."""
    case = await _proven(world, collect=[Terminal("It refuses to do this.", said="her brother locked it")])
    row = await _waits(case, "terminal")
    assert row.correlation is not None
    async with world.parts.ledger.begin() as tx:
        kept = await tx.error(row.correlation)
    assert kept is not None
    assert kept.detail == "her brother locked it"
    told = (await case.handle.fetch_history()).to_json() + "".join(capsys.readouterr())
    assert "It refuses to do this." in told
    assert "brother" not in told
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)


async def test_what_names_nobody_is_told_as_it_is(world: World) -> None:
    said = "The database user lacks permissions: grant select on contacts."
    case = await _proven(world, collect=[Terminal(said)])
    row = await _waits(case, "terminal")
    assert row.correlation is None
    assert said in (await case.handle.fetch_history()).to_json()
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)
