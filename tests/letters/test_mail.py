"""Mail through a real SMTP server on loopback: what arrives, and what each refusal becomes."""

from __future__ import annotations

import asyncio
import email
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr, ValidationError

from activities.letters import RenderedLetter
from activities.mail import Mailer, MailRefusesUs, MailSender, SmtpServer
from habeas.errors import BadInput, HabeasError, Terminal, Transient

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FROM = MailSender(address="privacy@nordlys.example", name="Nordlys ApS", reply_to="help@nordlys.example")
TO = "secret.person@example.org"
MESSAGE_ID = "<0b7c7c0e@nordlys.example>"
LETTER = RenderedLetter(language="da", subject="Vi har modtaget – æøå", text="Hej æøå\n", html="<p>Hej æøå</p>")


@dataclass
class Inbox:
    """A mail server's handler: keeps what comes, or answers as told."""

    answers: dict[str, str] = field(default_factory=dict)
    envelopes: list[Envelope] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802 - the name that the server looks for
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if answer := self.answers.get("MAIL"):
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if answer := self.answers.get("RCPT"):
            return answer.format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if answer := self.answers.get("DATA"):
            return answer
        self.envelopes.append(envelope)
        return "250 OK"

    def message(self) -> EmailMessage:
        content = self.envelopes[-1].content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=policy.SMTPUTF8)
        assert isinstance(message, EmailMessage)
        return message


@asynccontextmanager
async def serving(make: Callable[[], asyncio.Protocol]) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def inbox(answers: dict[str, str] | None = None, **options: Any) -> AsyncIterator[tuple[Inbox, Mailer]]:
    box = Inbox(answers or {})
    settings = {"enable_SMTPUTF8": True} | options
    async with serving(lambda: SMTP(box, hostname="mail.example", ident="test", **settings)) as port:
        yield box, Mailer(SmtpServer(host="127.0.0.1", port=port, timeout=5))


async def test_a_letter_arrives_whole() -> None:
    async with inbox() as (box, mailer):
        await mailer.send(TO, LETTER, MESSAGE_ID, FROM, AT)
    message = box.message()
    assert box.envelopes[-1].mail_from == "privacy@nordlys.example"
    assert box.envelopes[-1].rcpt_tos == [TO]
    assert message["From"] == "Nordlys ApS <privacy@nordlys.example>"
    assert (message["To"], message["Reply-To"]) == (TO, "help@nordlys.example")
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"] == MESSAGE_ID
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "da"
    assert message["Date"].datetime == AT
    plain, html = message.iter_parts()
    assert message.get_content_type() == "multipart/alternative"
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().strip() == "Hej æøå"
    assert html.get_content().strip() == "<p>Hej æøå</p>"


async def test_the_wire_is_plain_ascii_for_a_plain_address() -> None:
    async with inbox(enable_SMTPUTF8=False) as (box, mailer):
        await mailer.send(TO, LETTER, MESSAGE_ID, FROM, AT)
    content = box.envelopes[-1].content
    assert isinstance(content, bytes)
    assert content.isascii()


async def test_sending_again_is_recognisable() -> None:
    async with inbox() as (box, mailer):
        await mailer.send(TO, LETTER, MESSAGE_ID, FROM, AT)
        first = box.message()
        await mailer.send(TO, LETTER, MESSAGE_ID, FROM, AT)
    assert box.message()["Message-ID"] == first["Message-ID"]


async def test_an_international_domain_is_sent_in_ascii() -> None:
    async with inbox(enable_SMTPUTF8=False) as (box, mailer):
        await mailer.send("åse@blåbærgrød.example".replace("å", "a", 1), LETTER, MESSAGE_ID, FROM, AT)
    assert box.envelopes[-1].rcpt_tos == ["ase@xn--blbrgrd-fxak7p.example"]


async def test_an_international_mailbox_uses_smtputf8() -> None:
    async with inbox() as (box, mailer):
        await mailer.send("åse@blåbærgrød.example", LETTER, MESSAGE_ID, FROM, AT)
    assert box.envelopes[-1].rcpt_tos == ["åse@xn--blbrgrd-fxak7p.example"]
    assert "SMTPUTF8" in box.envelopes[-1].mail_options
    assert str(box.message()["To"]) == "åse@xn--blbrgrd-fxak7p.example"


async def test_a_server_without_smtputf8_refuses_an_international_mailbox_for_good() -> None:
    async with inbox(enable_SMTPUTF8=False) as (box, mailer):
        with pytest.raises(Terminal):
            await mailer.send("åse@example.org", LETTER, MESSAGE_ID, FROM, AT)
    assert box.envelopes == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "kind"),
    [("451 try later {address}", Transient), ("452 full", Transient), ("550 no such {address}", Terminal)],
)
async def test_refusals_say_whether_trying_again_helps(command: str, answer: str, kind: type[HabeasError]) -> None:
    answer = answer.replace("{address}", TO)
    async with inbox({command: answer}) as (box, mailer):
        with pytest.raises(kind) as caught:
            await mailer.send(TO, LETTER, MESSAGE_ID, FROM, AT)
    assert box.envelopes == []
    assert type(caught.value) is kind
    assert caught.value.facts["smtp_code"] == int(answer[:3])
    _tells_nothing(caught.value)


