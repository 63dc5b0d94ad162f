"""Staff's pages follow what happens: a stream that says that something did, and nothing of what it was.

The page's script asks for the page again then. Looking so does not keep a session alive: see `workers.desk.door`.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import PlainTextResponse, Response

from habeas.errors import BadInput, HabeasError, UnknownRequest
from workers.api.events import LONGEST
from workers.desk.door import Door, Signed
from workers.office import read_reference
from workers.streams import EventStream, Streams, StreamsFull

MOST_STREAMS = 200
MOST_OF_ONE = 30
"""Of one account: so many pages, in all its browsers, follow by themselves."""
_LOOK = 2.0  # seconds
_HEARTBEAT = 15.0  # seconds
_BEGIN = b"retry: 5000\n\n"


def live_stream(streams: Streams) -> APIRouter:
    """The route of the stream."""
    router = APIRouter()

    @router.get("/live")
    async def live(
        request: Request,
        of: Annotated[str | None, Query(max_length=40)] = None,
        last: Annotated[str | None, Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,18}$")] = None,
        seconds: Annotated[int, Query(ge=0, le=LONGEST)] = LONGEST,
    ) -> Response:
        """That something happened: to one request, or to any that one may see."""
        door: Door = request.app.state.door
        who = await door.come_in(request, used=False)
        try:
            with contextlib.ExitStack() as place:
                place.enter_context(streams.one(who.account))
                reference = read_reference(of) if of else None
                start = int(last) if last is not None else await _place(who, reference, None)
                return EventStream(_told(who, streams, reference, start, monotonic() + seconds), place.pop_all())
        except StreamsFull:
            return PlainTextResponse("Too many pages follow.", 429, {"retry-after": "60"})
        except (BadInput, UnknownRequest):
            return PlainTextResponse("There is no such request.", 404)

    return router


async def _told(who: Signed, streams: Streams, reference: str | None, place: int, until: float) -> AsyncIterator[bytes]:
    with contextlib.suppress(HabeasError):  # the browser comes again, and is told what is wrong
        yield _BEGIN
        silent_since = monotonic()
        while not streams.closing.is_set():
            now = await _place(who, reference, place)
            if now != place:
                yield b"id: %d\ndata: changed\n\n" % now
                place, silent_since = now, monotonic()
            elif monotonic() - silent_since >= _HEARTBEAT:
                yield b":\n\n"
                silent_since = monotonic()
            if await streams.pause(_LOOK, until):
                return


async def _place(who: Signed, reference: str | None, after: int | None) -> int:
    """How far things are: of one request, the length of its evidence; of all, the place of the last event."""
    if reference is not None:
        return await who.office.happened(reference)
    news = await who.office.events_after(after)
    # Others' events move the line, too; where one stands counts only what is one's own.
    return news.position if after is None or news.events else after
