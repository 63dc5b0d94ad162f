import secrets
from datetime import timedelta

import httpx2
import pytest

from habeas.access import ROLES, Role, Scope
from tests.api.conftest import Token
from tests.office.world import World
from workers.api import create_api
from workers.api.callers import Limits

NEEDS = {
    "GET /requests": "requests:read",
    "POST /requests": "requests:open",
    "POST /requests/import": "requests:open",
    "POST /requests/find": "personal:read",
    "GET /searches": "requests:read",
    "POST /requests/demands": "requests:open",
    "POST /requests/{request_id}/preview": "requests:read",
    "GET /requests/{request_id}": "requests:read",
    "GET /requests/{request_id}/timeline": "requests:read",
    "GET /requests/{request_id}/evidence": "requests:read",
    "POST /requests/{request_id}/looks/plan": "personal:read",
    "POST /requests/{request_id}/looks/match": "personal:read",
    "POST /requests/{request_id}/looks/error": "personal:read",
    "POST /requests/{request_id}/looks/messages": "personal:read",
    "POST /requests/{request_id}/looks/file": "personal:read",
    "POST /requests/{request_id}/looks/package": "personal:read",
    "POST /requests/{request_id}/looks/pack": "personal:read",
    "GET /requests/{request_id}/evidence/pack": "requests:read",
    "POST /requests/{request_id}/collected": "personal:read",
    "POST /requests/{request_id}/collected/file": "personal:read",
    "POST /requests/{request_id}/redactions/look": "personal:read",
    "POST /requests/{request_id}/redactions": "requests:decide",
    "POST /requests/{request_id}/redactions/{redaction}/put_back": "requests:decide",
    "POST /requests/{request_id}/acts/prove": "requests:work",
    "POST /requests/{request_id}/acts/attest": "requests:decide",
    "POST /requests/{request_id}/acts/resend_code": "requests:work",
    "POST /requests/{request_id}/acts/approve": "requests:approve",
    "POST /requests/{request_id}/acts/refuse": "requests:decide",
    "POST /requests/{request_id}/acts/exempt": "requests:decide",
    "POST /requests/{request_id}/acts/extend": "requests:work",
    "POST /requests/{request_id}/acts/pause": "requests:work",
    "POST /requests/{request_id}/acts/resume": "requests:work",
    "POST /requests/{request_id}/acts/ask": "requests:work",
    "POST /requests/{request_id}/acts/charge": "requests:decide",
    "POST /requests/{request_id}/acts/announce_delay": "requests:work",
    "POST /requests/{request_id}/acts/withdraw": "requests:work",
    "POST /requests/{request_id}/acts/retry_system": "requests:work",
    "POST /requests/{request_id}/acts/skip_system": "requests:decide",
    "POST /requests/{request_id}/acts/release": "requests:approve",
    "POST /requests/{request_id}/acts/add_identifier": "requests:work",
    "POST /requests/{request_id}/acts/decide_match": "requests:decide",
    "POST /requests/{request_id}/acts/contest": "requests:decide",
    "POST /requests/{request_id}/acts/lift_restriction": "holds:write",
    "POST /requests/{request_id}/acts/lifted_by_hand": "holds:write",
    "POST /systems/{system}/retry": "requests:work",
    "GET /tasks": "requests:read",
    "POST /tasks/{task_id}/look": "tasks:work",
    "POST /tasks/{task_id}/done": "tasks:work",
    "GET /holds": "requests:read",
    "POST /holds": "holds:write",
    "POST /holds/{hold_id}/lift": "holds:write",
    "GET /restrictions": "requests:read",
    "GET /requests/{request_id}/recipients": "requests:read",
    "POST /requests/{request_id}/recipients/{recipient}/acknowledge": "tasks:work",
    "GET /letters/to_hand_over": "requests:read",
    "POST /letters/{letter_id}/look": "personal:read",
    "POST /letters/{letter_id}/handed": "tasks:work",
    "POST /letters/bounces": "tasks:work",
    "GET /retention": "requests:read",
    "POST /retention/sweep": "retention:sweep",
    "POST /erasures/replay/look": "requests:approve",
    "POST /erasures/replay": "requests:approve",
    "POST /suppressions/ask": "suppression:ask",
    "GET /tokens": "tokens:write",
    "POST /tokens": "tokens:write",
    "DELETE /tokens/{token_id}": "tokens:write",
    "POST /sessions/end": "tokens:write",
    "GET /webhooks": "webhooks:write",
    "POST /webhooks": "webhooks:write",
    "DELETE /webhooks/{webhook_id}": "webhooks:write",
    "POST /webhooks/{webhook_id}/enable": "webhooks:write",
    "POST /webhooks/{webhook_id}/test": "webhooks:write",
    "GET /events": "requests:read",
    "GET /reports": "requests:read",
    "GET /reports/california/{year}": "requests:read",
    "GET /overview": "requests:read",
    "GET /forecast": "requests:read",
    "GET /systems": "requests:read",
    "GET /watch": "requests:read",
    "POST /requests/{request_id}/holder": "requests:work",
    "DELETE /requests/{request_id}/holder": "requests:work",
}
"""What each route takes; a route without a row fails."""


