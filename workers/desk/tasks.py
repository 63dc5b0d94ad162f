"""What staff do by hand: the list of tasks, one task and whom it is about, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from activities.ledger import TaskFilter, TaskState
from activities.letters.wording import Words
from activities.task_model import FATES, TaskBrief
from habeas.access import Scope
from habeas.acts import ActKind
from habeas.errors import BadInput, EngineUnavailable, KeyDestroyed, NotAllowed, UnknownRequest, WrongStage
from habeas.outcomes import Fate
from workers.desk.door import Signed, Staff
from workers.desk.forms import Slip, new_act_id, sent_of, slip_of, text_of, typed, unsure
from workers.desk.looking import ask_why, why
from workers.desk.staff_page import done_by, forbidden, gone, nothing, reference_of, since, staff_page
from workers.desk.sure import Written, is_sure, sure_page
from workers.desk.uploads import TooLarge, found_files
from workers.office import Said
from workers.office.effects import Finish
from workers.office.intake import words
from workers.office.task_words import is_find

__all__ = ["task_pages"]

ROWS = 8
"""Fields of a record that the page has lines for; a longer record is sent as a file."""
MOST_SINGLE = 200
"""Objects that can be answered one by one on the page; of more, all are answered together."""
_WHICH = ("open", "mine", "all")
_FIELDS = {
    "record": "rows",
    "file": "files",
    "file_type": "files",
    "file_size": "files",
    "date": "day",
    "nothing": "found",
    "act_id": "",
}


def task_pages() -> APIRouter:
    """The routes of tasks."""
    router = APIRouter()

    @router.get("/tasks")
    async def tasks(who: Staff, which: str = "open") -> Response:
        """The list. It names nobody."""
        chosen = which if which in _WHICH else "open"
        wanted = TaskFilter(
            state=None if chosen == "all" else TaskState.OPEN,
            mine=who.office.actor(who.account) if chosen == "mine" else None,
        )
        return staff_page("tasks.html", who, entries=await who.office.tasks(wanted), chosen=chosen, which=_WHICH)

    @router.get("/tasks/{task_id}")
    async def ask(who: Staff, task_id: str) -> Response:
        """Why somebody looks."""
        if not who.office.reach(Scope.TASKS_WORK):
            return forbidden(who, Scope.TASKS_WORK)
        return ask_why(who, who.say.text("tasks.look"), f"/tasks/{task_id}")

    @router.post("/tasks/{task_id}")
    async def look(who: Staff, request: Request, task_id: str) -> Response:
        """The task, and whom it is about, for who said why."""
        return await _kept(who, _look(who, task_id, await request.form()))

    @router.post("/tasks/{task_id}/done")
    async def done(who: Staff, request: Request, task_id: str) -> Response:
        """What came of it."""
        return await _kept(who, _done(who, task_id, await request.form()))

    return router


async def _kept(who: Signed, answer: Any) -> Response:
    """The answer, or why there is none."""
    try:
        response: Response = await answer
    except KeyDestroyed:
        return gone(who)
    except NotAllowed:
        return forbidden(who, Scope.TASKS_WORK)
    except BadInput:
        return nothing(who, "task")
    return response


async def _look(
    who: Signed, task_id: str, form: FormData, slips: tuple[Slip, ...] = (), status: int = 200, *, again: bool = False
) -> Response:
    if not who.office.reach(Scope.TASKS_WORK):
        return forbidden(who, Scope.TASKS_WORK)
    reason = text_of(form, "look", 2000) or why(form)
    if not reason:
        return ask_why(who, who.say.text("tasks.look"), f"/tasks/{task_id}", slip=True)
    shown = await who.office.task(task_id[:80].lower(), by=who.account, reason=reason)
    entry, brief = shown.entry, shown.brief
    sent, events = sent_of(form), await who.office.timeline(entry.request_id)
    others = since(who, events, sent.seen) if sent.seen else ()
    return staff_page(
        "task.html",
        who,
        status,
        task=shown,
        entry=entry,
        brief=brief,
        find=is_find(brief),
        fates=_fates(brief),
        single=brief.objects[:MOST_SINGLE] if len(brief.objects) > 1 else (),
        rows=range(ROWS),
        megabytes=brief.max_file_bytes // 2**20,
        reason=reason,
        given=typed(form) if slips or again else {},
        slips=slips,
        may_finish=entry.state is TaskState.OPEN and who.office.may(Scope.TASKS_WORK, entry.controller),
        act_id=sent.act_id if slips or again else new_act_id(),
        others=others,
        names=done_by(who, entry.controller, [one.actor for one in others]),
        seen=events[-1].n if events else 0,
    )


def _fates(brief: TaskBrief) -> tuple[Fate, ...]:
    """What may be said of an object."""
    possible = FATES[brief.phase]
    return (*possible, Fate.RETAINED) if brief.keeps and Fate.ERASED in possible else possible


async def _done(who: Signed, task_id: str, form: FormData) -> Response:
    task_id = task_id[:80].lower()
    if not who.office.reach(Scope.TASKS_WORK):
        return forbidden(who, Scope.TASKS_WORK)
    if sent_of(form).step == "edit":
        return await _look(who, task_id, form, again=True)
    # A task's name begins with its request's reference.
    request_id = reference_of(task_id.rpartition("-")[0])
    slips: tuple[Slip, ...] = ()
    try:
        said = await _said(form)
    except BadInput as error:
        if sent_of(form).step != "do":
            return await _slipped(who, task_id, form, error)
        # What was typed was seen before: files are chosen anew where they are asked for.
        said, slips = _typed(form), (slip_of(error, ("files",), _FIELDS, who.say),)
    finish = Finish.model_construct(task=task_id, reason=text_of(form, "reason", 2001), said=said)
    try:
        if slips or not is_sure(who, await who.office.timeline(request_id), form):
            return await _sure(who, request_id, form, finish, slips)
        await who.office.finish_task(
            task_id, by=who.account, reason=finish.reason, said=said, act_id=sent_of(form).act_id
        )
    except UnknownRequest:
        raise
    except EngineUnavailable:
        return await _look(who, task_id, form, (unsure(who.say),), 503)
    except BadInput as error:
        return await _slipped(who, task_id, form, error)
    return RedirectResponse(f"/requests/{request_id}?done={ActKind.FINISH_TASK.value}", 303)


async def _slipped(who: Signed, task_id: str, form: FormData, error: BadInput) -> Response:
    status = 413 if isinstance(error, TooLarge) else 409 if isinstance(error, WrongStage) else 422
    fields = ("rows", "files", "day", "found", "collection", "outcome", "reason")
    return await _look(who, task_id, form, (slip_of(error, fields, _FIELDS, who.say),), status)


async def _sure(who: Signed, request_id: str, form: FormData, finish: Finish, slips: tuple[Slip, ...]) -> Response:
    """What the answer would mean; files are sent with it and not before, for no page gives them back."""
    reason = words("reason", finish.reason)
    say, find = who.say, form.get("found") is not None
    follow = find and not finish.said.nothing
    said = finish.said.model_copy(update={"files": ()})
    written = Written(
        kind=ActKind.FINISH_TASK,
        request_id=request_id,
        controller=(await who.office.show(request_id)).entry.controller,
        said=Finish.model_construct(task=finish.task, reason=reason, said=said, files_follow=follow),
        lines=(*_lines(say, form), (say.text("tasks.how_done"), reason)),
        to=f"/tasks/{finish.task}/done",
        title=say.text("tasks.answer"),
        files=say.text("tasks.files") if follow else "",
    )
    return await sure_page(who, form, written, slips, 422 if slips else None)


def _lines(say: Words, form: FormData) -> Iterator[tuple[str, str]]:
    given = typed(form)
    if found := given.get("found"):
        yield (
            say.text("tasks.found"),
            say.text("tasks.found_nothing" if found == "nothing" else "tasks.found_something"),
        )
    for name in ("collection", "day"):
        yield say.text(f"tasks.{name}"), given.get(name, "")
    yield from _rows(form)
    for name, fate in given.items():
        if name.startswith("outcome.") and fate:
            handle = name.removeprefix("outcome.")
            kept = ", ".join(filter(None, (given.get(f"law.{handle}"), given.get(f"until.{handle}"))))
            became = say.named("fates", fate) + (f" ({kept})" if kept and fate == Fate.RETAINED else "")
            yield say.text("tasks.outcome") if handle == "all" else f"{handle}.", became


async def _said(form: FormData) -> Said:
    return _typed(form).model_copy(update={"files": await found_files(form, "files", MOST_FILE)})


def _typed(form: FormData) -> Said:
    found: dict[str, list[str]] = {}
    for name, value in _rows(form):
        found.setdefault(name, []).append(value)
    data = {name: values if len(values) > 1 else values[0] for name, values in found.items()}
    return Said(
        nothing=form.get("found") == "nothing",
        records=(json.dumps({"data": data}, ensure_ascii=False),) if data else (),
        collection=text_of(form, "collection", 80) or None,
        day=text_of(form, "day", 20) or None,
        outcomes=tuple(_outcomes(form)),
    )


MOST_FILE = 200 * 1024 * 1024
"""Bytes; the system's own bound, which is closer, is the office's to hold."""


def _rows(form: FormData) -> Iterator[tuple[str, str]]:
    for number in range(ROWS):
        name, value = text_of(form, f"name.{number}", 200), text_of(form, f"value.{number}")
        if name or value:
            yield name or f"field_{number + 1}", value


def _outcomes(form: FormData) -> Iterator[str]:
    given = typed(form)
    for name, fate in given.items():
        if not name.startswith("outcome.") or not fate:
            continue
        handle = name.removeprefix("outcome.")
        said = _retained(given, handle) if fate == Fate.RETAINED else fate
        yield said if handle == "all" else f"{handle}={said}"


def _retained(given: Mapping[str, str], handle: str) -> str:
    return f"retained until {given.get(f'until.{handle}', '')} by {given.get(f'law.{handle}', '')}"
