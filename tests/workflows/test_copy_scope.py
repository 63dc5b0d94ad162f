"""What a copy covers: all of it, what the person gave, everything but a part, or only the categories."""

from __future__ import annotations

import html
import json
import zipfile
from typing import Any

import pytest

from activities.exemptions import exempted
from habeas.acts import ActKind
from habeas.errors import BadInput, NotAllowed, WrongStage
from habeas.fields import SensitiveType
from habeas.model import Outcome, Right, Stage
from habeas.policy import Origin
from habeas.policy.sections import ControlledBy, LegalBasis
from tests.workflows.controllers import answering_under, package, with_category, withheld
from tests.workflows.gates import hold
from tests.workflows.world import Case, Person, World, eventually, someone


async def _closed(world: World, right: Right, **words: object) -> Case:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, right, **words)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    return case


async def test_portability_covers_what_consent_or_contract_brought(world: World) -> None:
    case = await _closed(world, Right.PORTABILITY)
    assert (await case.row()).outcome is Outcome.FULFILLED
    zipped = await package(case)
    data = {name for name in zipped.namelist() if name.startswith("data/") and name.endswith(".json")}
    # Notes rest on legitimate interest and are not portable (GDPR 20(1)(a)); invoices on a law and the contract.
    assert data == {"data/crm/contacts.json", "data/billing/customers.json", "data/billing/invoices.json"}
    left = withheld(zipped)
    assert {item["law"] for item in left.values()} == {"GDPR 20(1)"}
    assert len(left) == 1
    assert all("consent" in item["reason"] for item in left.values())
    letter = " ".join(world.mail.text(case.person.email, "/d/").split())
    assert "We found 3 records about you" in letter
    assert "History of our contact with you: Not part of this right" in letter
    assert "(GDPR Article 20(1))" in letter
    assert "Payments" not in letter


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
async def test_a_copy_of_which_nothing_is_given_is_a_refusal_and_no_package(world: World, right: Right) -> None:
    name = f"nothing-{right.value}"
    for category in ("contact", "account", "transactions") if right is Right.PORTABILITY else ():
        with_category(world, name, category, legal_bases=(LegalBasis.LEGITIMATE_INTEREST,))
    person = someone()
    person.settle_in(world.connectors, free_text=right is Right.ACCESS)
    if right is Right.ACCESS:
        case = await world.open(person)
        await case.prove()
        await case.reaches(Stage.REVIEWING)
        for category in ("contact", "activity", "account", "transactions"):
            await case.act(ActKind.EXEMPT, category=category, ground="rights_of_others")
        await case.act(ActKind.APPROVE)
    else:
        case = await world.open(person, right, controller=name)
        await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.REFUSED
    async with world.parts.ledger.begin() as tx:
        assert await tx.artifacts(case.id) == ()
    letter = " ".join(world.mail.text(person.email, "There is nothing that we can give you").split())
    assert "/d/" not in letter
    assert "ZIP" not in letter
    assert "You can complain to the authority" in letter
    asks = "You can ask us what kinds of data these are" if right is Right.ACCESS else "by a request for access"
    assert asks in letter


async def test_the_letter_names_withheld_fields_of_what_the_package_covers_and_no_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = world.connectors["crm"]
    marked = tuple(
        one.model_copy(update={"withheld": {f"{one.name}_mark": "an internal mark"}})
        for one in crm.manifest.collections
    )
    monkeypatch.setattr(crm, "manifest", crm.manifest.model_copy(update={"collections": marked}))
    case = await _closed(world, Right.PORTABILITY)
    fields = json.loads((await package(case)).read("withheld.json"))["fields"]
    assert [one["field"] for one in fields] == ["contacts_mark"]
    letter = " ".join(world.mail.text(case.person.email, "/d/").split())
    assert "Contacts mark (Customer relations): an internal mark" in letter
    assert "Notes mark" not in letter


async def test_portability_leaves_out_what_was_derived(world: World) -> None:
    name = with_category(world, "scoring", "contact", origin=Origin.DERIVED)
    zipped = await package(await _closed(world, Right.PORTABILITY, controller=name))
    assert "data/crm/contacts.json" not in zipped.namelist()
    assert "data/billing/customers.json" in zipped.namelist()
    assert any("did not give" in item["reason"] for item in withheld(zipped).values())


def _more_of(world: World, monkeypatch: pytest.MonkeyPatch, person: Person, data: dict[str, Any], **said: Any) -> None:
    """A person whose contact has more fields, of which the CRM says these things."""
    crm = world.connectors["crm"]
    collections = tuple(
        one.model_copy(update=said) if one.name == "contacts" else one for one in crm.manifest.collections
    )
    monkeypatch.setattr(crm, "manifest", crm.manifest.model_copy(update={"collections": collections}))
    person.settle_in(world.connectors)
    row = crm.rows["contacts", f'["{person.number}"]']
    crm.put(row.model_copy(update={"data": row.data | data}))


