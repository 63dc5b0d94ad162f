"""Nothing personal in Temporal, logs, metrics, traces, error output, stored files, the ledger: canaries are sought."""

import html
import json
import re
import secrets
import urllib.error
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter, start_http_server
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from habeas.model import Outcome, Stage
from tests.acceptance import agency
from tests.acceptance.agency import settings_with_agency
from tests.acceptance.house import House, eventually, fetch
from tests.acceptance.people import Planted, Words, plant
from tests.acceptance.places import PACKS, everywhere, files, in_temporal, metrics_at, outputs
from tests.acceptance.relay import refusing
from tests.acceptance.scan import Scanner, forms
from workers.desk.mine import COOKIE
from workers.maildir import messages
from workers.office import Story
from workflows.attributes import CONTROLLER

pytestmark = pytest.mark.stack


@dataclass
class Canaries:
    """Texts that are nowhere in the world but in these requests."""

    letters: str = field(default_factory=lambda: "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(10)))
    wide: str = field(default_factory=lambda: "Žø" + "".join(secrets.choice("bcdfgæðłńřß") for _ in range(10)) + "ő")
    digits: str = field(default_factory=lambda: f"99{secrets.randbelow(10**9):09}")
    more: dict[str, str] = field(default_factory=dict)

    def person(self, number: int) -> Planted:
        return Planted(
            name=f"{self.wide} {self.letters}{number}",
            email=f"{self.letters}{number}.first@example.com",
            second=f"{self.letters}{number}.second@example.org",
            phone=f"+{self.digits}{number:02}",
            customer_no=f"K-{self.letters}{number}",
        )

    def say(self, what: str) -> str:
        return f"{self.letters} {what} {self.wide} +{self.digits}"

    def words_of(self, number: int) -> Words:
        """What is written in the stores about one of them."""
        return lambda column: self.say(f"{column} {number}")

    def words(self, *names: str) -> list[str]:
        """``--name canary`` for each."""
        return [word for name in names for word in (f"--{name}", self.say(name))]

    def code(self, name: str, code: str) -> str:
        bare = code.replace(" ", "").replace("-", "")
        for number, between in enumerate(("", " ", "-")):
            self.more[f"{name} ({number})"] = f"{bare[:4]}{between}{bare[4:]}"
        return code

    def scanner(self) -> Scanner:
        return Scanner({"letters": self.letters, "wide": self.wide, "digits": self.digits, **self.more})


@pytest.fixture(scope="module")
async def canaries(house: House, tmp_path_factory: pytest.TempPathFactory) -> Canaries:
    """Requests full of canaries, each with its own troubles, carried to their ends."""
    made = Canaries()
    people = [await plant(made.person(n), house.store_url, made.words_of(n)) for n in range(8)]
    refused = people[3].email
    async with refusing(house, refused):
        await _bad_input(house, made)
        await _access(house, made, people[0], tmp_path_factory.mktemp("downloads"))
        await _erasure(house, made, people[1])
        await _refusal(house, made, people[2])
        await _withdrawal(house, made, people[3])
        await _rectification(house, made, people[4])
        await _restriction(house, made, people[5])
    await _by_themselves(house, made, people[7])
    async with house.under(settings_with_agency(house)):
        await _processor(house, made, people[6])
    return made


async def _open(house: House, made: Canaries, person: Planted, right: str) -> str:
    said = await house.habeas.here(
        *("request", "open", "--right", right, "--email", person.email, "--phone", person.phone, "--language", "en"),
        *("--identifier", f"customer_number={person.customer_no}", "--name", person.name),
        *made.words("note", "by", "reason"),
        *("--key", made.say(f"key {person.customer_no}")),
    )
    return str(said.json["id"])


async def _bad_input(house: House, made: Canaries) -> None:
    """Slips of the hand, none of which may be repeated on standard error."""
    opening = ("request", "open", "--right", "access", "--by", "Desk")
    for slip in (
        (*opening, "--email", made.say("not an address")),
        (*opening, "--phone", f"{made.digits}{made.digits}"),
        (*opening, "--identifier", made.say("no kind")),
        (*opening, "--email", f"{made.letters}@example.com", "--received", made.say("received")),
        (*opening, "--email", f"{made.letters}@example.com", "--channel", made.say("channel")),
        ("request", "open", "--right", made.say("right"), "--by", "Desk", "--email", f"{made.letters}@example.com"),
        ("request", "show", made.say("reference")),
    ):
        await house.habeas.here(*slip, code=2)


async def _access(house: House, made: Canaries, person: Planted, downloads: Path) -> None:
    habeas, why = house.habeas.here, made.words("by", "reason")
    async with house.store("crm") as sql:
        await sql.execute(
            "insert into contacts (public_id, first_name, last_name, email, created_at, updated_at) "
            "values (gen_random_uuid(), 'Somebody', $1, $2, now(), now())",
            f"Else{made.letters}",
            person.email,
        )
    request_id = await _open(house, made, person, "access")
    made.code("code 1", await house.code(request_id))
    await habeas("request", "verify", request_id, "--resend", *why)
    code = made.code("code 2", await house.code(request_id, 2))
    wrong = made.code("wrong code", f"{(int(code.replace('-', '').replace(' ', '')) + 12345678) % 10**8:08}")
    await habeas("request", "verify", request_id, "--code", wrong, code=2)
    await habeas("request", "verify", request_id, "--code", code)
    await house.until(request_id, Stage.CLARIFYING)
    shown = await habeas("request", "match", request_id, *why, personal=True)
    async with _ledger_that_quotes(house, made):
        said = [
            word
            for one in shown.json["records"]
            if one["standing"] == "held"
            for word in ("--yes" if one["name"] == person.name else "--no", one["handle"])
        ]
        await habeas("request", "match", request_id, *said, *why)
        await _staff_read_the_error(house, made, request_id)
    await house.until(request_id, Stage.REVIEWING)
    await habeas("request", "pause", request_id, "--for", "clarification", *why)
    await habeas("request", "resume", request_id, *why)
    await habeas("request", "extend", request_id, "--ground", "complexity", *why)
    await habeas("request", "approve", request_id, *why)
    await _ends(house, request_id, Outcome.FULFILLED)
    token = made.more["token"] = await house.token(request_id)
    desk = f"{house.stack.addresses.desk}/d"
    for bad in (f"{made.letters}{token[len(made.letters) :]}", f"{made.letters}@example.com"):
        with pytest.raises(urllib.error.HTTPError, match="410"):
            await fetch(f"{desk}/{bad}", b"")
    for alone in (b"", f"code={wrong}".encode()):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            await fetch(f"{desk}/{token}", alone)
    form = await house.link_code(f"{desk}/{token}", request_id)
    made.code("code of the link", form.decode().partition("=")[2])
    content = await fetch(f"{desk}/{token}", form)
    assert content.startswith(b"PK")
    with pytest.raises(urllib.error.HTTPError, match="410"):
        await fetch(f"{desk}/{token}", form)
    await habeas("request", "download", request_id, "--to", str(downloads / "package.zip"), *why)
    await _look_at(house, request_id)


async def _erasure(house: House, made: Canaries, person: Planted) -> None:
    habeas, why = house.habeas.here, made.words("by", "reason")
    request_id = await _open(house, made, person, "erasure")
    await habeas("request", "verify", request_id, "--code", made.code("code 3", await house.code(request_id)))
    await house.until(request_id, Stage.REVIEWING)
    plan = (await habeas("request", "plan", request_id, *why, personal=True)).json["digest"]
    async with house.store("support") as sql:
        await sql.execute(
            "create function quotes() returns trigger language plpgsql as "
            "$$ begin raise exception 'this row stays: %', old using detail = old.email; end $$;"
            "create trigger quotes before delete on users for each row execute function quotes()"
        )
        await habeas("request", "approve", request_id, "--plan", plan[:12], *why)
        await habeas("request", "approve", request_id, "--plan", plan, "--by", made.say("other"), *why[2:])
        await _blocked(house, request_id, "support")
        await habeas("request", "retry-system", request_id, "support", *why)
        await _blocked(house, request_id, "support")
        await habeas("request", "skip-system", request_id, "support", *why)
        await house.until(request_id, Stage.CLOSED)
        await sql.execute("drop trigger quotes on users; drop function quotes()")
    await _ends(house, request_id, Outcome.PARTLY_FULFILLED)
    await _look_at(house, request_id)


async def _refusal(house: House, made: Canaries, person: Planted) -> None:
    habeas, why = house.habeas.here, made.words("by", "reason")
    request_id = await _open(house, made, person, "access")
    made.code("code 4", await house.code(request_id))
    await habeas("request", "verify", request_id, *made.words("attest", "by"))
    await house.until(request_id, Stage.REVIEWING)
    await habeas("request", "refuse", request_id, "--ground", made.say("ground"), *why, code=2)
    more = ("--email", f"{made.letters}.third@example.net", "--phone", f"+{made.digits}77")
    await habeas("request", "add-identifier", request_id, *more, "--identifier", f"badge={made.say('badge')}", *why)
    await house.until(request_id, Stage.REVIEWING)
    await habeas("request", "refuse", request_id, "--ground", "manifestly_unfounded", *why)
    await _ends(house, request_id, Outcome.REFUSED)
    await habeas("request", "withdraw", request_id, *why, code=3)
    await _look_at(house, request_id)


async def _withdrawal(house: House, made: Canaries, person: Planted) -> None:
    request_id = await _open(house, made, person, "access")

    async def turned_away() -> bool:
        return any(letter.state.value == "failed" for letter in (await house.office.show(request_id)).letters)

    await eventually(turned_away, "a letter that the mail server refused")
    await house.until(request_id, Stage.VERIFYING)
    await house.habeas.here("request", "withdraw", request_id, *made.words("by", "reason"))
    await _ends(house, request_id, Outcome.WITHDRAWN)
    await _look_at(house, request_id)


async def _by_themselves(house: House, made: Canaries, person: Planted) -> None:
    """The person asks by the form, slips, comes in by the code, writes, sends a file and withdraws."""
    async with httpx2.AsyncClient(base_url=house.stack.addresses.desk) as browser:
        typed = {
            "email": person.email,
            "phone": person.phone,
            "number": person.customer_no,
            "name": person.name,
            "note": made.say("note"),
            "lang": "en",
        }
        slip = await browser.post("/ask/demo/access", data=typed | {"email": made.say("email")})
        assert slip.status_code == 422
        file = {"file": (f"{made.letters}.txt", made.say("file").encode(), "text/plain")}
        assert (await browser.post("/ask/demo/access", data=typed, files=file)).status_code == 200

        async def reference() -> str | None:
            mails = [one.text for one in messages(house.stack.folder.path) if person.email in one.recipients]
            return found[0] if mails and (found := re.search(r"HB(-\w{4}){3}", mails[0])) else None

        request_id = await eventually(reference, "a letter to who asked by the form")
        code = made.code("code of the form", await house.code(request_id))
        assert (await browser.post(f"/v/{request_id}", data={"code": made.say("code")})).status_code == 403
        entered = await browser.post(f"/v/{request_id}", data={"code": code})
        session = made.more["visit"] = entered.headers["set-cookie"].partition("=")[2].partition(";")[0]
        me = {"cookie": f"{COOKIE}={session}"}
        page = await browser.get("/mine", headers=me)
        assert made.scanner().look({"page": page.content}) == {}
        sent = dict(re.findall(r'name="(csrf|form)" value="([^"]+)"', page.text))
        await browser.post("/mine/send", headers=me, data=sent | {"text": made.say("answer")}, files=file)
        await browser.post("/mine/send", headers=me, data=sent | {"kind": "email", "value": made.say("address")})
        heard = await house.habeas.here("request", "messages", request_id, *made.words("by", "reason"), personal=True)
        assert {one["text"] for one in heard.json} == {"", made.say("note"), made.say("answer")}
        await house.until(request_id, Stage.CLARIFYING, Stage.REVIEWING, Stage.CLOSED)
        await _staff_read(house, made, request_id)
        await browser.post("/mine/withdraw", headers=me, data=sent)
    await house.until(request_id, Stage.CLOSED)
    await _look_at(house, request_id)


async def _staff_read(house: House, made: Canaries, request_id: str) -> None:
    """What the person sent, file and all, is read at the desk, and an act is previewed with words of its own."""
    here = f"/requests/{request_id}"
    async with httpx2.AsyncClient(base_url=house.stack.addresses.desk) as staff:
        asked = await _names_nobody(staff, made, f"{here}/messages")
        told = {"csrf": _hidden(asked, "csrf"), "reason": made.say("why they look")}
        shown = html.unescape((await staff.post(f"{here}/messages", data=told)).text)
        assert made.say("answer") in shown
        form = shown.partition(f'action="{here}/messages/file"')[2]
        which = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.partition("</form>")[0]))
        saved = await staff.post(f"{here}/messages/file", data=told | which)
        assert saved.text == made.say("file")
        preview = await staff.post(f"{here}/acts/withdraw", data=told | {"step": "preview"})
        assert made.say("why they look") in html.unescape(preview.text)