LOOKS = {
    "POST /requests/find",
    "POST /requests/demands",
    "POST /requests/{request_id}/preview",
    "POST /requests/{request_id}/looks/plan",
    "POST /requests/{request_id}/looks/match",
    "POST /requests/{request_id}/looks/error",
    "POST /requests/{request_id}/looks/messages",
    "POST /requests/{request_id}/looks/file",
    "POST /requests/{request_id}/looks/package",
    "POST /requests/{request_id}/looks/pack",
    "POST /requests/{request_id}/collected",
    "POST /requests/{request_id}/collected/file",
    "POST /requests/{request_id}/redactions/look",
    "POST /tasks/{task_id}/look",
    "POST /letters/{letter_id}/look",
    "POST /erasures/replay/look",
    "POST /suppressions/ask",
}
"""What changes nothing though it is posted: each look at personal data leaves a mark of its own."""


def _routes(here: World) -> set[str]:
    found = create_api(here.office).openapi()["paths"]
    return {f"{method.upper()} {path}" for path, item in found.items() for method in item}


def test_every_route_has_a_row(here: World) -> None:
    assert _routes(here) == set(NEEDS)


def test_every_write_takes_a_key(here: World) -> None:
    found = create_api(here.office).openapi()["paths"]
    keyed = {
        f"{method.upper()} {path}"
        for path, item in found.items()
        for method, route in item.items()
        if any(one["name"] == "Idempotency-Key" and one["required"] for one in route.get("parameters", ()))
    }
    assert keyed == {name for name in NEEDS if not name.startswith("GET ")} - LOOKS


