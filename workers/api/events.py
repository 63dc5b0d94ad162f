"""What happens, as it happens: server-sent events (WHATWG HTML, section 9.2), the same that webhooks are sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
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
from workers.rounds import until as until_told

__all__ = ["LONGEST", "Streams", "router"]

router = APIRouter(tags=["events"])

LONGEST = 300
"""Seconds of one stream; a client comes again with the number of its last event, and its token is looked at again."""
_LOOK = 1.0  # seconds
_HEARTBEAT = 15.0  # seconds


@dataclass
class Streams:
    """The streams of one process: so many at most, and all ended when it stops."""

    most: int = 50
    open: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    whose: Counter[str] = field(default_factory=Counter, repr=False)
    """How many of them are each account's."""

    @contextlib.contextmanager
    def one(self, account: str) -> Iterator[None]:
        """One more of an account's, while the block runs."""
        self.open += 1
        self.whose[account] += 1
        try:
            yield
        finally:
            self.open -= 1
            self.whose[account] -= 1
            self.whose += Counter()  # without those that have none

    async def pause(self, seconds: float, until: float) -> bool:
        """Wait so long, at most until then by the monotonic clock; whether a stream is to end."""
        wait = min(seconds, until - monotonic())
        if wait > 0:
            await until_told(self.closing, wait)
        return self.closing.is_set() or monotonic() >= until

    def refuse_too_many(self) -> None:
        """Refuse one more than may be.

        Raises:
            WithProblem: 429, with ``retry-after``.
        """
        if self.open >= self.most:
            raise WithProblem(429, "too_often", "Too many streams.", "Close some, or wait.", {"retry-after": "30"})


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
) -> StreamingResponse:
    """What happens to requests from now on, or from `Last-Event-ID` on: CloudEvents as server-sent events."""
    streams: Streams = request.app.state.streams
    streams.refuse_too_many()
    first = await who.office.events_after(int(last) if last is not None else None)
    told = _told(who, streams, first, monotonic() + seconds)
    return StreamingResponse(told, media_type="text/event-stream", headers={"x-accel-buffering": "no"})


async def _told(who: Caller, streams: Streams, news: News, until: float) -> AsyncIterator[bytes]:
    with (
        streams.one(who.account),
        contextlib.suppress(HabeasError),
    ):  # the client comes again, and is told what is wrong
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
