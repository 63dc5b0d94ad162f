"""Staff review a copy on a page: what was collected, what may be about others, what is taken out."""

import html
import io
import json
import re
import zipfile

import httpx2
import pytest

from activities.pages import Pages
from habeas.acts import ActKind
from habeas.connector import File, Page
from habeas.model import Outcome, Stage
from habeas.policy import StaffPolicy
from tests.desk.pages import form, said, send
from tests.fetching import fetched
from tests.office.world import World
from workers.desk import create_app
from workers.desk.door import Door, Local
from workers.desk.review import pieces
from workers.office import Office, RedactionAsked
from workers.office.collected import ShownValue

NOTE = "Please call Bo Nielsen <b>now</b>\nor bo@neighbour.example"


class Reviewer:
    """Somebody with a browser, who sends forms as they stand on the page."""

    def __init__(self, browser: httpx2.AsyncClient, request_id: str) -> None:
        self.browser, self.path = browser, f"/requests/{request_id}/review"
        self.page = ""

    async def look(self, **words: str) -> httpx2.Response:
        """See it, with a reason."""
        return await self.send(act="look", why="seen to it", **words)

    async def send(self, **fields: str) -> httpx2.Response:
        """One form."""
        start = (await self.browser.get(self.path)).text
        token = re.search(r'name="csrf" value="([^"]+)"', start)
        assert token
        answer = await self.browser.post(
            self.path, data={"csrf": token.group(1), "why": "seen to it", "step": "do"} | fields
        )
        self.page = html.unescape(answer.text)
        return answer

    def object(self, word: str) -> str:
        """The record that says this."""
        article = next(one for one in self.page.split("<article")[1:] if word in one)
        found = re.search(r'name="object" value="([^"]+)"', article)
        assert found
        return found.group(1)


