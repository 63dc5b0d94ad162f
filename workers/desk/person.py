"""The person's doors: give the code, fetch the package. They work without JavaScript and give nothing away."""

from __future__ import annotations

import re
from contextlib import AbstractAsyncContextManager
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

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
from workers.desk.door import keep
from workers.desk.mine import COOKIE, PREFIX
from workers.desk.pace import Pace
from workers.desk.pages import asked_for, language_names, nearest, persons_page
from workers.desk.transfer import HandOver, refused_link
from workers.office import Handed, Office, read_reference
from workers.office.visits import LASTS

_NOBODYS = "HB-0000-0000-0000"
"""A reference that no request has: for what is none the same is done."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{30,100}")


def person_pages(office: Office, pace: Pace) -> APIRouter:
    """The routes of the person's doors.

    Args:
        office: what takes codes and hands over.
        pace: how long it takes at least to say that a code or a link is on its way.
    """
    router = APIRouter(default_response_class=HTMLResponse)

    async def told(request: Request, reference: str, text: str, status: int = 200, **more: str) -> Response:
        """A page for who gave a right code: in the language of their letters."""
        language = nearest(await office.language(reference)) or _language(request)
        return persons_page("said.html", language, status, heading="proven", text=text, reference=reference, **more)

    @router.get("/v/{reference}")
    async def ask(request: Request, reference: str, sent: bool = False) -> Response:
        """The form for the code. Nothing of it depends on whether there is such a request."""
        return _code_page(request, reference, sent=sent)

    @router.post("/v/{reference}")
    async def answer(request: Request, reference: str, code: Annotated[str, Form()] = "") -> Response:
        known = _read(reference) or _NOBODYS
        try:
            # A try that is counted takes longer than one that is not: rounded up, it does not.
            async with pace.kept():
                entered = await office.enter(known, code)
        except (WrongCode, UnknownRequest, KeyDestroyed):
            return _code_page(request, reference, 403, wrong=True)
        except (WrongStage, NotAllowed):
            # Only the right code leads here: the request has gone on without it, or is over.
            return await told(request, known, "proven_before")
        except EngineUnavailable:
            return await told(request, known, "proven_later", 503)
        if entered is None:
            return await told(request, known, "proven_before")
        done: Response = RedirectResponse(PREFIX, 303)
        if entered.proves:
            done = await told(request, known, "proven_second" if entered.second else "proven_text", see=PREFIX)
        keep(done, COOKIE, entered.session, seconds=round(LASTS.total_seconds()))
        return done

    @router.post("/v/{reference}/code")
    async def new_code(request: Request, reference: str) -> Response:
        """Have a new code sent; what is said is the same whether one is or not."""
        known = _read(reference)
        async with pace.kept():
            await office.send_code(known or _NOBODYS)
        chosen = nearest(request.query_params.get("lang"))
        return RedirectResponse(f"/v/{known or 'x'}?sent=true{f'&lang={chosen}' if chosen else ''}", 303)

    @router.get("/d/{token}")
    async def offer(request: Request, token: str, sent: bool = False) -> Response:
        """Two forms, and nothing else: mail scanners follow links, and must neither use one up nor have codes sent."""
        return _package_page(token, _language(request), sent=sent)

    @router.post("/d/{token}")
    async def fetch(
        request: Request, token: str, code: Annotated[str, Form()] = "", again: Annotated[str, Form()] = ""
    ) -> Response:
        """The package, for the code that goes with the link; or one more link."""
        language = _language(request)
        if again:
            async with pace.kept():
                return await _once_more(office, token, language)

        def opening() -> AbstractAsyncContextManager[Handed]:
            return office.redeem(_known(token), code)

        def said(error: HabeasError) -> Response | None:
            if isinstance(error, LinkRefused):
                return refused_link(error, language)
            return _package_page(token, language, 403, wrong=True) if isinstance(error, WrongCode) else None

        return HandOver(opening, language, said)

    @router.post("/d/{token}/code")
    async def package_code(request: Request, token: str) -> Response:
        """Have the code sent that goes with the link."""
        language = _language(request)
        try:
            await office.send_link_code(_known(token))
        except LinkRefused as error:
            return refused_link(error, language)
        except KeyDestroyed:
            return refused_link(LinkRefused(reason="revoked"), language)
        except EngineUnavailable:
            return persons_page("said.html", language, 503, heading="later", text="ask_slip_later")
        return RedirectResponse(f"/d/{token}?sent=true", 303)

    return router


def _language(request: Request) -> str:
    """The one that is chosen on the page, else the browser's; a request's own would say that there is one."""
    return nearest(request.query_params.get("lang")) or asked_for(request.headers.get("accept-language"))


def _code_page(
    request: Request, reference: str, status: int = 200, *, sent: bool = False, wrong: bool = False
) -> Response:
    chosen = nearest(request.query_params.get("lang"))
    shown = {"reference": _read(reference) or "", "languages": language_names(), "chosen": chosen}
    return persons_page("code.html", _language(request), status, wrong=wrong, sent=sent, **shown)


def _known(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise LinkRefused(reason="unknown")
    return token


def _package_page(
    token: str, language: str, status: int = 200, *, sent: bool = False, wrong: bool = False
) -> HTMLResponse:
    return persons_page("download.html", language, status, token=token, sent=sent, wrong=wrong)


async def _once_more(office: Office, token: str, language: str) -> Response:
    """One more link, to the address on record, for who has one that works no more; the same is said to anybody."""
    try:
        if _TOKEN.fullmatch(token) and (reference := await office.link_request(token)) is not None:
            await office.one_more_link(reference)
    except (UnknownRequest, KeyDestroyed, WrongStage):
        pass
    except EngineUnavailable:
        return persons_page("said.html", language, 503, heading="later", text="ask_slip_later")
    return persons_page("said.html", language, heading="proven", text="link_asked")


def _read(reference: str) -> str | None:
    try:
        return read_reference(reference[:100])
    except BadInput:
        return None
