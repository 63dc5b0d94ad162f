"""Salesforce's records: read, change, delete, what keeps them, and what stays of them."""

# ruff: noqa: S608  SOQL, for a server that has no database behind it

import httpx2
import pytest

from tests.vendors.salesforce import Salesforce
from tests.vendors.test_salesforce_access import said
from tests.vendors.test_salesforce_query import ask


async def test_read(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee = salesforce.add("Contact", FirstName="Ann", LastName="Lee", Email="ann@example.org")
    whole = (await sf.get(f"/sobjects/Contact/{lee.id[:15]}")).json()
    assert (whole["Id"], whole["Name"], whole["Birthdate"], whole["IsDeleted"]) == (lee.id, "Ann Lee", None, False)
    some = (await sf.get(f"/sobjects/Contact/{lee.id}", params={"fields": "Email,lastname"})).json()
    assert set(some) == {"attributes", "Email", "LastName"}
    said(await sf.get(f"/sobjects/Contact/{lee.id}", params={"fields": "Shoe"}), 400, "INVALID_FIELD")
    said(await sf.get("/sobjects/Contact/003Qy0000009999AAA"), 404, "NOT_FOUND")
    assert "external ID" in said(await sf.get("/sobjects/Contact/ann@example.org"), 404, "NOT_FOUND")
    said(await sf.get(f"/sobjects/Lead/{lee.id}"), 404, "NOT_FOUND")
    said(await sf.get(f"/sobjects/Dragon/{lee.id}"), 404, "NOT_FOUND")


async def test_old_values_stay_in_the_history(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee = salesforce.add("Contact", FirstName="Ann", LastName="Lee", Email="ann@example.org", Title="Dr")
    changed = await sf.patch(
        f"/sobjects/Contact/{lee.id}", json={"FirstName": None, "LastName": "MASKED", "Email": None}
    )
    assert (changed.status_code, changed.content) == (204, b"")
    assert (lee.values["Name"], lee.values["Email"], lee.values["Title"]) == ("MASKED", None, "Dr")
    where = f"WHERE ContactId = '{lee.id}' ORDER BY Field"
    rows = await ask(sf, f"SELECT Field, OldValue, NewValue FROM ContactHistory {where}")
    assert [(one["Field"], one["OldValue"], one["NewValue"]) for one in rows] == [
        ("Email", "ann@example.org", None),
        ("Name", "Ann Lee", "MASKED"),
    ]
    history = salesforce.store.history(lee)[0]
    said(await sf.delete(f"/sobjects/ContactHistory/{history.id}"), 400, "INSUFFICIENT_ACCESS_OR_READONLY")


@pytest.mark.parametrize(
    ("changes", "code", "fields"),
    [
        ({"Shoe": "42"}, "INVALID_FIELD", []),
        ({"Id": "003Qy0000000001AAA"}, "INVALID_FIELD", []),
        ({"Name": "Ann"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"]),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["CreatedDate"]),
        ({"LastName": None}, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ({"LastName": "x" * 81}, "STRING_TOO_LONG", ["LastName"]),
        ({"Email": "nobody"}, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ({"LeadSource": "Dragon"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["LeadSource"]),
        ({"AccountId": "nobody"}, "MALFORMED_ID", ["AccountId"]),
        ({"AccountId": "001Qy0000009999AAA"}, "INVALID_CROSS_REFERENCE_KEY", []),
        ({"DoNotCall": None}, "REQUIRED_FIELD_MISSING", ["DoNotCall"]),
    ],
)
async def test_values_that_are_refused(
    salesforce: Salesforce, sf: httpx2.AsyncClient, changes: dict[str, object], code: str, fields: list[str]
) -> None:
    lee = salesforce.add("Contact", LastName="Lee")
    response = await sf.patch(f"/sobjects/Contact/{lee.id}", json={"FirstName": "New", **changes})
    said(response, 400, code)
    assert response.json()[0]["fields"] == fields
    assert lee.values["FirstName"] is None


@pytest.mark.parametrize(
    "changes", [{"LastName": 5}, {"DoNotCall": "true"}, {"LastName": True}, {"Birthdate": "1 May"}]
)
async def test_values_of_another_type(
    salesforce: Salesforce, sf: httpx2.AsyncClient, changes: dict[str, object]
) -> None:
    lee = salesforce.add("Contact", LastName="Lee")
    said(await sf.patch(f"/sobjects/Contact/{lee.id}", json=changes), 400, "JSON_PARSER_ERROR")
    said(await sf.patch(f"/sobjects/Contact/{lee.id}", json=[changes]), 400, "JSON_PARSER_ERROR")
    said(await sf.patch(f"/sobjects/Contact/{lee.id}", content=b"{"), 400, "JSON_PARSER_ERROR")


async def test_rights_to_change_and_delete(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee = salesforce.add("Contact", LastName="Lee")
    path = f"/sobjects/Contact/{lee.id}"
    salesforce.rights.read_only_fields.add(("Contact", "Phone"))
    said(await sf.patch(path, json={"Phone": "1"}), 400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    salesforce.rights.hidden_fields.add(("Contact", "Phone"))
    said(await sf.patch(path, json={"Phone": "1"}), 400, "INVALID_FIELD")
    salesforce.rights.no_edit.add("Contact")
    said(await sf.patch(path, json={"Title": "Dr"}), 403, "INSUFFICIENT_ACCESS_OR_READONLY")
    salesforce.rights.no_delete.add("Contact")
    said(await sf.delete(path), 403, "INSUFFICIENT_ACCESS_OR_READONLY")
    said(await sf.delete(f"/sobjects/User/{salesforce.user_id}"), 400, "INSUFFICIENT_ACCESS_OR_READONLY")
    sent = salesforce.add("EmailMessage", Status="3", TextBody="hello")
    said(
        await sf.patch(f"/sobjects/EmailMessage/{sent.id}", json={"TextBody": "x"}),
        403,
        "INSUFFICIENT_ACCESS_OR_READONLY",
    )


async def test_duplicate_rules_block(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee = salesforce.add("Contact", LastName="Lee", Email="ann@example.org")
    double = salesforce.add("Contact", LastName="Lee", Email="ANN@example.org")
    body = {"LastName": "Ray", "Email": "Ann@example.org"}
    assert (
        said(await sf.post("/sobjects/Contact", json=body), 400, "DUPLICATES_DETECTED") == "Use one of these records?"
    )
    said(
        await sf.patch(f"/sobjects/Contact/{double.id}", json={"Email": "ann@example.org"}), 400, "DUPLICATES_DETECTED"
    )
    header = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    made = await sf.post("/sobjects/Contact", json=body, headers=header)
    assert (made.status_code, made.json()["success"], made.json()["errors"]) == (201, True, [])
    assert (await sf.patch(f"/sobjects/Contact/{lee.id}", json={"Title": "Dr"})).status_code == 204
    said(await sf.post("/sobjects/Contact", json={"FirstName": "Ann"}), 400, "REQUIRED_FIELD_MISSING")
    said(await sf.post("/sobjects/ContactHistory", json={}), 400, "INVALID_TYPE_FOR_OPERATION")


async def test_cases_keep_a_contact(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    firm = salesforce.add("Account", Name="Firm")
    lee = salesforce.add("Contact", LastName="Lee", AccountId=firm.id)
    member = salesforce.add("CampaignMember", ContactId=lee.id)
    task = salesforce.add("Task", WhoId=lee.id, Subject="Call Ann Lee")
    case = salesforce.add("Case", ContactId=lee.id, Status="Closed")
    mail = salesforce.add("EmailMessage", ParentId=case.id, FromAddress="ann@example.org", TextBody="I am Ann")
    for path in (f"/sobjects/Contact/{lee.id}", f"/sobjects/Account/{firm.id}"):
        message = said(await sf.delete(path), 400, "DELETE_FAILED")
        assert f"associated with the following cases.: {case.values['CaseNumber']}" in message
    assert not lee.values["IsDeleted"]
    assert (await sf.delete(f"/sobjects/Case/{case.id}")).status_code == 204
    assert mail.deleted_at
    assert (await sf.delete(f"/sobjects/Contact/{lee.id}")).status_code == 204
    assert member.deleted_at
    assert task.deleted_at
    said(await sf.delete(f"/sobjects/Contact/{lee.id}"), 404, "ENTITY_IS_DELETED")
    said(await sf.patch(f"/sobjects/Contact/{lee.id}", json={"Title": "x"}), 404, "ENTITY_IS_DELETED")
    assert (await sf.delete(f"/sobjects/Account/{firm.id}")).status_code == 204


async def test_won_opportunities_keep_an_account(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    firm = salesforce.add("Account", Name="Firm")
    salesforce.add("Opportunity", Name="Big", AccountId=firm.id, StageName="Closed Won")
    assert "closed won" in said(await sf.delete(f"/sobjects/Account/{firm.id}"), 400, "DELETE_FAILED")
    assert firm.deleted_at is None


async def test_a_deleted_individual_is_forgotten_by_its_contacts(
    salesforce: Salesforce, sf: httpx2.AsyncClient
) -> None:
    person = salesforce.add("Individual", LastName="Lee")
    lee = salesforce.add("Contact", LastName="Lee", IndividualId=person.id)
    flags = {"ShouldForget": True, "HasOptedOutProcessing": True}
    assert (await sf.patch(f"/sobjects/Individual/{person.id}", json=flags)).status_code == 204
    (read,) = await ask(sf, "SELECT Individual.ShouldForget, Individual.HasOptedOutTracking FROM Contact")
    assert (read["Individual"]["ShouldForget"], read["Individual"]["HasOptedOutTracking"]) == (True, False)
    assert (await sf.patch(f"/sobjects/Contact/{lee.id}", json={"HasOptedOutOfEmail": True})).status_code == 204
    await sf.delete(f"/sobjects/Individual/{person.id}")
    assert lee.values["IndividualId"] is None


async def test_a_person_account_has_a_contact_behind_it(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    account = salesforce.add_person_account(FirstName="Ann", LastName="Lee", PersonEmail="ann@example.org")
    shadow = salesforce.store.rows[account.values["PersonContactId"]]
    (found,) = await ask(sf, "SELECT Id, IsPersonAccount, AccountId FROM Contact WHERE Email = 'ann@example.org'")
    assert (found["Id"], found["IsPersonAccount"], found["AccountId"]) == (shadow.id, True, account.id)
    said(await sf.delete(f"/sobjects/Contact/{shadow.id}"), 400, "DELETE_FAILED")
    said(await sf.patch(f"/sobjects/Contact/{shadow.id}", json={"Title": "x"}), 403, "INSUFFICIENT_ACCESS_OR_READONLY")
    path = f"/sobjects/Account/{account.id}"
    said(await sf.patch(path, json={"Name": "x"}), 400, "INVALID_FIELD_FOR_INSERT_UPDATE")
    await sf.patch(path, json={"PersonEmail": "new@example.org", "LastName": "Ray"})
    assert (shadow.values["Email"], shadow.values["Name"], account.values["Name"]) == (
        "new@example.org",
        "Ann Ray",
        "Ann Ray",
    )
    assert (await sf.delete(path)).status_code == 204
    assert shadow.deleted_at


async def test_collections_delete(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee, ray, kim = (salesforce.add("Contact", LastName=name) for name in ("Lee", "Ray", "Kim"))
    salesforce.add("Case", ContactId=ray.id)
    path = "/composite/sobjects"
    atomic = {"ids": f"{lee.id},{ray.id}", "allOrNone": "true"}
    none = (await sf.delete(path, params=atomic)).json()
    assert [one["errors"][0]["statusCode"] for one in none] == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "DELETE_FAILED"]
    left = await ask(sf, "SELECT LastName FROM Contact ORDER BY LastName")
    assert [one["LastName"] for one in left] == ["Kim", "Lee", "Ray"]
    given = f"{lee.id},{ray.id},nobody,003Qy0000009999AAA,{lee.id}"
    some = await sf.delete(path, params={"ids": given})
    assert some.status_code == 200
    assert some.json()[0] == {"id": lee.id, "success": True, "errors": []}
    codes = [one["errors"][0]["statusCode"] for one in some.json()[1:]]
    assert codes == ["DELETE_FAILED", "MALFORMED_ID", "INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED"]
    said(await sf.delete(path, params={"ids": ",".join([kim.id] * 201)}), 400, "EXCEEDED_ID_LIMIT")
    said(await sf.delete(path), 400, "INVALID_INPUT")


async def test_collections_read_and_write(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee, ray = (salesforce.add("Contact", LastName=name) for name in ("Lee", "Ray"))
    body = {"ids": [ray.id, "003Qy0000009999AAA", lee.id], "fields": ["LastName"]}
    read = (await sf.post("/composite/sobjects/Contact", json=body)).json()
    assert [one and one["LastName"] for one in read] == ["Ray", None, "Lee"]
    said(await sf.post("/composite/sobjects/Contact", json={**body, "fields": ["Shoe"]}), 400, "INVALID_FIELD")
    said(await sf.post("/composite/sobjects/Contact", json={"ids": [lee.id]}), 400, "JSON_PARSER_ERROR")
    said(await sf.post("/composite/sobjects/Contact", json={**body, "ids": [lee.id] * 2001}), 400, "EXCEEDED_ID_LIMIT")
    typed: dict[str, object] = {"attributes": {"type": "Contact"}}
    records: list[dict[str, object]] = [
        {**typed, "id": lee.id, "Title": "Dr"},
        {**typed, "id": ray.id, "Shoe": "42"},
        {"id": ray.id},
    ]
    done = (await sf.patch("/composite/sobjects", json={"records": records})).json()
    assert [one["success"] for one in done] == [True, False, False]
    assert [one["errors"][0]["statusCode"] for one in done[1:]] == ["INVALID_FIELD", "INVALID_TYPE"]
    await sf.patch(
        "/composite/sobjects", json={"allOrNone": True, "records": [{**records[0], "Title": "Sir"}, records[1]]}
    )
    assert salesforce.store.rows[lee.id].values["Title"] == "Dr"