async def test_a_copy_is_looked_at_redacted_and_approved(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, address = await here.reviewed(NOTE)
    story = await browser.get(f"/requests/{request_id}")
    assert f'href="/requests/{request_id}/review"' in story.text
    reviewer = Reviewer(browser, request_id)
    before = (await browser.get(reviewer.path)).text
    assert NOTE[:8] not in before
    assert address not in before
    answer = await reviewer.look()
    assert answer.status_code == 200
    assert '<mark title="name?">Bo Nielsen</mark>' in answer.text
    assert "<b>now" not in answer.text
    assert "&lt;b&gt;now" in answer.text
    (choice,) = (one for one in re.findall(r'value="(passage:[^"]+)"', reviewer.page) if one.startswith("passage:12:"))
    note = reviewer.object("Bo Nielsen")
    words = {"object": note, "ground": "rights_of_others", "reason": "a neighbour"}
    done = await reviewer.send(act="redact", what=choice, **words)
    assert (done.status_code, "It is taken out" in done.text) == (200, True)
    assert '<del title="taken out">Bo Nielsen</del>' in done.text
    # A passage over two lines, as browsers send it.
    await reviewer.send(act="redact", what="field:/note", text="\r\nor bo@neighbour.example", **words)
    await reviewer.send(act="redact", what="everywhere", text="Please", ground="rights_of_others", reason="x")
    assert "It matches nothing any more" not in reviewer.page
    nothing = {"text": "Nobody says this", "ground": "rights_of_others", "reason": "x"}
    assert "It matches nothing any more" in (await reviewer.send(act="redact", what="everywhere", **nothing)).text
    *_, unmet = re.findall(r'name="redaction" value="([^"]+)"', reviewer.page.split("wherever it occurs: ")[2])
    await reviewer.send(act="unredact", redaction=unmet, reason="nothing")
    (back,) = re.findall(r'name="redaction" value="([^"]+)"', reviewer.page.split("wherever it occurs: ")[1])
    assert "It is put back" in (await reviewer.send(act="unredact", redaction=back, reason="no need")).text
    action = f"/requests/{request_id}/acts/approve"
    shown = await send(browser, form(await reviewer.look(), action), reason="seen")
    assert (shown.status_code, "What it does" in shown.text) == (200, True)
    assert (await here.office.show(request_id)).entry.stage is Stage.REVIEWING
    approved = await send(browser, form(shown, action, step="do"))
    assert approved.headers["location"] == f"/requests/{request_id}?done=approve"
    await here.reach(request_id, Stage.CLOSED)
    assert (await here.office.show(request_id)).entry.outcome == Outcome.PARTLY_FULFILLED.value
    zipped = zipfile.ZipFile(io.BytesIO(await fetched(here.office, await here.link(address))))
    mark = "[redacted: rights of others]"
    notes = [one.get("note") for one in json.loads(zipped.read("data/crm/orders.json"))]
    assert f"Please call {mark} <b>now</b>{mark}" in notes
    views = [one for one in await here.office.timeline(request_id) if one.facts.get("what") == "collected"]
    assert len(views) == 8
    assert "nothing can be taken out of it" in (await reviewer.look()).text


async def test_what_a_colleague_did_meanwhile_is_seen_before_a_copy_is_released(
    here: World, browser: httpx2.AsyncClient
) -> None:
    """Somebody had the review open while another asked the person something: the release waits for them to know."""
    request_id, _ = await here.reviewed(NOTE)
    action = f"/requests/{request_id}/acts/approve"
    opened = form(await Reviewer(browser, request_id).look(), action)
    await here.office.act(ActKind.ASK, request_id, by="Ida", reason="Do not release it before I say so.")
    shown = await send(browser, opened, reason="seen")
    assert (shown.status_code, "Somebody was here before you" in shown.text) == (200, True)
    at_once = await send(browser, opened, reason="seen", step="do")
    assert (at_once.status_code, "Somebody was here before you" in at_once.text) == (409, True)
    assert "act:approve" not in [one.tag for one in await here.office.timeline(request_id)]


async def test_a_redaction_is_shown_first_and_says_what_a_colleague_did_meanwhile(
    here: World, browser: httpx2.AsyncClient
) -> None:
    request_id, _ = await here.reviewed(NOTE)
    path = f"/requests/{request_id}/review"
    reviewer = Reviewer(browser, request_id)
    opened = await reviewer.look()
    (choice,) = (one for one in re.findall(r'value="(passage:[^"]+)"', reviewer.page) if one.startswith("passage:12:"))
    note = reviewer.object("Bo Nielsen")
    asked = form(opened, path, act="redact", object=note)
    typed = {"what": choice, "ground": "rights_of_others", "reason": "a neighbour"}
    shown = await send(browser, asked, **typed)
    for words in ("It leaves the copy", "Bo Nielsen", "rights of others", "a neighbour", "No letter goes out"):
        assert words in said(shown), words
    assert await here.office.redactions(request_id, by="Kim", reason="x") == ()
    back = await send(browser, form(shown, path, step="edit"))
    assert form(back, path, act="redact", object=note).values["reason"] == "a neighbour"
    please = RedactionAsked(text="Please")
    await here.office.redact(request_id, by="Ida", reason="x", ground="rights_of_others", asked=please)
    stale = await send(browser, form(shown, path, step="do"))
    assert stale.status_code == 409
    assert "Somebody was here before you" in said(stale)
    assert "a neighbour" in said(stale)
    noted = await send(browser, form(opened, path, act="look", system="crm"))
    assert "Somebody was here before you" in said(noted)
    done = await send(browser, form(stale, path, step="do"))
    assert "It is taken out" in said(done)
    (mine,) = (one.id for one in await here.office.redactions(request_id, by="Kim", reason="x") if one.path)
    undo = await send(browser, form(done, path, redaction=mine), reason="no need")
    assert "It is in the copy again" in said(undo)
    assert "It is put back" in said(await send(browser, form(undo, path, step="do")))


async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, _ = await here.reviewed(NOTE)
    reviewer = Reviewer(browser, request_id)
    await reviewer.look()
    note = reviewer.object("Bo Nielsen")
    words = {"object": note, "ground": "rights_of_others", "reason": "a typed reason"}
    wrong = await reviewer.send(act="redact", what="field:/note", text="zqcanary", **words)
    assert wrong.status_code == 400
    for word in ("This was not done:", "does not occur there", ">zqcanary<", 'value="a typed reason"', " checked"):
        assert word in html.unescape(wrong.text), word
    for fields in ({"what": "nonsense"}, {"what": "passage:x:y:/note"}, {"what": "file:1"}, {"what": "passage:"}):
        assert (await reviewer.send(act="redact", **fields, **words)).status_code == 400
    for unusable in ({"text": "\0"}, {"ground": "\0"}, {"ground": "x" * 400}, {"reason": "\0"}):
        sent = {"what": "field:/note", **words} | unusable
        assert (await reviewer.send(act="redact", step="preview", **sent)).status_code == 400, unusable
    assert (await reviewer.send(act="unredact", step="preview", redaction="\0" * 9, reason="x")).status_code == 400
    assert (await reviewer.send(act="unredact", redaction="0" * 36, reason="x")).status_code == 400
    action = f"/requests/{request_id}/acts/approve"
    stale = await send(browser, form(await reviewer.look(), action), plan="0" * 64, reason="seen")
    assert (stale.status_code, "has changed since you saw it" in stale.text) == (409, True)
    assert (await reviewer.send(act="dance")).status_code == 400
    assert (await reviewer.send(why="")).status_code == 400
    assert (await reviewer.look(after="x")).status_code == 400
    assert "act:redact" not in [one.tag for one in await here.office.timeline(request_id)]


async def test_a_double_click_is_one_redaction(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, _ = await here.reviewed(NOTE)
    reviewer = Reviewer(browser, request_id)
    await reviewer.look()
    act_id = re.findall(r'name="act_id" value="([^"]+)"', reviewer.page)[0]
    words = {"object": reviewer.object("Bo"), "ground": "rights_of_others", "reason": "x", "act_id": act_id}
    for _ in range(2):
        assert (await reviewer.send(act="redact", what="field:/note", **words)).status_code == 200
    assert len(await here.office.redactions(request_id, by="Kim", reason="x")) == 1


async def test_french_readers_are_shown_it_in_french(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, _ = await here.reviewed(NOTE)
    browser.headers["accept-language"] = "fr-CA"
    reviewer = Reviewer(browser, request_id)
    answer = await reviewer.look()
    assert '<html lang="fr">' in answer.text
    assert "Ce qui a été recueilli" in answer.text
    assert "droits d’autrui" in reviewer.page


ROLES = {
    "agent": {"look"},
    "officer": {"look", "redact", "approve"},
    "approver": {"look", "approve"},
    "system_owner": set(),
    "auditor": set(),
    "administrator": set(),
}


@pytest.mark.parametrize("role", ROLES)
async def test_who_may_do_what(here: World, role: str) -> None:
    request_id, _ = await here.reviewed(NOTE)
    demo = here.parts.policies["demo"].model_copy(update={"staff": StaffPolicy(roles={role: ("noor",)})})  # type: ignore[dict-item]  # by its name
    office = here.office
    whole = Office(office._ledger, office._engine, {"demo": demo}, office._storage, office._now)
    app = httpx2.ASGITransport(create_app(whole, door=Door(whole, Local("noor", whole.for_staff("noor")))))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as noor:
        start = await noor.get(f"/requests/{request_id}/review")
        assert start.status_code == (200 if ROLES[role] else 403)
        if not ROLES[role]:
            return
        reviewer = Reviewer(noor, request_id)
        await reviewer.look()
        offers = {"redact": 'name="act" value="redact"', "approve": f'action="/requests/{request_id}/acts/approve"'}
        offered = {act for act, shown in offers.items() if shown in reviewer.page}
        assert offered == ROLES[role] - {"look"}
        sent = await reviewer.send(
            act="redact", what="everywhere", text="Bo", ground="rights_of_others", reason="x", act_id=""
        )
        assert (sent.status_code == 200) == ("redact" in ROLES[role])


async def test_a_form_from_elsewhere_and_a_request_that_is_not_there_show_nothing(
    here: World, browser: httpx2.AsyncClient
) -> None:
    request_id, _ = await here.reviewed(NOTE)
    path = f"/requests/{request_id}/review"
    forged = await browser.post(path, data={"act": "look", "why": "x", "csrf": "0" * 64})
    assert forged.status_code == 403
    assert "Nielsen" not in forged.text
    assert (await browser.get("/requests/HB-0000-0000-0000/review")).status_code == 404
    erasure = await here.proven(here.person(), "erasure")
    await here.reach(erasure, Stage.REVIEWING)
    assert (await Reviewer(browser, erasure).look()).status_code == 400


async def test_an_attachment_is_saved_and_never_shown(here: World, browser: httpx2.AsyncClient) -> None:
    request_id, _ = await here.reviewed(NOTE)
    pages = Pages(here.ledger, here.parts.storage, request_id)
    there = [one async for one in pages.read("crm", range(1))]
    scan = File(name="Bo Nielsen.html", media_type="text/html", content=b"<script>alert(1)</script>")
    with_file = tuple(one.model_copy(update={"files": (scan,)}) for one in there)
    await pages.write("crm", 0, Page(records=with_file, cursor="1"))
    reviewer = Reviewer(browser, request_id)
    await reviewer.look()
    assert "Attachment 1: Bo Nielsen.html (text/html, 25 bytes)" in reviewer.page
    token = re.search(r'name="csrf" value="([^"]+)"', reviewer.page)
    assert token
    form = {"csrf": token.group(1), "why": "seen to it", "object": reviewer.object("Bo Nielsen.html"), "file": "1"}
    saved = await browser.post(f"{reviewer.path}/file", data=form)
    assert (saved.status_code, saved.content) == (200, scan.content)
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"] == 'attachment; filename="attachment-1.txt"'
    assert saved.headers["x-content-type-options"] == "nosniff"
    for wrong, status in (({"file": "2"}, 404), ({"file": "x"}, 404), ({"object": "x"}, 404), ({"csrf": "0"}, 403)):
        assert (await browser.post(f"{reviewer.path}/file", data=form | wrong)).status_code == status
    words = {"object": form["object"], "ground": "rights_of_others", "reason": "x"}
    done = await reviewer.send(act="redact", what="file:1", **words)
    assert "<del>Attachment 1: Bo Nielsen.html" in done.text


def test_pieces_are_the_whole_text() -> None:
    value = ShownValue.model_validate(
        {
            "path": "/t",
            "value": "abcdefgh",
            "marks": [{"start": 2, "end": 4, "kind": "name"}],
            "taken": [
                {"redaction": "r", "ground": "g", "part": "passage", "start": 3, "end": 6},
                {"redaction": "q", "ground": "g", "part": "passage", "start": 5, "end": 7},
            ],
        }
    )
    cut = [(one.text, one.kind, one.taken) for one in pieces(value)]
    assert cut == [
        ("ab", None, False), ("c", "name", False), ("d", "name", True), ("e", None, True), ("f", None, True),
        ("g", None, True), ("h", None, False),
    ]  # fmt: skip
