"""Whoever is connected and says nothing, or says it slowly, holds no place for long."""

import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.served import free_socket, serving
from workers.desk.guard import Guard
from workers.desk.live import MOST_STREAMS
from workers.desk.patience import Patience, PromptProtocol
from workers.desk.server import MOST_CONNECTIONS

ENOUGH = 20
"""Seconds after which the test gives up."""
SCOPE = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": [(b"host", b"x")]}


class Prompt(PromptProtocol):
    within = 0.2
    drained_within = 0.2


async def reading(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers once it has read the body."""
    while (await receive()).get("more_body"):
        pass
    await PlainTextResponse("read")(scope, receive, send)


async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("unread", 413)(scope, receive, send)


async def nowhere(_: Message) -> None:
    raise AssertionError("Nothing is answered.")


@pytest.mark.parametrize(
    ("app", "sent", "answered"),
    [
        (reading, b"", b""),
        (reading, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b""),
        (reading, b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /", b"200 OK"),
        (refusing, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", b"413"),
    ],
)
async def test_who_sends_no_request_is_hung_up_on(app: ASGIApp, sent: bytes, answered: bytes) -> None:
    listener = free_socket()
    listener.listen()
    async with serving(app, on=listener, http=Prompt), asyncio.timeout(ENOUGH):
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        writer.write(sent)
        assert answered in await reader.read()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("bounds", [Patience(silence=0.05), Patience(grace=0.05, rate=10**9)])
async def test_a_body_that_does_not_come_is_not_waited_for(bounds: Patience) -> None:
    async def drip() -> Message:
        if bounds.silence < 1:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": True}

    async with asyncio.timeout(ENOUGH):
        with pytest.raises(HTTPException) as refused:
            await Guard(reading, ["x"], api="/api", patience=bounds)(SCOPE, drip, nowhere)
    assert refused.value.status_code == 408


async def test_a_stream_waits_for_its_end_as_long_as_it_lasts() -> None:
    seen: list[str] = []
    gone = asyncio.Event()

    async def comes() -> Message:
        if not seen:
            return {"type": "http.request", "body": b"", "more_body": False}
        asyncio.get_running_loop().call_later(0.1, gone.set)
        await gone.wait()
        return {"type": "http.disconnect"}

    async def listens(_: Scope, receive: Receive, __: Send) -> None:
        seen.append((await receive())["type"])
        seen.append((await receive())["type"])

    async with asyncio.timeout(ENOUGH):
        await Guard(listens, ["x"], api="/api", patience=Patience(silence=0.02))(SCOPE, comes, nowhere)
    assert seen == ["http.request", "http.disconnect"]


def test_streams_leave_room_for_who_comes_to_do_something() -> None:
    assert MOST_CONNECTIONS >= MOST_STREAMS + 200
