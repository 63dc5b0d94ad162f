"""An answer that leaves something out is none: that nothing is held, or in the way, is said."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from activities.connectors.http import HttpConnector
from habeas.connector import Located, Match, Page, Record, RecordRef, Restrict, SystemPlan, Veto
from habeas.errors import Quarantine
from habeas.outcomes import Awaiting, Done, Drifted, Fate, ObjectOutcome, Pending
from habeas.wire import Signer, Vetoes
from habeas.wire.said import must_say
from tests.connectors.http_protocol.test_http import SECRET, load, wired
from tests.connectors.memory_world import MemoryWorld
from tests.connectors.serving import served

ANN = RecordRef(collection="accounts", key="[1]")
PLAN = SystemPlan(system="orders", roots=(ANN,), identifiers=MemoryWorld.person, objects=())
CHANGE = Restrict(objects=(ANN,))
DONE = Done(result=(ObjectOutcome(collection="accounts", key="[1]", fate=Fate.ERASED),))
LATER = (Pending(handle="job", poll_after=1), Awaiting(handle="job", give_up_after=1))
FOUND = Located(matches=(Match(collection="accounts", key="[1]", found_by=MemoryWorld.person),))
PAGE = Page(records=(Record.of("accounts", "[1]", {"city": "Aarhus"}),), cursor=None)

Ask = Callable[[HttpConnector], Awaitable[object]]
CALLS: dict[str, tuple[Ask, tuple[BaseModel, ...]]] = {
    "manifest": (lambda one: one.offered(), (MemoryWorld().system.manifest,)),
    "locate": (lambda one: one.locate(MemoryWorld.person), (FOUND,)),
    "collect": (lambda one: anext(aiter(one.collect((ANN,), None))), (PAGE,)),
    "vetoes": (
        lambda one: one.vetoes(PLAN),
        (Vetoes(vetoes=(Veto(collection="accounts", key="[1]", reason="open_invoice"),)),),
    ),
    "erase": (lambda one: one.erase(PLAN, None), (DONE, *LATER, Drifted(changed=1, appeared=0))),
    "erase, asked again": (lambda one: one.erase(PLAN, "job"), (DONE, *LATER)),
    "confirm": (lambda one: one.confirm(PLAN, None), (DONE, *LATER)),
    "confirm, asked again": (lambda one: one.confirm(PLAN, "job"), (DONE, *LATER)),
    "change": (lambda one: one.change(CHANGE, None), (DONE, *LATER, Drifted(changed=1, appeared=0))),
    "confirm-change": (lambda one: one.confirm_change(CHANGE, None), (DONE, *LATER)),
    "expired": (lambda one: anext(aiter(one.expired(date(2026, 1, 1), None))), (PAGE,)),
    "expire": (lambda one: one.expire(PLAN), (DONE, *LATER)),
}
OTHERWISE = [b"{}", b"[]", b"null", b'""', b"true"]


@asynccontextmanager
async def saying(folder: Path, said: dict[str, bytes], status: int = 200) -> AsyncIterator[HttpConnector]:
    """The connector of a service that signs these answers, by operation."""

    async def answer(request: Request) -> Response:
        content = said[request.path_params["operation"]]
        return Response(
            content, status, headers=Signer([SECRET]).sign(request.headers["webhook-id"], datetime.now(UTC), content)
        )

    async with served(Starlette(routes=[Route("/habeas/v1/{operation}", answer, methods=["POST"])])) as url:
        connector = load(folder, url, MemoryWorld().system)
        yield connector
        await connector.aclose()


async def test_what_is_left_out_of_an_answer_makes_it_none(tmp_path: Path) -> None:
    """Of each operation, each answer without each of its parts, whatever is within: a human looks."""
    said: dict[str, bytes] = {}
    believed = []
    async with saying(tmp_path, said) as connector:
        for name, (ask, answers) in CALLS.items():
            for answer in answers:
                whole, operation = answer.model_dump(mode="json"), name.partition(",")[0]
                said[operation] = json.dumps(whole).encode()
                await ask(connector)  # else no answer at all would be one
                without = {f"without {'.'.join(map(str, at))}": _without(whole, at) for at in _parts(answer)}
                other = {one.decode(): one for one in OTHERWISE if answer is answers[0]}
                for what, wrong in (without | other).items():
                    said[operation] = wrong
                    try:
                        await ask(connector)
                    except Quarantine:
                        continue
                    believed.append(f"{name}: {type(answer).__name__} {what}")
    assert not believed


async def test_a_service_that_answers_nothing_at_all_is_not_well(tmp_path: Path) -> None:
    said = dict.fromkeys(CALLS, b"{}") | {"ping": b"{}"}
    async with saying(tmp_path, said) as connector:
        health = await connector.ping()
        assert not health.ok
        said |= {"ping": b'{"ok": true}', "manifest": MemoryWorld().system.manifest.model_dump_json().encode()}
        health = await connector.ping()
        assert not health.ok
        for call in ("locate", "collect", "confirm", "vetoes", "expired"):
            assert f"{call} does not work" in health.detail


@pytest.mark.parametrize("status", [409, 422, 503])
@pytest.mark.parametrize("said", OTHERWISE)
async def test_a_problem_without_its_kind_is_none(tmp_path: Path, said: bytes, status: int) -> None:
    """Neither passing nor for good: a human looks."""
    async with saying(tmp_path, {"erase": said}, status) as connector:
        with pytest.raises(Quarantine, match="without a reason"):
            await connector.erase(PLAN, None)


async def test_the_router_says_that_there_is_nothing(tmp_path: Path) -> None:
    """What a connector in Python leaves out it sends."""
    async with wired(tmp_path) as world:
        assert isinstance(world.connector, HttpConnector)
        assert await world.connector.locate(world.nobody) == Located()
        assert await world.connector.vetoes(PLAN) == ()
        (page,) = [page async for page in world.connector.collect((ANN,), None) if page.cursor is None]
        assert {one.files for one in page.records} == {()}


def test_the_openapi_file_requires_what_is_required() -> None:
    page = json.loads((Path(__file__).parents[3] / "docs/connectors/http.openapi.json").read_text(encoding="utf-8"))
    schemas = page["components"]["schemas"]
    for _, answers in CALLS.values():
        for model in {type(each) for answer in answers for each in _models(answer)}:
            name = "Done_tuple_ObjectOutcome__________" if issubclass(model, Done) else model.__name__
            assert must_say(model) <= {*schemas[name].get("required", ())}, name


def _parts(answer: BaseModel, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where each part is that must be there."""
    for name, value in answer:
        if name in must_say(type(answer)):
            yield (*at, name)
        for n, one in enumerate(value if isinstance(value, tuple) else ()):
            if isinstance(one, BaseModel):
                yield from _parts(one, (*at, name, n))


def _models(answer: BaseModel) -> Iterator[BaseModel]:
    yield answer
    for _, value in answer:
        for one in value if isinstance(value, tuple) else ():
            if isinstance(one, BaseModel):
                yield from _models(one)


def _without(whole: Any, at: tuple[str | int, ...]) -> bytes:
    left = json.loads(json.dumps(whole))
    inner = left
    for step in at[:-1]:
        inner = inner[step]
    del inner[at[-1]]
    return json.dumps(left).encode()