def _tells_nothing(error: BaseException) -> None:
    """Neither the exception nor what hangs on it repeats the address."""
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert "secret.person" not in f"{error}{error!r}{vars(error)}"


async def test_a_refused_greeting_and_a_silent_port_can_be_tried_again() -> None:
    class Busy(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"421 too busy\r\n")
            transport.close()

    async with serving(Busy) as port:
        mailer = Mailer(SmtpServer(host="127.0.0.1", port=port, timeout=5))
        with pytest.raises(Transient):
            await mailer.send(TO, LETTER, MESSAGE_ID, FROM, AT)
    with pytest.raises(Transient) as caught:
        await mailer.send(TO, LETTER, MESSAGE_ID, FROM, AT)
    _tells_nothing(caught.value)


async def test_a_server_that_says_nothing_times_out() -> None:
    async with serving(asyncio.Protocol) as port:
        mailer = Mailer(SmtpServer(host="127.0.0.1", port=port, timeout=0.1))
        with pytest.raises(Transient):
            await mailer.send(TO, LETTER, MESSAGE_ID, FROM, AT)


# The server warns of what is meant here: signing in on loopback without TLS.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
async def test_signing_in() -> None:
    def check(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == b"right"
        return AuthResult(success=right, handled=right)

    options: dict[str, Any] = {"authenticator": check, "auth_required": True, "auth_require_tls": False}
    box = Inbox()
    async with serving(lambda: SMTP(box, hostname="mail.example", **options)) as port:
        for password, works in (("right", True), ("wrong", False)):
            server = SmtpServer(host="127.0.0.1", port=port, username="habeas", password=SecretStr(password))
            if works:
                await Mailer(server).ping()
                await Mailer(server).send(TO, LETTER, MESSAGE_ID, FROM, AT)
                continue
            with pytest.raises(MailRefusesUs) as caught:
                await Mailer(server).send(TO, LETTER, MESSAGE_ID, FROM, AT)
            assert caught.value.facts["smtp_code"] == 535
            assert isinstance(caught.value, Transient), "the letter waits until the account is mended"
    assert len(box.envelopes) == 1


async def test_starttls_is_insisted_on() -> None:
    async with inbox() as (box, _), serving(lambda: SMTP(box, hostname="mail.example")) as port:
        with pytest.raises(MailRefusesUs):
            await Mailer(SmtpServer(host="127.0.0.1", port=port, starttls=True)).send(TO, LETTER, MESSAGE_ID, FROM, AT)
    assert box.envelopes == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "@example.org",
        "a@",
        "a@b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "a@example.org>\r\nRCPT TO:<b@example.org",
        "a@example.org, b@example.org",
        "a b@example.org",
        "a@exa mple.org",
        "a@-example.org",
        f"{'a' * 250}@example.org",
        "a\u2028b@example.org",
    ],
)
async def test_what_is_no_address_is_refused_before_anything_is_sent(address: str) -> None:
    async with inbox() as (box, mailer):
        with pytest.raises(BadInput) as caught:
            await mailer.send(address, LETTER, MESSAGE_ID, FROM, AT)
        with pytest.raises(BadInput):
            await mailer.send(TO, LETTER, MESSAGE_ID, FROM.model_copy(update={"reply_to": address or "x"}), AT)
    assert box.envelopes == []
    assert not address or address not in str(caught.value)


async def test_nothing_can_add_a_header() -> None:
    letter = LETTER.model_copy(update={"subject": "One\r\nBcc: evil@example.org\r\n\r\nbody"})
    sender = FROM.model_copy(update={"name": 'N"\r\nBcc: evil@example.org'})
    async with inbox() as (box, mailer):
        await mailer.send(TO, letter, MESSAGE_ID, sender, AT)
        with pytest.raises(BadInput):
            await mailer.send(TO, letter, "<a@b>\r\nBcc: evil@example.org", sender, AT)
    message = box.message()
    assert message["Bcc"] is None
    assert len(box.envelopes) == 1
    assert message["Subject"] == "One Bcc: evil@example.org body"
    assert box.envelopes[-1].rcpt_tos == [TO]


def test_a_password_travels_over_tls_only() -> None:
    with pytest.raises(ValidationError):
        SmtpServer(host="mail.example.org", port=25, username="habeas", password=SecretStr("x"))
    with pytest.raises(ValidationError):
        SmtpServer(host="mail.example.org", port=25, tls=True, starttls=True)
