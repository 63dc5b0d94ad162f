"""Every list comes in pages, in an order that is asked for, and says which there are."""

from typing import Any

import httpx2

from activities.ledger.paging import Order
from habeas.access import Scope
from habeas.model import Stage
from tests.api.conftest import Token
from tests.office.world import World
from workers.api import create_api

TURN = {"sort", "limit", "cursor"}
NO_LIST = {
    "POST /requests/find": "the requests of one person, found by an identifier of theirs",
    "POST /suppressions/ask": "an answer to each identifier that was asked about",
}
OWN_ORDER = {"POST /requests/{request_id}/collected": "records in the order of the copy: it can only be read on"}


def _lists(here: World) -> dict[str, set[str]]:
    """What each route that answers with many takes: its query and the fields of its body."""
    document = create_api(here.office).openapi()
    schemas: dict[str, dict[str, Any]] = document["components"]["schemas"]

    def named(content: dict[str, Any]) -> dict[str, Any]:
        found = content.get("application/json", {}).get("schema", {}).get("$ref", "")
        return dict(schemas.get(found.rpartition("/")[2], {}).get("properties", {}))

    found = {}
    for path, item in document["paths"].items():
        for method, route in item.items():
            answer = named(route["responses"].get("200", {}).get("content", {}))
            if {"items", "next"} & answer.keys():
                asked = {one["name"] for one in route.get("parameters", ()) if one["in"] == "query"}
                asked |= set(named(route.get("requestBody", {}).get("content", {})))
                found[f"{method.upper()} {path}"] = asked
    return found


def test_every_list_takes_a_cursor_a_limit_and_a_sort(here: World) -> None:
    lists = _lists(here)
    assert len(lists) > 15
    assert NO_LIST.keys() | OWN_ORDER.keys() <= lists.keys()
    lacking = {name: TURN - asked for name, asked in lists.items() if name not in NO_LIST}
    assert {name: lacks for name, lacks in lacking.items() if lacks} == {name: {"sort"} for name in OWN_ORDER}


async def test_a_wrong_turn_is_refused_by_its_field_and_told_what_there_is(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    request_id = await here.open(here.person())
    headers = await token(*Scope)
    for name in _lists(here).keys() - NO_LIST.keys() - OWN_ORDER.keys():
        method, path = name.replace("{request_id}", request_id).split(" ")
        for field, wrong in (("sort", "nothing"), ("cursor", "nothing"), ("cursor", Order("n", n={"n": int}))):
            value = wrong if isinstance(wrong, str) else wrong.turn().cursor(ROW)
            said: dict[str, Any] = {"params" if method == "GET" else "json": {field: value}}
            if method == "POST":
                said["json"]["reason"] = "looks"
            answer = await api.request(method, path, headers=headers, **said)
            if name.endswith("/timeline") and not isinstance(wrong, str):
                continue  # it is one of its own
            assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field]), name
            assert answer.headers["content-type"] == "application/problem+json"
            assert field != "sort" or "one of " in answer.text


class ROW:
    n = 7


async def test_pages_put_together_are_the_list(here: World, api: httpx2.AsyncClient, token: Token) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    headers = await token(*Scope)
    for path, name in (
        ("/tokens?sort=-expires_at", "id"),
        (f"/requests/{request_id}/timeline?sort=n", "n"),
        ("/systems?sort=-system", "system"),
    ):
        whole = (await api.get(f"{path}&limit=1000", headers=headers)).json()
        seen: list[object] = []
        cursor: str | None = ""
        while cursor is not None:
            at = f"&cursor={cursor}" if cursor else ""
            page = (await api.get(f"{path}&limit=1{at}", headers=headers)).json()
            seen += [one[name] for one in page["items"]]
            cursor = page["next"]
        assert seen[: len(whole["items"])] == [one[name] for one in whole["items"]]  # more happened since
        assert len(seen) > 1
        assert whole["next"] is None


async def test_a_filter_for_what_there_is_not_is_refused_by_name(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    """On every route that narrows something down: an empty list would say that there is nothing of it."""
    headers, wrong = await token(*Scope), "nope"
    narrow = {"controller", "stage", "right", "outcome", "state", "waits_for", "held", "request_id"}
    tried = set()
    for path, item in create_api(here.office).openapi()["paths"].items():
        for one in item.get("get", {}).get("parameters", ()):
            if one["in"] != "query" or one["name"] not in narrow:
                continue
            needed = {"from": "2026-01-01", "to": "2026-01-31"} if path == "/reports" else {}
            answer = await api.get(
                path.replace("{year}", "2026"), params={**needed, one["name"]: wrong}, headers=headers
            )
            named = [each["field"] for each in answer.json()["errors"]]
            assert (answer.status_code, named) == (422, [one["name"]]), (path, answer.text)
            assert answer.json()["errors"][0]["message"]
            tried.add(one["name"])
    assert tried == narrow
    for known in ("crm", "habeas-storage"):
        assert (await api.get(f"/requests?waits_for={known}", headers=headers)).status_code == 200
