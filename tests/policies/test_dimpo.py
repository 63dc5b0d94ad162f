"""Dimpo: requests carried to their end, and every promise of its privacy and confidentiality policy."""

from __future__ import annotations

from datetime import timedelta

import pytest

from habeas.acts import ActKind
from habeas.model import Outcome, Right, Stage
from habeas.policy.sections import LegalBasis, RecipientRole
from tests.policies.package import Package
from tests.policies.promises import promise, promises_of
from tests.policies.stories import assert_told_as_in_policy, consented, is_hidden_from_strangers, left, told_of
from tests.policies.world import Asked, Installation
from tests.workflows.world import Person, eventually
from workflows.lifting import LiftRestrictionWorkflow

ME = "dimpo"
CUSTOMERS, ORDERS, VISITS = "dimpo_shop.customers", "dimpo_shop.orders", "dimpo_shop.visits"
PAYERS, PAYMENTS = "dimpo_payments.payers", "dimpo_payments.payments"
SUBSCRIBERS, CONSENTS = "dimpo_marketing.subscribers", "dimpo_marketing.consents"


async def copy(world: Installation, lives: str = "CA-ON", language: str = "en") -> Asked:
    """A copy, handed over."""
    return await world.through(ME, await world.settle(ME), jurisdiction=lives, language=language)


def withheld(package: Package) -> set[tuple[str, str]]:
    """Why fields are not in it, and by which article."""
    return {(one["reason"], one["law"]) for one in package.json("withheld.json")["fields"]}


async def erased(world: Installation, person: Person, lives: str = "CA-ON") -> Asked:
    """Everything that may go, gone."""
    return await world.through(ME, person, Right.ERASURE, jurisdiction=lives)


# A copy


@promise(ME, "L1-18", "L29-42", "L44-51", "L53", "L55", "L61", "L63", "L65", "L67-69", "L117-119")
@promise(ME, "L89-95", "L96", "L133")
async def test_a_copy_has_every_kind_of_data_and_tells_what_each_is_for(world: Installation) -> None:
    before = await world.rows(ME)
    case = await copy(world)
    row = await case.row()
    assert (row.outcome, row.regime) == (Outcome.FULFILLED, "CA-PIPEDA")
    letter = case.letter("/d/")
    assert "We found 16 records about you" in letter
    assert "MN Digital Planet Inc." in letter
    package = await case.package()
    (customer,) = package.rows("dimpo_shop", "customers")
    assert (customer["email"], customer["full_name"]) == (case.person.email, "Ada Test")
    assert (customer["organization"], customer["job_title"]) == ("Example Works", "Buyer")
    assert {one["kind"] for one in package.rows("dimpo_shop", "orders")} == {"order", "subscription"}
    assert package.rows("dimpo_shop", "visits")[0]["ip_address"] == "192.0.2.9"
    assert package.rows("dimpo_shop", "comments")[0]["text"].startswith("Lovely")
    assert package.rows("dimpo_support", "conversations")[0]["device"] == "Example Frame 3"
    (account,) = package.rows("dimpo_shop", "accounts")
    assert "password_hash" not in account
    assert {("security of the account", "PIPEDA Sch. 1 cl. 4.7")} == withheld(package)
    assert assert_told_as_in_policy(world, ME, package, "en") == {one.id for one in world.policy(ME).categories}
    bases = {one.id: one.legal_bases for one in world.policy(ME).categories}
    assert bases["online_content"] == (LegalBasis.LEGITIMATE_INTEREST,)
    assert bases["consent"] == (LegalBasis.LEGAL_OBLIGATION,)
    assert bases["marketing"] == bases["browsing"] == (LegalBasis.CONSENT,)
    await world.since(ME, before)


@promise(ME, "L61")
async def test_why_a_value_is_withheld_is_told_by_the_law_of_the_request(world: Installation) -> None:
    case = await copy(world, "CA-QC")
    assert (await case.row()).regime == "CA-QC-25"
    assert withheld(await case.package()) == {("security of the account", "P-39.1 s.10")}
    assert "CQLR c. P-39.1 s. 10" in case.letter("/d/")
    assert "GDPR" not in case.letter("/d/")


