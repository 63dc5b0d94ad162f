"""Mail out: one letter, one SMTP transaction, and an answer that says whether trying again can help.

The caller gives the Message-ID, made from the letter's id, so that a letter sent twice around a crash is recognisable
as the same one. No address and no text of the server's answer (it often repeats the address) gets into an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Protocol

import aiosmtplib
import idna
from aiosmtplib import errors
from pydantic import AwareDatetime, Field, SecretStr, model_validator

from activities.bounces import LETTER_HEADER
from habeas.errors import BadInput, HabeasError, Terminal, Transient
from habeas.model import Frozen

__all__ = ["MailRefusesUs", "MailSender", "Mailer", "SmtpServer", "Writing"]

_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>")
_MAX_ADDRESS = 254
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Forbidden in an address whatever mail allows: they would end a header, a command or the address itself.
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029<>(),;:\\\"\[\]]")


class MailRefusesUs(Transient):
    """The mail server does not take letters from this account, or not in this way."""

    code = "mail_refuses_us"
    remedy = "Correct `mail.username`, `mail.password` or its TLS and restart; the letters wait, and go by themselves."


class SmtpServer(Frozen):
    """How to reach the server that takes our mail."""

    host: str = Field(min_length=1)
    port: int = Field(ge=1, le=65535)
    username: str | None = None
    password: SecretStr | None = None
    starttls: bool = False
    """Insist on STARTTLS; without it none is tried (a relay on loopback or inside the cluster)."""
    tls: bool = False
    """TLS from the first byte (port 465)."""
    timeout: float = Field(default=20.0, gt=0, description="seconds, per step of the dialogue")

    @model_validator(mode="after")
    def _one_kind_of_tls(self) -> SmtpServer:
        if self.tls and self.starttls:
            raise ValueError("tls and starttls exclude each other")
        if self.username and not self.password:
            raise ValueError("a username needs a password")
        if self.username and not (self.tls or self.starttls or self.host in _LOOPBACK):
            raise ValueError("a password travels over TLS only: set tls or starttls")
        return self


class MailSender(Frozen):
    """Who a controller's letters come from, and who gets the answers."""

    address: str
    name: str = ""
    reply_to: str | None = None


class Writing(Protocol):
    """What can be sent: the rendered letter, or anything with the same four texts."""

    @property
    def language(self) -> str:
        """BCP 47."""
        ...

    @property
    def subject(self) -> str:
        """One line."""
        ...

    @property
    def text(self) -> str:
        """Plain text."""
        ...

    @property
    def html(self) -> str:
        """The same in HTML."""
        ...


