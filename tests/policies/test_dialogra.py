"""Dialogra: requests carried to their end, and every promise of its French privacy policy."""

from __future__ import annotations

from datetime import timedelta

import pytest

from activities.ledger import RequestFilter
from habeas.acts import ActKind
from habeas.errors import UnknownRequest
from habeas.model import Outcome, Right, Stage
from habeas.policy.sections import LegalBasis, RecipientRole
from tests.policies.promises import promise
from tests.policies.stories import told_of
from tests.policies.world import Installation, Row
from tests.workflows.world import Person, eventually, someone
from workflows.lifting import LiftRestrictionWorkflow

ME = "dialogra"
TRANSACTIONS = "dialogra_orders.transactions"
ACCOUNTS = "dialogra_accounts.accounts"


def article_15(package_file: dict[str, list[Row]]) -> dict[str, Row]:
    """What a package tells of each category, by its French title."""
    return {one["category"]: one for one in package_file["categories"]}


# A copy


@promise(ME, "L7-8", "L13 L15", "L17-27", "L29-31", "L33-44", "L54-59", "L143-147", "L97-99")
async def test_a_copy_has_every_kind_of_data_with_its_purposes_basis_source_and_term(world: Installation) -> None:
    before = await world.rows(ME)
    case = await world.through(ME, await world.settle(ME), jurisdiction="FR")
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
        assert facts["legal_bases"] == [basis.value for basis in category.legal_bases]
        assert facts["recipients"] == [policy.recipient(one).name for one in category.recipients]
        assert category.retention["fr"] in package.text()
    assert told["Adresse IP et cookies"]["retention"] == told["Réactions aux publicités et aux campagnes"]["retention"]
    bases = {one.id: one.legal_bases for one in policy.categories}
    assert bases["account"] == (LegalBasis.CONTRACT,)
    assert bases["ad_reactions"] == (LegalBasis.LEGITIMATE_INTEREST,)
    assert bases["preferences"] == (LegalBasis.CONSENT,)
    assert bases["transactions"] == (LegalBasis.CONTRACT, LegalBasis.LEGAL_OBLIGATION)
    await world.since(ME, before)


@promise(ME, "L69-73", "L75-77", "L81-88", "L89", "L91-92", "L93-95")
async def test_a_copy_says_who_got_what_and_under_which_safeguards_it_left_the_eea(world: Installation) -> None:
    case = await world.through(ME, await world.settle(ME), jurisdiction="FR")
    told = article_15((await case.package()).json("article15.json"))
    assert "Example Group" in told["Informations sur le compte"]["recipients"]
    assert {"Example Sponsors", "Example Advertisers"} <= {
        *told["Réactions aux publicités et aux campagnes"]["recipients"]
    }
    assert {"Example Audit", "Example Credit", "Tribunaux et autorités publiques"} <= {
        *told["Données de transaction"]["recipients"]
    }
    (transfer,) = told["Données d'utilisation"]["transfers"]
    assert "Example Suppliers" in transfer
    assert "une copie vous est remise sur demande" in transfer
    assert "advertisers" not in world.policy(ME).category("transactions").recipients


@promise(ME, "L157")
async def test_what_contract_or_consent_brought_can_be_carried_away(world: Installation) -> None:
    case = await world.through(ME, await world.settle(ME), Right.PORTABILITY, jurisdiction="FR")
    package = await case.package()
    assert package.tables() == {
        "dialogra_accounts/accounts",
        "dialogra_accounts/preferences",
        "dialogra_orders/customers",
        "dialogra_orders/orders",
        "dialogra_orders/transactions",
        "dialogra_service/callers",
        "dialogra_service/calls",
        "dialogra_service/dialogues",
    }
    assert {"data/dialogra_accounts/accounts.csv", "schema.json"} <= set(package.names)
    (chosen,), (account,) = (package.rows("dialogra_accounts", name) for name in ("preferences", "accounts"))
    assert {"offers", "group_marketing", "advertisers"} <= chosen.keys(), "what one agreed to, one has given"
    assert not {"shared_since", "restricted_at"} & account.keys(), "notes of the company's own"
    left = {item["what"]: item for item in package.json("withheld.json")["items"]}
    assert {item["law"] for item in left.values() if item["law"]} == {"GDPR 20(1)"}
    assert len([item for item in left.values() if item["law"]]) >= 4
    told = {one["category"]: one["legal_bases"] for one in package.json("article15.json")["categories"]}
    assert told["Données de transaction"] == ["contract", "legal_obligation"]


# Erasure


