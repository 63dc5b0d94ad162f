"""A package on its way through one connection to the person: whole, or cut so that it does not look whole."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import structlog
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from habeas.errors import HabeasError, LinkRefused
from workers.desk.pages import persons_page
from workers.office import Handed

__all__ = ["HANDOVER_FAILED", "NOT_THERE", "HandOver", "refused_link"]

log = structlog.get_logger(__name__)

HANDOVER_FAILED = "handover_failed"
"""A download broke off: the link still works."""
NOT_THERE = 410
"""One status for every link that does not work, whatever the reason."""
STALLED = 60.0
"""Seconds without taking a byte; then the transfer counts as broken and the link is good again."""


class HandOver(Response):
    """The package, once. It counts as handed over when the last byte was taken, and not when it was not.

    Args:
        opening: what gives the package out, and settles what came of it when it ends.
        language: of what is said where there is none.
        said: what is said where it is refused; None of what is no refusal.
    """

    def __init__(
        self,
        opening: Callable[[], AbstractAsyncContextManager[Handed]],
        language: str,
        said: Callable[[HabeasError], Response | None],
    ) -> None:
        super().__init__()
        self._opening = opening
        self._language = language
        self._said = said

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or say why not."""
        transfer = _Transfer(receive, send)
        try:
            async with self._opening() as handed:
                await transfer.run(handed)
        except (HabeasError, TimeoutError) as error:
            said = self._said(error) if isinstance(error, HabeasError) and not transfer.began else None
            if said is not None:
                await said(scope, receive, send)
                return
            log.error(HANDOVER_FAILED, error=getattr(error, "code", "stalled"))
            if transfer.began:
                raise  # the connection is cut, so that a half package does not look like a whole one
            page = persons_page("said.html", self._language, 503, heading="later", text="later_text")
            await page(scope, receive, send)


def refused_link(error: LinkRefused, language: str) -> Response:
    """Why a link gives nothing, and the way to one more."""
    text = f"link_{error.facts.get('reason', 'unknown')}"
    return persons_page("said.html", language, NOT_THERE, heading="link", text=text, once_more=True)


class _Transfer:
    """One package on its way through one connection."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send_message = send
        self.began = False

    async def run(self, handed: Handed) -> None:
        """Send it all, unless the other side goes away.

        Raises:
            SealBroken, StorageMissing, StorageUnavailable: it is not whole.
            TimeoutError: nothing was taken for a minute.
        """
        gone = asyncio.create_task(self._until_gone())
        try:
            chunks = handed.chunks()
            # Before the first word is said: a package that does not open at all is told as an error, not begun.
            first = await anext(chunks, b"")
            await self._send(_start(handed))
            await self._send(_body(first))
            async for chunk in chunks:
                if gone.done():
                    return
                await self._send(_body(chunk))
            if not gone.done():
                await self._send(_body(b"", last=True))
                handed.arrived = True
        finally:
            gone.cancel()

    async def _send(self, message: Message) -> None:
        self.began = True
        async with asyncio.timeout(STALLED):
            await self._send_message(message)

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _start(handed: Handed) -> Message:
    digest = base64.b64encode(bytes.fromhex(handed.sha256)).decode()
    headers = {
        "content-type": "application/zip",
        "content-length": str(handed.size),
        "content-disposition": f'attachment; filename="{handed.request_id}.zip"',
        "repr-digest": f"sha-256=:{digest}:",
        "cache-control": "no-store",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


def _body(chunk: bytes, *, last: bool = False) -> Message:
    return {"type": "http.response.body", "body": chunk, "more_body": not last}
