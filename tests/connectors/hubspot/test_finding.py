"""HubSpot's searches run behind, match too much and come in pages; contacts are merged, binned, or staff's."""

import json
from dataclasses import replace
from urllib.parse import unquote

import pytest
from pydantic import JsonValue

from habeas.connector import Record, SystemPlan
from habeas.errors import Quarantine, Terminal, Transient
from habeas.outcomes import Done
from habeas.testing.steps import carried_out, collected, planned, roots
from tests.connectors.hubspot.people import ADA, ANN, ANN_OLD, BOB, NAMESAKE
from tests.connectors.hubspot.world import HubSpotWorld
from tests.connectors.store import ids
from tests.vendors.hubspot import Contact, Thing
from tests.vendors.hubspot.crm import Record as Stored
from tests.vendors.hubspot.merge import merge_contacts
from tests.vendors.hubspot.schema import Property
from tests.vendors.hubspot.seed import Owner
from tests.vendors.shared.faults import Answer


async def found(world: HubSpotWorld, **by: str) -> list[str]:
    matches = (await world.connector.locate(ids(**by))).matches
    return [json.loads(one.key)[0] for one in matches]


async def records(world: HubSpotWorld) -> dict[tuple[str, str], Record]:
    return {(one.collection, one.key): one for one in await collected(world.connector, await roots(world))}


async def test_texts_of_the_account_s_own_are_reviewed(world: HubSpotWorld) -> None:
    """Nothing says what its administrators made a property for; of an identifier the settings do."""
    world.account.crm.schema.add("notes", Property("overheard", "Overheard", custom=True))
    world.account.crm.set(world.people.things["notes"], {"overheard": "Her brother Carl is ill"})
    world.account.crm.set(world.people.ann, {"signed_up_on": "2026-01-01"})
    world.account.crm.set(world.people.things["emails"], {"hs_email_to_email": "ann@example.org;carl@private.example"})
    kinds = {one.name: one for one in world.connector.manifest.collections}
    texts = {one.collection: kinds[one.collection].texts(one) for one in (await records(world)).values()}
    assert texts["contacts"] == ("health_remark",)
    assert texts["notes"] == ("hs_note_body", "overheard")
    assert texts["companies"] == ()
    assert "hs_email_to_email" in texts["emails"]


async def test_a_new_contact_is_found_before_searches_know_it(world: HubSpotWorld) -> None:
    crm = world.account.crm
    now = world.account.clock.now()
    new = Stored(world.people.ann.kind, crm.new_id(), {"email": "cy@example.org"}, now, now)
    crm.add(new, at_once=False)
    assert await found(world, email="Cy@Example.org") == [new.id]


async def test_what_searches_still_show_and_is_gone_is_not_found(world: HubSpotWorld) -> None:
    world.account.crm.set(world.people.ann, {"customer_number": "C-9"})
    world.account.crm.remove(world.people.bob)
    assert await found(world, customer_number="C-1001") == await found(world, customer_number="C-2002") == []


async def test_a_search_that_matches_others_finds_only_who_bears_the_address(world: HubSpotWorld) -> None:
    like = world.account.add(Contact("x@example.org", additional_emails=("net@old.ann.example",)))
    assert await found(world, email=ANN_OLD) == [world.people.ann.id]
    assert await found(world, email="net@old.ann.example") == [like.id]


async def test_a_merged_contact_is_found_by_each_id_that_it_had(world: HubSpotWorld) -> None:
    world.connector = world.made(**{"identifiers": {"crm_id": "hs_object_id"}})
    ann, old = world.people.ann, world.account.add(Contact("a.arla@example.com", "Ann"))
    made = merge_contacts(world.account.crm, ann, old)
    for one in (ann.id, old.id, made.id):
        assert await found(world, crm_id=one) == [made.id]
    match = (await world.connector.locate(ids(email="a.arla@example.com"))).matches[0]
    told = {(one.kind, one.value) for one in match.yields}
    assert {("crm_id", ann.id), ("crm_id", old.id), ("crm_id", made.id), ("email", ANN), ("email", ANN_OLD)} <= told
    await world.connector.aclose()


async def test_a_contact_in_the_bin_is_found_and_read(world: HubSpotWorld) -> None:
    world.account.crm.archive(world.people.ann)
    read = await records(world)
    assert list(read) == [("contacts", f'["{world.people.ann.id}"]')]
    assert [(one.data["firstname"], one.data["archived"]) for one in read.values()] == [("Ann", True)]


async def test_too_many_stop_for_a_human(world: HubSpotWorld) -> None:
    for number in range(51):
        world.account.add(Contact(f"p{number}@example.org", more={"customer_number": "C-7"}))
    with pytest.raises(Quarantine, match="More than 50"):
        await world.connector.locate(ids(customer_number="C-7"))


