"""Where other programs tell us of requests: signed as Standard Webhooks says, done once, told a reference at most."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import structlog
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from activities.messages import MessageKind
from habeas.acts import ActKind
from habeas.errors import BadInput, EngineUnavailable, LedgerUnavailable, UnknownRequest, WrongStage
from habeas.model import Frozen
from habeas.wire import BadSignature
from workers.api.problems import problem, said_of
from workers.desk.sources import Meant, Source
from workers.office.messages import Came, Sent
from workers.throttle import Throttle

__all__ = ["MOST_MESSAGE", "PREFIX", "hook_routes"]

log = structlog.get_logger(__name__)

MESSAGE_REFUSED = "message_refused"
"""A program passed something on that cannot be used; perhaps a person's request: look there."""

PREFIX = "/hooks/"
MOST_MESSAGE = 256 * 1024
"""Bytes of a message."""
_PER_MINUTE = 600
_WORDS = frozenset({"too_long", "too_many"})
"""What is wrong with the words of a message."""


def hook_routes(sources: Mapping[str, Source]) -> APIRouter:
    """The route of the programs, by name."""
    router = APIRouter()
    limit = Throttle(_PER_MINUTE)

    @router.post("/hooks/{source}")
    async def told(request: Request, source: str) -> Response:
        """Take one message; the same one again is answered alike, and changes nothing."""
        known = sources.get(source)
        try:
            if known is None:
                raise BadSignature  # which programs there are is nobody's business
            meant = known.read(request.headers, await request.body(), datetime.now(UTC))
        except BadSignature:
            text = "This message is not signed as it should be, or is too old."
            return problem(401, "bad_signature", text, "Sign it now, by Standard Webhooks, with this program's secret.")
        except BadInput as error:
            return _refused(source, error, 422)
        if meant is None:
            return Response(status_code=204)
        if wait := limit.hit(source):
            headers = {"retry-after": str(wait)}
            return problem(429, "too_often", "Too many messages.", "Wait as `retry-after` says.", headers=headers)
        try:
            return await _done(known, meant)
        except UnknownRequest as error:
            return _refused(source, error, 404)
        except WrongStage as error:
            return _refused(source, error, 409)
        except BadInput as error:
            return _refused(source, error, 422)
        except (EngineUnavailable, LedgerUnavailable) as error:
            return said_of(error, 503)

    return router


class Taken(Frozen):
    """What was answered to a message."""

    request: str
    new: bool
    """It opened a request, or was heard for the first time."""


async def _done(source: Source, meant: Meant) -> Response:
    """Do it once; the same message again is answered as it was the first time, whatever else is in it by now."""
    async with source.office.keyed_write(f"hook/{meant.act_id}", b"") as write:
        taken = write.answered(Taken) or await write.keep(await _do(source, meant))
    notes = [{"field": name, "message": message} for name, message in meant.said.notes]
    said = {"request": taken.request, **({"notes": notes} if notes else {})}
    return JSONResponse(said, 201 if taken.new else 200)


async def _do(source: Source, meant: Meant) -> Taken:
    report = Sent(kind=MessageKind.REPORT, source=source.name, files=meant.said.files)
    match meant.does:
        case "open":
            came = Came(kind=report.kind, files=report.files, source=source.name, message_id=meant.act_id)
            asked = meant.opening(source.controller, source.account, source.name)
            opened = await source.office.open_request(asked, came)
            return Taken(request=opened.id, new=opened.created)
        case "message":
            said = report.model_copy(update={"text": meant.one("text") or ""})
            new = await source.office.hear(meant.request, said, meant.act_id)
            return Taken(request=meant.request, new=new)
        case _:
            if report.files:
                await source.office.hear(meant.request, report, meant.act_id)
            await source.office.act(
                ActKind.WITHDRAW,
                meant.request,
                by=source.account,
                reason=meant.one("reason") or f"withdrawn, as {source.name} passed it on",
                act_id=meant.act_id,
            )
            return Taken(request=meant.request, new=False)


def _refused(source: str, error: BadInput, status: int) -> Response:
    field = error.facts.get("field")
    field = "text" if field in _WORDS else field
    # Whoever sent it is a program: if nobody reads this, a request may go unanswered.
    log.warning(MESSAGE_REFUSED, source=source, error=error.code, field=field)
    return said_of(error, status, None if field is None else str(field))
