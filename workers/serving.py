"""A small HTTP server beside what a process does, as long as a block runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from workers.listening import listening

__all__ = ["serving"]


class _Server(uvicorn.Server):
    """A server that leaves signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def serving(app: Starlette, host: str, port: int, setting: str) -> AsyncIterator[int]:
    """Serve while the block runs; the port, where 0 asked for any that is free.

    Raises:
        ConfigurationError: somebody else listens there; names the setting.
    """
    with listening(host, port, setting) as listener:
        listener.listen()  # Whoever comes before the server is up waits for it.
        config = uvicorn.Config(app, access_log=False, log_config=None, lifespan="off", server_header=False)
        server = _Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task
