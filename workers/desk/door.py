"""Who may see staff's pages: whoever has a session, or, where nobody signs in, whoever is at this machine."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from activities.letters.wording import Words
from habeas.errors import BadInput, NotAllowed
from workers.desk.forms import typed
from workers.desk.issuer import Issuer
from workers.desk.speech import chosen, speech
from workers.desk.uploads import TooLarge, read_form
from workers.office import Office
from workers.throttle import Throttle

__all__ = [
    "COOKIE",
    "Door",
    "Forged",
    "Local",
    "NotOurs",
    "SignInFirst",
    "Signed",
    "Staff",
    "TooOften",
    "staff_only",
    "written_by",
]

COOKIE = "__Host-habeas"
"""`__Host-`: a browser takes and sends it over TLS only (or on this machine), and to this very host only."""
UPLOADS = "/tasks/"
"""Where staff send files to."""
MOST_FORM = 256 * 1024
"""Bytes of a form of staff's without files: a reason in any script, and the identifiers of a person."""
MOST_REFUSED = 32 * 1024 * 1024
"""Bytes up to which a form that is too large is refused on a page that shows what was typed."""
MOST_UNSIGNED = 4 * 1024 * 1024
"""The same, of somebody who is not signed in (any more)."""
MOST_UPLOAD = 201 * 1024 * 1024
"""Bytes of a form with files, whatever a system's settings say: `max_file_mb` is 200 at most."""
MOST_FIELDS = 3000
MOST_FILES = 50
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_LOOKS = frozenset({"GET", "HEAD"})
FOLLOWS = "x-habeas-follows"
"""Sent by a page's script that looks by itself: nobody is there, and the session is not used by it."""
_ID = re.compile(r"[A-Za-z0-9_-]{43}")


class SignInFirst(Exception):
    """Nobody is signed in."""


class NotOurs(Exception):
    """Somebody is signed in who works for none of the controllers here."""

    def __init__(self, account: str, csrf: str) -> None:
        super().__init__()
        self.account = account
        self.csrf = csrf


class Forged(Exception):
    """A form that did not come from a page of this session."""

    def __init__(self, written: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.written = written or {}
        """What was typed into it: somebody who signed in again meanwhile wants it back."""


class TooOften(Exception):
    """Too many wrong tries from one address."""

    def __init__(self, wait: int) -> None:
        super().__init__()
        self.wait = wait
        """Seconds."""


@dataclass(frozen=True)
class Signed:
    """Who is at a page, and the office as their account sees it."""

    office: Office
    account: str = field(repr=False)
    csrf: str = field(repr=False)
    """What each form of a page sends with it, as `csrf`."""
    development: bool
    """Whether whoever is at this machine may be anybody."""
    language: str = "en"
    """Of staff's pages."""
    here: str | None = None
    """The page, to come back to in another language; None where it was sent to."""

    @property
    def say(self) -> Words:
        """The texts of staff's pages."""
        return speech(self.language)


@dataclass(frozen=True)
class Local:
    """Who one is without a word, where nobody signs in."""

    account: str = field(repr=False)
    office: Office


@dataclass(frozen=True)
class Lasts:
    """How long a session lasts: unused, and at most."""

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)


