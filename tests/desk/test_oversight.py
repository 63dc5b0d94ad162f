"""The pages on all requests at once, and who sees to one: the queue, overview, reports, systems; live."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import CursorResult, Executable, update

from activities.ledger.event_tables import webhook
from activities.ledger.room import Room
from habeas.model import Stage
from tests.office.world import PATIENCE, World
from workers.desk import create_app
from workers.desk.door import COOKIE, FOLLOWS, Door, Lasts, Local
from workers.desk.queue_page import View
from workers.office import Office

_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
PAGES = ("/", "/overview", "/reports", "/systems")
REPORT = "/reports?controller=demo&from=2026-01-01&to=2026-12-31"
CALIFORNIA = "/reports/california?controller=demo&year=2026"


@asynccontextmanager
async def as_(here: World, account: str, **roles: tuple[str, ...]) -> AsyncIterator[httpx2.AsyncClient]:
    """The desk as an account sees it."""
    policies = {
        name: one.model_copy(update={"staff": one.staff.model_copy(update={"accounts": ("Kim",), "roles": roles})})
        for name, one in here.parts.policies.items()
    }
    one = here.office
    office = Office(one._ledger, one._engine, policies, one._storage, one._now)
    app = httpx2.ASGITransport(create_app(office, door=Door(office, Local(account, office.for_staff(account)))))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as browser:
        yield browser


async def csrf(browser: httpx2.AsyncClient, path: str) -> str:
    found = _CSRF.search((await browser.get(path)).text)
    assert found is not None
    return found.group(1)


async def waiting(here: World) -> str:
    """A request that waits for billing, as the ledger has it."""
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    async with here.ledger.begin() as tx:
        await tx.update_request(request_id, blocked_on=("billing",))
        await tx.save_system(
            request_id, "billing", phase="locate", state="waiting", counts={},
            waiting_since=here.office._now() - timedelta(hours=3), error_code="system_unavailable",
        )  # fmt: skip
    return request_id


async def over(here: World, request_id: str) -> None:
    """Nothing waits any more, so that the next test finds nothing of it."""
    async with here.ledger.begin() as tx:
        await tx.update_request(request_id, blocked_on=())
        await tx.save_system(request_id, "billing", phase="locate", state="done", counts={})


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("path", [*PAGES, REPORT, CALIFORNIA, f"{CALIFORNIA}&everyone=yes"])
async def test_each_page_is_there_in_both_languages_and_names_nobody(
    here: World, browser: httpx2.AsyncClient, path: str, language: str
) -> None:
    address = here.person(name="Canary Bird")
    await here.open(address, name="Canary Bird", note="canary song")
    answer = await browser.get(path, headers={"accept-language": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert "canary" not in answer.text.lower()
    assert address not in answer.text
    assert "style=" not in answer.text, "the policy forbids it"


async def test_the_queue_is_french_in_french(here: World, browser: httpx2.AsyncClient) -> None:
    await here.open(here.person())
    page = (await browser.get("/", headers={"accept-language": "fr"})).text
    for text in ("<h1>Demandes</h1>", "Vue d’ensemble", "Restreindre la liste", "Suivie par", ">personne<"):
        assert text in page, text
    assert "Requests" not in page


async def test_a_page_with_a_preview_does_not_follow(here: World, browser: httpx2.AsyncClient) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    path = f"/requests/{request_id}"
    story = (await browser.get(path)).text
    found = _CSRF.search(story)
    assert found is not None
    assert f'data-live="{request_id}"' in story
    sent = {"csrf": found.group(1), "step": "preview", "reason": "they said so"}
    preview = await browser.post(f"{path}/acts/withdraw", data=sent)
    assert (preview.status_code, 'value="do"' in preview.text) == (200, True)
    assert "data-live" not in preview.text


async def test_the_queue_is_narrowed_by_links(here: World) -> None:
    request_id = await waiting(here)
    erasure = await here.open(here.person(), "erasure")
    async with as_(here, "Kim") as browser:
        token = await csrf(browser, f"/requests/{request_id}")
        taken = await browser.post(f"/requests/{request_id}/holder", data={"csrf": token, "what": "take"})
        assert taken.status_code == 303
        everything = (await browser.get("/")).text
        row = next(part for part in everything.split("<tr>") if request_id in part)
        assert "system unavailable" in row
        assert ">Kim<" in row
        shown = {
            "/?view=mine": True,
            "/?waits=billing": True,
            "/?view=nobodys": False,
            "/?right=erasure": False,
            "/?stage=reviewing": False,
            "/?view=closed": False,
            "/?waits=billing&right=access&view=mine": True,
        }
        for path, there in shown.items():
            assert (request_id in (await browser.get(path)).text) is there, path
        assert erasure in (await browser.get("/?right=erasure")).text
        assert 'href="/?right=erasure"' in everything
        newest = (await browser.get("/?sort=newest&right=erasure")).text
        assert '<a href="/?right=erasure&amp;sort=newest" aria-current="true">' in newest
        assert 'href="/?right=erasure&amp;sort=oldest"' in newest
        assert 'href="/?right=erasure"' in newest, "back to the time left"
        both = re.findall(r'href="/requests/(HB-[-0-9A-Z]+)"', (await browser.get("/?sort=newest")).text)
        assert both.index(erasure) < both.index(request_id)
        assert 'class="sorting"' in (await browser.get("/?sort=%3Cscript%3E")).text
        assert 'href="/?view=mine&amp;waits=billing"' in (await browser.get("/?waits=billing")).text
    await over(here, request_id)


_COUNTED: ContextVar[list[object] | None] = ContextVar("counted", default=None)
"""Statements of this task alone: the worker is at work in the same process."""


async def test_every_view_takes_as_many_statements_for_many_as_for_one(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Room._run

    async def counted(self: Room, statement: Executable) -> CursorResult[Any]:
        if (found := _COUNTED.get()) is not None:
            found.append(statement)
        return await run(self, statement)

    monkeypatch.setattr(Room, "_run", counted)
    request_id = await waiting(here)
    others: list[str] = []
    async with as_(here, "Kim") as browser:

        async def statements(view: View) -> int:
            found: list[object] = []
            token = _COUNTED.set(found)
            await browser.get(f"/?view={view}")
            _COUNTED.reset(token)
            return len(found)

        few = [await statements(view) for view in View]
        others += [await waiting(here) for _ in range(3)]
        many = [await statements(view) for view in View]
    for one in (request_id, *others):
        await over(here, one)
    # Of open ones it is asked which have no date, too: if there are any, their page is another one.
    assert few == many
    assert set(few) <= {3, 4, 5}
    assert [view for view, asked in zip(View, few, strict=True) if asked == 3] == [View.CLOSED]


async def test_a_request_is_handed_on_from_its_page(here: World) -> None:
    request_id = await here.open(here.person())
    path = f"/requests/{request_id}/holder"
    async with as_(here, "Kim", agent=("Noor",)) as browser:
        token = await csrf(browser, f"/requests/{request_id}")
        handed = await browser.post(path, data={"csrf": token, "what": "hand", "to": "Noor"})
        assert handed.headers["location"] == f"/requests/{request_id}#holder"
        assert "Held by Noor" in (await browser.get(f"/requests/{request_id}")).text
        # The page that they took it from said that nobody had it.
        late = await browser.post(path, data={"csrf": token, "what": "take", "held": ""})
        assert late.status_code == 409
        assert "A colleague changed this" in late.text
        assert "Held by Noor, since" in late.text
        assert "Held by Noor" in (await browser.get(f"/requests/{request_id}")).text
        wrong = await browser.post(path, data={"csrf": token, "what": "hand", "to": "A <Stranger>"})
        assert wrong.status_code == 400
        assert 'value="A &lt;Stranger&gt;"' in wrong.text
        forged = await browser.post(path, data={"csrf": "0" * 64, "what": "back"})
        assert forged.status_code == 403
        assert "Held by Noor" in (await browser.get(f"/requests/{request_id}")).text
        nowhere = await browser.post("/requests/HB-0000-0000-0000/holder", data={"csrf": token, "what": "take"})
        assert nowhere.status_code == 404
    async with as_(here, "Audrey", auditor=("Audrey",)) as browser:
        page = await browser.get(f"/requests/{request_id}")
        assert 'name="what"' not in page.text
        token = await csrf_of_another_form(browser)
        assert (await browser.post(path, data={"csrf": token, "what": "take"})).status_code == 403


async def csrf_of_another_form(browser: httpx2.AsyncClient) -> str:
    """The session's token, from the page where one becomes somebody else."""
    return await csrf(browser, "/sign-in")


