"""Who sees to a request: taken, handed on and put back, from its page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from habeas.errors import BadInput, NotAllowed, UnknownRequest, WrongStage
from workers.desk.door import Signed, Staff
from workers.desk.pages import page
from workers.desk.wording import sheet
from workers.office import read_reference

MOST_ACCOUNT = 200
What = Literal["take", "hand", "back"]


def holder_pages() -> APIRouter:
    """The route of who sees to a request; the forms stand on the request's page."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.post("/requests/{request_id}/holder")
    async def change(
        request: Request,
        who: Staff,
        request_id: str,
        what: Annotated[What, Form()],
        to: Annotated[str, Form(max_length=MOST_ACCOUNT)] = "",
    ) -> Response:
        try:
            reference = read_reference(request_id)
        except BadInput:
            return _nothing()
        try:
            await _change(who, reference, what, to)
        except UnknownRequest:
            return _nothing()
        except (BadInput, NotAllowed, WrongStage) as error:
            return await _refused(request, who, reference, error, to)
        return RedirectResponse(f"/requests/{reference}#holder", 303)

    return router


async def _change(who: Signed, reference: str, what: What, to: str) -> None:
    if what == "take":
        await who.office.take(reference, by=who.account)
    elif what == "hand":
        await who.office.hand(reference, by=who.account, to=to)
    else:
        await who.office.put_back(reference, by=who.account)


async def _refused(request: Request, who: Signed, reference: str, error: Exception, typed: str) -> Response:
    """Why not, with what was typed."""
    slip, status = "wrong", 400
    if isinstance(error, WrongStage):
        slip, status = "closed", 409
    elif isinstance(error, NotAllowed):
        slip, status = "forbidden", 403
    entry = (await who.office.show(reference)).entry
    return sheet("holder.html", who, request, status, entry=entry, slip=slip, typed=typed)


def _nothing() -> Response:
    return page("nothing.html", 404, title="No such request", text="There is no request of this reference.")
