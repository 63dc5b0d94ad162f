"""What the person is asked and told in between: questions, fees, delays."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta

import pytest

from activities.messages import MESSAGES, Message, MessageKind
from habeas.acts import ActKind
from habeas.errors import BadInput, NotAllowed, Terminal, WrongStage
from habeas.model import Outcome, Right, Stage
from habeas.policy.sections import AtDeadline, Strength
from tests.workflows.controllers import answering_under, controller
from tests.workflows.world import Case, World, eventually, someone

QUEBEC = {"code": "CA-QC-25", "jurisdictions": ("CA-QC",)}
SWISS = {"code": "CH-FADP", "jurisdictions": ("CH",)}
UK = {"code": "UK-GDPR", "jurisdictions": ("GB-ENG",)}


async def _review(world: World, right: Right = Right.ACCESS, **words: object) -> Case:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, right, **words)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    return case


async def _went_on_only_once_resumed(case: Case) -> None:
    said = [str(event.facts.get("stage", event.tag.value)) for event in await case.events()]
    order = [said.index(what) for what in ("act:approve", "act:resume", "fulfilling")]
    assert order == sorted(order)


async def test_nothing_is_handed_over_while_a_question_is_open(world: World) -> None:
    case = await _review(world)
    answer = await case.act(ActKind.ASK, pause_reason="clarification")
    await case.has_letter("question")
    letter = world.mail.text(case.person.email, "as told")
    assert answer.note in {"asked", "asked_and_the_clock_waits"}
    assert "as told" in letter
    await case.act(ActKind.APPROVE)
    await case.act(ActKind.RESUME)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    await _went_on_only_once_resumed(case)
    asked = next(event for event in await case.events() if event.tag.value == "question:asked")
    assert "as told" not in str(asked)


async def test_the_clock_waits_for_an_answer_where_the_law_lets_it(world: World) -> None:
    name = answering_under(world, "british", UK)
    case = await _review(world, controller=name, jurisdiction="GB-ENG")
    due = (await case.row()).due_on
    assert (await case.act(ActKind.ASK, pause_reason="clarification")).note == "asked_and_the_clock_waits"
    assert (await case.row()).paused
    await case.passes(timedelta(days=5))
    await case.act(ActKind.RESUME)
    row = await case.row()
    assert not row.paused
    assert due is not None
    assert row.due_on is not None
    assert row.due_on > due  # by how much, weekends and holidays have a say
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)


async def _answers(case: Case, act_id: str, after: timedelta, *, proven: bool = True) -> None:
    """The person writes on their page, so long after a question."""
    async with case.world.parts.ledger.begin() as tx:
        asked = next(act.accepted_at for act in await tx.acts(case.id) if act.id == act_id)
        assert asked is not None
        message_id = str(uuid.uuid4())
        sent = Message(id=message_id, kind=MessageKind.ANSWER, at=asked + after, proven=proven, text="the second")
        await tx.seal(case.id, f"{MESSAGES}{message_id}", sent)


async def test_the_clock_goes_on_from_the_day_of_the_answer_whenever_staff_read_it(world: World) -> None:
    name = answering_under(world, "british-answered", UK)
    case = await _review(world, controller=name, jurisdiction="GB-ENG")
    first = (await case.act(ActKind.ASK, pause_reason="clarification")).act_id
    began = (await case.row()).paused_from
    assert began is not None
    await _answers(case, first, timedelta(days=1))
    # Not an answer, they say, and ask again; then somebody writes who gave no code, and then the person does.
    await case.passes(timedelta(days=2))
    again = (await case.act(ActKind.ASK)).act_id
    await _answers(case, again, timedelta(days=1), proven=False)
    await _answers(case, again, timedelta(days=3))
    await _answers(case, again, timedelta(days=4))
    await case.passes(timedelta(days=8))
    await case.act(ActKind.APPROVE)
    assert (await case.row()).stage is Stage.REVIEWING
    await case.act(ActKind.RESUME)
    async with world.parts.ledger.begin() as tx:
        (pause,) = await tx.pauses(case.id)
    assert pause.end is not None
    assert timedelta(days=5) <= pause.end - began <= timedelta(days=6)
    await case.reaches(Stage.CLOSED)
    await _went_on_only_once_resumed(case)


async def test_the_clock_runs_on_where_the_law_knows_no_waiting(world: World) -> None:
    name = answering_under(world, "pacific", {"code": "US-CCPA", "jurisdictions": ("US-CA",)})
    case = await _review(world, controller=name, jurisdiction="US-CA")
    assert (await case.act(ActKind.ASK, pause_reason="clarification")).note == "asked"
    row = await case.row()
    assert not row.paused
    await case.act(ActKind.RESUME)
    assert "clock:resumed" not in await case.tags()
    with pytest.raises(WrongStage, match="clock is running"):
        await case.act(ActKind.RESUME)
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)


async def test_a_fee_is_asked_only_where_the_law_allows_one(world: World) -> None:
    case = await _review(world)
    with pytest.raises(BadInput, match="ground: the law knows these here: further_copies"):
        await world.office.charge(case.id, by="ann", reason="work", amount="EUR 12.50")
    with pytest.raises(BadInput, match="amount"):
        await world.office.charge(case.id, by="ann", reason="work", amount="12,50", ground="excessive")
    with pytest.raises(BadInput, match="amount"):
        await case.act(ActKind.CHARGE, ground="excessive")
    await world.office.charge(
        case.id, by="ann", reason="the ninth copy", amount="EUR 12.50", ground="excessive", how_to_pay="By transfer."
    )
    await case.has_letter("fee")
    letter = " ".join(world.mail.text(case.person.email, "the ninth copy").split())
    assert "€12.50" in letter
    assert "By transfer." in letter
    await case.act(ActKind.APPROVE)
    await case.act(ActKind.RESUME)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    await _went_on_only_once_resumed(case)
    asked = next(event for event in await case.events() if event.tag.value == "fee:asked")
    assert asked.facts["ground"] == "excessive"


async def test_a_fee_that_nobody_may_ask_is_refused_by_its_article(world: World) -> None:
    case = await _review(world, controller=answering_under(world, "rio", BRAZIL), jurisdiction="BR")
    with pytest.raises(NotAllowed, match="LGPD 18"):
        await world.office.charge(case.id, by="ann", reason="work", amount="BRL 10", ground="excessive")
    await case.act(ActKind.WITHDRAW)


async def test_a_fee_has_the_laws_limit(world: World) -> None:
    case = await _review(world, controller=answering_under(world, "alps", SWISS), jurisdiction="CH")
    for amount in ("CHF 301", "EUR 10"):
        with pytest.raises(BadInput, match="at most CHF 300"):
            await world.office.charge(case.id, by="ann", reason="x", amount=amount, ground="disproportionate_effort")
    await world.office.charge(case.id, by="ann", reason="x", amount="CHF 300", ground="disproportionate_effort")
    await case.has_letter("fee")
    await case.act(ActKind.REFUSE, ground="manifestly_unfounded")
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED


async def test_nobody_is_asked_to_prove_again_who_they_are(world: World) -> None:
    case = await _review(world)
    with pytest.raises(NotAllowed, match="proven already"):
        await case.act(ActKind.ASK, pause_reason="identity")
    assert not (await case.row()).paused


async def test_staff_announce_a_delay_with_its_reason_and_day(world: World) -> None:
    case = await _review(world, controller=controller(world, "honest", promise={"days": 20}))
    with pytest.raises(BadInput, match="a day to come"):
        await case.act(ActKind.ANNOUNCE_DELAY, expected_on="2020-01-01")
    with pytest.raises(BadInput, match="a day to come"):
        await case.act(ActKind.ANNOUNCE_DELAY)
    day = (datetime.now(UTC) + timedelta(days=25)).date()
    promised = (await case.row()).due_on
    standing = (await world.office.show(case.id)).standing
    assert promised is not None
    assert promised == standing.promised_on
    assert standing.law_on is not None
    for early in (promised, promised - timedelta(days=3)):
        with pytest.raises(BadInput, match=f"due on {promised}"):
            await case.act(ActKind.ANNOUNCE_DELAY, expected_on=early.isoformat())
    with pytest.raises(BadInput, match=f"last day is {standing.law_on}"):
        await case.act(ActKind.ANNOUNCE_DELAY, expected_on=(standing.law_on + timedelta(days=1)).isoformat())
    await case.act(ActKind.ANNOUNCE_DELAY, expected_on=day.isoformat())
    await case.has_letter("delay")
    letter = world.mail.text(case.person.email, "as told")
    assert str(day.year) in letter
    told = next(event for event in await case.events() if event.tag.value == "clock:delay_announced")
    assert told.facts == {"expected_on": day.isoformat(), "by_staff": True}
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)


async def test_where_nothing_was_promised_there_is_no_delay_before_the_term_is_over(world: World) -> None:
    case = await _review(world)
    await case.act(ActKind.EXTEND, ground="complexity")
    due = (await case.row()).extended_due_on
    assert due is not None
    assert "announce_delay" not in {act.kind for act in (await world.office.show(case.id)).possible}
    for day in (due - timedelta(days=40), due + timedelta(days=9)):
        with pytest.raises(NotAllowed, match="no delay"):
            await case.act(ActKind.ANNOUNCE_DELAY, expected_on=day.isoformat())
    await case.passes(timedelta(days=110))
    assert "announce_delay" in {act.kind for act in (await world.office.show(case.id)).possible}
    day = (world.now[0] + timedelta(days=9)).date()
    await case.act(ActKind.ANNOUNCE_DELAY, expected_on=day.isoformat())
    await case.has_letter("delay")
    assert "longer than it should" in str(world.mail.to(case.person.email)[-1]["subject"])
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)


BRAZIL = {"code": "BR-LGPD", "jurisdictions": ("BR",)}


def _promising(world: World, name: str, days: int = 20) -> str:
    promise = {"days": days, "strength": Strength.EFFORTS, "delay_notice": True, "delay_days_before": 2}
    return controller(world, name, promise=promise, release={"at_deadline": AtDeadline.WAIT})


async def _asked(case: Case) -> list[str]:
    """What staff were written to about the delay, in order."""
    about = {"delay_soon", "expected_soon", "expected_passed"}
    async with case.world.parts.ledger.begin() as tx:
        found = [row.dedupe.partition("/")[0] for row in await tx.letters(case.id)]
    return [name for name in found if name in about]


async def _has_asked(case: Case, *about: str) -> None:
    async def so() -> bool:
        return await _asked(case) == [*about]

    await eventually(so, within=20)


async def test_the_clock_tells_of_a_delay_before_the_promised_day_once(world: World) -> None:
    case = await _review(world, controller=_promising(world, "punctual"), language="fr")
    row = await case.row()
    assert row.due_on is not None
    await case.passes(timedelta(days=16))
    assert "delay" not in await case.letters()
    await case.passes(timedelta(days=3))
    await case.has_letter("delay")
    assert (await _asked(case))[:2] == ["delay_soon", "delay_soon"], "staff were asked before"
    letter = " ".join(world.mail.text(case.person.email, "La raison").split())
    assert "les membres de l’équipe qui doivent l’examiner n’ont pas terminé" in letter
    assert "selon la loi, vous avez notre réponse le" in letter
    told = next(event for event in await case.events() if event.tag.value == "clock:delay_announced")
    assert told.facts["by_staff"] is False
    expected = str(told.facts["expected_on"])
    # After the promise comes the law's own month.
    assert row.due_on.isoformat() < expected
    assert (row.received_at.date() + timedelta(days=35)).isoformat() > expected
    assert expected[:4] in letter
    await case.act(ActKind.PAUSE, pause_reason="identity")
    await case.act(ActKind.RESUME)
    await case.passes(timedelta(days=6))
    assert (await case.letters()).count("delay") == 1
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)


async def test_no_notice_of_delay_once_the_term_is_extended_or_staff_told(world: World) -> None:
    name = _promising(world, "thorough")
    extended = await _review(world, controller=name)
    await extended.act(ActKind.EXTEND, ground="complexity")
    told = await _review(world, controller=name)
    day = (datetime.now(UTC) + timedelta(days=25)).date()
    await told.act(ActKind.ANNOUNCE_DELAY, expected_on=day.isoformat())
    await extended.passes(timedelta(days=25))
    await told.passes(timedelta(days=22))
    for case, times in ((extended, 0), (told, 1)):
        await case.act(ActKind.APPROVE)
        await case.reaches(Stage.CLOSED)
        assert (await case.letters()).count("delay") == times
        assert "delay_soon" not in await _asked(case)


async def test_a_named_day_that_passes_is_told_to_staff_before_and_to_the_person_after(world: World) -> None:
    world.connectors["billing"].fail("collect", Terminal("credentials refused"))
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, controller=_promising(world, "named"))
    await case.prove()
    day = (datetime.now(UTC) + timedelta(days=24)).date()
    await case.act(ActKind.ANNOUNCE_DELAY, expected_on=day.isoformat())
    await case.has_letter("delay")
    await case.passes(timedelta(days=23, hours=12))
    await _has_asked(case, "expected_soon")
    assert (await case.letters()).count("delay") == 1
    await case.passes(timedelta(days=2))
    await case.has_letter("delay", 2)
    await _has_asked(case, "expected_soon", "expected_passed")
    letter = " ".join(world.mail.text(case.person.email, "the day that we had named has passed").split())
    assert "we are still waiting for Billing." in letter
    assert "by law you have our answer by" in letter
    # The law's own day was named now; it passes as well, and nobody can name another.
    await case.passes(timedelta(days=10))
    await case.has_letter("delay", 3)
    letter = " ".join(world.mail.text(case.person.email, "We cannot name the day of our answer yet").split())
    assert "You hear from us again by" in letter
    told = [event.facts for event in await case.events() if event.tag.value == "clock:delay_announced"]
    assert ["expected_on" in one for one in told] == [True, True, False], "no day is called expected that nobody named"
    await case.act(ActKind.WITHDRAW)
    await case.reaches(Stage.CLOSED)


async def test_once_an_extended_term_is_over_a_delay_is_told(world: World) -> None:
    case = await _review(world, controller=_promising(world, "extending"))
    await case.act(ActKind.EXTEND, ground="complexity")
    due = (await case.row()).extended_due_on
    assert due is not None
    await case.passes(datetime.combine(due, time(), UTC) - timedelta(days=1) - world.now[0])
    assert "delay" not in await case.letters()
    await case.passes(timedelta(days=3))
    await case.has_letter("delay")
    assert "longer than it should" in str(world.mail.to(case.person.email)[-1]["subject"])
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)


async def test_who_was_answered_in_time_hears_of_no_delay(world: World) -> None:
    case = await _review(world, controller=_promising(world, "swift"))
    await case.act(ActKind.APPROVE)
    await case.reaches(Stage.CLOSED)
    assert "delay" not in await case.letters()
