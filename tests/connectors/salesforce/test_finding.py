"""Who is found: in the recycle bin, under merged and converted names, among staff; and what of theirs is told."""

from __future__ import annotations

import json

import pytest

from habeas.connector import Match, RecordRef
from habeas.errors import Quarantine, Terminal
from habeas.testing.steps import collected, roots
from tests.connectors.salesforce.people import ANN, ANN_OLD, BOB, CV, collections, in_her_case
from tests.connectors.salesforce.world import SalesforceWorld
from tests.connectors.store import ids
from tests.vendors.salesforce.objects import OBJECTS
from tests.vendors.shared.faults import Answer

THIRD = "ann@third.example"


async def _found(world: SalesforceWorld, **identifiers: str) -> tuple[Match, ...]:
    return (await world.connector.locate(ids(**identifiers))).matches


async def test_who_bears_a_colleagues_address_waits_for_a_human(world: SalesforceWorld) -> None:
    """A former colleague's, too; of the records that Salesforce joins, those that bear it."""
    world.colleague(IsActive=False)
    marked = {one.collection: one.staff for one in await _found(world, email=ANN_OLD)}
    assert marked == {"Contact": True, "Lead": False, "Account": False}


async def test_who_signs_in_from_outside_is_no_colleague(world: SalesforceWorld) -> None:
    world.colleague(ContactId=world.people.ann.id)
    assert not any(one.staff for one in await _found(world, email=ANN))


async def test_staff_are_no_records_of_anybody(world: SalesforceWorld) -> None:
    assert {one.collection for one in await _found(world, email=ANN)} == {"Contact", "Lead", "Account"}
    world.org.add("User", LastName="Colleague", Username="c", Email="colleague@firm.example", IsActive=True)
    assert await _found(world, email="colleague@firm.example") == ()


async def test_texts_of_the_org_s_own_are_reviewed(world: SalesforceWorld) -> None:
    """Nothing says what its administrators made a field, or an object, for; of an identifier the settings do."""
    records = await collected(world.connector, await roots(world))
    kinds = {one.name: one for one in world.connector.manifest.collections}
    texts = {one.collection: set(kinds[one.collection].texts(one)) for one in records}
    assert texts["Contact"] == {"Description"}
    assert texts["Loyalty_Card__c"] == {"Name", "Motto__c"}
    assert texts["Referral__c"] == {"Name", "Remark__c"}
    assert texts["CampaignMember"] == set()
    assert texts["EmailMessage"] == {"TextBody", "FromAddress", "ToAddress"}, "also of people who are no contacts"


async def test_what_was_merged_is_found_under_its_old_address(world: SalesforceWorld) -> None:
    double = world.org.add("Contact", LastName="Arla", Email=THIRD)
    further = world.org.add("Contact", LastName="Arla", Email="ann@fourth.example")
    world.org.merge(double, further)
    world.org.merge(world.people.ann, double)
    for address in (THIRD, "ann@fourth.example"):
        found = {one.key for one in await _found(world, email=address)}
        assert found == {one.key for one in await _found(world, email=ANN)}


async def test_what_lies_in_the_bin_is_found_where_it_does_not_count_as_erased(world: SalesforceWorld) -> None:
    gone = world.org.add("Contact", LastName="Arla", Email=THIRD)
    world.org.store.delete(gone)
    assert await _found(world, email=THIRD) == ()
    waiting = world.made(bin="wait")
    (match,) = (await waiting.locate(ids(email=THIRD))).matches
    (record,) = await collected(waiting, (RecordRef(collection=match.collection, key=match.key),))
    assert (record.key, record.data["Email"], record.data["IsDeleted"]) == (f'["{gone.id}"]', THIRD, True)
    await waiting.aclose()