@promise(ME, "L57")
async def test_a_copy_tells_who_has_the_card_number_and_none_is_here(world: Installation) -> None:
    package = await (await copy(world)).package()
    assert package.rows("dimpo_payments", "payers")[0]["method"] == "a card, at the payment service"
    told = told_of(package)["Payment methods and billing"]
    assert "Example Payments" in told["recipients"]
    assert "we never hold them" in told["sources"][0]
    assert not [name for name in await world.rows(ME) if "card" in name]
    assert world.policy(ME).recipient("payment_provider").role is RecipientRole.PROCESSOR


@promise(ME, "L71-75", "L77", "L79-81", "L105-107", "L109", "L111-113")
async def test_a_copy_names_who_told_something_and_who_got_something(world: Installation) -> None:
    package = await (await copy(world)).package()
    others = {one["came_from"]: one["fact"] for one in package.rows("dimpo_shop", "told_by_others")}
    assert others == {"Example Resellers": "organization", "your employer": "e-mail address"}
    told = told_of(package)
    (source,) = told["What others told us about you"]["sources"]
    for words in ("authorized reseller", "employer", "application you connected"):
        assert words in source
    assert told["Contact details"]["recipients"] == ["Example Storage", "Example Contractors"]
    assert "Social networks where you post" in told["Comments and messages on our sites"]["recipients"]
    assert "The holder of your corporate account" in told["Your account"]["recipients"]
    assert not [who for one in told.values() for who in one["recipients"] if "Resellers" in who], "they only give"
    assert not [one.id for one in world.policy(ME).categories if one.sold]


@promise(ME, "L117-119", "L147-151")
@pytest.mark.parametrize(
    ("lives", "language", "regime", "authority"),
    [
        ("CA-ON", "en", "CA-PIPEDA", "Office of the Privacy Commissioner of Canada"),
        ("CA-QC", "fr", "CA-QC-25", "Commission d'accès à l'information du Québec"),
    ],
)
async def test_an_answer_says_whom_to_ask_and_where_to_complain(
    world: Installation, lives: str, language: str, regime: str, authority: str
) -> None:
    case = await copy(world, lives, language)
    letter = case.letter("/d/").replace("\u2019", "'")
    assert (await case.row()).regime == regime
    assert authority in letter
    assert "support@dimpo.ca" in letter
    package = await case.package()
    assert_told_as_in_policy(world, ME, package, language)
    assert "By law" in (promises_of(ME)["L147-151"].note or "")


@promise(ME, "L117-119")
async def test_somebody_in_quebec_takes_along_what_they_gave(world: Installation) -> None:
    case = await world.through(ME, await world.settle(ME), Right.PORTABILITY, jurisdiction="CA-QC", language="fr")
    assert (await case.row()).outcome is Outcome.FULFILLED
    package = await case.package()
    assert {"dimpo_shop/customers", "dimpo_shop/orders", "dimpo_support/conversations"} <= package.tables()
    assert "dimpo_shop/told_by_others" not in package.tables(), "not from the person"
    assert "data/dimpo_shop/orders.csv" in package.names


# Whatever it is called


@promise(ME, "L59", "L83-87")
@pytest.mark.parametrize("lives", ["CA-ON", "CA-QC"])
async def test_an_objection_to_marketing_stops_it_at_once_as_a_withdrawal_does(world: Installation, lives: str) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(ME, person, Right.OBJECTION, jurisdiction=lives)
    closed = await case.reaches(Stage.CLOSED)
    assert (closed.right, closed.outcome) == (Right.WITHDRAW_CONSENT, Outcome.FULFILLED)
    (subscriber,) = (await world.since(ME, before))[SUBSCRIBERS]
    assert subscriber["subscribed"] is False
    tags = await case.tags()
    assert "identity:waived" in tags
    assert "act:approve" not in tags
    (opened,) = [event for event in await case.events() if event.tag.value == "request:opened"]
    assert opened.facts["called"] == "objection"
    await case.has_letter("acknowledgement")
    assert "You withdrew your consent" in case.letter("Your objection ends what rests on your consent")
    assert await case.letters() == ["acknowledgement", "completion_change"]


# Erasure


