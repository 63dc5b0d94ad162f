"""The person's own page: where their request stands and by when, and what they can do about it. By code only.

A cookie holds the visit, for half an hour, and nothing else: it is out of reach of scripts and follows nobody. No
address of these pages says whose request it is.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from activities.letters.wording import lookup
from activities.messages import MessageKind
from habeas.errors import (
    BadInput,
    EngineUnavailable,
    HabeasError,
    KeyDestroyed,
    LedgerUnavailable,
    LinkRefused,
    UnknownRequest,
    WrongCode,
    WrongStage,
)
from habeas.model import Identifier
from workers.desk.ask_form import FILES, MOST_FILES, MOST_KEPT, MOST_TEXT
from workers.desk.door import csrf_of, forget, is_csrf
from workers.desk.guard import MOST_BODY
from workers.desk.pages import asked_for, nearest, persons_page, words
from workers.desk.transfer import HandOver
from workers.desk.uploads import TooLarge, found_files, prints, read_form
from workers.office import Office
from workers.office.messages import Sent
from workers.office.mine import Mine

__all__ = ["COOKIE", "MOST_SENT", "PREFIX", "mine_pages"]

PREFIX = "/mine"
COOKIE = "__Host-habeas-request"
"""`__Host-`: a browser takes and sends it over TLS only (or on this machine), and to this very host only."""
MOST_SENT = 12 * 1024 * 1024
"""Bytes of what is sent at once."""
MOST_REFUSED = 64 * 1024 * 1024
"""Bytes up to which what is too large is refused on the page itself, with what was typed."""
_MOST_TYPED = 256 * 1024
_KINDS = ("email", "phone", "customer_number")
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")
_DONE = frozenset({"sent", "link_sent", "link_wait", "too_late", "package_over"})
_SLIPS = frozenset({"text", "too_long", "too_many", "file_size", "file_type", "value", "form", "later"})


@dataclass(frozen=True)
class _Visit:
    """Who is at the page."""

    session: str = field(repr=False)
    mine: Mine = field(repr=False)
    language: str

    def page(self, template: str, status: int = 200, **more: Any) -> HTMLResponse:
        return persons_page(
            template, self.language, status, mine=self.mine, csrf=csrf_of(self.session), form=secrets.token_urlsafe(16),
            letter=lookup("activities.letters", self.language), **more,
        )  # fmt: skip

    def not_fetched(self, error: HabeasError) -> Response | None:
        """Why there is nothing to fetch; None of what is no refusal."""
        match error:
            case WrongCode():
                return self.page("said.html", 403, heading="mine_package", text="mine_code_again", see=self.door)
            case LinkRefused():
                return _back("package_over")
            case WrongStage():
                return self.page("said.html", 404, heading="mine_package", text="mine_no_package", see=PREFIX)
            case _:
                return None

    @property
    def door(self) -> str:
        """Where they come back by a new code."""
        return f"/v/{self.mine.reference}"


class _Over(Exception):
    """There is no visit, or it is over, or the form is not one of its pages'."""


def mine_pages(office: Office) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/mine")
    async def mine(request: Request, done: str = "") -> Response:
        """Where it stands."""
        try:
            visit = await _visit(office, request)
        except _Over:
            return _over(request)
        return _shown(visit, done=done if done in _DONE else "")

    @router.post("/mine/send")
    async def send(request: Request) -> Response:
        """Words and files, or one more way to know the person."""
        form, large = FormData(), None
        try:
            try:
                visit = await _visit(office, request)
            except _Over:
                # Nobody without a visit sends us files; words are read, to be shown to them again.
                form = await _typed(request)
                raise
            try:
                form = await read_form(request, MOST_SENT, 12, FILES, MOST_REFUSED)
            except TooLarge as error:
                form, large = error.kept, error
            _check(visit, form)
            try:
                if large is not None:
                    raise large
                await _hear(office, visit, form)
            except WrongStage:
                return _back("too_late")
            except (EngineUnavailable, LedgerUnavailable):
                return _again(visit, form, "later", 503)
            except BadInput as error:
                slip = str(error.facts.get("field"))
                return _again(visit, form, slip if slip in _SLIPS else "form", 413 if slip == "file_size" else 422)
        except _Over:
            # They wrote for longer than the page stays open: nobody but who sent it sees it again.
            return _over(request, written=(_text(form, "text")[:MOST_KEPT], _text(form, "value")[:400]))
        except BadInput:
            return _over(request, 422)
        finally:
            await form.close()
        return _back("sent")

    @router.get("/mine/withdraw")
    async def sure(request: Request) -> Response:
        """Whether they are sure."""
        try:
            visit = await _visit(office, request)
        except _Over:
            return _over(request)
        return visit.page("withdraw.html") if visit.mine.may_withdraw else _back("too_late")

    @router.post("/mine/{act}")
    async def act(request: Request, act: str) -> Response:
        """Withdraw, fetch the package, have one more link sent, or leave."""
        try:
            visit = await _visit(office, request)
            _check(visit, await read_form(request, MOST_BODY, 4, 0))
        except (_Over, BadInput):
            return _over(request)
        reference = visit.mine.reference
        try:
            match act:
                case "withdraw":
                    await office.withdraw_mine(reference)
                    return visit.page("said.html", heading="proven", text="mine_withdrawn", reference=reference)
                case "package":
                    package = partial(office.fetch_mine, reference, visit.session)
                    return HandOver(package, visit.language, visit.not_fetched)
                case "link":
                    return _back("link_sent" if await office.one_more_link(reference) else "link_wait")
                case "leave":
                    await office.leave(visit.session)
                    left = persons_page("said.html", visit.language, heading="proven", text="mine_left")
                    forget(left, COOKIE)
                    return left
                case _:
                    return _over(request, 404)
        except WrongStage:
            return _back("too_late")
        except EngineUnavailable:
            return visit.page("said.html", 503, heading="later", text="ask_slip_later", reference=reference)

    return router


