"""Looks at personal data: nothing is shown before it is said why, and each look leaves a mark."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response

from habeas.access import Scope
from habeas.errors import UnknownRequest
from workers.desk.door import Signed
from workers.desk.forms import Slip, text_of
from workers.desk.staff_page import forbidden, nothing, reference_of, staff_page

__all__ = ["MOST_WHY", "ask_why", "ask_why_first", "why"]

MOST_WHY = 2000


def why(form: FormData) -> str:
    """Why somebody looks; empty where they did not say."""
    return text_of(form, "reason", MOST_WHY + 1)


def ask_why(
    who: Signed,
    title: str,
    to: str,
    *,
    back: str | None = None,
    slip: bool = False,
    label: str = "",
    button: str = "",
    hint: str = "",
    **more: Any,
) -> Response:
    """The page that asks why, before anything is shown.

    Args:
        who: is at the page.
        title: what is to be seen.
        to: where the answer goes.
        back: the request that it belongs to.
        slip: nothing was said.
        label: what is asked, where it is not why somebody looks.
        button: what is pressed, where nothing is shown.
        hint: what comes of it, where nothing is shown.
        more: for the template.
    """
    say = who.say
    asked = {
        "label": label or say.text("forms.why_look"),
        "button": button or say.text("forms.look"),
        "hint": hint or say.text("request.data_hint"),
    }
    slips = (Slip("reason", say.text("slips.missing", field=asked["label"])),) if slip else ()
    return staff_page(
        "why.html", who, 422 if slip else 200, title=title, to=to, back=back, slips=slips, **asked, **more
    )


async def ask_why_first(who: Signed, request_id: str, what: str) -> Response:
    """The page that asks why, for one of a request's pages with personal data.

    Args:
        who: is at the page.
        request_id: as it stands in the address.
        what: the page's path below the request's, and the group of its words.
    """
    try:
        entry = (await who.office.show(reference_of(request_id))).entry
    except UnknownRequest:
        return nothing(who, "request")
    if not who.office.may(Scope.PERSONAL_READ, entry.controller):
        return forbidden(who, Scope.PERSONAL_READ)
    return ask_why(who, who.say.text(f"{what}.title"), f"/requests/{entry.id}/{what}", back=entry.id)
