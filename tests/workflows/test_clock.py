"""The clock beside the story: reminders, extension, pause, breach."""

from __future__ import annotations

from datetime import timedelta

import pytest

from habeas.acts import ActKind
from habeas.errors import BadInput, Terminal, WrongStage
from habeas.model import Outcome, Stage
from tests.workflows.world import Case, World, eventually, someone


async def _is_offered(case: Case, kind: ActKind) -> bool:
    return any(one.kind is kind for one in (await case.world.office.show(case.id)).possible)


async def test_a_term_that_runs_out_is_told_before_and_alarmed_after(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    row = await case.reaches(Stage.REVIEWING)
    assert row.due_at is not None
    await case.passes(row.due_at - world.now[0] - timedelta(days=9))
    await case.has_letter("staff_reminder")
    assert not (await case.row()).overdue
    await case.passes(timedelta(days=10))
    await case.has_letter("staff_alarm")
    await case.has_letter("staff_reminder", 3)
    assert (await case.row()).overdue
    assert "clock:breached" in await case.tags()
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_an_extension_is_announced_with_reasons_and_moves_the_deadline(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    first = (await case.reaches(Stage.REVIEWING)).due_on
    await case.act(ActKind.EXTEND, ground="complexity")
    row = await case.row()
    assert row.extended
    assert row.extended_due_on is not None
    assert first is not None
    assert timedelta(days=55) < row.extended_due_on - first < timedelta(days=66)
    await case.has_letter("extension")
    assert "as told" in world.mail.text(person.email, str(row.extended_due_on.year))
    with pytest.raises(WrongStage):
        await case.act(ActKind.EXTEND, ground="complexity")
    await case.passes(timedelta(days=40))
    assert not (await case.row()).overdue


async def test_an_extension_needs_a_ground_of_the_law_and_comes_in_time(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    with pytest.raises(BadInput):
        await case.act(ActKind.EXTEND, ground="too_busy")
    assert await _is_offered(case, ActKind.EXTEND)
    await case.passes(timedelta(days=40))
    assert not await _is_offered(case, ActKind.EXTEND), "its day is over"
    with pytest.raises(WrongStage):
        await case.act(ActKind.EXTEND, ground="complexity")
    assert "clock:extended" not in await case.tags()


async def test_a_pause_adds_its_days_and_holds_the_alarms(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    before = (await case.reaches(Stage.REVIEWING)).due_on
    await case.act(ActKind.PAUSE, pause_reason="identity")
    assert not await _is_offered(case, ActKind.EXTEND), "the clock stands still"
    await case.passes(timedelta(days=40))
    assert not (await case.row()).overdue
    with pytest.raises(WrongStage):
        await case.act(ActKind.PAUSE, pause_reason="identity")
    await case.act(ActKind.RESUME)
    after = (await case.row()).due_on
    assert before is not None
    assert after is not None
    # Weekends and holidays roll either day, by five days at most.
    assert timedelta(days=34) <= after - before <= timedelta(days=46)


async def test_a_pause_that_the_law_does_not_know_is_refused(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, jurisdiction="CA")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    with pytest.raises(BadInput):
        await case.act(ActKind.PAUSE, pause_reason="identity")
    assert "clock:paused" not in await case.tags()


async def test_thirty_days_with_a_slow_system_end_with_what_is_there(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    world.connectors["billing"].fail("collect", Terminal("credentials refused"))
    case = await world.open(person)
    await case.prove()

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("billing",)

    await eventually(blocked)
    due_at = (await case.row()).due_at
    assert due_at is not None
    await case.passes(due_at - world.now[0] - timedelta(days=1))
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert "Billing" in world.mail.text(person.email, "/d/")


async def test_the_clock_extends_by_itself_where_policy_says_so(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller="patient")
    await case.prove()
    row = await case.reaches(Stage.REVIEWING)
    assert row.due_at is not None
    await case.passes(row.due_at - world.now[0] - timedelta(days=3))
    await case.has_letter("extension")
    extended = await case.row()
    assert extended.extended
    assert extended.extended_due_on is not None
    letter = world.mail.text(person.email, "spread over several systems")
    assert str(extended.extended_due_on.year) in letter
    event = next(event for event in await case.events() if event.tag.value == "clock:extended")
    assert event.at < row.due_at, "announced before the first term ends"
    assert event.facts["by_staff"] is False
    await case.passes(timedelta(days=30))
    assert not (await case.row()).overdue
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_a_controller_that_waits_is_overdue_rather_than_incomplete(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    world.connectors["billing"].fail("collect", Terminal("credentials refused"))
    case = await world.open(person, controller="patient")
    await case.prove()

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("billing",)

    await eventually(blocked)
    await case.passes(timedelta(days=100))
    row = await case.row()
    assert row.overdue
    assert row.stage is Stage.COLLECTING
    await case.act(ActKind.RETRY_SYSTEM, system="billing")
    await case.reaches(Stage.REVIEWING)
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED


async def test_a_paused_clock_reminds_staff_until_it_runs_again(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller="patient")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.has_letter("staff_attention")
    await case.act(ActKind.PAUSE, pause_reason="clarification")
    before = (await case.letters()).count("staff_attention")
    await case.passes(timedelta(days=14, minutes=1))
    await case.has_letter("staff_attention", before + 1)
    await case.passes(timedelta(days=14, minutes=1))
    await case.has_letter("staff_attention", before + 2)
    assert not (await case.row()).overdue
    await case.act(ActKind.RESUME)
    await case.passes(timedelta(days=2))
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)
    assert (await case.letters()).count("staff_attention") == before + 2
