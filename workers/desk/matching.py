"""Records that may be the person's, side by side; decided one by one."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from habeas.access import Scope, scope_of
from habeas.acts import ActKind
from habeas.errors import BadInput, EngineUnavailable, KeyDestroyed, NotAllowed, UnknownRequest, WrongStage
from workers.desk.door import Signed, Staff
from workers.desk.forms import Control, Slip, asked_for, new_act_id, sent_of, slip_in, slips_of, text_of, unsure
from workers.desk.looking import ask_why, ask_why_first, why
from workers.desk.staff_page import done_by, forbidden, gone, nothing, reference_of, since, staff_page
from workers.desk.sure import Written, is_sure, sure_page
from workers.office.asked import Match

__all__ = ["matching_pages"]

_RECORD = "record."


def matching_pages() -> APIRouter:
    """The routes of the match."""
    router = APIRouter()

    @router.get("/requests/{request_id}/match")
    async def ask(who: Staff, request_id: str) -> Response:
        """Why somebody looks."""
        return await ask_why_first(who, request_id, "match")

    @router.post("/requests/{request_id}/match")
    async def look(who: Staff, request: Request, request_id: str) -> Response:
        """The records, for who said why; or what was decided of them."""
        try:
            reference, form = reference_of(request_id), await request.form()
            step = text_of(form, "step", 20)
            if step in {"decide", "do"}:
                return await _decided(who, reference, form)
            return await _look(who, reference, form, again=step == "edit")
        except UnknownRequest:
            return nothing(who, "request")
        except KeyDestroyed:
            return gone(who)

    return router


async def _look(
    who: Signed,
    request_id: str,
    form: FormData,
    slips: tuple[Slip, ...] = (),
    status: int = 200,
    *,
    again: bool = False,
) -> Response:
    story = await who.office.show(request_id)
    entry = story.entry
    if not who.office.may(Scope.PERSONAL_READ, entry.controller):
        return forbidden(who, Scope.PERSONAL_READ)
    reason = text_of(form, "look", 2000) or why(form)
    if not reason:
        return ask_why(who, who.say.text("match.title"), f"/requests/{request_id}/match", back=request_id, slip=True)
    found = await who.office.candidates(request_id, by=who.account, reason=reason)
    events = await who.office.timeline(request_id)
    before = sent_of(form).seen
    others = since(who, events, before) if before else ()
    decides = any(one.kind == ActKind.DECIDE_MATCH for one in story.possible)
    return staff_page(
        "match.html",
        who,
        status,
        entry=entry,
        asker=found,
        records={one.handle: one for one in found.records},
        doubts=found.doubts,
        doubted={handle for doubt in found.doubts for side in doubt.sides for handle in side},
        may_decide=decides and who.office.may(scope_of(ActKind.DECIDE_MATCH), entry.controller),
        reason=reason,
        why_so=text_of(form, "reason") if slips or again else "",
        given={name: value for name, value in form.multi_items() if name.startswith(_RECORD)},
        slips=slips,
        others=others,
        names=done_by(who, entry.controller, [one.actor for one in others]),
        act_id=new_act_id(),
        seen=events[-1].n if events else 0,
    )


async def _decided(who: Signed, request_id: str, form: FormData) -> Response:
    said = {
        name.removeprefix(_RECORD): value == "yes"
        for name, value in form.multi_items()
        if name.startswith(_RECORD) and value in {"yes", "no"}
    }
    entry = (await who.office.show(request_id)).entry
    if not who.office.may(scope_of(ActKind.DECIDE_MATCH), entry.controller):
        return forbidden(who, scope_of(ActKind.DECIDE_MATCH))
    if not said:
        return await _look(who, request_id, form, (Slip("records", who.say.text("match.one")),), 422)
    try:
        match = asked_for(Match, {"reason": text_of(form, "reason"), "records": said})
        if not is_sure(who, await who.office.timeline(request_id), form):
            return await sure_page(who, form, _written(who, request_id, entry.controller, match))
        await who.office.carry_out(ActKind.DECIDE_MATCH, request_id, match, by=who.account, act_id=sent_of(form).act_id)
    except UnknownRequest:
        raise
    except ValidationError as error:
        return await _look(who, request_id, form, slips_of(error, (_why(who),), who.say), 422)
    except EngineUnavailable:
        return await _look(who, request_id, form, (unsure(who.say),), 503)
    except BadInput as error:
        status = 409 if isinstance(error, WrongStage) else 403 if isinstance(error, NotAllowed) else 422
        field = "reason" if error.facts.get("field") == "reason" else "records"
        return await _look(who, request_id, form, (slip_in(error, field, who.say),), status)
    return RedirectResponse(f"/requests/{request_id}?done={ActKind.DECIDE_MATCH.value}", 303)


def _why(who: Signed) -> Control:
    return Control("reason", who.say.text("fields.reason"), "area")


def _written(who: Signed, request_id: str, controller: str, match: Match) -> Written:
    say = who.say
    ruled = ((handle, say.text("match.yes" if theirs else "match.no")) for handle, theirs in match.records.items())
    return Written(
        kind=ActKind.DECIDE_MATCH,
        request_id=request_id,
        controller=controller,
        said=match,
        lines=(*ruled, (say.text("fields.reason"), match.reason)),
        to=f"/requests/{request_id}/match",
        title=say.text("acts.decide_match.title"),
    )