@promise(ME, "L129-131", "L117-119")
@pytest.mark.parametrize(("lives", "language"), [("CA-ON", "en"), ("CA-QC", "fr")])
async def test_orders_go_when_their_deletion_is_asked_for_and_only_the_books_stay(
    world: Installation, lives: str, language: str
) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.through(ME, person, Right.ERASURE, jurisdiction=lives, language=language)
    assert (await case.row()).outcome is Outcome.PARTLY_FULFILLED
    now = await world.since(ME, before)
    assert left(now) == {PAYERS, PAYMENTS}
    (payer,) = now[PAYERS]
    assert (payer["email"], payer["full_name"], payer["billed_to"], payer["method"]) == (None, None, None, None)
    assert person.number not in str(payer)
    assert now[PAYMENTS][0]["amount"] == 129.0
    letter = case.letter()
    if language == "en":
        assert "Income Tax Act (Canada), s. 230(4)" in letter
        assert "Orders and subscriptions (Dimpo platform): 2 records." in letter
        assert (
            "Kept until 31 December 2032, because of: " in letter
            or "Kept until December 31, 2032, because of: " in letter
        )
    else:
        assert "Loi de l’impôt sur le revenu (Canada), par. 230(4)" in letter
        assert "Commandes et abonnements (Plateforme Dimpo) : 2 enregistrements." in letter
        assert "31 décembre 2032" in letter
    assert len({event.actor for event in await case.events() if event.tag.value == "act:approve"}) == 2


