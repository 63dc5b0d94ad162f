"""Dimpo: when answers are due, and what goes when its term is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from habeas.acts import ActKind
from habeas.model import Right, Stage
from tests.policies.promises import promise
from tests.policies.stories import consented, due_in_ledger, left, released_without
from tests.policies.test_dimpo import ME, PAYERS, PAYMENTS, SUBSCRIBERS, VISITS, erased
from tests.policies.world import Installation


@promise(ME, "L123")
@pytest.mark.parametrize(
    ("day", "lives", "right", "due"),
    [
        ("2027-05-26", "CA-ON", Right.ACCESS, "2027-06-25"),
        ("2027-05-26", "CA-ON", Right.ERASURE, "2027-06-25"),
        ("2027-05-26", "CA-QC", Right.ACCESS, "2027-06-25"),
        ("2027-05-26", "CA-ON", Right.RESTRICTION, "2027-06-25"),
        ("2027-05-26", "CA-ON", Right.WITHDRAW_CONSENT, "2027-06-25"),
    ],
)
async def test_the_answer_is_due_in_thirty_days(
    world: Installation, day: str, lives: str, right: Right, due: str
) -> None:
    received = datetime.fromisoformat(f"{day}T10:00-04:00").astimezone(UTC)
    words = {"situation": "less"} if right is Right.RESTRICTION else {}
    case = await world.ask(ME, await world.settle(ME), right, jurisdiction=lives, at=received, **words)
    assert await due_in_ledger(case) == due
    if right is Right.WITHDRAW_CONSENT:
        await case.answered()
    else:
        await case.has_letter("acknowledgement")
        assert "2027" in case.letter("We received your request")


@promise(ME, "L123")
async def test_a_longer_term_is_the_law_s_and_the_person_is_told_why_and_where_to_complain(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="CA-ON")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    first = (await case.row()).due_on
    await case.do(ActKind.EXTEND, ground="consultation")
    await case.has_letter("extension")
    await case.evidence("clock:extended")
    later = (await case.row()).extended_due_on
    assert first is not None
    assert later is not None
    assert first < later <= first + timedelta(days=62)
    letter = case.letter("PIPEDA s. 8(4)")
    assert "We have to consult others before we can answer" in letter
    assert "Office of the Privacy Commissioner of Canada" in letter
    await case.approved()
    await case.reaches(Stage.CLOSED)


@promise(ME, "L123")
async def test_a_system_that_stays_away_does_not_keep_the_rest_past_thirty_days(world: Installation) -> None:
    person = await world.settle(ME)
    await world.stores["dimpo_support"].execute("ALTER TABLE conversations RENAME TO conversations_gone")
    case = await world.ask(ME, person, jurisdiction="CA-ON")
    await released_without(world, case, "dimpo_support", "conversations")
    assert "Technical support" in case.letter("/d/")


async def test_the_books_go_when_their_years_are_over(world: Installation) -> None:
    await world.sweep()
    await world.settle(ME, "Carl Consents")
    unwilling = await world.ask(ME, await world.settle(ME), Right.WITHDRAW_CONSENT, jurisdiction="CA-ON")
    await unwilling.answered()
    before = await world.rows(ME)
    person = await world.settle(ME, only=("dimpo_payments", "dimpo_support"))
    today = datetime.now(UTC).date()
    paid = "UPDATE payments SET paid_on = make_date({}, 3, 1) WHERE id = :id + 1"
    await world.sql("dimpo_payments", paid.format(today.year - 6), person)
    case = await erased(world, person)
    await world.sweep()
    assert left(await world.since(ME, before)) == {PAYERS, PAYMENTS}, "until the end of this year"
    report = await world.sweep(timedelta(days=(date(today.year, 12, 31) - today).days + 2))
    assert report.ended >= 1
    stays, ends = consented(before)
    assert {place for place, each in ends.items() if each} == {VISITS, SUBSCRIBERS}, "of whoever withdrew, and no more"
    rows = await world.rows(ME)
    assert not any(rows[place] & each for place, each in ends.items())
    now = await world.since(ME, stays)
    assert not now[PAYMENTS]
    assert not any(one["email"] or one["full_name"] for one in now[PAYERS]), "what it pointed at names nobody"
    assert "retention:ended" in await case.tags()
