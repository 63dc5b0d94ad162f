"""A mailbox for trying things out: a real SMTP server that keeps every letter as a Maildir, and a page to read them.

For development only: whoever reaches it reads everything, so it refuses any address but loopback. Like the big mail
services it keeps one copy of a letter (same Message-ID, same recipients) however often it is sent.

    python -m workers.mailbox --data-dir var --smtp-port 1025 --inbox-port 8025
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType

import structlog
import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from habeas.errors import ConfigurationError
from workers import logs
from workers.inbox import inbox_app
from workers.maildir import KeptMail, Maildir, messages
from workers.process import LOOPBACK

MAIL_KEPT = "mail.kept"
"""The mail catcher kept a mail."""
MAIL_REPEATED = "mail.repeated"
"""The mail catcher got a mail that it has."""
MAILBOX_READY = "mailbox.ready"
"""The mail catcher listens."""
LARGEST = 64 * 1024 * 1024

__all__ = ["KeptMail", "Maildir", "messages", "serve", "smtp_server"]

log = structlog.get_logger(__name__)


class NotLoopback(ConfigurationError):
    """The development mailbox shows every letter to whoever reaches it, so it listens on loopback only."""

    code = "not_loopback"
    remedy = "Use 127.0.0.1, or set `mail.host` to a mail server made for others to reach."


class _Handler:
    """What the SMTP server does with a letter."""

    def __init__(self, maildir: Maildir) -> None:
        self._maildir = maildir

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Answer 250 only once the letter is on the disk."""
        content, sender = envelope.original_content or b"", envelope.mail_from or ""
        recipients = [str(to) for to in envelope.rcpt_tos]
        mail_id, new = await asyncio.to_thread(self._maildir.keep, content, sender, recipients)
        log.info(MAIL_KEPT if new else MAIL_REPEATED, mail=mail_id, size=len(content))
        return f"250 OK {mail_id}"


@asynccontextmanager
async def smtp_server(data_dir: Path, *, host: str = LOOPBACK, port: int = 0) -> AsyncIterator[int]:
    """Receive mail while the context lasts; gives the port. Raises NotLoopback."""
    if not _is_loopback(host):
        raise NotLoopback(host)
    handler = _Handler(Maildir(data_dir / "mail"))
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(handler, hostname="mailbox.localhost", ident="habeas mailbox", data_size_limit=LARGEST, loop=loop)

    server = await loop.create_server(session, host, port)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def serve(data_dir: Path, *, host: str = LOOPBACK, smtp_port: int = 0, inbox_port: int = 0) -> None:
    """Run the SMTP server and the inbox page until SIGINT or SIGTERM. Raises NotLoopback."""
    # The library logs addresses and commands at its lower levels.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    async with smtp_server(data_dir, host=host, port=smtp_port) as bound:
        config = uvicorn.Config(
            inbox_app(Maildir(data_dir / "mail")), host=host, port=inbox_port, access_log=False, log_level="warning"
        )
        log.warning(MAILBOX_READY, smtp_port=bound, inbox_port=inbox_port, note="development only: sends nothing")
        await uvicorn.Server(config).serve()


def main() -> None:
    """The process."""
    parser = argparse.ArgumentParser(prog="python -m workers.mailbox", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--host", default=LOOPBACK)
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--inbox-port", type=int, default=8025)
    words = parser.parse_args()
    logs.configure()

    def ignore(number: int, frame: FrameType | None) -> None:
        """The HTTP server raises the signal that stopped it once more at its end; by then all is closed."""

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ignore)
    try:
        asyncio.run(serve(words.data_dir, host=words.host, smtp_port=words.smtp_port, inbox_port=words.inbox_port))
    except NotLoopback as refused:
        parser.exit(2, f"{refused}\n{refused.diagnostics()}\n")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    main()
