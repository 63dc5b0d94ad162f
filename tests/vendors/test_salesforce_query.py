"""Salesforce's queries: what is found, what is refused, and how it is paged."""

# ruff: noqa: S608  SOQL, for a server that has no database behind it

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.vendors.salesforce import Salesforce
from tests.vendors.salesforce.ids import long_form
from tests.vendors.test_salesforce_access import said


async def ask(sf: httpx2.AsyncClient, soql: str, resource: str = "query") -> list[dict[str, Any]]:
    response = await sf.get(f"/{resource}", params={"q": soql})
    assert response.status_code == 200, response.text
    assert response.json()["done"] is True
    return list(response.json()["records"])


async def names(sf: httpx2.AsyncClient, where: str) -> list[str]:
    return [one["LastName"] for one in await ask(sf, f"SELECT LastName FROM Contact WHERE {where} ORDER BY LastName")]


async def test_conditions(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    firm = salesforce.add("Account", Name="Firm")
    lee = salesforce.add("Contact", LastName="Lee", Email="Ann@example.org", AccountId=firm.id, Birthdate="1980-05-01")
    salesforce.add("Contact", LastName="O'Hara", Email="a_b@example.org", HasOptedOutOfEmail=True)
    salesforce.add("Contact", LastName="Ray", Email="axb@example.org")
    assert await names(sf, "Email = 'ann@EXAMPLE.org'") == ["Lee"]
    assert await names(sf, r"LastName = 'O\'Hara'") == ["O'Hara"]
    assert await names(sf, "Email LIKE 'a_b@%'") == ["O'Hara", "Ray"]
    assert await names(sf, r"Email LIKE 'a\_b@%'") == ["O'Hara"]
    assert await names(sf, r"Email = 'a\_b@example.org'") == ["O'Hara"]
    assert await names(sf, "LastName IN ('lee', 'ray')") == ["Lee", "Ray"]
    assert await names(sf, "LastName NOT IN ('Lee')") == ["O'Hara", "Ray"]
    assert await names(sf, "AccountId = null") == ["O'Hara", "Ray"]
    assert await names(sf, "Account.Name = 'Firm'") == ["Lee"]
    assert await names(sf, "HasOptedOutOfEmail = true") == ["O'Hara"]
    assert await names(sf, "Birthdate < 1990-01-01") == ["Lee"]
    assert await names(sf, "CreatedDate >= 2026-03-02T00:00:00Z") == ["Lee", "O'Hara", "Ray"]
    assert await names(sf, "NOT (LastName = 'Lee' OR LastName = 'Ray')") == ["O'Hara"]
    assert await names(sf, "(LastName = 'Lee' OR LastName = 'Ray') AND AccountId != null") == ["Lee"]
    assert await names(sf, f"Id = '{lee.id[:15]}'") == ["Lee"]
    last = await ask(sf, "select lastname from contact order by lastname desc limit 1 offset 1")
    assert [one["LastName"] for one in last] == ["O'Hara"]
    nulls = await ask(sf, "SELECT LastName FROM Contact ORDER BY Birthdate ASC NULLS LAST, LastName DESC")
    assert [one["LastName"] for one in nulls] == ["Lee", "Ray", "O'Hara"]
    counted = (await sf.get("/query", params={"q": "SELECT COUNT() FROM Contact"})).json()
    assert counted == {"totalSize": 3, "done": True, "records": []}


async def test_records_and_their_parents(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    firm = salesforce.add("Account", Name="Firm")
    lee = salesforce.add("Contact", FirstName="Ann", LastName="Lee", AccountId=firm.id)
    salesforce.add("Contact", LastName="Ray")
    first, second = await ask(sf, "SELECT Id, Name, Account.Name, Account.Owner.Name FROM Contact ORDER BY Name")
    assert first["attributes"] == {"type": "Contact", "url": f"/services/data/v67.0/sobjects/Contact/{lee.id}"}
    assert (first["Name"], first["Account"]["Name"], first["Account"]["Owner"]["Name"]) == (
        "Ann Lee",
        "Firm",
        "Integration",
    )
    assert second["Account"] is None
    assert "AccountId" not in first


@pytest.mark.parametrize(
    ("soql", "code", "part"),
    [
        ("", "MALFORMED_QUERY", "A query string has to be specified"),
        ("SELECT Id Contact", "MALFORMED_QUERY", "unexpected token: 'Contact'"),
        ("SELECT * FROM Contact", "MALFORMED_QUERY", "unexpected token: '*'"),
        ('SELECT Id FROM Contact WHERE LastName = "Lee"', "MALFORMED_QUERY", "unexpected token: '\"'"),
        ("SELECT Id FROM Contact WHERE LastName IS NULL", "MALFORMED_QUERY", "unexpected token: 'IS'"),
        ("SELECT Id FROM Contact WHERE LastName = 'a' AND Email = 'b' OR Phone = 'c'", "MALFORMED_QUERY", "'OR'"),
        ("SELECT Id, (SELECT Id FROM Cases) FROM Contact", "MALFORMED_QUERY", "unexpected token: '('"),
        ("SELECT Id FROM Contact WHERE LastName IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Contact LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'"),
        ("SELECT Id FROM Contact GROUP BY Id", "MALFORMED_QUERY", "unexpected token: 'GROUP'"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Shoe FROM Contact", "INVALID_FIELD", "No such column 'Shoe' on entity 'Contact'"),
        ("SELECT Id FROM Contact WHERE Shoe = 'x'", "INVALID_FIELD", "No such column 'Shoe'"),
        ("SELECT Id FROM Contact ORDER BY Shoe", "INVALID_FIELD", "No such column 'Shoe'"),
        ("SELECT Shoe.Name FROM Contact", "INVALID_FIELD", "Didn't understand relationship 'Shoe'"),
        ("SELECT Account.Shoe FROM Contact", "INVALID_FIELD", "No such column 'Shoe' on entity 'Account'"),
        ("SELECT Id FROM Dragon", "INVALID_TYPE", "sObject type 'Dragon' is not supported"),
        ("SELECT Id FROM Contact WHERE Description = 'x'", "INVALID_FIELD", "'Description' can not be filtered"),
        ("SELECT Id FROM ContactHistory WHERE OldValue = 'x'", "INVALID_FIELD", "'OldValue' can not be filtered"),
        ("SELECT Id FROM Contact WHERE LastName = 5", "INVALID_FIELD", "must be of type string and should be enclosed"),
        ("SELECT Id FROM Contact WHERE DoNotCall = 'true'", "INVALID_FIELD", "of type boolean and should not be"),
        ("SELECT Id FROM Contact WHERE CreatedDate > '2026-01-01'", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        ("SELECT Id FROM Contact WHERE Id = 'nobody'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nobody"),
        ("SELECT Id FROM Contact WHERE Id LIKE '003%'", "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id"),
        ("SELECT Id FROM ContentDocumentLink", "MALFORMED_QUERY", "requires a filter by a single Id"),
        ("SELECT Id FROM ContentDocumentLink WHERE ShareType = 'V'", "MALFORMED_QUERY", "requires a filter"),
    ],
)
async def test_queries_that_are_refused(
    salesforce: Salesforce, sf: httpx2.AsyncClient, soql: str, code: str, part: str
) -> None:
    assert part in said(await sf.get("/query", params={"q": soql}), 400, code)


async def test_the_place_of_a_mistake_is_shown(sf: httpx2.AsyncClient) -> None:
    message = said(await sf.get("/query", params={"q": "SELECT Id FROM Contact WHERE 5"}), 400, "MALFORMED_QUERY")
    assert message.splitlines()[2:] == [" " * 29 + "^", "ERROR at Row:1:Column:30", "unexpected token: '5'"]


async def test_a_long_query_is_no_uri(sf: httpx2.AsyncClient) -> None:
    many = ",".join(f"'{number:018d}'" for number in range(800))
    response = await sf.get("/query", params={"q": f"SELECT Id FROM Contact WHERE Id IN ({many})"})
    assert response.status_code == 414


async def test_what_the_user_does_not_see_is_not_there(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    salesforce.rights.hidden_fields.add(("Contact", "Phone"))
    salesforce.rights.no_read.add("Lead")
    said(await sf.get("/query", params={"q": "SELECT Phone FROM Contact"}), 400, "INVALID_FIELD")
    said(await sf.get("/query", params={"q": "SELECT Id FROM Lead"}), 400, "INVALID_TYPE")


async def test_batches(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    for number in range(450):
        salesforce.add("Contact", LastName=f"L{number:03d}")
    soql = {"q": "SELECT LastName FROM Contact"}
    whole = (await sf.get("/query", params=soql)).json()
    assert (whole["totalSize"], whole["done"], len(whole["records"])) == (450, True, 450)
    first = (await sf.get("/query", params=soql, headers={"Sforce-Query-Options": "batchSize=200"})).json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (450, False, 200)
    server = sf.base_url.copy_with(path="")
    second = (await sf.get(server.join(first["nextRecordsUrl"]))).json()
    third = (await sf.get(server.join(second["nextRecordsUrl"]))).json()
    assert (third["done"], "nextRecordsUrl" in third) == (True, False)
    seen = [one["LastName"] for one in first["records"] + second["records"] + third["records"]]
    assert seen == [f"L{number:03d}" for number in range(450)]
    for size in ("199", "2001", "many"):
        options = {"Sforce-Query-Options": f"batchSize={size}"}
        said(await sf.get("/query", params=soql, headers=options), 400, "INVALID_BATCH_SIZE")
    said(await sf.get("/query/01gQy0000000999AAA-200"), 400, "INVALID_QUERY_LOCATOR")
    salesforce.sessions.lasts = timedelta(days=9)
    salesforce.clock.advance(timedelta(days=2))
    said(await sf.get(server.join(first["nextRecordsUrl"])), 400, "INVALID_QUERY_LOCATOR")


async def test_query_all_sees_the_recycle_bin(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee, ray = (salesforce.add("Contact", LastName=name) for name in ("Lee", "Ray"))
    double = salesforce.add("Contact", LastName="Leigh")
    case = salesforce.add("Case", ContactId=double.id, Status="New")
    salesforce.merge(lee, double)
    await sf.delete(f"/sobjects/Contact/{ray.id}")
    soql = "SELECT LastName, IsDeleted, MasterRecordId FROM Contact ORDER BY LastName"
    assert [one["LastName"] for one in await ask(sf, soql)] == ["Lee"]
    rows = await ask(sf, soql, "queryAll")
    assert [(one["LastName"], one["IsDeleted"], one["MasterRecordId"]) for one in rows] == [
        ("Lee", False, None),
        ("Leigh", True, lee.id),
        ("Ray", True, None),
    ]
    assert case.values["ContactId"] == lee.id
    gone = await ask(sf, "SELECT LastName FROM Contact WHERE IsDeleted = true", "queryAll")
    assert len(gone) == 2
    salesforce.sessions.lasts = timedelta(days=99)
    salesforce.clock.advance(timedelta(days=15))
    assert [one["LastName"] for one in await ask(sf, soql, "queryAll")] == ["Lee"]


async def test_files_hang_on_records(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee = salesforce.add("Contact", LastName="Lee")
    document = salesforce.add_file("Passport", b"%PDF", lee)
    soql = f"SELECT ContentDocumentId, ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = '{lee.id}'"
    (link,) = await ask(sf, soql)
    assert (link["ContentDocumentId"], link["ContentDocument"]["Title"]) == (document.id, "Passport")
    where = f"WHERE ContentDocumentId = '{document.id}' AND IsLatest = true"
    (version,) = await ask(sf, f"SELECT Id, ContentSize, VersionData FROM ContentVersion {where}")
    assert version["ContentSize"] == 4
    content = await sf.get(sf.base_url.copy_with(path="").join(version["VersionData"]))
    assert content.content == b"%PDF"
    said(await sf.get(f"/sobjects/Contact/{lee.id}/VersionData"), 404, "NOT_FOUND")


def test_ids_of_fifteen_characters() -> None:
    assert long_form("001A0000006Vm9r") == "001A0000006Vm9rIAC"
    assert long_form("001A0000006Vm9rIAC") == "001A0000006Vm9rIAC"
    assert long_form("nobody") is None


async def test_several_calls_in_one(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee = salesforce.add("Contact", LastName="Lee")
    base = "/services/data/v67.0"
    query = {"method": "GET", "url": f"{base}/query?q=SELECT+Id+FROM+Contact", "referenceId": "all"}
    wrong = {"method": "GET", "url": f"{base}/query?q=SELECT", "referenceId": "wrong"}
    change = {"method": "PATCH", "url": f"{base}/sobjects/Contact/{lee.id}", "referenceId": "change"}
    used = salesforce.daily.used()
    answer = await sf.post("/composite", json={"compositeRequest": [query, wrong]})
    found, refused = answer.json()["compositeResponse"]
    assert (found["referenceId"], found["httpStatusCode"], found["body"]["totalSize"]) == ("all", 200, 1)
    assert (refused["httpStatusCode"], refused["body"][0]["errorCode"]) == (400, "MALFORMED_QUERY")
    assert salesforce.daily.used() == used + 1
    both = [{**change, "body": {"LastName": "Ray"}}, wrong]
    rolled_back = (await sf.post("/composite", json={"allOrNone": True, "compositeRequest": both})).json()
    assert rolled_back["compositeResponse"][0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert salesforce.store.rows[lee.id].values["LastName"] == "Lee"
    six = [{**query, "referenceId": f"q{number}"} for number in range(6)]
    said(await sf.post("/composite", json={"compositeRequest": six}), 400, "LIMIT_EXCEEDED")
    said(await sf.post("/composite", json={"compositeRequest": [query, query]}), 400, "INVALID_INPUT")
    elsewhere = {**query, "url": "https://other.example/services/data/v67.0/query?q=x"}
    said(await sf.post("/composite", json={"compositeRequest": [elsewhere]}), 400, "INVALID_INPUT")
