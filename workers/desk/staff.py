"""Staff's pages: the queue and a request's story. They only look, and they name nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Depends
from starlette.responses import HTMLResponse, Response

from activities.ledger import RequestFilter
from habeas.errors import BadInput
from habeas.evidence import Tag
from workers.desk.door import Staff, staff_only
from workers.desk.pages import page
from workers.office import Told, read_reference
from workers.office.letters import READERS

PER_PAGE = 100
_VIEWS: Mapping[str, dict[str, bool]] = {
    "open": {"open": True},
    "overdue": {"open": True, "overdue": True},
    "closed": {"open": False},
}


def _explanation(events: Sequence[Told]) -> tuple[str, ...]:
    """How the law came to the date that counts now, as the newest computation said it."""
    for event in reversed(events):
        if event.tag == Tag.CLOCK_COMPUTED and isinstance(lines := event.facts.get("explanation"), list | tuple):
            return tuple(str(line) for line in lines)
    return ()


def staff_pages() -> APIRouter:
    """The routes of staff's pages: none is seen, and nothing sent to one, but by who is signed in."""
    router = APIRouter(default_response_class=HTMLResponse, dependencies=[Depends(staff_only)])

    @router.get("/")
    async def queue(who: Staff, view: str = "open", after: str | None = None) -> Response:
        chosen = view if view in _VIEWS else "open"
        start = read_reference(after) if after else None
        entries = await who.office.requests(
            RequestFilter.model_validate({**_VIEWS[chosen], "limit": PER_PAGE, "after": start})
        )
        more = entries[-1].id if len(entries) == PER_PAGE else None
        return page("queue.html", who=who, entries=entries, view=chosen, views=tuple(_VIEWS), more=more)

    @router.get("/requests/{request_id}")
    async def story(who: Staff, request_id: str) -> Response:
        try:
            reference = read_reference(request_id)
            told = await who.office.show(reference)
            events = await who.office.timeline(reference)
        except BadInput:
            return page("nothing.html", 404, title="No such request", text="There is no request of this reference.")
        words = _explanation(events)
        return page(
            "request.html",
            who=who,
            story=told,
            entry=told.entry,
            events=events,
            explanation=words,
            readers=READERS,
        )

    return router
