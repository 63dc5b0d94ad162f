"""The page on which a copy is reviewed before it is released. It works without JavaScript.

What the GET shows names nobody: whoever looks says why first, and each look leaves a mark. So every step is a form,
and why, where one looks and what was typed travel in forms, never in an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, Response

from activities.letters.wording import Words, lookup
from activities.storage import StorageMissing
from habeas.access import Scope
from habeas.acts import ActKind
from habeas.errors import BadInput, KeyDestroyed, NotAllowed, UnknownRequest
from habeas.model import Stage
from habeas.others import MarkKind
from workers.desk.acting import new_act_id
from workers.desk.door import Signed, Staff
from workers.desk.forms import Slip, sent_of, slip_in
from workers.desk.staff_page import done_by, forbidden, nothing, reference_of, saved, since, staff_page
from workers.desk.sure import Written, is_sure, sure_page
from workers.office import CollectedPage, RedactionAsked
from workers.office.asked import Because
from workers.office.collected import ShownValue
from workers.office.effects import PutBack, TakeOut
from workers.office.grounds import stated
from workers.office.intake import words

__all__ = ["Piece", "pieces", "review_pages"]

PER_PAGE = 20
MOST_DIGITS = 7
"""Of an attachment's number."""
_ACTS = frozenset({"look", "redact", "unredact"})
"""What is done on this page. Its approval is previewed, and done, as any other act is (see `workers.desk.acting`)."""


@dataclass(frozen=True)
class Piece:
    """A part of a text: as it is, marked as being about somebody else perhaps, or taken out."""

    text: str
    kind: MarkKind | None = None
    taken: bool = False


@dataclass(frozen=True)
class Sent:
    """What came with a form."""

    act: str
    fields: Mapping[str, str]

    def get(self, name: str) -> str | None:
        """What was typed; None for nothing."""
        return self.fields.get(name) or None


def review_pages() -> APIRouter:
    """The routes of the review."""
    router = APIRouter()

    @router.get("/requests/{request_id}/review")
    async def ask_why(who: Staff, request_id: str) -> Response:
        try:
            reference = reference_of(request_id)
            who.office.demand(Scope.PERSONAL_READ, (await who.office.show(reference)).entry.controller)
        except NotAllowed:
            return forbidden(who, Scope.PERSONAL_READ)
        except BadInput:
            return nothing(who, "copy")
        return _page(who, "review_why.html", reference)

    @router.post("/requests/{request_id}/review")
    async def review(request: Request, who: Staff, request_id: str) -> Response:
        form = await request.form()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        sent = Sent(fields.get("act", "look"), fields)
        try:
            reference = reference_of(request_id)
            answer = await _carry_out(who, reference, sent, form)
            if isinstance(answer, Response):
                return answer
            slip, done = answer
            shown = await who.office.collected(
                reference,
                by=who.account,
                reason=sent.get("why") or "",
                system=sent.get("system"),
                cursor=sent.get("after"),
                limit=PER_PAGE,
            )
        except NotAllowed:
            return forbidden(who, Scope.PERSONAL_READ)
        except (UnknownRequest, KeyDestroyed, StorageMissing):
            return nothing(who, "copy")
        except BadInput as error:
            return _page(who, "review_why.html", request_id, 400, slip=slip_in(error, "", who.say))
        controller, events = (await who.office.show(reference)).entry.controller, await who.office.timeline(reference)
        others = since(who, events, before) if (before := sent_of(form).seen) else ()
        return _page(
            who,
            "review.html",
            reference,
            400 if slip else 200,
            shown=shown,
            sent=sent,
            slip=slip,
            done=done,
            may=_may(who, controller, shown),
            system=sent.get("system"),
            again=bool(slip) or sent_of(form).step == "edit",
            others=others,
            names=done_by(who, controller, [one.actor for one in others]),
            seen=events[-1].n if events else 0,
        )

    @router.post("/requests/{request_id}/review/file")
    async def attachment(request: Request, who: Staff, request_id: str) -> Response:
        form = await request.form()
        said = {name: str(form.get(name) or "") for name in ("why", "object", "file")}
        number = int(said["file"]) if said["file"].isdecimal() and len(said["file"]) < MOST_DIGITS else 0
        try:
            found = await who.office.collected_file(
                reference_of(request_id), by=who.account, reason=said["why"], record=said["object"], file=number
            )
        except NotAllowed:
            return forbidden(who, Scope.PERSONAL_READ)
        except (BadInput, KeyDestroyed, StorageMissing):
            return nothing(who, "copy")
        return saved(found.content, found.name)

    return router


def _may(who: Signed, controller: str, shown: CollectedPage) -> frozenset[str]:
    """The acts that are possible here and now for who is at the page."""
    if shown.stage is not Stage.REVIEWING:
        return frozenset()
    scopes = {"redact": Scope.REQUESTS_DECIDE, "approve": Scope.REQUESTS_APPROVE}
    return frozenset(act for act, scope in scopes.items() if who.office.may(scope, controller))


