from collections.abc import AsyncIterator

import pytest

from tests.office.world import World, world
from workers.postgres import EmbeddedPostgres


@pytest.fixture(scope="package")
async def here(postgres_server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(postgres_server, tmp_path_factory.mktemp("office")) as made:
        yield made
