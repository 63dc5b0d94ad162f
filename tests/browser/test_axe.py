"""No page has anything serious for axe, light or dark, wide or narrow, or English of ours in French."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, Page

from activities.letters.wording import catalogue
from tests.acceptance.house import House
from tests.browser import every_page
from tests.browser.chromium import HEIGHT, NARROW, WIDE, visiting
from tests.browser.every_page import PAGES, WAYS, Visitor
from tests.browser.scenes import prepare
from tests.browser.staff import at_the_desk
from tests.desk.app_routes import routes_of
from workers.desk import create_app
from workers.desk.speech import speech

pytestmark = pytest.mark.stack
TOPICS = ("workers.desk.speech", "workers.office", "activities.letters")
SERIOUS = {"serious", "critical"}
REFLOWED = 320
"""CSS pixels that must do (WCAG 2.2, success criterion 1.4.10)."""
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
    await page.set_viewport_size({"width": REFLOWED, "height": HEIGHT})
    assert await page.evaluate(_TOO_WIDE) == 0, "it must be moved sideways to be read"


async def test_a_page_in_french_says_nothing_of_ours_in_english(
    visitor: Visitor, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(every_page, "SAY", speech("fr"))
    ours = _english()
    found: dict[str, list[str]] = {}
    async with visiting(browser, visitor.house.stack.addresses.desk, language="fr") as page:
        await page.goto("/sign-in")
        await page.locator("input[name=account]").fill("kim")
        async with page.expect_navigation():
            await page.locator("input[name=account]").press("Enter")
        reader = Visitor(visitor.house, page, visitor.scenes)
        for route in STAFFS:
            await WAYS[route](reader)
            text = " ".join((await page.evaluate(_TEXT)).split())
            said = [one for one in ours if one in text] + await page.evaluate(_ENGLISH)
            if said:
                found[route] = said
    assert found == {}


STAFFS = [
    one for one in WAYS if not one.split(" ")[1].startswith(("/ask", "/opt-out", "/v/", "/d/", "/mine", "/r/", "/p/"))
]
"""The person's pages are in a language of the controller's letters: tests/desk/test_person.py."""
_LETTERS = ".letter, nav, [hreflang], input, textarea"
"""What is in the reader's language or stands in their own words."""
_TEXT = f"""(() => {{
    const copy = document.body.cloneNode(true)
    copy.querySelectorAll('{_LETTERS}').forEach(one => one.remove())
    return copy.textContent
}})()"""
_ENGLISH = f"""[...document.querySelectorAll('body [lang=en]')]
    .filter(one => !one.closest('{_LETTERS}')).map(one => one.textContent.trim())"""


def _english() -> list[str]:
    """Every text of ours of more than two words, that is another one in French."""
    books = [(catalogue(topic, "en"), catalogue(topic, "fr")) for topic in TOPICS]
    texts = {text for english, french in books for key, text in english.items() if french.get(key) != text}
    parts = {part.strip() for text in texts for part in re.split(r"\{\w*\}", text)}
    return sorted(" ".join(one.split()) for one in parts if len(one.split()) > 2)


async def _found(page: Page) -> dict[str, list[str]]:
    """What axe finds -> where on the page, by selectors: never by what stands there."""
    said: dict[str, Any] = await page.evaluate(_RUN)
    serious = [one for one in said["violations"] if one["impact"] in SERIOUS]
    return {one["id"]: [str(node["target"]) for node in one["nodes"]] for one in serious}
