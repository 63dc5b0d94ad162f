from collections.abc import AsyncIterator

import pytest

from tests.acceptance.house import House, open_house
from tests.logged import logged


@pytest.fixture(scope="package")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One installation for all: each test brings people of its own."""
    with logged("critical"):  # the office works in this process
        async with open_house(tmp_path_factory.mktemp("acceptance")) as made:
            yield made