async def test_what_was_done_under_a_key_is_answered_again_and_not_done_again(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    request_id = await here.open(here.person())
    path = f"/requests/{request_id}/holder"
    headers = await token("officer", key=secrets.token_hex(8))
    first = await api.post(path, json={}, headers=headers)
    assert (first.status_code, first.json()["held_by"]) == (200, "Kim")
    put_back = await api.delete(path, headers=headers)
    assert (put_back.status_code, put_back.json()["held_by"]) == (200, None)
    assert (await api.post(path, json={}, headers=headers)).json() == first.json()
    (entry,) = [
        one
        for one in (await api.get("/requests?limit=1000", headers=headers)).json()["items"]
        if one["id"] == request_id
    ]
    assert entry["held_by"] is None
    other = await api.post(path, json={"to": "Bo"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


@pytest.mark.parametrize("route", NEEDS)
async def test_who_has_every_other_scope_is_refused(api: httpx2.AsyncClient, token: Token, route: str) -> None:
    method, path = route.split(" ")
    for name in ("request_id", "task_id", "hold_id", "letter_id", "token_id", "webhook_id", "recipient", "system"):
        path = path.replace(f"{{{name}}}", "HB-7K2M-X4QT-90AB")
    others = [one.value for one in Scope if one != NEEDS[route]]
    nobody = await api.request(method, path)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    refused = await api.request(method, path, json={}, headers=await token(*others, key="k" * 8))
    assert refused.status_code == 403
    assert NEEDS[route] in refused.json()["detail"]


async def test_a_token_ends(here: World, api: httpx2.AsyncClient, token: Token) -> None:
    admin = await token("administrator", key="k" * 8)
    made = (
        await api.post(
            "/tokens", json={"account": "Bo", "title": "x", "scopes": ["requests:read"], "days": 2}, headers=admin
        )
    ).json()
    again = await api.post(
        "/tokens", json={"account": "Bo", "title": "x", "scopes": ["requests:read"], "days": 2}, headers=admin
    )
    assert (again.status_code, again.json()["code"]) == (409, "made_already")
    bo = {"authorization": f"Bearer {made['text']}"}
    assert (await api.get("/requests", headers=bo)).status_code == 200
    listed = await api.get("/tokens", headers=admin)
    assert made["text"] not in listed.text
    assert made["text"][-43:] not in listed.text
    now = here.office._now
    here.office._now = lambda: now() + timedelta(days=3)
    try:
        assert (await api.get("/requests", headers=bo)).status_code == 401
    finally:
        here.office._now = now
    assert (await api.get("/requests", headers=bo)).status_code == 200
    await api.delete(f"/tokens/{made['token']['id']}", headers=admin)
    assert (await api.get("/requests", headers=bo)).status_code == 401


@pytest.mark.parametrize("text", ["", "x", "hbt_000000000000_" + "A" * 43, "hbt_zz_A"])
async def test_what_is_no_token_opens_nothing(api: httpx2.AsyncClient, text: str) -> None:
    assert (await api.get("/requests", headers={"authorization": f"Bearer {text}"})).status_code == 401


async def test_half_a_token_opens_nothing(api: httpx2.AsyncClient, token: Token) -> None:
    right = (await token("agent"))["authorization"]
    other = (await token("agent"))["authorization"]
    mixed = right[:-43] + other[-43:]
    assert (await api.get("/requests", headers={"authorization": mixed})).status_code == 401


async def test_too_many_calls_wait(here: World, token: Token) -> None:
    app = create_api(here.office, Limits(per_minute=2, wrong_per_minute=2))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1") as client:
        headers = await token("agent")
        got = [await client.get("/requests", headers=headers) for _ in range(3)]
        assert [one.status_code for one in got] == [200, 200, 429]
        assert 1 <= int(got[-1].headers["retry-after"]) <= 60
        assert (await client.get("/requests", headers=await token("agent"))).status_code == 200
        guess = {"authorization": f"Bearer hbt_{secrets.token_hex(6)}_{'A' * 43}"}
        guesses = [await client.get("/requests", headers=guess) for _ in range(3)]
        assert [one.status_code for one in guesses] == [401, 401, 429]
        assert 1 <= int(guesses[-1].headers["retry-after"]) <= 60


async def test_who_guesses_shuts_nobody_out_who_comes_from_the_same_address(here: World, token: Token) -> None:
    app = create_api(here.office, Limits(wrong_per_minute=1))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1") as client:
        right = await token("agent")
        half = {"authorization": right["authorization"][:-43] + "A" * 43}
        unknown = {"authorization": f"Bearer hbt_{secrets.token_hex(6)}_{'A' * 43}"}
        assert (await client.get("/requests", headers=unknown)).status_code == 401
        refused = [await client.get("/requests", headers=one) for one in (unknown, half, {"authorization": "Bearer x"})]
        assert {(one.status_code, one.text) for one in refused} == {(429, refused[0].text)}
        assert (await client.get("/requests")).status_code == 401
        assert (await client.get("/requests", headers=right)).status_code == 200


def test_no_role_has_both_halves() -> None:
    for role in Role:
        assert not {Scope.TOKENS, Scope.PERSONAL_READ} <= ROLES[role]
    assert Scope.REQUESTS_APPROVE not in ROLES[Role.AGENT]
    assert frozenset().union(*ROLES.values()) == frozenset(Scope)
