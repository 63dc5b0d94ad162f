"""The API over a whole installation: ledger, Temporal, SMTP, worker."""

from collections.abc import AsyncIterator, Callable, Coroutine

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.office.world import World, world
from tests.served import serving
from workers.api import PREFIX, create_api
from workers.api.callers import Limits
from workers.desk import create_app
from workers.desk.guard import Guard
from workers.postgres import EmbeddedPostgres

Token = Callable[..., Coroutine[None, None, dict[str, str]]]


@pytest.fixture(scope="package")
async def here(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(postgres_server, tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.fixture
async def api(here: World) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(create_app(here.office))
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://127.0.0.1{PREFIX}") as client:
        yield client


@pytest.fixture
def token(here: World) -> Token:
    """Headers of a caller who has these scopes or roles."""

    async def made(*may: str, account: str = "Kim", key: str | None = None) -> dict[str, str]:
        text = (await here.office.make_token(account, title="test", may=may, by="Admin")).text
        headers = {"authorization": f"Bearer {text}"}
        return headers | ({"idempotency-key": key} if key else {})

    return made


@pytest.fixture(scope="package")
async def address(here: World) -> AsyncIterator[str]:
    """Where the API is served, on a real socket, with limits that a test of thousands of calls does not meet."""
    api = create_api(here.office, Limits(10**6, 10**6))
    async with serving(Guard(Starlette(routes=[Mount(PREFIX, api)]), ["127.0.0.1"], api=PREFIX)) as at:
        yield f"{at}{PREFIX}"
