"""The plan of an erasure or a change: what goes, what stays and why; approved from here, or contested."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from habeas.access import Scope, scope_of
from habeas.acts import WITHOUT_COPY, ActKind
from habeas.errors import BadInput, EngineUnavailable, KeyDestroyed, NotAllowed, UnknownRequest, WrongStage
from habeas.model import CHANGING, Stage
from habeas.plan import reason_of
from workers.desk.door import Signed, Staff
from workers.desk.forms import Control, Slip, asked_for, new_act_id, sent_of, slip_in, slip_of, slips_of, text_of
from workers.desk.looking import ask_why, ask_why_first, why
from workers.desk.staff_page import done_by, forbidden, gone, nothing, reference_of, since, staff_page, titles_of
from workers.desk.sure import Written, is_sure, sure_page
from workers.office import Story
from workers.office.asked import Contest

__all__ = ["plan_pages"]


def plan_pages() -> APIRouter:
    """The routes of the plan."""
    router = APIRouter()

    @router.get("/requests/{request_id}/plan")
    async def ask(who: Staff, request_id: str) -> Response:
        """Why somebody looks."""
        return await ask_why_first(who, request_id, "plan")

    @router.post("/requests/{request_id}/plan")
    async def look(who: Staff, request: Request, request_id: str) -> Response:
        """The plan, for who said why."""
        try:
            return await _look(who, reference_of(request_id), await request.form())
        except UnknownRequest:
            return nothing(who, "request")
        except KeyDestroyed:
            return gone(who)

    @router.post("/requests/{request_id}/contest")
    async def contest(who: Staff, request: Request, request_id: str) -> Response:
        """Corrections that are not made."""
        try:
            return await _contest(who, reference_of(request_id), await request.form())
        except UnknownRequest:
            return nothing(who, "request")
        except KeyDestroyed:
            return gone(who)

    return router


async def _look(
    who: Signed, request_id: str, form: FormData, slips: tuple[Slip, ...] = (), status: int = 200
) -> Response:
    story = await who.office.show(request_id)
    title, here = who.say.text("plan.title"), f"/requests/{request_id}/plan"
    if not who.office.may(Scope.PERSONAL_READ, story.entry.controller):
        return forbidden(who, Scope.PERSONAL_READ)
    reason = why(form) or text_of(form, "look", 2000)
    if not reason:
        return ask_why(who, title, here, back=request_id, slip=True)
    said = {"by": who.account, "reason": reason}
    change, plan, titles = None, None, titles_of(who, story)
    try:
        if story.entry.right in CHANGING:
            change = await who.office.change_plan(request_id, **said)
        else:
            plan = await who.office.plan(request_id, **said)
    except (UnknownRequest, NotAllowed):
        raise
    except BadInput:
        return staff_page("plan_none.html", who, 404, entry=story.entry)
    return staff_page(
        "plan.html",
        who,
        status,
        entry=story.entry,
        plan=plan,
        change=change,
        digest=(plan or change).digest,  # type: ignore[union-attr]  # one of the two is there
        titles=titles,
        told=await who.office.recipients(request_id),
        reason_of=reason_of,
        only=[titles.get(one, one) for one in story.request.categories],
        reason=reason,
        slips=slips,
        contested=text_of(form, "why_not"),
        chosen=form.getlist("correction"),
        **await _deciding(who, story, sent_of(form).seen),
    )


async def _deciding(who: Signed, story: Story, seen: int) -> dict[str, Any]:
    """Who approved already, and what whoever is at the page may do."""
    entry = story.entry
    stands = await who.office.approvals(entry.id)
    me, events = who.office.actor(who.account), await who.office.timeline(entry.id)
    others = since(who, events, seen) if seen else ()
    under_review = entry.stage is Stage.REVIEWING
    without = any(one.about == WITHOUT_COPY for one in story.possible)
    return {
        "approvals": stands,
        "others": others,
        "names": done_by(who, entry.controller, [*(one.actor for one in stands.given), *(one.actor for one in others)]),
        "mine": any(one.actor == me for one in stands.given),
        "may_approve": (under_review or without) and who.office.may(scope_of(ActKind.APPROVE), entry.controller),
        "without": without,
        "may_contest": any(one.kind == ActKind.CONTEST for one in story.possible)
        and who.office.may(scope_of(ActKind.CONTEST), entry.controller),
        "act_id": new_act_id(),
        "seen": events[-1].n if events else 0,
    }


async def _contest(who: Signed, request_id: str, form: FormData) -> Response:
    controller = (await who.office.show(request_id)).entry.controller
    if not who.office.may(scope_of(ActKind.CONTEST), controller):
        return forbidden(who, scope_of(ActKind.CONTEST))
    if sent_of(form).step == "edit":
        return await _look(who, request_id, form)
    numbers = tuple(int(one) for one in form.getlist("correction") if isinstance(one, str) and one.isdecimal())
    try:
        contest = asked_for(Contest, {"reason": text_of(form, "why_not"), "corrections": numbers or None})
        if not is_sure(who, await who.office.timeline(request_id), form):
            return await sure_page(who, form, _written(who, request_id, controller, contest))
        await who.office.carry_out(ActKind.CONTEST, request_id, contest, by=who.account, act_id=sent_of(form).act_id)
    except UnknownRequest:
        raise
    except ValidationError as error:
        slips = (one._replace(field=_FIELDS[one.field]) for one in slips_of(error, _controls(who), who.say))
        return await _look(who, request_id, form, tuple(slips), 422)
    except (BadInput, EngineUnavailable) as error:
        slip = slip_in(error, "", who.say)
        if isinstance(error, BadInput):
            slip = slip_of(error, ("correction", "why_not"), {"reason": "why_not"}, who.say)
        stale = isinstance(error, WrongStage)
        return await _look(
            who, request_id, form, (slip,), 409 if stale else 403 if isinstance(error, NotAllowed) else 422
        )
    return RedirectResponse(f"/requests/{request_id}?done={ActKind.CONTEST.value}", 303)


_FIELDS = {"corrections": "correction", "reason": "why_not"}
"""What the act calls a field -> what the page calls it."""


def _controls(who: Signed) -> tuple[Control, ...]:
    say = who.say
    return (
        Control("corrections", say.text("plan.contest_which"), "choice"),
        Control("reason", say.text("reasons.contest"), "area"),
    )


def _written(who: Signed, request_id: str, controller: str, contest: Contest) -> Written:
    which, why_not = (one.label for one in _controls(who))
    return Written(
        kind=ActKind.CONTEST,
        request_id=request_id,
        controller=controller,
        said=contest,
        lines=((which, ", ".join(map(str, contest.corrections))), (why_not, contest.reason)),
        to=f"/requests/{request_id}/contest",
        title=who.say.text("plan.contest"),
    )
