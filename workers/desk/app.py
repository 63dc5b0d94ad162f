"""The desk as an ASGI application over an office."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from habeas.errors import BadInput, EngineUnavailable, HabeasError, LedgerUnavailable
from workers.api import MOST_CALL, PREFIX, create_api
from workers.desk import ask, hooks, mine, pages, processor
from workers.desk.ask import AskLimits, ask_pages
from workers.desk.ask_form import MOST_KEPT
from workers.desk.callbacks import CALLBACKS, CallingBack, callback_routes
from workers.desk.door import MOST_FORM, MOST_REFUSED, MOST_UPLOAD, UPLOADS, Door, Local, written_by
from workers.desk.forms import typed
from workers.desk.guard import MOST_BODY, Guard
from workers.desk.hooks import hook_routes
from workers.desk.live import MOST_OF_ONE, MOST_STREAMS, live_stream
from workers.desk.mine import mine_pages
from workers.desk.pace import Pace
from workers.desk.person import person_pages
from workers.desk.processor import processor_pages
from workers.desk.recipient import recipient_pages
from workers.desk.refusing import refused
from workers.desk.sign_in import add_refusals, sign_in_pages
from workers.desk.sources import Source
from workers.desk.speech import chosen, speech
from workers.desk.staff import staff_pages
from workers.desk.uploads import TooLarge
from workers.loopback import LOOPBACK_NAMES
from workers.office import Office
from workers.streams import Streams

log = structlog.get_logger(__name__)

NOT_READY = "not_ready"
"""A probe was told that this process does not serve now, and why."""
PAGE_FAILED = "page_failed"
"""A page failed here."""


def create_app(
    office: Office,
    hosts: Collection[str] = LOOPBACK_NAMES,
    *,
    door: Door | None = None,
    systems: Mapping[str, CallingBack] | None = None,
    streams: Streams | None = None,
    pace: Pace | None = None,
    limits: AskLimits | None = None,
    sources: Mapping[str, Source] | None = None,
) -> ASGIApp:
    """The desk.

    Args:
        office: what the pages of persons, recipients and processors show and do.
        hosts: the names it is served under; a page elsewhere must not reach it under a name of its own.
        door: how staff come in; unset for all of the office to whoever is at this machine.
        systems: connected systems that call back.
        streams: the API's open streams, which end when the server does.
        pace: how long an answer takes at least that must not tell who is known; unset for no time.
        limits: how often one may ask by the form.
        sources: other programs that open requests and add to them.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    paced = pace or Pace(0)
    app.include_router(ask_pages(office, paced, limits))
    app.include_router(person_pages(office, paced))
    app.include_router(mine_pages(office))
    app.include_router(recipient_pages(office))
    app.include_router(processor_pages(office))
    app.state.door = door or Door(office, Local("local", office))
    app.include_router(sign_in_pages(app.state.door))
    streams = streams or Streams()
    app.include_router(staff_pages())
    app.include_router(live_stream(Streams(MOST_STREAMS, MOST_OF_ONE, closing=streams.closing)))
    app.include_router(callback_routes(office, systems or {}))
    app.include_router(hook_routes(sources or {}))
    app.mount(PREFIX, create_api(office, streams=streams))
    _add_health(app, office)
    _add_static(app, "desk.css", "text/css", pages.style())
    _add_static(app, "live.js", "text/javascript", pages.script())
    _add_errors(app)
    add_refusals(app)
    larger = {
        f"{PREFIX}/": MOST_CALL,
        CALLBACKS: MOST_BODY,
        hooks.PREFIX: hooks.MOST_MESSAGE,
        processor.PREFIX: processor.MOST_ANSWER,
        ask.PREFIX: ask.MOST_REFUSED,
        f"{mine.PREFIX}/": mine.MOST_REFUSED,
        UPLOADS: MOST_UPLOAD,
        **dict.fromkeys(("/requests/", "/letters/", "/systems/", "/open", "/find"), MOST_REFUSED),
    }
    return Guard(app, hosts, api=PREFIX, larger=larger)


def _add_health(app: FastAPI, office: Office) -> None:
    @app.get("/healthz")
    async def alive() -> Response:
        """This process answers."""
        return JSONResponse({"status": "ok"})

    @app.get("/readyz")
    async def ready() -> Response:
        """Ledger and Temporal answer, too: requests can be opened and acted on."""
        try:
            await office.ready()
        except HabeasError as error:
            log.warning(NOT_READY, error=error.code)
            return JSONResponse({"status": "not_ready", "error": error.code, "remedy": error.diagnostics()}, 503)
        return JSONResponse({"status": "ok"})


def _add_static(app: FastAPI, name: str, kind: str, content: bytes) -> None:
    tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'

    @app.get(f"/static/{name}")
    async def static(request: Request) -> Response:
        headers = {"etag": tag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=kind, headers=headers)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def no_such_page(request: Request, error: HTTPException) -> Response:
        return refused(request, error.status_code, "none" if error.status_code == 404 else "unusable")

    @app.exception_handler(TooLarge)
    async def too_much(request: Request, error: TooLarge) -> Response:
        say = speech(chosen(request))
        written = {name: text[:MOST_KEPT] for name, text in typed(error.kept).items() if text.strip()}
        title, text = say.text("lost.large_title"), say.text("lost.large", n=MOST_FORM // 1024)
        if written:
            text = f"{text} {say.text('lost.large_kept', most=say.number(MOST_KEPT))}"
        return pages.page("nothing.html", 413, language=say.language, title=title, text=text, say=say, written=written)

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(BadInput)
    async def unusable(request: Request, __: Exception) -> Response:
        return refused(request, 400, "unusable")

    @app.exception_handler(LedgerUnavailable)
    @app.exception_handler(EngineUnavailable)
    async def later(request: Request, error: HabeasError) -> Response:
        log.error(PAGE_FAILED, error=error.code)
        return refused(request, 503, "later", await written_by(request))

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        log.error(PAGE_FAILED, error=getattr(error, "code", type(error).__name__))
        return refused(request, 500, "failed")
