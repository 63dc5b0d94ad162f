import re
import uuid
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import httpx2
import pytest

from activities.ledger import WAITING, Letter
from habeas.errors import ConfigurationError
from habeas.evidence import Tag
from habeas.model import Stage
from tests.desk.pages import form, send
from tests.office.world import World
from workers import desk
from workers.desk import create_app
from workers.desk.door import Door, Local
from workers.desk.pages import page
from workers.desk.server import refuse_wide
from workers.office import Office, Told
from workers.office.letters import HandedLetter
from workers.settings import DeskSettings


async def test_the_queue_and_the_story_name_nobody(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person(name="Canary Bird")
    request_id = await here.open(address, name="Canary Bird", note="canary song")
    await here.reach(request_id, Stage.VERIFYING)
    queue = await browser.get("/")
    story = await browser.get(f"/requests/{request_id}")
    assert request_id in queue.text
    assert "EU-GDPR" in story.text
    assert f'action="/requests/{request_id}/acts/prove"' in story.text
    for shown in (queue, story):
        assert "canary" not in shown.text.lower()
        assert address not in shown.text


async def test_staff_of_one_controller_see_nothing_of_anothers(here: World) -> None:
    """What is not theirs is answered to the letter as what is not there; persons' own pages are there all the same."""
    request_id = await here.proven(here.person())
    await here.reach(request_id, Stage.CLOSED)
    mine = here.parts.policies["demo"]
    other = mine.model_copy(
        update={
            "controller": mine.controller.model_copy(update={"id": "other"}),
            "staff": mine.staff.model_copy(update={"accounts": ("noor",)}),
        }
    )
    kims = mine.model_copy(update={"staff": mine.staff.model_copy(update={"accounts": ("kim",)})})
    office = here.office
    both = Office(office._ledger, office._engine, {"demo": kims, "other": other}, office._storage, office._now)
    app = httpx2.ASGITransport(create_app(both, door=Door(both, Local("noor", both.for_staff("noor")))))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as noor:
        for path in ("/", "/?view=closed", "/?view=overdue"):
            assert request_id not in (await noor.get(path)).text
        theirs, none = [await noor.get(f"/requests/{one}") for one in (request_id, "HB-0000-0000-0000")]
        assert (theirs.status_code, theirs.text) == (none.status_code, none.text)
        after, before = [await noor.get(f"/?cursor={one}") for one in (request_id, "HB-0000-0000-0000")]
        # The page says its own address, to come back to in another language.
        assert after.text.replace(request_id, "HB-0000-0000-0000") == before.text
        assert after.status_code == before.status_code
        assert (await noor.get(f"/v/{request_id}")).status_code == 200


async def test_what_a_system_said_is_shown_in_full_to_who_says_why(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, under = await here.open(here.person()), uuid.uuid4().hex
    await here.reach(request_id, Stage.VERIFYING)
    async with here.ledger.begin() as tx:
        await tx.save_system(request_id, "crm", "find", WAITING, {}, error_code="terminal", correlation=under)
        await tx.save_error(request_id, under, "terminal", "no row of <b>canary")
    story, page = await browser.get(f"/requests/{request_id}"), f"/requests/{request_id}/errors/{under}"
    assert f'href="{page}"' in story.text
    assert "canary" not in story.text
    asked = form(await browser.get(page), page)
    assert (await send(browser, asked)).status_code == 422
    shown = await send(browser, asked, reason="to mend it")
    assert "no row of &lt;b&gt;canary" in shown.text
    other = await browser.post(f"/requests/{request_id}/errors/{'e' * 32}", data=asked.values | {"reason": "r"})
    assert other.status_code == 404
    (mark,) = [one for one in await here.office.timeline(request_id) if one.tag == "personal_data:viewed"]
    assert mark.facts["what"] == "error"


async def test_who_a_letter_is_to_is_said(here: World, browser: httpx2.AsyncClient) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    now = here.office._now()
    roles = {"recipient": "a recipient of the data", "controller": "whoever controls", "staff": "staff, to hand over"}
    async with here.ledger.begin() as tx:
        for role in ("recipient", "controller", "staff"):
            await tx.queue_letter(
                Letter(
                    id=str(uuid.uuid4()), request_id=request_id, kind="acknowledgement", language="en", dedupe=role,
                    recipient_role=role, queued_at=now, to="x@y.example", subject="s", text="t",
                )
            )  # fmt: skip
    page = (await browser.get(f"/requests/{request_id}")).text
    assert [word for word in roles.values() if word not in page] == []


async def test_who_works_by_keyboard_begins_in_the_form(here: World, browser: httpx2.AsyncClient) -> None:
    request_id = await here.open(here.person())
    for path, first in (
        ("/open", '<select id="open-right"'),
        ("/find", '<input id="find-value"'),
        (f"/requests/{request_id}/match", '<input id="why-reason"'),
    ):
        page = (await browser.get(path)).text
        at = page.index(" autofocus")
        assert page.count(" autofocus") == 1
        assert page[page.rindex("<", 0, at) :].startswith(first), path


@pytest.mark.parametrize("path", ["/?view=closed", "/?view=overdue", "/?view=%3Cscript%3E", "/healthz", "/readyz"])
async def test_pages_that_are_there(browser: httpx2.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/requests/HB-0000-0000-0000", "/requests/x", "/nowhere", "/docs", "/openapi.json"])
async def test_pages_that_are_not(browser: httpx2.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


async def test_every_answer_keeps_the_browser_honest(browser: httpx2.AsyncClient) -> None:
    for path in ("/", "/v/HB-0000-0000-0000", f"/d/{'x' * 43}", "/nowhere", "/static/desk.css"):
        headers = (await browser.get(path)).headers
        ours = headers["content-security-policy"].count("; script-src 'self'; connect-src 'self'")
        assert ours == (path == "/"), "persons' pages have no script"
        assert headers["content-security-policy"].count("-src '") == 3 + 2 * ours
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] in {"no-store", "no-cache"}
        assert "server" not in headers


def test_what_a_page_shows_lets_no_script_run() -> None:
    """A processor's page has a value `who`, too: the persons."""
    assert "content-security-policy" not in page("nothing.html", title="t", text="t", who=[("Name", "n")]).headers


def test_a_browser_lets_nobody_write_more_than_is_given_back() -> None:
    """What is longer than a form takes is refused, and of what is refused no more is shown again than so much."""
    fields = re.compile(r"<textarea[^>]*>|<input(?![^>]*type=\"(?:hidden|radio|checkbox|file|date)\")[^>]*>")
    templates = Path(desk.__file__).parent / "templates"
    without = {
        f"{file.name}: {one}"
        for file in templates.glob("*.html")
        for one in fields.findall(file.read_text())
        if "maxlength" not in one
    }
    assert without == set()


async def test_what_should_not_come_in_does_not(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/", headers={"host": "evil.example"})).status_code == 421
    assert (await browser.post("/v/x", data={"code": "1" * 9000})).status_code == 413
    cross = await browser.post("/v/x", data={"code": "1"}, headers={"sec-fetch-site": "cross-site"})
    assert cross.status_code == 403
    assert "code" not in cross.text

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"code=" + b"1" * 1000

    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await browser.post("/v/x", content=drip(), headers=form)).status_code == 413


async def test_paths_stay_out_of_the_log(browser: httpx2.AsyncClient, log: StringIO) -> None:
    token = "T" * 43
    await browser.get(f"/d/{token}")
    await browser.post(f"/d/{token}")
    assert "page_served" in log.getvalue()
    assert token not in log.getvalue()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "desk.example.org"])  # noqa: S104 - refused
def test_the_desk_serves_this_machine_only(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"desk\.host"):
        refuse_wide(DeskSettings(host=host))
    refuse_wide(DeskSettings())


async def test_who_notes_a_letter_second_is_told_who_was_first(
    here: World, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await here.open(here.person())
    events = await here.office.timeline(request_id)

    async def noted(*_: object, **__: object) -> HandedLetter:
        return HandedLetter(request=request_id, letter="acknowledgement", first=False)

    async def timeline(_: str) -> tuple[Told, ...]:
        colleague = {"tag": Tag.LETTER_HANDED_OVER, "actor": here.office.actor("Ida"), "facts": {"id": "l1"}}
        return (*events, events[-1].model_copy(update=colleague))

    monkeypatch.setattr(here.office, "letter_handed", noted)
    monkeypatch.setattr(here.office, "timeline", timeline)
    token = form(await browser.get(f"/requests/{request_id}"), f"/requests/{request_id}/acts/extend").values["csrf"]
    second = await browser.post("/letters/L1/handed", data={"csrf": token, "reason": "given to them at the desk"})
    assert second.status_code == 409
    assert "noted before you that the person got this letter" in second.text
    assert here.office.actor("Ida")[:6] in second.text
    assert "given to them at the desk" in second.text
