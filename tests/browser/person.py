"""The person, as they meet us in a browser: by letters, codes and links."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from playwright.async_api import Browser, Page, expect

from habeas.model import Stage
from tests.acceptance.house import House, eventually
from tests.browser.chromium import NARROW, visiting
from tests.browser.staff import REFERENCE
from workers.desk.pages import words
from workers.maildir import messages

SAID = words("en")


@dataclass(frozen=True)
class Person:
    """Somebody at a window of their own."""

    house: House
    page: Page

    async def press(self, key: str) -> None:
        await self.page.get_by_role("button", name=SAID[key], exact=True).click()

    async def ask(self, right: str, email: str, controller: str = "demo") -> str:
        """Ask by the form; the reference, which stands in the letter only."""
        page = self.page
        await page.goto(f"/ask/{controller}")
        await page.get_by_role("link", name=SAID[f"ask_{right}_title"], exact=True).click()
        await page.get_by_label(SAID["ask_email"]).fill(email)
        await self.press("ask_send")
        await expect(page.get_by_role("heading", name=SAID["asked_title"])).to_be_visible()

        async def letter() -> str | None:
            mails = [mail for mail in messages(self.house.stack.folder.path) if email in mail.recipients]
            return next((found[0] for mail in mails if (found := REFERENCE.search(mail.text))), None)

        return await eventually(letter, "a letter with the reference")

    async def prove(self, request_id: str) -> None:
        """Follow the letter's link and give its code; the search begins."""
        await self.house.until(request_id, Stage.VERIFYING)
        code = await self.house.code(request_id)
        await self.page.goto(f"/v/{request_id}")
        await self.page.get_by_label(SAID["code_label"]).fill(code)
        await self.press("code_button")
        await expect(self.page.get_by_role("heading", name=SAID["proven"])).to_be_visible()

    async def stands(self, key: str) -> None:
        """See where it stands, in these words."""
        await self.page.goto("/mine")
        await expect(self.page.get_by_role("heading", name=SAID["mine_title"])).to_be_visible()
        await expect(self.page.get_by_text(SAID[key], exact=True)).to_be_visible()

    async def package(self, request_id: str, folder: Path) -> Path:
        """Fetch the package by the letter's link and a code, and unpack it as the page says; where."""
        await self.page.goto(f"/d/{await self.house.token(request_id)}")
        codes = self.house.codes(request_id)
        await self.press("download_code")
        await self.page.get_by_label(SAID["code_label"]).fill(await self.house.code(request_id, codes + 1))
        async with self.page.expect_download() as coming:
            await self.press("download_button")
        file = await (await coming.value).path()
        with ZipFile(file) as package:
            assert package.testzip() is None
            package.extractall(folder)
        return folder

    async def read(self, folder: Path) -> str:
        """Open the unpacked package in the browser; what it says."""
        await self.page.goto((folder / "index.html").as_uri())
        return await self.page.locator("body").inner_text()


@asynccontextmanager
async def at_home(house: House, browser: Browser, width: int = NARROW) -> AsyncIterator[Person]:
    """Somebody with a browser."""
    async with visiting(browser, house.stack.addresses.desk, width) as page:
        yield Person(house, page)