@promise(ME, "L97-99")
async def test_the_record_of_consents_outlasts_a_withdrawal_and_not_an_erasure(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    withdrawn = await world.ask(ME, person, Right.WITHDRAW_CONSENT, jurisdiction="CA-ON")
    await withdrawn.answered()
    assert all(one["withdrawn_at"] and one["given_at"] for one in (await world.since(ME, before))[CONSENTS])
    case = await erased(world, person)
    assert CONSENTS not in left(await world.since(ME, before))
    letter = case.letter("Consents you gave or withdrew (Mailing lists and consents): 2 records.")
    stays = letter[letter.index("Kept") :] if "Kept" in letter else ""
    assert "Consents you gave or withdrew" not in stays
    consent = world.policy(ME).category("consent")
    assert consent.keep is None, "no law and no end is named in the text"
    assert "until you ask us to erase it" in consent.retention["en"]
    assert "not an erasure" in (promises_of(ME)["L97-99"].not_held or "")


@promise(ME, "L57", "L71-75", "L109")
async def test_those_who_got_the_data_are_told_of_its_erasure_and_of_others_why_not(world: Installation) -> None:
    case = await erased(world, await world.settle(ME))
    for text in (await case.tells("payment_provider", "contractors")).values():
        assert case.person.email in text
    told = await case.told()
    assert "resellers" not in told
    assert "Example Resellers" not in case.letter()
    assert told["storage"] == told["social_networks"] == told["corporate_account"] == "not_told"
    letter = case.letter("Example Contractors")
    assert "only you can change it" in letter
    assert "The holder sees each change in the account itself." in letter


# Changes


@promise(ME, "L83-87", "L117-119")
async def test_what_is_wrong_is_corrected_wherever_it_is(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.through(
        ME, person, Right.RECTIFICATION, jurisdiction="CA-ON", corrections=("full name: Ada Test => Ada Byron",)
    )
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    for place in (CUSTOMERS, PAYERS, "dimpo_support.requesters"):
        assert now[place][0]["full_name"] == "Ada Byron"
    assert "the new values are there" in case.letter()
    told = await case.tells("payment_provider", "contractors")
    assert all("Ada Byron" in text for text in told.values())


@promise(ME, "L83-87")
async def test_the_use_of_data_is_limited_until_the_person_was_told_that_it_ends(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.through(ME, person, Right.RESTRICTION, jurisdiction="CA-ON", situation="less, please")
    assert (await case.row()).outcome is Outcome.FULFILLED
    marked = await world.since(ME, before)
    for place in (CUSTOMERS, PAYERS, SUBSCRIBERS, "dimpo_support.requesters"):
        assert marked[place][0]["restricted_at"], place
    assert "We have set your data aside" in case.letter()
    office = world.office.for_staff(case.by[0])
    await office.lift_restriction(case.id, by=case.by[0], reason="the person agrees")
    await case.has_letter("restriction_lifting")
    handle = world.env.client.get_workflow_handle_for(LiftRestrictionWorkflow.run, f"{case.id}/lift")
    await world.env.fast_forward(handle, timedelta(days=8))

    async def lifted() -> bool:
        now = await world.since(ME, before)
        return not any(now[place][0]["restricted_at"] for place in (CUSTOMERS, PAYERS, SUBSCRIBERS))

    await eventually(lifted)


@promise(ME, "L59", "L83-87", "L97-99")
@pytest.mark.parametrize(("lives", "channel"), [("CA-ON", "email"), ("CA-ON", "web"), ("CA-QC", "web")])
async def test_one_unsubscribes_at_once_and_the_record_says_when(world: Installation, lives: str, channel: str) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.ask(
        ME, person, Right.WITHDRAW_CONSENT, jurisdiction=lives, purposes=("marketing",), channel=channel
    )
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert now[SUBSCRIBERS][0]["subscribed"] is False
    assert {one["purpose"]: bool(one["withdrawn_at"]) for one in now[CONSENTS]} == {"marketing": True, "cookies": False}
    assert now[VISITS][0]["followed"] is True, "nothing else was said"
    assert "Promotional messages" in letter
    assert not {"act:approve", "identity:proven"} & {*await case.tags()}
    assert channel in {one.kind for one in world.policy(ME).channels}


@promise(ME, "L67-69", "L97-99", "L101")
async def test_whoever_withdraws_everything_is_obeyed_though_deemed_to_consent(world: Installation) -> None:
    await world.sweep()
    await world.settle(ME, "Carl Consents")
    before = await world.rows(ME)
    case = await world.ask(ME, await world.settle(ME), Right.WITHDRAW_CONSENT, jurisdiction="CA-QC", language="fr")
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    now = await world.since(ME, before)
    assert now[SUBSCRIBERS][0]["subscribed"] is False
    assert now[VISITS][0]["followed"] is False
    assert all(one["withdrawn_at"] for one in now[CONSENTS])
    assert all(one["given_at"] for one in now[CONSENTS]), "what was agreed to before is still on record"
    assert "Communications promotionnelles" in letter
    assert "Témoins (cookies)" in letter
    assert "no ground to refuse" in (promises_of(ME)["L101"].note or "")
    await world.sweep(timedelta(days=3))  # the store's day may be the one after the controller's
    rows = await world.rows(ME)
    await world.since(ME, consented(before)[0])  # nothing of whoever did not withdraw
    assert rows[SUBSCRIBERS] <= before[SUBSCRIBERS], "the list no longer has the address"
    assert rows[VISITS] <= before[VISITS]
    assert len(rows[CONSENTS] - before[CONSENTS]) == 2, "that it was withdrawn is still on record"


# Who asks, and whom


@promise(ME, "L19-25")
async def test_a_human_sees_every_copy_before_it_goes_out(world: Installation) -> None:
    person = await world.settle(ME, only=("dimpo_marketing", "dimpo_shop"))
    await world.sql("dimpo_shop", "DELETE FROM comments WHERE customer_id = :id", person)
    case = await world.ask(ME, person, jurisdiction="CA-ON", note="the person may be under age")
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    assert "act:approve" not in await case.tags(), "nothing was in free text, and a human is asked all the same"
    assert "support@dimpo.ca" in {one.to for one in world.policy(ME).channels}
    await case.approved()
    await case.reaches(Stage.CLOSED)


@promise(ME, "L121", "L125", "L147-151")
async def test_a_concern_is_answered_in_writing_by_a_human(world: Installation) -> None:
    case = await world.ask(
        ME,
        await world.settle(ME),
        Right.COMPLAINT,
        jurisdiction="CA-ON",
        channel="email",
        situation="You write too much",
    )
    await case.reaches(Stage.REVIEWING)
    await case.has_letter("acknowledgement")
    assert "support@dimpo.ca" in case.letter()
    await case.do(ActKind.APPROVE)
    letter = await case.answered()
    assert (await case.row()).outcome is Outcome.FULFILLED
    assert (await case.letters())[-1] == "remedy_decision"
    assert "support@dimpo.ca" in letter


@promise(ME, "L121", "L133")
async def test_each_letter_says_where_to_write(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="CA-ON", channel="email")
    await case.has_letter("acknowledgement")
    assert "support@dimpo.ca" in case.letter()
    assert world.policy(ME).controller.email == "support@dimpo.ca"


async def test_staff_of_another_controller_see_nothing_of_it(world: Installation) -> None:
    await is_hidden_from_strangers(world, ME)