def _told(case: Case, zipped: zipfile.ZipFile) -> tuple[dict[str, Any], list[dict[str, str]], str, str]:
    """The contact in the package, the fields that were left out, the page and the letter."""
    (contact,) = json.loads(zipped.read("data/crm/contacts.json"))
    fields = json.loads(zipped.read("withheld.json"))["fields"]
    page = " ".join(html.unescape(zipped.read("index.html").decode()).split())
    return contact, fields, page, " ".join(case.world.mail.text(case.person.email, "/d/").split())


async def test_portability_leaves_out_the_fields_that_were_worked_out_and_access_gives_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    worked_out = {"score": Origin.DERIVED, "usage_rank": Origin.DERIVED, "stopped_at": Origin.DERIVED}
    held = {"score": 81.25, "usage_rank": 7, "stopped_at": None}
    _more_of(world, monkeypatch, person, held, origins=worked_out)
    case = await world.open(person, Right.PORTABILITY)
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    contact, fields, page, letter = _told(case, await package(case))
    assert contact == {"email": person.email, "name": person.name}
    # A mark that nobody has set is not there to be spoken of.
    assert [(one["field"], one["law"]) for one in fields] == [("score", "GDPR 20(1)"), ("usage_rank", "GDPR 20(1)")]
    assert all("did not give it" in one["reason"] for one in fields)
    assert "Customer relations, Contacts, Score and Usage rank: Not part of this right" in page
    assert "81.25" not in page
    assert "Score and Usage rank (Customer relations): Not part of this right" in letter
    assert "by a request for access (GDPR Article 20(1))." in letter
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    contact, fields, _, letter = _told(case, await package(case))
    assert contact == {"email": person.email, "name": person.name, **held}
    assert fields == []
    assert "Not part of this right" not in letter


