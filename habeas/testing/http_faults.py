"""A proxy between a connector and a system's web API that breaks what it is told to break.

It stands on loopback and passes every call on as it is, until `HttpFaults.fail` says otherwise. So a connector is tried
against the real system, with faults that the real system cannot be asked for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

__all__ = ["Fault", "HttpFaults", "faulty"]

_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_HOP = re.compile(rb"\r\n(?:connection|keep-alive):[^\r]*", re.IGNORECASE)
_HOST = re.compile(rb"\r\nhost:[^\r]*", re.IGNORECASE)
_NUMBER = re.compile(r"\d")
_PROCEDURE = re.compile(rb'"method"\s*:\s*"([\w.]{1,100})"')


class Fault(StrEnum):
    """What goes wrong with one call."""

    DOWN = "down"
    """The connection is closed without an answer, and the system never hears of the call."""
    LOST = "lost"
    """The system does what it is asked, and its answer is lost."""
    HALF = "half"
    """The system does what it is asked, and half of its answer arrives."""
    BUSY = "busy"
    """503, and the system never hears of the call."""
    LIMITED = "limited"
    """429 with ``Retry-After``, and the system never hears of the call."""
    GARBAGE = "garbage"
    """200 with a page of HTML instead of the answer."""
    MISCODED = "miscoded"
    """200 with an answer that is not encoded as it says: gzip that is none."""
    STRANGE = "strange"
    """200 with JSON that says something else than was asked."""
    SIGNED_OUT = "signed_out"
    """401, and the system never hears of the call."""
    FORBIDDEN = "forbidden"
    """403, and the system never hears of the call."""
    SLOW = "slow"
    """No answer at all until the connector gives up."""


_PAGE = b"<!doctype html><title>Welcome</title><p>Please sign in to the network of this hotel."
_ANSWERS: Mapping[Fault, tuple[str, str, bytes]] = {
    Fault.BUSY: ("503 Service Unavailable", "Content-Type: text/html", _PAGE),
    Fault.LIMITED: ("429 Too Many Requests", "Retry-After: 17", b""),
    Fault.GARBAGE: ("200 OK", "Content-Type: text/html", _PAGE),
    Fault.MISCODED: ("200 OK", "Content-Type: application/json\r\nContent-Encoding: gzip", b'{"message": "plain"}'),
    Fault.STRANGE: ("200 OK", "Content-Type: application/json", b'{"message": "Scheduled maintenance", "data": [[]]}'),
    Fault.SIGNED_OUT: ("401 Unauthorized", "Content-Type: application/json", b"{}"),
    Fault.FORBIDDEN: ("403 Forbidden", "Content-Type: application/json", b"{}"),
}
RETRY_AFTER = 17.0
"""Seconds that `Fault.LIMITED` asks for."""


@dataclass
class HttpFaults:
    """What to break, and what went through. ``calls`` are ``METHOD /path`` without the query."""

    url: str
    calls: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    """Of each call, its kind: method, last word of the path, names in the query, the procedure of a remote call."""
    broken: int = 0
    """How many calls were broken."""
    _next: list[tuple[int, Fault]] = field(default_factory=list)
    _always: Fault | None = None
    _of_each_kind: tuple[Fault, ...] = ()
    _tried: dict[str, int] = field(default_factory=dict)
    _spared: bool = False

    def fail(self, fault: Fault, *, after: int = 0) -> None:
        """Break one call: the next, or the one after so many others."""
        self._next.append((len(self.calls) + after, fault))

    def fail_always(self, fault: Fault | None) -> None:
        """Break every call from now on; None: no more."""
        self._always = fault

    def fail_each_kind(self, *faults: Fault) -> None:
        """Break the next calls of each kind, once in each of these ways."""
        self._of_each_kind = faults
        self._tried.clear()

    def clear(self) -> None:
        """Break nothing any more."""
        self._next.clear()
        self._always = None
        self._of_each_kind = ()

    @contextmanager
    def spared(self) -> Iterator[None]:
        """Break nothing meanwhile."""
        self._spared = True
        try:
            yield
        finally:
            self._spared = False

    def called(self, call: str, kind: str = "") -> Fault | None:
        """Note a call, and say what goes wrong with it."""
        number = len(self.calls)
        self.calls.append(call)
        self.kinds.append(kind or call)
        fault = None if self._spared else self._fault(number, kind or call)
        self.broken += fault is not None
        return fault

    def _fault(self, number: int, kind: str) -> Fault | None:
        found = next((one for one in self._next if one[0] <= number), None)
        if found is not None:
            self._next.remove(found)
            return found[1]
        tried = self._tried.get(kind, 0)
        if tried < len(self._of_each_kind):
            self._tried[kind] = tried + 1
            return self._of_each_kind[tried]
        return self._always


@asynccontextmanager
async def faulty(upstream: str, *, keeps_host: bool = False) -> AsyncIterator[HttpFaults]:
    """A proxy before the API at ``upstream`` (``http://127.0.0.1:PORT``); its own address is `HttpFaults.url`.

    With ``keeps_host`` the API sees the proxy's name as its own: where calls are signed, the name is signed too.
    """
    target = urlsplit(upstream)
    faults = HttpFaults("")
    open_calls: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            open_calls.add(task)
            task.add_done_callback(open_calls.discard)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await _serve(reader, writer, (target.hostname or "127.0.0.1", target.port or 80), faults, keeps_host)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    faults.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield faults
    finally:
        server.close()
        for task in tuple(open_calls):
            task.cancel()
        await asyncio.gather(*open_calls, return_exceptions=True)


async def _serve(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream: tuple[str, int],
    faults: HttpFaults,
    keeps_host: bool,
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    method, target, _ = head.split(b"\r\n", 1)[0].split(b" ", 2)
    path, _, query = target.decode().partition("?")
    fault = faults.called(f"{method.decode()} {path}", _kind(method.decode(), path, query, body))
    if fault is Fault.SLOW:
        await reader.read()  # until the connector hangs up
    elif fault is not None and fault in _ANSWERS:
        status, header, content = _ANSWERS[fault]
        lines = (f"HTTP/1.1 {status}", header, f"Content-Length: {len(content)}", "Connection: close", "", "")
        writer.write("\r\n".join(lines).encode() + content)
        await writer.drain()
    elif fault is not Fault.DOWN:
        host = f"{upstream[0]}:{upstream[1]}".encode()
        named = head if keeps_host else _HOST.sub(b"\r\nHost: " + host, head)
        answer = await _passed_on(named, body, upstream)
        if fault is not Fault.LOST:
            writer.write(answer[: len(answer) // 2] if fault is Fault.HALF else answer)
            await writer.drain()


def _kind(method: str, path: str, query: str, body: bytes) -> str:
    names = sorted({name for name, _ in parse_qsl(query, keep_blank_values=True)})
    word = next((one for one in reversed(path.split("/")) if one and not _NUMBER.search(one)), "")
    procedure = _PROCEDURE.search(body)
    return " ".join(filter(None, (method, word, *names, procedure[1].decode() if procedure else "")))


async def _passed_on(head: bytes, body: bytes, upstream: tuple[str, int]) -> bytes:
    reader, writer = await asyncio.open_connection(*upstream)
    try:
        first, rest = _HOP.sub(b"", head).split(b"\r\n", 1)
        writer.write(first + b"\r\nConnection: close\r\n" + rest + body)
        await writer.drain()
        return await reader.read()
    finally:
        writer.close()
