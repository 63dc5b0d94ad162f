"""Signing in and out: the pages around it, and what is said to whoever may not come in."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import structlog
from fastapi import APIRouter, FastAPI, Form, Request
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from habeas.errors import BadInput, NotAllowed, SealBroken
from workers.desk.door import COOKIE, Door, Forged, NotOurs, SignInFirst, TooOften, forget, keep, written_by
from workers.desk.issuer import Answer, IssuerUnavailable, Pending, SignInRefused
from workers.desk.pages import own_path, page
from workers.desk.refusing import refused
from workers.desk.speech import chosen, speech

log = structlog.get_logger(__name__)

CALLBACK = "/sign-in/callback"
"""Where the provider sends the browser back to."""
SIGNED_IN = "signed_in"
"""Somebody signed in; `actor` is a keyed hash."""
SIGNED_OUT = "signed_out"
"""Somebody signed out."""
PROVIDER_AWAY = "issuer_unavailable"
"""The provider by whom staff sign in does not answer as it should."""
SIGN_IN_REFUSED = "sign_in_refused"
"""Somebody was not let in, and why."""

PENDING = "__Host-habeas-signing-in"
_PURPOSE = "sign-in"
_MINUTES = 10
"""How long somebody may take at the provider's."""
_WHY = frozenset({"unverified", "account", "group", "denied"})
"""Reasons of a refusal that have words of their own."""


def sign_in_pages(door: Door) -> APIRouter:
    """The routes of signing in and out."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/sign-in")
    async def offer(request: Request, then: str = "/") -> Response:
        return _sign_in(door, request, then)

    @router.post("/sign-in")
    async def be(
        request: Request,
        account: Annotated[str, Form()] = "",
        csrf: Annotated[str, Form()] = "",
        then: Annotated[str, Form()] = "/",
    ) -> Response:
        """Be whoever one says; where nobody signs in, and so on this machine only."""
        if door.issuer is not None:
            raise HTTPException(404)
        door.check(request, csrf)
        answer = RedirectResponse(own_path(then), 303)
        try:
            await door.sign_in(request, account, answer)
        except BadInput as error:
            wrong = "no_staff" if isinstance(error, NotAllowed) else "no_account"
            return _sign_in(door, request, then, 403, wrong=wrong, account=account)
        return answer

    @router.get("/sign-in/start")
    async def start(then: str = "/") -> Response:
        if door.issuer is None:
            return RedirectResponse("/sign-in", 303)
        address, pending = await door.issuer.begin(own_path(then), door.office.now(), timedelta(minutes=_MINUTES))
        answer = RedirectResponse(address, 303)
        note = door.office.seal_note(pending.model_dump_json().encode(), _PURPOSE)
        keep(answer, PENDING, base64.urlsafe_b64encode(note).decode(), seconds=_MINUTES * 60)
        return answer

    @router.get(CALLBACK)
    async def come_back(
        request: Request, state: str = "", code: str = "", iss: str | None = None, error: str | None = None
    ) -> Response:
        if door.issuer is None:
            return RedirectResponse("/sign-in", 303)
        door.refuse_guesser(request)
        try:
            pending = _pending(door, request)
            if error is not None:
                raise SignInRefused(reason="denied")
            account = await door.issuer.account(Answer(state, code, iss), pending, door.office.now())
            answer: Response = RedirectResponse(pending.then, 303)
            await door.sign_in(request, account, answer)
            log.info(SIGNED_IN, actor=door.office.actor(account))
        except SignInRefused as error_:
            log.warning(SIGN_IN_REFUSED, reason=error_.facts.get("reason"))
            door.count_wrong(request)
            reason = str(error_.facts.get("reason"))
            answer = _not_signed_in(request, why=reason if reason in _WHY else "late")
        except NotAllowed:
            log.warning(SIGN_IN_REFUSED, reason="no_controller")
            answer = _not_signed_in(request, account=account)
        forget(answer, PENDING)
        return answer

    @router.post("/sign-out")
    async def leave(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
        door.check(request, csrf)
        answer = RedirectResponse("/sign-in", 303)
        await door.sign_out(request, answer)
        log.info(SIGNED_OUT)
        return answer

    return router


def add_refusals(app: FastAPI) -> None:
    """What is said to whoever may not come in."""

    @app.exception_handler(SignInFirst)
    async def first(request: Request, _: Exception) -> Response:
        if written := await written_by(request):
            return _signed_out(request, written)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        then = here if request.method in {"GET", "HEAD"} else "/"
        answer = RedirectResponse(f"/sign-in?then={quote(own_path(then), safe='/')}", 303)
        if COOKIE in request.cookies:
            forget(answer, COOKIE)
        return answer

    @app.exception_handler(NotOurs)
    async def not_ours(request: Request, error: NotOurs) -> Response:
        return _not_signed_in(request, account=error.account, csrf=error.csrf)

    @app.exception_handler(Forged)
    async def forged(request: Request, error: Forged) -> Response:
        say = speech(chosen(request))
        written = {name: text for name, text in error.written.items() if text.strip()}
        title, text = say.text("lost.forged_title"), say.text("lost.forged_kept" if written else "lost.forged")
        return page("nothing.html", 403, language=say.language, title=title, text=text, say=say, written=written)

    @app.exception_handler(TooOften)
    async def too_often(request: Request, error: TooOften) -> Response:
        answer = refused(request, 429, "often", await written_by(request))
        answer.headers["retry-after"] = str(error.wait)
        return answer

    @app.exception_handler(IssuerUnavailable)
    async def unavailable(request: Request, error: IssuerUnavailable) -> Response:
        log.error(PROVIDER_AWAY, reason=error.facts.get("reason"))
        return refused(request, 503, "provider")


def _sign_in(door: Door, request: Request, then: str, status: int = 200, **more: str) -> Response:
    say = speech(chosen(request))
    return page(
        "sign_in.html", status, language=say.language, say=say, then=own_path(then), development=door.issuer is None,
        csrf=door.csrf(""), **{"wrong": None, "account": "", **more},
    )  # fmt: skip


def _not_signed_in(
    request: Request, *, why: str | None = None, account: str | None = None, csrf: str | None = None
) -> Response:
    say = speech(chosen(request))
    return page("not_signed_in.html", 403, language=say.language, say=say, why=why, account=account, csrf=csrf)


def _signed_out(request: Request, written: Mapping[str, str]) -> Response:
    """Nothing that somebody wrote is lost because their session ended meanwhile."""
    language = chosen(request)
    return page("signed_out.html", 401, say=speech(language), language=language, written=written)


def _pending(door: Door, request: Request) -> Pending:
    try:
        note = base64.urlsafe_b64decode(request.cookies.get(PENDING, ""))
        return Pending.model_validate_json(door.office.open_note(note, _PURPOSE))
    except (ValueError, ValidationError, SealBroken):
        raise SignInRefused(reason="no_sign_in") from None
