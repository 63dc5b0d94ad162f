"""What the person sent, for staff: words, other ways to know them, and files, which are saved and never shown."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from habeas.access import Scope
from habeas.errors import BadInput, KeyDestroyed, NotAllowed, UnknownRequest
from workers.desk.door import Signed, Staff
from workers.desk.forms import text_of
from workers.desk.looking import ask_why, ask_why_first, why
from workers.desk.staff_page import forbidden, gone, nothing, reference_of, saved, staff_page

__all__ = ["message_pages"]

_MOST_DIGITS = 3
"""Of a file's number."""
_MOST_ID = 40


def message_pages() -> APIRouter:
    """The routes of what the person sent."""
    router = APIRouter()

    @router.get("/requests/{request_id}/messages")
    async def ask(who: Staff, request_id: str) -> Response:
        """Why somebody looks."""
        return await ask_why_first(who, request_id, "messages")

    @router.post("/requests/{request_id}/messages")
    async def look(who: Staff, request: Request, request_id: str) -> Response:
        """All of it, for who said why."""
        return await _kept(who, _look(who, request_id, await request.form()))

    @router.post("/requests/{request_id}/messages/file")
    async def file(who: Staff, request: Request, request_id: str) -> Response:
        """One of its files, to be saved."""
        return await _kept(who, _file(who, request_id, await request.form()))

    return router


async def _kept(who: Signed, answer: Awaitable[Response]) -> Response:
    """The answer, or why there is none."""
    try:
        return await answer
    except UnknownRequest:
        return nothing(who, "request")
    except KeyDestroyed:
        return gone(who)
    except NotAllowed:
        return forbidden(who, Scope.PERSONAL_READ)
    except BadInput:
        return nothing(who, "file")


async def _look(who: Signed, request_id: str, form: FormData) -> Response:
    reference = reference_of(request_id)
    entry = (await who.office.show(reference)).entry
    who.office.demand(Scope.PERSONAL_READ, entry.controller)
    reason = why(form)
    if not reason:
        to = f"/requests/{reference}/messages"
        return ask_why(who, who.say.text("messages.title"), to, back=reference, slip=True)
    heard = await who.office.messages(reference, by=who.account, reason=reason)
    return staff_page("messages.html", who, entry=entry, heard=heard, reason=reason)


async def _file(who: Signed, request_id: str, form: FormData) -> Response:
    reference, message = reference_of(request_id), text_of(form, "message", _MOST_ID)
    said = text_of(form, "file", 20)
    number = int(said) if said.isascii() and said.isdecimal() and len(said) <= _MOST_DIGITS else 0
    found = await who.office.message_file(reference, message, number, by=who.account, reason=why(form))
    # The name that the person gave it stands on the page only: it may name somebody, or lead somewhere.
    name = f"{reference}-{message[:8]}-{number}{mimetypes.guess_extension(found.media_type) or ''}"
    return saved(found.content, name)
