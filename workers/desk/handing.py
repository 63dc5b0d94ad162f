"""What staff hand over by hand: letters without an address, and the package for whoever must look at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from habeas.access import Scope
from habeas.errors import BadInput, KeyDestroyed, NotAllowed, UnknownRequest
from habeas.evidence import Tag
from workers.desk.door import Signed, Staff
from workers.desk.looking import ask_why, why
from workers.desk.staff_page import done_by, forbidden, gone, nothing, reference_of, staff_page

__all__ = ["handing_pages"]


def handing_pages() -> APIRouter:
    """The routes of letters to hand over, and of the package."""
    router = APIRouter()

    @router.post("/letters/{letter_id}/handed")
    async def handed(who: Staff, request: Request, letter_id: str) -> Response:
        """The person got a letter, and how."""

        async def note(letter: str, reason: str) -> Response:
            noted = await who.office.letter_handed(letter, by=who.account, reason=reason)
            if not noted.first and (colleague := await _noted_by(who, noted.request, letter)):
                return nothing(who, "handed", 409, written=reason, colleague=colleague)
            return RedirectResponse(f"/requests/{noted.request}?done=letter_handed", 303)

        return await _letter(who, request, letter_id, Scope.TASKS_WORK, "handed", note)

    @router.post("/letters/{letter_id}/read")
    async def read(who: Staff, request: Request, letter_id: str) -> Response:
        """A letter in full, to print. Leaves a mark."""

        async def show(letter: str, reason: str) -> Response:
            found = await who.office.letter_to_hand_over(letter, by=who.account, reason=reason)
            return staff_page("letter.html", who, letter=found)

        return await _letter(who, request, letter_id, Scope.PERSONAL_READ, "read", show)

    @router.post("/requests/{request_id}/package")
    async def package(who: Staff, request: Request, request_id: str) -> Response:
        """The newest package, decrypted, as a file. Leaves a mark."""
        try:
            if not who.office.reach(Scope.PERSONAL_READ):
                return forbidden(who, Scope.PERSONAL_READ)
            reference, reason = reference_of(request_id), why(await request.form())
            if not reason:
                title = who.say.text("acts.download.title")
                to, does = f"/requests/{reference}/package", who.say.text("acts.download.does")
                label = who.say.text("fields.reason")
                return ask_why(who, title, to, back=reference, slip=True, label=label, button=title, hint=does)
            return await _package(who, reference, reason)
        except NotAllowed:
            return forbidden(who, Scope.PERSONAL_READ)
        except KeyDestroyed:
            return gone(who)
        except BadInput:
            return nothing(who, "request")

    return router


async def _noted_by(who: Signed, request_id: str, letter_id: str) -> str | None:
    """Which colleague noted first that the person got a letter; None where it was whoever is at the page."""
    events = await who.office.timeline(request_id)
    told = (one for one in events if one.tag == Tag.LETTER_HANDED_OVER and one.facts.get("id") == letter_id.lower())
    actor = next((one.actor for one in told if one.actor != who.office.actor(who.account)), None)
    controller = (await who.office.show(request_id)).entry.controller
    return done_by(who, controller, [actor])[actor] if actor else None


async def _letter(
    who: Signed,
    request: Request,
    letter_id: str,
    scope: Scope,
    what: str,
    does: Callable[[str, str], Awaitable[Response]],
) -> Response:
    """What is done with a letter by whoever may and said why."""
    if not who.office.reach(scope):
        return forbidden(who, scope)
    reason, title = why(await request.form()), who.say.text(f"acts.letter_{what}.title", letter="")
    if not reason:
        # A letter that is read is a look; that it was handed over is a word of whoever did it.
        own = {"label": "letters.how", "button": "letters.note", "hint": "acts.letter_handed.does"}
        asked = {name: who.say.text(key) for name, key in own.items()} if what == "handed" else {}
        return ask_why(who, title, f"/letters/{letter_id}/{what}", slip=True, **asked)
    try:
        return await does(letter_id[:100], reason)
    except NotAllowed:
        return forbidden(who, scope)
    except KeyDestroyed:
        return gone(who)
    except BadInput:
        return nothing(who, "request")


async def _package(who: Signed, reference: str, reason: str) -> Response:
    try:
        opened = await who.office.open_package(reference, by=who.account, reason=reason)
    except UnknownRequest:
        return nothing(who, "request")
    headers = {"content-disposition": f'attachment; filename="{reference}.zip"', "content-length": str(opened.size)}
    return StreamingResponse(await opened.begun(), media_type="application/zip", headers=headers)