async def test_a_webhook_that_is_sent_nothing_any_more_is_shown_to_who_can_mend_it(here: World) -> None:
    made = await here.office.add_webhook("https://crm.example.com/in", controller="demo", by="Ida")
    off = update(webhook).where(webhook.c.id == made.webhook.id).values(disabled_at=here.office.now())
    async with here.office._ledger.begin() as tx:
        await tx._run(off.values(answered="http_500"))
    async with as_(here, "Audrey", auditor=("Audrey",)) as browser:
        assert "crm.example.com" not in (await browser.get("/systems")).text
    async with as_(here, "Ida", administrator=("Ida",)) as browser:
        page = (await browser.get("/systems")).text
        assert "crm.example.com" in page
        assert f"habeas webhook enable {made.webhook.id}" in page
        await here.office.enable_webhook(made.webhook.id)
        assert "crm.example.com" not in (await browser.get("/systems")).text
    await here.office.remove_webhook(made.webhook.id, by="Ida")


async def test_all_that_waits_is_tried_again_with_a_reason(here: World) -> None:
    request_id = await waiting(here)
    async with as_(here, "Kim") as browser:
        page = (await browser.get("/systems")).text
        assert 'href="/?waits=billing"' in page
        assert "system unavailable: 1" in page
        token = await csrf(browser, "/systems")
        silent = await browser.post("/systems/billing/retry", data={"csrf": token, "reason": " "})
        assert (silent.status_code, 'id="slip"' in silent.text) == (422, True)
        long = await browser.post("/systems/billing/retry", data={"csrf": token, "reason": "long " * 500})
        assert (long.status_code, "at most 2000 characters" in long.text, "long long" in long.text) == (422, True, True)
        done = await browser.post("/systems/billing/retry", data={"csrf": token, "reason": "the key was renewed"})
        assert done.status_code == 303
        assert done.headers["location"].startswith("/systems?tried=billing&n=")
        assert "billing is tried again" in (await browser.get("/systems?tried=billing&n=2")).text
        assert "<script>" not in (await browser.get("/systems?tried=%3Cscript%3E&n=2")).text
        nowhere = await browser.post("/systems/nowhere/retry", data={"csrf": token, "reason": "r"})
        assert nowhere.status_code == 404
        stale = await browser.post("/systems/billing/retry", data={"csrf": "another's", "reason": "half a story"})
        assert (stale.status_code, "half a story" in stale.text, "of another session" in stale.text) == (
            403,
            True,
            False,
        )
    async with as_(here, "Audrey", auditor=("Audrey",)) as browser:
        assert "/systems/billing/retry" not in (await browser.get("/systems")).text
        token = await csrf_of_another_form(browser)
        refused = await browser.post("/systems/billing/retry", data={"csrf": token, "reason": "r"})
        assert refused.status_code == 403
    await over(here, request_id)