async def test_a_number_is_found_as_usually_written_and_an_assistant_s_is_not_theirs(
    world: SalesforceWorld,
) -> None:
    ann, bob = world.people.ann, world.people.bob
    bob.values |= {"Phone": "87 65 43 21", "AssistantPhone": "+45 87 65 43 21"}
    for written in ("+45 87 65 43 21", "+4587654321", "0045 87 65 43 21", "+45-87-65-43-21"):
        ann.values["Phone"] = written
        assert f'["{ann.id}"]' in {one.key for one in await _found(world, phone=written)}
        assert f'["{bob.id}"]' not in {one.key for one in await _found(world, phone=written)}
    bob.values["Phone"] = "(415) 555-2671"
    for written in ("+1 (415) 555-2671", "+1 415.555.2671", "001 (415) 5552671", "(+1) 415/555/2671"):
        ann.values["Phone"] = written
        assert f'["{ann.id}"]' in {one.key for one in await _found(world, phone="+14155552671")}
        assert f'["{bob.id}"]' not in {one.key for one in await _found(world, phone="+14155552671")}
    here = world.made(region="US")
    for asked in ("+14155552671", "415-555-2671"):
        both = {one.key for one in (await here.locate(ids(phone=asked))).matches}
        assert {f'["{ann.id}"]', f'["{bob.id}"]'} <= both
    await here.aclose()
    located = await world.connector.locate(ids(email=str(bob.values["Email"])))
    assert "+4587654321" not in {known.value for one in located.matches for known in one.yields}


async def test_names_and_numbers_are_quoted(world: SalesforceWorld) -> None:
    number = "O'Br\\ien%_\""
    odd = world.org.add("Contact", LastName="Odd", Customer_Number__c=number)
    assert [one.key for one in await _found(world, customer=number)] == [f'["{odd.id}"]']
    assert await _found(world, customer="O'Br\\ien%x\"") == ()


async def test_what_a_query_should_not_have_found_is_left_out(world: SalesforceWorld) -> None:
    """Each record is compared again, whatever Salesforce made of the condition."""
    bob = world.people.bob
    row = {
        **dict.fromkeys(one.name for kind in ("Contact", "Lead", "Account") for one in OBJECTS[kind].fields),
        **bob.values,
        "attributes": {"type": "Contact"},
        "Id": bob.id,
        "Name": "Ann Arla",
    }
    page = {"totalSize": 1, "done": True, "records": [row]}
    parts = [{"body": page, "httpHeaders": {}, "httpStatusCode": 200, "referenceId": f"part{one}"} for one in range(3)]
    answer = Answer(200, json.dumps({"compositeResponse": parts}).encode())
    world.org.faults.order(answer, path="*/composite", nth=2)
    assert await _found(world, email=ANN) == ()


async def test_whom_one_looks_for_is_in_no_address(world: SalesforceWorld) -> None:
    """Addresses are written to logs on the way; bodies are not."""
    await world.connector.locate(world.person)
    assert {one.method for one in world.org.calls} == {"POST"}


async def test_too_many_stop_for_a_human(world: SalesforceWorld) -> None:
    for _ in range(51):
        world.org.add("Contact", LastName="Somebody", Customer_Number__c="C-0")
    with pytest.raises(Quarantine, match="More than 50"):
        await _found(world, customer="C-0")


async def test_every_page_is_read(world: SalesforceWorld) -> None:
    whole = await collected(world.connector, await roots(world))
    world.org.smallest_batch = 1
    assert await collected(world.connector, await roots(world)) == whole
    assert [one for one in world.org.made("GET", "/query/") if one.status == 200]


async def test_a_case_of_nobody_is_found_by_its_address(world: SalesforceWorld) -> None:
    case = world.org.add("Case", SuppliedEmail="New@Example.org", SuppliedName="A. New", Subject="Hello")
    comment = world.org.add("CaseComment", ParentId=case.id, CommentBody="A. New called")
    world.org.add("Case", SuppliedEmail="new@example.org", ContactId=world.people.bob.id, Subject="Bob's")
    (match,) = await _found(world, email="new@example.org")
    assert (match.collection, match.key, match.account) == ("Case", f'["{case.id}"]', False)
    below = await collected(world.connector, (RecordRef(collection="Case", key=match.key),))
    assert {one.key for one in below} == {match.key, f'["{comment.id}"]'}


async def test_files_come_along(world: SalesforceWorld) -> None:
    records = await collected(world.connector, await roots(world))
    assert [(one.name, one.content) for record in records for one in record.files] == [("cv.pdf", CV)]


async def test_old_values_are_told(world: SalesforceWorld) -> None:
    records = await collected(world.connector, await roots(world))
    (ann,) = (one for one in records if one.key == f'["{world.people.ann.id}"]')
    assert "+45 12 34 56 78" in str(ann.data["History"])


