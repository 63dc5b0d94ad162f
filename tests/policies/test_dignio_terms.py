"""Dignio: when answers are due, and what goes when its term is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from habeas.model import Outcome, Right, Stage
from tests.policies.promises import promise
from tests.policies.test_dignio import CONTACTS, INVOICES, LETTERS, ME, MINUTES, left, partner
from tests.policies.world import Installation, last_day
from tests.workflows.world import eventually

ROWS = [
    ("2027-01-05", "US-CA", "US-CCPA", "2027-02-04", "2027-01-20"),
    ("2027-02-12", "NO", "EEA-GDPR", "2027-03-12", None),
]


@promise(ME, "L120", "L124-125")
@pytest.mark.parametrize(("day", "lives", "regime", "due", "receipt"), ROWS)
async def test_the_answer_is_due_in_thirty_days_in_any_case_and_receipt_is_confirmed(
    world: Installation, day: str, lives: str, regime: str, due: str, receipt: str | None
) -> None:
    received = datetime.fromisoformat(f"{day}T10:00+01:00").astimezone(UTC)
    person = await world.settle(ME, only=("dignio_newsletter",))
    case = await world.ask(ME, person, jurisdiction=lives, at=received)
    await case.has_letter("acknowledgement")
    row = await case.row()
    assert (row.regime, str(row.due_on)) == (regime, due)
    if receipt:
        assert str(row.acknowledge_by) == receipt
    acknowledged = case.letter("We received your request")
    assert str(int(due[-2:])) in acknowledged
    assert "2027" in acknowledged


@promise(ME, "L120")
async def test_a_system_that_stays_away_does_not_keep_the_rest_past_thirty_days(world: Installation) -> None:
    person = await world.settle(ME)
    await world.stores["dignio_zendesk"].execute("ALTER TABLE chats RENAME TO chats_gone")
    try:
        case = await world.ask(ME, person, jurisdiction="US-CA")
        await case.proves()

        async def blocked() -> bool:
            return (await case.row()).blocked_on == ("dignio_zendesk",)

        await eventually(blocked)
        due_at = (await case.row()).due_at
        assert due_at is not None
        await case.passes(due_at - world.now[0] - timedelta(days=2) + timedelta(minutes=1))
        await case.approved()
        closed = await case.reaches(Stage.CLOSED)
    finally:
        await world.stores["dignio_zendesk"].execute("ALTER TABLE chats_gone RENAME TO chats")
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert closed.closed_at is not None
    assert closed.closed_at < due_at
    assert (due_at - closed.received_at).days <= 31
    assert "Chat (Zendesk)" in case.letter("/d/")


@promise(ME, "L3", "L121")
async def test_letters_say_where_to_write(world: Installation) -> None:
    person = await world.settle(ME, only=("dignio_newsletter",))
    case = await world.ask(ME, person, jurisdiction="US-CA", channel="email")
    await case.has_letter("acknowledgement")
    assert "privacy@dignio.com" in case.letter()
    assert "privacy@dignio.com" in {one.to for one in world.policy(ME).channels}


# What goes by itself

TERMS = (
    ("dignio_zendesk", "UPDATE chats SET held_on = :today - 30 - ({late}) WHERE visitor_id = :id"),
    ("dignio_zendesk", "UPDATE visitors SET last_chat_on = :today - 30 - ({late}) WHERE id = :id"),
    ("dignio_crm", "UPDATE correspondence SET keep_from = :today - interval '1 year' - interval '{late} days' "),
    ("dignio_analytics", "UPDATE page_views SET seen_on = :today - interval '2 years' - interval '{late} days' "),
    ("dignio_analytics", "UPDATE visit_codes SET set_on = :today - 1 - ({late}) "),
    ("dignio_crm", "UPDATE invoice_letters SET sent_on = :today - interval '5 years' - interval '{late} days' "),
    ("dignio_billing", "UPDATE invoices SET issued_on = :today - interval '5 years' - interval '{late} days' "),
    ("dignio_analytics", "UPDATE social_visits SET seen_on = :today - interval '2 years' - interval '{late} days' "),
)


@promise(ME, "L30-37", "L38-40", "L52-61", "L62-70", "L71-75", "L76", "L18", "L77", "L100", "L102-104", "L120/2")
async def test_each_kind_of_data_goes_when_its_promised_term_is_over_and_not_a_day_before(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person, other, active = await world.settle(ME), await world.settle(ME), await world.settle(ME)
    for one, late in ((person, 1), (other, last_day())):
        for system, statement in TERMS:
            own = "" if "WHERE" in statement else "WHERE id BETWEEN :id AND :id + 99"
            await world.sql(system, statement.format(late=late) + own, one)
    await world.sweep()
    now = await world.since(ME, before)
    ids = {int(one.number.removeprefix("N-"), 16): one for one in (person, other, active)}
    for place in (
        *("dignio_zendesk.chats", "dignio_zendesk.visitors", "dignio_crm.correspondence"),
        *("dignio_crm.invoice_letters", "dignio_billing.invoices"),
        *("dignio_analytics.page_views", "dignio_analytics.visit_codes", "dignio_analytics.social_visits"),
    ):
        assert {ids[row["id"] // 100].email for row in now[place]} == {other.email, active.email}, place
    assert len(now[CONTACTS]) == 3, "the customer stays a customer"


@promise(ME, "L102-104")
async def test_the_code_of_a_visit_goes_after_its_day_and_the_visit_itself_stays(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    yesterday, earlier = await world.settle(ME), await world.settle(ME)
    for one, days in ((yesterday, 1), (earlier, 2)):
        for statement in (
            "UPDATE visit_codes SET set_on = :today - {days} WHERE visitor_id = :id",
            "UPDATE page_views SET seen_on = :today - {days} WHERE visitor_id = :id",
        ):
            await world.sql("dignio_analytics", statement.format(days=days), one)
    await world.sweep()
    now = await world.since(ME, before)
    (code,) = now["dignio_analytics.visit_codes"]
    assert code["gid_code"] == f"GA1.2.{yesterday.number.removeprefix('N-')}", "its day may not be over yet"
    assert len(now["dignio_analytics.page_views"]) == 2
    assert world.policy(ME).category("visit_code").retention["en"] == "24 hours."


@promise(ME, "L29", "L76", "L120/2")
async def test_a_partner_goes_five_years_after_the_cooperation_and_its_minutes_after_one(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    long_gone = await partner(world, ended=":today - interval '5 years' - interval '1 day'")
    gone = await partner(world, ended=":today - 400")
    active = await partner(world)
    for one, kept in ((long_gone, ":today - 1900"), (gone, ":today - 400"), (active, "NULL")):
        await world.sql("dignio_crm", MINUTES.format(on=":today - 1900", kept=kept), one)
    await world.sweep()
    now = await world.since(ME, before)
    assert {row["email"] for row in now["dignio_crm.partners"]} == {gone.email, active.email}
    (minutes,) = now["dignio_crm.correspondence"]
    assert minutes["partner_id"] == int(active.number.removeprefix("N-"), 16) * 100


@promise(ME, "L38-40")
async def test_a_chat_does_not_go_while_its_copy_is_asked_for(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person = await world.settle(ME)
    await world.sql(
        "dignio_zendesk",
        "UPDATE chats SET held_on = :today - 40 WHERE visitor_id = :id; "
        "UPDATE visitors SET last_chat_on = :today - 40 WHERE id = :id",
        person,
    )
    case = await world.ask(ME, person, jurisdiction="US-CA")
    await case.evidence("deletion:held")
    await world.sweep()
    assert (await world.since(ME, before))["dignio_zendesk.chats"]
    await case.proves()
    await case.approved()
    await case.reaches(Stage.CLOSED)
    assert "dignio_zendesk/chats" in (await case.package()).tables()
    await case.evidence("deletion:released")
    await world.sweep()
    assert not (await world.since(ME, before))["dignio_zendesk.chats"]


@promise(ME, "L18", "L77")
async def test_invoices_and_their_letters_go_after_five_years(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person = await world.settle(ME, only=("dignio_crm", "dignio_billing"))
    for system, statement in (
        ("dignio_crm", "UPDATE invoice_letters SET sent_on = {} WHERE contact_id = :id"),
        ("dignio_billing", "UPDATE invoices SET issued_on = {} WHERE payer_id = :id"),
    ):
        await world.sql(system, statement.format("(:today - interval '5 years')::date + 3"), person)
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="US-CA")
    await world.sweep()
    assert {INVOICES, LETTERS} <= left(await world.since(ME, before)), "three days are left"
    assert (await world.sweep(timedelta(days=5))).ended >= 2
    now = await world.rows(ME)
    for place in (INVOICES, LETTERS):
        assert now[place] <= before[place]
    assert "retention:ended" in await case.tags()
