import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest

from habeas.acts import ActKind
from habeas.model import Stage
from tests.desk.conftest import Served
from tests.office.world import World
from workers.desk import create_app
from workers.desk.pace import Pace
from workers.desk.pages import LANGUAGES, asked_for, nearest, words
from workers.mailbox import messages


async def test_the_person_gives_the_code_without_javascript(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person()
    request_id = await here.open(address, language="da")
    code = await here.code(address)
    letter = next(
        mail for mail in messages(here.folder) if address in mail.recipients and f"/v/{request_id}" in mail.text
    )
    link = re.search(rf"/v/{request_id}\S*", letter.text)
    assert link
    form = await browser.get(link[0], headers={"Accept-Language": "fr"})
    assert '<html lang="da"' in form.text, "the letter's language, whatever the browser's is"
    assert "<script" not in form.text
    done = await browser.post(f"/v/{request_id.lower()}", data={"code": code})
    assert (done.status_code, "Du har bekræftet" in done.text) == (200, True)
    assert await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED)


async def test_a_guess_learns_nothing(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person()
    request_id = await here.open(address, language="da")
    await here.code(address)
    pages = {}
    for reference in (request_id, "HB-2222-2222-2222"):
        asked = await browser.get(f"/v/{reference}")
        wrong = await browser.post(f"/v/{reference}", data={"code": "00000000"})
        sent = await browser.post(f"/v/{reference}/code")
        answers = (asked, wrong, sent, await browser.get(f"/v/{reference}?sent=true"))
        headers = [[pair for pair in one.headers.items() if pair[0] != "date"] for one in answers]
        said = [(one.status_code, one.text.replace(reference, ""), str(each).replace(reference, ""))
                for one, each in zip(answers, headers, strict=True)]  # fmt: skip
        pages[reference] = said
    assert pages[request_id] == pages["HB-2222-2222-2222"]
    assert [status for status, *_ in pages[request_id]] == [200, 403, 303, 200]
    assert (await browser.post("/v/nonsense", data={"code": "00000000"})).status_code == 403
    for odd in ({}, {"code": ""}, {"code": "x" * 3000}, {"code": "\x00"}):
        assert (await browser.post(f"/v/{request_id}", data=odd)).status_code == 403


async def test_a_wrong_code_takes_as_long_whatever_the_reference(here: World) -> None:
    paced = []

    class Counted(Pace):
        @asynccontextmanager
        async def kept(self) -> AsyncIterator[None]:
            paced.append(1)
            yield

    request_id = await here.open(here.person())
    app = httpx2.ASGITransport(create_app(here.office, pace=Counted(0)))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as browser:
        for n, reference in enumerate((request_id, "HB-2222-2222-2222", "nonsense"), start=1):
            assert (await browser.post(f"/v/{reference}", data={"code": "00000000"})).status_code == 403
            assert len(paced) == n


async def released(here: World) -> str:
    address = here.person()
    request_id = await here.proven(address)
    if await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED) is Stage.REVIEWING:
        await here.office.act(ActKind.APPROVE, request_id, by="Kim", reason="looked")
    await here.reach(request_id, Stage.CLOSED)
    return await here.link(address)


async def address_of(here: World, token: str) -> str:
    request_id = await here.office.link_request(token)
    assert request_id is not None
    return here.address_of(request_id)


async def asked_by_link(here: World, browser: httpx2.AsyncClient, token: str) -> dict[str, str]:
    """The form that fetches the package, with the code that was asked for on the link's page."""
    address = await address_of(here, token)
    before = sum(address in mail.recipients for mail in messages(here.folder))
    asked = await browser.post(f"/d/{token}/code")
    assert (asked.status_code, asked.headers["location"]) == (303, f"/d/{token}?sent=true")
    await here.mailed(address, more_than=before)
    return {"code": await here.code(address)}


