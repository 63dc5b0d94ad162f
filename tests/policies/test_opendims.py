"""OpenDIMS: requests carried to their end, and every promise of its privacy policy."""

from __future__ import annotations

import pytest

from habeas.model import Outcome, Right, Stage
from habeas.policy.sections import LegalBasis, RecipientRole
from tests.policies.promises import promise
from tests.policies.stories import assert_told_as_in_policy, is_hidden_from_strangers, left, told_of
from tests.policies.world import Asked, Installation
from tests.workflows.world import Person, eventually

ME = "opendims"
PROFILES, AUTHORS, UPLOADED = (
    "opendims_accounts.profiles",
    "opendims_content.authors",
    "opendims_content.uploaded_people",
)
USES, MARKETING = "opendims_accounts.uses", "opendims_accounts.marketing"
UPLOAD = "INSERT INTO uploaded_people VALUES (:id + 9, 'shop-' || :email, :email, :name, 'two kettles')"


async def copy(world: Installation, right: Right = Right.ACCESS, language: str = "en") -> Asked:
    """A copy, handed over."""
    return await world.through(ME, await world.settle(ME), right, jurisdiction="DK", language=language)


async def forwarded(world: Installation, case: Asked, person: Person) -> str:
    """Until the request was sent on to the customer who uploaded the data, and the person told so: that letter."""
    await case.has_letter("forwarded")
    return await sent_on(world, case, person)


async def sent_on(world: Installation, case: Asked, person: Person) -> str:
    """Until the request was sent on to the customer who uploaded the data: that letter."""
    address = f"shop-{person.email}"

    async def there() -> bool:
        return bool(world.mail.to(address))

    await eventually(there)
    return world.mail.text(address, case.id)


# A copy


@promise(ME, "L3-5", "L6", "L7", "L8", "L10-11", "L12", "L13", "L14-20", "L21-23", "L24", "L25", "L33-34", "L35-37")
@pytest.mark.parametrize("language", ["en", "da"])
async def test_a_copy_has_every_kind_of_data_with_its_purposes_basis_source_and_term(
    world: Installation, language: str
) -> None:
    before = await world.rows(ME)
    case = await copy(world, language=language)
    row = await case.row()
    assert (row.outcome, row.regime) == (Outcome.FULFILLED, "EU-GDPR")
    package = await case.package()
    assert package.tables() == {
        *("opendims_accounts/profiles", "opendims_accounts/logins", "opendims_accounts/uses"),
        *("opendims_accounts/cookies", "opendims_accounts/partner_data", "opendims_accounts/marketing"),
        *("opendims_content/authors", "opendims_content/products"),
        *("opendims_support/requesters", "opendims_support/messages"),
    }
    (profile,) = package.rows("opendims_accounts", "profiles")
    assert (profile["email"], profile["full_name"], profile["address"]) == (
        case.person.email,
        "Ada Test",
        "Eksempelvej 7",
    )
    (login,) = package.rows("opendims_accounts", "logins")
    assert login["username"].startswith("user-")
    assert "password_hash" not in login
    why = "kontoens sikkerhed" if language == "da" else "security of the account"
    assert why in str(package.json("withheld.json"))
    assert package.rows("opendims_accounts", "uses")[0]["ip_address"] == "192.0.2.13"
    assert package.rows("opendims_accounts", "partner_data")[0]["partner"] == "Example Partner"
    assert package.rows("opendims_content", "products")[0]["title"] == "Kettle"
    told = assert_told_as_in_policy(world, ME, package, language)
    assert told == {one.id for one in world.policy(ME).categories} - {"uploaded_content"}
    bases = {one.id: one.legal_bases for one in world.policy(ME).categories}
    assert bases["contact"] == bases["credentials"] == bases["content"] == (LegalBasis.CONTRACT,)
    assert bases["behaviour"] == bases["support"] == (LegalBasis.LEGITIMATE_INTEREST,)
    assert bases["cookies"] == bases["marketing"] == (LegalBasis.CONSENT,)
    letter = case.letter("/d/")
    assert "Datatilsynet" in letter
    assert ("Vi fandt 10 poster om dig" if language == "da" else "We found 10 records about you") in letter
    await world.since(ME, before)


