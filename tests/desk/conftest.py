import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from io import StringIO

import httpx2
import pytest
import uvicorn

from tests.logged import logged
from tests.office.world import World, world
from workers.desk import create_app
from workers.postgres import EmbeddedPostgres


@pytest.fixture(scope="package")
async def here(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(postgres_server, tmp_path_factory.mktemp("desk")) as made:
        yield made


@dataclass
class Served:
    """The desk on a real server and a real socket."""

    address: str
    server: uvicorn.Server

    async def idle(self) -> None:
        """Until the server has noticed that every connection is gone."""
        async with asyncio.timeout(20):
            while self.server.server_state.connections:  # noqa: ASYNC110 - the server, in this loop, has no event for it
                await asyncio.sleep(0)


@pytest.fixture(scope="package")
async def desk(here: World) -> AsyncIterator[Served]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = create_app(here.office)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", server)
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def browser(desk: Served) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=desk.address) as client:
        yield client


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What is logged, whatever an earlier test set up."""
    with logged("info") as stream:
        yield stream
