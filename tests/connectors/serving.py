"""A web application on a free loopback port, as a real server, while a test runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from habeas.connector import Connector
from habeas.errors import ConnectorError
from habeas.model import Identifier

__all__ = ["answering", "asked_in_vain", "served"]


@asynccontextmanager
async def answering(said: str | Callable[[bytes], bytes]) -> AsyncIterator[str]:
    """A server that says this, in JSON, to whatever it is asked, or what it makes of it; its address."""

    async def answer(request: Request) -> Response:
        body = said if isinstance(said, str) else said(await request.body())
        return Response(body, media_type="application/json")

    methods = ["GET", "POST", "PUT", "DELETE"]
    async with served(Starlette(routes=[Route("/{path:path}", answer, methods=methods)])) as url:
        yield url


async def asked_in_vain(connector: Connector, error: type[ConnectorError], match: str | None = None) -> None:
    """Nobody is found, nor taken for nobody; the connector is closed."""
    with pytest.raises(error, match=match):
        await connector.locate((Identifier(kind="email", value="ann@example.org"),))
    assert not (await connector.ping()).ok
    await connector.aclose()


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
