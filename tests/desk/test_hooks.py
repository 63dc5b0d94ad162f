"""Other programs tell of requests: who signs, what it means, and that it is done once."""

import json
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from habeas.errors import ConfigurationError
from habeas.model import Stage
from habeas.wire.signing import Signer
from tests.office.world import World
from workers.desk import create_app
from workers.desk.sources import Source
from workers.office import Office
from workers.settings import SourceSettings

SECRET = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
OTHER = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
RULES: list[dict[str, Any]] = [
    {
        "does": "open",
        "when": {"event": "ticket.created", "ticket.form": "privacy"},
        "fields": {
            "right": "ticket.custom.what",
            "email": "ticket.requester.emails",
            "name": "ticket.requester.name",
            "note": "ticket.description",
            "customer_number": "ticket.requester.number",
        },
        "values": {"right": {"Delete my data": "erasure", "Copy of my data": "access"}},
        "always": {"jurisdiction": "DK", "channel": "chat"},
    },
    {"does": "message", "when": {"event": "comment"}, "fields": {"request": "subject", "text": "body"}},
]


def settings(**changes: Any) -> SourceSettings:
    return SourceSettings.model_validate({"controller": "demo", "account": "desk-bot", "secrets": [SECRET], **changes})


@pytest.fixture
def sources(here: World) -> dict[str, Source]:
    return {
        "helpdesk": Source("helpdesk", settings(rules=RULES, secrets=[OTHER, SECRET]), here.office),
        "crm": Source("crm", settings(), here.office),
    }


@pytest.fixture
async def program(here: World, sources: dict[str, Source]) -> AsyncIterator[httpx2.AsyncClient]:
    app = httpx2.ASGITransport(create_app(here.office, sources=sources))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
        yield client


async def tell(
    program: httpx2.AsyncClient,
    source: str,
    said: object,
    *,
    message_id: str = "",
    secret: str = SECRET,
    at: datetime | None = None,
) -> httpx2.Response:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    headers = Signer([secret]).sign(message_id or f"msg_{secrets.token_hex(8)}", at or datetime.now(UTC), body)
    return await program.post(f"/hooks/{source}", content=body, headers=headers)


