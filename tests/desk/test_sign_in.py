"""Staff sign in by a real provider, over TLS, as a browser does."""

import asyncio
import base64
import hashlib
import json
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx2
import pytest
from pydantic import SecretStr

from habeas.errors import ConfigurationError
from habeas.model import Stage
from tests.desk.app_routes import routes_of
from tests.desk.provider import VALID, Between, provider
from tests.desk.test_routes import STAFF
from tests.office.world import World
from tests.served import Tls, free_socket, own_certificate, serving
from workers.desk import create_app
from workers.desk.door import COOKIE, Door, Lasts, Local
from workers.desk.issuer import Issuer
from workers.desk.server import refuse_wide
from workers.desk.sign_in import CALLBACK, PENDING
from workers.office import Office
from workers.settings import DeskSettings, SignInSettings

LASTS = Lasts(timedelta(minutes=30), timedelta(hours=12))


@pytest.fixture(scope="package")
async def between() -> AsyncIterator[Between]:
    async with provider() as made:
        yield made


@pytest.fixture(autouse=True)
def _straight(between: Between) -> None:
    between.bend = None
    between.answers.clear()
    between.asked.clear()


@pytest.fixture(scope="package")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return own_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="package")
def two(here: World) -> Office:
    """Two controllers: the first has Kim's account only, the second only Noor's."""
    mine = here.parts.policies["demo"]
    kims = mine.model_copy(update={"staff": mine.staff.model_copy(update={"accounts": ("kim@example.com",)})})
    noors = mine.model_copy(
        update={
            "controller": mine.controller.model_copy(update={"id": "other"}),
            "staff": mine.staff.model_copy(update={"accounts": ("Noor@Example.com",)}),
        }
    )
    one = here.office
    return Office(one._ledger, one._engine, {"demo": kims, "other": noors}, one._storage, one._now)


@asynccontextmanager
async def desk_of(
    office: Office, between: Between, tls: Tls, wrong: int = 10**6, **settings: object
) -> AsyncIterator[str]:
    """The desk over TLS, whose staff sign in by the provider."""
    listener = free_socket()
    address = f"https://127.0.0.1:{listener.getsockname()[1]}"
    told = {"issuer": between.issuer, "client_id": "desk", "client_secret": SecretStr("made-up"), **settings}
    issuer = Issuer(SignInSettings.model_validate(told), f"{address}{CALLBACK}")
    app = create_app(office, door=Door(office, issuer, LASTS, wrong_per_minute=wrong))
    async with serving(app, on=listener, tls=tls):
        yield address


@pytest.fixture(scope="package")
async def address(two: Office, between: Between, tls: Tls) -> AsyncIterator[str]:
    async with desk_of(two, between, tls) as at:
        yield at


@pytest.fixture
async def browser(address: str, tls: Tls) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=address, verify=tls.believed()) as client:
        yield client


@contextmanager
def later(office: Office, by: timedelta) -> Iterator[None]:
    """The office's clock, moved on."""
    now = office._now
    office._now = lambda: now() + by
    try:
        yield
    finally:
        office._now = now


async def begun(browser: httpx2.AsyncClient, then: str = "/") -> str:
    """Where the desk sends the browser."""
    started = await browser.get("/sign-in/start", params={"then": then})
    assert started.status_code == 303
    return str(started.headers["location"])


async def signed_in(browser: httpx2.AsyncClient, between: Between, person: str, then: str = "/") -> httpx2.Response:
    return await browser.get(await between.choose(await begun(browser, then), person))


async def is_in(browser: httpx2.AsyncClient) -> bool:
    answer = await browser.get("/")
    assert answer.status_code == 200 or answer.headers["location"].startswith("/sign-in")
    return answer.status_code == 200


async def csrf(browser: httpx2.AsyncClient) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', (await browser.get("/")).text)
    assert found
    return found[1]


async def test_a_whole_sign_in(browser: httpx2.AsyncClient, between: Between) -> None:
    asked = await browser.get("/?view=closed")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?then=/%3Fview%3Dclosed")
    offer = await browser.get(asked.headers["location"])
    assert 'href="/sign-in/start?then=/%3Fview%3Dclosed"' in offer.text
    back = await signed_in(browser, between, "kim", "/?view=closed")
    assert (back.status_code, back.headers["location"]) == (303, "/?view=closed")
    page = await browser.get("/?view=closed")
    assert page.status_code == 200
    assert "kim@example.com" in page.text
    assert "Development" not in page.text


