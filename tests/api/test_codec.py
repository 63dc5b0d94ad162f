"""Sealed payloads on the real server, and the codec server: who may open what, and the mark that it leaves."""

from __future__ import annotations

import base64
import dataclasses
import json
import uuid
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx2
import pytest
from google.protobuf.json_format import MessageToDict, MessageToJson
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client
from temporalio.converter import WorkflowSerializationContext

from activities.codec import SealingCodec, data_converter
from habeas.access import Scope
from habeas.acts import ActKind
from habeas.errors import WrongStage
from habeas.model import Stage
from tests.api.conftest import Token
from tests.office.world import World
from workers.codec import create_codec_app
from workers.desk.door import COOKIE, Door, Lasts
from workers.desk.issuer import Issuer
from workers.office import Engine, Office
from workers.queues import running

UI = "https://temporal.example"
SEALED = b"binary/habeas-sealed"


@pytest.fixture
async def sealed(here: World) -> AsyncIterator[World]:
    """The same installation, whose payloads are sealed, on a queue of its own."""
    client = await Client.connect(here.address, data_converter=data_converter(here.ledger.vault, sealing=True))
    parts = dataclasses.replace(here.parts, task_queue=f"sealed-{uuid.uuid4().hex[:8]}")

    async def connected() -> Client:
        return client

    engine = Engine(connected, task_queue=parts.task_queue)
    office = Office(here.ledger, engine, here.parts.policies, here.parts.storage)
    async with running(client, parts):
        yield dataclasses.replace(here, client=client, office=office, parts=parts)


@pytest.fixture
async def codec(here: World) -> AsyncIterator[httpx2.AsyncClient]:
    """The codec server, of an installation whose staff sign in."""
    door = Door(here.office, cast(Issuer, None))
    opening = SealingCodec(here.ledger.vault, sealing=False)
    app = create_codec_app(here.office, door, opening, UI, frozenset({"127.0.0.1"}))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client


def payloads(found: Any) -> list[dict[str, Any]]:
    """Every payload in an event, wherever it stands."""
    if isinstance(found, dict):
        mine = [found] if set(found) >= {"metadata", "data"} else []
        return mine + [one for value in found.values() for one in payloads(value)]
    return [one for value in found for one in payloads(value)] if isinstance(found, list) else []


async def history(world: World, workflow_id: str) -> list[dict[str, Any]]:
    """As the server keeps it."""
    fetched = await world.client.get_workflow_handle(workflow_id).fetch_history()
    return [MessageToDict(event) for event in fetched.events]


async def seal(world: World, workflow_id: str, content: bytes = b'"x"') -> str:
    made = SealingCodec(world.ledger.vault, sealing=True)
    made = made.with_context(WorkflowSerializationContext(namespace="default", workflow_id=workflow_id))
    one = Payload(metadata={"encoding": b"json/plain"}, data=content)
    return MessageToJson(Payloads(payloads=await made.encode([one])))


async def test_a_request_is_carried_out_with_everything_sealed_and_who_looks_is_in_its_evidence(
    sealed: World, codec: httpx2.AsyncClient, token: Token
) -> None:
    person = sealed.person()
    request_id = await sealed.open(person)
    await sealed.reach(request_id, Stage.VERIFYING)
    with pytest.raises(WrongStage) as refused:
        await sealed.office.act(ActKind.APPROVE, request_id, by="Kim", reason="too early")
    assert "Encoded" not in str(refused.value), "what a workflow refuses is opened by whoever asked"
    await sealed.office.submit_code(request_id, await sealed.code(person))
    await sealed.reach(request_id, Stage.CLOSED)
    events = await history(sealed, request_id)
    kept = payloads(events)
    # Search attributes are the server's own to read, and are never sealed.
    attributes = payloads([one for event in events for one in _search_attributes(event)])
    plain = [one for one in kept if base64.b64decode(one["metadata"]["encoding"]) != SEALED]
    assert len(kept) > len(attributes) + 20
    assert [one for one in plain if one not in attributes and not _of_the_sdk(one)] == []

    body = json.dumps({"payloads": [one for one in kept if one not in plain][:5]})
    asked = {"content": body, "headers": await token("temporal:decode") | {"content-type": "application/json"}}
    before = len(await sealed.office.timeline(request_id))
    answer = await codec.post("/decode", **asked)  # type: ignore[arg-type]
    opened = [base64.b64decode(one["data"]) for one in answer.json()["payloads"]]
    assert any(request_id.encode() in one for one in opened)
    (mark,) = (await sealed.office.timeline(request_id))[before:]
    assert (mark.tag, mark.facts) == ("temporal:decoded", {"payloads": 5})


