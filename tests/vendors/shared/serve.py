"""Vendors' servers on a real socket."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.vendors.shared.vendor import S, Vendor
from workers.process import LOOPBACK


class Site:
    """An address at which one vendor's server after another is reached, each with a state of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._app: ASGIApp | None = None

    def open(self, vendor: Vendor[S]) -> None:
        """From now on this server answers here."""
        vendor.base_url = self.address
        self._app = vendor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if self._app is None:
            raise RuntimeError("nobody has opened this site")
        await self._app(scope, receive, send)


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """A free port of the loopback interface, served while the context lasts."""
    # A response that is cut on purpose is an error to uvicorn, which would say so with a traceback.
    log = logging.getLogger("uvicorn.error")
    level = log.level
    log.setLevel(logging.CRITICAL)
    # Without the protocol's name asyncio does not turn Nagle's algorithm off, and each answer waits for 40 ms.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind((LOOPBACK, 0))
    made = Site(f"http://{LOOPBACK}:{listener.getsockname()[1]}")
    config = uvicorn.Config(
        made,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        h11_max_incomplete_event_size=1 << 20,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield made
    finally:
        server.should_exit = True
        await serving
        log.setLevel(level)
