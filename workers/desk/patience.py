"""How long the server waits for whoever is connected: nobody holds a place by saying nothing, or saying it slowly."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

import h11
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["DRAINED_WITHIN", "HEADERS_WITHIN", "Patience", "PromptProtocol", "TooSlow", "patient"]

HEADERS_WITHIN = 10.0
"""Seconds from the connection, or from the first byte of a further request, to the end of its headers."""

DRAINED_WITHIN = 120.0
"""Seconds in which a body that was refused may still come in: a browser shows no answer before it has sent all."""


class PromptProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, which waits for a request so long and no longer."""

    within: ClassVar[float] = HEADERS_WITHIN
    drained_within: ClassVar[float] = DRAINED_WITHIN
    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Somebody is there: the time for their request runs."""
        super().connection_made(transport)
        self._wait(self.within)

    def data_received(self, data: bytes) -> None:
        """A part of a request. The time runs on from its first byte; each byte more does not begin it anew."""
        super().data_received(data)
        if not self._between():
            self._served()
        elif self.conn.their_state is h11.SEND_BODY:  # answered before it was read
            self._wait(self.drained_within)
        else:
            self._wait(self.within)

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self._served()
        super().connection_lost(exc)

    def _between(self) -> bool:
        """Whether no request is being served or read."""
        return self.cycle is None or self.cycle.response_complete

    def _wait(self, seconds: float) -> None:
        if self._overdue is None:
            self._overdue = self.loop.call_later(seconds, self._hang_up)

    def _served(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _hang_up(self) -> None:
        self._overdue = None
        if self._between() and not self.transport.is_closing():
            self.transport.close()


class TooSlow(HTTPException):
    """The body did not come in time."""

    def __init__(self) -> None:
        super().__init__(408, headers={"connection": "close"})


@dataclass(frozen=True)
class Patience:
    """How slowly a body may come."""

    silence: float = 20.0
    """Seconds without a byte of it."""
    grace: float = 60.0
    """Seconds that any body may take."""
    rate: int = 16 * 1024
    """Bytes a second for what comes after that; a phone in the country does better."""


def patient(receive: Receive, bounds: Patience) -> Receive:
    """A body that comes in time.

    Raises:
        TooSlow: by what is returned, where it does not.
    """
    began, got, whole = monotonic(), 0, False

    async def in_time() -> Message:
        nonlocal got, whole
        if whole:  # what comes now is that they are gone: a stream waits for that as long as it lasts
            return await receive()
        left = bounds.grace + got / bounds.rate - (monotonic() - began)
        if left <= 0:
            raise TooSlow
        try:
            async with asyncio.timeout(min(bounds.silence, left)):
                message = await receive()
        except TimeoutError:
            raise TooSlow from None
        got += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        return message

    return in_time
