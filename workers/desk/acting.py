"""Acts as forms: what is possible now, filled in, shown with its effect and its letter, and then done, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from habeas.access import Scope, scope_of
from habeas.acts import ActKind
from habeas.errors import BadInput, EngineUnavailable, NotAllowed, UnknownRequest, WrongCode, WrongStage
from habeas.model import CHANGING, COPIES, Frozen, Right
from workers.desk.act_forms import ELSEWHERE, FIELDS, ActForm, act_form, said_of
from workers.desk.door import Signed, Staff
from workers.desk.forms import Slip, new_act_id, sent_of, slip_in, slip_of, slips_of, text_of, typed
from workers.desk.staff_page import (
    done_by,
    forbidden,
    nothing,
    reference_of,
    since,
    somebody_first,
    staff_page,
    titles_of,
)
from workers.office import Story, Told
from workers.office.asked import ASKED
from workers.office.previewing import Preview
from workers.office.story import OtherKind, PossibleAct

__all__ = ["Offer", "acting_pages", "new_act_id", "offers"]

_PLANNED = frozenset({Right.ERASURE, *CHANGING})
_SCOPES: Mapping[OtherKind, Scope] = {
    OtherKind.MESSAGES: Scope.PERSONAL_READ,
    OtherKind.LETTER_READ: Scope.PERSONAL_READ,
    OtherKind.LETTER_HANDED: Scope.TASKS_WORK,
    OtherKind.DOWNLOAD: Scope.PERSONAL_READ,
}
"""What is offered here besides acts, and what it takes."""


class Offer(NamedTuple):
    """One thing that can be done now: a form, or a page where it is done."""

    title: str
    form: ActForm | None = None
    link: str | None = None
    send_to: str | None = None
    """Where a form that only asks why is sent to."""
    id: str = ""
    does: str = ""


def offers(who: Signed, story: Story) -> tuple[Offer, ...]:
    """What whoever is at the page may do now, each once."""
    found: dict[str, Offer] = {}
    for one in story.possible:
        scope = scope_of(one.kind) if isinstance(one.kind, ActKind) else _SCOPES[one.kind]
        if who.office.may(scope, story.entry.controller):
            offer = _offer(who, story, one)
            at = offer.link or offer.id
            # Where more than one act leads to a page, it is called by the one that decides.
            found[at] = offer if one.kind == ActKind.APPROVE else found.get(at, offer)
    return tuple(found.values())


def _offer(who: Signed, story: Story, one: PossibleAct) -> Offer:
    say, here = who.say, f"/requests/{story.entry.id}"
    if one.kind is OtherKind.MESSAGES:
        return Offer(say.text("request.see_messages"), link=f"{here}/messages")
    if isinstance(one.kind, OtherKind):
        letter = next((row.kind for row in story.letters if row.id == one.about), "")
        title = say.text(f"acts.{one.kind}.title", letter=letter.replace("_", " "))
        letter_at = f"/letters/{one.about}/{one.kind.removeprefix('letter_')}"
        to = f"{here}/package" if one.kind is OtherKind.DOWNLOAD else letter_at
        return Offer(title, send_to=to, id=f"{one.kind}-{one.about or ''}", does=say.text(f"acts.{one.kind}.does"))
    kind = one.kind
    if kind is ActKind.FINISH_TASK:
        return Offer(say.text("acts.finish_task.title", task=one.about), link=f"/tasks/{one.about}")
    if kind is ActKind.DECIDE_MATCH:
        return Offer(say.text("acts.decide_match.title"), link=f"{here}/match")
    if kind is ActKind.CONTEST or (kind is ActKind.APPROVE and story.entry.right in _PLANNED):
        return Offer(say.text("acts.approve.title"), link=f"{here}/plan")
    if kind in {ActKind.REDACT, ActKind.UNREDACT}:
        return Offer(say.text("request.see_review"), link=f"{here}/review")
    if kind is ActKind.APPROVE and story.entry.right in COPIES:
        return Offer(say.text("request.approve_copy"), link=f"{here}/review")
    form = act_form(kind, story, who.office.policy(story.entry.controller), say, one.about)
    return Offer(form.title, form=form, id=form.id, does=form.does)


def acting_pages() -> APIRouter:
    """The routes of acts on a request."""
    router = APIRouter()

    @router.get("/requests/{request_id}/acts/{kind}")
    async def form(who: Staff, request_id: str, kind: ActKind, about: str | None = None) -> Response:
        """The form alone."""
        try:
            page = await _Page.of(who, request_id, kind, FormData({"system": about or ""}))
        except UnknownRequest:
            return nothing(who, "request")
        return page.asked(new=True) if page.allowed else forbidden(who, scope_of(kind))

    @router.post("/requests/{request_id}/acts/{kind}")
    async def act(who: Staff, request: Request, request_id: str, kind: ActKind) -> Response:
        """Shown before it is done, or done."""
        try:
            page = await _Page.of(who, request_id, kind, await request.form())
        except UnknownRequest:
            return nothing(who, "request")
        return await page.answer()

    return router


class _Page:
    """One act on its way from a form to the request."""

    def __init__(self, who: Signed, story: Story, events: Sequence[Told], act: ActForm, form: FormData) -> None:
        self._who = who
        self._story = story
        self._events = events
        self._act = act
        self._form = form
        self._sent = sent_of(form)
        self._others = since(who, events, self._sent.seen) if self._sent.seen else ()

    @classmethod
    async def of(cls, who: Signed, request_id: str, kind: ActKind, form: FormData) -> _Page:
        """The page of an act.

        Raises:
            UnknownRequest: there is no such request.
        """
        if kind not in ASKED or kind in ELSEWHERE:
            raise HTTPException(404)
        reference = reference_of(request_id)
        story, events = await who.office.show(reference), await who.office.timeline(reference)
        about = text_of(form, "system", 80) or None
        policy = who.office.policy(story.entry.controller)
        return cls(who, story, events, act_form(kind, story, policy, who.say, about), form)

    @property
    def allowed(self) -> bool:
        """Whether whoever is at the page may do this."""
        return self._who.office.may(scope_of(self._act.kind), self._story.entry.controller)

    async def answer(self) -> Response:
        """To what was sent."""
        kind, say = self._act.kind, self._who.say
        if not self.allowed:
            return self.asked([Slip("", say.text("lost.forbidden", scope=scope_of(kind).value))], 403)
        if self._sent.step == "edit":
            return self.asked()
        try:
            said = said_of(kind, self._form)
            if self._sent.step == "do" or kind is ActKind.PROVE:
                return await self._do(said)
            return self._previewed(await self._preview(said))
        except ValidationError as error:
            return self.asked(slips_of(error, self._act.controls, say), 422)
        except EngineUnavailable:
            return self._show(503, unsure=True)
        except UnknownRequest:
            raise
        except WrongStage as error:
            return self._show(409, passed=slip_in(error, "", say))
        except BadInput as error:
            return self._refused(error)

    async def _preview(self, said: Frozen) -> Preview:
        return await self._who.office.preview(self._act.kind, self._story.entry.id, said, by=self._who.account)

    async def _do(self, said: Frozen) -> Response:
        request_id, kind = self._story.entry.id, self._act.kind
        if somebody_first(self._who, self._events, self._sent) and kind is not ActKind.PROVE:
            # Somebody was here first: what they did is looked at before anything is done on top of it.
            return self._previewed(await self._preview(said), 409)
        answer = await self._who.office.carry_out(
            kind, request_id, said, by=self._who.account, act_id=self._sent.act_id
        )
        done = "void" if answer.note == "void" else kind.value
        return RedirectResponse(f"/requests/{request_id}?done={done}", 303)

    def _refused(self, error: BadInput) -> Response:
        say = self._who.say
        if isinstance(error, WrongCode):
            left = error.facts.get("tries_left")
            text = say.text("slips.code", left=left) if left else say.text("slips.code_over")
            return self.asked([Slip("code", text)], 422)
        if error.facts.get("field") == "act_id":
            return self._show(409, passed=Slip("", say.text("forms.twice_hint")))
        if error.facts.get("field") == "plan":
            return self._show(409, passed=Slip("", say.text("slips.plan")))
        names = FIELDS | ({"expected_on": "reply_by", "reason": "question"} if self._act.kind is ActKind.ASK else {})
        slip = slip_of(error, [one.name for one in self._act.controls], names, say)
        return self.asked([slip], 403 if isinstance(error, NotAllowed) else 422)

    def _previewed(self, preview: Preview, status: int = 200) -> Response:
        return self._show(status, preview=preview)

    def asked(self, slips: Iterable[Slip] = (), status: int = 200, *, new: bool = False) -> Response:
        """The form, with what was typed."""
        seen = self._newest if new else self._sent.seen
        return self._show(status, slips=tuple(slips), seen=seen, editing=True)

    @property
    def _newest(self) -> int:
        return self._events[-1].n if self._events else 0

    def _show(self, status: int, **more: Any) -> Response:
        shown: dict[str, Any] = {
            "slips": (),
            "preview": None,
            "passed": None,
            "unsure": False,
            "editing": False,
            "seen": self._newest,
            **more,
        }
        return staff_page(
            "act.html",
            self._who,
            status,
            entry=self._story.entry,
            act=self._act,
            given=typed(self._form),
            titles=titles_of(self._who, self._story),
            act_id=self._sent.act_id,
            others=self._others,
            names=done_by(self._who, self._story.entry.controller, [one.actor for one in self._others]),
            **shown,
        )
