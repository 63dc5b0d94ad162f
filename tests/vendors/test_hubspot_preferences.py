"""HubSpot's subscription preferences, versions 3 and 4."""

import httpx2

from tests.vendors.hubspot import HubSpot
from tests.vendors.test_hubspot_access import said

V3 = "/communication-preferences/v3"
V4 = "/communication-preferences/v4"
CHANNEL = {"channel": "EMAIL"}


async def test_version_3_subscribes_and_unsubscribes_once(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.preferences.choose("ann@example.org", 1, "SUBSCRIBED", basis="CONSENT_WITH_NOTICE", why="a form")
    before = (await hub.get(f"{V3}/status/email/ann@example.org")).json()
    assert before["recipient"] == "ann@example.org"
    assert [one["status"] for one in before["subscriptionStatuses"]] == ["SUBSCRIBED", "NOT_SUBSCRIBED"]
    assert before["subscriptionStatuses"][0]["legalBasis"] == "CONSENT_WITH_NOTICE"
    body = {"emailAddress": "ann@example.org", "subscriptionId": "1"}
    assert (await hub.post(f"{V3}/unsubscribe", json=body)).json()["status"] == "NOT_SUBSCRIBED"
    said(await hub.post(f"{V3}/unsubscribe", json=body), 400, "VALIDATION_ERROR")
    said(await hub.post(f"{V3}/unsubscribe", json={**body, "subscriptionId": "99"}), 400, "VALIDATION_ERROR")
    said(await hub.post(f"{V3}/unsubscribe", json={**body, "subscriptionId": 1}), 400, "VALIDATION_ERROR")
    assert len((await hub.get(f"{V3}/definitions")).json()["subscriptionDefinitions"]) == 2


async def test_version_4_needs_a_channel(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    said(await hub.get(f"{V4}/statuses/ann@example.org"), 400, "VALIDATION_ERROR")
    said(await hub.post(f"{V4}/statuses/ann@example.org/unsubscribe-all"), 400, "VALIDATION_ERROR")
    read = (await hub.get(f"{V4}/statuses/ann@example.org", params=CHANNEL)).json()
    assert [one["status"] for one in read["results"]] == ["NOT_SPECIFIED", "NOT_SPECIFIED"]
    body = {"channel": "EMAIL", "statusState": "SUBSCRIBED", "subscriptionId": 1}
    written = (await hub.post(f"{V4}/statuses/ann@example.org", json=body)).json()
    assert written["results"][0]["setStatusSuccessReason"] == "REQUESTED_CHANGE_OCCURRED"
    again = (await hub.post(f"{V4}/statuses/ann@example.org", json=body)).json()
    assert again["results"][0]["setStatusSuccessReason"] == "NO_STATUS_CHANGE"
    said(await hub.post(f"{V4}/statuses/ann@example.org", json={**body, "statusState": "YES"}), 400, "VALIDATION_ERROR")


async def test_opting_out_of_everything_may_be_repeated(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.preferences.choose("ann@example.org", 1, "SUBSCRIBED")
    path = f"{V4}/statuses/ann@example.org/unsubscribe-all"
    assert (await hub.get(path, params=CHANNEL)).json()["results"] == []
    quiet = await hub.post(path, params=CHANNEL)
    assert (quiet.status_code, quiet.json()["results"]) == (200, [])
    loud = await hub.post(path, params={**CHANNEL, "verbose": "true"})
    assert {one["status"] for one in loud.json()["results"]} == {"UNSUBSCRIBED"}
    wide = (await hub.get(path, params=CHANNEL)).json()["results"]
    assert [(one["wideStatusType"], one["status"]) for one in wide] == [("PORTAL_WIDE", "UNSUBSCRIBED")]
    old = (await hub.get(f"{V3}/status/email/ann@example.org")).json()["subscriptionStatuses"]
    assert {(one["status"], one["sourceOfStatus"]) for one in old} == {("NOT_SUBSCRIBED", "PORTAL_WIDE_STATUS")}
    body = {"emailAddress": "ann@example.org", "subscriptionId": "1"}
    said(await hub.post(f"{V3}/subscribe", json=body), 400, "VALIDATION_ERROR")


async def test_preferences_have_scopes_of_their_own(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.withdraw("communication_preferences.read_write", "communication_preferences.write")
    assert (await hub.get(f"{V4}/definitions")).status_code == 200
    said(await hub.post(f"{V4}/statuses/ann@example.org/unsubscribe-all", params=CHANNEL), 403, "MISSING_SCOPES")


async def test_batches_take_addresses_in_the_body(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    both = {"inputs": ["ann@example.org", "bob@example.org"]}
    batch = f"{V4}/statuses/batch"
    said(await hub.post(f"{batch}/read", json=both), 400, "VALIDATION_ERROR")
    said(await hub.post(f"{batch}/read", params=CHANNEL, json={"inputs": ["x"] * 101}), 400, "VALIDATION_ERROR")
    written = {"subscriberIdString": "ann@example.org", "subscriptionId": 1, "statusState": "UNSUBSCRIBED", **CHANNEL}
    assert (await hub.post(f"{batch}/write", json={"inputs": [written]})).status_code == 200
    read = (await hub.post(f"{batch}/read", params=CHANNEL, json=both)).json()["results"]
    assert [[one["status"] for one in each["statuses"]] for each in read] == [
        ["UNSUBSCRIBED", "NOT_SPECIFIED"],
        ["NOT_SPECIFIED", "NOT_SPECIFIED"],
    ]
    assert (await hub.post(f"{batch}/unsubscribe-all", params=CHANNEL, json={"inputs": both["inputs"][1:]})).is_success
    wide = (await hub.post(f"{batch}/unsubscribe-all/read", params=CHANNEL, json=both)).json()["results"]
    assert [[one["status"] for one in each["wideStatuses"]] for each in wide] == [[], ["UNSUBSCRIBED"]]
    hubspot.withdraw("communication_preferences.statuses.batch.read")
    said(await hub.post(f"{batch}/read", params=CHANNEL, json=both), 403, "MISSING_SCOPES")
