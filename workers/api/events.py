"""What happens, as it happens: server-sent events (WHATWG HTML, section 9.2), the same that webhooks are sent."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse

from activities.ledger import Placed
from habeas.access import Scope
from habeas.errors import HabeasError
from workers.api.callers import Caller, may
from workers.api.problems import WithProblem
from workers.office.events import News
from workers.streams import EventStream, Streams, StreamsFull

__all__ = ["LONGEST", "router"]

router = APIRouter(tags=["events"])

LONGEST = 300
"""Seconds of one stream; a client comes again with the number of its last event, and its token is looked at again."""
_LOOK = 1.0  # seconds
_HEARTBEAT = 15.0  # seconds


_ONE = {
    "type": "object",
    "description": "One event of the stream; `data` is a CloudEvent as JSON.",
    "properties": {name: {"type": "string"} for name in ("id", "event", "data")},
    "required": ["data"],
}
_STREAM = {"description": "Events as they happen", "content": {"text/event-stream": {"schema": _ONE}}}


@router.get("/events", response_class=StreamingResponse, responses={200: _STREAM})
async def events(
    who: Annotated[Caller, may(Scope.REQUESTS_READ)],
    request: Request,
    last: Annotated[
        str | None,
        Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,18}$", description="Of the last event that you know."),
    ] = None,
    seconds: Annotated[
        int, Query(ge=0, le=LONGEST, description="How long to listen; 0 for what there is now.")
    ] = LONGEST,
) -> EventStream:
    """What happens to requests from now on, or from `Last-Event-ID` on: CloudEvents as server-sent events."""
    streams: Streams = request.app.state.streams
    try:
        with contextlib.ExitStack() as place:
            place.enter_context(streams.one(who.account))
            first = await who.office.events_after(int(last) if last is not None else None)
            return EventStream(_told(who, streams, first, monotonic() + seconds), place.pop_all())
    except StreamsFull:
        raise WithProblem(
            429, "too_often", "Too many streams.", "Close some, or wait.", {"retry-after": "30"}
        ) from None


async def _told(who: Caller, streams: Streams, news: News, until: float) -> AsyncIterator[bytes]:
    with contextlib.suppress(HabeasError):  # the client comes again, and is told what is wrong
        silent_since = float("-inf")  # so that a client knows at once where it begins
        while not streams.closing.is_set():
            for one in news.events:
                yield _frame(one)
            if news.events:
                silent_since = monotonic()
            elif monotonic() - silent_since >= _HEARTBEAT:
                yield _mark(news)
                silent_since = monotonic()
            if not news.more and await streams.pause(_LOOK, until):
                return
            news = await who.office.events_after(news.position)


def _mark(news: News) -> bytes:
    """A comment that keeps the connection open, and the place to go on from."""
    return f":\nid: {news.position}\n\n".encode()


def _frame(one: Placed) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (one.position, one.event.type.encode(), one.event.json_bytes())
