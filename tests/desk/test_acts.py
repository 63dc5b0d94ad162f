"""Staff carry a request on the desk's pages: shown first, then done, once."""

import asyncio
import re
import uuid
from datetime import date
from io import StringIO

import httpx2
import pytest

from activities.messages import MessageKind
from habeas.acts import ActKind
from habeas.errors import EngineUnavailable
from habeas.model import Identifier, Stage
from tests.desk.pages import form, forms, said, send
from tests.office.world import World
from workers.desk import create_app, pages
from workers.desk.door import Door, Local
from workers.desk.speech import LANGUAGES, speech
from workers.office import Office, Story
from workers.office.asked import ASKED, MoreIdentifiers
from workers.office.effects import PREVIEWED
from workers.office.messages import Sent
from workers.office.previewing import Preview, Promised
from workers.office.story import OtherKind, PossibleAct


def _at(office: Office, account: str) -> httpx2.AsyncClient:
    app = create_app(office, door=Door(office, Local(account, office.for_staff(account))))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1")


async def _verifying(here: World, name: str | None = None) -> str:
    request_id = await here.open(here.person(), name=name)
    await here.reach(request_id, Stage.VERIFYING)
    return request_id


async def test_an_act_is_shown_with_its_date_and_letter_and_then_done_once(
    here: World, browser: httpx2.AsyncClient
) -> None:
    request_id = await _verifying(here, name="Canary Bird")
    action = f"/requests/{request_id}/acts/extend"
    asked = form(await browser.get(f"/requests/{request_id}"), action)
    assert "complexity" in asked.choices["ground"]
    before = (await here.office.show(request_id)).request
    shown = await send(browser, asked, ground="complexity", reason="Many <b>archives</b>")
    text = said(shown)
    assert shown.status_code == 200
    assert "instead of" in text
    assert "We need more time for your request" in text
    assert "&lt;b&gt;archives" in shown.text
    assert "<b>archives" not in shown.text
    assert "canary" not in shown.text.lower()
    assert (await here.office.show(request_id)).request == before
    sure = form(shown, action, step="do")
    first, second = await asyncio.gather(send(browser, sure), send(browser, sure))
    assert [first.status_code, second.status_code] == [303, 303]
    assert "Done: Extend the term" in said(await browser.get(first.headers["location"]))
    tags = [one.tag for one in await here.office.timeline(request_id)]
    assert tags.count("act:extend") == 1
    assert (await here.office.show(request_id)).request.extended