async def _staff_read_the_error(house: House, made: Canaries, request_id: str) -> None:
    """What the database said when it failed lies sealed, and is read at the desk."""

    async def sealed() -> str | None:
        async with house.store("ledger") as sql:
            query = "select correlation from error where detail is not null and request_id = $1 limit 1"
            return await sql.fetchval(query, request_id)  # type: ignore[no-any-return]  # untyped driver

    path = f"/requests/{request_id}/errors/{await eventually(sealed, 'an error whose text lies sealed in the ledger')}"
    async with httpx2.AsyncClient(base_url=house.stack.addresses.desk) as staff:
        asked = await _names_nobody(staff, made, path)
        told = {"csrf": _hidden(asked, "csrf"), "reason": made.say("why they look")}
        assert made.say("error") in html.unescape((await staff.post(path, data=told)).text)


async def _names_nobody(staff: httpx2.AsyncClient, made: Canaries, path: str) -> str:
    page = await staff.get(path)
    assert made.scanner().look({"page": page.content}) == {}
    return page.text


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found
    return found[1]


async def _rectification(house: House, made: Canaries, person: Planted) -> None:
    """Corrections with evidence, one contested; a question; a delay; recipients who are told."""
    habeas, why = house.habeas.here, made.words("by", "reason")
    said = await habeas(
        *("request", "open", "--right", "rectification", "--email", person.email, "--language", "en"),
        *("--correct", f"{person.email} => {made.letters}4.new@example.com"),
        *("--correct", f"phone: {person.phone} => +{made.digits}66"),
        *made.words("evidence", "note", "by", "reason"),
        code=2,
    )
    # So long ago that there is a delay to tell of.
    received = f"{datetime.now(UTC) - timedelta(days=60):%Y-%m-%d}"
    said = await habeas(
        *("request", "open", "--right", "rectification", "--email", person.email, "--language", "en"),
        *("--received", received),
        *("--correct", f"email: {person.email} => {made.letters}4.new@example.com"),
        *("--correct", f"{made.say('what')}: {made.say('old')} => {made.say('new')}"),
        *made.words("evidence", "note", "by", "reason"),
    )
    request_id = str(said.json["id"])
    await habeas("request", "verify", request_id, "--code", made.code("code 5", await house.code(request_id)))
    await house.until(request_id, Stage.REVIEWING)
    await habeas("request", "ask", request_id, *made.words("question", "by"))
    await habeas("request", "resume", request_id, *why)
    later = ("--expected", f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%d}")
    await habeas("request", "announce-delay", request_id, *later, *why)

    async def planned() -> str:
        return str((await habeas("request", "plan", request_id, *why, personal=True)).json["digest"])

    before = await planned()
    await habeas("request", "contest", request_id, "--correction", "2", *why)

    async def anew() -> bool:
        return await planned() != before

    await eventually(anew, "the plan drafted anew")
    await house.until(request_id, Stage.REVIEWING)
    await habeas("request", "approve", request_id, "--plan", await planned(), *why)
    await house.until(request_id, Stage.CLOSED)
    await habeas("recipient", "list", request_id)
    await _look_at(house, request_id)


