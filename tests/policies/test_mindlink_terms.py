"""MindLink: when answers are due, complaints, and what goes when its term is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from habeas.acts import ActKind
from habeas.model import Outcome, Right, Stage
from tests.policies.promises import promise
from tests.policies.stories import by_hand, due_in_ledger, task_of
from tests.policies.test_mindlink import CONTACTS, INVOICES, LISTS, ME, PAPER, searched
from tests.policies.world import Installation


@promise(ME, "L25")
@pytest.mark.parametrize(
    ("day", "lives", "right", "regime", "due"),
    [
        ("2027-01-29", "GB-ENG", Right.ACCESS, "UK-GDPR", "2027-03-01"),
        ("2027-01-29", "GB-ENG", Right.ERASURE, "UK-GDPR", "2027-03-01"),
        ("2027-01-29", "DE", Right.ACCESS, "EU-GDPR", "2027-03-01"),
    ],
)
async def test_with_no_number_promised_the_law_s_month_holds(
    world: Installation, day: str, lives: str, right: Right, regime: str, due: str
) -> None:
    received = datetime.fromisoformat(f"{day}T10:00+00:00").astimezone(UTC)
    case = await world.ask(ME, await world.settle(ME), right, jurisdiction=lives, at=received)
    assert await due_in_ledger(case) == due
    assert (await case.row()).regime == regime
    await case.has_letter("acknowledgement")
    assert "1 March 2027" in case.letter("We received your request")
    assert world.policy(ME).promise.days is None


@promise(ME, "L25")
async def test_paper_that_nobody_looked_through_makes_nothing_else_late(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="GB-ENG")
    await case.proves()
    await by_hand(case, LISTS, nothing=True)
    await task_of(case, PAPER)
    due_at = (await case.row()).due_at
    assert due_at is not None
    await case.passes(due_at - world.now[0] - timedelta(days=2) + timedelta(minutes=1))
    await case.approved()
    closed = await case.reaches(Stage.CLOSED)
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert closed.closed_at is not None
    assert closed.closed_at < due_at
    assert "Filing cabinet of the accounts department" in case.letter("/d/")
    assert "mindlink_crm/contacts" in (await case.package()).tables()
    assert "staff_task_reminder" in await case.letters()


@promise(ME, "L24-25", "L30-31")
async def test_a_complaint_is_acknowledged_within_thirty_days_and_decided_in_writing(world: Installation) -> None:
    case = await world.ask(
        ME, await world.settle(ME), Right.COMPLAINT, jurisdiction="GB-ENG", situation="Nobody wrote back."
    )
    row = await case.reaches(Stage.REVIEWING)
    assert row.acknowledge_by is not None
    assert timedelta(days=29) <= row.acknowledge_by - row.received_at.date() <= timedelta(days=35)
    await case.has_letter("acknowledgement")
    await case.do(ActKind.APPROVE)
    letter = await case.answered()
    assert (await case.letters())[-1] == "remedy_decision"
    assert "Information Commission" in letter
    assert "office@mindlinksoft.com" in letter


@promise(ME, "L26-27")
async def test_invoices_go_when_tax_law_asks_for_them_no_longer(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person = await world.settle(ME, only=("mindlink_crm",))
    today = datetime.now(UTC).date()
    issued = "UPDATE invoices SET issued_on = make_date({}, 3, 1) WHERE id = :id + 1"
    await world.sql("mindlink_crm", issued.format(today.year - 6), person)
    case = await searched(world, person, Right.ERASURE)
    await case.approved()
    await case.reaches(Stage.CLOSED)
    await world.sweep()
    assert (await world.since(ME, before))[INVOICES], "until the end of this year"
    report = await world.sweep(timedelta(days=(date(today.year, 12, 31) - today).days + 2))
    assert report.ended >= 1
    now = await world.since(ME, before)
    assert not now[INVOICES]
    assert not any(one["email"] or one["full_name"] for one in now[CONTACTS]), "what it pointed at names nobody"
    assert "retention:ended" in await case.tags()
