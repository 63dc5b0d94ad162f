"""Dignio: requests carried to their end, and every promise of its privacy statement, California's notice included."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from activities.ledger import RequestFilter
from habeas.acts import ActKind
from habeas.errors import UnknownRequest
from habeas.model import Identifier, Outcome, Right, Stage
from habeas.policy.sections import Proof, RecipientRole
from tests.policies.promises import promise
from tests.policies.world import Installation, Row, in_days
from tests.workflows.world import Person
from workers.office.holds import NewHoldInput

ME = "dignio"
CONTACTS, PAYERS, INVOICES = "dignio_crm.contacts", "dignio_billing.payers", "dignio_billing.invoices"
LETTERS = "dignio_crm.invoice_letters"
PARTNER = (
    "INSERT INTO partners VALUES (:id, 'Example Parts', :name, :email, NULL, 'Example Road 3', {ended}, true, NULL)"
)
MINUTES = "INSERT INTO correspondence VALUES (:id + 5, NULL, :id, 'call', {on}, {kept}, 'Asked about ' || :tag)"


async def partner(world: Installation, ended: str = "NULL") -> Person:
    """Somebody who supplies Dignio, or did until that day."""
    person = await world.settle(ME, only=("dignio_newsletter",))
    await world.sql("dignio_crm", PARTNER.format(ended=ended), person)
    return person


def categories(told: dict[str, Any]) -> dict[str, Row]:
    """What a package tells of each category, by its title."""
    return {one["category"]: one for one in told["categories"]}


def left(now: dict[str, list[Row]]) -> set[str]:
    """Where something of the person is left."""
    return {place for place, rows in now.items() if rows}


# A copy


@promise(ME, "L5-16", "L17", "L41-43", "L115-117", "L128")
async def test_a_copy_has_all_data_with_what_it_is_for_and_how_long_it_stays(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.through(ME, person, jurisdiction="NO")
    assert (await case.row()).outcome is Outcome.FULFILLED
    package = await case.package()
    assert package.tables() == {
        *("dignio_crm/contacts", "dignio_crm/admin_users", "dignio_crm/correspondence", "dignio_crm/invoice_letters"),
        *("dignio_billing/payers", "dignio_billing/invoices", "dignio_zendesk/visitors", "dignio_zendesk/chats"),
        *("dignio_newsletter/subscribers", "dignio_analytics/visitors", "dignio_analytics/page_views"),
        *("dignio_analytics/visit_codes", "dignio_analytics/video_plays", "dignio_analytics/social_visits"),
    }
    assert package.rows("dignio_crm", "admin_users")[0]["personal_number"].startswith("010190-")
    assert package.rows("dignio_billing", "payers")[0]["account"] == "NO93 8601 1117 947"
    policy = world.policy(ME)
    assert policy.category("admin_identity").sensitive
    assert policy.identity.sensitive is Proof.BOTH
    told = categories(package.json("article15.json"))
    for category in policy.categories:
        if category.title["en"] not in told:
            continue
        facts = told[category.title["en"]]
        assert facts["purposes"] == list(category.purposes["en"])
        assert facts["sources"] == [category.source["en"]]
        assert facts["retention"] == [category.retention["en"]]
        assert facts["legal_bases"] == [basis.value for basis in category.legal_bases]
        assert category.retention["en"] in package.text()
    assert told["Customers and their contact persons"]["legal_bases"] == ["contract"]
    assert told["Language of the website"]["retention"] == ["As long as your visit lasts."]
    assert "Datatilsynet" in case.letter("/d/")
    await world.since(ME, before)


@promise(ME, "L44-46", "L52-61", "L62-70", "L100", "L101", "L102-104", "L105", "L111-112", "L113", "L114")
async def test_a_copy_names_everybody_who_got_something(world: Installation) -> None:
    case = await world.through(ME, await world.settle(ME), jurisdiction="NO")
    told = categories((await case.package()).json("article15.json"))
    assert told["Chats on our website"]["recipients"] == ["Zendesk"]
    assert told["Language of the website"]["recipients"] == ["Polylang"]
    assert told["Website analytics"]["recipients"] == ["Google"]
    assert told["Code of one day's visits to our website"]["recipients"] == ["Google"]
    assert told["Videos watched on our website"]["recipients"] == ["Google"]
    assert told["Visits to our pages on Facebook and LinkedIn"]["recipients"] == ["Facebook", "LinkedIn"]
    assert "Authorities, where a law obliges us" in told["Invoices and payment details"]["recipients"]
    roles = {one.id: one.role for one in world.policy(ME).recipients}
    assert roles["subcontractors"] is roles["zendesk"] is roles["polylang"] is RecipientRole.PROCESSOR
    assert roles["google"] is roles["facebook"] is roles["linkedin"] is RecipientRole.JOINT_CONTROLLER
    others = {one.id for one in world.policy(ME).recipients if one.role is RecipientRole.CONTROLLER}
    assert not others, "nobody gets data for purposes of their own"


@promise(ME, "L124-125", "L131")
async def test_the_numbers_that_california_keeps_back_are_named_there_and_given_out_in_norway(
    world: Installation,
) -> None:
    person = await world.settle(ME)
    number, account = "010190-", "NO93 8601 1117 947"
    case = await world.through(ME, person, jurisdiction="US-CA")
    row = await case.row()
    assert (row.regime, row.outcome) == ("US-CCPA", Outcome.FULFILLED)
    package = await case.package()
    (admin,), (payer,) = package.rows("dignio_crm", "admin_users"), package.rows("dignio_billing", "payers")
    assert admin["username"]
    assert not {"personal_number"} & admin.keys()
    assert payer["email"] == person.email
    assert not {"account"} & payer.keys()
    for name in package.names:
        assert number.encode() not in package.zip.read(name), name
        assert account.encode() not in package.zip.read(name), name
    told = {(one["collection"], one["field"]): one for one in package.json("withheld.json")["fields"]}
    assert told.keys() == {("admin_users", "personal_number"), ("payers", "account")}
    assert {one["law"] for one in told.values()} == {"11 CCR 7024(d)"}
    letter = case.letter("/d/")
    for text in (letter, package.text()):
        assert "We hold a number of yours from an authority, such as a social security" in text
        assert "We hold the number of a bank account or payment card of yours" in text
        assert "(11 CCR § 7024(d))" in text
        assert number not in text
        assert account not in text
    assert "Personal number (Customer relations): We hold" in letter
    assert "California Department of Justice" in letter
    assert "https://oag.ca.gov/contact/consumer-complaint-against-business-or-company" in letter
    case = await world.through(ME, person, jurisdiction="NO")
    assert (await case.row()).regime == "EEA-GDPR"
    package = await case.package()
    assert package.rows("dignio_crm", "admin_users")[0]["personal_number"].startswith(number)
    assert package.rows("dignio_billing", "payers")[0]["account"] == account
    assert package.json("withheld.json")["fields"] == []
    assert "We hold" not in case.letter("/d/")


@promise(ME, "L124-125")
async def test_staff_may_refuse_the_whole_category_in_california(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="US-CA")
    await case.proves()
    await case.reaches(Stage.REVIEWING)
    await case.do(ActKind.EXEMPT, category="admin_identity", ground="sensitive_identifier")
    await case.approved()
    assert "Admin users' personal identification numbers" in await case.answered()
    tables = (await case.package()).tables()
    assert "dignio_crm/admin_users" not in tables
    assert "dignio_crm/contacts" in tables


async def test_what_the_engine_marks_a_customer_with_is_not_theirs_to_take_along(world: Installation) -> None:
    person = await world.settle(ME)
    await world.sql("dignio_crm", "UPDATE contacts SET restricted_at = NULL WHERE email = :email", person)
    case = await world.through(ME, person, Right.PORTABILITY, jurisdiction="NO")
    (contact,) = (await case.package()).rows("dignio_crm", "contacts")
    assert contact["email"] == person.email
    assert "restricted_at" not in contact


@promise(ME, "L126", "L129")
async def test_the_categories_collected_are_told_and_that_none_is_sold(world: Installation) -> None:
    person = await world.settle(ME)
    case = await world.ask(ME, person, jurisdiction="US-CA", scope="categories")
    await case.proves()
    letter = await case.answered()
    assert (await case.letters())[-1] == "categories"
    for name in (
        "Identifiers; customer records information (Cal. Civ. Code 1798.80(e)); commercial information",
        "Internet or other electronic network activity information; geolocation data",
        "Sensitive personal information: government identifiers",
    ):
        assert name in letter
    assert "Sold, or shared for advertising: no" in letter
    assert "Sold, or shared for advertising: yes" not in letter
    for who in ("Google", "Facebook and LinkedIn"):
        assert f"Sold: no. Shared for advertising, or may count as that: yes, with {who}" in letter
    assert not [one.id for one in world.policy(ME).categories if one.sold]
    assert person.number not in letter


@promise(ME, "L1-2", "L127")
@pytest.mark.parametrize("lives", ["US-CA", "NO"])
async def test_what_a_customer_decides_about_goes_to_that_customer(world: Installation, lives: str) -> None:
    person = await world.settle(ME, only=("dignio_crm", "dignio_billing"))
    clinic = f"privacy-{person.email}"
    await world.sql(
        "dignio_crm",
        "INSERT INTO service_records VALUES (:id + 9, :id, 'privacy-' || :email, :today - 3, 'pulse 61')",
        person,
    )
    case = await world.through(ME, person, jurisdiction=lives)
    await case.has_letter("forwarded")
    assert "the customer of ours whose service you use" in case.letter("They decide and answer you")
    theirs = world.mail.text(clinic, case.id)
    assert "Service records: " in theirs, "of their record it names what stands in it"
    assert person.email not in theirs
    assert person.number not in theirs
    assert "pulse" not in theirs
    package = await case.package()
    assert "dignio_crm/service_records" not in package.tables()
    assert "dignio_crm/contacts" in package.tables()
    assert "the customer of ours whose service you use" in str(package.json("withheld.json"))


# Erasure


@promise(ME, "L18", "L77", "L78", "L119", "L128")
async def test_everything_goes_but_invoices_and_their_letters_and_why_is_told_before(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="US-CA")
    assert (await case.row()).outcome is Outcome.PARTLY_FULFILLED
    now = await world.since(ME, before)
    assert left(now) == {CONTACTS, PAYERS, INVOICES, LETTERS}
    assert (now[CONTACTS][0]["email"], now[CONTACTS][0]["full_name"], now[CONTACTS][0]["phone"]) == (None, None, None)
    assert (now[PAYERS][0]["email"], now[PAYERS][0]["account"]) == (None, None)
    assert now[INVOICES][0]["total"] == 990.0
    story = [(event.tag.value, event.facts.get("letter")) for event in await case.events()]
    assert story.index(("letter:sent", "partial_refusal")) < story.index(("letter:queued", "completion_erasure"))
    reasons = case.letter("Bookkeeping: what belongs to an invoice is kept for five years")
    assert "E-mails that belong to our books" in reasons
    letter = case.letter()
    end = date(in_days(-300).year + 5, in_days(-300).month, min(in_days(-300).day, 28))
    assert "Bookkeeping: invoices are kept for five years" in letter
    assert str(end.year) in letter
    assert "Cal. Civ. Code § 1798.105(d)(8)" in reasons
    assert "Cal. Civ. Code § 1798.105(d)(8)" in letter
    assert "GDPR" not in reasons + letter
    # Networks' cookies may count as sharing (1798.140(ah)), so the opt-out is offered with what is denied.
    offer = "Would you like us not to sell your personal data, and not to share it for advertising?"
    assert offer in reasons
    assert offer in letter
    assert "Admin users' personal identification numbers (Customer relations): 1 record." in letter
    assert len({event.actor for event in await case.events() if event.tag.value == "act:approve"}) == 2


@promise(ME, "L113")
async def test_those_who_work_for_dignio_are_told_of_an_erasure_and_of_others_why_not(world: Installation) -> None:
    case = await world.through(ME, await world.settle(ME), Right.ERASURE, jurisdiction="NO")
    letters = await case.tells("subcontractors")
    assert case.person.email in letters["subcontractors"]
    told = await case.told()
    assert told["zendesk"] == told["google"] == told["facebook"] == told["linkedin"] == told["polylang"] == "not_told"
    letter = case.letter("Example Office Services")
    assert "Zendesk: We correct and erase in its system ourselves." in letter
    assert "statistics by a random code" in letter


@promise(ME, "L21-28", "L29")
async def test_a_former_partner_is_erased_when_they_ask(world: Installation) -> None:
    before = await world.rows(ME)
    person = await partner(world, ended=":today - 100")
    await world.sql("dignio_crm", MINUTES.format(on=":today - 120", kept=":today - 100"), person)
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="NO")
    assert (await case.row()).outcome is Outcome.FULFILLED
    assert left(await world.since(ME, before)) == set()
    assert "Suppliers and partners (Customer relations): 1 record." in case.letter()
    assert "sell your personal data" not in case.letter()


@promise(ME, "L71-75", "L78")
@pytest.mark.parametrize("channel", ["email", "in_person"])
async def test_e_mails_of_somebody_who_only_wrote_go_when_they_ask(world: Installation, channel: str) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME, only=("dignio_newsletter",))
    await world.sql(
        "dignio_crm",
        "INSERT INTO contacts VALUES (:id, NULL, 'nobody', :name, :email, NULL, 'wrote once', NULL); "
        "INSERT INTO correspondence VALUES (:id + 1, :id, NULL, 'email', :today - 20, :today - 20, 'Hello')",
        person,
    )
    case = await world.ask(ME, person, Right.ERASURE, jurisdiction="US-CA", channel=channel)
    await case.proves()
    await case.approved()
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    assert left(await world.since(ME, before)) == set()
    assert "E-mails and summaries of calls (Customer relations): 1 record." in letter
    assert channel in {one.kind for one in world.policy(ME).channels}


@promise(ME, "L71-75", "L78")
async def test_a_customer_may_have_the_e_mails_alone_deleted(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    everything = left(await world.since(ME, before))
    case = await world.ask(ME, person, Right.ERASURE, jurisdiction="US-CA", categories=("correspondence",))
    # No personal identification number is reached: the code is enough.
    await case.prove()
    await case.approved()
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert left(now) == everything - {"dignio_crm.correspondence"}
    assert now[CONTACTS][0]["email"] == person.email
    assert now[LETTERS], "what belongs to an invoice is another category, and was not asked for"
    assert "This is only about: E-mails and summaries of calls." in letter
    assert "E-mails and summaries of calls (Customer relations)" in letter
    assert "was not asked for, and stays as it is" in letter
    assert "Bookkeeping" not in letter
    assert "partial_refusal" not in await case.letters()


@promise(ME, "L29", "L78")
async def test_why_some_e_mails_stay_is_told_at_once_where_all_were_asked_for(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    asked = ("correspondence", "business_correspondence")
    case = await world.ask(ME, person, Right.ERASURE, jurisdiction="US-CA", categories=asked)
    await case.prove()
    await case.approved()
    await case.answered()
    assert (await case.row()).outcome is Outcome.PARTLY_FULFILLED
    story = [(event.tag.value, event.facts.get("letter")) for event in await case.events()]
    assert story.index(("letter:sent", "partial_refusal")) < story.index(("letter:queued", "completion_erasure"))
    assert "E-mails that belong to our books" in case.letter("what belongs to an invoice is kept for five years")
    now = await world.since(ME, before)
    assert now[LETTERS]
    assert not now["dignio_crm.correspondence"]


@promise(ME, "L78")
async def test_why_staff_keep_e_mails_is_told_at_once_with_whatever_else_stays(world: Installation) -> None:
    before = await world.rows(ME)
    case = await world.ask(ME, await world.settle(ME, only=("dignio_crm",)), Right.ERASURE, jurisdiction="NO")
    await case.proves()
    await case.reaches(Stage.REVIEWING)
    await case.approved_without("correspondence", ground="legal_claims")
    await case.has_letter("partial_refusal")
    told = case.letter("everything else goes ahead")
    assert "E-mails and summaries of calls (1 record): We need the data to establish or defend legal claims" in told
    assert "E-mails that belong to our books (Customer relations): 1 record." in told
    await case.answered()
    now = await world.since(ME, before)
    assert left(now) == {CONTACTS, LETTERS, "dignio_crm.correspondence"}, "and everything else went"


@promise(ME, "L29")
async def test_a_partners_record_is_deleted_and_nothing_else(world: Installation) -> None:
    before = await world.rows(ME)
    person = await partner(world, ended=":today - 100")
    await world.sql("dignio_crm", MINUTES.format(on=":today - 120", kept=":today - 100"), person)
    case = await world.ask(ME, person, Right.ERASURE, jurisdiction="NO", categories=("supplier_partner",))
    await case.prove()
    await case.approved()
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    (kept,) = now["dignio_crm.partners"]
    assert (kept["email"], kept["full_name"]) == (None, None), "the minutes that were not asked for still point at it"
    assert now["dignio_crm.correspondence"]
    assert now["dignio_newsletter.subscribers"]
    assert "Suppliers and partners (Customer relations): 1 record." in letter


@promise(ME, "L19-20")
async def test_data_in_a_dispute_stays_until_the_dispute_is_over(world: Installation) -> None:
    await world.sweep()
    before = await world.rows(ME)
    person = await world.settle(ME, only=("dignio_crm",))
    office = world.office.for_staff(world.staff(ME)[0])
    placed = await office.place_hold(
        NewHoldInput(
            controller=ME,
            category="customer",
            provision="GDPR art. 17(3)(e)",
            reason="unpaid subscription",
            identifiers=(Identifier(kind="email", value=person.email),),
        ),
        by=world.staff(ME)[0],
    )
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="NO")
    now = await world.since(ME, before)
    assert now[CONTACTS][0]["email"] == person.email
    assert "GDPR Article 17(3)(e)" in case.letter()
    await office.lift_hold(placed.hold.id, by=world.staff(ME)[0])
    await world.sweep()
    row = next(iter((await world.since(ME, before))[CONTACTS]))
    assert row["email"] is None, "a letter to an invoice still points at it"


# Whose requests they are


@promise(ME, "L106-108")
async def test_only_those_who_work_for_it_see_its_requests(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME, only=("dignio_newsletter",)), jurisdiction="US-CA")
    strangers = [name for name in world.parts.policies if name != ME]
    assert strangers
    for stranger in strangers:
        account = world.staff(stranger)[0]
        theirs = world.office.for_staff(account)
        with pytest.raises(UnknownRequest):
            await theirs.show(case.id)
        with pytest.raises(UnknownRequest):
            await theirs.act(ActKind.WITHDRAW, case.id, by=account, reason="curious")
        assert case.id not in {one.id for one in await theirs.requests(RequestFilter(limit=1000))}
    assert (await world.office.for_staff(case.by[0]).show(case.id)).request.id == case.id
