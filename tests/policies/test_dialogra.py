"""Dialogra: requests carried to their end, and every promise of its French privacy policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from habeas.acts import ActKind
from habeas.errors import UnknownRequest
from habeas.model import Outcome, Right, Stage
from habeas.policy.sections import LegalBasis, RecipientRole
from tests.policies.promises import explained, promise, promises_of, unchecked, unknown
from tests.policies.world import Asked, Installation, Row, in_days
from tests.workflows.world import Person, eventually
from workflows.lifting import LiftRestrictionWorkflow

ME = "dialogra"
TRANSACTIONS = "dialogra_orders.transactions"
ACCOUNTS = "dialogra_accounts.accounts"


async def copy(world: Installation, right: Right = Right.ACCESS) -> Asked:
    """A copy for somebody in France, handed over."""
    case = await world.ask(ME, await world.settle(ME), right, jurisdiction="FR")
    await case.prove()
    await case.approved()
    await case.reaches(Stage.CLOSED)
    return case


async def change(world: Installation, person: Person, right: Right, **words: Any) -> Asked:
    """A change that is reviewed first, carried out."""
    case = await world.ask(ME, person, right, jurisdiction="FR", **words)
    await case.prove()
    await case.approved()
    await case.reaches(Stage.CLOSED)
    return case


async def erased(world: Installation, person: Person) -> Asked:
    """Everything that may go, gone."""
    case = await world.ask(ME, person, Right.ERASURE, jurisdiction="FR")
    await case.prove()
    await case.approved()
    await case.reaches(Stage.CLOSED)
    return case


def article_15(package_file: dict[str, list[Row]]) -> dict[str, Row]:
    """What a package tells of each category, by its French title."""
    return {one["category"]: one for one in package_file["categories"]}


# A copy


@promise(ME, "L7-8", "L13 L15", "L17-27", "L29-31", "L33-44", "L54-59", "L143-147", "L97-99")
async def test_a_copy_has_every_kind_of_data_with_its_purposes_basis_source_and_term(world: Installation) -> None:
    before = await world.rows(ME)
    case = await copy(world)
    assert (await case.row()).outcome is Outcome.FULFILLED
    letter = case.letter("/d/")
    assert "Nous avons trouvé 13 enregistrements" in letter
    assert "Service clientèle" in letter
    package = await case.package()
    (account,) = package.rows("dialogra_accounts", "accounts")
    assert (account["email"], account["full_name"]) == (case.person.email, "Ada Test")
    assert "password_hash" not in account
    assert "sécurité du compte" in str(package.json("withheld.json"))
    assert len(package.rows("dialogra_orders", "orders")) == 2
    assert package.rows("dialogra_ads", "reactions")[0]["campaign"] == "printemps"
    assert package.rows("dialogra_ads", "visitors")[0]["ip_address"] == "192.0.2.7"
    assert package.rows("dialogra_accounts", "completed")[0]["came_from"] == "Example Payments"
    (recording,) = [name for name in package.names if name.startswith("files/dialogra_service/recordings/")]
    assert package.zip.read(recording) == b"RIFF"
    told = article_15(package.json("article15.json"))
    policy = world.policy(ME)
    for category in policy.categories:
        facts = told[category.title["fr"]]
        assert facts["purposes"] == list(category.purposes["fr"])
        assert facts["sources"] == [category.source["fr"]]
        assert facts["retention"] == [category.retention["fr"]]
        assert facts["legal_bases"] == [category.legal_basis.value]
        assert facts["recipients"] == [policy.recipient(one).name for one in category.recipients]
        assert category.retention["fr"] in package.text()
    assert told["Adresse IP et cookies"]["retention"] == told["Réactions aux publicités et aux campagnes"]["retention"]
    bases = {one.id: one.legal_basis for one in policy.categories}
    assert bases["account"] is LegalBasis.CONTRACT
    assert bases["ad_reactions"] is LegalBasis.LEGITIMATE_INTEREST
    assert bases["preferences"] is LegalBasis.CONSENT
    assert bases["transactions"] is LegalBasis.LEGAL_OBLIGATION
    await world.since(ME, before)


@promise(ME, "L69-73", "L75-77", "L81-88", "L89", "L91-92", "L93-95")
async def test_a_copy_says_who_got_what_and_under_which_safeguards_it_left_the_eea(world: Installation) -> None:
    case = await copy(world)
    told = article_15((await case.package()).json("article15.json"))
    assert "Example Group" in told["Informations sur le compte"]["recipients"]
    assert {"Example Sponsors", "Example Advertisers"} <= {
        *told["Réactions aux publicités et aux campagnes"]["recipients"]
    }
    assert {"Example Audit", "Example Credit", "Courts and public authorities"} <= {
        *told["Données de transaction"]["recipients"]
    }
    (transfer,) = told["Données d'utilisation"]["transfers"]
    assert "Example Suppliers" in transfer
    assert "une copie vous est remise sur demande" in transfer
    assert "advertisers" not in world.policy(ME).category("transactions").recipients


@promise(ME, "L157")
async def test_what_contract_or_consent_brought_can_be_carried_away(world: Installation) -> None:
    case = await copy(world, Right.PORTABILITY)
    package = await case.package()
    assert package.tables() == {
        "dialogra_accounts/accounts",
        "dialogra_accounts/preferences",
        "dialogra_orders/customers",
        "dialogra_orders/orders",
        "dialogra_service/callers",
        "dialogra_service/calls",
        "dialogra_service/dialogues",
    }
    assert {"data/dialogra_accounts/accounts.csv", "schema.json"} <= set(package.names)
    left = {item["what"]: item for item in package.json("withheld.json")["items"]}
    assert {item["law"] for item in left.values() if item["law"]} == {"GDPR 20(1)"}
    assert len([item for item in left.values() if item["law"]]) >= 5


# Erasure


@promise(ME, "L52", "L123-128", "L130-135", "L151")
async def test_everything_goes_with_the_account_but_transactions(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await erased(world, person)
    assert (await case.row()).outcome is Outcome.PARTLY_FULFILLED
    left = {place: rows for place, rows in (await world.since(ME, before)).items() if rows}
    assert set(left) == {"dialogra_orders.customers", TRANSACTIONS}
    (customer,) = left["dialogra_orders.customers"]
    assert (customer["email"], customer["full_name"]) == (None, None)
    assert person.number not in str(customer)
    assert left[TRANSACTIONS][0]["amount"] == 129.0
    letter = case.letter()
    assert "Données de transaction (Commandes et paiements) : 1 enregistrement. Conservation prévue par" in letter
    assert "GDPR art. 17(3)(b)" in letter
    assert "3 février 2036" in letter
    assert "Informations sur le compte (Comptes) : 1 enregistrement." in letter
    assert "Enregistrements vocaux du service clientèle (Service clientèle) : 1 enregistrement." in letter
    assert len({event.actor for event in await case.events() if event.tag.value == "act:approve"}) == 2


@promise(ME, "L69-73", "L75-77")
async def test_who_got_what_was_erased_is_told_and_who_got_only_what_stays_is_not(world: Installation) -> None:
    case = await erased(world, await world.settle(ME))
    letters = await case.tells("group", "sponsors", "advertisers", "payment_providers", "suppliers")
    for text in letters.values():
        assert case.person.email in text
    told = await case.told()
    assert not {"credit_agencies", "auditors", "authorities", "buyers"} & set(told)
    assert "Example Advertisers" in case.letter("Example Group")


@promise(ME, "L45-48", "L90")
async def test_nothing_is_passed_on_in_a_merger_as_long_as_there_is_none(world: Installation) -> None:
    policy = world.policy(ME)
    buyers = policy.recipient("buyers")
    assert buyers.role is RecipientRole.CONTROLLER
    assert buyers.not_told
    assert not [one.id for one in policy.categories if "buyers" in one.recipients]


# Changes


@promise(ME, "L149")
async def test_a_wrong_name_is_corrected_everywhere_and_stays_on_what_was_paid(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await change(world, person, Right.RECTIFICATION, corrections=("full name: Ada Test => Ada Lovelace",))
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    for place in (ACCOUNTS, "dialogra_orders.customers", "dialogra_service.callers"):
        assert now[place][0]["full_name"] == "Ada Lovelace"
    assert now["dialogra_accounts.completed"][0]["value"] == "Ada Lovelace"
    assert now[TRANSACTIONS][0]["payer"] == "Ada Test"
    assert "Nous avons fait la correction, puis vérifié" in case.letter()
    assert case.person.email in (await case.tells("group"))["group"]


@promise(ME, "L153")
async def test_data_in_dispute_is_set_aside_until_the_person_was_told_that_it_ends(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await change(world, person, Right.RESTRICTION, situation="l'adresse est fausse")
    marked = await world.since(ME, before)
    for place in (ACCOUNTS, "dialogra_orders.customers", "dialogra_service.callers", "dialogra_ads.visitors"):
        assert marked[place][0]["restricted_at"], place
    assert "Nous avons mis vos données à part" in case.letter()
    erasure = await erased(world, person)
    assert (await world.since(ME, before))[ACCOUNTS][0]["full_name"] == "Ada Test", "what is set aside is not erased"
    assert (await erasure.row()).outcome is not Outcome.FULFILLED

    office = world.office.for_staff(case.by[0])
    await office.lift_restriction(case.id, by=case.by[0], reason="the address is right")
    await case.has_letter("restriction_lifting")
    assert "à partir du" in case.letter()
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
    await world.env.fast_forward(handle, timedelta(days=8))

    async def lifted() -> bool:
        return not (await world.since(ME, before))[ACCOUNTS][0]["restricted_at"]

    await eventually(lifted)


@promise(ME, "L49-51", "L161", "L165")
@pytest.mark.parametrize("channel", ["email", "phone", "web"])
async def test_offers_stop_at_once_however_it_is_said(world: Installation, channel: str) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(
        ME, person, Right.OBJECTION, jurisdiction="FR", purposes=("offers",), channel=channel, situation="assez"
    )
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert now["dialogra_accounts.preferences"][0]["offers"] is False
    assert now["dialogra_accounts.preferences"][0]["advertisers"] is True, "nothing else was said"
    assert now["dialogra_ads.reactions"][0]["for_offers"] is False
    assert "Offres, nouvelles et publicité" in letter
    assert {"identity:waived"} <= {*await case.tags()}
    assert not {"act:approve", "identity:proven"} & {*await case.tags()}
    kinds = {one.kind for one in world.policy(ME).channels}
    assert {"email", "phone", "web"} == kinds


@promise(ME, "L45-48", "L49-51", "L155")
async def test_an_objection_to_a_legitimate_interest_is_weighed_by_a_human(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    purposes = ("analytics", "protection", "group_administration")
    case = await world.ask(
        ME, person, Right.OBJECTION, jurisdiction="FR", purposes=purposes, situation="je suis journaliste"
    )
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    assert (await world.since(ME, before))["dialogra_orders.customers"][0]["in_statistics"] is True
    await case.approved()
    letter = await case.answered()
    now = await world.since(ME, before)
    assert now["dialogra_orders.customers"][0]["in_statistics"] is False
    assert now["dialogra_ads.reactions"][0]["in_statistics"] is False
    assert now["dialogra_ads.visitors"][0]["watched"] is False
    assert now[ACCOUNTS][0]["shared_since"] is None
    assert now["dialogra_accounts.preferences"][0]["offers"] is True
    for words in ("Analyses et statistiques", "Blocage des usages malveillants", "Administration commune"):
        assert words in letter


@promise(ME, "L155")
async def test_an_objection_that_weighs_less_is_refused_with_its_ground(world: Installation) -> None:
    person = await world.settle(ME)
    case = await world.ask(
        ME, person, Right.OBJECTION, jurisdiction="FR", purposes=("protection",), situation="je n'aime pas cela"
    )
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    await case.do(ActKind.REFUSE, ground="compelling_grounds")
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.REFUSED
    assert "motifs impérieux" in letter
    assert "CNIL" in letter


@promise(ME, "L69-73", "L75-77", "L161")
async def test_consent_is_withdrawn_as_easily_as_it_was_given(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(ME, person, Right.WITHDRAW_CONSENT, jurisdiction="FR")
    letter = await case.answered()
    now = (await world.since(ME, before))["dialogra_accounts.preferences"][0]
    assert (now["group_marketing"], now["advertisers"], now["offers"]) == (False, False, True)
    assert "Transmission aux annonceurs" in letter
    assert "avant son retrait reste licite" in letter
    assert "code" not in await case.letters()


# Time

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


@promise(ME, "L163/2")
async def test_a_delay_is_told_with_its_reason_and_the_day_on_which_the_answer_is_expected(
    world: Installation,
) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="FR")
    await case.prove()
    row = await case.reaches(Stage.REVIEWING)
    assert row.due_on is not None
    assert row.due_at is not None
    await case.passes(row.due_at - world.now[0] - timedelta(days=9))
    assert "delay" not in await case.letters()
    await case.passes(timedelta(days=8))
    await case.has_letter("delay")
    letter = case.letter("La raison")
    assert (world.policy(ME).promise.delay_reason or {})["fr"] in letter
    told = await case.evidence("clock:delay_announced")
    expected = date.fromisoformat(str(told.facts["expected_on"]))
    assert row.due_on < expected <= row.received_at.date() + timedelta(days=95), "three months at the most"
    assert f"{expected.day} " in letter
    assert str(expected.year) in letter
    assert "ni au délai que la loi nous impose" in letter
    await case.approved()
    await case.reaches(Stage.CLOSED)


@promise(ME, "L163/2")
async def test_staff_may_say_more_of_a_delay(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="FR")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    day = in_days(40)
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
        f"SELECT count(*) FROM {table} WHERE caller_id = $1",  # noqa: S608  a name of this file
        number,
    )
    return count


@promise(ME, "L9", "L97-99", "L101-113", "L115-119", "L121")
async def test_each_kind_of_data_goes_when_its_promised_term_is_over_and_not_a_day_before(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person, other = await world.settle(ME), await world.settle(ME)
    for one, days in ((person, 1), (other, 0)):
        for statement in (
            "UPDATE recordings SET recorded_at = :today - interval '1 month' - {0} WHERE caller_id = :id",
            "UPDATE calls SET called_at = :today - interval '3 years' - {0} WHERE caller_id = :id",
            "UPDATE dialogues SET written_at = :today - interval '3 years' - {0} WHERE caller_id = :id",
        ):
            await world.sql("dialogra_service", statement.format(f"interval '{days} days'"), one)
        closed = "UPDATE orders SET account_closed_on = :today - interval '5 years' - {0} WHERE id = :id + 1"
        await world.sql("dialogra_orders", closed.format(f"interval '{days} days'"), one)
    await world.sweep()
    for table in ("recordings", "calls", "dialogues"):
        assert await held_where(world, table, person) == 0, table
        assert await held_where(world, table, other) == 1, f"{table}: the last day is not over"
    orders = [row["id"] for row in (await world.since(ME, before))["dialogra_orders.orders"]]
    mine, theirs = (int(one.number.removeprefix("N-"), 16) * 100 for one in (person, other))
    assert sorted(orders) == sorted([mine + 2, theirs + 1, theirs + 2]), "while the account is there, orders are"
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
    before = await world.rows(ME)
    person = await world.settle(ME)
    await world.sql(
        "dialogra_orders",
        "UPDATE transactions SET booked_on = (:today - interval '10 years')::date + 3 WHERE customer_id = :id",
        person,
    )
    case = await erased(world, person)
    assert (await world.since(ME, before))[TRANSACTIONS]
    await world.sweep()
    assert (await world.since(ME, before))[TRANSACTIONS], "three days are left"
    report = await world.sweep(timedelta(days=5))
    assert report.ended >= 1
    assert (await world.rows(ME))[TRANSACTIONS] <= before[TRANSACTIONS]
    assert "retention:ended" in await case.tags()


# Whose requests they are


@promise(ME, "L173")
async def test_staff_of_another_controller_see_nothing_of_it(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="FR")
    stranger = next(name for name in world.parts.policies if name != ME)
    theirs = world.office.for_staff(world.staff(stranger)[0])
    with pytest.raises(UnknownRequest):
        await theirs.show(case.id)
    with pytest.raises(UnknownRequest):
        await theirs.act(ActKind.WITHDRAW, case.id, by=world.staff(stranger)[0], reason="curious")
    assert (await world.office.for_staff(case.by[0]).show(case.id)).request.id == case.id


def test_every_promise_that_something_keeps_has_a_test() -> None:
    assert unchecked(ME) == {}
    assert unknown(ME) == set()


def test_what_no_setting_keeps_has_a_note_that_says_why() -> None:
    assert explained(ME)
    assert all(explained(ME).values())
    assert {"L79", "L61-67", "L137-141", "L10-12", "L167-169"} == set(explained(ME))
    assert "By law" in (promises_of(ME)["L159"].note or "")