async def test_a_ticket_opens_a_request_once(here: World, program: httpx2.AsyncClient) -> None:
    address = here.person()
    ticket = {
        "event": "ticket.created",
        "ticket": {
            "form": "privacy",
            "custom": {"what": "Delete my data"},
            "requester": {"emails": [address, "second@example.org"], "name": "Ada", "number": 77},
            "description": "please",
            "internal": {"anything": ["else"]},
        },
    }
    first = await tell(program, "helpdesk", ticket, message_id="msg_1")
    again = await tell(program, "helpdesk", ticket, message_id="msg_1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    request_id = first.json()["request"]
    story = await here.office.show(request_id)
    assert (story.entry.right, story.request.channel) == ("erasure", "chat")
    async with here.ledger.begin() as tx:
        subject = await tx.subject(request_id)
    assert {(one.kind, one.value) for one in subject.identifiers} == {
        ("email", address),
        ("email", "second@example.org"),
        ("customer_number", "77"),
    }
    comment = {"event": "comment", "subject": f"Re: [{request_id.lower()}] your request", "body": "it is the old shop"}
    said = [await tell(program, "helpdesk", comment, message_id="msg_2") for _ in range(2)]
    assert [one.status_code for one in said] == [201, 201]
    words, heard = await here.office.messages(request_id, by="Kim", reason="reads")
    assert words.text == "please"
    assert (heard.text, heard.source, heard.proven) == ("it is the old shop", "helpdesk", False)


async def test_a_program_that_speaks_as_we_do(here: World, program: httpx2.AsyncClient) -> None:
    opened = await tell(
        program, "crm", {"type": "request.open", "data": {"right": "opt_out_sale", "email": [here.person()]}}
    )
    assert opened.status_code == 201
    other = await tell(program, "crm", {"type": "request.open", "data": {"right": "access", "email": here.person()}})
    request_id = other.json()["request"]
    await here.reach(request_id, Stage.VERIFYING)
    gone = await tell(program, "crm", {"type": "request.withdraw", "data": {"request": request_id}})
    assert gone.status_code == 200
    await here.reach(request_id, Stage.CLOSED)
    late = await tell(program, "crm", {"type": "request.message", "data": {"request": request_id, "text": "hello"}})
    assert (late.status_code, late.json()["code"]) == (409, "wrong_stage")
    assert (await tell(program, "crm", {"type": "something.else"})).status_code == 204


async def test_a_request_is_taken_whatever_is_wrong_with_its_words_and_nothing_is_lost(
    here: World, program: httpx2.AsyncClient
) -> None:
    long = "please erase me. " * 2000
    data = {
        "right": "objection",
        "email": here.person(),
        "name": "Ada\x07 Lovelace" + " of Ockham" * 40,
        "situation": f"because \ud83d {long}",
        "note": f"half \ud83d and \0 nothing\r\n{long}",
    }
    said = {"type": "request.open", "data": data}
    body = json.dumps(said).replace("because", "because of\n").encode().replace(b"please", b"pl\xf0\x9fease", 1)
    answers = [await tell(program, "crm", body, message_id="msg_whole") for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    request_id = answers[0].json()["request"]
    assert answers[0].json() == answers[1].json()
    done = {(one["field"], "replaced" in one["message"]) for one in answers[0].json()["notes"]}
    assert done == {(name, mark) for name in ("name", "situation", "note") for mark in (True, False)}
    words, heard = await here.office.messages(request_id, by="Kim", reason="reads")
    assert words.text.startswith("half \ufffd and \ufffd nothing\nplease erase me. ")
    assert (len(words.text), words.text[-2:]) == (10_000, " …")
    assert words.situation is not None
    assert words.situation.startswith("because of\n \ufffd pl")
    assert (heard.kind, heard.source) == ("report", "crm")
    whole = {}
    for number, named in enumerate(heard.files, 1):
        file = await here.office.message_file(request_id, heard.id, number, by="Kim", reason="reads")
        whole[named.name] = file.content.decode()
    assert whole.keys() == {"name.txt", "situation.txt", "note.txt"}
    assert whole["note.txt"] == f"half \ufffd and \ufffd nothing\n{long}".strip()
    assert whole["name.txt"].startswith("Ada\ufffd Lovelace of Ockham")
    assert whole["name.txt"].endswith("of Ockham")


async def test_long_words_of_a_message_and_of_a_withdrawal_are_kept_whole(
    here: World, program: httpx2.AsyncClient
) -> None:
    opened = await tell(program, "crm", {"type": "request.open", "data": {"right": "access", "email": here.person()}})
    request_id = opened.json()["request"]
    await here.reach(request_id, Stage.VERIFYING)
    long = "I moved \ud83d. " * 1000
    for does, name in (("message", "text"), ("withdraw", "reason")):
        said = {"type": f"request.{does}", "data": {"request": request_id, name: long}}
        answers = [await tell(program, "crm", said, message_id=f"msg_{does}") for _ in range(2)]
        assert {one.status_code for one in answers} <= {200, 201}
        assert {one["field"] for one in answers[1].json()["notes"]} == {name}
    await here.reach(request_id, Stage.CLOSED)
    said_more, withdrawn = await here.office.messages(request_id, by="Kim", reason="reads")
    assert said_more.text.startswith("I moved \ufffd. I moved")
    for one, name in ((said_more, "text"), (withdrawn, "reason")):
        assert [file.name for file in one.files] == [f"{name}.txt"]
        file = await here.office.message_file(request_id, one.id, 1, by="Kim", reason="reads")
        assert file.content.decode() == long.replace("\ud83d", "\ufffd").strip()


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        (b"no json", 422, "body"),
        (b"[" * 100_000, 422, "body"),
        ([], 204, None),
        ({"type": "request.open", "data": {"email": "a@b.example"}}, 422, "right"),
        ({"type": "request.open", "data": {"right": "spying", "email": "a@b.example"}}, 422, "right"),
        ({"type": "request.open", "data": {"right": "access", "email": "canary"}}, 422, "email"),
        ({"type": "request.open", "data": {"right": "access"}}, 422, "email"),
        ({"type": "request.open", "data": {"right": ["access", "erasure"], "email": "a@b.example"}}, 422, "right"),
        ({"type": "request.message", "data": {"request": "HB-0000-0000-0000", "text": ["a", "b"]}}, 422, "text"),
        ({"type": "request.open", "data": {"right": {"a": 1}, "email": "a@b.example"}}, 422, "right"),
        ({"type": "request.message", "data": {"request": "none", "text": "x"}}, 422, "request"),
        ({"type": "request.message", "data": {"request": "HB-0000-0000-0000", "text": "canary"}}, 404, None),
        ({"type": "request.message", "data": {"request": "HB-0000-0000-0000"}}, 422, "text"),
    ],
)
async def test_what_cannot_be_used_is_said_by_field(
    program: httpx2.AsyncClient, log: StringIO, said: object, status: int, field: str | None
) -> None:
    answer = await tell(program, "crm", said)
    assert answer.status_code == status
    if field is not None:
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    told = [line for line in log.getvalue().splitlines() if "message_refused" in line]
    assert len(told) == (status != 204)
    assert all("crm" in line and (field is None or field in line) for line in told)
    assert "canary" not in answer.text
    assert "canary" not in log.getvalue()


