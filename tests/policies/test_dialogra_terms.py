"""Dialogra: when answers are due, what is told of delays, and what goes when its term is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from activities.clockface import dated
from habeas.acts import ActKind
from habeas.model import Outcome, Right, Stage
from tests.policies.promises import promise
from tests.policies.test_dialogra import ME, TRANSACTIONS
from tests.policies.world import Installation, last_day
from tests.workflows.world import Person, eventually

ROWS = [
    ("2027-01-31", "DK", Right.ACCESS, "2027-03-01"),
    ("2027-03-01", "FR", Right.ACCESS, "2027-03-31"),
    ("2026-12-08", "FR", Right.ERASURE, "2027-01-07"),
    ("2027-06-25", "DK", Right.ERASURE, "2027-07-25"),
]


@promise(ME, "L163")
@pytest.mark.parametrize(("day", "lives", "right", "due"), ROWS)
async def test_the_answer_is_due_on_the_earlier_of_thirty_days_and_the_law_s_month(
    world: Installation, day: str, lives: str, right: Right, due: str
) -> None:
    received = datetime.fromisoformat(f"{day}T10:00+01:00").astimezone(UTC)
    case = await world.ask(ME, await world.settle(ME), right, jurisdiction=lives, at=received)
    await case.has_letter("acknowledgement")
    row = await case.row()
    assert (row.due_on, row.regime) == (date.fromisoformat(due), "EU-GDPR")
    assert row.due_at is not None
    assert row.due_at.astimezone(UTC).date() == date.fromisoformat(due), "to the end of that day in Copenhagen"
    async with world.parts.ledger.begin() as tx:
        face = dated(await tx.request(case.id), world.policy(ME), (), received).face
    assert str(face.planned_on) == ("2027-07-23" if due == "2027-07-25" else due), "a Sunday is planned for Friday"


async def test_a_request_that_is_entered_late_is_promised_no_day_that_is_over(world: Installation) -> None:
    received = datetime.now(UTC) - timedelta(days=61)
    case = await world.ask(
        ME, await world.settle(ME), jurisdiction="FR", at=datetime.now(UTC), received_at=str(received)
    )
    await case.has_letter("acknowledgement")
    letter = case.letter("Ce jour est passé sans que vous ayez reçu notre réponse")
    assert "nous nous y engageons" not in letter
    assert "Nous nous engageons" not in letter
    assert "dès que possible" in letter


async def test_whoever_asks_for_german_is_told_in_german_that_letters_are_in_french(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="FR", language="de-DE")
    await case.has_letter("acknowledgement")
    first = case.letter("Wir schreiben keine Briefe auf Deutsch: Dieser Brief und die folgenden sind auf Französisch.")
    assert "Nous avons reçu votre demande" in first
    again = await world.ask(ME, await world.settle(ME), jurisdiction="FR", language="es")
    await again.has_letter("acknowledgement")
    assert "sind auf" not in again.letter("Nous avons reçu votre demande")


@promise(ME, "L163/2")
async def test_a_delay_is_told_with_its_reason_and_the_day_on_which_the_answer_is_expected(
    world: Installation,
) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="FR")
    await case.prove()
    row = await case.reaches(Stage.REVIEWING)
    async with world.parts.ledger.begin() as tx:
        dates = dated(await tx.request(case.id), world.policy(ME), (), world.now[0])
    law_on, promised_on, delay_at = dates.deadlines.effective_due_on, dates.promised_on, dates.face.delay_at
    assert law_on is not None
    assert promised_on is not None
    assert delay_at is not None
    await case.passes(delay_at - world.now[0] - timedelta(hours=2))
    assert "delay" not in await case.letters()
    await case.passes(timedelta(hours=4))
    await case.has_letter("delay")
    letter = case.letter("La raison")
    assert "les membres de l’équipe qui doivent l’examiner n’ont pas terminé" in letter
    facts = (await case.evidence("clock:delay_announced")).facts
    expected = date.fromisoformat(str(facts["expected_on" if promised_on < law_on else "told_again_by"]))
    if promised_on < law_on:
        assert expected == law_on, "nobody has extended it"
    else:
        assert row.due_at is not None
        assert delay_at >= row.due_at, "the law gives no later day: none is told before its own is over"
        assert expected > law_on
    assert str(expected.day) in letter
    assert str(expected.year) in letter
    assert "ni au délai que la loi nous impose" in letter
    await case.approved()
    await case.reaches(Stage.CLOSED)


@pytest.mark.parametrize(
    ("received", "told_on"),
    [
        (datetime(2027, 1, 5, 11, tzinfo=UTC), date(2027, 2, 3)),  # promised 4 February, by law 5 February
        (datetime(2027, 6, 1, 11, tzinfo=UTC), date(2027, 7, 2)),  # both 1 July
        (datetime(2027, 1, 31, 11, tzinfo=UTC), date(2027, 3, 3)),  # by law 1 March, promised 2 March
    ],
)
async def test_no_day_is_told_that_only_an_extension_would_give(
    world: Installation, received: datetime, told_on: date
) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="FR", at=received)
    async with world.parts.ledger.begin() as tx:
        delay_at = dated(await tx.request(case.id), world.policy(ME), (), received).face.delay_at
    assert delay_at is not None
    assert delay_at.astimezone(ZoneInfo("Europe/Paris")).date() == told_on


@promise(ME, "L163/2")
async def test_staff_may_say_more_of_a_delay(world: Installation) -> None:
    received = datetime(2027, 1, 5, 11, tzinfo=UTC)  # the promise ends on 4 February, the law's month a day later
    case = await world.ask(ME, await world.settle(ME), jurisdiction="FR", at=received)
    await case.reaches(Stage.VERIFYING)
    day = date(2027, 2, 5)
    office = world.office.for_staff(case.by[0])
    await office.act(
        ActKind.ANNOUNCE_DELAY,
        case.id,
        by=case.by[0],
        reason="Les archives sont closes jusqu'au mois prochain.",
        expected_on=day.isoformat(),
    )
    await case.has_letter("delay")
    assert "Les archives sont closes" in case.letter("La raison")
    assert (await case.evidence("clock:delay_announced")).facts["expected_on"] == day.isoformat()


@promise(ME, "L163")
async def test_a_system_that_stays_away_does_not_keep_the_rest_past_thirty_days(world: Installation) -> None:
    person = await world.settle(ME)
    await world.stores["dialogra_ads"].execute("ALTER TABLE reactions RENAME TO reactions_gone")
    try:
        case = await world.ask(ME, person, jurisdiction="FR")
        await case.prove()

        async def blocked() -> bool:
            return (await case.row()).blocked_on == ("dialogra_ads",)

        await eventually(blocked)
        due_at = (await case.row()).due_at
        assert due_at is not None
        await case.passes(due_at - world.now[0] - timedelta(days=2) + timedelta(minutes=1))
        await case.approved()
        closed = await case.reaches(Stage.CLOSED)
    finally:
        await world.stores["dialogra_ads"].execute("ALTER TABLE reactions_gone RENAME TO reactions")
    assert closed.outcome is Outcome.PARTLY_FULFILLED
    assert closed.closed_at is not None
    assert closed.closed_at < due_at
    assert "Publicités et campagnes" in case.letter("/d/")
    assert "dialogra_ads/visitors" not in (await case.package()).tables()


@promise(ME, "L159", "L173")
@pytest.mark.parametrize(
    ("lives", "language", "authority"),
    [("FR", "fr", "CNIL"), ("DK", "da", "Datatilsynet"), ("GB", "en", "Information Commission")],
)
async def test_an_answer_names_the_authority_of_the_person_s_country_and_whom_to_ask(
    world: Installation, lives: str, language: str, authority: str
) -> None:
    person = await world.settle(ME)
    case = await world.ask(ME, person, jurisdiction=lives, language=language)
    await case.prove()
    await case.approved()
    letter = await case.answered()
    assert authority in letter
    assert "privacy@dialogra.example" in letter
    assert (await case.row()).regime == ("UK-GDPR" if lives == "GB" else "EU-GDPR")


# What goes by itself


async def held_where(world: Installation, table: str, person: Person) -> int:
    """How many rows of the service store are this person's."""
    number = int(person.number.removeprefix("N-"), 16) * 100
    count: int = await world.stores["dialogra_service"].fetchval(
        f"SELECT count(*) FROM {table} WHERE {'id' if table == 'callers' else 'caller_id'} = $1",  # noqa: S608  a name of this file
        number,
    )
    return count