async def test_the_link_hands_the_package_over_once_and_only_with_its_code(
    here: World, browser: httpx2.AsyncClient
) -> None:
    token = await released(here)
    address = await address_of(here, token)
    letters = sum(address in mail.recipients for mail in messages(here.folder))
    for _ in range(2):  # a mail scanner that follows links
        assert (await browser.get(f"/d/{token}")).status_code == 200
    guesses: tuple[dict[str, str], ...] = (
        {},
        {"code": ""},
        {"code": "00000000"},
        {"code": await here.code(address)},
        {"code": "\x00x" * 300},
    )
    for guess in guesses:
        alone = await browser.post(f"/d/{token}", data=guess)
        assert (alone.status_code, "This code is not right" in alone.text) == (403, True)
    assert sum(address in mail.recipients for mail in messages(here.folder)) == letters
    form = await asked_by_link(here, browser, token)
    told = next(mail for mail in messages(here.folder) if address in mail.recipients)
    assert "nobody gets in without this code" in " ".join(told.text.split())
    assert "/v/" not in told.text
    assert "A code is on its way" in (await browser.get(f"/d/{token}?sent=true")).text
    got = await browser.post(f"/d/{token}", data=form)
    assert got.headers["content-disposition"].startswith('attachment; filename="HB-')
    assert got.headers["cache-control"] == "no-store"
    digest = hashlib.sha256(got.content).digest()
    assert digest.hex() == base64.b64decode(got.headers["repr-digest"][9:-1]).hex()
    again = await browser.post(f"/d/{token}", data=form)
    unknown = await browser.post(f"/d/{'A' * 43}")
    odd = await browser.post("/d/x")
    more = [await browser.post(f"/d/{one}/code") for one in (token, "A" * 43, "x")]
    assert {answer.status_code for answer in (again, unknown, odd, *more)} == {410}
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
    form = await asked_by_link(here, browser, token)
    failed = await browser.post(f"/d/{token}", data=form)
    assert (failed.status_code, "link stays good" in failed.text) == (503, True)
    monkeypatch.undo()
    assert (await browser.post(f"/d/{token}", data=form)).status_code == 200


async def test_who_knows_the_reference_locks_nobody_out_of_their_package(
    here: World, browser: httpx2.AsyncClient
) -> None:
    token = await released(here)
    request_id = await here.office.link_request(token)
    assert request_id is not None
    form = await asked_by_link(here, browser, token)
    assert not await here.office.send_link_code(token)
    now = here.office._now
    sent = []
    try:
        # A stranger uses up the day's codes at the reference's door, and tries there until the newest is worn out.
        for minutes in range(0, 27, 3):
            later = timedelta(minutes=minutes)
            here.office._now = lambda later=later: now() + later  # type: ignore[misc]  # the loop's own value
            sent.append(await here.office.send_code(request_id))
        assert sent.count(True) == 5
        for _ in range(6):
            assert (await browser.post(f"/v/{request_id}", data=form)).status_code == 403
        assert (await browser.post(f"/d/{token}", data=form)).content.startswith(b"PK")
    finally:
        here.office._now = now


async def test_a_code_of_a_link_is_worn_out_by_wrong_ones(here: World, browser: httpx2.AsyncClient) -> None:
    token = await released(here)
    form = await asked_by_link(here, browser, token)
    for _ in range(5):
        assert (await browser.post(f"/d/{token}", data={"code": "00000000"})).status_code == 403
    assert (await browser.post(f"/d/{token}", data=form)).status_code == 403


async def test_a_browser_that_goes_away_does_not_use_the_link_up(
    here: World, desk: Served, browser: httpx2.AsyncClient
) -> None:
    token = await released(here)
    form = await asked_by_link(here, browser, token)
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
        sent = f"code={form['code']}"
        head = f"POST /d/{token} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(sent)}"
        writer.write(f"{head}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n{sent}".encode())
        await reading.wait()
        writer.transport.abort()
        await desk.idle()
        gone.set()
    finally:
        here.parts.storage.get = original  # type: ignore[method-assign]
    async with asyncio.timeout(20), httpx2.AsyncClient(base_url=desk.address) as client:
        while (await client.post(f"/d/{token}", data=form)).status_code != 200:
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
