"""What a system said when it failed, in full: it may name somebody, so it is asked why one looks."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from habeas.access import Scope
from habeas.errors import BadInput, KeyDestroyed, NotAllowed, UnknownRequest
from workers.desk.door import Signed, Staff
from workers.desk.looking import ask_why, why
from workers.desk.staff_page import forbidden, gone, nothing, reference_of, staff_page

__all__ = ["error_pages"]

_MOST_ID = 40


def error_pages() -> APIRouter:
    """The routes of errors."""
    router = APIRouter()

    @router.get("/requests/{request_id}/errors/{correlation}")
    async def ask(who: Staff, request_id: str, correlation: str) -> Response:
        """Why somebody looks."""
        return await _shown(who, request_id, correlation[:_MOST_ID])

    @router.post("/requests/{request_id}/errors/{correlation}")
    async def look(who: Staff, request: Request, request_id: str, correlation: str) -> Response:
        """The error, for who said why."""
        return await _shown(who, request_id, correlation[:_MOST_ID], why(await request.form()))

    return router


async def _shown(who: Signed, request_id: str, correlation: str, reason: str | None = None) -> Response:
    """The error; without a reason the page that asks for one, None where nobody was asked yet."""
    try:
        reference = reference_of(request_id)
        who.office.demand(Scope.PERSONAL_READ, (await who.office.show(reference)).entry.controller)
        if not reason:
            to = f"/requests/{reference}/errors/{correlation}"
            return ask_why(who, who.say.text("errors.title"), to, back=reference, slip=reason is not None)
        found = await who.office.error(reference, correlation, by=who.account, reason=reason)
    except NotAllowed:
        return forbidden(who, Scope.PERSONAL_READ)
    except UnknownRequest:
        return nothing(who, "request")
    except KeyDestroyed:
        return gone(who)
    except BadInput:
        return nothing(who, "error")
    return staff_page("error.html", who, reference=reference, error=found)
