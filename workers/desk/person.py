"""The person's pages: give the code, fetch the package. They work without JavaScript and give nothing away."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message, Receive, Scope, Send

from habeas.errors import (
    BadInput,
    EngineUnavailable,
    HabeasError,
    KeyDestroyed,
    LinkRefused,
    NotAllowed,
    UnknownRequest,
    WrongCode,
    WrongStage,
)
from workers.desk.pages import asked_for, nearest, persons_page
from workers.office import Handed, Office, read_reference

log = structlog.get_logger(__name__)

HANDOVER_FAILED = "handover_failed"
NOT_THERE = 410
"""One status for every link that does not work, whatever the reason."""
STALLED = 60.0
"""Seconds without taking a byte; then the transfer counts as broken and the link is good again."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{30,100}")


def person_pages(office: Office) -> APIRouter:
    """The routes of the person's pages."""
    router = APIRouter(default_response_class=HTMLResponse)

    async def language_of(request: Request, reference: str | None) -> str:
        if reference is not None:
            try:
                if found := nearest(await office.language(reference)):
                    return found
            except UnknownRequest:
                pass
        return asked_for(request.headers.get("accept-language"))

    @router.get("/v/{reference}")
    async def ask(request: Request, reference: str) -> Response:
        """The form for the code. It looks the same whether there is such a request or not."""
        known = _read(reference)
        return persons_page("code.html", await language_of(request, known), reference=known or "", wrong=False)

    @router.post("/v/{reference}")
    async def answer(request: Request, reference: str, code: Annotated[str, Form()] = "") -> Response:
        known = _read(reference)
        language = await language_of(request, known)
        try:
            if known is None:
                raise UnknownRequest
            await office.submit_code(known, code)
        except (WrongCode, UnknownRequest, KeyDestroyed):
            return persons_page("code.html", language, 403, reference=known or "", wrong=True)
        except (WrongStage, NotAllowed):
            # Only the right code leads here: the request has gone on without it, or is over.
            return persons_page("said.html", language, heading="proven", text="proven_before", reference=known)
        except EngineUnavailable:
            return persons_page("said.html", language, 503, heading="proven", text="proven_later", reference=known)
        return persons_page("said.html", language, heading="proven", text="proven_text", reference=known)

    @router.get("/d/{token}")
    async def offer(request: Request, token: str) -> Response:
        """A button, and nothing else: mail scanners follow links, and must not use this one up."""
        return persons_page("download.html", await language_of(request, None), token=token)

    @router.post("/d/{token}")
    async def fetch(request: Request, token: str) -> Response:
        return _HandOver(office, token, await language_of(request, None))

    return router


def _read(reference: str) -> str | None:
    try:
        return read_reference(reference[:100])
    except BadInput:
        return None


class _HandOver(Response):
    """The package, once. The link is used up when the last byte was taken, and good again when it was not."""

    def __init__(self, office: Office, token: str, language: str) -> None:
        super().__init__()
        self._office = office
        self._token = token
        self._language = language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transfer = _Transfer(receive, send)
        try:
            if not _TOKEN.fullmatch(self._token):
                raise LinkRefused(reason="unknown")
            async with self._office.redeem(self._token) as handed:
                await transfer.run(handed)
        except LinkRefused as error:
            reason = str(error.facts.get("reason", "unknown"))
            page = persons_page("said.html", self._language, NOT_THERE, heading="link", text=f"link_{reason}")
            await page(scope, receive, send)
        except (HabeasError, TimeoutError) as error:
            log.error(HANDOVER_FAILED, error=getattr(error, "code", "stalled"))
            if transfer.began:
                raise  # the connection is cut, so that a half package does not look like a whole one
            page = persons_page("said.html", self._language, 503, heading="later", text="later_text")
            await page(scope, receive, send)


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
