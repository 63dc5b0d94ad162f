"""The page on which a processor acknowledges an instruction and answers it. It works without JavaScript.

What a link's GET shows names nobody and changes nothing: mail scanners follow links. Only the button does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from activities.letters.wording import lookup
from habeas.errors import BadInput, EngineUnavailable, LinkRefused, MustStay, WrongStage
from habeas.model import COPIES
from workers.desk.answers import FILES_EACH, MOST_SINGLE, most_fields, possible, read_answer
from workers.desk.pages import asked_for, persons_page
from workers.desk.pages import words as page_words
from workers.desk.uploads import read_form
from workers.office import Office
from workers.office.processors import Instruction
from workers.office.task_words import is_find

PREFIX = "/p/"
NOT_THERE = 410
"""One status for every link that does not work, whatever the reason."""
AROUND = 256 * 1024
"""Bytes of a form besides its files."""
MOST_ANSWER = 201 * 1024 * 1024
"""Bytes of an answer, whatever a system's settings say: `max_file_mb` is 200 at most."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{30,100}")
_SLIPS = frozenset(
    {
        *("found", "held", "empty", "date", "file_type", "file_size", "outcome", "law", "until"),
        *("done_on", "done_by", "too_long", "form"),
    }
)


def processor_pages(office: Office) -> APIRouter:
    """The routes of the processors' pages."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/p/{token}")
    async def offer(request: Request, token: str) -> Response:
        """What it is about, a button, and nothing personal."""
        try:
            asked = await office.instruction(_checked(token))
        except LinkRefused as error:
            return _refused(request, error)
        return _page("processor.html", asked, token)

    @router.post("/p/{token}")
    async def receive(request: Request, token: str) -> Response:
        """They have it: whom it is about, and the form."""
        try:
            asked = await office.receive_instruction(_checked(token))
        except LinkRefused as error:
            return _refused(request, error)
        return _page("processor_task.html", asked, token, given={}, held=(), slip=None)

    @router.post("/p/{token}/answer")
    async def answer(request: Request, token: str) -> Response:
        try:
            # Before the body is read: nobody without a link sends us files.
            asked = await office.instruction(_checked(token))
            return await _answered(office, request, token, asked)
        except (LinkRefused, WrongStage) as error:
            return _refused(request, error if isinstance(error, LinkRefused) else LinkRefused(reason="used"))

    return router


async def _answered(office: Office, request: Request, token: str, asked: Instruction) -> Response:
    language, form = asked.instructed.language, FormData()
    try:
        most, files = asked.brief.max_file_bytes + AROUND, FILES_EACH * len(asked.brief.collections)
        form = await read_form(request, most, most_fields(asked.brief), files)
        said, words = await read_answer(form, asked, page_words(language)["processor_holds"])
        await office.answer_instruction(token, said, words)
    except MustStay:
        return _said(language, "processor_kept_title", "processor_kept", asked, 409)
    except EngineUnavailable:
        return _said(language, "later", "processor_later", asked, 503)
    except LinkRefused:
        raise
    except BadInput as error:
        slip = str(error.facts.get("field"))
        given = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        slip, status = slip if slip in _SLIPS else "form", 413 if slip == "file_size" else 422
        return _page("processor_task.html", asked, token, status, given=given, held=form.getlist("held"), slip=slip)
    finally:
        await form.close()
    return _said(language, "proven", "processor_done", asked)


def _checked(token: str) -> str:
    if not _TOKEN.fullmatch(token):
        raise LinkRefused(reason="unknown")
    return token


def _refused(request: Request, error: LinkRefused) -> Response:
    language = asked_for(request.headers.get("accept-language"))
    text = f"processor_{error.facts.get('reason', 'unknown')}"
    return persons_page("said.html", language, NOT_THERE, heading="link", text=text)


def _said(language: str, heading: str, text: str, asked: Instruction, status: int = 200) -> Response:
    return persons_page("said.html", language, status, heading=heading, text=text, reference=asked.reference)


def _page(template: str, asked: Instruction, token: str, status: int = 200, **more: Any) -> HTMLResponse:
    return persons_page(template, asked.instructed.language, status, asked=asked, token=token, **_shown(asked), **more)


def _shown(asked: Instruction) -> Mapping[str, Any]:
    """What the letter said, said here again in its own words, and what depends on the task."""
    language, brief = asked.instructed.language, asked.brief
    letter = lookup("activities.letters", language)
    what = "find_copy" if is_find(brief) and brief.right in COPIES else brief.phase.value

    def kind(name: str) -> str:
        named = letter.named("identifiers", name)
        return named[:1].upper() + named[1:]

    return {
        "what": letter.text(f"processor_notice.{what}"),
        "due": letter.date(asked.instructed.due_on),
        "who": [
            *([(kind("name"), brief.name)] if brief.name else []),
            *((kind(i.kind), i.value) for i in brief.identifiers),
        ],
        "restricted": letter.date(brief.restricted_since) if brief.restricted_since else "",
        "find": is_find(brief),
        "copy": brief.right in COPIES,
        "titles": {one.name: one.title or one.name for one in brief.collections},
        "possible": [fate.value for fate in possible(brief)] if not is_find(brief) else [],
        "single": brief.objects[:MOST_SINGLE] if len(brief.objects) > 1 else (),
        "megabytes": brief.max_file_bytes // 2**20,
    }