class Mailer:
    """Sends letters through one SMTP server; a connection per letter, so nothing is shared and nothing goes stale."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, to: str, letter: Writing, message_id: str, sender: MailSender, at: AwareDatetime) -> None:
        """Hand one letter to the server.

        Args:
            to: one e-mail address; letters outside ASCII are fine in both halves.
            letter: what to send.
            message_id: ``<local@domain>``, the same for every try of the same letter.
            sender: From and Reply-To.
            at: the Date header.

        Raises:
            BadInput: an address or the Message-ID is not usable; nothing was sent.
            Transient: no connection, a timeout, or a 4xx answer: try again.
            MailRefusesUs: failed sign-in, or no TLS where it is insisted on: try again once the account is mended.
            Terminal: a 5xx answer, or an address that this server cannot carry.
        """
        message, recipient, origin = _message(to, letter, message_id, sender, at)
        international = not (recipient.isascii() and origin.isascii())
        with _errors():
            async with self._client() as client:
                if international:
                    await _insist_on_smtputf8(client)
                # Bytes made here, by the policy that folds and encodes as this message needs.
                policy = SMTPUTF8 if international else SMTP
                options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
                options += await _report_options(client, message_id)
                await client.sendmail(origin, [recipient], message.as_bytes(policy=policy), mail_options=options)

    async def ping(self) -> None:
        """Connect, sign in, say goodbye. Raises as `send`."""
        with _errors():
            async with self._client() as client:
                await client.noop()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password.get_secret_value() if server.password else None,
            use_tls=server.tls,
            start_tls=server.starttls,
            timeout=server.timeout,
        )


async def _report_options(client: aiosmtplib.SMTP, message_id: str) -> list[str]:
    """Where the server writes reports as RFC 3461 says: that they name the letter, and bring its headers only back."""
    with suppress(errors.SMTPHeloError):
        await client.ehlo()
    if not client.supports_extension("dsn"):
        return []
    return ["RET=HDRS", f"ENVID={_letter_id(message_id)}"]


def _letter_id(message_id: str) -> str:
    return message_id.strip("<>").partition("@")[0]


async def _insist_on_smtputf8(client: aiosmtplib.SMTP) -> None:
    await client.ehlo()
    if not client.supports_extension("smtputf8"):
        raise Terminal("The mail server cannot carry an address outside ASCII.", reason="smtputf8")


def _message(
    to: str, letter: Writing, message_id: str, sender: MailSender, at: AwareDatetime
) -> tuple[EmailMessage, str, str]:
    if not _MESSAGE_ID.fullmatch(message_id):
        raise BadInput("The Message-ID is not one.", field="message_id")
    recipient, origin = _address(to, "recipient"), _address(sender.address, "sender")
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = _mailbox(origin, sender.name)
    message["To"] = _mailbox(recipient)
    if sender.reply_to:
        message["Reply-To"] = _mailbox(_address(sender.reply_to, "reply_to"))
    message["Subject"] = _one_line(letter.subject)
    message["Message-ID"] = message_id
    message[LETTER_HEADER] = _letter_id(message_id)
    message["Date"] = format_datetime(at)
    # RFC 3834, and Microsoft's own word for the same: no out-of-office answers, please.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language
    return message, recipient, origin


def _address(text: str, which: str) -> str:
    """The address with its domain in ASCII (IDNA 2008), so that only the part before the @ may need SMTPUTF8."""
    local, at, domain = text.rpartition("@")
    if not at or not local or "@" in local or len(text) > _MAX_ADDRESS or _UNSAFE.search(text):
        raise BadInput(f"The {which} is not an e-mail address.", field=which)
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except (idna.IDNAError, UnicodeError):
        raise BadInput(f"The {which} is not an e-mail address.", field=which) from None


def _mailbox(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=_one_line(name), username=local, domain=domain)


def _one_line(text: str) -> str:
    """Line breaks and other control characters become spaces: one header stays one header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@contextmanager
def _errors() -> Iterator[None]:
    """The one place where the mail library's errors become ours. Their texts, which repeat addresses, stay behind."""
    try:
        yield
    except HabeasError:
        raise
    except errors.SMTPRecipientsRefused as error:
        raise _answered(error.recipients[0].code if error.recipients else 550, "refused the recipient") from None
    except errors.SMTPAuthenticationError as error:
        # Of us, not of the letter, whatever the code: it goes once somebody has mended the account.
        raise MailRefusesUs("It refused to sign us in.", smtp_code=error.code) from None
    except errors.SMTPConnectResponseError as error:
        raise _answered(error.code, "refused the connection") from None
    except errors.SMTPResponseException as error:
        raise _answered(error.code, "refused the message") from None
    except (errors.SMTPServerDisconnected, errors.SMTPConnectError, errors.SMTPTimeoutError, OSError) as error:
        raise Transient(f"The mail server does not answer ({type(error).__name__}).", reason="connection") from None
    except errors.SMTPException:
        # What is left are demands of ours (STARTTLS, AUTH) that the server does not know.
        raise MailRefusesUs("It lacks something that its settings ask for.", reason="not_supported") from None


def _answered(code: int, what: str) -> Transient | Terminal:
    # 4xx is "try again later" by RFC 5321; anything else that is not success will not change by itself.
    kind = Transient if 400 <= code < 500 else Terminal
    return kind(f"The mail server {what} ({code}).", smtp_code=code)
