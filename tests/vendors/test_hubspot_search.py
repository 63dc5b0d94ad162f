"""HubSpot's searches: what they match, what they refuse, and how late they are."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from tests.vendors.hubspot import Contact, HubSpot, Thing
from tests.vendors.hubspot.merge import merge_contacts
from tests.vendors.test_hubspot_access import CONTACTS, said

SEARCH = f"{CONTACTS}/search"


def where(name: str, operator: str, value: str | int | None = None, **more: object) -> dict[str, object]:
    one = {"propertyName": name, "operator": operator, **({} if value is None else {"value": value}), **more}
    return {"filterGroups": [{"filters": [one]}]}


async def found(hub: httpx2.AsyncClient, body: dict[str, object], kind: str = "contacts") -> list[str]:
    response = await hub.post(f"/crm/v3/objects/{kind}/search", json=body)
    assert response.status_code == 200, response.text
    return [one["id"] for one in response.json()["results"]]


async def test_what_filters_let_through(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann = hubspot.add(Contact("ann@example.org", "Ann", additional_emails=("a.lee@mail.example", "ann@old.example")))
    bo = hubspot.add(Contact("bo@example.org", "Bo", more={"newsletters": "weekly;offers"}))
    nameless = hubspot.add(Contact("who@example.org"))
    assert await found(hub, where("email", "EQ", "ANN@example.org")) == [ann.id]
    assert await found(hub, where("hs_additional_emails", "EQ", "ann@old.example")) == [ann.id]
    assert await found(hub, where("hs_additional_emails", "CONTAINS_TOKEN", "a.lee@mail.example")) == [ann.id]
    assert await found(hub, where("email", "IN", values=["ann@example.org", "bo@example.org"])) == [ann.id, bo.id]
    assert await found(hub, where("firstname", "IN", values=["Ann"])) == []
    assert await found(hub, where("firstname", "IN", values=["ann"])) == [ann.id]
    assert await found(hub, where("firstname", "NOT_IN", values=["ann"])) == [bo.id]
    assert await found(hub, where("firstname", "NEQ", "Ann")) == [bo.id]
    assert await found(hub, where("firstname", "NOT_HAS_PROPERTY")) == [nameless.id]
    assert await found(hub, where("newsletters", "EQ", "offers")) == [bo.id]
    assert await found(hub, where("hs_object_id", "GT", ann.id)) == [bo.id, nameless.id]
    assert await found(hub, where("hs_object_id", "BETWEEN", ann.id, highValue=bo.id)) == [ann.id, bo.id]
    assert await found(hub, where("email", "CONTAINS_TOKEN", "exam*")) == [ann.id, bo.id, nameless.id]
    assert await found(hub, {"query": "ann"}) == [ann.id]
    either = {
        "filterGroups": [
            {"filters": [{"propertyName": "firstname", "operator": "EQ", "value": name}]} for name in ("Ann", "Bo")
        ],
        "sorts": [{"propertyName": "firstname", "direction": "DESCENDING"}],
    }
    assert await found(hub, either) == [bo.id, ann.id]


async def test_free_text_finds_others_who_mention_the_person(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann = hubspot.add(Contact("ann@example.org", "Ann"))
    sister = hubspot.add(Contact("eva@example.org", "Eva", more={"company": "Ann & Eva Ltd"}))
    assert await found(hub, {"query": "ann"}) == [ann.id, sister.id]
    about = hubspot.add(Thing("notes", {"hs_note_body": "Eva asked about ann@example.org"}), sister)
    assert await found(hub, {"query": "ann@example.org"}, "notes") == [about.id]


async def test_the_index_lags_both_ways(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    hubspot.clock.call_takes = timedelta(0)
    ann = hubspot.add(Contact("ann@example.org"))
    await hub.patch(f"{CONTACTS}/{ann.id}", json={"properties": {"email": "new@example.org"}})
    assert await found(hub, where("email", "EQ", "new@example.org")) == []
    assert await found(hub, where("email", "EQ", "ann@example.org")) == [ann.id]
    hubspot.clock.advance(timedelta(seconds=5))
    assert await found(hub, where("email", "EQ", "new@example.org")) == [ann.id]
    await hub.post(f"{CONTACTS}/gdpr-delete", json={"objectId": ann.id})
    assert await found(hub, where("email", "EQ", "new@example.org")) == [ann.id]
    assert (await hub.get(f"{CONTACTS}/{ann.id}")).status_code == 404
    hubspot.clock.advance(timedelta(seconds=5))
    assert await found(hub, where("email", "EQ", "new@example.org")) == []


async def test_archived_and_merged_ones_are_not_found_for_long(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ann, double = hubspot.add(Contact("ann@example.org")), hubspot.add(Contact("a@example.org"))
    bo = hubspot.add(Contact("bo@example.org"))
    merged = merge_contacts(hubspot.crm, ann, double)
    await hub.delete(f"{CONTACTS}/{bo.id}")
    hubspot.clock.advance(timedelta(seconds=5))
    assert await found(hub, {}) == [merged.id]
    assert await found(hub, where("hs_merged_object_ids", "EQ", double.id)) == [merged.id]


async def test_pages_end_at_ten_thousand(hubspot: HubSpot, hub: httpx2.AsyncClient) -> None:
    ids = [hubspot.add(Contact(f"p{number}@example.org")).id for number in range(12)]
    first = (await hub.post(SEARCH, json={})).json()
    assert (first["total"], len(first["results"])) == (12, 10)
    assert first["paging"] == {"next": {"after": "10"}}
    second = (await hub.post(SEARCH, json={"after": "10"})).json()
    assert [one["id"] for one in second["results"]] == ids[10:]
    assert "paging" not in second
    assert (await hub.post(SEARCH, json={"after": "9800", "limit": 200})).status_code == 200
    said(await hub.post(SEARCH, json={"after": "9801", "limit": 200}), 400, "VALIDATION_ERROR")


def _bad_bodies() -> Iterator[Any]:
    one = {"propertyName": "email", "operator": "EQ", "value": "x"}
    yield "an unknown field", {"surprise": 1}
    yield "a limit in words", {"limit": "10"}
    yield "a page too large", {"limit": 201}
    yield "an empty page", {"limit": 0}
    yield "a cursor that is a number", {"after": 10}
    yield "a cursor of its own", {"after": "x"}
    yield "six groups", {"filterGroups": [{"filters": [one]}] * 6}
    yield "seven filters", {"filterGroups": [{"filters": [one] * 7}]}
    yield "nineteen filters", {"filterGroups": [{"filters": [one] * 6}] * 3 + [{"filters": [one]}]}
    yield "a group without filters", {"filterGroups": [{"filters": []}]}
    yield "filters without a group", {"filters": [one]}
    yield "an unknown property", where("no_such_thing", "EQ", "x")
    yield "an unknown operator", where("email", "LIKE", "x")
    yield "IN without values", where("email", "IN", "x")
    yield "EQ without a value", where("email", "EQ")
    yield "a value where none belongs", where("email", "HAS_PROPERTY", "x")
    yield "half of a range", where("hs_object_id", "BETWEEN", "1")
    yield "a number as value", where("hs_object_id", "EQ", 5)
    yield "two sort rules", {"sorts": ["email", "firstname"]}
    yield "an unknown sort property", {"sorts": ["no_such_thing"]}
    yield "a long query", {"query": "x" * 3001}


@pytest.mark.parametrize("body", [pytest.param(body, id=name) for name, body in _bad_bodies()])
async def test_searches_that_are_refused(hubspot: HubSpot, hub: httpx2.AsyncClient, body: dict[str, object]) -> None:
    hubspot.add(Contact("ann@example.org"))
    said(await hub.post(SEARCH, json=body), 400, "VALIDATION_ERROR")


async def test_the_limits_themselves_are_allowed(hub: httpx2.AsyncClient) -> None:
    one = {"propertyName": "email", "operator": "EQ", "value": "x"}
    groups = [{"filters": [one] * 6}] * 2 + [{"filters": [one] * 2}] * 3
    body = {"filterGroups": groups, "limit": 200, "query": "x" * 3000, "sorts": ["-email"], "properties": ["nothing"]}
    assert await found(hub, body) == []
