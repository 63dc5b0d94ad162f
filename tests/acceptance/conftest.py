from collections.abc import AsyncIterator

import pytest

from tests.acceptance.house import House, open_house
from workers import logs


@pytest.fixture(scope="package")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One installation for all: each test brings people of its own."""
    logs.configure("critical")  # the office works in this process
    async with open_house(tmp_path_factory.mktemp("acceptance")) as made:
        yield made