async def test_staff_are_no_records_of_anybody(world: HubSpotWorld) -> None:
    assert await found(world, email=ADA.email) == []
    assert not [one for one in world.account.calls if "owners" in one.path or "/users" in one.path]


async def test_who_was_on_the_staff_counts_and_nobody_is_asked_for_by_name(world: HubSpotWorld) -> None:
    for number in range(501):  # more than a page
        world.account.employ(Owner(f"c{number}@shop.example", "C", "C", id=1000 + number, user_id=1000 + number))
    world.account.employ(replace(NAMESAKE, archived=True))
    assert [one.staff for one in (await world.connector.locate(ids(email=ANN_OLD))).matches] == [True]
    asked = [one for one in world.account.calls if "owners" in one.path]
    assert len(asked) == 3
    assert not [one for one in asked if "email" in one.query]


async def test_no_url_names_a_person(world: HubSpotWorld) -> None:
    await records(world)
    for change in world.changes:
        await world.connector.change(change, None)
    assert not [one for one in world.account.calls if "@" in unquote(f"{one.path}?{one.query}")]
    before = len(world.account.calls)
    world.account.withdraw("communication_preferences.statuses.batch.read")
    with pytest.raises(Terminal):
        await records(world)
    await world.connector.aclose()
    world.connector = world.made(addresses_in_urls="accept")
    await records(world)
    assert [one for one in world.account.calls[before:] if "@" in unquote(one.path)]


async def test_own_kinds_of_object_of_contacts_stop_it_by_name(world: HubSpotWorld) -> None:
    world.account.custom_objects = {"pets": ("contacts", "deals"), "machines": ("companies",)}
    with pytest.raises(Terminal, match="are not decided: pets\\."):
        await records(world)
    health = await world.connector.ping()
    assert (health.ok, health.fits) == (False, False)
    assert "pets" in health.detail
    assert "machines" not in health.detail
    for decided in ({"ignored": ["pets"]}, {"custom_objects": False}):
        connector = world.made(**decided)
        assert await collected(connector, await roots(world))
        assert (await connector.ping()).ok
        await connector.aclose()


async def test_every_property_comes_custom_and_sensitive_ones_too(world: HubSpotWorld) -> None:
    ann = (await records(world))["contacts", f'["{world.people.ann.id}"]']
    assert (ann.data["customer_number"], ann.data["health_remark"]) == ("C-1001", "Allergic")
    subscriptions = ann.data["subscriptions"]
    assert isinstance(subscriptions, list)
    assert len(subscriptions) == 4
    world.account.withdraw("crm.objects.contacts.sensitive.read.v2")
    with pytest.raises(Terminal):
        await records(world)


async def test_what_is_shared_is_read_and_is_not_theirs_alone(world: HubSpotWorld) -> None:
    deal, ann = world.people.shared["deals"], world.people.ann
    read = await records(world)
    assert read["shared", f'["deals", "{deal.id}", "{ann.id}"]'].data["dealname"] == "Joint order"
    assert ("deals", f'["{deal.id}"]') not in read


async def test_activities_of_their_deals_are_theirs_unless_they_are_others_too(world: HubSpotWorld) -> None:
    deal, joint = world.people.things["deals"], world.people.shared["deals"]
    own = world.account.add(Thing("notes", {"hs_note_body": "Paid"}), deal)
    bobs = world.account.add(Thing("notes", {"hs_note_body": "Bob knows"}), deal, world.people.bob)
    of_both = world.account.add(Thing("notes", {"hs_note_body": "Of both"}), joint)
    read = await records(world)
    assert [json.loads(one.key) for one in read["notes", f'["{own.id}"]'].parents] == [[deal.id]]
    assert not {("notes", f'["{one.id}"]') for one in (bobs, of_both)} & read.keys()


