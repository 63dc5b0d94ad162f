import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator

import httpx2
import pytest

from habeas.acts import ActKind
from habeas.model import Stage
from tests.desk.conftest import Served
from tests.office.world import World
from workers.desk.pages import LANGUAGES, asked_for, nearest, words


async def test_the_person_gives_the_code_without_javascript(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person()
    request_id = await here.open(address, language="da")
    form = await browser.get(f"/v/{request_id}")
    assert 'lang="da"' in form.text
    assert "<script" not in form.text
    done = await browser.post(f"/v/{request_id.lower()}", data={"code": await here.code(address)})
    assert (done.status_code, "Du har bekræftet" in done.text) == (200, True)
    assert await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED)


async def test_a_guess_learns_nothing(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person()
    request_id = await here.open(address)
    await here.code(address)
    pages = {}
    for reference in (request_id, "HB-0000-0000-0000", "nonsense"):
        asked = await browser.get(f"/v/{reference}")
        wrong = await browser.post(f"/v/{reference}", data={"code": "00000000"})
        pages[reference] = [(answer.status_code, answer.text.partition("</form>")[0]) for answer in (asked, wrong)]
    assert pages[request_id] == pages["HB-0000-0000-0000"] == pages["nonsense"]
    assert pages[request_id][1][0] == 403
    for odd in ({}, {"code": ""}, {"code": "x" * 3000}, {"code": "\x00"}):
        assert (await browser.post(f"/v/{request_id}", data=odd)).status_code == 403


async def released(here: World) -> str:
    address = here.person()
    request_id = await here.proven(address)
    if await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED) is Stage.REVIEWING:
        await here.office.act(ActKind.APPROVE, request_id, by="Kim", reason="looked")
    await here.reach(request_id, Stage.CLOSED)
    return await here.link(address)


async def test_the_link_hands_the_package_over_once(here: World, browser: httpx2.AsyncClient) -> None:
    token = await released(here)
    for _ in range(2):  # a mail scanner that follows links
        assert (await browser.get(f"/d/{token}")).status_code == 200
    got = await browser.post(f"/d/{token}")
    assert got.headers["content-disposition"].startswith('attachment; filename="HB-')
    assert got.headers["cache-control"] == "no-store"
    digest = hashlib.sha256(got.content).digest()
    assert digest.hex() == base64.b64decode(got.headers["repr-digest"][9:-1]).hex()
    again = await browser.post(f"/d/{token}")
    unknown = await browser.post(f"/d/{'A' * 43}")
    odd = await browser.post("/d/x")
    assert {again.status_code, unknown.status_code, odd.status_code} == {410}
    assert "used already" in again.text
    assert unknown.text == odd.text
    assert token not in again.text


async def test_a_broken_transfer_gives_the_link_back(
    here: World, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await released(here)
    stored, original = here.parts.storage, here.parts.storage.get

    async def cut(path: str) -> AsyncGenerator[bytes, None]:
        async for chunk in original(path):
            yield chunk[: len(chunk) // 2]

    monkeypatch.setattr(stored, "get", cut)
    failed = await browser.post(f"/d/{token}")
    assert (failed.status_code, "link stays good" in failed.text) == (503, True)
    monkeypatch.undo()
    assert (await browser.post(f"/d/{token}")).status_code == 200


async def test_a_browser_that_goes_away_does_not_use_the_link_up(here: World, desk: Served) -> None:
    token = await released(here)
    original = here.parts.storage.get
    reading, gone = asyncio.Event(), asyncio.Event()

    async def slow(path: str) -> AsyncGenerator[bytes, None]:
        reading.set()
        await gone.wait()
        async for chunk in original(path):
            yield chunk

    here.parts.storage.get = slow  # type: ignore[method-assign]  # a slow disk
    try:
        host, _, port = desk.address.removeprefix("http://").partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"POST /d/{token} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 0\r\n\r\n".encode())
        await reading.wait()
        writer.transport.abort()
        await desk.idle()
        gone.set()
    finally:
        here.parts.storage.get = original  # type: ignore[method-assign]
    async with asyncio.timeout(20), httpx2.AsyncClient(base_url=desk.address) as client:
        while (await client.post(f"/d/{token}")).status_code != 200:
            pass


def test_every_language_says_everything() -> None:
    assert set(LANGUAGES) == {"da", "de", "en", "fr", "nb"}
    assert {frozenset(words(language)) for language in LANGUAGES} == {frozenset(words("en"))}
    assert all(text.strip() for language in LANGUAGES for text in words(language).values())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("da-DK,da;q=0.9,en;q=0.8", "da"),
        ("ja, fr;q=0.3, de;q=0.7", "de"),
        ("no", "nb"),
        ("en;q=0, fr", "fr"),
        (";;;q=x,,", "en"),
    ],
)
def test_the_browser_is_answered_in_its_language(header: str | None, language: str) -> None:
    assert asked_for(header) == language


def test_norwegian_has_many_names() -> None:
    assert nearest("nn-NO") == "nb"
    assert nearest("ja") is None