async def _restriction(house: House, made: Canaries, person: Planted) -> None:
    """A restriction that is lifted, an objection beside it, and a legal hold on the person."""
    habeas, why = house.habeas.here, made.words("by", "reason")
    held = await habeas(
        *("hold", "place", "--email", person.email, "--provision", "Case 2026/114"),
        *why,
    )
    for right, more in (("restriction", made.words("situation")), ("objection", ["--purpose", "direct_marketing"])):
        said = await habeas(
            *("request", "open", "--right", right, "--email", person.email, "--name", person.name, "--language", "en"),
            *more,
            *why,
        )
        request_id = str(said.json["id"])
        if right == "restriction":
            await house.until(request_id, Stage.VERIFYING)
            await habeas("request", "verify", request_id, *made.words("attest", "by"))
            await house.until(request_id, Stage.REVIEWING)
            plan = (await habeas("request", "plan", request_id, *why, personal=True)).json["digest"]
            await habeas("request", "approve", request_id, "--plan", plan, *why)
            restricted = request_id
        await house.until(request_id, Stage.CLOSED)
        await _look_at(house, request_id)
    await habeas("restriction", "list")
    await habeas("restriction", "lift", restricted, *why)
    await habeas("hold", "list")
    await habeas("hold", "lift", str(held.json["hold"]["id"]), *why)
    await habeas("retention", "due")


