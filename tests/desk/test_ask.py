"""The form by which a person asks: no JavaScript, nothing told to strangers, nothing lost of what was typed."""

import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from io import StringIO

import httpx2
import pytest

from activities.ledger import RequestFilter
from activities.messages import MessageKind
from habeas.errors import BadInput
from habeas.model import Right, Stage
from habeas.particulars import Particulars
from habeas.policy.sections import PurposeKind
from tests.desk.pages import form, send
from tests.office.world import World
from workers.desk import create_app
from workers.desk.ask import AskLimits
from workers.desk.ask_form import asked_of, offered, place_of
from workers.desk.pace import Pace
from workers.desk.pages import LANGUAGES
from workers.office import Office, messages
from workers.office.messages import Sent

MANY = AskLimits(per_client=10_000, per_address=10_000)
FORM = re.compile(r'name="form" value="([^"]+)"')


@pytest.fixture
async def asker(here: World) -> AsyncIterator[httpx2.AsyncClient]:
    app = httpx2.ASGITransport(create_app(here.office, limits=MANY))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
        yield client


async def form_of(asker: httpx2.AsyncClient, right: str = "access") -> dict[str, str]:
    page = await asker.get(f"/ask/demo/{right}")
    found = FORM.search(page.text)
    assert found is not None
    return {"form": found[1], "lang": "en", "place": "DK"}


async def opened(here: World, since: set[str]) -> list[str]:
    return sorted({one.id for one in await here.office.requests(RequestFilter(limit=1000))} - since)


async def known(here: World) -> set[str]:
    return {one.id for one in await here.office.requests(RequestFilter(limit=1000))}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_right_has_a_form_in_every_language(asker: httpx2.AsyncClient, language: str) -> None:
    rights = await asker.get("/ask/demo", headers={"accept-language": language})
    assert f'<html lang="{language}">' in rights.text
    assert "<script" not in rights.text
    for right in Right:
        page = await asker.get(f"/ask/demo/{right}?lang={language}")
        assert page.status_code == 200
        ids = re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', page.text)
        labelled = set(re.findall(r'<label for="([^"]+)"', page.text))
        assert set(ids) == labelled
        described = {one for many in re.findall(r'aria-describedby="([^"]+)"', page.text) for one in many.split()}
        assert described <= set(re.findall(r' id="([^"]+)"', page.text))


async def test_a_request_is_opened_as_staff_would(here: World, asker: httpx2.AsyncClient) -> None:
    address, before = here.person(), await known(here)
    asked = await form_of(asker) | {
        "email": f" {address.upper()} ",
        "name": "\u202eעדה <script>alert(1)</script> 'Lovelace'",
        "note": "line one\r\nline two",
        "lang": "fr",
    }
    page = await asker.post(
        "/ask/demo/access", data=asked, files={"file": ("../../x.html.pdf", b"%PDF-1.4 \xff", "text/html")}
    )
    assert (page.status_code, "Nous avons votre demande" in page.text) == (200, True)
    (request_id,) = await opened(here, before)
    story = await here.office.show(request_id)
    assert (story.request.channel, story.request.language, story.entry.right) == ("web", "fr", "access")
    async with here.ledger.begin() as tx:
        subject = await tx.subject(request_id)
    assert subject.name == "עדה <script>alert(1)</script> 'Lovelace'"
    assert subject.note == "line one\nline two"
    words, heard = await here.office.messages(request_id, by="Kim", reason="reads")
    assert (words.text, words.proven) == ("line one\nline two", False)
    assert [one.name for one in heard.files] == ["x.html.pdf"]
    assert not heard.proven
    await here.office.submit_code(request_id, await here.code(address))
    # Their records bear another name than that.
    assert await here.reach(request_id, Stage.CLARIFYING)