class Door:
    """The way to staff's pages.

    Args:
        office: the whole one.
        by: by whom staff sign in; or, where nobody does, who one is.
        lasts: how long a session lasts.
        wrong_per_minute: how often one address may come with a wrong session, or back from a sign-in that fails.
    """

    def __init__(
        self, office: Office, by: Issuer | Local, lasts: Lasts | None = None, *, wrong_per_minute: int = 20
    ) -> None:
        self.office = office
        self.issuer = by if isinstance(by, Issuer) else None
        self._local = by if isinstance(by, Local) else None
        self._lasts = lasts or Lasts()
        self._wrong = Throttle(wrong_per_minute)
        self._own = secrets.token_urlsafe(32)

    async def come_in(self, request: Request, *, used: bool = True) -> Signed:
        """Who is at a page.

        Args:
            request: of a browser.
            used: whether somebody uses the session by it.

        Raises:
            SignInFirst: nobody.
            NotOurs: somebody who has nothing to do here.
            TooOften: somebody who guesses.
        """
        session_id = request.cookies.get(COOKIE, "")
        account = await self._account(session_id, used=used and FOLLOWS not in request.headers)
        language, here = chosen(request), _here(request)
        if account is None and self._local is not None:
            local = self._local
            return Signed(local.office, local.account, self.csrf(""), True, language, here)
        if account is None:
            if session_id:
                self.count_wrong(request)
            raise SignInFirst
        try:
            office = self.office.for_staff(account)
        except NotAllowed:
            raise NotOurs(account, self.csrf(session_id)) from None
        return Signed(office, account, self.csrf(session_id), self._local is not None, language, here)

    async def sign_in(self, request: Request, account: str, answer: Response) -> None:
        """Begin a session of this account in place of the one that the browser had.

        Raises:
            NotAllowed: the account works for none of the controllers here.
        """
        self.office.for_staff(account)
        await self.office.end_session(request.cookies.get(COOKIE, ""))
        begun = await self.office.start_session(account, idle=self._lasts.idle, longest=self._lasts.longest)
        keep(answer, COOKIE, begun)

    async def sign_out(self, request: Request, answer: Response) -> None:
        """End the browser's session."""
        await self.office.end_session(request.cookies.get(COOKIE, ""))
        forget(answer, COOKIE)

    def check(self, request: Request, given: object) -> None:
        """Refuse a form that was not on a page of this browser's session.

        Raises:
            Forged: it was not.
        """
        session_id = request.cookies.get(COOKIE, "")
        right = [self.csrf(one) for one in ((session_id, "") if self._local else (session_id,))]
        if not isinstance(given, str) or not any(hmac.compare_digest(given.encode(), one.encode()) for one in right):
            raise Forged

    def csrf(self, session_id: str) -> str:
        """What a form of this session carries: nobody can tell it who does not have the session (HMAC-SHA256)."""
        return csrf_of(session_id or self._own)

    def count_wrong(self, request: Request) -> None:
        """One more wrong try from this address.

        Raises:
            TooOften: that is too many.
        """
        if wait := self._wrong.hit(_address(request)):
            raise TooOften(wait)

    def refuse_guesser(self, request: Request) -> None:
        """Refuse an address from which too many wrong tries came.

        Raises:
            TooOften: as it says.
        """
        if wait := self._wrong.full(_address(request)):
            raise TooOften(wait)

    async def _account(self, session_id: str, *, used: bool) -> str | None:
        if not _ID.fullmatch(session_id):
            return None
        return await self.office.session(session_id, idle=self._lasts.idle, used=used)


def csrf_of(session: str) -> str:
    """What a form of a session carries: nobody can tell it who does not have the session (HMAC-SHA256)."""
    return hmac.new(session.encode(), b"habeas/csrf/1", hashlib.sha256).hexdigest()


def is_csrf(given: object, session: str) -> bool:
    """Whether a form was on a page of this session."""
    return isinstance(given, str) and hmac.compare_digest(given.encode(), csrf_of(session).encode())


def keep(answer: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Have the browser keep a cookie: out of reach of scripts, never in the clear, not sent with others' forms."""
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def forget(answer: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


async def staff_only(request: Request) -> AsyncIterator[Signed]:
    """A dependency: who is at the page. What they send was sent from a page of theirs.

    Raises:
        SignInFirst, NotOurs, TooOften: as `Door.come_in`.
        Forged: as `Door.check`.
    """
    door: Door = request.app.state.door
    who = await door.come_in(request)
    if request.method in _LOOKS:
        yield who
        return
    form = await _form(request)
    try:
        try:
            door.check(request, form.get("csrf"))
        except Forged:
            raise Forged(typed(form)) from None
        yield who
    finally:
        await form.close()


async def written_by(request: Request) -> dict[str, str]:
    """What somebody typed into a form that is not taken; files, and what the form itself holds, aside."""
    if request.method in _LOOKS:
        return {}
    if request._form is not None:
        return typed(request._form)
    if request._stream_consumed:  # and whoever read it has said what became of it
        return {}
    try:
        form = await read_form(request, MOST_FORM, MOST_FIELDS, MOST_FILES, MOST_UNSIGNED)
    except TooLarge as error:
        form = error.kept
    except BadInput:
        return {}
    try:
        return typed(form)
    finally:
        await form.close()


async def _form(request: Request) -> FormData:
    """What was sent, in memory: temporary files are not sealed. Read once somebody is known to be signed in."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _FORMS:
        return FormData()
    uploads = request.url.path.startswith(UPLOADS)
    form = await (
        read_form(request, MOST_UPLOAD, MOST_FIELDS, MOST_FILES)
        if uploads
        else read_form(request, MOST_FORM, MOST_FIELDS, 0, MOST_REFUSED)
    )
    request._form = form  # where Starlette keeps it: whoever asks for it next gets this one
    return form


Staff = Annotated[Signed, Depends(staff_only)]


def _here(request: Request) -> str | None:
    if request.method not in _LOOKS:
        return None
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
