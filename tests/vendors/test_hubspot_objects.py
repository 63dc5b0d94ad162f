"""HubSpot's objects: read, list, change, archive, associate, merge, erase."""

from datetime import timedelta

import httpx2
import pytest

from tests.vendors.hubspot import Contact, HubSpot, Thing
from tests.vendors.hubspot.merge import merge_contacts
from tests.vendors.hubspot.schema import Property
from tests.vendors.test_hubspot_access import CONTACTS, said


async def test_only_default_properties_come_unasked(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    contact = hubspot.add(Contact("ann@example.org", "Ann", "Lee", more={"phone": "+4712345678"}))
    plain = (await hub.get(f"{CONTACTS}/{contact.id}")).json()
    assert set(plain["properties"]) == {
        "createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"
    }  # fmt: skip
    asked = await hub.get(f"{CONTACTS}/{contact.id}", params={"properties": "phone,city,no_such_thing"})
    properties = asked.json()["properties"]
    assert (properties["phone"], properties["city"]) == ("+4712345678", None)
    assert "no_such_thing" not in properties
    assert asked.json()["archived"] is False


async def test_pages_of_a_list(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ids = [hubspot.add(Contact(f"person{number}@example.org")).id for number in range(23)]
    seen: list[str] = []
    after: str | None = None
    while True:
        page = (await hub.get(CONTACTS, params={"after": after} if after else {})).json()
        assert len(page["results"]) <= 10
        seen += [one["id"] for one in page["results"]]
        if "paging" not in page:
            break
        after = page["paging"]["next"]["after"]
    assert seen == ids
    for limit in ("0", "101", "many"):
        said(await hub.get(CONTACTS, params={"limit": limit}), 400, "VALIDATION_ERROR")
    said(await hub.get(CONTACTS, params={"after": "x"}), 400, "VALIDATION_ERROR")
    said(await hub.get(CONTACTS, params={"limit": 51, "propertiesWithHistory": "email"}), 400, "VALIDATION_ERROR")


async def test_an_archived_contact_is_kept_for_ninety_days(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    contact = hubspot.add(Contact("ann@example.org"))
    path = f"{CONTACTS}/{contact.id}"
    assert (await hub.delete(path)).status_code == 204
    said(await hub.get(path), 404, "OBJECT_NOT_FOUND")
    kept = (await hub.get(path, params={"archived": "true"})).json()
    assert kept["archived"] is True
    assert kept["archivedAt"]
    assert kept["properties"]["email"] == "ann@example.org"
    listed = (await hub.get(CONTACTS, params={"archived": "true"})).json()
    assert [one["id"] for one in listed["results"]] == [contact.id]
    said(await hub.get(CONTACTS, params={"archived": "perhaps"}), 400, "VALIDATION_ERROR")
    hubspot.clock.advance(timedelta(days=90))
    said(await hub.get(path, params={"archived": "true"}), 404, "OBJECT_NOT_FOUND")


async def test_what_is_overwritten_stays_in_the_history(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    contact = hubspot.add(Contact("ann@example.org", "Ann"))
    path = f"{CONTACTS}/{contact.id}"
    changed = await hub.patch(path, json={"properties": {"firstname": "MASKED", "email": ""}})
    assert changed.json()["properties"]["email"] is None
    read = await hub.get(path, params={"propertiesWithHistory": "firstname,email"})
    history = read.json()["propertiesWithHistory"]
    assert [version["value"] for version in history["firstname"]] == ["MASKED", "Ann"]
    assert [version["value"] for version in history["email"]] == ["", "ann@example.org"]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("no_such_thing", "x", "PROPERTY_DOESNT_EXIST"),
        ("hs_object_id", "1", "READ_ONLY_VALUE"),
        ("email", "not an address", "INVALID_EMAIL"),
        ("lifecyclestage", "dragon", "INVALID_OPTION"),
        ("newsletters", "weekly;dragons", "INVALID_OPTION"),
        ("signed_up_on", "yesterday", "INVALID_DATE"),
        ("signed_up_on", " 2026-01-01", "INVALID_VALUE"),
    ],
)
async def test_values_that_are_not_valid(
    hubspot: HubSpot, hub: httpx2.AsyncClient, name: str, value: str, code: str
) -> None:
    contact = hubspot.add(Contact("ann@example.org", "Ann"))
    refused = await hub.patch(f"{CONTACTS}/{contact.id}", json={"properties": {"firstname": "New", name: value}})
    assert said(refused, 400, "VALIDATION_ERROR").startswith("Property values were not valid: [")
    assert [(one["code"], one["context"]) for one in refused.json()["errors"]] == [(code, {"propertyName": [name]})]
    assert contact.properties["firstname"] == "Ann"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"properties": {"firstname": 5}},
        {"properties": ["firstname"]},
        {"properties": {}, "surprise": True},
    ],
)
async def test_bodies_of_another_shape(hubspot: HubSpot, hub: httpx2.AsyncClient, body: dict[str, object]) -> None:
    contact = hubspot.add(Contact("ann@example.org"))
    said(await hub.patch(f"{CONTACTS}/{contact.id}", json=body), 400, "VALIDATION_ERROR")