@promise(ME, "L29-30", "L31", "L32")
async def test_a_copy_names_the_processors_and_the_authorities_that_the_law_gives_it_to(world: Installation) -> None:
    package = await (await copy(world)).package()
    for facts in told_of(package).values():
        assert facts["recipients"] == [
            "Example Cloud",
            "Example Hosting",
            "Public authorities, where a law or a court demands it",
        ]
    roles = {one.id: one.role for one in world.policy(ME).recipients}
    assert roles["cloud"] is roles["hosting"] is RecipientRole.PROCESSOR
    assert roles["authorities"] is RecipientRole.AUTHORITY


@promise(ME, "L9")
async def test_what_somebody_wrote_freely_is_seen_by_a_human_before_it_goes_out(world: Installation) -> None:
    person = await world.settle(ME)
    case = await world.ask(ME, person, jurisdiction="DK")
    await case.proves()
    assert await case.reviewed(), "sensitive data may be in it"
    await case.approved()
    await case.reaches(Stage.CLOSED)
    plain = await world.settle(ME, only=("opendims_accounts",))
    case = await world.ask(ME, plain, jurisdiction="DK")
    await case.proves()
    assert not await case.reviewed(), "nothing was written freely"


@promise(ME, "L7", "L35-37")
async def test_what_a_customer_uploaded_goes_to_that_customer_to_decide(world: Installation) -> None:
    person = await world.settle(ME)
    await world.sql("opendims_content", UPLOAD, person)
    case = await world.through(ME, person, jurisdiction="DK")
    theirs = await forwarded(world, case, person)
    assert person.email in theirs
    assert "kettles" not in theirs
    assert "Product and customer data" in theirs
    assert "the customer who uploaded it to OpenDIMS" in case.letter("sent your request on")
    package = await case.package()
    assert "opendims_content/uploaded_people" not in package.tables()
    assert "opendims_content/products" in package.tables()
    assert "the customer who uploaded it to OpenDIMS" in str(package.json("withheld.json"))


@promise(ME, "L7", "L39")
@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
async def test_a_customer_s_customer_is_sent_to_the_one_who_decides(world: Installation, right: Right) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME, only=("opendims_support",))
    await world.sql(
        "opendims_support",
        "DELETE FROM messages WHERE requester_id = :id; DELETE FROM requesters WHERE id = :id",
        person,
    )
    await world.sql("opendims_content", UPLOAD, person)
    case = await world.through(ME, person, right, jurisdiction="DK")
    assert person.email in await forwarded(world, case, person)
    assert "They decide and answer you" in case.letter("sent your request on")
    now = await world.since(ME, before)
    assert left(now) == {UPLOADED}
    assert now[UPLOADED][0]["bought"] == "two kettles", "only the customer may decide to erase it"
    last = case.letter("Datatilsynet")
    assert "the customer who uploaded it to OpenDIMS decides about this data; we only keep it for them" in last
    if right is Right.ERASURE:
        assert (await case.row()).outcome is not Outcome.FULFILLED
        assert "because a law says so" not in last
    else:
        assert "There is nothing that we can give you" in last
        assert (await case.row()).outcome is Outcome.NOTHING_FOUND, "none of it is OpenDIMS's to give"
        assert "/d/" not in last


def owned(by: str) -> str:
    """A row of what customers uploaded, with who uploaded it."""
    return UPLOAD.replace("'shop-' || :email", by)


@promise(ME, "L7", "L35-37")
async def test_what_the_company_uploaded_itself_is_given_and_nobody_is_asked(world: Installation) -> None:
    person = await world.settle(ME)
    await world.sql("opendims_content", owned("'info@opendims.com'"), person)
    case = await world.through(ME, person, jurisdiction="DK")
    package = await case.package()
    assert package.rows("opendims_content", "uploaded_people")[0]["bought"] == "two kettles"
    assert "the customer who uploaded it to OpenDIMS" not in str(package.json("withheld.json"))
    assert "We found 11 records about you" in case.letter("/d/")
    assert await case.told() == {}


@promise(ME, "L7", "L39")
async def test_what_a_customer_uploaded_of_herself_is_erased_and_not_sent_on_to_herself(world: Installation) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    await world.sql("opendims_content", owned("upper(:email)"), person)
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="DK")
    assert left(await world.since(ME, before)) == set()
    assert (await case.row()).outcome is Outcome.FULFILLED
    assert "forwarded" not in await case.letters()
    letter = case.letter("Example Hosting")
    assert "Customer data that a customer of ours uploaded (Product and customer data): 1 record." in letter
    assert set(await case.told()) == {"cloud", "hosting"}


