"""A fee that the person has some days to confirm (Switzerland): the law's day is known, and silence withdraws."""

from __future__ import annotations

from datetime import date, timedelta

from babel.dates import format_date

from activities.clockface import local_day
from habeas.acts import ActKind
from habeas.model import Outcome, Stage
from tests.workflows.controllers import answering_under, controller
from tests.workflows.world import Case, World, someone

SWISS = {"code": "CH-FADP", "jurisdictions": ("CH",)}
CLOCK = {"remind_days_before": (3,), "paused_remind_days": 2}
TOLD = {"delay_notice": True}


async def _charged(world: World, name: str, language: str = "de") -> tuple[Case, date]:
    """A Swiss access in review for whose fee the person is asked today, and that day."""
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    of = answering_under(world, f"{name}-law", SWISS)
    case = await world.open(
        person,
        controller=controller(world, name, of=of, clock=CLOCK, promise=TOLD, controller={"establishment": "CH"}),
        jurisdiction="CH",
        language=language,
    )
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.passes(timedelta(days=3))
    answer = await world.office.charge(
        case.id, by="ann", reason="Drei Archive.", amount="CHF 200", ground="disproportionate_effort"
    )
    assert answer.note == "asked_and_to_be_confirmed"
    await case.has_letter("fee")
    row = await case.row()
    return case, local_day(world.parts.policy(row.controller), world.now[0])


def _said(text: str) -> str:
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


async def test_the_letter_says_how_the_term_runs_and_staff_see_the_laws_day(world: World) -> None:
    case, asked = await _charged(world, "uri")
    confirm_by, due = asked + timedelta(days=10), asked + timedelta(days=40)
    letter = _said(world.mail.text(case.person.email, "Drei Archive."))
    day = {one: format_date(one, "long", locale="de") for one in (confirm_by, due)}
    assert f"innerhalb von 10 Tagen, spätestens am {day[confirm_by]}" in letter
    assert "gilt Ihre Anfrage von Gesetzes wegen als zurückgezogen" in letter
    assert f"beginnt nach Ablauf dieser 10 Tage, am {day[confirm_by]}, ob das Entgelt dann bezahlt ist" in letter
    assert f"spätestens am {day[due]}" in letter
    assert "läuft nicht" not in letter
    story = await world.office.show(case.id)
    assert (story.entry.due_on, story.standing.law_on, story.standing.confirm_by) == (due, due, confirm_by)
    assert story.entry.days_left == 40
    await case.act(ActKind.RESUME)
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert (await case.row()).due_on == due, "a confirmation moves nothing"


async def test_staff_hear_once_that_it_counts_as_withdrawn_and_the_letter_says_why(world: World) -> None:
    case, asked = await _charged(world, "zug", "fr")
    before = (await case.letters()).count("staff_attention")
    await case.passes(timedelta(days=9))
    assert (await case.letters()).count("staff_attention") == before, "nobody is told that the clock stands still"
    await case.passes(timedelta(days=2))
    await case.has_letter("staff_attention", before + 1)
    officer = world.parts.policy((await case.row()).controller).controller.privacy_officer
    assert "this request counts as withdrawn by law" in _said(world.mail.text(officer, "no confirmation is noted"))
    await case.act(ActKind.WITHDRAW)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.WITHDRAWN
    by = format_date(asked + timedelta(days=10), "long", locale="fr")
    told = _said(world.mail.text(case.person.email, "Les frais n’ont pas été confirmés"))
    assert f"au plus tard le {by}" in told
    assert "Comme vous le souhaitiez" not in told
    assert (await case.letters()).count("staff_attention") == before + 1


async def test_who_withdraws_within_the_days_did_so_of_their_own(world: World) -> None:
    case, _ = await _charged(world, "glarus", "fr")
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)
    assert world.mail.text(case.person.email, "Comme vous le souhaitiez")


async def test_the_alarms_ring_on_the_laws_day_though_nobody_resumed(world: World) -> None:
    case, asked = await _charged(world, "bern")
    await case.passes(timedelta(days=35))
    assert "staff_reminder" not in await case.letters()
    await case.passes(timedelta(days=3))
    await case.has_letter("staff_reminder")
    assert not (await case.row()).overdue
    await case.passes(timedelta(days=3))
    await case.has_letter("staff_alarm")
    row = await case.row()
    assert row.overdue
    assert row.due_on == asked + timedelta(days=40)
    assert "delay" not in await case.letters(), "who let the days pass waits for nothing"
    await case.act(ActKind.RESUME)
    assert (await case.row()).due_on == asked + timedelta(days=40)
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)
