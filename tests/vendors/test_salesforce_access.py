"""Who may call Salesforce, how often, and what the org says of itself."""

import json
from base64 import urlsafe_b64encode
from datetime import timedelta

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from tests.vendors.salesforce import Salesforce
from tests.vendors.salesforce.oauth import AUDIENCE, JWT_BEARER


def said(response: httpx2.Response, status: int, code: str) -> str:
    """The message of an error whose envelope is Salesforce's."""
    body = response.json()
    assert (response.status_code, [one["errorCode"] for one in body]) == (status, [code]), response.text
    return str(body[0]["message"])


def refused(response: httpx2.Response, error: str, description: str) -> None:
    """A 400 of the token endpoint."""
    assert response.status_code == 400
    assert response.json() == {"error": error, "error_description": description}


async def grant(salesforce: Salesforce, **form: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=salesforce.base_url) as client:
        return await client.post("/services/oauth2/token", data=form)


async def with_secret(salesforce: Salesforce, **other: str) -> httpx2.Response:
    app = salesforce.sessions.app
    form = {"grant_type": "client_credentials", "client_id": app.client_id, "client_secret": app.client_secret}
    return await grant(salesforce, **{**form, **other})


def signed(key: RSAPrivateKey, claims: dict[str, object], algorithm: str = "RS256") -> str:
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": algorithm}, claims)]
    signature = key.sign(b".".join(parts), PKCS1v15(), SHA256())
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


async def test_client_credentials(salesforce: Salesforce) -> None:
    opened = (await with_secret(salesforce)).json()
    assert (opened["token_type"], opened["instance_url"], opened["scope"]) == ("Bearer", salesforce.base_url, "api")
    assert "expires_in" not in opened
    bearer = {"Authorization": f"Bearer {opened['access_token']}"}
    async with httpx2.AsyncClient(base_url=opened["instance_url"], headers=bearer) as client:
        assert (await client.get("/services/data/v67.0/limits")).status_code == 200
        salesforce.clock.advance(timedelta(hours=2))
        message = said(await client.get("/services/data/v67.0/limits"), 401, "INVALID_SESSION_ID")
        assert message == "Session expired or invalid"
    refused(await with_secret(salesforce, client_id="x"), "invalid_client_id", "client identifier invalid")
    refused(await with_secret(salesforce, client_secret="x"), "invalid_client", "invalid client credentials")
    refused(await grant(salesforce, grant_type="password"), "unsupported_grant_type", "grant type not supported")
    salesforce.sessions.app.run_as_user = False
    refused(await with_secret(salesforce), "invalid_grant", "no client credentials user enabled")


async def test_jwt_bearer(salesforce: Salesforce) -> None:
    key, other = (generate_private_key(65537, 2048) for _ in range(2))
    app, now = salesforce.sessions.app, salesforce.clock.now().timestamp()
    app.certificate = key.public_key()
    claims: dict[str, object] = {"iss": app.client_id, "sub": app.username, "aud": AUDIENCE, "exp": now + 120}

    async def with_claims(**changes: object) -> httpx2.Response:
        return await grant(salesforce, grant_type=JWT_BEARER, assertion=signed(key, {**claims, **changes}))

    assert (await with_claims()).json()["access_token"]
    refused(await with_claims(iss="x"), "invalid_client_id", "client identifier invalid")
    refused(await with_claims(aud="https://elsewhere.example"), "invalid_grant", "audience is invalid")
    refused(await with_claims(exp=now - 1), "invalid_grant", "expired authorization code")
    refused(await with_claims(exp=now + 3600), "invalid_grant", "expired authorization code")
    refused(await with_claims(sub="x@org.example"), "invalid_grant", "user hasn't approved this consumer")
    for assertion in (signed(other, claims), signed(key, claims, "none"), "no assertion"):
        refused(
            await grant(salesforce, grant_type=JWT_BEARER, assertion=assertion), "invalid_grant", "invalid assertion"
        )
    app.approved = False
    refused(await with_claims(), "invalid_grant", "user hasn't approved this consumer")