def _search_attributes(event: Any) -> list[Any]:
    if isinstance(event, dict):
        return [v for k, v in event.items() if k == "searchAttributes"] + [
            one for value in event.values() for one in _search_attributes(value)
        ]
    return [one for value in event for one in _search_attributes(value)] if isinstance(event, list) else []


def _of_the_sdk(payload: dict[str, Any]) -> bool:
    """What its core notes in markers of local activities and patches by itself: numbers, times and a step's name."""
    noted = json.loads(base64.b64decode(payload["data"]))
    steps = {"seq", "attempt", "activity_id", "activity_type", "complete_time", "backoff", "original_schedule_time"}
    return isinstance(noted, dict) and set(noted) <= steps | {"activation_index", "id", "deprecated"}


async def test_nobody_opens_anything_unasked(here: World, codec: httpx2.AsyncClient, token: Token) -> None:
    request_id = await here.open(here.person())
    body, kind = await seal(here, request_id), {"content-type": "application/json"}

    async def status(**headers: str) -> int:
        return (await codec.post("/decode", content=body, headers=kind | headers)).status_code

    assert await status() == 401
    assert await status(authorization="Bearer hbt_000000000000_" + "A" * 43) == 401
    others = [one.value for one in Scope if one is not Scope.TEMPORAL_DECODE]
    assert await status(authorization=(await token(*others))["authorization"]) == 403
    lasts = Lasts()
    session = await here.office.start_session("kim", idle=lasts.idle, longest=lasts.longest)
    cookie = f"{COOKIE}={session}"
    assert await status(cookie=cookie) == 401, "any page could have had the browser send it"
    assert await status(cookie=cookie, origin="https://evil.example") == 403
    assert await status(origin=UI) == 401
    assert await status(cookie=cookie, origin=UI, host="rebound.example") == 421
    assert "temporal:decoded" not in [one.tag for one in await here.office.timeline(request_id)]
    assert await status(cookie=cookie, origin=UI) == 200
    assert [one.tag for one in await here.office.timeline(request_id)].count("temporal:decoded") == 1


async def test_a_browser_is_answered_from_the_ui_only(codec: httpx2.AsyncClient) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "x-namespace"}
    right = await codec.request("OPTIONS", "/decode", headers=asked | {"origin": UI})
    assert (right.status_code, right.headers["access-control-allow-origin"]) == (204, UI)
    assert right.headers["access-control-allow-credentials"] == "true"
    for wrong in ({}, {"origin": "null"}, {"origin": f"{UI}.evil.example"}, {"origin": "http://temporal.example"}):
        refused = await codec.request("OPTIONS", "/decode", headers=asked | wrong)
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers


async def test_what_is_anothers_or_everybodys_stays_sealed(here: World) -> None:
    mine, theirs = here.parts.policies["demo"], here.parts.policies["demo"]
    mine = mine.model_copy(update={"staff": mine.staff.model_copy(update={"accounts": ("Kim",)})})
    other = theirs.model_copy(
        update={
            "controller": theirs.controller.model_copy(update={"id": "other"}),
            "staff": theirs.staff.model_copy(update={"accounts": ("Noor",)}),
        }
    )
    both = {"demo": mine, "other": other}
    office = Office(here.ledger, here.office._engine, both, here.parts.storage, here.office._now)
    request_id = await here.open(here.person())
    asked = {request_id: 1, "habeas-sweep": 1, "HB-0000-0000-0000": 1}
    assert await office.for_staff("noor").may_decode(asked, by="noor") == frozenset()
    assert await office.for_staff("kim").may_decode(asked, by="kim") == {request_id}
    assert await here.office.may_decode(asked, by="op") == {request_id, "habeas-sweep"}
    app = create_codec_app(
        office, Door(office, cast(Issuer, None)), SealingCodec(here.ledger.vault, sealing=False), UI, frozenset({"h"})
    )
    session = await office.start_session("noor", idle=Lasts().idle, longest=Lasts().longest)
    body = await seal(here, request_id)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://h") as client:
        headers = {"origin": UI, "cookie": f"{COOKIE}={session}", "content-type": "application/json"}
        answer = await client.post("/decode", content=body, headers=headers)
        assert answer.json() == json.loads(body)
        for wrong, status in (("{", 400), ('{"payloads": 7}', 400)):
            assert (await client.post("/decode", content=wrong, headers=headers)).status_code == status
