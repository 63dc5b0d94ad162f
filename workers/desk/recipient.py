"""The page on which a recipient says that it is done. It works without JavaScript and names nobody."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from habeas.errors import LinkRefused
from workers.desk.pages import asked_for, persons_page
from workers.office import Office

NOT_THERE = 410
_TOKEN = re.compile(r"[A-Za-z0-9_-]{30,100}")


def recipient_pages(office: Office) -> APIRouter:
    """The routes of the recipients' pages."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/r/{token}")
    async def ask(request: Request, token: str) -> Response:
        """A button, and nothing else: mail scanners follow links, and must not acknowledge for anybody."""
        return persons_page("recipient.html", _language(request), token=token)

    @router.post("/r/{token}")
    async def answer(request: Request, token: str) -> Response:
        language = _language(request)
        try:
            if not _TOKEN.fullmatch(token):
                raise LinkRefused(reason="unknown")
            await office.acknowledge_link(token)
        except LinkRefused:
            return persons_page("said.html", language, NOT_THERE, heading="link", text="link_unknown")
        return persons_page("said.html", language, heading="proven", text="recipient_done")

    return router


def _language(request: Request) -> str:
    return asked_for(request.headers.get("accept-language"))