async def test_sessions_without_the_api(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    salesforce.rights.permissions.discard("ApiEnabled")
    said(await sf.get("/limits"), 403, "API_DISABLED_FOR_ORG")
    salesforce.rights.permissions.add("ApiEnabled")
    salesforce.sessions.app.scopes = frozenset({"openid"})
    other = {"Authorization": f"Bearer {salesforce.sessions.open()}"}
    message = said(await sf.get("/limits", headers=other), 401, "INVALID_SESSION_ID")
    assert message == "This session is not valid for use with the REST API"
    salesforce.revoke()
    said(await sf.get("/limits"), 401, "INVALID_SESSION_ID")
    refused(await with_secret(salesforce), "invalid_client_id", "client identifier invalid")


async def test_the_day_has_a_limit_and_every_answer_tells(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    assert salesforce.daily.limit == 15_000
    salesforce.daily.limit = 2
    first = await sf.get("/limits")
    assert first.headers["sforce-limit-info"] == "api-usage=1/2"
    assert first.json()["DailyApiRequests"] == {"Max": 2, "Remaining": 1}
    await sf.get("/limits")
    refused_ = await sf.get("/limits")
    assert said(refused_, 403, "REQUEST_LIMIT_EXCEEDED") == "TotalRequests Limit exceeded."
    assert refused_.headers["sforce-limit-info"] == "api-usage=2/2"
    salesforce.clock.advance(timedelta(hours=24))
    salesforce.sessions.lasts = timedelta(days=2)
    assert (await sf.get("/limits")).status_code == 200
    salesforce.faults.order(salesforce.rate_limited())
    said(await sf.get("/limits"), 403, "REQUEST_LIMIT_EXCEEDED")


async def test_versions(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    async with httpx2.AsyncClient(base_url=salesforce.base_url) as nobody:
        listed = (await nobody.get("/services/data/")).json()
        assert listed[-1] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}
        said(await nobody.get("/services/data/v67.0/sobjects"), 401, "INVALID_SESSION_ID")
    assert (await sf.get("/")).json()["sobjects"] == "/services/data/v67.0/sobjects"
    old = sf.base_url.copy_with(path="/services/data/v20.0/limits")
    said(await sf.get(old), 404, "NOT_FOUND")
    said(await sf.get("/dragons"), 404, "NOT_FOUND")
    assert "Allowed are GET" in said(await sf.put("/limits"), 405, "METHOD_NOT_ALLOWED")


async def test_describe_shows_what_the_user_sees(salesforce: Salesforce, sf: httpx2.AsyncClient) -> None:
    names = [one["name"] for one in (await sf.get("/sobjects")).json()["sobjects"]]
    assert {"Contact", "Lead", "Individual", "ContactHistory", "PrivacyRTBFRequest"} <= set(names)
    contact = (await sf.get("/sobjects/contact/describe")).json()
    fields = {one["name"]: one for one in contact["fields"]}
    last = fields["LastName"]
    assert (last["type"], last["length"], last["nillable"], last["updateable"]) == ("string", 80, False, True)
    assert (fields["Email"]["type"], fields["Email"]["length"]) == ("email", 80)
    assert (fields["Name"]["updateable"], fields["Name"]["createable"]) == (False, False)
    assert fields["Description"]["filterable"] is False
    assert (fields["AccountId"]["referenceTo"], fields["AccountId"]["relationshipName"]) == (["Account"], "Account")
    assert fields["Customer_Number__c"]["custom"] is True
    assert [one["value"] for one in fields["LeadSource"]["picklistValues"]][0:1] == ["Web"]
    children = {(one["childSObject"], one["field"]): one for one in contact["childRelationships"]}
    assert children["Case", "ContactId"]["restrictedDelete"] is True
    assert children["CampaignMember", "ContactId"]["cascadeDelete"] is True
    salesforce.rights.hidden_fields.add(("Contact", "Phone"))
    salesforce.rights.read_only_fields.add(("Contact", "Email"))
    salesforce.rights.no_read.add("Lead")
    salesforce.rights.no_delete.add("Contact")
    salesforce.rights.permissions.discard("ManagePrivacyCenterPolicies")
    again = (await sf.get("/sobjects/Contact/describe")).json()
    fields = {one["name"]: one for one in again["fields"]}
    assert "Phone" not in fields
    assert fields["Email"]["updateable"] is False
    assert again["deletable"] is False
    for gone in ("Lead", "PrivacyRTBFRequest", "Dragon__c"):
        said(await sf.get(f"/sobjects/{gone}/describe"), 404, "NOT_FOUND")


async def test_seeds_are_checked_too(salesforce: Salesforce) -> None:
    with pytest.raises(ValueError, match="Shoe"):
        salesforce.add("Contact", LastName="Lee", Shoe="42")
