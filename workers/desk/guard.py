"""The wall around the pages: known host names only, small bodies, headers that keep a browser honest, quiet logs."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.spans import rename, span
from workers.api.problems import unspecific
from workers.desk.pages import asked_for, page, words
from workers.desk.patience import Patience, TooSlow, patient

log = structlog.get_logger(__name__)

PAGE_SERVED = "page_served"
"""The desk answered: the route's template, and never the path."""
PAGES = Histogram("habeas_pages_seconds", "Time that the desk took to answer", ["method", "route", "status"])
MOST_BODY = 4096
"""Bytes. The longest form of most pages has one code in it."""

_MEGABYTE = 2**20
MOST_DRAINED = 256 * 1024 * 1024
"""Bytes of a body that is too large which are taken in, unread, so that its answer reaches a browser."""

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STAFFS_POLICY = f"{POLICY}; script-src 'self'; connect-src 'self'"
"""Of staff's pages, which follow what happens; persons' pages have no script."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """ASGI middleware around everything. What it logs is the route's template, never the path: paths hold tokens."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Collection[str],
        *,
        api: str,
        larger: Mapping[str, int] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """As the app.

        Args:
            app: behind the wall.
            hosts: the names it is served under.
            api: where the API is; what it is asked, it answers with problem details.
            larger: beginnings of paths that take larger bodies -> how large, in bytes; what is behind them sets a
                closer bound before it reads.
            patience: how slowly a body may come.
        """
        self._app = app
        self._larger = dict(larger or {})
        self._hosts = frozenset(host.lower() for host in hosts)
        self._api = f"{api}/"
        self._patience = patience or Patience()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what should not come in, and dress what goes out."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        with span("page", server=True) as made:
            try:
                await self._answer(scope, receive, send)
            finally:
                rename(made, f"{_method(scope)} {_template(scope)}")

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        seen: dict[str, int] = {}

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            most = next((size for start, size in self._larger.items() if scope["path"].startswith(start)), MOST_BODY)
            refusal = self._refusal(scope, most)
            if refusal is not None:
                if refusal.status_code == 413:
                    await _drained(patient(receive, self._patience))
                await refusal(scope, receive, dressed)
            else:
                await self._app(scope, _limited(patient(receive, self._patience), most), dressed)
        finally:
            took, status = time.perf_counter() - began, seen.get("status", 0)
            method, route = _method(scope), _template(scope)
            PAGES.labels(method, route, f"{status // 100}xx").observe(took)
            log.info(PAGE_SERVED, method=method, route=route, status=status, milliseconds=round(took * 1000))

    def _refusal(self, scope: Scope, most: int) -> Response | None:
        headers = Headers(scope=scope)
        if _name(headers.get("host", "")) not in self._hosts:
            return self._said(scope, 421, "This name is not served here.")
        if not scope["path"].isprintable():
            return self._said(scope, 404, "There is no such address.")
        if b"%00" in scope["query_string"]:
            return self._said(scope, 400, "No text has NUL in it.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > most:
            return self._too_large(scope, headers, most)
        # A form that another site filled in; a browser that does not say where it comes from is let through.
        if scope["method"] == "POST" and headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return self._said(scope, 403, "Only this site's own pages may send this.")
        return None

    def _too_large(self, scope: Scope, headers: Headers, most: int) -> Response:
        """A body that is not read cannot be given back: whoever wrote it is led back to where it still stands."""
        if self._is_call(scope) or most < _MEGABYTE:
            return self._said(scope, 413, "That is too much.")
        language = asked_for(headers.get("accept-language"))
        said = words(language)
        text = said["too_large_text"].replace("{n}", str(most // _MEGABYTE))
        return page("nothing.html", 413, language=language, title=said["too_large_title"], text=text)

    def _said(self, scope: Scope, status: int, text: str) -> Response:
        if self._is_call(scope):
            return unspecific(status, text)
        return PlainTextResponse(text, status)

    def _is_call(self, scope: Scope) -> bool:
        return bool(scope["path"].startswith(self._api))


class TooMuch(HTTPException):
    """The body is longer than any form of ours."""

    def __init__(self) -> None:
        super().__init__(413)


def _limited(receive: Receive, most: int) -> Receive:
    got = 0

    async def limited() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise TooMuch
        return message

    return limited


async def _drained(receive: Receive) -> None:
    """Take in what a browser still sends, up to a bound, and keep nothing: it shows no answer before all is sent."""
    got = 0
    with suppress(TooSlow):
        while got < MOST_DRAINED:
            message = await receive()
            got += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return


def _name(host: str) -> str:
    """The host name of a Host header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[").lower()
    return host.partition(":")[0].lower()


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in {"GET", "HEAD", "POST"} else "OTHER"


def _template(scope: MutableMapping[str, Any]) -> str:
    return getattr(scope.get("route"), "path", "-")