@promise(ME, "L9", "L97-99", "L101-113", "L115-119", "L121", "L130-135")
async def test_each_kind_of_data_goes_when_its_promised_term_is_over_and_not_a_day_before(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person, other = await world.settle(ME), await world.settle(ME)
    for one, days in ((person, 1), (other, last_day())):
        for statement in (
            "UPDATE recordings SET recorded_at = :today - interval '1 month' - {0} WHERE caller_id = :id",
            "UPDATE calls SET called_at = :today - interval '3 years' - {0} WHERE caller_id = :id",
            "UPDATE dialogues SET written_at = :today - interval '3 years' - {0} WHERE caller_id = :id",
        ):
            await world.sql("dialogra_service", statement.format(f"interval '{24 * days - 12} hours'"), one)
        for statement in (
            "UPDATE orders SET account_closed_on = :today - interval '5 years' - {0} WHERE id = :id + 1",
            "UPDATE transactions SET booked_on = :today - interval '10 years' - {0} WHERE customer_id = :id",
        ):
            await world.sql("dialogra_orders", statement.format(f"interval '{days} days'"), one)
        called = "UPDATE callers SET last_contact_on = :today - interval '3 years' - {0} WHERE id = :id"
        await world.sql("dialogra_service", called.format(f"interval '{days} days'"), one)
    await world.sweep()
    for table in ("recordings", "calls", "dialogues", "callers"):
        assert await held_where(world, table, person) == 0, table
        assert await held_where(world, table, other) == 1, f"{table}: the last day is not over"
    orders = [row["id"] for row in (await world.since(ME, before))["dialogra_orders.orders"]]
    mine, theirs = (int(one.number.removeprefix("N-"), 16) * 100 for one in (person, other))
    assert sorted(orders) == sorted([mine + 2, theirs + 1, theirs + 2]), "while the account is there, orders are"
    (paid,) = (await world.since(ME, before))[TRANSACTIONS]
    assert paid["customer_id"] == theirs, "nobody asked for erasure, and ten years are over"
    async with world.parts.ledger.begin() as tx:
        ended = {(row.system, row.collection): row.erased for row in await tx.expiries(ME)}
    assert ended["dialogra_service", "recordings"] >= 1


@promise(ME, "L121", "L143-147")
async def test_a_recording_does_not_go_while_its_copy_is_asked_for(world: Installation) -> None:
    person = await world.settle(ME)
    await world.sql("dialogra_service", "UPDATE recordings SET recorded_at = :today - 40 WHERE caller_id = :id", person)
    case = await world.ask(ME, person, jurisdiction="FR")
    await case.evidence("deletion:held")
    await world.sweep()
    assert await held_where(world, "recordings", person) == 1
    await case.prove()
    await case.approved()
    await case.reaches(Stage.CLOSED)
    assert "dialogra_service/recordings" in (await case.package()).tables()
    await case.evidence("deletion:released")
    await world.sweep()
    assert await held_where(world, "recordings", person) == 0


@promise(ME, "L130-135")
async def test_a_transaction_goes_after_ten_years_and_with_it_what_was_left_of_its_customer(
    world: Installation,
) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person = await world.settle(ME)
    await world.sql(
        "dialogra_orders",
        "UPDATE transactions SET booked_on = (:today - interval '10 years')::date + 3 WHERE customer_id = :id",
        person,
    )
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="FR")
    assert (await world.since(ME, before))[TRANSACTIONS]
    await world.sweep()
    assert (await world.since(ME, before))[TRANSACTIONS], "three days are left"
    report = await world.sweep(timedelta(days=5))
    assert report.ended >= 1
    assert (await world.rows(ME))[TRANSACTIONS] <= before[TRANSACTIONS]
    assert "retention:ended" in await case.tags()