@promise(ME, "L7", "L39")
async def test_who_says_that_a_shop_s_address_is_theirs_does_not_decide_for_the_shop(world: Installation) -> None:
    """Staff attest a person, and nobody has shown that the second address that they typed is theirs."""
    before = await world.rows(ME)
    person = await world.settle(ME)
    await world.sql("opendims_content", UPLOAD, person)
    case = await world.ask(
        ME, person, Right.ERASURE, jurisdiction="DK", emails=(person.email, f"shop-{person.email}"), name="Ada Test"
    )
    await case.attested()
    await case.approved()
    await case.reaches(Stage.CLOSED)
    now = await world.since(ME, before)
    assert left(now) == {UPLOADED}, "only the shop may decide to erase it"
    assert "request:not_forwarded" in await case.tags(), "a human finds out whose address it is"
    assert not [one for one in world.mail.to(f"shop-{person.email}") if "Uploaded people" in str(one)]


@promise(ME, "L41")
async def test_what_contract_or_consent_brought_can_be_carried_away(world: Installation) -> None:
    case = await copy(world, Right.PORTABILITY)
    assert (await case.row()).outcome is Outcome.FULFILLED
    package = await case.package()
    assert {
        *("opendims_accounts/profiles", "opendims_accounts/logins", "opendims_accounts/marketing"),
        *("opendims_content/authors", "opendims_content/products"),
    } <= package.tables()
    assert (
        not {
            *("opendims_accounts/uses", "opendims_accounts/partner_data"),
            *("opendims_support/messages", "opendims_content/uploaded_people"),
        }
        & package.tables()
    ), "a legitimate interest, or from somebody else"
    assert {"data/opendims_content/products.csv", "schema.json"} <= set(package.names)
    items = package.json("withheld.json")["items"]
    assert {item["law"] for item in items if item["law"]} == {"GDPR 20(1)"}


# Erasure


@promise(ME, "L39", "L29-30", "L33-34")
@pytest.mark.parametrize("language", ["en", "da"])
async def test_everything_goes_but_what_a_customer_uploaded(world: Installation, language: str) -> None:
    before = await world.rows(ME)
    person = await world.settle(ME)
    await world.sql("opendims_content", UPLOAD, person)
    case = await world.through(ME, person, Right.ERASURE, jurisdiction="DK", language=language)
    now = await world.since(ME, before)
    assert left(now) == {UPLOADED}
    assert now[UPLOADED][0]["full_name"] == "Ada Test"
    assert person.email in await forwarded(world, case, person)
    completion = case.letter("Example Hosting")
    assert ("we only keep it for them" if language == "en" else "vi opbevarer dem kun for dem") in completion
    if language == "en":
        assert "Product data you entered (Product and customer data): 1 record." in completion
        assert "the servers on which we correct and erase the data ourselves" in completion
    else:
        assert "Produktdata, du har indtastet (Produkt- og kundedata): 1 " in completion
        assert "Den driver kun de servere" in completion
    assert case.person.email in (await case.tells("cloud"))["cloud"]
    assert (await case.told())["hosting"] == "not_told"
    assert len({event.actor for event in await case.events() if event.tag.value == "act:approve"}) == 2


# Whose requests they are


@promise(ME, "L43", "L48-49", "L33-34")
async def test_each_letter_says_where_to_write(world: Installation) -> None:
    case = await world.ask(ME, await world.settle(ME), jurisdiction="DK", channel="email")
    await case.has_letter("acknowledgement")
    assert "info@opendims.com" in case.letter()
    assert "info@opendims.com" in {one.to for one in world.policy(ME).channels}


@promise(ME, "L48-49")
async def test_nothing_is_said_to_whoever_did_not_prove_to_be_the_person(world: Installation) -> None:
    person = await world.settle(ME)
    case = await world.ask(ME, person, jurisdiction="DK")
    await case.has_letter("code")
    for message in world.mail.to(person.email):
        text = str(message)
        assert "Ada Test" not in text
        assert "Eksempelvej 7" not in text
    assert (await case.row()).stage is Stage.VERIFYING


@promise(ME, "L26-28")
async def test_staff_of_another_controller_see_nothing_of_it(world: Installation) -> None:
    await is_hidden_from_strangers(world, ME)
