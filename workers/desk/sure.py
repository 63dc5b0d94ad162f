"""An act that is said on a page of its own, shown with its effect and its letter before it is done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from starlette.datastructures import FormData
from starlette.responses import HTMLResponse

from habeas.acts import ActKind
from habeas.model import Frozen
from workers.desk.door import Signed
from workers.desk.forms import OWN, Slip, sent_of
from workers.desk.staff_page import done_by, since, somebody_first, staff_page
from workers.office import Told

__all__ = ["Written", "is_sure", "sure_page"]


class Written(NamedTuple):
    """An act as it was said on its page."""

    kind: ActKind
    request_id: str
    controller: str
    said: Frozen
    lines: Iterable[tuple[str, str]]
    """What was said, to be read again: its name and what it is."""
    to: str
    """Where it is sent to be done, and to be changed."""
    title: str
    files: str = ""
    """What a field for files is called, where some may come with it."""


def is_sure(who: Signed, events: Sequence[Told], form: FormData) -> bool:
    """Whether a form says that what it shows is to be done, and nobody did anything since it was made."""
    sent = sent_of(form)
    return sent.step == "do" and not somebody_first(who, events, sent)


async def sure_page(
    who: Signed, form: FormData, written: Written, slips: Sequence[Slip] = (), status: int | None = None
) -> HTMLResponse:
    """What the act would do; done from here, or changed. What was typed travels along.

    Raises:
        As `Previewing.preview`.
    """
    preview = await who.office.preview(written.kind, written.request_id, written.said, by=who.account)
    events, sent = await who.office.timeline(written.request_id), sent_of(form)
    others = since(who, events, sent.seen) if sent.seen else ()
    say = who.say
    return staff_page(
        "sure.html",
        who,
        status or (409 if others and sent.step == "do" else 200),
        preview=preview,
        title=written.title,
        does=say.text(f"acts.{written.kind.value}.does"),
        reference=written.request_id,
        written=[(name, value) for name, value in written.lines if value],
        to=written.to,
        files=written.files,
        given=[(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in OWN],
        others=others,
        names=done_by(who, written.controller, [one.actor for one in others]),
        slips=slips,
        act_id=sent.act_id,
        seen=events[-1].n if events else 0,
    )