@pytest.mark.parametrize(
    ("direction", "sender", "recipient", "whose"),
    [
        ("INCOMING_EMAIL", "carl@private.example", "help@shop.example", "others"),
        ("INCOMING_EMAIL", ANN_OLD.upper(), "help@shop.example", "hers"),
        ("INCOMING_EMAIL", "carl@private.example", ANN, "others"),
        ("EMAIL", "help@shop.example", "carl@private.example", "others"),
        ("EMAIL", "help@shop.example", f"{ANN};carl@private.example", "hers"),
        ("FORWARDED_EMAIL", ADA.email, "71@bcc.eu1.hubspot.com", "hers"),
        (None, None, None, "hers"),
    ],
)
async def test_an_email_of_somebody_who_is_no_contact_is_not_theirs(
    world: HubSpotWorld, direction: str | None, sender: str | None, recipient: str | None, whose: str
) -> None:
    """On their ticket it is left out; what HubSpot associates with them is theirs as far as they share in it."""
    said = {"hs_email_direction": direction, "hs_email_from_email": sender, "hs_email_to_email": recipient}
    inside = world.account.add(Thing("emails", {"hs_email_subject": "Hello"}), world.people.things["tickets"])
    linked = world.account.add(Thing("emails", {"hs_email_subject": "Hello"}), world.people.ann)
    for mail in (inside, linked):
        world.account.crm.set(mail, {name: value for name, value in said.items() if value})
    read = await records(world)
    assert (("emails", f'["{inside.id}"]') in read) is (whose == "hers")
    assert (("emails", f'["{linked.id}"]') in read) is (whose == "hers")
    share = ("shared", f'["emails", "{linked.id}", "{world.people.ann.id}"]')
    assert (share in read) is (whose == "others")
    if whose == "others":
        await carried_out(world, await planned(world))
        crm = world.account.crm
        assert [crm.find(mail.kind, mail.id) for mail in (inside, linked)] == [inside, linked]
        assert crm.links(linked, world.people.ann.kind) == []


async def test_pages_of_associations_and_of_objects_are_read_to_the_end(world: HubSpotWorld) -> None:
    for number in range(620):
        world.account.add(Thing("notes", {"hs_note_body": f"Note {number}"}), world.people.ann)
    read = await records(world)
    assert len([one for one in read if one[0] == "notes"]) == 621


async def test_an_answer_for_some_only_is_not_taken_for_nothing(world: HubSpotWorld) -> None:
    broken = b'{"status":"COMPLETE","results":[],"numErrors":1,"errors":[{"category":"INTERNAL_ERROR"}]}'
    asked = await roots(world)
    world.account.faults.order(Answer(207, broken), path="*/contacts/notes/batch/read")
    with pytest.raises(Transient):
        await collected(world.connector, asked)


@pytest.mark.parametrize(
    ("policy", "wait"), [("SECONDLY", 1), ("TEN_SECONDLY_ROLLING", 10), ("DAILY", 3600), ("ANN", None)]
)
async def test_each_limit_is_waited_for_as_long_as_it_lasts(
    world: HubSpotWorld, policy: str, wait: float | None
) -> None:
    world.account.faults.order(Answer(429, json.dumps({"policyName": policy}).encode()))
    with pytest.raises(Transient) as raised:
        await world.connector.locate(world.person)
    assert raised.value.retry_after == wait
    assert "ANN" not in str(raised.value)


@pytest.mark.parametrize(("status", "headers", "wait"), [(423, {}, 2), (477, {"Retry-After": "7200"}, 7200)])
async def test_an_account_that_is_locked_or_moved_is_waited_for(
    world: HubSpotWorld, status: int, headers: dict[str, str], wait: float
) -> None:
    world.account.faults.order(Answer(status, b"{}", headers=headers))
    with pytest.raises(Transient) as raised:
        await world.connector.locate(world.person)
    assert raised.value.retry_after == wait


async def test_a_search_is_read_to_its_end_and_not_without_one(world: HubSpotWorld) -> None:
    for number in range(201):
        world.account.add(Contact(f"p{number}@example.org", more={"city": "Rome"}))
    rome: JsonValue = {"filters": [{"propertyName": "city", "operator": "EQ", "value": "Rome"}]}
    assert len(await world.connector._hub.search([rome], 1000)) == 201
    with pytest.raises(Quarantine):
        await world.connector._hub.search([rome], 200)


async def test_a_number_is_found_however_it_is_written(world: HubSpotWorld) -> None:
    ann, bob = world.people.ann, world.people.bob
    world.account.crm.set(bob, {"phone": "(415) 555-2671"})
    for written in ("+14155552671", "+1 (415) 555-2671", "001 415 555 2671", "+1-415.555/2671", "+1 4155 55 26 71"):
        world.account.crm.set(ann, {"phone": "", "mobilephone": written})
        await world.wait(10)  # until the index knows
        assert await found(world, phone="+1 415 555 2671") == [ann.id]
    located = await world.connector.locate(ids(email=BOB))
    assert "4155552671" in {one.value for one in located.matches[0].yields}, "of no country that is known"
    here = world.made(region="US")
    located = await here.locate(ids(phone="+1 415 555 2671"))
    assert [json.loads(one.key) for one in located.matches] == [[ann.id], [bob.id]]
    again = await here.locate(ids(phone="(415) 555-2671"))
    assert [one.key for one in again.matches] == [one.key for one in located.matches]
    plan = SystemPlan(system="crm", roots=(), identifiers=ids(phone="+1 415 555 2671"), objects=())
    second = await here.confirm(plan, None)
    assert isinstance(second, Done)
    assert [json.loads(one.key) for one in second.result] == [[ann.id], [bob.id]], (
        "the second look knows the country too"
    )
    await here.aclose()
