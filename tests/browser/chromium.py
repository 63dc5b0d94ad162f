"""A real browser: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright

EXECUTABLE = "chromium"
WIDE, NARROW = 1280, 360
"""CSS pixels: a desk, and a small phone."""
HEIGHT = 800
PATIENCE = 20_000
"""Milliseconds: a busy machine is slow, and no page comes later."""
Scheme = Literal["light", "dark"]
_FLAGS = (
    "--no-sandbox",  # tests run as root in containers, where Chromium's own sandbox cannot start
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def missing() -> str | None:
    """Why there is no browser here, in the words of a skip; None where there is one."""
    return None if shutil.which(EXECUTABLE) else f"missing part: {EXECUTABLE} (.ci/peers installs it)"


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """Start it for a while."""
    path = shutil.which(EXECUTABLE)
    assert path
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*_FLAGS])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser, address: str, width: int = WIDE, scheme: Scheme = "light", language: str = "en"
) -> AsyncIterator[Page]:
    """Somebody's own window: no cookie of anybody else's, and no script runs that a page brings."""
    context = await browser.new_context(
        base_url=address,
        viewport={"width": width, "height": HEIGHT},
        color_scheme=scheme,
        locale=language,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield await context.new_page()
    finally:
        await context.close()