async def test_what_is_sent_to_the_provider_and_kept_from_it(browser: httpx2.AsyncClient, between: Between) -> None:
    to = await begun(browser)
    sent = {name: values[0] for name, values in parse_qs(urlsplit(to).query).items()}
    assert sent["code_challenge_method"] == "S256"
    assert sent["scope"] == "openid email profile"
    assert len(sent["state"]) >= 43
    assert len(sent["nonce"]) >= 43
    await browser.get(await between.choose(to, "kim"))
    exchanged = parse_qs(next(body for path, body in between.asked if path == "/oauth2/token").decode())
    digest = hashlib.sha256(exchanged["code_verifier"][0].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == sent["code_challenge"]
    assert "made-up" not in to


async def test_cookies_keep_to_themselves(browser: httpx2.AsyncClient, between: Between) -> None:
    started = await browser.get("/sign-in/start")
    pending = started.headers["set-cookie"]
    back = await browser.get(await between.choose(started.headers["location"], "kim"))
    session, gone = back.headers.get_list("set-cookie")
    assert pending.startswith(f"{PENDING}=")
    assert session.startswith(f"{COOKIE}=")
    assert gone.startswith(f'{PENDING}=""')
    for one in (pending, session, gone):
        words = {word.strip().lower() for word in one.split(";")}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= words
        assert one.startswith("__Host-")
        assert "domain" not in one.lower()
    for secret in ("verifier", "nonce", "kim"):
        assert secret.encode() not in base64.urlsafe_b64decode(pending.split("=", 1)[1].split(";")[0].strip('"'))


async def test_no_session_is_to_be_read_from_the_ledger(
    here: World, browser: httpx2.AsyncClient, between: Between
) -> None:
    await signed_in(browser, between, "kim")
    connection = await asyncpg.connect(here.dsn)
    try:
        kept = str([dict(row) for row in await connection.fetch("SELECT * FROM staff_session")])
    finally:
        await connection.close()
    assert "id_sha256" in kept
    assert "kim" not in kept
    assert browser.cookies[COOKIE] not in kept


async def test_nobody_is_named_in_the_log(browser: httpx2.AsyncClient, between: Between, log: StringIO) -> None:
    for person in ("kim", "stranger", "unverified"):
        back = await between.choose(await begun(browser), person)
        await browser.get(back)
        code = parse_qs(urlsplit(back).query)["code"][0]
        assert code not in log.getvalue()
    said = log.getvalue()
    assert '"signed_in"' in said
    assert '"no_controller"' in said
    for secret in ("kim", "stranger", "example.com", "made-up", browser.cookies[COOKIE]):
        assert secret not in said


async def test_a_forged_state_is_refused(browser: httpx2.AsyncClient, between: Between) -> None:
    back = await between.choose(await begun(browser), "kim")
    forged = re.sub(r"state=[^&]+", f"state={secrets.token_urlsafe(32)}", back)
    assert forged != back
    between.asked.clear()
    assert (await browser.get(forged)).status_code == 403
    assert between.asked == []  # the code is not even tried
    assert not await is_in(browser)


async def test_a_sign_in_that_another_browser_began_is_refused(
    browser: httpx2.AsyncClient, between: Between, address: str, tls: Tls
) -> None:
    """Nobody is signed in as somebody else by a link."""
    async with httpx2.AsyncClient(base_url=address, verify=tls.believed()) as other:
        back = await between.choose(await begun(other), "noor")
        assert (await browser.get(back)).status_code == 403
        await begun(browser)
        assert (await browser.get(back)).status_code == 403
    assert not await is_in(browser)


async def test_a_code_is_good_once(browser: httpx2.AsyncClient, between: Between) -> None:
    to = await begun(browser)
    pending = browser.cookies[PENDING]
    back = await between.choose(to, "kim")
    assert (await browser.get(back)).status_code == 303
    browser.cookies.clear()
    assert (await browser.get(back)).status_code == 403
    # Also who has both the address and what the browser kept gets nothing.
    browser.cookies.set(PENDING, pending)
    again = await browser.get(back)
    assert again.status_code == 403
    assert not await is_in(browser)


async def test_a_wrong_nonce_is_refused(browser: httpx2.AsyncClient, between: Between) -> None:
    to = re.sub(r"nonce=[^&]+", "nonce=anothers", await begun(browser))
    assert "nonce=anothers" in to
    assert (await browser.get(await between.choose(to, "kim"))).status_code == 403
    assert not await is_in(browser)


async def test_a_token_for_somebody_else_is_refused(browser: httpx2.AsyncClient, between: Between) -> None:
    """The provider signs it, for another client of its own: it opens nothing here."""

    def as_another(path: str, headers: dict[str, str], body: bytes) -> bytes:
        if path == "/oauth2/token":
            headers["authorization"] = f"Basic {base64.b64encode(b'another:x').decode()}"
        return body

    between.bend = as_another
    to = re.sub(r"client_id=[^&]+", "client_id=another", await begun(browser))
    assert (await browser.get(await between.choose(to, "kim"))).status_code == 403
    assert not await is_in(browser)


async def test_an_id_token_that_has_expired_is_refused(
    two: Office, browser: httpx2.AsyncClient, between: Between
) -> None:
    back = await between.choose(await begun(browser), "kim")
    with later(two, timedelta(seconds=VALID + 120)):
        assert (await browser.get(back)).status_code == 403
    assert not await is_in(browser)


async def test_who_takes_too_long_starts_again(two: Office, browser: httpx2.AsyncClient, between: Between) -> None:
    back = await between.choose(await begun(browser), "kim")
    between.asked.clear()
    with later(two, timedelta(minutes=11)):
        refused = await browser.get(back)
    assert between.asked == []
    assert refused.status_code == 403
    assert "took too long" in refused.text
    assert 'href="/sign-in"' in refused.text


async def test_who_is_sent_back_with_an_error_is_told(browser: httpx2.AsyncClient) -> None:
    await begun(browser)
    refused = await browser.get(CALLBACK, params={"error": "access_denied", "error_description": "<b>canary</b>"})
    assert refused.status_code == 403
    assert "did not sign you in" in refused.text
    assert "canary" not in refused.text


async def test_an_answer_that_names_another_provider_is_refused(browser: httpx2.AsyncClient, between: Between) -> None:
    back = await between.choose(await begun(browser), "kim")
    assert (await browser.get(f"{back}&iss=https://evil.example")).status_code == 403
    assert not await is_in(browser)


@pytest.mark.parametrize("person", ["unverified", "nobody"])
async def test_who_cannot_be_named_is_nobody(browser: httpx2.AsyncClient, between: Between, person: str) -> None:
    refused = await signed_in(browser, between, person)
    assert refused.status_code == 403
    assert not await is_in(browser)


async def test_what_the_id_token_lacks_is_asked_for(browser: httpx2.AsyncClient, between: Between) -> None:
    kim = {"email": "kim@example.com", "email_verified": True}
    between.answers["/userinfo"] = json.dumps({**kim, "sub": "another"}).encode()
    assert (await signed_in(browser, between, "nobody")).status_code == 403
    between.answers["/userinfo"] = json.dumps({**kim, "sub": "nobody"}).encode()
    assert (await signed_in(browser, between, "nobody")).status_code == 303
    assert "kim@example.com" in (await browser.get("/")).text


async def test_an_account_that_works_for_none_is_told_so(browser: httpx2.AsyncClient, between: Between) -> None:
    told = await signed_in(browser, between, "stranger")
    assert told.status_code == 403
    assert "Nothing for you here yet" in told.text
    assert "stranger@example.com" in told.text
    assert COOKIE not in browser.cookies


async def test_only_members_of_the_groups_come_in(two: Office, between: Between, tls: Tls) -> None:
    async with (
        desk_of(two, between, tls, groups=("privacy",)) as at,
        httpx2.AsyncClient(base_url=at, verify=tls.believed()) as client,
    ):
        refused = await signed_in(client, between, "noor")
        assert refused.status_code == 403
        assert "in none of the groups" in refused.text
        assert (await signed_in(client, between, "kim")).status_code == 303


async def test_another_claim_may_be_the_account(two: Office, between: Between, tls: Tls) -> None:
    async with (
        desk_of(two, between, tls, account_claim="sub") as at,
        httpx2.AsyncClient(base_url=at, verify=tls.believed()) as client,
    ):
        assert "known as <strong>kim</strong>" in (await signed_in(client, between, "kim")).text


async def test_each_sees_the_requests_of_their_own_controllers(
    here: World, browser: httpx2.AsyncClient, between: Between, address: str, tls: Tls
) -> None:
    request_id = await here.open(here.person())
    await here.reach(request_id, Stage.VERIFYING)
    async with httpx2.AsyncClient(base_url=address, verify=tls.believed()) as noor:
        await signed_in(noor, between, "noor")
        await signed_in(browser, between, "kim")
        assert request_id in (await browser.get("/")).text
        assert request_id not in (await noor.get("/")).text
        assert (await browser.get(f"/requests/{request_id}")).status_code == 200
        assert (await noor.get(f"/requests/{request_id}")).status_code == 404


async def test_a_session_ends_unused(two: Office, browser: httpx2.AsyncClient, between: Between) -> None:
    await signed_in(browser, between, "kim")
    for _ in range(3):  # use keeps it
        with later(two, LASTS.idle - timedelta(minutes=1)):
            assert await is_in(browser)
    with later(two, 2 * LASTS.idle + timedelta(minutes=1)):
        assert not await is_in(browser)
    assert COOKIE not in browser.cookies


async def test_a_session_ends_however_much_it_is_used(
    two: Office, browser: httpx2.AsyncClient, between: Between
) -> None:
    await signed_in(browser, between, "kim")
    step, at = LASTS.idle - timedelta(minutes=2), timedelta()
    while (at := at + step) < LASTS.longest:
        with later(two, at):
            assert await is_in(browser)
    with later(two, LASTS.longest):
        assert not await is_in(browser)


async def test_a_session_ends_at_sign_out(browser: httpx2.AsyncClient, between: Between) -> None:
    await signed_in(browser, between, "kim")
    stolen = browser.cookies[COOKIE]
    left = await browser.post("/sign-out", data={"csrf": await csrf(browser)})
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert COOKIE not in browser.cookies
    browser.cookies.set(COOKIE, stolen)
    assert not await is_in(browser)


async def test_a_session_ends_when_it_is_revoked(
    two: Office, browser: httpx2.AsyncClient, between: Between, address: str, tls: Tls
) -> None:
    async with httpx2.AsyncClient(base_url=address, verify=tls.believed()) as noor:
        await signed_in(noor, between, "noor")
        await signed_in(browser, between, "kim")
        await two.end_sessions("KIM@example.com")
        assert not await is_in(browser)
        assert await is_in(noor)


async def test_a_session_is_another_after_each_sign_in(browser: httpx2.AsyncClient, between: Between) -> None:
    await signed_in(browser, between, "kim")
    before = browser.cookies[COOKIE]
    await signed_in(browser, between, "kim")
    assert browser.cookies[COOKIE] != before
    browser.cookies.clear()
    browser.cookies.set(COOKIE, before)
    assert not await is_in(browser)


async def test_nothing_is_done_that_no_page_of_ours_sent(
    browser: httpx2.AsyncClient, between: Between, address: str, tls: Tls
) -> None:
    await signed_in(browser, between, "kim")
    async with httpx2.AsyncClient(base_url=address, verify=tls.believed()) as noor:
        await signed_in(noor, between, "noor")
        for given in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "ü"}, {"csrf": await csrf(noor)}):
            refused = await browser.post("/sign-out", data=given)
            assert refused.status_code == 403
            assert "Nothing was done" in refused.text
    # Also an act on a page, whatever becomes of it otherwise.
    assert (await browser.post("/", data={"csrf": await csrf(browser)})).status_code == 405
    assert await is_in(browser)


