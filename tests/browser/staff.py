"""Staff at the desk, as they work in a browser: what they read and press is found by the words on the page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.house import House
from tests.browser.chromium import WIDE, visiting
from workers.desk.speech import speech

SAY = speech("en")
REFERENCE = re.compile(r"HB-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")
WHY = "the person asked for it"


@dataclass(frozen=True)
class Desk:
    """Somebody of staff at a window of their own."""

    page: Page
    account: str

    def button(self, key: str, inside: Locator | None = None, **facts: str) -> Locator:
        """The one button with these words."""
        return (inside or self.page).get_by_role("button", name=SAY.text(key, **facts), exact=True)

    async def press(self, key: str, inside: Locator | None = None, **facts: str) -> None:
        await self.button(key, inside, **facts).click()

    async def open(self, right: str, email: str, controller: str = "demo") -> str:
        """Open a request by the form, once it has said what the law demands; its reference."""
        page = self.page
        await page.get_by_role("link", name=SAY.text("nav.open"), exact=True).click()
        await page.get_by_label(SAY.text("opening.controller")).select_option(controller)
        await page.get_by_label(SAY.text("opening.right")).select_option(right)
        await page.get_by_label(SAY.text("opening.emails")).fill(email)
        await self.press("opening.preview")
        await expect(page.get_by_role("heading", name=SAY.text("opening.demands"))).to_be_visible()
        await expect(page.get_by_text("Answer by ")).to_be_visible()
        await self.press("opening.open")
        await expect(page.get_by_role("status")).to_have_text(SAY.text("opening.opened"))
        found = REFERENCE.search(page.url)
        assert found
        return found[0]

    async def story(self, request_id: str) -> None:
        """A request's own page, from the queue."""
        await self.page.get_by_role("link", name=SAY.text("nav.queue"), exact=True).click()
        await self.page.get_by_role("link", name=request_id, exact=True).click()
        await expect(self.page.get_by_role("heading", name=request_id)).to_be_visible()

    async def look(self, key: str) -> None:
        """A page with the person's data, from the request's; it asks why first."""
        await self.page.get_by_role("link", name=SAY.text(key), exact=True).first.click()
        await self.page.get_by_label(SAY.text("forms.why_look")).fill(WHY)
        await self.press("forms.look")

    async def confirm(self, key: str) -> None:
        """Do what was previewed; the page that follows says that it is done."""
        await self.page.get_by_role("button", name=f"{SAY.text('forms.confirm')}: {SAY.text(key)}").click()
        await expect(self.page.get_by_role("status")).to_contain_text(SAY.text("forms.done"))


@asynccontextmanager
async def at_the_desk(house: House, browser: Browser, account: str, width: int = WIDE) -> AsyncIterator[Desk]:
    """Somebody comes in, by the development sign-in."""
    async with visiting(browser, house.stack.addresses.desk, width) as page:
        await page.goto("/sign-in")
        await page.get_by_label("Account").fill(account)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_text(account)).to_be_visible()
        yield Desk(page, account)
