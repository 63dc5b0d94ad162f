"""The person's own page, on a real stack: a code by letter, and what it opens."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest

from activities.messages import MessageKind
from habeas.acts import ActKind
from habeas.model import Outcome, Stage
from tests.desk.pages import form, said, send
from tests.desk.test_person import asked_by_link, released
from tests.office.world import World
from workers.desk.mine import COOKIE
from workers.mailbox import messages

OFFICER = "privacy-officer@nordlys-handel.example"
FIELD = re.compile(r'name="(csrf|form)" value="([^"]+)"')


@asynccontextmanager
async def entered(browser: httpx2.AsyncClient, request_id: str, code: str) -> AsyncIterator[dict[str, str]]:
    """Headers of a visit: a client over plain HTTP does not send secure cookies by itself, as browsers do."""
    answer = await browser.post(f"/v/{request_id}", data={"code": code})
    kept = answer.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Max-Age=1800"} <= set(kept.split("; "))
    yield {"cookie": f"{COOKIE}={kept.partition('=')[2].partition(';')[0]}"}


async def again(here: World, browser: httpx2.AsyncClient, request_id: str, address: str) -> str:
    """Ask for a new code; it, from its letter."""
    before = sum(address in mail.recipients for mail in messages(here.folder))
    asked = await browser.post(f"/v/{request_id}/code")
    assert (asked.status_code, asked.headers["location"]) == (303, f"/v/{request_id}?sent=true")
    await here.mailed(address, more_than=before)
    return await here.code(address)


def fields(page: httpx2.Response) -> dict[str, str]:
    return dict(FIELD.findall(page.text))


async def reviewed(here: World) -> tuple[str, str, str]:
    """A proven request, its person's address and the code that proved it."""
    address = here.person()
    request_id = await here.open(address, right="erasure", language="en")
    code = await here.code(address)
    return request_id, address, code


async def _staff_read(browser: httpx2.AsyncClient, request_id: str, nowhere: list[str]) -> None:
    """What the person sent, on staff's page of it: reached from the request's, after a reason, files as downloads."""
    here = f"/requests/{request_id}/messages"
    story = await browser.get(f"/requests/{request_id}")
    assert story.text.count(f'href="{here}"') == 2
    assert [one for one in nowhere if one in story.text] == []
    asked = await browser.get(here)
    assert "The \u202eone" not in asked.text
    assert (await send(browser, form(asked, here))).status_code == 422
    shown = await send(browser, form(asked, here), reason="the answer")
    assert "The \u202eone in \u05d0\u05d1 &lt;script&gt;" in shown.text
    assert "K-77" in shown.text
    assert said(shown).count("proven by a code") == 2
    saving = form(shown, f"{here}/file")
    got = await send(browser, saving)
    assert got.content == b"%PDF-1.4 \xff\x00"
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"].startswith(f'attachment; filename="{request_id}-')
    assert [(await send(browser, saving, file=one)).status_code for one in ("2", "0", "x", "1" * 5000)] == [404] * 4
    french = await browser.post(
        here, data=form(asked, here).values | {"reason": "r"}, headers={"accept-language": "fr"}
    )
    assert "prouvé par un code" in said(french)


