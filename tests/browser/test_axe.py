"""axe finds nothing serious on any page, light or dark, wide or narrow; a route without a row fails."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page

from tests.acceptance.house import House
from tests.browser.chromium import HEIGHT, NARROW, WIDE
from tests.browser.every_page import PAGES, WAYS, Visitor
from tests.browser.scenes import prepare
from tests.browser.staff import at_the_desk
from tests.desk.app_routes import routes_of
from workers.desk import create_app

pytestmark = pytest.mark.stack
SERIOUS = {"serious", "critical"}
_RUN = "axe.run(document, {resultTypes: ['violations']})"
_OPEN = """[...document.querySelectorAll('details')].slice(0, 15).forEach(one => {
    one.removeAttribute('name')  // else the next one closes it
    one.open = true
})"""
"""Some of what is folded away: a copy's review has one fold for each record, all alike."""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
async def visitor(house: House, browser: Browser) -> AsyncIterator[Visitor]:
    """Somebody who sees every page, one after the other."""
    scenes = await prepare(house)
    async with at_the_desk(house, browser, "kim") as desk:
        yield Visitor(house, desk.page, scenes)


def test_every_route_has_a_row(house: House) -> None:
    assert routes_of(create_app(house.office)) == set(PAGES)


@pytest.mark.parametrize("route", WAYS)
async def test_axe_finds_nothing_serious(visitor: Visitor, route: str) -> None:
    page = visitor.page
    await page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    await page.emulate_media(color_scheme="light")
    await WAYS[route](visitor)
    await page.evaluate(_OPEN)
    await page.evaluate(AXE_SCRIPT)
    found = await _found(page)
    await page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    await page.emulate_media(color_scheme="dark")
    found |= {f"dark: {name}": what for name, what in (await _found(page)).items()}
    assert found == {}
    assert await page.evaluate(_TOO_WIDE) == 0, "it must be moved sideways to be read"


async def _found(page: Page) -> dict[str, list[str]]:
    """What axe finds -> where on the page, by selectors: never by what stands there."""
    said: dict[str, Any] = await page.evaluate(_RUN)
    serious = [one for one in said["violations"] if one["impact"] in SERIOUS]
    return {one["id"]: [str(node["target"]) for node in one["nodes"]] for one in serious}