async def _visit(office: Office, request: Request) -> _Visit:
    session = request.cookies.get(COOKIE, "")
    reference = await office.visit(session) if _SESSION.fullmatch(session) else None
    if reference is None:
        raise _Over
    try:
        mine = await office.mine(reference)
    except (UnknownRequest, KeyDestroyed):
        raise _Over from None
    return _Visit(session, mine, nearest(mine.language) or _language(request))


async def _typed(request: Request) -> FormData:
    try:
        return await read_form(request, _MOST_TYPED, 12, FILES, MOST_REFUSED)
    except TooLarge as error:
        return error.kept
    except BadInput:
        return FormData()


def _check(visit: _Visit, form: FormData) -> None:
    if not is_csrf(form.get("csrf"), visit.session):
        raise _Over


async def _hear(office: Office, visit: _Visit, form: FormData) -> None:
    kind = form.get("kind")
    if isinstance(kind, str) and kind:
        sent = Sent(
            kind=MessageKind.IDENTIFIER,
            identifiers=(_identifier(kind, _text(form, "value")),),
            proven=visit.mine.proven,
        )
    else:
        files = await found_files(form, "file", MOST_FILES)
        if sum(len(one.content) for one in files) > MOST_FILES:
            raise BadInput("The files are too large.", field="file_size")
        sent = Sent(kind=MessageKind.ANSWER, text=_text(form, "text"), files=files, proven=visit.mine.proven)
    # The same form with the same words and files is the same message: a connection that broke is tried again.
    said = (_text(form, "form"), kind, _text(form, "value"), sent.text, prints(sent.files))
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    await office.hear(visit.mine.reference, sent, str(uuid.uuid5(uuid.NAMESPACE_OID, digest)))


def _identifier(kind: str, value: str) -> Identifier:
    if kind not in _KINDS:
        raise BadInput("There is no such kind.", field="value")
    try:
        return Identifier(kind=kind, value=value[:400])
    except ValueError:
        raise BadInput("Not a usable value.", field="value") from None


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.replace("\r\n", "\n").replace("\x00", "") if isinstance(value, str) else ""


def _shown(
    visit: _Visit, status: int = 200, *, slip: str = "", done: str = "", text: str = "", value: str = ""
) -> Response:
    said = words(visit.language)
    what = said[f"ask_{visit.mine.right.value}_title"]
    outcome = visit.mine.outcome
    stage = "second_proof" if visit.mine.second_proof else visit.mine.stage.value
    stands = said[f"mine_outcome_{outcome.value}" if outcome else f"mine_stage_{stage}"]
    return visit.page(
        "mine.html", status, what=what, stands=stands, slip=slip, done=done, text=text, value=value, kinds=_KINDS,
        most=MOST_TEXT, megabytes=MOST_FILES // 2**20,
    )  # fmt: skip


def _again(visit: _Visit, form: FormData, slip: str, status: int) -> Response:
    return _shown(visit, status, slip=slip, text=_text(form, "text")[:MOST_KEPT], value=_text(form, "value")[:400])


def _back(done: str) -> Response:
    return RedirectResponse(f"{PREFIX}?done={done}", 303)


def _over(request: Request, status: int = 403, written: Collection[str] = ()) -> Response:
    kept = [one for one in written if one.strip()]
    return persons_page("said.html", _language(request), status, heading="mine_title", text="mine_over", written=kept)


def _language(request: Request) -> str:
    return asked_for(request.headers.get("accept-language"))
