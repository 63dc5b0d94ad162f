import ast
import json
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest
from pydantic import ValidationError

from activities.ledger import Bearer, Ledger
from habeas.access import Scope
from habeas.errors import HabeasError
from tests.api.conftest import Token
from tests.api.test_callers import NEEDS
from tests.office.world import World
from workers.api import PREFIX
from workers.api.problems import Problem, said_of, unspecific
from workers.desk import create_app
from workers.office import Office

CSV = {"content-type": "text/csv"}
PROBLEM = "application/problem+json"
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/requests/HB-0000-0000-0000", 404, "unknown_request"),
        ("GET", "/requests/not-one", 404, "unknown_request"),
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/requests", 405, "method_not_allowed"),
        ("GET", "/requests?limit=0", 422, "bad_input"),
        ("GET", "/requests?due_before=soon", 422, "bad_input"),
        ("GET", "/requests?order=due_on", 422, "bad_input"),
        ("GET", "/tasks?after=x", 422, "bad_input"),
    ],
)
async def test_every_error_is_a_problem(
    api: httpx2.AsyncClient, token: Token, method: str, path: str, status: int, code: str
) -> None:
    answer = await api.request(method, path, headers=await token("requests:read"))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["status"] == status
    assert answer.json()["remedy"]
    assert bool(answer.json()["errors"]) is (status == 422)


@pytest.mark.parametrize(
    ("content", "kind", "field"),
    [(b"", "application/json", "body"), (b"{no", "application/json", "body"), (b"[]", "application/json", "body")],
)
async def test_a_body_that_is_wrong_as_a_whole_is_named_so(
    api: httpx2.AsyncClient, token: Token, content: bytes, kind: str, field: str
) -> None:
    headers = await token("requests:open", key="k" * 8) | {"content-type": kind}
    answer = await api.post("/requests", content=content, headers=headers)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


async def test_what_the_wall_refuses_says_what_to_do(api: httpx2.AsyncClient) -> None:
    refused = [
        await api.get("/requests?waits_for=%00"),
        await api.get("/requests", headers={"host": "elsewhere.example"}),
        await api.post("/requests", headers={"sec-fetch-site": "cross-site"}),
        await api.post("/requests", headers={"content-length": "9" * 12}),
    ]
    assert [one.status_code for one in refused] == [400, 421, 403, 413]
    for one in refused:
        assert one.headers["content-type"] == PROBLEM
        assert Problem.model_validate_json(one.content).remedy


