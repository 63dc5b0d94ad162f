"""Who may call HubSpot, how often, and what a call that is refused is told."""

from datetime import timedelta
from uuid import UUID

import httpx2

from tests.vendors.hubspot import TOKEN, Contact, HubSpot, Owner
from tests.vendors.hubspot.tokens import ALL_SCOPES

CONTACTS = "/crm/v3/objects/contacts"


def said(response: httpx2.Response, status: int, category: str) -> str:
    """The message of an error whose envelope is HubSpot's."""
    body = response.json()
    assert (response.status_code, body["status"], body["category"]) == (status, "error", category)
    assert UUID(body["correlationId"])
    return str(body["message"])


async def test_without_a_good_token_nothing_is_told(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    bare = await hub.get(CONTACTS, headers={"Authorization": ""})
    said(bare, 401, "INVALID_AUTHENTICATION")
    said(await hub.get(CONTACTS, headers={"Authorization": "Bearer pat-other"}), 401, "INVALID_AUTHENTICATION")
    assert (await hub.get(CONTACTS)).status_code == 200
    hubspot.revoke()
    said(await hub.get(CONTACTS), 401, "INVALID_AUTHENTICATION")


async def test_an_oauth_token_expires(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.tokens.issue("short", ALL_SCOPES, hubspot.clock.now() + timedelta(minutes=30))
    as_short = {"Authorization": "Bearer short"}
    assert (await hub.get(CONTACTS, headers=as_short)).status_code == 200
    hubspot.clock.advance(timedelta(minutes=35))
    message = said(await hub.get(CONTACTS, headers=as_short), 401, "EXPIRED_AUTHENTICATION")
    assert "expired 5 minute(s) ago" in message


async def test_a_missing_scope_is_named(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    contact = hubspot.add(Contact("ann@example.org"))
    hubspot.withdraw("crm.objects.contacts.write", "sales-email-read")
    gone = await hub.post(f"{CONTACTS}/gdpr-delete", json={"objectId": contact.id})
    said(gone, 403, "MISSING_SCOPES")
    assert gone.json()["errors"][0]["context"] == {"requiredGranularScopes": ["crm.objects.contacts.write"]}
    said(await hub.delete(f"{CONTACTS}/{contact.id}"), 403, "MISSING_SCOPES")
    mails = await hub.get("/crm/v3/objects/emails")
    assert mails.json()["errors"][0]["context"] == {"requiredScopes": ["sales-email-read"]}
    assert hubspot.crm.find(contact.kind, contact.id)


async def test_a_burst_is_limited_and_the_headers_count(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.clock.call_takes = timedelta(0)
    assert hubspot.burst.limit == 190
    hubspot.burst.limit = 3
    for left in (2, 1, 0):
        response = await hub.get("/account-info/v3/details")
        assert response.headers["x-hubspot-ratelimit-remaining"] == str(left)
    refused = await hub.get("/account-info/v3/details")
    said(refused, 429, "RATE_LIMITS")
    assert (refused.json()["errorType"], refused.json()["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")
    assert refused.headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
    assert "retry-after" not in refused.headers
    hubspot.clock.advance(timedelta(seconds=10))
    assert (await hub.get("/account-info/v3/details")).status_code == 200


async def test_the_day_has_a_limit(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.daily.limit = 1
    assert (await hub.get("/account-info/v3/details")).status_code == 200
    refused = await hub.get("/account-info/v3/details")
    assert (refused.status_code, refused.json()["policyName"]) == (429, "DAILY")
    assert refused.headers["x-hubspot-ratelimit-daily-remaining"] == "0"


async def test_five_searches_a_second(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.clock.call_takes = timedelta(0)
    for _ in range(5):
        response = await hub.post(f"{CONTACTS}/search", json={})
        assert response.status_code == 200
        assert "x-hubspot-ratelimit-remaining" not in response.headers
    refused = await hub.post("/crm/v3/objects/notes/search", json={})
    assert (refused.status_code, refused.json()["policyName"]) == (429, "SECONDLY")
    hubspot.clock.advance(timedelta(seconds=1))
    assert (await hub.post(f"{CONTACTS}/search", json={})).status_code == 200


async def test_the_token_tells_its_scopes(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.withdraw("tickets")
    info = await hub.post("/oauth/v2/private-apps/get/access-token-info", json={"tokenKey": TOKEN})
    assert info.json()["hubId"] == (await hub.get("/account-info/v3/details")).json()["portalId"]
    assert "crm.objects.contacts.read" in info.json()["scopes"]
    assert "tickets" not in info.json()["scopes"]
    unknown = await hub.post("/oauth/v2/private-apps/get/access-token-info", json={"tokenKey": "nobody's"})
    said(unknown, 404, "OBJECT_NOT_FOUND")
    usage = (await hub.get("/account-info/v3/api-usage/daily/private-apps")).json()["results"][0]
    assert usage["currentUsage"] == 4


async def test_staff_are_no_contacts(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.employ(Owner("ann@example.org", "Ann", "Agent", id=71, user_id=81))
    hubspot.employ(Owner("bo@example.org", "Bo", "Agent", id=72, user_id=82))
    owners = await hub.get("/crm/v3/owners", params={"email": "ANN@example.org"})
    assert [owner["id"] for owner in owners.json()["results"]] == ["71"]
    assert (await hub.get("/crm/v3/owners/81", params={"idProperty": "userId"})).json()["email"] == "ann@example.org"
    first = (await hub.get("/settings/v3/users", params={"limit": 1})).json()
    assert first["paging"]["next"]["after"] == "1"
    second = (await hub.get("/settings/v3/users", params={"limit": 1, "after": "1"})).json()
    assert [user["id"] for user in second["results"]] == ["82"]
    assert "paging" not in second
    user = await hub.get("/settings/v3/users/ann@example.org", params={"idProperty": "EMAIL"})
    assert user.json()["id"] == "81"
    said(await hub.get("/settings/v3/users", params={"limit": 101}), 400, "VALIDATION_ERROR")
    assert (await hub.delete("/settings/v3/users/81")).status_code == 204
    said(await hub.get("/settings/v3/users/81"), 404, "OBJECT_NOT_FOUND")


async def test_unknown_routes_and_methods(hub: httpx2.AsyncClient) -> None:
    said(await hub.get("/crm/v9/objects"), 404, "OBJECT_NOT_FOUND")
    said(await hub.put(CONTACTS), 405, "METHOD_NOT_ALLOWED")
    said(await hub.get("/crm/v3/objects/dragons"), 400, "VALIDATION_ERROR")
