from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.acceptance.house import House
from tests.browser import chromium
from tests.browser.installation import open_installation
from tests.logged import logged


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """One for all; each test brings windows of its own."""
    if why := chromium.missing():
        pytest.skip(why)
    async with chromium.browsing() as made:
        yield made


@pytest.fixture(scope="package")
async def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One installation for all, and none where there is no browser."""
    with logged("critical"):  # the office works in this process
        async with open_installation(tmp_path_factory.mktemp("browser")) as made:
            yield made