def _kinds(kind: type[HabeasError] = HabeasError) -> Iterator[type[HabeasError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


@pytest.mark.parametrize("kind", [HabeasError, *_kinds()], ids=lambda kind: kind.__name__)
def test_every_error_of_ours_says_what_to_do(kind: type[HabeasError]) -> None:
    error = kind.__new__(kind)
    HabeasError.__init__(error)  # some take words of their own
    for status in (404, 422, 503):
        said = Problem.model_validate_json(bytes(said_of(error, status).body))
        assert (bool(said.detail), bool(said.remedy), bool(said.errors)) == (True, True, status == 422)


@pytest.mark.parametrize("status", [one.value for one in HTTPStatus if one >= 400])
def test_every_status_says_what_to_do(status: int) -> None:
    assert Problem.model_validate_json(bytes(unspecific(status).body)).remedy


@pytest.mark.parametrize("empty", ["detail", "remedy"])
def test_no_problem_is_without_words(empty: str) -> None:
    said = {"type": "about:blank", "title": "Bad", "status": 422, "detail": "x", "code": "x", "remedy": "x"}
    assert Problem.model_validate(said)
    with pytest.raises(ValidationError):
        Problem.model_validate(said | {empty: ""})
    for wrong in ({"field": "", "message": "x"}, {"field": "x", "message": ""}):
        with pytest.raises(ValidationError):
            Problem.model_validate(said | {"errors": [wrong]})


def _raised() -> Iterator[tuple[str, ast.Call]]:
    named = {"BadInput", "UnknownRegime", "WrongCode"}
    for folder in ("habeas", "activities", "workers/office", "workers/api"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in named:
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def test_whatever_is_refused_names_its_field() -> None:
    """Where an input is refused: of everything that a call of the API can reach."""
    raised = list(_raised())
    assert len(raised) > 200
    assert [at for at, call in raised if not any(one.arg == "field" for one in call.keywords)] == []


async def test_a_wrong_field_is_named_and_what_was_sent_is_not_repeated(api: httpx2.AsyncClient, token: Token) -> None:
    headers = await token("requests:open", key="k" * 8)
    for asked, field in (
        ({"right": "canary", "emails": ["a@example.org"]}, "right"),
        ({"right": "access", "emails": "canary@example.org"}, "emails"),
        ({"right": "access", "emails": ["canary"]}, "email"),
        ({"right": "access", "canary": 1, "emails": ["a@example.org"]}, "canary"),
    ):
        answer = await api.post("/requests", json=asked, headers=headers)
        assert answer.status_code == 422
        assert field in [one["field"] for one in answer.json()["errors"]]
        assert field == "canary" or "canary" not in answer.text


async def test_text_and_days_that_cannot_be_written_down_are_named(api: httpx2.AsyncClient, token: Token) -> None:
    headers = await token("agent", key="k" * 8)
    asked = {"right": "access", "emails": ["a@example.org"]}
    said = {"reason": "x", "identifiers": [{"kind": "email", "value": "a@example.org"}]}
    half = "canary \ud800"
    for path, body, field in (
        ("/requests", asked | {"note": half}, "note"),
        ("/requests", asked | {"note": "canary \0"}, "note"),
        ("/requests", asked | {"emails": [half]}, "emails"),
        ("/requests", asked | {"identifiers": [f"n={half}"]}, "identifiers"),
        ("/requests", asked | {"received_at": "0001-01-01"}, "received_at"),
        ("/requests", asked | {"received_at": "9999-12-31T23:59:59-14:00"}, "received_at"),
        ("/requests/demands", asked | {"received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
        ("/requests/find", said | {"identifiers": [{"kind": "email", "value": half}]}, "identifiers"),
        ("/requests/find", said | {"reason": half}, "reason"),
    ):
        content = json.dumps(body)
        answer = await api.post(path, content=content, headers=headers | {"content-type": "application/json"})
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field]), path
        assert "canary" not in answer.text
    queue = await api.get("/requests?waits_for=%00", headers=headers)
    assert queue.status_code == 400
    csv = headers | {"content-type": "text/csv"}
    for rows, said_so in (
        ("right,emails,received_at\naccess,a@example.org,0001-01-01T00:00:00+14:00\n", "received_at"),
        (f"right,note\naccess,{'x' * 140_000}\n", "line 2"),
        ("right,right,emails\naccess,erasure,a@example.org\n", "twice: right"),
    ):
        answer = await api.post("/requests/import", content=rows, headers=csv)
        assert answer.status_code in {200, 422}
        assert said_so in answer.text
        assert "opened" not in answer.text or answer.json()["opened"] == []


async def test_a_write_needs_a_key(api: httpx2.AsyncClient, token: Token) -> None:
    answer = await api.post("/requests", json={"right": "access"}, headers=await token("requests:open"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].lower() == "idempotency-key"


async def test_an_act_that_is_not_possible_now_is_a_conflict(
    here: World, api: httpx2.AsyncClient, token: Token
) -> None:
    request_id = await here.open(here.person())
    headers = await token("officer", key="k" * 8)
    answer = await api.post(f"/requests/{request_id}/acts/approve", json={"reason": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_stage")
    assert answer.json()["remedy"]


@pytest.fixture
async def away(here: World) -> AsyncIterator[Office]:
    """The office while its ledger's database does not answer."""
    office = here.office
    ledger = Ledger.connect("postgresql://habeas:made-up@127.0.0.1:1/ledger", office.vault)
    yield Office(ledger, office._engine, office._policies, office._storage)
    await ledger.aclose()


async def test_while_the_ledger_is_away_every_call_says_when_to_come_again(
    away: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it goes away before the token is looked up or after."""
    bearer = Bearer("0" * 12, "Kim", frozenset(Scope), frozenset(away._policies))

    async def known(_: Office, __: str) -> Bearer:
        return bearer

    transport = httpx2.ASGITransport(create_app(away))
    headers = {"authorization": f"Bearer hbt_{'0' * 12}_{'A' * 43}", "idempotency-key": "k" * 8}
    person = {"right": "access", "emails": ["canary@example.org"]}
    rows = "right,emails\naccess,canary@example.org\n"
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://127.0.0.1{PREFIX}") as client:
        before = [await client.request(*route.split(" "), headers=headers) for route in NEEDS]
        monkeypatch.setattr(Office, "bearer", known)
        after = [
            await client.get("/requests", headers=headers),
            await client.get("/events", headers=headers),
            await client.get("/requests/HB-0000-0000-0000/timeline", headers=headers),
            await client.post("/requests", json=person, headers=headers),
            await client.post("/requests/import", content=rows, headers=headers | CSV),
            await client.post("/requests/HB-0000-0000-0000/acts/withdraw", json={"reason": "canary"}, headers=headers),
            await client.post("/requests/HB-0000-0000-0000/looks/plan", json={"reason": "canary"}, headers=headers),
        ]
    for one in [*before, *after]:
        assert (one.status_code, one.headers["content-type"], one.headers["retry-after"]) == (503, PROBLEM, "30")
        said = Problem.model_validate_json(one.content)
        assert (said.code, "under the same key" in said.remedy) == ("ledger_unavailable", True)
        assert not any(secret in one.text for secret in ("made-up", "canary"))