async def test_only_who_signs_now_is_heard(program: httpx2.AsyncClient) -> None:
    said = {"type": "something.else"}
    now = datetime.now(UTC)
    wrong = [
        await tell(program, "crm", said, secret=OTHER),
        await tell(program, "crm", said, at=now - timedelta(minutes=6)),
        await tell(program, "crm", said, at=now + timedelta(minutes=6)),
        await tell(program, "nobody", said),
        await program.post("/hooks/crm", json=said),
        await tell(program, "crm", said, message_id="x" * 201),
    ]
    assert [one.status_code for one in wrong] == [401] * 6
    assert len({one.text for one in wrong}) == 1
    assert (await tell(program, "helpdesk", said)).status_code == 204
    assert (await tell(program, "helpdesk", said, secret=OTHER)).status_code == 204
    huge = await tell(program, "crm", {"type": "x" * 300_000})
    assert huge.status_code == 413


async def test_a_program_reaches_its_own_controller_only(here: World) -> None:
    mine = here.parts.policies["demo"]
    other = mine.model_copy(
        update={
            "controller": mine.controller.model_copy(update={"id": "other"}),
            "staff": mine.staff.model_copy(update={"accounts": ("desk-bot",)}),
        }
    )
    office = here.office
    two = Office(office._ledger, office._engine, {"demo": mine, "other": other}, office._storage, office._now)
    source = Source("crm", settings(controller="other"), two)
    request_id = await here.open(here.person())
    app = httpx2.ASGITransport(create_app(two, sources={"crm": source}))
    async with httpx2.AsyncClient(transport=app, base_url="http://127.0.0.1") as client:
        for does in ("message", "withdraw"):
            said = {"type": f"request.{does}", "data": {"request": request_id, "text": "x"}}
            assert (await tell(client, "crm", said)).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"secrets": []},
        {"secrets": ["whsec_short"]},
        {"secrets": [], "secret_file": "/nowhere/at/all"},
        {"controller": "nobody"},
        {"rules": [{"does": "open", "fields": {"right": "a", "opened_by": "b"}}]},
        {"rules": [{"does": "open", "fields": {"email": "a"}}]},
        {"rules": [{"does": "open", "always": {"right": "spying"}}]},
        {"rules": [{"does": "open", "fields": {"right": "a"}, "values": {"right": {"x": "spying"}}}]},
    ],
)
def test_settings_that_cannot_be_used_are_refused_at_the_start(here: World, changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"sources\.crm"):
        Source("crm", settings(**changes), here.office)


def test_the_secret_may_lie_in_a_file(here: World, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n{OTHER}\n", encoding="ascii")
    source = Source("crm", settings(secrets=[], secret_file=file), here.office)
    body = b"{}"
    assert source.read(Signer([OTHER]).sign("m", datetime.now(UTC), body), body, datetime.now(UTC)) is None
    assert SECRET not in repr(settings(secrets=[SecretStr(SECRET)]))
