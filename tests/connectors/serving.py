"""A web application on a free loopback port, as a real server, while a test runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

__all__ = ["served"]


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve an ASGI application; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", ws="none", access_log=False, date_header=False)
    )
    started = asyncio.Event()
    startup = server.startup

    async def tell(*args: Any, **more: Any) -> None:
        await startup(*args, **more)
        started.set()

    server.startup = tell  # type: ignore[method-assign]  # the only moment at which it says that it listens
    running = asyncio.create_task(server._serve([listening]))  # `serve` would take over the signal handlers
    await started.wait()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listening.close()
