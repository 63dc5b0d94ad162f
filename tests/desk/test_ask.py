"""The form by which a person asks: no JavaScript, nothing told to strangers, nothing lost of what was typed."""

import re
from collections.abc import AsyncIterator
from io import StringIO

import httpx2
import pytest

from activities.ledger import RequestFilter
from habeas.model import Right, Stage
from tests.office.world import World
from workers.desk import create_app
from workers.desk.ask import AskLimits
from workers.desk.ask_form import asked_of, offered, place_of
from workers.desk.pace import Pace
from workers.desk.pages import LANGUAGES
from workers.office import Office

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
    (heard,) = await here.office.messages(request_id, by="Kim", reason="reads")
    assert [one.name for one in heard.files] == ["x.html.pdf"]
    assert not heard.proven
    await here.office.submit_code(request_id, await here.code(address))
    assert await here.reach(request_id, Stage.REVIEWING, Stage.CLOSED)


async def test_two_posts_of_one_form_are_one_request_and_a_changed_one_is_another(
    here: World, asker: httpx2.AsyncClient
) -> None:
    before = await known(here)
    address = here.person()
    asked = await form_of(asker) | {"email": address, "note": "once"}
    pages = [await asker.post("/ask/demo/access", data=asked) for _ in range(2)]
    assert pages[0].text == pages[1].text
    (request_id,) = await opened(here, before)
    assert await here.office.messages(request_id, by="Kim", reason="reads") == ()
    # Another form, other words: it is open already, and what is new is kept for staff.
    await asker.post("/ask/demo/access", data=await form_of(asker) | {"email": address, "note": "and this"})
    (heard,) = await here.office.messages(request_id, by="Kim", reason="reads")
    assert heard.text == "and this"
    await asker.post("/ask/demo/access", data=asked | {"email": here.person()})
    assert len(await opened(here, before)) == 2


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
    form = {"content-type": "multipart/form-data; boundary=x"}
    more = await asker.post("/ask/demo/access", content=b"x" * 30_000_000, headers=form)
    assert (more.status_code, "more than this form can take" in more.text) == (413, True)
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


def test_one_client_asks_so_often_and_a_proxy_as_often_as_it_hands_on() -> None:
    limits = AskLimits(per_client=1, per_address=100)
    assert [limits.too_often("203.0.113.9", f"{n}@x.example") > 0 for n in range(2)] == [False, True]
    assert [limits.too_often("127.0.0.1", f"{n}@x.example") > 0 for n in range(2)] == [False, False]


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
