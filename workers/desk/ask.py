"""The page on which a person asks: their rights in plain words, and a form for each. It works without JavaScript.

Whoever is known and whoever is not gets the same answer, after the same time; see `workers.desk.pace`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from habeas.errors import BadInput, EngineUnavailable, LedgerUnavailable, WrongStage
from habeas.model import REMEDIES, Right
from habeas.policy import Policy
from workers.desk import ask_form as forms
from workers.desk.ask_form import Filled
from workers.desk.pace import Pace
from workers.desk.pages import asked_for, language_names, nearest, persons_page, words
from workers.desk.uploads import TooLarge, read_form
from workers.loopback import is_loopback
from workers.office import Office
from workers.office.messages import Came
from workers.throttle import Throttle

__all__ = ["MOST_FORM", "PREFIX", "AskLimits", "ask_pages"]

PREFIX = "/ask/"
MOST_FORM = 24 * 1024 * 1024
"""Bytes of a form that are read, so that what was typed can be shown again; of more, nothing is."""
MOST_REFUSED = 64 * 1024 * 1024
"""Bytes up to which a form that is too large is refused on a page of its own."""
_FLOOD = 3
"""So many times what a client may ask is still read, and shown again with the words that it is too often."""
_GPC = "sec-gpc"


class AskLimits:
    """How often one client, and one address that is typed in, may ask in a minute, for one process.

    Args:
        per_client: in a minute.
        per_address: in a minute.
        per_day: with one address or number in a day, however many processes there are: whoever has it gets letters.
    """

    def __init__(self, per_client: int = 20, per_address: int = 5, per_day: int = 10) -> None:
        self._clients, self._addresses = Throttle(per_client), Throttle(per_address)
        self._floods = Throttle(_FLOOD * per_client)
        self.per_day = per_day

    def unread(self, client: str) -> int:
        """Count what a client sends before it is read: 0, or the seconds to wait where there is far too much of it."""
        return 0 if is_loopback(client) else self._floods.hit(client)

    def too_often(self, client: str, address: str) -> int:
        """Count one more; 0, or the seconds to wait."""
        key = hashlib.sha256(address.strip().lower().encode()).hexdigest()
        # From this machine comes what a proxy hands on, from anybody: `desk.trusted_proxies` tells them apart.
        return (0 if is_loopback(client) else self._clients.hit(client)) or self._addresses.hit(key)


@dataclass(frozen=True)
class _Page:
    """What every page here is made from."""

    policy: Policy
    place: str
    language: str
    gpc: bool

    def show(self, template: str, status: int = 200, **more: Any) -> HTMLResponse:
        controller = self.policy.controller
        return persons_page(
            template,
            self.language,
            status,
            controller=controller,
            place=self.place,
            gpc=self.gpc,
            languages=language_names(),
            **more,
        )


def ask_pages(office: Office, pace: Pace, limits: AskLimits | None = None) -> APIRouter:
    """The routes of the form.

    Args:
        office: what opens requests.
        pace: how long an answer takes at least.
        limits: how often one may ask.
    """
    router = APIRouter(default_response_class=HTMLResponse)
    bound = limits or AskLimits()

    @router.get("/ask/{controller}")
    async def rights(request: Request, controller: str) -> Response:
        """Which rights there are, for who lives where."""
        page = _page(office, request, controller, request.query_params)
        known = forms.offered(page.policy, page.place, office.today(page.policy.id))
        return page.show(
            "ask.html",
            rights=[one for one in known if one not in REMEDIES],
            remedies=[one for one in known if one in REMEDIES],
            opt_out=page.gpc and Right.OPT_OUT_SALE in known,
            places=_places(page),
        )

    @router.get("/opt-out/{controller}")
    async def opt_out(request: Request, controller: str) -> Response:
        """The address that a site links to as its opt-out (Cal. Civ. Code 1798.135(a))."""
        _page(office, request, controller, {})
        return RedirectResponse(f"{PREFIX}{controller}/{Right.OPT_OUT_SALE}", 303)

    @router.get("/ask/{controller}/{right}")
    async def form(request: Request, controller: str, right: str) -> Response:
        """The form for one right. Nothing of it stands in an address, before or after."""
        page = _page(office, request, controller, request.query_params)
        wanted = _right(right)
        return _form(page, wanted, forms.empty(), opts_out=_opts_out(office, page, wanted))

    @router.post("/ask/{controller}/{right}")
    async def ask(request: Request, controller: str, right: str) -> Response:
        """Open the request; or the form again, with everything that was typed."""
        page, wanted = _page(office, request, controller, {}), _right(right)
        async with pace.kept():
            return await _ask(office, bound, request, page, wanted)

    @router.get("/.well-known/gpc.json")
    async def gpc() -> Response:
        """That the signal is honoured here (Global Privacy Control, W3C draft, section 4)."""
        return Response('{"gpc": true, "lastUpdate": "2026-11-30"}', media_type="application/json")

    return router


async def _ask(office: Office, limits: AskLimits, request: Request, page: _Page, right: Right) -> Response:
    form, client = FormData(), request.client.host if request.client else ""
    if wait := limits.unread(client):
        said_so = words(page.language)["ask_slip_too_often"]
        return PlainTextResponse(said_so, 429, {"retry-after": str(wait)})
    try:
        form = await read_form(request, MOST_FORM, forms.FIELDS, forms.FILES, MOST_REFUSED)
        said = await forms.filled(form, right)
    except TooLarge as error:
        said = (await forms.filled(error.kept, right)).without_files()
    except BadInput:
        return _form(page, right, forms.empty().slipped("form"), 422)
    finally:
        await form.close()
    given = said.given
    page = _Page(
        page.policy,
        forms.place_of(page.policy, given.get("place")),
        nearest(given.get("switch") or given.get("lang")) or page.language,
        page.gpc,
    )
    if "switch" in given:
        return _form(page, right, Filled(said.form, given, said.chosen, had_files=said.had_files))
    if said.slips:
        return _form(page, right, said, 413 if {"file_size", "too_long"} & {*said.slips} else 422)
    if wait := limits.too_often(client, given["email"]):
        return _too_often(page, right, said.slipped("too_often"), wait)
    try:
        if wait := await office.forms_today(page.policy.id, forms.reached(said), limits.per_day):
            return _too_often(page, right, said.slipped("too_often_today"), wait)
        await _open(office, page, right, said)
        if _opts_out(office, page, right):
            await _open(office, page, Right.OPT_OUT_SALE, said.who())
    except (LedgerUnavailable, EngineUnavailable, WrongStage):
        # It was closed while this came in: what is asked in a moment is a new one.
        return _form(page, right, said.slipped("later"), 503)
    except BadInput as error:
        if error.facts.get("field") == "too_many":
            return _form(page, right, said.slipped("too_many"), 429)
        return _form(page, right, said.because(error), 422)
    opts_out = page.gpc and (right is Right.OPT_OUT_SALE or _opts_out(office, page, right))
    return page.show("asked.html", right=right.value, opts_out=opts_out)


def _opts_out(office: Office, page: _Page, right: Right) -> bool:
    """Whether the browser's signal, with an address beside it, asks for an opt-out besides (11 CCR 7025(c)(1))."""
    if not page.gpc or right is Right.OPT_OUT_SALE:
        return False
    return Right.OPT_OUT_SALE in forms.offered(page.policy, page.place, office.today(page.policy.id))


