"""What goes wrong between a caller and a vendor, on demand."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.vendors.shared.calls import Call

Work = Callable[[], Response]
PROXY_PAGE = (
    "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>"
)


class Fault(Protocol):
    """Plays one failure; may do the work that was asked for (``work()``) or leave it undone.

    Returns the status that the caller got, or None where it got no whole answer.
    """

    async def play(self, work: Work, scope: Scope, receive: Receive, send: Send) -> int | None: ...


@dataclass(frozen=True)
class Answer:
    """Nothing is done; this is answered."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    async def play(self, work: Work, scope: Scope, receive: Receive, send: Send) -> int | None:
        await Response(self.body, self.status, self.headers, self.media_type)(scope, receive, send)
        return self.status


@dataclass(frozen=True)
class Cut:
    """The work is done, and the connection breaks after ``keep`` of the answer's body (0.0: after the headers)."""

    keep: float = 0.5

    async def play(self, work: Work, scope: Scope, receive: Receive, send: Send) -> int | None:
        response = work()
        body = bytes(response.body)
        headers = [(name, value) for name, value in response.raw_headers if name != b"content-length"]
        length = str(max(len(body), 1)).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200 if response.status_code == 204 else response.status_code,
                "headers": [*headers, (b"content-length", length)],
            }
        )
        await send({"type": "http.response.body", "body": body[: int(len(body) * self.keep)], "more_body": True})
        return None


@dataclass(frozen=True)
class Hang:
    """No answer until the caller gives up; the work is done before (``done``) or never."""

    done: bool = False

    async def play(self, work: Work, scope: Scope, receive: Receive, send: Send) -> int | None:
        if self.done:
            work()
        async with asyncio.timeout(60):
            while (await receive())["type"] != "http.disconnect":
                pass
        return None


def html_page(status: int = 502) -> Answer:
    """A proxy's page where JSON was expected."""
    return Answer(status, PROXY_PAGE.encode(), "text/html")


def garbage(status: int = 200) -> Answer:
    """A body that says it is JSON and is not."""
    return Answer(status, b'{"results": [{"id": "1", ')


@dataclass
class _Planned:
    fault: Fault
    method: str
    path: str
    nth: int
    times: int
    seen: int = 0


class Faults:
    """The failures that a test has ordered."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def order(self, fault: Fault, *, method: str = "*", path: str = "*", nth: int = 1, times: int = 1) -> None:
        """Play the fault at the ``nth`` call (1: the next) that fits method and path, ``times`` times in a row.

        ``method`` and ``path`` may hold ``*``; the path is without its query.
        """
        self._planned.append(_Planned(fault, method, path, nth, times))

    def due(self, call: Call) -> Fault | None:
        """Count the call; the fault that is to be played at it, if any."""
        due: Fault | None = None
        for planned in self._planned:
            if fnmatchcase(call.method, planned.method) and fnmatchcase(call.path, planned.path):
                planned.seen += 1
                if planned.nth <= planned.seen < planned.nth + planned.times:
                    due = due or planned.fault
        return due
