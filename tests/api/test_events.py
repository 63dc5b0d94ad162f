"""Live events over a real socket."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import Message

from habeas.errors import LedgerUnavailable
from habeas.events import EventType
from tests.api.conftest import Token
from tests.office.world import PATIENCE, World
from tests.served import serving
from workers.api import PREFIX
from workers.desk import create_app
from workers.desk.server import StreamServer
from workers.office import Office
from workers.office.events import News
from workers.streams import EventStream, Streams, StreamsFull


class Stream:
    """What comes of a stream, block by block."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> dict[str, str]:
        """The next block; empty once the stream has ended."""
        found: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if not line:
                    return found
                name, _, value = line.partition(":")
                found[name] = value.strip()
        return {}

    async def event(self, subject: str) -> dict[str, Any]:
        """The next event of this request, with its number."""
        while block := await self.block():
            if "data" in block and (told := json.loads(block["data"]))["subject"] == subject:
                assert block["event"] == told["type"]
                return {**told, "position": block["id"]}
        raise AssertionError("the stream has ended")


@asynccontextmanager
async def listening(address: str, headers: dict[str, str], **query: int) -> AsyncIterator[Stream]:
    async with (
        httpx2.AsyncClient(base_url=f"{address}/", timeout=PATIENCE) as client,
        client.stream("GET", "events", headers=headers, params=query) as response,
    ):
        yield Stream(response)


async def test_what_happens_is_told_as_it_happens_and_again_from_a_number_on(
    here: World, address: str, token: Token
) -> None:
    auditor = await token("auditor")
    async with listening(address, auditor) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert int((await stream.block())["id"]) >= 0
        person = here.person()
        request_id = await here.open(person)
        opened = await stream.event(request_id)
        assert opened["type"] == EventType.OPENED
        second = await stream.event(request_id)
    async with listening(address, auditor | {"last-event-id": opened["position"]}) as stream:
        assert await stream.event(request_id) == second
    async with listening(address, auditor | {"last-event-id": opened["position"]}, seconds=0) as stream:
        await stream.response.aread()
        assert person not in stream.response.text
        assert f'"id":"{request_id}.' in stream.response.text


async def test_a_stream_that_is_left_is_closed_and_there_are_not_too_many(here: World, token: Token) -> None:
    streams = Streams(most=1)
    auditor = await token("auditor")
    async with serving(create_app(here.office, streams=streams)) as at:
        async with listening(f"{at}{PREFIX}", auditor) as stream:
            await stream.block()
            async with listening(f"{at}{PREFIX}", auditor) as refused:
                assert refused.response.status_code == 429
                assert refused.response.headers["retry-after"] == "30"
        async with asyncio.timeout(PATIENCE):
            while streams.open:  # noqa: ASYNC110 - the server notices it by itself
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", [f"{PREFIX}/events", "/live"])
async def test_of_many_that_come_at_once_no_more_are_let_in_than_may_be(
    here: World, token: Token, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    came, all_came = 0, asyncio.Event()

    def one_more() -> None:
        nonlocal came
        came += 1
        if came == 5:
            all_came.set()

    look = Office.events_after

    async def waits(office: Office, position: int | None) -> News:
        one_more()
        await all_came.wait()
        return await look(office, position)

    async def asked(client: httpx2.AsyncClient) -> int:
        answer = await client.get(path, params={"seconds": 0}, headers=headers)
        if answer.status_code == 429:
            one_more()
        return answer.status_code

    monkeypatch.setattr(Office, "events_after", waits)
    monkeypatch.setattr("workers.desk.app.MOST_STREAMS", 2)
    headers = await token("auditor")
    transport = httpx2.ASGITransport(create_app(here.office, streams=Streams(most=2)))
    async with (
        asyncio.timeout(PATIENCE),
        httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
    ):
        assert sorted(await asyncio.gather(*(asked(client) for _ in range(5)))) == [200, 200, 429, 429, 429]
        assert await asked(client) == 200  # their places are free again


@pytest.mark.parametrize("path", [f"{PREFIX}/events", "/live"])
async def test_a_place_is_given_back_where_nothing_could_be_read(
    here: World, token: Token, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async def broken(_: Office, __: int | None) -> News:
        raise LedgerUnavailable

    monkeypatch.setattr("workers.desk.app.MOST_STREAMS", 1)
    headers = await token("auditor")
    transport = httpx2.ASGITransport(create_app(here.office, streams=Streams(most=1)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        with monkeypatch.context() as patched:
            patched.setattr(Office, "events_after", broken)
            for _ in range(2):
                assert (await client.get(path, params={"seconds": 0}, headers=headers)).status_code == 503
        assert (await client.get(path, params={"seconds": 0}, headers=headers)).status_code == 200


async def test_a_place_is_given_back_by_who_left_before_the_first_event() -> None:
    streams, begun = Streams(most=1), False

    async def told() -> AsyncIterator[bytes]:
        nonlocal begun
        begun = True
        yield b""

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    async def gone(_: Message) -> None:
        raise OSError

    with contextlib.ExitStack() as place:
        place.enter_context(streams.one("Kim"))
        answer = EventStream(told(), place.pop_all())
    with pytest.raises(StreamsFull), streams.one("Bo"):
        pass
    with pytest.raises(ClientDisconnect):
        await answer({"type": "http", "asgi": {"spec_version": "2.4"}}, nothing, gone)
    assert not begun
    assert streams.open == 0


def test_one_account_leaves_room_for_others() -> None:
    streams = Streams(most=3, of_one=2)
    with streams.one("Kim"), streams.one("Kim"):
        with pytest.raises(StreamsFull), streams.one("Kim"):
            pass
        with streams.one("Bo"):
            assert streams.open == 3
    assert streams.open == 0


async def test_it_ends_when_the_server_stops(here: World, token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams()

    def server(config: uvicorn.Config) -> uvicorn.Server:
        return StreamServer(config, streams)

    monkeypatch.setattr("tests.served.uvicorn.Server", server)
    async with asyncio.timeout(PATIENCE):
        async with serving(create_app(here.office, streams=streams)) as at:
            heard = listening(f"{at}{PREFIX}", await token("auditor"))
            stream = await heard.__aenter__()
            await stream.block()
        assert await stream.block() == {}
        await heard.__aexit__(None, None, None)


async def test_an_ended_token_hears_nothing(here: World, address: str, token: Token) -> None:
    headers = await token("auditor")
    now = here.office._now
    here.office._now = lambda: now() + timedelta(days=400)
    try:
        async with listening(address, headers) as stream:
            assert stream.response.status_code == 401
    finally:
        here.office._now = now


@pytest.mark.parametrize("last", ["x", "-1", "9" * 30])
async def test_what_is_no_number_is_refused(address: str, token: Token, last: str) -> None:
    async with listening(address, await token("auditor") | {"last-event-id": last}) as stream:
        assert stream.response.status_code == 422


async def test_a_number_from_elsewhere_begins_at_the_end(address: str, token: Token) -> None:
    async with listening(address, await token("auditor") | {"last-event-id": "9" * 18}, seconds=0) as stream:
        assert int((await stream.block())["id"]) < 10**12