async def test_a_requests_page_opens_with_whatever_can_be_done(
    here: World, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await _verifying(here)
    await here.office.hear(request_id, Sent(kind=MessageKind.ANSWER, text="my phone has changed"), str(uuid.uuid4()))
    assert (await browser.get(f"/requests/{request_id}")).status_code == 200
    show, wrong = here.office.show, {}
    for kind in (*sorted(ASKED), *OtherKind):
        one = PossibleAct(kind=kind, title="", command="", about="x")

        async def shown(request_id: str, one: PossibleAct = one) -> Story:
            return (await show(request_id)).model_copy(update={"possible": (one,)})

        monkeypatch.setattr(here.office, "show", shown)
        status = (await browser.get(f"/requests/{request_id}")).status_code
        if status != 200:
            wrong[kind] = status
    assert wrong == {}


async def test_every_act_that_a_page_offers_is_previewed_before_it_is_done(
    here: World, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each form as a browser sends it first: it is shown what it would do, and nothing is done."""
    request_id = await _verifying(here)
    at, task = f"/requests/{request_id}", f"{request_id.lower()}-1"
    csrf = form(await browser.get(f"{at}/acts/extend"), f"{at}/acts/extend").values["csrf"]
    own = {
        ActKind.DECIDE_MATCH: (f"{at}/match", {"step": "decide", "record.abc": "yes"}),
        ActKind.CONTEST: (f"{at}/contest", {"correction": "1", "why_not": "why"}),
        ActKind.FINISH_TASK: (f"/tasks/{task}/done", {"found": "nothing"}),
        ActKind.REDACT: (f"{at}/review", {"act": "redact", "what": "object", "object": "x", "ground": "trade_secret"}),
        ActKind.UNREDACT: (f"{at}/review", {"act": "unredact", "redaction": "0" * 36}),
    }
    words = {"code": "1", "question": "?", "amount": "EUR 5", "ground": "excessive", "category": "contact"}
    words |= {"system": "crm", "waits_for": "clarification", "expected_on": "2030-01-01", "email": "a@example.org"}
    tried: list[ActKind] = []

    async def preview(kind: ActKind, *_: object, **__: object) -> Preview:
        tried.append(kind)
        return Preview(kind=kind, due_on=None, due_then=None)

    async def done(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(here.office, "preview", preview)
    for name in ("act", "carry_out", "finish_task", "redact", "unredact"):
        monkeypatch.setattr(here.office, name, done)
    assert set(PREVIEWED) == set(ActKind) - {ActKind.PROVE}, "a code is tried, and costs a try"
    for kind in PREVIEWED:
        path, typed = own.get(kind, (f"{at}/acts/{kind}", words))
        sent = {"csrf": csrf, "reason": "why", "why": "why", "look": "why", **typed}
        assert (await browser.post(path, data=sent)).status_code == 200, kind
    assert tried == [*PREVIEWED]


async def test_what_was_typed_is_kept_and_each_slip_names_its_field(here: World, browser: httpx2.AsyncClient) -> None:
    request_id = await _verifying(here)
    action = f"/requests/{request_id}/acts/charge"
    asked = form(await browser.get(f"/requests/{request_id}"), action)
    wrong = await send(browser, asked, amount="some", ground="excessive", reason="the fourth this month")
    assert wrong.status_code == 422
    assert 'href="#charge-amount"' in wrong.text
    kept = form(wrong, action)
    assert (kept.values["amount"], kept.values["ground"]) == ("some", "excessive")
    assert kept.values["reason"] == "the fourth this month"
    empty = await send(browser, kept, amount="", reason="")
    assert {'href="#charge-amount"', 'href="#charge-reason"'} <= set(empty.text.replace(">", " ").split())
    back = await send(browser, form(await send(browser, kept, amount="EUR 5"), action, step="edit"))
    assert form(back, action).values["amount"] == "EUR 5"


async def test_who_comes_second_is_told_who_was_first(here: World, browser: httpx2.AsyncClient) -> None:
    request_id = await _verifying(here)
    action = f"/requests/{request_id}/acts/ask"
    asked = form(await browser.get(f"/requests/{request_id}"), action)
    shown = await send(browser, asked, question="Which shop?", waits_for="clarification")
    await here.office.act(ActKind.RESEND_CODE, request_id, by="Kim", reason="lost")
    stale = await send(browser, form(shown, action, step="do"))
    assert stale.status_code == 409
    assert "Somebody was here before you" in said(stale)
    assert "resend" in stale.text or "Another code" in stale.text
    assert all(one.tag != "act:ask" for one in await here.office.timeline(request_id))
    assert (await send(browser, form(stale, action, step="do"))).status_code == 303
    withdrawing = f"/requests/{request_id}/acts/withdraw"
    late = form(await browser.get(f"/requests/{request_id}"), withdrawing)
    await here.office.act(ActKind.WITHDRAW, request_id, by="Kim", reason="by phone")
    await here.reach(request_id, Stage.CLOSED)
    over = await send(browser, late, reason="They told me so at length")
    assert over.status_code == 409
    assert "not possible any more" in said(over)
    assert "They told me so at length" in over.text


async def test_a_wrong_code_costs_a_try_and_the_right_one_goes_on(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person()
    request_id = await here.open(address)
    code = await here.code(address)
    action = f"/requests/{request_id}/acts/prove"
    wrong = await send(browser, form(await browser.get(f"/requests/{request_id}"), action), code="00000000")
    assert wrong.status_code == 422
    assert "tries left: 4" in said(wrong)
    right = await send(browser, form(wrong, action), code=code)
    assert right.status_code == 303


async def test_an_engine_that_is_away_loses_nothing(
    here: World, browser: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await _verifying(here)
    action = f"/requests/{request_id}/acts/withdraw"
    shown = await send(browser, form(await browser.get(f"/requests/{request_id}"), action), reason="by phone")
    sure = form(shown, action, step="do")

    async def away(*_: object) -> None:
        raise EngineUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(here.office._engine, "act", away)
        unsure = await send(browser, sure)
    assert unsure.status_code == 503
    again = form(unsure, action, step="do")
    assert again.values["act_id"] == sure.values["act_id"]
    assert (await send(browser, again)).status_code == 303


async def test_each_role_is_offered_what_it_may_do_and_refused_the_rest(here: World) -> None:
    request_id = await _verifying(here)
    mine = here.parts.policies["demo"]
    roles = {"agent": ("ann",), "auditor": ("aud",), "officer": ("oda",)}
    policy = mine.model_copy(update={"staff": mine.staff.model_copy(update={"accounts": (), "roles": roles})})
    one = here.office
    office = Office(one._ledger, one._engine, {"demo": policy}, one._storage, one._now)
    offered = {}
    for account in ("ann", "aud", "oda"):
        async with _at(office, account) as browser:
            page = await browser.get(f"/requests/{request_id}")
            offered[account] = {one.action.rpartition("/")[2] for one in forms(page) if "/acts/" in one.action}
            csrf = form(await browser.get("/sign-in"), "/sign-in").values["csrf"]
            if account != "oda":
                data = {"csrf": csrf, "step": "do", "ground": "excessive", "reason": "kept words"}
                refused = await browser.post(f"/requests/{request_id}/acts/refuse", data=data)
                assert refused.status_code == 403
                assert "kept words" in refused.text
    assert offered["aud"] == set()
    assert "extend" in offered["ann"]
    assert not {"refuse", "attest", "charge"} & offered["ann"]
    assert {"refuse", "attest", "charge", "extend"} <= offered["oda"]


async def test_an_erasure_is_looked_at_and_approved_by_two(here: World, browser: httpx2.AsyncClient) -> None:
    request_id = await here.proven(here.person(), "erasure")
    await here.reach(request_id, Stage.REVIEWING)
    plan = f"/requests/{request_id}/plan"
    empty = await send(browser, form(await browser.get(plan), plan), reason=" ")
    assert empty.status_code == 422
    assert "accounts" not in empty.text
    shown = await send(browser, form(await browser.get(plan), plan), reason="review")
    assert "erased" in said(shown)
    assert "Nobody has approved this plan yet; it takes 2." in said(shown)
    assert "Who else is told" in said(shown)
    assert "will not be told: the policy says why" in said(shown)
    viewed = [one for one in await here.office.timeline(request_id) if "viewed" in one.tag]
    assert len(viewed) == 1
    action = f"/requests/{request_id}/acts/approve"
    preview = await send(browser, form(shown, action), reason="seen")
    assert "0 of 2 have approved" in said(preview)
    assert "will not be told: the policy says why" in said(preview)
    assert (await send(browser, form(preview, action, step="do"))).status_code == 303
    again = await send(browser, form(await browser.get(plan), plan), reason="review")
    assert "1 of 2 people have approved this plan." in said(again)
    assert "another person must" in said(again)
    async with _at(here.office, "Second Person") as second:
        shown = await send(second, form(await second.get(plan), plan), reason="review")
        preview = await send(second, form(shown, action), reason="seen too")
        assert "with yours it is carried out" in said(preview)
        assert (await send(second, form(preview, action, step="do"))).status_code == 303
    await here.reach(request_id, Stage.CLOSED)
    story = said(await browser.get(f"/requests/{request_id}"))
    assert "Who else is told" in story
    assert "will not be told" not in story
    assert "not told: the policy says why" in story


async def test_an_ambiguous_match_is_decided_side_by_side(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person(name="Ada Lovelace")
    here.person(name="Bertil Nord", email=address)
    request_id = await here.proven(address)
    named = (await here.office.candidates(request_id, by="Kim", reason="who asks")).name is not None
    await here.reach(request_id, Stage.CLARIFYING)
    path = f"/requests/{request_id}/match"
    shown = await send(browser, form(await browser.get(path), path), reason="two of them")
    asker = re.search(r'<section aria-labelledby="asker".*?</section>', shown.text, re.DOTALL)
    assert asker is not None
    assert ("Ada Lovelace" in asker[0], address in asker[0]) == (named, True)
    assert {"Ada Lovelace", "Bertil Nord"} <= {one for one in ("Ada Lovelace", "Bertil Nord") if one in shown.text}
    await here.office.act(ActKind.EXTEND, request_id, by="Kim", reason="many", ground="complexity")
    deciding = form(shown, path, step="decide")
    handles = [name for name in deciding.choices if name.startswith("record.")]
    assert len(handles) >= 2
    first = {**deciding.values, handles[0]: "yes", "reason": "told by phone"}
    assert "Somebody was here before you" in said(await browser.post(path, data=first))
    behind = await browser.post(path, data={**first, "step": "do"})
    assert behind.status_code == 409
    assert "Somebody was here before you" in said(behind)
    assert "told by phone" in behind.text
    none = await send(browser, deciding, reason="looked")
    assert none.status_code == 422
    ruled = dict.fromkeys(handles, "no") | {handles[0]: "yes"}
    kept = await send(browser, deciding, reason="", **ruled)
    assert kept.status_code == 422
    assert form(kept, path, step="decide").values[handles[0]] == "yes"
    shown = await send(browser, form(kept, path, step="decide"), reason="by phone")
    for words in ("records found that count as the person’s now: 1", "somebody else", "by phone", "No letter goes out"):
        assert words in said(shown), words
    assert (await here.office.show(request_id)).entry.stage is Stage.CLARIFYING
    changed = await send(browser, form(shown, path, step="edit"))
    assert form(changed, path, step="decide").values[handles[0]] == "yes"
    assert (await send(browser, form(shown, path, step="do"))).status_code == 303
    await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED)


async def test_a_request_is_opened_once_what_the_law_demands_was_seen(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person()
    page = await browser.get("/open")
    blank = form(page, "/open")
    large = await send(browser, blank, right="access", emails=address, note="forty minutes " * 800_000)
    assert (large.status_code, large.text.count("forty minutes") > 1000) == (413, True)
    assert "a form is at most 256 KB of words" in large.text
    endless = await send(browser, blank, right="access", emails=address, note="x" * 40_000_000)
    assert (endless.status_code, "more than 32 MB" in endless.text, "Go back" in endless.text) == (413, True, True)
    assert 'type="date" min="20' in page.text
    for never in ("0001-01-01", "9999-12-31"):
        early = await send(browser, blank, right="access", emails=address, received_at=never, note="keep me\0")
        assert early.status_code == 422
        assert "keep me" in form(early, "/open").values["note"]
    wrong = await send(browser, blank, right="access", emails="nonsense", phones="12 34", note="keep me")
    assert wrong.status_code == 422
    kept = form(wrong, "/open").values
    assert (kept["emails"], kept["note"]) == ("nonsense", "keep me")
    seen = await send(browser, form(wrong, "/open"), emails=address, phones="", received_at="2026-11-20")
    assert seen.status_code == 200, said(seen)
    assert "Answer by 21 December 2026" in said(seen)
    assert "GDPR 12(3)" in seen.text
    assert "So the answer is due on Monday 21 December 2026" in said(seen)
    again = form(wrong, "/open").values | {"emails": address, "phones": "", "received_at": "2026-11-20"}
    french = await browser.post("/open", data=again, headers={"accept-language": "fr", "origin": "http://127.0.0.1"})
    assert "La réponse est donc due le lundi 21 décembre 2026" in said(french)
    assert "due on" not in french.text
    twice = form(seen, "/open", step="do").values
    sure = form(seen, "/open", step="do")
    first, second = await asyncio.gather(send(browser, sure), send(browser, sure))
    assert first.headers["location"] == second.headers["location"]
    assert "The request is open." in said(await browser.get(first.headers["location"]))
    other = twice | {"act_id": str(uuid.uuid4()), "note": "she called once more"}
    found = await browser.post("/open", data=other)
    request_id = first.headers["location"].split("/")[2].partition("?")[0]
    assert request_id in found.headers["location"]
    heard = await here.office.messages(request_id, by="Kim", reason="reads")
    assert [one.text for one in heard][-1] == "she called once more"


async def test_a_person_is_found_by_a_whole_identifier_only_and_it_leaves_a_mark(
    here: World, browser: httpx2.AsyncClient, log: StringIO
) -> None:
    address = here.person()
    detailed = await here.open(address, "erasure", categories=("contact",))
    find = form(await browser.get("/find"), "/find")
    assert (await send(browser, find, value=address)).status_code == 422
    part = await send(browser, find, value=address[1:], reason="she calls")
    assert detailed not in part.text
    found = await send(browser, find, value=f" {address.upper()} ", reason="she calls")
    assert detailed in found.text
    marks = [one for one in await here.office.timeline(detailed) if one.facts.get("what") == "search"]
    assert len(marks) == 1
    assert "person_searched" in log.getvalue()
    assert address not in log.getvalue()
    added = here.person()
    await here.reach(detailed, Stage.VERIFYING)
    await here.office.carry_out(
        ActKind.ADD_IDENTIFIER,
        detailed,
        MoreIdentifiers(reason="old one", identifiers=(Identifier(kind="email", value=added),)),
        by="Kim",
    )
    assert detailed in (await send(browser, find, value=added, reason="she calls")).text


async def test_corrections_are_contested_from_the_plan(here: World, browser: httpx2.AsyncClient) -> None:
    address = here.person()
    opened = await here.open(address, "rectification", corrections=("email: old@x.example => <i>new</i>@x.example",))
    await here.office.submit_code(opened, await here.code(address))
    await here.reach(opened, Stage.REVIEWING)
    path = f"/requests/{opened}/plan"
    shown = await send(browser, form(await browser.get(path), path), reason="review")
    assert "&lt;i&gt;new&lt;/i&gt;" in shown.text
    contest = form(shown, f"/requests/{opened}/contest")
    none = await send(browser, contest, why_not="The deed says so")
    assert none.status_code == 422
    assert form(none, f"/requests/{opened}/contest").values["why_not"] == "The deed says so"
    preview = await send(browser, contest, why_not="The deed says so", correction="1")
    assert "Corrections that are not made: 1" in said(preview)
    assert "Corrections that are still made: 0" in said(preview)
    assert "The deed says so" in preview.text.partition('class="letter"')[2]
    assert "act:contest" not in [one.tag for one in await here.office.timeline(opened)]
    back = await send(browser, form(preview, f"/requests/{opened}/contest", step="edit"))
    assert form(back, f"/requests/{opened}/contest").values["why_not"] == "The deed says so"
    done = await send(browser, form(preview, f"/requests/{opened}/contest", step="do"))
    assert done.status_code == 303
    await here.reach(opened, Stage.REVIEWING)
    again = await send(browser, form(await browser.get(path), path), reason="review")
    assert "The deed says so" in again.text


async def test_pages_speak_french_and_remember_it(here: World, browser: httpx2.AsyncClient) -> None:
    request_id = await _verifying(here)
    french = await browser.get(f"/requests/{request_id}", headers={"accept-language": "fr-CA,fr;q=0.9"})
    assert '<html lang="fr">' in french.text
    assert "La demande a été ouverte" in french.text
    assert "The request was opened" not in french.text
    assert "La réponse est donc due le" in french.text
    assert "Received on" not in french.text
    chosen = await browser.get("/language/fr", params={"then": "/tasks"})
    assert chosen.headers["location"] == "/tasks"
    assert "__Host-habeas-language=fr" in chosen.headers["set-cookie"]
    assert (await browser.get("/language/xx")).status_code == 404
    assert (await browser.get("/language/fr", params={"then": "//evil.example"})).headers["location"] == "/"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("promise", Promised)
def test_a_preview_says_what_becomes_of_what_was_promised(language: str, promise: Promised) -> None:
    law, promised, say = date(2027, 4, 1), date(2027, 3, 31), speech(language)
    parts = pages._environment.get_template("preview_parts.html").make_module()
    shown = Preview(kind=ActKind.EXTEND, due_on=law, due_then=law, promised_on=promised, promise=promise)
    line = say.text(f"promise_then.{promise.value}", date=say.date(promised))
    assert line in str(vars(parts)["effect"](shown, say))
    nothing = shown.model_copy(update={"promised_on": None, "promise": None})
    assert say.date(promised) not in str(vars(parts)["effect"](nothing, say))