async def test_a_table_that_was_worked_out_is_named_apart_from_the_rest_of_its_category(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = someone()
    answer = {"origin": Origin.DERIVED, "origins": {"answer": Origin.PERSON}}
    _more_of(world, monkeypatch, person, {"answer": "yes"}, **answer)
    case = await world.open(person, Right.PORTABILITY)
    await case.prove()
    await case.reaches(Stage.CLOSED)
    zipped = await package(case)
    contact, _, _, letter = _told(case, zipped)
    assert contact == {"answer": "yes"}
    ((what, item),) = [(what, one) for what, one in withheld(zipped).items() if "Contacts" in what]
    assert what.endswith("(Customer relations: Contacts), except for Answer")
    assert "did not give it" in item["reason"]
    assert what in letter


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
async def test_in_california_what_must_not_be_given_out_is_said_to_be_held(
    world: World, monkeypatch: pytest.MonkeyPatch, right: Right
) -> None:
    name = answering_under(world, "calif", {"code": "US-CCPA", "jurisdictions": ("US-CA",)})
    person = someone()
    types = {"ssn": SensitiveType.GOVERNMENT_ID, "iban": SensitiveType.FINANCIAL_ACCOUNT}
    _more_of(world, monkeypatch, person, {"ssn": "078-05-1120", "iban": ""}, types=types)
    case = await world.open(person, right, controller=name, jurisdiction="US-CA")
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    zipped = await package(case)
    contact, fields, page, letter = _told(case, zipped)
    assert contact == {"email": person.email, "name": person.name}
    assert all(b"078-05-1120" not in zipped.read(one) for one in zipped.namelist())
    assert [(one["field"], one["law"]) for one in fields] == [("ssn", "11 CCR 7024(d)")]
    said = "We hold a number of yours from an authority, such as a social security, driving licence or passport number."
    assert said in page
    assert f"Ssn (Customer relations): {said}" in letter
    assert "(11 CCR § 7024(d))" in letter
    assert "bank account" not in letter


async def test_portability_under_another_law_is_as_wide_as_that_law(world: World) -> None:
    name = answering_under(world, "calif", {"code": "US-CCPA", "jurisdictions": ("US-CA",)})
    case = await _closed(world, Right.PORTABILITY, controller=name, jurisdiction="US-CA")
    zipped = await package(case)
    assert {"data/crm/notes.json", "data/billing/invoices.json"} <= set(zipped.namelist())
    assert withheld(zipped) == {}


async def test_access_is_whole_but_for_what_others_decide_about(world: World) -> None:
    who = ControlledBy(who=dict.fromkeys(("en", "da", "fr", "de"), "Harbour Ltd"), to="dpo@harbour.example")
    name = with_category(world, "keeper", "activity", controlled_by=who)
    zipped = await package(await _closed(world, Right.ACCESS, controller=name))
    assert "data/crm/notes.json" not in zipped.namelist()
    assert {"data/crm/contacts.json", "data/billing/invoices.json"} <= set(zipped.namelist())
    (item,) = withheld(zipped).values()
    assert "Harbour Ltd" in item["reason"]


async def test_of_records_that_others_decide_over_a_copy_has_the_person_s_own(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, controlled_by="dpo@harbour.example")
    own = world.connectors["crm"].rows["notes", f'["{person.number}-1"]']
    world.connectors["crm"].put(own.model_copy(update={"data": own.data | {"controlled_by": person.email.upper()}}))
    case = await world.open(person, controller="processing")
    await case.prove()
    await case.reaches(Stage.CLOSED)
    zipped = await package(case)
    assert [one["n"] for one in json.loads(zipped.read("data/crm/notes.json"))] == [1]
    (item,) = withheld(zipped).values()
    assert "our customer" in item["reason"]
    assert "We found 4 records about you" in world.mail.text(person.email, "/d/")


async def test_one_category_is_refused_and_the_rest_is_handed_over(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    with pytest.raises(BadInput, match="rights_of_others"):
        await case.act(ActKind.EXEMPT, category="activity", ground="because")
    with pytest.raises(BadInput, match="category: the policy has these: contact,"):
        await case.act(ActKind.EXEMPT, category="diaries", ground="rights_of_others")
    await case.act(ActKind.EXEMPT, category="activity", ground="rights_of_others")
    with pytest.raises(WrongStage, match="refused already"):
        await case.act(ActKind.EXEMPT, category="activity", ground="excessive")
    await case.act(ActKind.APPROVE)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    zipped = await package(case)
    assert "data/crm/notes.json" not in zipped.namelist()
    assert "data/billing/invoices.json" in zipped.namelist()
    (item,) = withheld(zipped).values()
    assert item["law"] == "GDPR 15(4), 20(4)"
    assert "as told" in item["reason"]
    letter = " ".join(world.mail.text(person.email, "/d/").split())
    assert "as told" in letter
    assert "15(4)" in letter
    assert "Datatilsynet" in letter
    async with world.parts.ledger.begin() as tx:
        (found,) = (await exempted(tx, case.id)).items()
    assert (found[0], found[1].ground) == ("activity", "rights_of_others")
    said = next(event for event in await case.events() if event.tag.value == "act:exempt")
    assert (said.facts["category"], said.facts["ground"]) == ("activity", "rights_of_others")
    assert "as told" not in str(said)


async def test_a_part_refused_while_it_is_put_together_is_not_in_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = hold(monkeypatch, "collect", lambda order: order.system == "billing")
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.prove()
    await gate.wait()
    await case.act(ActKind.EXEMPT, category="transactions", ground="rights_of_others")
    gate.open()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    assert "data/billing/invoices.json" not in (await package(case)).namelist()


async def test_an_erasure_is_planned_and_approved_anew_without_the_refused_part(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.ERASURE)
    await case.prove()
    await case.reaches(Stage.REVIEWING)
    first = await case.plan()
    await case.act(ActKind.APPROVE, by="ann", plan=first)
    await case.act(ActKind.EXEMPT, category="activity", ground="legal_claims")

    async def another() -> str | None:
        plan = await case.plan()
        return plan if plan != first else None

    second = await eventually(another)
    with pytest.raises(WrongStage):
        await case.act(ActKind.APPROVE, by="bob", plan=first)
    await case.act(ActKind.APPROVE, by="ann", plan=second)
    await case.act(ActKind.APPROVE, by="bob", plan=second)
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.PARTLY_FULFILLED
    kept = {place for place in world.connectors["crm"].rows if person.number in place[1]}
    assert {collection for collection, _ in kept} == {"contacts", "notes"}
    assert "17(3)(e)" in world.mail.text(person.email, case.id)


async def test_a_remedy_is_not_refused_by_category(world: World) -> None:
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.RESTRICTION)
    await case.reaches(Stage.VERIFYING)
    with pytest.raises((NotAllowed, WrongStage)):
        await case.act(ActKind.EXEMPT, category="activity", ground="manifestly_unfounded")


async def test_the_categories_are_told_without_a_piece_of_data(world: World) -> None:
    name = answering_under(world, "golden", {"code": "US-CCPA", "jurisdictions": ("US-CA",)})
    with_category(world, name, "contact", statutory="Identifiers", sold=True)
    person = someone()
    person.settle_in(world.connectors, free_text=True)
    case = await world.open(person, controller=name, jurisdiction="US-CA", scope="categories")
    await case.prove()
    assert (await case.reaches(Stage.CLOSED)).outcome is Outcome.FULFILLED
    assert (await case.letters())[-1] == "categories"
    letter = " ".join(world.mail.text(person.email, "Identifiers").split())
    assert "Where it comes from: You gave us these details" in letter
    assert "to Østersøens Pakkepost" in letter
    assert "Who gets it, to do their work for us: Fjordsky Hosting ApS and Aarhus Revision P/S" in letter
    assert "Authorities that get it: Skattestyrelsen" in letter
    assert person.number not in letter
    assert "/d/" not in letter
    assert "export:built" not in await case.tags()