async def test_what_was_written_is_kept_when_the_session_ended_meanwhile(browser: httpx2.AsyncClient) -> None:
    sent = {"csrf": "0" * 64, "reason": "<b>a long story</b>", "act_id": "x"}
    answer = await browser.post("/requests/HB-0000-0000-0000/acts/withdraw", data=sent)
    assert answer.status_code == 401
    assert "&lt;b&gt;a long story&lt;/b&gt;" in answer.text
    assert "0" * 64 not in answer.text


@pytest.mark.parametrize("then", ["//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "x", ""])
async def test_nobody_is_sent_elsewhere(browser: httpx2.AsyncClient, between: Between, then: str) -> None:
    back = await signed_in(browser, between, "kim", then)
    assert back.headers["location"] == "/"
    assert "evil" not in (await browser.get("/sign-in", params={"then": then})).text


async def test_guesses_are_slowed_down_and_nobody_else_is(two: Office, between: Between, tls: Tls) -> None:
    async with (
        desk_of(two, between, tls, wrong=3) as at,
        httpx2.AsyncClient(base_url=at, verify=tls.believed()) as kim,
        httpx2.AsyncClient(base_url=at, verify=tls.believed()) as guesser,
    ):
        await signed_in(kim, between, "kim")
        got = []
        for _ in range(4):
            guesser.cookies.clear()
            guesser.cookies.set(COOKIE, secrets.token_urlsafe(32))
            got.append(await guesser.get("/"))
        assert [one.status_code for one in got] == [303, 303, 303, 429]
        assert 1 <= int(got[-1].headers["retry-after"]) <= 60
        assert (await guesser.get(CALLBACK, params={"state": "x", "code": "y"})).status_code == 429
        assert await is_in(kim)


NEEDS_SIGN_IN = {*STAFF, "GET /live"}
OPEN = {
    "GET /v/{reference}",
    "POST /v/{reference}",
    "POST /v/{reference}/code",
    "GET /d/{token}",
    "POST /d/{token}",
    "POST /d/{token}/code",
    "GET /ask/{controller}",
    "GET /ask/{controller}/{right}",
    "POST /ask/{controller}/{right}",
    "GET /opt-out/{controller}",
    "GET /.well-known/gpc.json",
    "GET /mine",
    "POST /mine/send",
    "GET /mine/withdraw",
    "POST /mine/{act}",
    "POST /hooks/{source}",
    "GET /r/{token}",
    "POST /r/{token}",
    "POST /hooks/systems/{system}",
    "GET /healthz",
    "GET /readyz",
    "GET /static/desk.css",
    "GET /static/live.js",
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/start",
    "GET /sign-in/callback",
    "POST /sign-out",
}
PROCESSORS = "/p/"


async def test_every_route_is_staffs_or_is_said_to_be_open(here: World, browser: httpx2.AsyncClient) -> None:
    """A route without a row fails; staff's lead to the sign-in, and no other does."""
    routes = {one for one in routes_of(create_app(here.office)) if PROCESSORS not in one}
    assert routes == NEEDS_SIGN_IN | OPEN
    for one in routes | {"GET /p/x", "GET /api/v1/requests"}:
        method, path = one.split(" ")
        path = re.sub(r"\{\w+\}", "HB-0000-0000-0000", path)
        answer = await browser.request(method, path)
        asked = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?then=")
        assert asked == (one in NEEDS_SIGN_IN), one


async def test_a_provider_that_fails_is_said_to(two: Office, between: Between, tls: Tls) -> None:
    wrong: dict[str, bytes] = {
        "not JSON": b"<html>",
        "no endpoints": b"{}",
        "another's": b'{"issuer": "https://evil.example", "authorization_endpoint": "https://evil.example/a", '
        b'"token_endpoint": "https://evil.example/t", "jwks_uri": "https://evil.example/j"}',
        "endless": b'"' + b"x" * 2_000_000 + b'"',
    }
    for name, said in wrong.items():
        between.answers["/.well-known/openid-configuration"] = said
        async with (
            desk_of(two, between, tls) as at,
            httpx2.AsyncClient(base_url=at, verify=tls.believed()) as client,
        ):
            answer = await client.get("/sign-in/start")
            assert answer.status_code == 503, name
            assert "evil" not in answer.text


async def test_where_nobody_signs_in_one_is_warned_on_each_page(two: Office, tls: Tls) -> None:
    app = create_app(two, door=Door(two, Local("kim@example.com", two.for_staff("kim@example.com"))))
    async with serving(app, tls=tls) as at, httpx2.AsyncClient(base_url=at, verify=tls.believed()) as client:
        for path in ("/", "/sign-in"):
            assert "Development sign-in." in (await client.get(path)).text
        form = await client.get("/sign-in")
        found = re.search(r'name="csrf" value="([0-9a-f]{64})"', form.text)
        assert found
        assert (await client.post("/sign-in", data={"account": "noor@example.com"})).status_code == 403
        told = await client.post("/sign-in", data={"account": "stranger", "csrf": found[1]})
        assert (told.status_code, "works for none" in told.text) == (403, True)
        await client.post("/sign-in", data={"account": "noor@example.com", "csrf": found[1]})
        page = await client.get("/")
        assert "noor@example.com" in page.text
        assert "Development sign-in." in page.text


SIGN_IN = SignInSettings(issuer="https://id.example.org", client_id="desk", client_secret=SecretStr("made-up"))


def test_who_listens_to_others_has_staff_sign_in_over_tls() -> None:
    wide = {"host": "0.0.0.0", "public_url": "https://desk.example.org"}  # noqa: S104 - refused without a sign-in
    with pytest.raises(ConfigurationError, match="nobody signs in"):
        refuse_wide(DeskSettings.model_validate(wide))
    refuse_wide(DeskSettings.model_validate({**wide, "sign_in": SIGN_IN}))
    with pytest.raises(ConfigurationError, match="must be https"):
        refuse_wide(DeskSettings.model_validate({"public_url": "http://desk.example.org", "sign_in": SIGN_IN}))
    assert "made-up" not in repr(SIGN_IN)


def test_a_provider_elsewhere_is_called_over_tls_only() -> None:
    with pytest.raises(ConfigurationError, match="must be https"):
        Issuer(SIGN_IN.model_copy(update={"issuer": "http://id.example.org"}), "https://desk.example.org/x")


@asynccontextmanager
async def desk_process(here: World, folder: Path, **environment: str) -> AsyncIterator[tuple[str, list[str]]]:
    """`habeas desk` as it is run; where it listens, and what it logged until then."""
    command = [str(Path(sys.executable).with_name("habeas")), "desk", "--config", str(here.settings_file(folder))]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr
    logged: list[str] = []
    try:
        async with asyncio.timeout(90):
            while not logged or "desk_started" not in logged[-1]:
                line = (await process.stderr.readline()).decode()
                assert line, logged
                logged.append(line)
        yield f"http://127.0.0.1:{json.loads(logged[-1])['port']}", logged
    finally:
        process.terminate()
        await process.communicate()


async def test_the_process_has_staff_sign_in_by_its_settings(here: World, between: Between, tmp_path: Path) -> None:
    settings = {
        "HABEAS_DESK__SIGN_IN__ISSUER": between.issuer,
        "HABEAS_DESK__SIGN_IN__CLIENT_ID": "desk",
        "HABEAS_DESK__SIGN_IN__CLIENT_SECRET": "canary-secret",
        "HABEAS_DESK__PUBLIC_URL": "https://127.0.0.1:1",
    }
    async with desk_process(here, tmp_path, **settings) as (at, logged), httpx2.AsyncClient(base_url=at) as client:
        assert (await client.get("/")).headers["location"] == "/sign-in?then=/"
        sent = parse_qs(urlsplit((await client.get("/sign-in/start")).headers["location"]).query)
        assert sent["redirect_uri"] == ["https://127.0.0.1:1/sign-in/callback"]
    assert "development_sign_in" not in "".join(logged)
    assert "canary" not in "".join(logged)


async def test_the_process_warns_where_nobody_signs_in(here: World, tmp_path: Path) -> None:
    async with desk_process(here, tmp_path) as (at, logged), httpx2.AsyncClient(base_url=at) as client:
        assert "Development sign-in." in (await client.get("/")).text
    warned = [json.loads(line) for line in logged if "development_sign_in" in line]
    assert [line["level"] for line in warned] == ["warning"]