async def _processor(house: House, made: Canaries, person: Planted) -> None:
    """A processor is shown the person behind its link, slips, uploads what it holds and says who found it."""
    habeas, why = house.habeas.here, made.words("by", "reason")
    said = await habeas(
        *("request", "open", "--right", "access", "--email", person.email),
        *("--name", person.name, "--language", "en"),
        *made.words("note", "by", "reason"),
    )
    request_id = str(said.json["id"])
    await habeas("request", "verify", request_id, "--code", made.code("code 6", await house.code(request_id)))
    path = await agency.link(house, request_id)
    made.more["processor's token"] = path.removeprefix("/p/")
    await _blocked(house, request_id, "mailing")
    desk = house.stack.addresses.desk
    assert made.scanner().look({"page": (await fetch(f"{desk}{path}")).replace(path.encode(), b"")}) == {}
    assert person.email.encode() in await fetch(f"{desk}{path}", b"")
    with pytest.raises(urllib.error.HTTPError, match="410"):
        await fetch(f"{desk}/p/{made.letters}{path[-33:]}", b"")
    answer = {"found": "something", "said.subscribers": made.say("statement"), "note": made.say("note")}
    day = {"done_on": f"{datetime.now(UTC):%Y-%m-%d}"}
    name, content = f"{made.letters}.pdf", made.say("file").encode()
    with pytest.raises(urllib.error.HTTPError, match="422"):
        await agency.answer(house, path, name, content, **answer, done_by=made.say("agent"), done_on=made.say("day"))
    await agency.answer(house, path, name, content, **answer, **day, done_by=made.say("agent"))
    await house.until(request_id, Stage.REVIEWING)
    tasks = await habeas("task", "list", "--all")
    mine = next(one["id"] for one in tasks.json if one["request_id"] == request_id)
    await habeas("task", "show", mine, *why, personal=True)
    await habeas("request", "approve", request_id, *why)
    await _ends(house, request_id, Outcome.FULFILLED)
    with pytest.raises(urllib.error.HTTPError, match="410"):
        await fetch(f"{desk}{path}", b"")
    await habeas("recipient", "list", request_id)
    await _look_at(house, request_id)