@promise(ME, "L52", "L123-128", "L130-135", "L151")
async def test_everything_goes_with_the_account_but_transactions(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="FR")
    assert (await case.row()).outcome is Outcome.PARTLY_FULFILLED
    left = {place: rows for place, rows in (await world.since(ME, before)).items() if rows}
    assert set(left) == {"dialogra_orders.customers", TRANSACTIONS}
    (customer,) = left["dialogra_orders.customers"]
    assert (customer["email"], customer["full_name"]) == (None, None)
    assert person.number not in str(customer)
    assert left[TRANSACTIONS][0]["amount"] == 129.0
    letter = case.letter()
    assert "Conservation jusqu’au 3 février 2036 inclus, prévue par : Code civil italien, art. 2220" in letter
    assert "- Données de transaction (Commandes et paiements) : 1 enregistrement." in letter
    assert "art. 17, par. 3, point b), du RGPD" in letter
    assert "3 février 2036" in letter
    assert "Informations sur le compte (Comptes) : 1 enregistrement." in letter
    assert "Enregistrements vocaux du service clientèle (Service clientèle) : 1 enregistrement." in letter
    assert len({event.actor for event in await case.events() if event.tag.value == "act:approve"}) == 2


@promise(ME, "L69-73", "L75-77")
async def test_who_got_what_was_erased_is_told_and_who_got_only_what_stays_is_not(world: Installation) -> None:
    case = await world.through(ME, await world.settle(ME), Right.ERASURE, jurisdiction="FR")
    letters = await case.tells("group", "sponsors", "advertisers", "payment_providers", "suppliers")
    for text in letters.values():
        assert case.person.email in text
    told = await case.told()
    assert not {"credit_agencies", "auditors", "authorities", "buyers"} & set(told)
    assert "Example Advertisers" in case.letter("Example Group")


@promise(ME, "L69-73", "L75-77")
async def test_advertisers_never_hear_of_somebody_who_did_not_agree_to_them(world: Installation) -> None:
    person = await world.settle(ME)
    refusing = "UPDATE preferences SET advertisers = false, group_marketing = false WHERE account_id = :id"
    await world.sql("dialogra_accounts", refusing, person)
    copy = told_of(await (await world.through(ME, person, jurisdiction="FR")).package())
    named = {who for facts in copy.values() for who in facts["recipients"]}
    assert "Example Sponsors" in named
    assert "Example Advertisers" not in named
    assert "Example Group" not in copy["Préférences de contact et consentements"]["recipients"]
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="FR")
    letters = await case.tells("group", "sponsors")
    assert "Réactions" not in letters["group"], "which it gets for its marketing"
    assert "Informations sur le compte" in letters["group"]
    assert "advertisers" not in await case.told()
    assert "Example Advertisers" not in case.letter("Example Group")
    assert not [one for one in world.mail.to("privacy@advertisers.example") if person.email in str(one)]


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
    case = await world.through(
        ME, person, Right.RECTIFICATION, jurisdiction="FR", corrections=("full name: Ada Test => Ada Lovelace",)
    )
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
    case = await world.through(ME, person, Right.RESTRICTION, jurisdiction="FR", situation="l'adresse est fausse")
    marked = await world.since(ME, before)
    for place in (ACCOUNTS, "dialogra_orders.customers", "dialogra_service.callers", "dialogra_ads.visitors"):
        assert marked[place][0]["restricted_at"], place
    assert "Nous avons mis vos données à part" in case.letter()
    erasure = await world.through(ME, person, Right.ERASURE, jurisdiction="FR")
    assert (await world.since(ME, before))[ACCOUNTS][0]["full_name"] == "Ada Test", "what is set aside is not erased"
    assert (await erasure.row()).outcome is not Outcome.FULFILLED

    office = world.office.for_staff(case.by[0])
    await office.lift_restriction(case.id, by=case.by[0], reason="the address is right")
    await case.has_letter("restriction_lifting")
    assert "Vous nous avez aussi demandé d’effacer vos données" in case.letter()
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


@promise(ME, "L161")
async def test_a_made_up_variant_of_an_address_withdraws_nothing_and_learns_nothing(world: Installation) -> None:
    """Nobody proves anything here: who has ada+mallory@ need not be ada@, whose consent it is."""
    person = await world.settle(ME)
    before = await world.rows(ME)
    user, _, host = person.email.partition("@")
    variant = Person(name="", email=f"{user}+mallory@{host}", number="N-0")
    told = []
    for one in (variant, someone()):
        case = await world.ask(ME, one, Right.WITHDRAW_CONSENT, jurisdiction="FR")
        told.append((await case.answered()).replace(case.id, ""))
        assert (await case.row()).outcome is Outcome.NOTHING_FOUND
    assert told[0] == told[1], "the answer is that of somebody whom nobody knows"
    assert not any((await world.since(ME, before)).values())
    assert world.mail.to(person.email) == []


# Whose requests they are


@promise(ME, "L173")
async def test_staff_of_another_controller_see_nothing_of_it(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="FR")
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
