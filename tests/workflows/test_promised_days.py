"""A promised day: kept in any case or with every effort, said so in letters and to staff, and moved by no pause."""

from __future__ import annotations

from datetime import date, timedelta

from habeas.acts import ActKind
from habeas.model import Stage
from habeas.policy.sections import Strength
from tests.workflows.controllers import controller
from tests.workflows.world import Case, World, someone
from workers.office.asked import Extension
from workers.office.previewing import Promised


async def _review(world: World, name: str, strength: str, days: int = 20) -> Case:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    promise = {"days": days, "strength": Strength(strength)}
    case = await world.open(person, controller=controller(world, name, promise=promise))
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


async def _ends(case: Case) -> None:
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)


async def _foreseen(case: Case) -> tuple[date | None, Promised | None]:
    """What the preview of an extension says of the promise."""
    said = Extension(reason="many", ground="complexity")
    shown = await case.world.office.preview(ActKind.EXTEND, case.id, said, by="Kim")
    return shown.promised_on, shown.promise


async def test_an_extension_leaves_a_hard_promise_standing_and_the_alarm_with_it(world: World) -> None:
    case = await _review(world, "firm", "hard")
    row = await case.row()
    promised = row.due_on
    assert promised is not None
    assert "in any case" in world.mail.text(case.person.email, "Once you have entered it")
    assert await _foreseen(case) == (promised, Promised.STANDS)
    answer = await case.act(ActKind.EXTEND, ground="complexity")
    assert answer.note == "extended_but_the_promised_day_stands"
    await case.has_letter("extension")
    standing = (await world.office.show(case.id)).standing
    assert (standing.promised_on, standing.promise_stands) == (promised, True)
    assert standing.law_on is not None
    assert standing.law_on > promised + timedelta(days=60)
    row = await case.row()
    assert row.extended_due_on == promised, "the queue goes by the day that counts"
    letter = " ".join(world.mail.text(case.person.email, "that promise stands").split())
    assert str(promised.day) in letter
    assert str(standing.law_on.day) in letter
    await case.passes(timedelta(days=22))
    await case.has_letter("staff_alarm")
    assert (await case.row()).overdue
    officer = world.parts.policy(row.controller).controller.privacy_officer
    assert "The promise is broken" in " ".join(world.mail.text(officer, case.id).split())
    await _ends(case)


async def test_after_an_announced_extension_the_laws_day_counts_for_an_effort(world: World) -> None:
    case = await _review(world, "willing", "efforts")
    promised = (await case.row()).due_on
    assert promised is not None
    receipt = " ".join(world.mail.text(case.person.email, "Once you have entered it").split())
    assert "what we reasonably can" in receipt
    assert "in any case" not in receipt
    standing = (await world.office.show(case.id)).standing
    assert str(standing.law_on.day if standing.law_on else None) in receipt
    assert (await case.act(ActKind.EXTEND, ground="complexity")).note == "extended"
    await case.has_letter("extension")
    assert (await world.office.show(case.id)).standing.promised_on is None
    await case.passes(timedelta(days=22))
    assert not (await case.row()).overdue
    due = (await case.row()).extended_due_on
    assert due is not None
    assert due > promised + timedelta(days=60)
    await _ends(case)


async def test_the_alarm_for_a_promise_rings_while_the_laws_clock_is_paused(world: World) -> None:
    case = await _review(world, "steady", "efforts")
    before = await case.row()
    await case.act(ActKind.PAUSE, pause_reason="identity")
    await case.passes(timedelta(days=16))
    assert not (await case.row()).overdue
    await case.has_letter("staff_reminder", 2)
    await case.passes(timedelta(days=6))
    await case.has_letter("staff_alarm")
    assert (await case.row()).overdue
    await case.act(ActKind.RESUME)
    assert (await case.row()).due_on == before.due_on, "no pause moves what was counted from receipt"
    assert await _foreseen(case) == (before.due_on, Promised.BROKEN)
    assert (await case.act(ActKind.EXTEND, ground="complexity")).note == "extended", "the law's own day is to come"
    await case.has_letter("extension")
    assert world.mail.text(case.person.email, "That day has passed without our answer")
    assert (await case.tags()).count("clock:breached") == 1
    await _ends(case)