async def test_what_was_wrong_is_there_for_who_decides_on_a_complaint(
    here: World, asker: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    before, ask = await known(here), "/ask/demo/complaint"
    wrong = {"email": here.person(), "place": "CA-QC", "situation": "you <b>mixed</b> me up", "note": "call me"}
    assert (await asker.post(ask, data=await form_of(asker, "complaint") | wrong)).status_code == 200
    (request_id,) = await opened(here, before)
    page = f"/requests/{request_id}/messages"
    story = await browser.get(f"/requests/{request_id}")
    assert f'href="{page}"' in story.text
    assert "mixed" not in story.text
    shown = await send(browser, form(await browser.get(page), page), reason="to decide")
    assert "you &lt;b&gt;mixed&lt;/b&gt; me up" in shown.text
    assert "call me" in shown.text
    (mark,) = [one for one in await here.office.timeline(request_id) if one.tag == "personal_data:viewed"]
    assert mark.facts["what"] == "messages"


async def test_strangers_who_write_much_are_told_and_silence_nobody(
    here: World, asker: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, who = await known(here), {"email": here.person()}
    monkeypatch.setattr(messages, "MOST_FORMS", 2)
    monkeypatch.setattr(messages, "MOST_MESSAGES", 1)
    notes = ("a", "b" * 5000, "c", "d " * 9, "e")
    said = [await asker.post("/ask/demo/access", data=await form_of(asker) | who | {"note": one}) for one in notes]
    assert [one.status_code for one in said] == [200, 200, 200, 429, 429]
    assert "written to us many times" in said[3].text
    assert "d d d d" in said[3].text
    (request_id,) = await opened(here, before)
    office, one = here.office, Sent(kind=MessageKind.ANSWER, text="it is me", proven=True)
    program = Sent(kind=MessageKind.REPORT, text="y" * 6000, situation="moved", source="crm")
    assert await office.hear(request_id, one, str(uuid.uuid4()))
    await office.hear_opening(request_id, program, str(uuid.uuid4()))
    for more in (one, program.model_copy(update={"text": "z"})):
        with pytest.raises(BadInput, match="too many"):
            await office.hear(request_id, more, str(uuid.uuid4()))
    heard = await office.messages(request_id, by="Kim", reason="reads")
    assert [one.text for one in heard] == ["a", "b" * 5000, "c", "it is me", "y" * 6000]
    assert heard[-1].situation == "moved"


async def test_two_posts_of_one_form_are_one_request_and_a_changed_one_is_another(
    here: World, asker: httpx2.AsyncClient
) -> None:
    before = await known(here)
    address = here.person()
    asked = await form_of(asker) | {"email": address, "note": "once"}
    pages = [await asker.post("/ask/demo/access", data=asked) for _ in range(2)]
    assert pages[0].text == pages[1].text
    (request_id,) = await opened(here, before)
    assert [one.text for one in await here.office.messages(request_id, by="Kim", reason="reads")] == ["once"]
    # Another form, other words: it is open already, and what is new is kept for staff.
    await asker.post("/ask/demo/access", data=await form_of(asker) | {"email": address, "note": "and this"})
    heard = await here.office.messages(request_id, by="Kim", reason="reads")
    assert [one.text for one in heard] == ["once", "and this"]
    await asker.post("/ask/demo/access", data=asked | {"email": here.person()})
    assert len(await opened(here, before)) == 2


async def test_what_is_to_be_corrected_is_kept_by_a_slip_and_by_a_second_form(
    here: World, asker: httpx2.AsyncClient
) -> None:
    before, path = await known(here), "/ask/demo/rectification"
    typed = {"what_1": "phone", "old_1": "11 11", "new_1": "22 22", "what_2": "street", "new_2": "Lane 2"}
    slip = await asker.post(path, data=await form_of(asker) | typed | {"email": "nobody"})
    assert slip.status_code == 422
    for name, value in typed.items():
        assert re.search(rf'name="{name}"[^>]* value="{value}"', slip.text), name
    address = here.person()
    for more in (typed, typed, {"what_1": "phone", "old_1": "22 22", "new_1": "33 33"}):
        assert (await asker.post(path, data=await form_of(asker) | more | {"email": address})).status_code == 200
    # The same corrections are the same request; others are one of their own: none is lost.
    made = await opened(here, before)
    assert len(made) == 2
    async with here.ledger.begin() as tx:
        asked = [Particulars.of(await tx.subject(one)).corrections for one in made]
    assert {tuple(one.new for one in each) for each in asked} == {("22 22", "Lane 2"), ("33 33",)}


async def test_who_asks_later_than_a_stranger_is_answered_by_their_own_law_and_in_their_language(
    here: World, asker: httpx2.AsyncClient
) -> None:
    before, address = await known(here), here.person()

    async def ask(place: str, language: str) -> None:
        asked = await form_of(asker) | {"email": address, "place": place, "lang": language}
        assert (await asker.post("/ask/demo/access", data=asked)).status_code == 200

    await ask("CA", "en")
    (strangers,) = await opened(here, before)
    await ask("DK", "en")
    (mine,) = await opened(here, before | {strangers})
    assert [(await here.office.show(one)).request.jurisdiction for one in (strangers, mine)] == ["CA", "DK"]
    await here.reach(mine, Stage.VERIFYING)
    await here.code(address)
    now = here.office._now
    here.office._now = lambda: now() + timedelta(minutes=3)
    try:
        await ask("DK", "fr")
    finally:
        here.office._now = now
    acts = [one.facts["act"] for one in await here.office.timeline(mine) if "act" in one.facts]
    assert acts  # another code
    (heard,) = await here.office.messages(mine, by="Kim", reason="reads")
    assert heard.text == "Merci de m’écrire en français."


async def test_a_stranger_learns_nothing(here: World, asker: httpx2.AsyncClient) -> None:
    held = here.person()
    await here.open(held)
    texts = set()
    for address in (held, here.person(), "nobody-knows-this@example.net"):
        answer = await asker.post("/ask/demo/access", data=await form_of(asker) | {"email": address})
        texts.add((answer.status_code, answer.text, tuple(sorted(answer.headers))))
    assert len(texts) == 1


async def test_whoever_types_anothers_number_sends_the_code_to_them(here: World, asker: httpx2.AsyncClient) -> None:
    owner, before = here.person(), await known(here)
    await asker.post("/ask/demo/access", data=await form_of(asker) | {"email": owner, "phone": "+4511223344"})
    (request_id,) = await opened(here, before)
    await here.code(owner)
    assert here.address_of(request_id) == owner


@pytest.mark.parametrize(
    ("right", "typed", "slip"),
    [
        ("access", {"email": "ada"}, 'href="#email"'),
        ("access", {"email": ""}, 'href="#email"'),
        ("access", {"phone": "call me"}, 'href="#phone"'),
        ("access", {"number": "x" * 101}, 'href="#number"'),
        ("access", {"name": "x" * 201}, 'href="#name"'),
        ("rectification", {"what_1": "address"}, 'href="#what_1"'),
        ("objection", {"purpose": "no-such-purpose"}, "Choose again what should stop"),
        ("erasure", {"category": "no-such-category"}, "Choose again which data"),
        ("appeal", {"about": "HB-0000-0000-0000"}, 'href="#place"'),
        ("restriction", {"situation": "x" * 5001}, 'href="#situation"'),
    ],
)
async def test_a_slip_is_named_and_all_is_kept(
    here: World, asker: httpx2.AsyncClient, right: str, typed: dict[str, str], slip: str
) -> None:
    before = await known(here)
    asked = await form_of(asker, right) | {"email": "ada@example.org", "note": 'Ça "va" <b>', **typed}
    page = await asker.post(f"/ask/demo/{right}", data=asked)
    assert page.status_code in {413, 422}
    assert 'role="alert"' in page.text
    assert slip in page.text
    assert "Ça &#34;va&#34; &lt;b&gt;" in page.text
    assert asked["form"] in page.text
    assert await opened(here, before) == []


async def test_ten_megabytes_of_words_are_refused_and_the_beginning_is_kept(
    here: World, asker: httpx2.AsyncClient, log: StringIO
) -> None:
    before = await known(here)
    asked = await form_of(asker) | {"email": "ada@example.org", "note": "canary " * 1_500_000}
    page = await asker.post("/ask/demo/access", data=asked, files={"file": ("x.txt", b"", "text/plain")})
    assert page.status_code == 413
    assert "too long" in page.text
    assert page.text.count("canary") > 2000
    assert len(page.text) < 60_000
    words = asked | {"note": "forty minutes of words"}
    file = {"file": ("x.txt", b"x" * 30_000_000, "text/plain")}
    more = await asker.post("/ask/demo/access", data=words, files=file)
    assert (more.status_code, "forty minutes of words" in more.text) == (413, True)
    assert "Choose fewer or smaller ones" in more.text
    assert await opened(here, before) == []
    assert "canary" not in log.getvalue()
    assert "ada@" not in log.getvalue()


async def test_a_page_pretending_to_be_a_picture_is_not_taken(here: World, asker: httpx2.AsyncClient) -> None:
    before = await known(here)
    asked = await form_of(asker) | {"email": "ada@example.org"}
    for content in (b"<svg onload=alert(1)>", b"MZ\x90\x00", b"%PDF-1.4" + b"x" * (9 * 2**20)):
        page = await asker.post("/ask/demo/access", data=asked, files={"file": ("me.png", content, "image/png")})
        assert page.status_code in {413, 422}
        assert 'href="#file"' in page.text
        assert "choose them again" in page.text
    assert await opened(here, before) == []


async def test_another_language_keeps_what_was_typed(here: World, asker: httpx2.AsyncClient) -> None:
    before = await known(here)
    asked = await form_of(asker) | {"email": "unfinished", "note": "half a word", "switch": "da"}
    page = await asker.post("/ask/demo/access", data=asked)
    assert page.status_code == 200
    assert '<html lang="da">' in page.text
    assert all(text in page.text for text in ("half a word", 'value="unfinished"', asked["form"]))
    assert await opened(here, before) == []


async def test_too_often_waits_and_keeps(here: World) -> None:
    app = httpx2.ASGITransport(create_app(here.office, limits=AskLimits(per_client=100, per_address=1)))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
        asked = await form_of(client) | {"email": here.person(), "note": "kept"}
        first = await client.post("/ask/demo/access", data=asked)
        second = await client.post("/ask/demo/access", data=asked | {"email": asked["email"].upper()})
        other = await client.post("/ask/demo/access", data=asked | {"email": here.person()})
    assert (first.status_code, second.status_code, other.status_code) == (200, 429, 200)
    assert "kept" in second.text
    assert 1 <= int(second.headers["retry-after"]) <= 60


async def test_one_mailbox_and_one_number_are_reached_so_often_a_day(here: World) -> None:
    """Also by several processes, and by variants of the address."""
    name, _, host = here.person().partition("@")
    number = name[:20]

    async def ask(**given: str) -> httpx2.Response:
        limits = AskLimits(per_client=100, per_address=100, per_day=2)
        app = httpx2.ASGITransport(create_app(here.office, limits=limits))
        async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
            return await client.post("/ask/demo/access", data=await form_of(client) | {"note": "kept"} | given)

    answers = [await ask(email=f"{name}+{n}@{host}", number=number) for n in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert "kept" in answers[2].text
    assert 80_000 < int(answers[2].headers["retry-after"]) <= 86_400
    assert (await ask(email=here.person(), number=number)).status_code == 429
    assert (await ask(email=here.person())).status_code == 200
    now = here.office._now
    here.office._now = lambda: now() + timedelta(days=1)
    try:
        assert (await ask(email=f"{name}@{host}")).status_code == 200
    finally:
        here.office._now = now


def test_one_client_asks_so_often_and_a_proxy_as_often_as_it_hands_on() -> None:
    limits = AskLimits(per_client=1, per_address=100)
    assert [limits.too_often("203.0.113.9", f"{n}@x.example") > 0 for n in range(2)] == [False, True]
    assert [limits.too_often("127.0.0.1", f"{n}@x.example") > 0 for n in range(2)] == [False, False]
    # Far too much of it is not even read.
    assert [limits.unread("203.0.113.9") > 0 for _ in range(4)] == [False, False, False, True]


@pytest.mark.parametrize("path", ["/ask/nobody", "/ask/nobody/access", "/ask/demo/spying", "/opt-out/nobody"])
async def test_wrong_addresses(asker: httpx2.AsyncClient, path: str) -> None:
    assert (await asker.get(path)).status_code == 404


async def test_global_privacy_control_is_seen_and_said(here: World, asker: httpx2.AsyncClient) -> None:
    signal = {"sec-gpc": "1"}
    assert (await asker.get("/.well-known/gpc.json")).json()["gpc"] is True
    link = await asker.get("/opt-out/demo", headers=signal)
    assert link.headers["location"] == "/ask/demo/opt_out_sale"
    page = await asker.get(link.headers["location"], headers=signal)
    assert "It holds for this browser already" in page.text
    assert "Global Privacy Control" not in (await asker.get("/ask/demo/opt_out_sale", headers={"sec-gpc": "0"})).text
    before = await known(here)
    asked = await form_of(asker, "opt_out_sale") | {"email": here.person(), "lang": "en"}
    done = await asker.post("/ask/demo/opt_out_sale", data=asked, headers=signal)
    assert "Opt-out request honoured" in done.text
    (request_id,) = await opened(here, before)
    async with here.ledger.begin() as tx:
        assert "Sec-GPC: 1" in (await tx.unseal_bytes(request_id, "reason") or b"").decode()


async def test_global_privacy_control_opts_out_with_the_form_of_any_right(here: World) -> None:
    before, signal = await known(here), {"sec-gpc": "1"}
    demo, office = here.parts.policies["demo"], here.office
    sold = tuple(one.model_copy(update={"kinds": (PurposeKind.SALE,)}) for one in demo.purposes[:1])
    california = demo.regimes[0].model_copy(update={"code": "US-CCPA", "jurisdictions": ("US-CA",), "calendar": None})
    selling = demo.model_copy(update={"purposes": (*sold, *demo.purposes[1:]), "regimes": (*demo.regimes, california)})
    app = create_app(
        Office(office._ledger, office._engine, {"demo": selling}, office._storage, office._now), limits=MANY
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1") as asker:
        asked = await form_of(asker) | {"email": here.person(), "place": "US-CA", "note": "mine"}
        form = await asker.get("/ask/demo/access?place=US-CA&lang=en", headers=signal)
        assert "we also open a request not to sell or share" in form.text
        done = [await asker.post("/ask/demo/access", data=asked, headers=signal) for _ in range(2)]
        assert all("Opt-out request honoured" in one.text for one in done)
        found = {(await here.office.show(one)).entry.right: one for one in await opened(here, before)}
        assert sorted(found) == ["access", "opt_out_sale"]
        async with here.ledger.begin() as tx:
            assert (await tx.subject(found[Right.OPT_OUT_SALE])).note is None
            assert "Sec-GPC: 1" in (await tx.unseal_bytes(found[Right.OPT_OUT_SALE], "reason") or b"").decode()
        # Where nobody has the right there is nothing to open; nor without the signal.
        for place, sent in (("DK", signal), ("US-CA", {})):
            before = await known(here)
            asked = await form_of(asker) | {"email": here.person(), "place": place}
            page = await asker.post("/ask/demo/access", data=asked, headers=sent)
            assert "honoured" not in page.text
            assert len(await opened(here, before)) == 1


def test_the_law_of_the_place_says_which_rights_there_are(here: World) -> None:
    policy = here.parts.policies["demo"]
    today = here.office.today("demo")
    assert Right.ERASURE in offered(policy, "DK", today)
    assert Right.OPT_OUT_SALE not in offered(policy, "DK", today)
    assert place_of(policy, "<script>") == "DK"
    assert place_of(policy, "ZZ") == "DK"
    assert place_of(policy, "ca-qc") == "CA-QC"
    assert asked_of(policy, Right.OBJECTION, "en")["purposes"] != []


async def test_an_answer_takes_a_whole_number_of_paces() -> None:
    import time

    began = time.monotonic()
    async with Pace(0.02).kept():
        pass
    assert time.monotonic() - began >= 0.02


async def test_a_ledger_that_is_away_loses_nothing(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from habeas.errors import LedgerUnavailable

    async def away(*_: object, **__: object) -> None:
        raise LedgerUnavailable

    office = here.office
    lost = Office(office._ledger, office._engine, office._policies, office._storage, office._now)
    monkeypatch.setattr(lost, "open_request", away)
    app = httpx2.ASGITransport(create_app(lost, limits=MANY))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
        asked = await form_of(client) | {"email": "ada@example.org", "note": "kept"}
        page = await client.post("/ask/demo/access", data=asked)
    assert (page.status_code, "kept" in page.text, asked["form"] in page.text) == (503, True, True)
