"""The page of the development mailbox: a list of letters, and each one as it would be read."""

from __future__ import annotations

import re

from fastapi import FastAPI, HTTPException
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape

from workers.maildir import KeptMail, Maildir

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'none'; base-uri 'none'"
# No scripts, no network; but a link that the reader clicks opens as usual, in a window of its own.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
MOST_LISTED = 200
_LINK = re.compile(r"https?://[^\s<>\"]+")


def inbox_app(maildir: Maildir) -> FastAPI:
    """The inbox over one Maildir."""
    app = FastAPI(openapi_url=None)
    # A page elsewhere must not reach us under a name of its own.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "::1"])
    pages = Environment(loader=PackageLoader("workers", "pages"), autoescape=True)
    pages.filters["linked"] = _linked

    def found(mail_id: str) -> KeptMail:
        mail = maildir.read(mail_id)
        if mail is None:
            raise HTTPException(404, "There is no such letter.")
        return mail

    @app.get("/", response_class=HTMLResponse)
    def letters() -> HTMLResponse:
        mails = [maildir.read(mail_id) for mail_id in maildir.ids()[:MOST_LISTED]]
        return _page(pages.get_template("inbox.html").render(mails=mails), PAGE_POLICY)

    @app.get("/letters/{mail_id}", response_class=HTMLResponse)
    def letter(mail_id: str) -> HTMLResponse:
        return _page(pages.get_template("letter.html").render(mail=found(mail_id)), PAGE_POLICY)

    @app.get("/letters/{mail_id}/html", response_class=HTMLResponse)
    def letter_html(mail_id: str) -> HTMLResponse:
        return _page('<base target="_blank">' + found(mail_id).html, LETTER_POLICY)

    return app


def _page(content: str, policy: str) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(content, headers=headers)


def _linked(text: str) -> Markup:
    """Plain text with its web addresses as links, everything else escaped."""
    parts, end = [], 0
    for link in _LINK.finditer(text):
        address = link[0].rstrip(".,;:!?)")
        parts += [
            escape(text[end : link.start()]),
            Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(address),
        ]
        end = link.start() + len(address)
    return Markup("").join([*parts, escape(text[end:])])
