"""What staff's pages share: one of them in its reader's language, who did what, and what is said where nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from babel.numbers import format_decimal
from starlette.responses import HTMLResponse, Response

from activities.letters.wording import Words
from habeas.access import Scope
from habeas.errors import BadInput, UnknownRequest
from workers.desk.door import Signed
from workers.desk.forms import Sent
from workers.desk.guard import STAFFS_POLICY
from workers.desk.pages import page
from workers.desk.speech import LANGUAGES
from workers.office import Story, Told, read_reference

__all__ = [
    "done_by",
    "forbidden",
    "gone",
    "nothing",
    "reference_of",
    "saved",
    "since",
    "somebody_first",
    "staff_page",
    "titles_of",
]

_ENGINE = "engine"


def staff_page(template: str, who: Signed, status: int = 200, **values: Any) -> HTMLResponse:
    """One of staff's pages. Our own script may run there."""
    say = who.say
    shared = {"who": who, "say": say, "language": who.language, "languages": LANGUAGES}
    answer = page(template, status, **shared, decimal=partial(_decimal, say), **values)
    answer.headers["content-security-policy"] = STAFFS_POLICY
    return answer


def titles_of(who: Signed, story: Story) -> dict[str, str]:
    """Categories and purposes of a request's controller, as its policy calls them in the reader's language."""
    policy = who.office.policy(story.entry.controller)
    titles = {one.id: policy.text(one.title, who.language) for one in policy.categories}
    return titles | {one.id: policy.text(one.title, who.language) for one in policy.purposes}


def nothing(who: Signed, what: str, status: int = 404, *, written: str = "", **values: str) -> HTMLResponse:
    """That there is no such thing here, to the letter the same for what is another's; ``what`` names the words.

    Args:
        who: is at the page.
        what: is not there.
        status: of the answer.
        written: what they typed, to be given back.
        values: for the words.
    """
    who = replace(who, here=None)
    title, text = who.say.text(f"lost.{what}_title"), who.say.text(f"lost.{what}", **values)
    return staff_page("lost.html", who, status, title=title, text=text, written=written)


def forbidden(who: Signed, scope: Scope) -> HTMLResponse:
    """That an account may not do this, and what it takes."""
    return nothing(who, "forbidden", 403, scope=scope.value)


def gone(who: Signed) -> HTMLResponse:
    """That a request's data is gone."""
    return nothing(who, "gone", 410)


def reference_of(text: str) -> str:
    """A reference out of an address.

    Raises:
        UnknownRequest: it cannot be one.
    """
    try:
        return read_reference(text[:100])
    except BadInput:
        raise UnknownRequest from None


def saved(content: bytes, name: str) -> Response:
    """A file that came from outside, to be saved: whoever sent it may have sent anything, so no browser shows it."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/octet-stream", headers=headers)


def done_by(who: Signed, controller: str, actors: Sequence[str]) -> dict[str, str]:
    """What to call whoever did something: a colleague by their account, where the policy names it."""
    known = who.office.colleagues(controller) | {who.office.actor(who.account): who.account}
    named = {"subject": who.say.text("page.person"), "processor": who.say.text("page.processor")}
    return {
        actor: named.get(actor) or known.get(actor) or who.say.text("page.staff", id=actor[:6])
        for actor in actors
        if actor != _ENGINE
    }


def somebody_first(who: Signed, events: Sequence[Told], sent: Sent) -> tuple[Told, ...]:
    """What others did since the page was made that an act was sent from; nothing once that very act is done."""
    done = any(one.facts.get("act") == sent.act_id for one in events)
    return since(who, events, sent.seen) if sent.seen and not done else ()


def since(who: Signed, events: Sequence[Told], seen: int) -> tuple[Told, ...]:
    """What others did after a page was made: not the engine, and not whoever is at the page."""
    mine = {_ENGINE, who.office.actor(who.account)}
    return tuple(one for one in events if one.n > seen and one.actor not in mine)


def _decimal(say: Words, number: float) -> str:
    """A number with one digit after the decimal sign."""
    return format_decimal(number, format="#,##0.0", locale=say.locale)
