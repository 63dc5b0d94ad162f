"""Who sees to a request: taken, handed on and put back, from its page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from habeas.access import Scope
from habeas.errors import BadInput, NotAllowed, UnknownRequest, WrongStage
from workers.desk.door import Signed, Staff
from workers.desk.forms import text_of
from workers.desk.staff_page import forbidden, nothing, reference_of, staff_page

__all__ = ["holder_pages"]

_MOST_ACCOUNT = 200


def holder_pages() -> APIRouter:
    """The route of who sees to a request; the forms stand on the request's page."""
    router = APIRouter()

    @router.post("/requests/{request_id}/holder")
    async def change(who: Staff, request: Request, request_id: str) -> Response:
        form = await request.form()
        what, to = text_of(form, "what", 10), text_of(form, "to", _MOST_ACCOUNT + 1)
        try:
            reference = reference_of(request_id)
            held = (await who.office.show(reference)).entry.held_by or ""
            if form.get("held", held) != held and held != who.account:
                # The page says who has it now, and since when.
                return await _refused(who, reference, "meanwhile", to, 409)
            await _change(who, reference, what, to)
        except UnknownRequest:
            return nothing(who, "request")
        except NotAllowed:
            return forbidden(who, Scope.REQUESTS_WORK)
        except WrongStage:
            return await _refused(who, reference, "closed", to, 409)
        except BadInput:
            return await _refused(who, reference, "wrong", to, 400)
        return RedirectResponse(f"/requests/{reference}#holder", 303)

    return router


async def _change(who: Signed, reference: str, what: str, to: str) -> None:
    if what == "take":
        await who.office.take(reference, by=who.account)
    elif what == "hand":
        await who.office.hand(reference, by=who.account, to=to)
    elif what == "back":
        await who.office.put_back(reference, by=who.account)
    else:
        raise BadInput("what: take, hand or back.", field="what")


async def _refused(who: Signed, reference: str, slip: str, typed: str, status: int) -> Response:
    """Why not, with what was typed."""
    entry = (await who.office.show(reference)).entry
    return staff_page("holder.html", who, status, entry=entry, slip=slip, typed=typed)
