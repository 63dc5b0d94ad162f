"""Staff's pages, put together; and a request's story with everything that can be done now, which names nobody."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from habeas.access import Scope
from habeas.acts import ActKind
from habeas.errors import UnknownRequest
from habeas.evidence import Tag
from habeas.model import CHANGING, COPIES, Right, Stage
from workers.desk.acting import acting_pages, new_act_id, offers
from workers.desk.door import Signed, Staff, keep, staff_only
from workers.desk.error_page import error_pages
from workers.desk.finding import finding_pages
from workers.desk.handing import handing_pages
from workers.desk.holder_page import holder_pages
from workers.desk.matching import matching_pages
from workers.desk.messages_page import message_pages
from workers.desk.opening import opening_pages
from workers.desk.overview import overview_pages
from workers.desk.pages import own_path
from workers.desk.plan_page import plan_pages
from workers.desk.queue_page import queue_pages
from workers.desk.reports import report_pages
from workers.desk.review import review_pages
from workers.desk.speech import COOKIE, LANGUAGES
from workers.desk.staff_page import done_by, nothing, reference_of, staff_page, titles_of
from workers.desk.systems_page import system_pages
from workers.desk.tasks import task_pages
from workers.office import Story, Told
from workers.office.explained import explained, noted
from workers.office.story import OtherKind

_YEAR = 365 * 24 * 3600
_BEFORE_SEARCH = frozenset({Stage.RECEIVED, Stage.VERIFYING})
_OPENED = ("opened", "was_open", "not_started")


def staff_pages() -> APIRouter:
    """The routes of staff's pages: none is seen, and nothing sent to one, but by who is signed in."""
    router = APIRouter(default_response_class=HTMLResponse, dependencies=[Depends(staff_only)])

    @router.get("/language/{language}")
    async def speak(language: str, then: str = "/") -> Response:
        """Staff's pages in this language from now on."""
        if language not in LANGUAGES:
            raise HTTPException(404)
        answer = RedirectResponse(own_path(then), 303)
        keep(answer, COOKIE, language, seconds=_YEAR)
        return answer

    @router.get("/requests/{request_id}")
    async def story(who: Staff, request_id: str, done: str | None = None) -> Response:
        try:
            reference = reference_of(request_id)
            told = await who.office.show(reference)
            events = await who.office.timeline(reference)
            others = await who.office.recipients(reference)
        except UnknownRequest:
            return nothing(who, "request")
        possible = offers(who, told)
        return staff_page(
            "request.html",
            who,
            story=told,
            entry=told.entry,
            events=events,
            names=done_by(who, told.entry.controller, [one.actor for one in events]),
            told=others,
            titles=titles_of(who, told),
            explanation=explained(_explanation(events), who.language),
            law_note=noted(told.law_note, who.language) if told.law_note else None,
            offers=possible,
            act_ids={one.id: new_act_id() for one in possible},
            may_read=who.office.may(Scope.PERSONAL_READ, told.entry.controller),
            may_hold=who.office.may(Scope.REQUESTS_WORK, told.entry.controller),
            seen=events[-1].n if events else 0,
            looks=_looks(who, told),
            done=_done(who, done),
        )

    for pages in (
        queue_pages,
        overview_pages,
        report_pages,
        system_pages,
        holder_pages,
        acting_pages,
        plan_pages,
        review_pages,
        matching_pages,
        message_pages,
        error_pages,
        opening_pages,
        finding_pages,
        task_pages,
        handing_pages,
    ):
        router.include_router(pages())
    return router


def _explanation(events: Sequence[Told]) -> tuple[str, ...]:
    """How the law came to the date that counts now, as the newest computation said it."""
    for event in reversed(events):
        if event.tag == Tag.CLOCK_COMPUTED and isinstance(lines := event.facts.get("explanation"), list | tuple):
            return tuple(str(line) for line in lines)
    return ()


def _looks(who: Signed, told: Story) -> tuple[tuple[str, str], ...]:
    """The pages that show the person's data, where there is something to see."""
    entry = told.entry
    if not who.office.may(Scope.PERSONAL_READ, entry.controller):
        return ()
    here, found = f"/requests/{entry.id}", []
    if any(one.kind is OtherKind.MESSAGES for one in told.possible):
        found.append((f"{here}/messages", who.say.text("request.see_messages")))
    if entry.stage in _BEFORE_SEARCH:
        return tuple(found)
    if entry.right is Right.ERASURE or entry.right in CHANGING:
        found.append((f"{here}/plan", who.say.text("request.see_plan")))
    if entry.right in COPIES:
        found.append((f"{here}/review", who.say.text("request.see_review")))
    return (*found, (f"{here}/match", who.say.text("request.see_match")))


def _done(who: Signed, what: str | None) -> str | None:
    """What was done just now, in words."""
    say = who.say
    if what in _OPENED:
        return say.text(f"opening.{what}")
    if what == "void":
        return say.text("forms.void")
    if what == "finish_task":
        return say.text("tasks.finished")
    if what not in {*ActKind, "letter_handed"}:
        return None
    return f"{say.text('forms.done')} {say.text(f'acts.{what}.title', system='', letter='').strip()}"
