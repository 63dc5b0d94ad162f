"""Calls to the provider by whom staff sign in: over TLS, or to this machine; bounded in size."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

from workers.loopback import is_loopback

__all__ = ["Guarded"]

_MOST = 1024 * 1024
"""Bytes of an answer."""


class Guarded(httpx2.AsyncBaseTransport):
    """A transport that calls no address in the clear but this machine's, and reads no endless answer.

    Args:
        inner: what calls.
        loopback: whether this machine may be called: only where the provider is on it. One elsewhere must not send us
            to services of our own.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport, *, loopback: bool) -> None:
        self._inner = inner
        self._loopback = loopback

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """One call.

        Raises:
            UnsupportedProtocol: the address may not be called.
        """
        local = is_loopback(request.url.host)
        if (local and not self._loopback) or (not local and request.url.scheme != "https"):
            raise httpx2.UnsupportedProtocol("This address may not be called.")
        response = await self._inner.handle_async_request(request)
        if not isinstance(response.stream, httpx2.AsyncByteStream):
            raise httpx2.ReadError("The answer cannot be read.")
        response.stream = _Bounded(response.stream)
        return response

    async def aclose(self) -> None:
        """Give back connections."""
        await self._inner.aclose()


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        got = 0
        async for piece in self._inner:
            got += len(piece)
            if got > _MOST:
                raise httpx2.ReadError("The answer is too long.")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