async def _look_at(house: House, request_id: str) -> None:
    """What staff look at that names nobody."""
    for words in (("request", "show"), ("request", "timeline"), ("evidence", "verify")):
        await house.habeas.here(*words, request_id)
    await house.habeas.here("request", "list")
    folder = house.stack.folder.path / PACKS
    folder.mkdir(exist_ok=True)
    await house.habeas.here("evidence", "pack", request_id, "--to", str(folder / f"{request_id}.zip"), "--by", "Desk")


async def _ends(house: House, request_id: str, outcome: Outcome) -> Story:
    story = await house.until(request_id, Stage.CLOSED)
    assert story.request.outcome is outcome
    return story


async def _blocked(house: House, request_id: str, system: str) -> None:
    async def look() -> bool:
        return system in (await house.office.show(request_id)).request.blocked_on

    await eventually(look, f"{request_id} waits for {system}")


@asynccontextmanager
async def _ledger_that_quotes(house: House, made: Canaries) -> AsyncIterator[None]:
    """A database error that nobody foresaw, with personal data in its text."""
    async with house.store("ledger") as sql:
        await sql.execute(
            "create function quotes() returns trigger language plpgsql as "
            f"$$ begin raise exception 'unforeseen: {made.say('error')}' using hint = '{made.say('hint')}'; end $$;"
            "create trigger quotes before insert on system_result for each row execute function quotes()"
        )
        try:
            yield
        finally:
            await sql.execute("drop trigger quotes on system_result; drop function quotes()")


async def test_nothing_personal_is_anywhere_it_must_not_be(house: House, canaries: Canaries) -> None:
    places = await everywhere(house)
    kinds = {place.split()[0] for place in places}
    assert kinds >= {"file", "list", "history", "description", "metrics", "traces", "output", "command", "ledger"}
    for name in (b"habeas-worker", b"habeas-desk", b"RunActivity:send_letter", b"RunWorkflow:RequestWorkflow"):
        assert name in places["traces"]
    assert any(place.startswith(f"file {PACKS}/") for place in places)
    assert any(place.startswith("file temporal/temporal.db") and len(places[place]) > 100_000 for place in places)
    assert canaries.scanner().look(places) == {}