async def test_of_what_is_shared_only_the_part_is_told(world: SalesforceWorld) -> None:
    records = await collected(world.connector, await roots(world))
    assert "Dear all" not in str([one.data for one in records])
    assert BOB not in str([one.data for one in records])


async def test_a_mail_is_not_hers_alone_where_an_address_is_nobodys_record(world: SalesforceWorld) -> None:
    """Carl is no contact: his relation leads nowhere. The company's own addresses, and hers, make no mail anybody's."""
    org, ann = world.org, world.people.ann
    org.add("OrgWideEmailAddress", Address="Help@firm.example", DisplayName="Help")

    def mail(text: str, *others: tuple[str, str], incoming: bool = False) -> None:
        one = org.add("EmailMessage", TextBody=text, Incoming=incoming)
        hers, theirs = ("FromAddress", "ToAddress") if incoming else ("ToAddress", "FromAddress")
        org.add("EmailMessageRelation", EmailMessageId=one.id, RelationId=ann.id, RelationType=hers)
        for kind, address in (*others, *([] if incoming else [(theirs, "sales@firm.example")])):
            org.add("EmailMessageRelation", EmailMessageId=one.id, RelationType=kind, RelationAddress=address)

    mail("To both", ("ToAddress", "carl@private.example"))
    mail("Copied", ("CcAddress", "carl@private.example"))
    mail("From her to both", ("ToAddress", "help@firm.example"), ("CcAddress", "carl@private.example"), incoming=True)
    mail("To her", ("CcAddress", "Ann@Home.example"))
    mail("From her", ("ToAddress", "help@firm.example"), ("CcAddress", "Ada@firm.example"), incoming=True)
    records = await collected(world.connector, await roots(world))
    assert [one.data["TextBody"] for one in records if one.collection == "EmailMessage"][2:] == ["To her", "From her"]
    assert len([one for one in records if one.collection == "EmailMessageRelation"]) == 1 + 3
    org.rights.no_read.add("OrgWideEmailAddress")
    blind = await collected(world.connector, await roots(world))
    assert "From her" not in str([one.data for one in blind]), "who reads along at help@ is not known then"


async def test_what_others_have_in_her_case_is_not_hers(world: SalesforceWorld) -> None:
    """Bob and Carl answer in it; whatever mailbox of the company's it came by makes an e-mail there nobody's."""
    org, case = world.org, world.people.case
    case.values["SuppliedEmail"] = "ann@work.example"
    theirs = in_her_case(world.org, world.people)
    for text, sender in (("By a mailbox", ANN), ("From work", "Ann@work.example"), ("Ada wrote", "ada@firm.example")):
        org.add("EmailMessage", ParentId=case.id, Incoming=True, FromAddress=sender, ToAddress="x@y.z", TextBody=text)
    about_bob = org.add("Task", WhatId=world.people.home.id, WhoId=world.people.bob.id, Subject="Of both")
    records = await collected(world.connector, await roots(world))
    assert not {one.key for one in records} & {f'["{one.id}"]' for one in theirs}
    texts = [one.data["TextBody"] for one in records if one.collection == "EmailMessage"]
    assert sorted(map(str, texts)) == ["Ada wrote", "By a mailbox", "Dear Ann", "From work", "I, Ann"]
    assert {one.key for one in records if one.referenced} == {
        f'["{one.id}"]' for one in (case, about_bob, world.people.referral)
    }


async def test_an_object_that_nobody_decided_stops_it_by_name(world: SalesforceWorld) -> None:
    """What an administrator adds is never passed over."""
    known = {name: how for name, how in collections().items() if name != "Loyalty_Card__c"}
    made = world.made(collections=known)
    with pytest.raises(Terminal, match=r"Loyalty_Card__c \(Holder__c\)"):
        await collected(made, await roots(world))
    ignoring = world.made(collections=known, ignored=["Loyalty_Card__c"])
    assert "Loyalty_Card__c" not in {one.collection for one in await collected(ignoring, await roots(world))}
    for one in (made, ignoring):
        await one.aclose()


async def test_an_object_that_is_hidden_stops_it_by_name(world: SalesforceWorld) -> None:
    found = await roots(world)
    world.org.rights.no_read.add("Task")
    with pytest.raises(Terminal, match="Task"):
        await collected(world.connector, found)
