"""What a provider may have the desk call."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from workers.desk.wire import Guarded


def client(*, loopback: bool, length: int = 10) -> httpx2.AsyncClient:
    answer = httpx2.MockTransport(lambda _: httpx2.Response(200, content=_pieces(length)))
    return httpx2.AsyncClient(transport=Guarded(answer, loopback=loopback))


async def _pieces(length: int) -> AsyncIterator[bytes]:
    for _ in range(length):
        yield b"x" * 1024


@pytest.mark.parametrize("url", ["http://id.example.org/", "https://127.0.0.1/", "http://localhost/", "http://[::1]/"])
async def test_a_provider_elsewhere_sends_us_nowhere_else(url: str) -> None:
    async with client(loopback=False) as calls:
        assert (await calls.get("https://id.example.org/")).status_code == 200
        with pytest.raises(httpx2.UnsupportedProtocol):
            await calls.get(url)


async def test_one_on_this_machine_may_speak_in_the_clear() -> None:
    async with client(loopback=True) as calls:
        assert (await calls.get("http://127.0.0.1:9000/")).status_code == 200
        with pytest.raises(httpx2.UnsupportedProtocol):
            await calls.get("http://id.example.org/")


async def test_an_endless_answer_is_not_read() -> None:
    async with client(loopback=True, length=1024) as calls:
        assert len((await calls.get("http://127.0.0.1/")).content) == 1024 * 1024
    async with client(loopback=True, length=1025) as calls:
        with pytest.raises(httpx2.ReadError):
            await calls.get("http://127.0.0.1/")