async def _carry_out(
    who: Signed, reference: str, sent: Sent, form: FormData
) -> Response | tuple[Slip | None, str | None]:
    """Show what the form would do, or do it; what was wrong with it, or the name of what is said once it is done."""
    if sent.act not in _ACTS:
        raise BadInput("act: there is no such act.", field="act")
    if sent.act == "look" or sent_of(form).step == "edit":
        return None, None
    try:
        written = await _written(who, reference, sent)
        if not is_sure(who, await who.office.timeline(reference), form):
            return await sure_page(who, form, written)
        said: dict[str, Any] = {"by": who.account, "reason": sent.get("reason") or "", "act_id": sent.get("act_id")}
        if isinstance(written.said, TakeOut):
            await who.office.redact(reference, ground=written.said.ground, asked=written.said.asked, **said)
        else:
            await who.office.unredact(reference, redaction=sent.get("redaction") or "", **said)
    except (UnknownRequest, KeyDestroyed, StorageMissing):
        raise
    except BadInput as error:
        return slip_in(error, "", who.say), None
    return None, f"done_{sent.act}"


async def _written(who: Signed, reference: str, sent: Sent) -> Written:
    """What is to be taken out or put back, as somebody reads it once more.

    Raises:
        BadInput: the form does not say what, or why.
    """
    say, reason = who.say, words("reason", sent.get("reason") or "")
    lines: tuple[tuple[str, str], ...] = ((say.text("review.why_back"), reason),)
    said: Because = PutBack.model_construct(reason=reason, redaction=(sent.get("redaction") or "")[:36])
    if sent.act == "redact":
        asked, ground = _asked(sent), (sent.get("ground") or "")[:60]
        # As it was typed: what of it cannot be is said by the office.
        said = TakeOut.model_construct(reason=reason, ground=ground, asked=asked)
        lines = (
            (say.text("review.choose"), _told(say, asked)),
            (say.text("review.passage"), asked.text or ""),
            (say.text("review.ground"), _titles(who)(ground)),
            (say.text("fields.stated"), asked.stated.what if asked.stated else ""),
            (say.text("fields.stated_on"), str(asked.stated.on or "") if asked.stated else ""),
            (say.text("review.reason"), reason),
        )
    return Written(
        kind=ActKind.REDACT if sent.act == "redact" else ActKind.UNREDACT,
        request_id=reference,
        controller=(await who.office.show(reference)).entry.controller,
        said=said,
        lines=lines,
        to=f"/requests/{reference}/review",
        title=say.text("review.do_take_out" if sent.act == "redact" else "review.put_back"),
    )


def _told(say: Words, asked: RedactionAsked) -> str:
    if asked.object is None:
        return say.text("review.wherever")
    if asked.file is not None:
        return say.text("review.file", n=asked.file)
    if asked.field is None:
        return f"{say.text('review.whole')} {asked.object}"
    field = asked.field.replace("/", "", 1).replace("/", " › ")
    return field if asked.text else say.text("review.whole_field", field=field)


def _asked(sent: Sent) -> RedactionAsked:
    """What a form means: ``object``, ``field:/path``, ``passage:start:end:/path``, ``file:number``, or everywhere.

    A passage may say after another colon what it is; its path is quoted then, as in an address.

    Raises:
        BadInput: it is none of these.
    """
    what, _, rest = (sent.get("what") or "").partition(":")
    text = _lines(sent.get("text"))
    said = stated(sent.get("stated"), sent.get("stated_on"))
    parts: dict[str, Any] = {"object": sent.get("object"), "text": text, "stated": said}
    if what == "field":
        parts["field"] = rest
    elif what == "passage":
        start, end, path, passage = [*rest.split(":", 3), "", "", ""][:4]
        parts |= {"start": start, "end": end, "field": unquote(path), "text": _lines(passage)}
    elif what == "file":
        parts["file"] = rest
    elif what not in {"object", "everywhere"}:
        raise BadInput("Choose what is taken out.", field="what")
    try:
        return RedactionAsked.model_validate({name: value for name, value in parts.items() if value is not None})
    except ValueError:
        raise BadInput("Choose what is taken out.", field="what") from None


def _lines(text: str | None) -> str | None:
    """A passage: browsers send each end of a line as CR LF."""
    return text.replace("\r\n", "\n") if text else None


def pieces(value: ShownValue) -> Iterator[Piece]:
    """A value in parts, in order: together they are the whole text."""
    text = _text(value)
    taken = sorted((one.start, one.end) for one in value.taken)
    marked = [(one.start, one.end) for one in value.marks]
    for start, end in pairwise(sorted({0, len(text), *(n for span in (*marked, *taken) for n in span)})):
        kind = next((one.kind for one in value.marks if one.start <= start and end <= one.end), None)
        gone = any(one[0] <= start and end <= one[1] for one in taken)
        yield Piece(text[start:end], kind, gone)


def _text(value: ShownValue) -> str:
    found = value.value
    return found if isinstance(found, str) else "" if found is None else str(found)


def _page(who: Signed, template: str, reference: str, status: int = 200, **values: Any) -> HTMLResponse:
    return staff_page(
        template,
        who,
        status,
        **({"slip": None} | values),
        reference=reference,
        new_id=new_act_id,
        pieces=pieces,
        ground=_titles(who),
    )


def _titles(who: Signed) -> Callable[[str], str]:
    """What a ground of taking something out is called."""
    return partial(lookup("activities.package", who.language).named, "redaction_grounds")
