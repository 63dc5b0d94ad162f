"""Pictures of every page, taken in a real browser of an installation with made-up people: ``make screenshots``.

It starts an embedded stack of its own, shows each page in the state that the tests look at it in, and writes
``docs/images/pages/NAME.png`` and the page of the docs that shows them.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.browser.chromium import HEIGHT, WIDE, browsing
from tests.browser.every_page import WAYS, Visitor
from tests.browser.installation import open_installation
from tests.browser.scenes import prepare
from tests.browser.staff import at_the_desk
from workers import logs

HERE = Path(__file__).parent
FOLDER = HERE / "images" / "pages"
PAGE = HERE / "pages.md"
TALLEST = 1600
"""CSS pixels: of a longer page, its beginning."""
STAFF: Mapping[str, str] = {
    "GET /": "The queue, soonest due first",
    "GET /open": "Open a request",
    "POST /open": "What the law demands of it, before it is opened",
    "GET /requests/{request_id}": "A request: its clock, what can be done now, its story",
    "POST /requests/{request_id}/acts/{kind}": "An act, previewed with its effect and its letter",
    "POST /requests/{request_id}/match": "The records found, side by side",
    "POST /requests/{request_id}/plan": "An erasure's plan",
    "POST /requests/{request_id}/contest": "A correction's plan, with a slip",
    "POST /requests/{request_id}/review": "The review of a copy",
    "GET /tasks": "Tasks",
    "POST /tasks/{task_id}": "A task",
    "POST /letters/{letter_id}/read": "A letter to hand over",
    "GET /find": "Find a person",
    "GET /tasks/{task_id}": "Pages with personal data ask why first",
    "GET /systems": "How the connected systems serve",
    "GET /overview": "All open requests at a glance",
    "GET /reports": "A report of a period",
    "GET /reports/california": "California's yearly metrics",
    "GET /sign-in": "The development sign-in",
}
PERSON: Mapping[str, str] = {
    "GET /ask/{controller}": "The rights that somebody has",
    "GET /ask/{controller}/{right}": "A form",
    "POST /ask/{controller}/{right}": "A slip is named; nothing typed is lost",
    "GET /v/{reference}": "The code",
    "GET /mine": "Where the request stands",
    "GET /mine/withdraw": "Taking it back",
    "GET /d/{token}": "The package",
}
OTHERS: Mapping[str, str] = {
    "GET /p/{token}": "A processor's instruction",
    "POST /p/{token}": "What they see once they have confirmed it",
    "GET /r/{token}": "A recipient says that it is done",
}
PARTS = {"For staff": STAFF, "For the person": PERSON, "For processors and recipients": OTHERS}


def name_of(route: str) -> str:
    """The name of a route's picture."""
    words = route.replace("{", "").replace("}", "").replace("/", " ").split()
    return "-".join(word.lower() for word in words) if len(words) > 1 else "get-queue"


def text() -> str:
    """The page of the docs."""
    lines = ["# Every page", "", "As it looks, with made-up people. `make screenshots` takes the pictures anew."]
    for part, pages in PARTS.items():
        lines += ["", f"## {part}"]
        for route, caption in pages.items():
            lines += ["", f"### {caption}", "", f"![{caption}](images/pages/{name_of(route)}.png)"]
    return "\n".join(lines) + "\n"


async def take() -> None:
    """Take them all, in the order in which the pages are reached."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    wanted = {route for pages in PARTS.values() for route in pages}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            browsing() as browser,
            open_installation(Path(folder) / "stack") as house,
            at_the_desk(house, browser, "kim") as desk,
        ):
            visitor = Visitor(house, desk.page, await prepare(house))
            for route, way in WAYS.items():
                if route in wanted:
                    await way(visitor)
                    await _picture(visitor, FOLDER / f"{name_of(route)}.png")


async def _picture(visitor: Visitor, file: Path) -> None:
    tall = int(await visitor.page.evaluate("document.documentElement.scrollHeight"))
    await visitor.page.set_viewport_size({"width": WIDE, "height": min(tall, TALLEST)})
    await visitor.page.screenshot(path=file)
    await visitor.page.set_viewport_size({"width": WIDE, "height": HEIGHT})


if __name__ == "__main__":
    logs.configure("critical")
    asyncio.run(take())
    PAGE.write_text(text(), encoding="utf-8")
