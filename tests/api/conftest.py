"""The API over a whole installation: ledger, Temporal, SMTP, worker."""

from collections.abc import AsyncIterator, Callable, Coroutine

import httpx2
import pytest

from tests.office.world import World, world
from workers.api import PREFIX
from workers.desk import create_app
from workers.postgres import EmbeddedPostgres

Token = Callable[..., Coroutine[None, None, dict[str, str]]]


@pytest.fixture(scope="session")
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
