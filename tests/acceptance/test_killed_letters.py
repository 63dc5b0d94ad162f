"""A worker is killed between each pair of steps around the sending of a letter, and another goes on.

What SMTP cannot promise is seen here, too: a letter that was taken, and not written down as taken, goes out once more,
the same words under the same Message-ID, so that mail services keep one of the two.
"""

import asyncio
import contextlib
import logging
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from enum import StrEnum

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from habeas.evidence import Tag
from habeas.model import Right, Stage
from tests.acceptance.house import House, eventually
from tests.acceptance.people import plant, somebody
from workers.maildir import Maildir
from workers.process import LOOPBACK
from workers.stack import PartName

pytestmark = pytest.mark.stack


class Point(StrEnum):
    """When the worker dies."""

    ADDRESSED = "it has said for whom it is"
    TAKEN = "the server has the letter and has not said so"
    SAID = "the server has said so, and it is not written down"
    WRITTEN = "it is written down, and Temporal does not know"


WRITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%update letter %'"
TWICE = frozenset({Point.TAKEN, Point.SAID})
"""Where the server has the letter and the ledger does not know it."""


class Killing:
    """A mail server that kills its client at one point, as often as it is told to; never twice for one letter."""

    def __init__(self, house: House, point: Point) -> None:
        self._house = house
        self._point = point
        self._maildir = Maildir(house.stack.folder.path / "mail")
        self._done: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.left = 0
        self.port = 0
        self.taken: list[tuple[str, bytes]] = []
        """Message-ID and content of each letter, as often as it was taken."""

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._point is Point.ADDRESSED:
            self._kill()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        content = envelope.original_content or b""
        letter = str(message_from_bytes(content)["Message-ID"])
        self._maildir.keep(content, envelope.mail_from or "", [str(to) for to in envelope.rcpt_tos])
        self.taken.append((letter, content))
        if self._point is Point.TAKEN:
            self._kill(letter)
        if self._point in (Point.SAID, Point.WRITTEN) and self.left and letter not in self._done:
            self._done.add(letter)
            self.left -= 1
            after = self._after_the_word if self._point is Point.SAID else self._after_the_writing
            ready = asyncio.Event()
            task = asyncio.create_task(after(letter.strip("<>").partition("@")[0], ready))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await ready.wait()
        return "250 OK"

    def _kill(self, letter: str = "") -> None:
        if self.left and (not letter or letter not in self._done):
            self._done.add(letter)
            self.left -= 1
            self._again()

    def _again(self) -> None:
        self._house.stack.kill_worker()
        task = asyncio.create_task(self._house.restart_worker(HABEAS_MAIL__PORT=str(self.port)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _after_the_word(self, letter_id: str, ready: asyncio.Event) -> None:
        """The ledger cannot write down that it was sent; then the worker is gone."""
        async with self._house.store("ledger") as sql, sql.transaction():
            await sql.execute("lock table letter in exclusive mode")
            ready.set()
            async with self._house.store("ledger") as looking:

                async def look() -> bool:
                    return bool(await looking.fetchval(WRITING))

                await eventually(look, f"the letter {letter_id} is being written down")
            self._house.stack.kill_worker()
        await self._house.restart_worker(HABEAS_MAIL__PORT=str(self.port))

    async def _after_the_writing(self, letter_id: str, ready: asyncio.Event) -> None:
        """Temporal hears of nothing any more; once the ledger knows, the worker is gone."""
        process = self._house.stack.part(PartName.TEMPORAL).process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        try:
            ready.set()
            async with self._house.store("ledger") as sql:

                async def look() -> bool:
                    return bool(await sql.fetchval("select state = 'sent' from letter where id = $1", letter_id))

                await eventually(look, f"the letter {letter_id} is written down")
            self._house.stack.kill_worker()
        finally:
            os.kill(process.pid, signal.SIGCONT)
        await self._house.restart_worker(HABEAS_MAIL__PORT=str(self.port))

    async def settled(self) -> None:
        """Until the worker runs again that was to be killed last."""

        async def look() -> bool:
            return self.left == 0 and not self._tasks

        await eventually(look, "the kills are done")


def _words(content: bytes) -> tuple[object, ...]:
    parts = message_from_bytes(content).walk()
    return tuple(part.get_payload(decode=True) for part in parts if not part.is_multipart())


@asynccontextmanager
async def _mailing(house: House, point: Point) -> AsyncIterator[Killing]:
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    killing, loop = Killing(house, point), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(killing, hostname="mail.localhost", loop=loop), LOOPBACK, 0)
    async with server:
        killing.port = server.sockets[0].getsockname()[1]
        await house.restart_worker(HABEAS_MAIL__PORT=str(killing.port))
        try:
            yield killing
        finally:
            with contextlib.suppress(ProcessLookupError):
                await house.restart_worker()


@pytest.mark.parametrize(
    "point", [point if point is Point.TAKEN else pytest.param(point, marks=pytest.mark.thorough) for point in Point]
)
async def test_every_letter_arrives_once(house: House, point: Point) -> None:
    person = await plant(somebody(), house.store_url)
    async with _mailing(house, point) as mail:
        mail.left = 2
        request = await house.open(person, Right.ACCESS)
        await mail.settled()
        await house.prove(request)
        await house.until(request, Stage.REVIEWING)
        mail.left = 1
        await house.approve(request)
        story = await house.until(request, Stage.CLOSED)
        await mail.settled()
        letters = {str(one.message_id): one.kind for one in story.letters}
        assert {one.state.value for one in story.letters} == {"sent"}
        kept = Counter(str(one.message["message-id"]) for one in house.mails(request))
        assert kept == Counter(letters.keys()), "each is in the mailbox once"
        assert Counter(letters.values()) >= Counter(["acknowledgement", "code", "completion_access"])
        taken = Counter(letter for letter, _ in mail.taken if letter in letters)
        again = [letters[letter] for letter, times in taken.items() if times > 1]
        assert len(again) == (3 if point in TWICE else 0)
        assert max(taken.values()) == (2 if point in TWICE else 1)
        for letter in letters:
            assert len({_words(content) for one, content in mail.taken if one == letter}) == 1
        events = [event for event in await house.office.timeline(request) if event.tag == Tag.LETTER_SENT]
        assert len(events) == len(letters)
        await house.package(request)
