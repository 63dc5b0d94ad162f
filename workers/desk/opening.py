"""Opening a request from a form, which says at once what the law demands; then it is opened, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from habeas.access import Scope
from habeas.errors import BadInput, LedgerUnavailable, NotAllowed
from habeas.model import REMEDIES, Right
from workers.desk.door import Signed, Staff
from workers.desk.forms import Choice, Control, Slip, new_act_id, sent_of, slip_of, text_of, typed, unsure
from workers.desk.staff_page import forbidden, staff_page
from workers.office import CHANNELS, NewRequestInput
from workers.office.explained import explained, noted
from workers.office.foreseeing import Demands
from workers.office.intake import OLDEST

__all__ = ["opening_pages"]

_LINES = ("emails", "phones", "identifiers", "corrections", "purposes", "categories")
_FIRST = ("controller", "right", "jurisdiction", "emails", "phones", "identifiers", "channel", "received_at")
_MORE = (
    "name",
    "language",
    "corrections",
    "evidence",
    "purposes",
    "categories",
    "situation",
    "scope",
    "about",
    "note",
    "reason",
)
_FIELDS = {
    "email": "emails",
    "phone": "phones",
    "identifier": "identifiers",
    "correct": "corrections",
    "purpose": "purposes",
    "category": "categories",
    "regime": "jurisdiction",
}
"""What the office calls a field -> what the page calls it."""
_TWICE = timedelta(minutes=1)
_RIGHTS = (*(one for one in Right if one not in REMEDIES), *sorted(REMEDIES))


def opening_pages() -> APIRouter:
    """The routes of opening a request."""
    router = APIRouter()

    @router.get("/open")
    async def form(who: Staff) -> Response:
        if not who.office.reach(Scope.REQUESTS_OPEN):
            return forbidden(who, Scope.REQUESTS_OPEN)
        return _page(who, FormData())

    @router.post("/open")
    async def opened(who: Staff, request: Request) -> Response:
        """What the law demands; or, once that was seen, the request."""
        if not who.office.reach(Scope.REQUESTS_OPEN):
            return forbidden(who, Scope.REQUESTS_OPEN)
        form = await request.form()
        step = text_of(form, "step", 20)
        if step == "edit":
            return _page(who, form)
        try:
            asked = _asked(who, form)
            if step == "do":
                return await _open(who, asked)
            return _page(who, form, demands=await who.office.demands(asked))
        except LedgerUnavailable:
            return _page(who, form, (unsure(who.say),), 503)
        except BadInput as error:
            slip = slip_of(error, (*_FIRST, *_MORE), _FIELDS, who.say)
            return _page(who, form, (slip,), 403 if isinstance(error, NotAllowed) else 422)

    return router


def _asked(who: Signed, form: FormData) -> NewRequestInput:
    values: dict[str, Any] = {name: text_of(form, name) or None for name in (*_FIRST, *_MORE) if name not in _LINES}
    values |= {name: tuple(line.strip() for line in text_of(form, name).split("\n") if line.strip()) for name in _LINES}
    values["right"] = values["right"] or ""
    values["channel"] = values["channel"] or "email"
    values["reason"] = values["reason"] or "as the person asked"
    # The same form with other words is another request: what was changed is not answered with what was opened before.
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    return NewRequestInput(**values, opened_by=who.account, idempotency_key=f"{sent_of(form).act_id}/{digest}")


async def _open(who: Signed, asked: NewRequestInput) -> Response:
    opened = await who.office.open_request(asked)
    done = "opened" if opened.created or await _just_opened(who, opened.id) else "was_open"
    return RedirectResponse(f"/requests/{opened.id}?done={done if opened.started else 'not_started'}", 303)


async def _just_opened(who: Signed, request_id: str) -> bool:
    """Whether it is what a form that was sent twice opened the first time."""
    row = (await who.office.show(request_id)).request
    return row.opened_by == who.office.actor(who.account) and who.office.now() - row.opened_at < _TWICE


def _page(
    who: Signed, form: FormData, slips: tuple[Slip, ...] = (), status: int = 200, demands: Demands | None = None
) -> Response:
    controls = {one.name: one for one in _controls(who)}
    given = {"channel": "email"} | typed(form)
    notes = (demands.law_note, demands.right_note, demands.language_note) if demands else ()
    return staff_page(
        "open.html",
        who,
        status,
        first=[controls[name] for name in _FIRST],
        more=[controls[name] for name in _MORE],
        given=given,
        more_open=any(given.get(name) for name in _MORE) or any(one.field in _MORE for one in slips),
        slips=slips,
        demands=demands,
        explanation=explained(demands.explanation, who.language) if demands else (),
        notes=[noted(one, who.language) for one in notes if one],
        act_id=sent_of(form).act_id if form else new_act_id(),
    )


def _controls(who: Signed) -> Iterator[Control]:
    say, office = who.say, who.office
    mine = office.reach(Scope.REQUESTS_OPEN)

    def control(name: str, sort: Any = "text", **more: Any) -> Control:
        key = "others" if name == "identifiers" else name
        hint = say.text(f"opening.{key}_hint") if f"opening.{key}_hint" in say else ""
        return Control(name, say.text(f"opening.{key}"), sort, **{"required": False, "hint": hint, **more})

    names = tuple(Choice(one, office.policy(one).controller.name) for one in mine)
    yield control("controller", "select" if len(mine) > 1 else "hidden", required=len(mine) > 1, choices=names)
    rights = tuple(Choice(one.value, say.named("rights", one.value)) for one in _RIGHTS)
    yield control("right", "select", required=True, choices=rights)
    yield control("jurisdiction", most=10)
    for name in ("emails", "phones", "identifiers"):
        yield control(name, "area", lines=1 if name != "emails" else 2)
    channels = tuple(Choice(one, say.named("channels", one)) for one in CHANNELS)
    yield control("channel", "select", required=True, choices=channels)
    yield control("received_at", "date", days=(office.today() - OLDEST, office.today()))
    yield control("name", most=200)
    languages = sorted({one for name in mine for one in office.policy(name).controller.languages})
    yield control("language", "select", choices=(Choice("", "—"), *(Choice(one, one) for one in languages)))
    for name in ("corrections", "purposes", "categories"):
        yield control(name, "area", lines=2)
    for name in ("evidence", "situation", "note"):
        yield control(name, "area", lines=2)
    yield control(
        "scope",
        "select",
        choices=(
            Choice("", "—"),
            *(Choice(one, say.text(f"opening.scope_{one}")) for one in ("copy", "categories")),
        ),
    )
    yield control("about", most=40)
    yield control("reason", most=2000)
