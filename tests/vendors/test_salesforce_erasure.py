"""Salesforce's ways to be rid of records for good: SOAP, bulk jobs, Privacy Center; and its portability files."""

import csv
from datetime import timedelta
from io import StringIO

import httpx2

from tests.vendors.salesforce import Policy, Salesforce
from tests.vendors.test_salesforce_access import said
from tests.vendors.test_salesforce_query import ask


def soap(session: str, *ids: str) -> str:
    listed = "".join(f"<urn:ids>{one}</urn:ids>" for one in ids)
    session_header = f"<urn:SessionHeader><urn:sessionId>{session}</urn:sessionId></urn:SessionHeader>"
    head = f"<soapenv:Header>{session_header}</soapenv:Header>"
    body = f"<soapenv:Body><urn:emptyRecycleBin>{listed}</urn:emptyRecycleBin></soapenv:Body>"
    return f"<soapenv:Envelope>{head}{body}</soapenv:Envelope>"


async def test_the_recycle_bin_is_emptied_by_soap(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee, ray = (salesforce.add("Contact", LastName=name) for name in ("Lee", "Ray"))
    await sf.patch(f"/sobjects/Contact/{lee.id}", json={"LastName": "MASKED"})
    await sf.delete(f"/sobjects/Contact/{lee.id}")
    url = f"{salesforce.base_url}/services/Soap/u/67.0"
    session = salesforce.sessions.open()
    refused = await sf.post(url, content=soap("wrong", lee.id))
    assert (refused.status_code, "INVALID_SESSION_ID" in refused.text) == (500, True)
    done = await sf.post(url, content=soap(session, lee.id, ray.id))
    assert done.text.count("<success>true</success>") == 1
    assert "INVALID_ID_FIELD" in done.text
    assert "INVALID_ID_FIELD" in (await sf.post(url, content=soap(session, lee.id))).text, "it was emptied already"
    assert len(await ask(sf, "SELECT Id FROM Contact", "queryAll")) == 2
    salesforce.sessions.lasts = timedelta(days=9)
    salesforce.clock.advance(timedelta(hours=24))
    assert await ask(sf, "SELECT Id FROM ContactHistory", "queryAll") == []
    assert len(await ask(sf, "SELECT Id FROM Contact", "queryAll")) == 1
    assert "EXCEEDED_ID_LIMIT" in (await sf.post(url, content=soap(session))).text


async def test_field_history_is_deleted_by_soap_where_that_is_granted(
    salesforce: Salesforce, sf: httpx2.AsyncClient
) -> None:
    lee = salesforce.add("Contact", LastName="Lee")
    await sf.patch(f"/sobjects/Contact/{lee.id}", json={"LastName": "MASKED"})
    (one,) = salesforce.store.history(lee)
    url = f"{salesforce.base_url}/services/Soap/u/67.0"
    envelope = (
        soap(salesforce.sessions.open(), one.id).replace("emptyRecycleBin", "delete").replace("urn:ids", "urn:IDs")
    )
    salesforce.rights.permissions.discard("DeleteFromFieldHistory")
    assert "INSUFFICIENT_ACCESS_OR_READONLY" in (await sf.post(url, content=envelope)).text
    salesforce.rights.permissions.add("DeleteFromFieldHistory")
    assert "<success>true</success>" in (await sf.post(url, content=envelope)).text
    assert salesforce.store.history(lee) == []


async def test_bulk_jobs_delete_past_the_bin(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    lee, ray = (salesforce.add("Contact", LastName=name) for name in ("Lee", "Ray"))
    salesforce.add("Case", ContactId=ray.id)
    body = {"object": "Contact", "operation": "hardDelete", "contentType": "CSV", "lineEnding": "LF"}
    salesforce.rights.permissions.discard("BulkApiHardDelete")
    said(await sf.post("/jobs/ingest", json=body), 400, "FEATURENOTENABLED")
    salesforce.rights.permissions.add("BulkApiHardDelete")
    said(await sf.post("/jobs/ingest", json={**body, "object": "Dragon"}), 400, "INVALIDENTITY")
    said(await sf.post("/jobs/ingest", json={**body, "operation": "insert"}), 400, "INVALIDJOB")
    job = (await sf.post("/jobs/ingest", json=body)).json()
    assert (job["state"], job["operation"]) == ("Open", "hardDelete")
    path = f"/jobs/ingest/{job['id']}"
    as_csv = {"Content-Type": "text/csv"}
    said(
        await sf.put(f"{path}/batches", content="Id\n", headers={"Content-Type": "text/plain"}),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    )
    assert (await sf.put(f"{path}/batches", content=f"Id\n{lee.id}\n{ray.id}\n", headers=as_csv)).status_code == 201
    said(await sf.put(f"{path}/batches", content="Id\n", headers=as_csv), 400, "INVALIDJOBSTATE")
    assert (await sf.patch(path, json={"state": "UploadComplete"})).json()["state"] == "UploadComplete"
    said(await sf.patch(path, json={"state": "UploadComplete"}), 400, "INVALIDJOBSTATE")
    assert (await sf.get(path)).json()["state"] == "InProgress"
    assert not lee.values["IsDeleted"]
    salesforce.clock.advance(timedelta(seconds=30))
    done = (await sf.get(path)).json()
    assert (done["state"], done["numberRecordsProcessed"], done["numberRecordsFailed"]) == ("JobComplete", 2, 1)
    good = list(csv.DictReader(StringIO((await sf.get(f"{path}/successfulResults")).text)))
    bad = list(csv.DictReader(StringIO((await sf.get(f"{path}/failedResults")).text)))
    assert [one["sf__Id"] for one in good] == [lee.id]
    assert [one["sf__Error"].partition(":")[0] for one in bad] == ["DELETE_FAILED"]
    left = await ask(sf, "SELECT LastName FROM Contact", "queryAll")
    assert [one["LastName"] for one in left] == ["Ray"]
    said(await sf.get("/jobs/ingest/750Qy0000009999AAA"), 404, "NOT_FOUND")


async def test_requests_to_be_forgotten_wait_for_the_queue(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    salesforce.sessions.lasts = timedelta(days=9)
    mask = {"Contact": {"FirstName": None, "LastName": "Forgotten", "Email": None}}
    policy = salesforce.add_policy(Policy("Forget", "Contact", mask, ("CampaignMember",)))
    lee = salesforce.add("Contact", FirstName="Ann", LastName="Lee", Email="ann@example.org")
    await sf.patch(f"/sobjects/Contact/{lee.id}", json={"LastName": "Leigh"})
    member = salesforce.add("CampaignMember", ContactId=lee.id)
    wrong = salesforce.add("Lead", LastName="Ray", Company="Firm")
    requests = [
        (await sf.post("/sobjects/PrivacyRTBFRequest", json={"JobRecord": one.id, "PolicyNameId": policy.id})).json()[
            "id"
        ]
        for one in (lee, wrong)
    ]
    soql = "SELECT Id, Status FROM PrivacyRTBFRequest ORDER BY Id"
    assert [one["Status"] for one in await ask(sf, soql)] == [None, None]
    salesforce.clock.advance(timedelta(hours=24))
    assert [(one["Id"], one["Status"]) for one in await ask(sf, soql)] == [
        (requests[0], "Complete"),
        (requests[1], "Error"),
    ]
    assert (lee.values["Name"], lee.values["Email"]) == ("Forgotten", None)
    assert salesforce.store.history(lee) == []
    assert member.id not in salesforce.store.rows
    salesforce.rights.permissions.discard("ManagePrivacyCenterPolicies")
    said(await sf.get("/query", params={"q": soql}), 400, "INVALID_TYPE")


async def test_the_queue_runs_at_once_when_asked(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    policy = salesforce.add_policy(Policy("Delete", "Contact", delete=("Contact",)))
    lee, ray = (salesforce.add("Contact", LastName=name) for name in ("Lee", "Ray"))
    salesforce.add("Case", ContactId=ray.id)
    made = [
        salesforce.add("PrivacyRTBFRequest", JobRecord=one.id, PolicyNameId=policy.id, Status="Pending")
        for one in (lee, ray)
    ]
    salesforce.run_privacy_queue()
    assert [one.values["Status"] for one in made] == ["Complete", "Error"]
    said(await sf.get(f"/sobjects/Contact/{lee.id}"), 404, "NOT_FOUND")
    assert (await sf.get(f"/sobjects/Contact/{ray.id}")).status_code == 200


async def test_portability_makes_a_file(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    salesforce.sessions.lasts = timedelta(days=99)
    salesforce.add_policy(Policy("Copy", "Contact"))
    lee = salesforce.add("Contact", LastName="Lee", Email="ann@example.org")
    path, body = "/consent/dsr/rtp/execute", {"dataSubjectId": lee.id, "policyName": "Copy"}
    said(await sf.post(path, json={**body, "policyName": "None"}), 400, "INVALID_INPUT")
    said(await sf.post(path, json={**body, "dataSubjectId": "nobody"}), 400, "MALFORMED_ID")
    started = (await sf.post(path, json=body)).json()
    assert (started["status"], started["result"]["policyFileStatus"]) == ("SUCCESS", "In Progress")
    file_id, url = started["result"]["policyFileId"], started["result"]["policyFileUrl"]
    said(await sf.get(url), 404, "NOT_FOUND")
    salesforce.clock.advance(timedelta(minutes=5))
    shown = (await sf.get(path, params={"policyFileId": file_id})).json()["result"]
    assert shown["policyFileStatus"] == "Complete"
    assert (await sf.get(url)).json()["Email"] == "ann@example.org"
    salesforce.clock.advance(timedelta(days=60))
    said(await sf.get(url), 404, "NOT_FOUND")
    salesforce.rights.permissions -= {"PrivacyDataAccess", "ModifyAllData"}
    said(await sf.post(path, json=body), 403, "INSUFFICIENT_ACCESS")