async def test_bodies_that_are_no_json(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    path = f"{CONTACTS}/{hubspot.add(Contact('ann@example.org')).id}"
    as_json = {"Content-Type": "application/json"}
    said(await hub.patch(path, content=b"{", headers=as_json), 400, "VALIDATION_ERROR")
    said(await hub.patch(path, data={"firstname": "x"}), 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_an_address_belongs_to_one_contact(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann = hubspot.add(Contact("ann@example.org", additional_emails=("a.lee@example.org",)))
    bo = hubspot.add(Contact("bo@example.org"))
    refused = await hub.patch(f"{CONTACTS}/{bo.id}", json={"properties": {"email": "A.Lee@example.org"}})
    assert said(refused, 409, "CONFLICT") == f"Contact already exists. Existing ID: {ann.id}"
    by_additional = await hub.get(f"{CONTACTS}/a.lee@example.org", params={"idProperty": "email"})
    assert by_additional.json()["id"] == ann.id
    said(await hub.get(f"{CONTACTS}/Lee", params={"idProperty": "lastname"}), 400, "VALIDATION_ERROR")


async def test_batch_read_says_what_it_did_not_find(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann, bo = hubspot.add(Contact("ann@example.org")), hubspot.add(Contact("bo@example.org"))
    path = f"{CONTACTS}/batch/read"
    body = {
        "properties": ["email"],
        "propertiesWithHistory": [],
        "inputs": [{"id": ann.id}, {"id": bo.id}, {"id": ann.id}],
    }
    whole = await hub.post(path, json=body)
    assert whole.status_code == 200
    assert whole.json()["status"] == "COMPLETE"
    assert [one["id"] for one in whole.json()["results"]] == [ann.id, bo.id]
    partial = await hub.post(path, json={**body, "inputs": [{"id": ann.id}, {"id": "999999"}]})
    assert (partial.status_code, partial.json()["numErrors"]) == (207, 1)
    assert partial.json()["errors"][0]["category"] == "OBJECT_NOT_FOUND"
    assert partial.json()["errors"][0]["context"] == {"ids": ["999999"]}
    by_email = await hub.post(path, json={**body, "idProperty": "email", "inputs": [{"id": "bo@example.org"}]})
    assert [one["id"] for one in by_email.json()["results"]] == [bo.id]
    too_many = [{"id": str(number)} for number in range(101)]
    said(await hub.post(path, json={**body, "inputs": too_many}), 400, "VALIDATION_ERROR")
    said(await hub.post(path, json={"inputs": []}), 400, "VALIDATION_ERROR")
    assert (await hub.post(f"{CONTACTS}/batch/archive", json={"inputs": [{"id": bo.id}]})).status_code == 204
    said(await hub.get(f"{CONTACTS}/{bo.id}"), 404, "OBJECT_NOT_FOUND")


async def test_associations_page_and_miss(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann, bo = hubspot.add(Contact("ann@example.org")), hubspot.add(Contact("bo@example.org"))
    notes = [hubspot.add(Thing("notes", {"hs_note_body": f"note {number}"}), ann).id for number in range(3)]
    path = f"/crm/v4/objects/contacts/{ann.id}/associations/notes"
    first = (await hub.get(path, params={"limit": 2})).json()
    assert [one["toObjectId"] for one in first["results"]] == notes[:2]
    assert first["results"][0]["associationTypes"][0] == {"category": "HUBSPOT_DEFINED", "typeId": 201}
    rest = (await hub.get(path, params={"limit": 2, "after": first["paging"]["next"]["after"]})).json()
    assert [one["toObjectId"] for one in rest["results"]] == notes[2:]
    said(await hub.get(path, params={"limit": 501}), 400, "VALIDATION_ERROR")
    back = await hub.get(f"/crm/v4/objects/0-46/{notes[0]}/associations/contact")
    assert [one["toObjectId"] for one in back.json()["results"]] == [ann.id]
    both = await hub.post(
        "/crm/v4/associations/contacts/notes/batch/read", json={"inputs": [{"id": ann.id}, {"id": bo.id}]}
    )
    assert both.status_code == 207
    assert [one["from"]["id"] for one in both.json()["results"]] == [ann.id]
    assert both.json()["errors"][0]["context"]["fromObjectId"] == [bo.id]
    read = (await hub.get(f"{CONTACTS}/{ann.id}", params={"associations": "notes,tickets,dragons"})).json()
    assert list(read["associations"]) == ["notes"]
    assert read["associations"]["notes"]["results"][0] == {"id": notes[0], "type": "contact_to_note"}


async def test_all_associations_of_two_records_go_at_once(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann, bo = hubspot.add(Contact("ann@example.org")), hubspot.add(Contact("bo@example.org"))
    deal = hubspot.add(Thing("deals", {"dealname": "Joint"}), ann, bo)
    hubspot.crm.link(ann, deal, "Decision maker")
    path = f"/crm/v4/objects/deals/{deal.id}/associations/contacts"
    for _ in range(2):
        assert (await hub.delete(f"{path}/{ann.id}")).status_code == 204
        assert [one["toObjectId"] for one in (await hub.get(path)).json()["results"]] == [bo.id]
    assert hubspot.crm.links(ann, deal.kind) == []
    hubspot.withdraw("crm.objects.deals.write")
    said(await hub.delete(f"{path}/{bo.id}"), 403, "MISSING_SCOPES")


async def test_a_merged_contact_has_a_new_id_and_answers_to_the_old_ones(
    hubspot: HubSpot, hub: httpx2.AsyncClient
) -> None:
    ann = hubspot.add(Contact("ann@example.org", "Ann"))
    double = hubspot.add(Contact("ann.lee@example.org", "Anne"))
    note = hubspot.add(Thing("notes", {"hs_note_body": "hello"}), double)
    body = {"primaryObjectId": ann.id, "objectIdToMerge": double.id}
    merged = (await hub.post(f"{CONTACTS}/merge", json=body)).json()
    assert merged["id"] not in (ann.id, double.id)
    names = "email,firstname,hs_additional_emails,hs_merged_object_ids"
    for old in (ann.id, double.id):
        read = (await hub.get(f"{CONTACTS}/{old}", params={"properties": names})).json()
        assert read["id"] == merged["id"]
    assert read["properties"]["email"] == "ann@example.org"
    assert read["properties"]["firstname"] == "Ann"
    assert read["properties"]["hs_additional_emails"] == "ann.lee@example.org"
    assert read["properties"]["hs_merged_object_ids"] == f"{ann.id};{double.id}"
    links = await hub.get(f"/crm/v4/objects/contacts/{merged['id']}/associations/notes")
    assert [one["toObjectId"] for one in links.json()["results"]] == [note.id]
    said(await hub.post(f"{CONTACTS}/merge", json={**body, "objectIdToMerge": ann.id}), 400, "VALIDATION_ERROR")


async def test_gdpr_delete_by_id_leaves_what_others_wrote(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann = hubspot.add(Contact("ann@example.org"))
    note = hubspot.add(Thing("notes", {"hs_note_body": "Ann Lee called"}), ann)
    body = {"objectId": ann.id}
    assert (await hub.post(f"{CONTACTS}/gdpr-delete", json=body)).status_code == 204
    for archived in ("false", "true"):
        said(await hub.get(f"{CONTACTS}/{ann.id}", params={"archived": archived}), 404, "OBJECT_NOT_FOUND")
    kept = await hub.get(f"/crm/v3/objects/notes/{note.id}", params={"properties": "hs_note_body"})
    assert kept.json()["properties"]["hs_note_body"] == "Ann Lee called"
    assert (await hub.get(f"/crm/v4/objects/notes/{note.id}/associations/contacts")).json()["results"] == []
    said(await hub.post(f"{CONTACTS}/gdpr-delete", json=body), 404, "OBJECT_NOT_FOUND")
    assert hubspot.crm.blocklist == set()


async def test_gdpr_delete_of_an_unknown_address_blocks_it(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann = hubspot.add(Contact("ann@example.org"))
    by_email = {"objectId": "ann@example.org", "idProperty": "email"}
    assert (await hub.post(f"{CONTACTS}/gdpr-delete", json=by_email)).status_code == 204
    assert hubspot.crm.find(ann.kind, ann.id) is None
    assert hubspot.crm.blocklist == set()
    assert (await hub.post(f"{CONTACTS}/gdpr-delete", json=by_email)).status_code == 204
    assert hubspot.crm.blocklist == {"ann@example.org"}
    said(await hub.post(f"{CONTACTS}/gdpr-delete", json={"objectId": 5}), 400, "VALIDATION_ERROR")
    other = {"objectId": "x", "idProperty": "phone"}
    said(await hub.post(f"{CONTACTS}/gdpr-delete", json=other), 400, "VALIDATION_ERROR")


async def test_the_properties_of_a_kind_sensitive_ones_apart(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.crm.schema.add("contacts", Property("shoe_size", "Shoe size", "number", custom=True))
    path = "/crm/v3/properties/contacts"
    defined = {one["name"]: one for one in (await hub.get(path)).json()["results"]}
    assert defined["shoe_size"]["type"] == "number"
    assert defined["hs_object_id"]["modificationMetadata"]["readOnlyValue"] is True
    assert defined["newsletters"]["fieldType"] == "checkbox"
    assert defined["lifecyclestage"]["options"][0]["value"] == "subscriber"
    assert "health_remark" not in defined
    hidden = await hub.get(path, params={"dataSensitivity": "sensitive"})
    assert [one["name"] for one in hidden.json()["results"]] == ["health_remark"]
    hubspot.withdraw("crm.objects.contacts.sensitive.read.v2")
    said(await hub.get(path, params={"dataSensitivity": "sensitive"}), 403, "MISSING_SCOPES")


async def test_seeds_are_checked_too(hubspot: HubSpot) -> None:
    with pytest.raises(ValueError, match="no_such_thing"):
        hubspot.add(Contact("ann@example.org", more={"no_such_thing": "x"}))
    with pytest.raises(ValueError, match="no such kind"):
        hubspot.add(Thing("dragons", {}))


async def test_merges_of_merges_keep_every_id(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    one, two, three = (hubspot.add(Contact(f"{name}@example.org")) for name in ("one", "two", "three"))
    first = merge_contacts(hubspot.crm, one, two)
    last = merge_contacts(hubspot.crm, first, three)
    for old in (one, two, three, first):
        assert (await hub.get(f"{CONTACTS}/{old.id}")).json()["id"] == last.id
    assert last.properties["hs_merged_object_ids"].split(";") == [one.id, two.id, first.id, three.id]