async def _open(office: Office, page: _Page, right: Right, said: Filled) -> None:
    asked = forms.request_of(said, page.policy, right, page.place, page.language, gpc=page.gpc)
    came = Came(files=said.files, other_language=forms.PLEASE_WRITE[page.language])
    opened = await office.open_request(asked, came)
    if not opened.created:
        await office.send_code(opened.id)


def _too_often(page: _Page, right: Right, said: Filled, wait: int) -> HTMLResponse:
    answer = _form(page, right, said, 429)
    answer.headers["retry-after"] = str(wait)
    return answer


def _page(office: Office, request: Request, controller: str, said: Mapping[str, str]) -> _Page:
    policy = office.policy_of(controller)
    if policy is None:
        raise HTTPException(404)
    language = nearest(said.get("lang")) or asked_for(request.headers.get("accept-language"))
    return _Page(
        policy,
        forms.place_of(policy, said.get("place")),
        language,
        # Exactly "1", as the specification has it: any other value says nothing.
        request.headers.get(_GPC) == "1",
    )


def _right(text: str) -> Right:
    if text not in list(Right):
        raise HTTPException(404)
    return Right(text)


def _form(page: _Page, right: Right, said: Filled, status: int = 200, *, opts_out: bool = False) -> HTMLResponse:
    return page.show(
        "ask_right.html",
        status,
        right=right.value,
        opts_out=opts_out,
        said=said,
        given=said.given,
        places=_places(page),
        asks=forms.asked_of(page.policy, right, page.language),
        megabytes=forms.MOST_FILES // 2**20,
        most=forms.MOST_TEXT,
    )


def _places(page: _Page) -> tuple[tuple[str, str], ...]:
    covered = frozenset(place for entry in page.policy.regimes for place in entry.jurisdictions)
    return forms.places(covered, page.language)
