"""Staff's pages: the queue and a request's story. They only look, and they name nobody."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, Response

from habeas.access import Scope
from habeas.errors import BadInput
from habeas.evidence import Tag
from workers.desk.door import Staff, staff_only
from workers.desk.holder_page import holder_pages
from workers.desk.overview import overview_pages
from workers.desk.pages import page
from workers.desk.queue_page import queue_pages
from workers.desk.reports import report_pages
from workers.desk.systems_page import system_pages
from workers.desk.wording import sheet
from workers.office import Told, read_reference
from workers.office.letters import READERS


def _explanation(events: Sequence[Told]) -> tuple[str, ...]:
    """How the law came to the date that counts now, as the newest computation said it."""
    for event in reversed(events):
        if event.tag == Tag.CLOCK_COMPUTED and isinstance(lines := event.facts.get("explanation"), list | tuple):
            return tuple(str(line) for line in lines)
    return ()


def staff_pages() -> APIRouter:
    """The routes of staff's pages: none is seen, and nothing sent to one, but by who is signed in."""
    router = APIRouter(default_response_class=HTMLResponse, dependencies=[Depends(staff_only)])

    for pages in (queue_pages, holder_pages, overview_pages, report_pages, system_pages):
        router.include_router(pages())

    @router.get("/requests/{request_id}")
    async def story(request: Request, who: Staff, request_id: str) -> Response:
        try:
            reference = read_reference(request_id)
            told = await who.office.show(reference)
            events = await who.office.timeline(reference)
        except BadInput:
            return page("nothing.html", 404, title="No such request", text="There is no request of this reference.")
        words = _explanation(events)
        return sheet(
            "request.html",
            who,
            request,
            may_hold=told.entry.controller in who.office.reach(Scope.REQUESTS_WORK),
            story=told,
            entry=told.entry,
            events=events,
            explanation=words,
            readers=READERS,
        )

    return router
