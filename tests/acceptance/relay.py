"""A mail server between the workers and the mailbox that turns some people away, and quotes them in its answers."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.acceptance.house import House
from workers.maildir import Maildir
from workers.process import LOOPBACK


class _Relay:
    def __init__(self, maildir: Maildir, refused: str) -> None:
        self._maildir = maildir
        self._refused = refused
        self._tries = 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self._refused:
            self._tries += 1
            if self._tries == 1:
                return f"451 4.2.1 <{address}> has too much to read, come back later"
            return f"550 5.1.1 <{address}>: there is no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        content = envelope.original_content or b""
        self._maildir.keep(content, envelope.mail_from or "", [str(to) for to in envelope.rcpt_tos])
        return "250 OK"


@asynccontextmanager
async def refusing(house: House, address: str) -> AsyncIterator[None]:
    """The installation's worker sends its mail through such a server while the context lasts."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    relay = _Relay(Maildir(house.stack.folder.path / "mail"), address)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(relay, hostname="relay.localhost", loop=loop), LOOPBACK, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await house.restart_worker(HABEAS_MAIL__PORT=str(port))
        try:
            yield
        finally:
            await house.restart_worker()