async def test_it_was_there_to_be_found(house: House, canaries: Canaries) -> None:
    """The same scan finds each canary where it belongs: in the stores and in the mail."""
    scanner = canaries.scanner()
    mail = b"".join(files(house.stack.folder.path / "mail").values()).replace(b"=\r\n", b"")
    found = {name.split(" as ")[0].split(" (")[0] for name in scanner.find(mail)}
    assert found >= {"letters", "code 1", "code 2", "code 3", "code 4", "code 5", "token"}
    async with house.store("crm") as sql:
        rows = "\n".join(row[0] for row in await sql.fetch("select t::text from contacts t"))
    assert {name.split(" as ")[0] for name in scanner.find(rows.encode())} >= {"letters", "wide", "digits"}


async def test_a_processor_learns_of_nobody_by_mail(house: House, canaries: Canaries) -> None:
    mails = [mail for mail in messages(house.stack.folder.path) if agency.AGENCY in mail.recipients]
    assert mails
    token = canaries.more["processor's token"]
    found = canaries.scanner().find("".join(mail.text for mail in mails).replace(token, "").encode())
    assert found == {}


async def test_a_word_in_the_wrong_place_is_not_repeated(house: House) -> None:
    made = Canaries()
    for slip in (
        ("request", "open", "--right", "access", "--by", "Desk", f"{made.letters}@example.com"),
        ("request", f"{made.letters}@example.com"),
        ("request", "list", "--due-before", made.letters),
    ):
        said = await house.habeas.run(*slip)
        assert said.code == 2
        assert made.scanner().look(outputs([said])) == {}


@pytest.mark.parametrize("way", sorted(forms("x")))
def test_every_way_of_writing_is_recognised(way: str) -> None:
    secret = "Žøqkbðæ-Vxwz"
    written = {
        "utf-8": [secret.encode(), secret.upper().encode(), secret.lower().encode()],
        "utf-16": [secret.encode("utf-16-le"), secret.encode("utf-16-be")],
        "base64": [
            form
            for before in range(3)
            for form in (
                b64encode(("x" * before + secret + "?" * 5).encode()),
                b64encode(("é" * before + secret).encode()),
            )
        ],
        "hex": [secret.encode().hex().encode(), secret.encode().hex().upper().encode()],
        "percent": [quote(secret).encode()],
        "json": [json.dumps(f"so: {secret}").encode()],
    }[way]
    for content in written:
        assert any(f"as {way}" in found for found in Scanner({"it": secret}).find(b"\0before" + content + b"after"))
    assert Scanner({"it": secret}).find(b"before" + secret[:-1].encode()) == {}


@pytest.mark.parametrize("where", ["memo", "search attribute", "log", "metrics", "output", "stored file"])
async def test_the_scan_fails_when_something_is_let_through(house: House, where: str, tmp_path: Path) -> None:
    made = Canaries()
    scanner = made.scanner()
    match where:
        case "memo" | "search attribute":
            found = scanner.look(await _let_into_temporal(house, made, where))
            assert {place.split()[0] for place in found} >= {"file", "description", "history", "list"}
        case "log" | "stored file":
            (tmp_path / "worker-9.log").write_text(json.dumps({"event": "said", "to": made.say("log")}))
            assert scanner.look(files(tmp_path))
            (tmp_path / "worker-9.log").rename(tmp_path / f"{made.letters}.page")
            assert scanner.look(files(tmp_path))
        case "metrics":
            registry = CollectorRegistry()
            Counter("said", "Words", ["to"], registry=registry).labels(made.say("label")).inc()
            server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
            try:
                assert scanner.look(await metrics_at(server.server_port))
            finally:
                server.shutdown()
                server.server_close()
                thread.join()
        case _:
            said = await house.habeas.run("request", "open", "--help")
            assert scanner.look(outputs([replace(said, err=made.say("slip"))]))


async def _let_into_temporal(house: House, made: Canaries, where: str) -> dict[str, bytes]:
    """What the server tells, of its files too, with one workflow too many."""
    client = await house.temporal()
    given = TypedSearchAttributes([SearchAttributePair(CONTROLLER, made.letters)])
    handle = await client.start_workflow(
        "Nobody",
        id=f"leak-{secrets.token_hex(4)}",
        task_queue="nobody",
        memo={"for": made.say("memo")} if where == "memo" else None,
        search_attributes=given if where == "search attribute" else None,
    )

    async def listed() -> bool:
        return any([one.id == handle.id async for one in client.list_workflows(f"WorkflowId = '{handle.id}'")])

    await eventually(listed, "the workflow in the list")
    try:
        return await in_temporal(house)
    finally:
        await handle.terminate()