async def test_where_it_stands_a_word_a_file_a_number_and_away(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, address, code = await reviewed(here)
    async with entered(browser, request_id, code) as me:
        await here.reach(request_id, Stage.REVIEWING)
        page = await browser.get("/mine", headers=me)
        assert page.status_code == 200
        assert "One of us looks at it" in page.text
        assert address not in page.text
        assert "<script" not in page.text
        own = fields(page)
        await here.office.act(ActKind.ASK, request_id, by="Kim", reason="Which <b>shop</b>?")
        asked = await browser.get("/mine", headers=me)
        assert "Which &lt;b&gt;shop&lt;/b&gt;?" in asked.text
        words = own | {"text": "The \u202eone in \u05d0\u05d1 <script>"}
        for _ in range(2):  # the connection broke, and it is sent once more
            sent = await browser.post(
                "/mine/send", headers=me, data=words, files={"file": ("a.pdf", b"%PDF-1.4 \xff\x00", "text/html")}
            )
            assert (sent.status_code, sent.headers["location"]) == (303, "/mine?done=sent")
        await browser.post("/mine/send", headers=me, data=own | {"kind": "customer_number", "value": "K-77"})
        wrong = await browser.post("/mine/send", headers=me, data=own | {"kind": "email", "value": "nobody"})
        assert (wrong.status_code, 'value="nobody"' in wrong.text) == (422, True)
        huge = {"file": ("a.pdf", b"%PDF-1.4 " + bytes(13 * 1024 * 1024), "application/pdf")}
        large = await browser.post("/mine/send", headers=me, data=own | {"text": "forty minutes"}, files=huge)
        assert (large.status_code, "forty minutes" in large.text, "/mine/send" in large.text) == (413, True, True)
        heard = await here.office.messages(request_id, by="Kim", reason="reads")
        assert [one.kind for one in heard] == [MessageKind.ANSWER, MessageKind.IDENTIFIER]
        assert all(one.proven for one in heard)
        file = await here.office.message_file(request_id, heard[0].id, 1, by="Kim", reason="reads")
        assert (file.content, file.media_type) == (b"%PDF-1.4 \xff\x00", "application/pdf")
        await here.mailed(OFFICER, more_than=0)
        told = [mail for mail in messages(here.folder) if OFFICER in mail.recipients and request_id in mail.subject]
        assert any("the person wrote" in mail.subject for mail in told)
        await _staff_read(browser, request_id, [address, "K-77"])
        sure = await browser.get("/mine/withdraw", headers=me)
        assert "Do you want to take your request back?" in sure.text
        forged = await browser.post("/mine/withdraw", headers=me, data={"csrf": "0" * 64})
        assert forged.status_code == 403
        gone = await browser.post("/mine/withdraw", headers=me, data=own)
        assert gone.status_code == 200
        await here.reach(request_id, Stage.CLOSED)
        after = await browser.get("/mine", headers=me)
        assert "You took your request back." in after.text
        assert "/mine/withdraw" not in after.text
        left = await browser.post("/mine/leave", headers=me, data=own)
        assert "Max-Age=0" in left.headers["set-cookie"]
        assert (await browser.get("/mine", headers=me)).status_code == 403
        # Who wrote for longer than the page stays open has it shown once more.
        late = {"text": "forty <b>minutes</b>"}
        for files in (None, {"file": ("a.pdf", b"%PDF-1.4 " + bytes(300_000), "application/pdf")}):
            over = await browser.post("/mine/send", headers=me, data=own | late, files=files)
            assert (over.status_code, "forty &lt;b&gt;minutes" in over.text) == (403, True)
    assert (await here.office.show(request_id)).entry.outcome == Outcome.WITHDRAWN


async def test_the_package_is_fetched_by_a_new_code_and_counted(here: World, browser: httpx2.AsyncClient) -> None:
    token = await released(here)
    request_id = await here.office.link_request(token)
    assert request_id is not None
    address = here.address_of(request_id)
    code = await again(here, browser, request_id, address)
    assert (await browser.post(f"/v/{request_id}", data={"code": "00000000"})).status_code == 403
    async with entered(browser, request_id, code) as me:
        page = await browser.get("/mine", headers=me)
        assert "Downloaded so far: 0." in page.text
        own = fields(page)
        got = await browser.post("/mine/package", headers=me, data=own)
        assert got.content.startswith(b"PK")
        assert "Downloaded so far: 1." in (await browser.get("/mine", headers=me)).text
        again_ = await browser.post("/mine/package", headers=me, data=own)
        assert (again_.status_code, f'href="/v/{request_id}"' in again_.text) == (403, True)
        assert "ask for a new code" in again_.text
        assert (await browser.post(f"/v/{request_id}", data={"code": code})).status_code == 403
        early = await browser.post("/mine/link", headers=me, data=own)
        assert early.headers["location"] == "/mine?done=link_wait"
        now = here.office._now
        here.office._now = lambda: now() + timedelta(days=8)
        try:
            late = await browser.post(f"/d/{token}")
            assert (late.status_code, "Its time is over" in late.text) == (410, True)
        finally:
            here.office._now = now
        here.office._now = lambda: now() + timedelta(hours=2)
        try:
            assert (await browser.get("/mine", headers=me)).status_code == 403
            another = await again(here, browser, request_id, address)
            async with entered(browser, request_id, another) as anew:
                second = await browser.post(
                    "/mine/package", headers=anew, data=fields(await browser.get("/mine", headers=anew))
                )
                assert second.content.startswith(b"PK")
                assert "Downloaded so far: 2." in (await browser.get("/mine", headers=anew)).text
            form = await asked_by_link(here, browser, token)
            assert (await browser.post(f"/d/{token}", data=form)).status_code == 200
            used = await browser.post(f"/d/{token}", data=form)
            assert "Send me one more link" in used.text
            said = [await browser.post(f"/d/{one}", data={"again": "1"}) for one in (token, "A" * 43)]
            assert said[0].text == said[1].text
            links = await here.links(request_id)
            assert len(links) == 2
        finally:
            here.office._now = now


async def test_a_package_is_fetched_on_the_page_no_longer_than_by_its_link(
    here: World, browser: httpx2.AsyncClient
) -> None:
    token = await released(here)
    request_id = await here.office.link_request(token)
    assert request_id is not None
    now = here.office._now
    here.office._now = lambda: now() + timedelta(days=60)
    try:
        code = await again(here, browser, request_id, here.address_of(request_id))
        async with entered(browser, request_id, code) as me:
            page = await browser.get("/mine", headers=me)
            assert "The time for fetching your package is over." in page.text
            assert 'action="/mine/package"' not in page.text
            own = fields(page)
            for_nothing = await browser.post("/mine/package", headers=me, data=own)
            assert for_nothing.headers["location"] == "/mine?done=package_over"
            assert (await browser.post("/mine/link", headers=me, data=own)).headers["location"].endswith("link_sent")
    finally:
        here.office._now = now


async def test_where_there_is_no_package_that_is_said(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, _, code = await reviewed(here)
    async with entered(browser, request_id, code) as me:
        own = fields(await browser.get("/mine", headers=me))
        nothing = await browser.post("/mine/package", headers=me, data=own)
        assert (nothing.status_code, "There is no package to fetch." in nothing.text) == (404, True)


async def test_the_same_form_with_another_file_is_another_message(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, _, code = await reviewed(here)
    async with entered(browser, request_id, code) as me:
        own = fields(await browser.get("/mine", headers=me)) | {"text": "my card"}
        for content in (b"%PDF-1.4 front", b"%PDF-1.4 back", b"%PDF-1.4 front"):
            files = {"file": ("card.pdf", content, "application/pdf")}
            assert (await browser.post("/mine/send", headers=me, data=own, files=files)).status_code == 303
    heard = await here.office.messages(request_id, by="Kim", reason="reads")
    kept = [(await here.office.message_file(request_id, one.id, 1, by="Kim", reason="reads")).content for one in heard]
    assert sorted(kept) == [b"%PDF-1.4 back", b"%PDF-1.4 front"]


async def test_codes_are_few_and_who_asks_learns_nothing(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, address, code = await reviewed(here)
    async with entered(browser, request_id, code):
        pass
    await again(here, browser, request_id, address)
    sent = [await here.office.send_code(one) for one in (request_id, "HB-0000-0000-0000")]
    assert sent == [False, False]
    pages = [(await browser.get(f"/v/{one}?sent=true")).text.partition("</form>")[0] for one in (request_id, "x")]
    assert pages[0] == pages[1]
    now = here.office._now
    here.office._now = lambda: now() + timedelta(minutes=31)
    try:
        late = await browser.post(f"/v/{request_id}", data={"code": await here.code(address)})
        assert late.status_code == 403
    finally:
        here.office._now = now
    for _ in range(6):
        assert (await browser.post(f"/v/{request_id}", data={"code": "11111111"})).status_code == 403
    exhausted = await browser.post(f"/v/{request_id}", data={"code": await here.code(address)})
    assert exhausted.status_code == 403


@pytest.mark.parametrize("path", ["/mine", "/mine/withdraw"])
async def test_nobody_without_a_visit_sees_anything(browser: httpx2.AsyncClient, path: str) -> None:
    for session in ("", "x", "A" * 43):
        answer = await browser.get(path, headers={"cookie": f"{COOKIE}={session}"})
        assert answer.status_code == 403
    for act in ("send", "package", "link", "leave", "withdraw", "nothing"):
        assert (await browser.post(f"/mine/{act}", data={"csrf": "x"})).status_code == 403