async def test_a_report_is_downloaded_and_a_wrong_period_is_said(browser: httpx2.AsyncClient) -> None:
    made = await browser.get(f"{REPORT}&as=csv")
    assert made.headers["content-type"] == "text/csv; charset=utf-8"
    assert made.headers["content-disposition"] == 'attachment; filename="demo-2026-01-01-2026-12-31.csv"'
    assert made.text.startswith("controller,from,to,zone,")
    year = await browser.get(f"{CALIFORNIA}&as=csv")
    assert [line.split(",")[6] for line in year.text.splitlines()[1:]] == [
        "delete",
        "correct",
        "know",
        "opt_out",
        "limit",
    ]
    for path in ("/reports?controller=demo&from=2026-02-01&to=2026-01-01", "/reports?controller=demo&from=x&to=y"):
        wrong = await browser.get(path)
        assert (wrong.status_code, "first and the last day" in wrong.text) == (400, True)
    assert 'value="2026-02-01"' in (await browser.get("/reports?controller=demo&from=2026-02-01&to=x")).text
    for path in ("/reports/california?year=soon", "/reports/california?controller=demo&year=-1"):
        assert (await browser.get(path)).status_code == 400


async def test_the_overview_is_a_table_whose_numbers_are_links(here: World, browser: httpx2.AsyncClient) -> None:
    request_id = await here.open(here.person(), "erasure")
    await here.reach(request_id, Stage.VERIFYING)
    page = (await browser.get("/overview")).text
    assert re.search(r'<a href="/\?stage=verifying">.*?</a></th><td class="number">\d+</td>', page)
    assert re.search(r'<a href="/\?right=erasure">', page)
    assert page.count("<svg") == page.count('aria-hidden="true"')
    assert (await browser.get("/overview?controller=nobody")).status_code == 200


async def test_the_overview_says_whether_there_is_time_enough_and_what_is_in_the_way(here: World) -> None:
    request_id = await waiting(here)  # for billing, which fails
    async with as_(here, "Kim") as browser:
        page = (await browser.get("/overview")).text
        french = (await browser.get("/overview", headers={"accept-language": "fr"})).text
    assert "What takes longest: billing." in page
    assert '<span class="late">does not serve</span>' in page
    assert "Held up by a system that does not serve" in page
    assert "Ce qui prend le plus de temps" in french
    await over(here, request_id)


async def test_a_page_is_told_that_something_happened_and_nothing_of_it(
    here: World, browser: httpx2.AsyncClient
) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    events = await here.office.happened(request_id)
    async with browser.stream("GET", f"/live?of={request_id}", timeout=PATIENCE) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        assert await anext(lines) == "retry: 5000"
        await here.office.take(request_id, by="Kim")
        async with asyncio.timeout(PATIENCE):
            block = [line async for line in until_data(lines)]
    assert block[-1] == "data: changed"
    assert int(block[-2].removeprefix("id: ")) > events
    assert request_id not in "".join(block)


async def until_data(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith("data"):
            return


async def test_the_queue_s_page_is_told_of_any_request_of_ones_own(here: World, browser: httpx2.AsyncClient) -> None:
    before = await here.office.events_after(None)
    await here.open(here.person())
    # From the number that it knows. Not at the first look, if a worker places the events at that moment.
    known = {"last-event-id": str(before.position)}
    async with browser.stream("GET", "/live", headers=known, timeout=PATIENCE) as response, asyncio.timeout(PATIENCE):
        assert [line async for line in until_data(response.aiter_lines())][-1] == "data: changed"
    for path in ("/live?of=HB-0000-0000-0000", "/live?of=x"):
        assert (await browser.get(path)).status_code == 404


async def test_a_page_that_follows_does_not_keep_its_session_alive(here: World) -> None:
    one, now = here.office, here.office._now()
    clock = [now]
    policies = {
        name: policy.model_copy(update={"staff": policy.staff.model_copy(update={"accounts": ("kim",)})})
        for name, policy in here.parts.policies.items()
    }
    office = Office(one._ledger, one._engine, policies, one._storage, lambda: clock[0])
    lasts = Lasts(timedelta(minutes=30), timedelta(hours=12))
    session = await office.start_session("kim", idle=lasts.idle, longest=lasts.longest)
    door = Door(office, Local("nobody", office), lasts)
    app = httpx2.ASGITransport(create_app(office, door=door))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1", cookies={COOKIE: session}) as browser:
        for minutes in (20, 40):
            clock[0] = now + timedelta(minutes=minutes)
            assert ("kim" in (await browser.get("/", headers={FOLLOWS: "1"})).text) is (minutes < 30)
        clock[0] = now + timedelta(minutes=20)
        await browser.get("/live?seconds=0")
        clock[0] = now + timedelta(minutes=29)
        await browser.get("/")  # somebody is there
        clock[0] = now + timedelta(minutes=50)
        assert "kim" in (await browser.get("/")).text
