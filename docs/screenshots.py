"""Pictures of every page, taken in a real browser of an installation with made-up people: ``make screenshots``.

It starts an embedded stack of its own, shows each page in the state that the tests look at it in, and writes
``docs/images/pages/NAME.png`` and the page of the docs that shows them.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path

from tests.browser.chromium import HEIGHT, NARROW, WIDE, browsing
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
    "POST /requests/{request_id}/holder": "Who sees to it, where that cannot be",
    "GET /requests/{request_id}/acts/{kind}": "An act by itself",
    "POST /requests/{request_id}/acts/{kind}": "An act, previewed with its effect and its letter",
    "GET /requests/{request_id}/match": "Before the records found are shown",
    "POST /requests/{request_id}/match": "The records found, side by side, with a slip",
    "GET /requests/{request_id}/plan": "Before a plan is shown",
    "POST /requests/{request_id}/plan": "An erasure's plan",
    "POST /requests/{request_id}/contest": "A correction that is not made, previewed",
    "GET /requests/{request_id}/review": "Before a copy is shown",
    "POST /requests/{request_id}/review": "The review of a copy",
    "GET /requests/{request_id}/messages": "Before what the person sent is shown",
    "POST /requests/{request_id}/messages": "What the person sent",
    "GET /requests/{request_id}/errors/{correlation}": "Before what a system said is shown",
    "POST /requests/{request_id}/errors/{correlation}": "An error that there is not",
    "POST /requests/{request_id}/package": "The package takes a reason, too",
    "GET /tasks": "Tasks",
    "GET /tasks/{task_id}": "Pages with personal data ask why first",
    "POST /tasks/{task_id}": "A task",
    "POST /tasks/{task_id}/done": "A task's answer, previewed; files are added here",
    "POST /letters/{letter_id}/handed": "A letter that somebody handed over",
    "POST /letters/{letter_id}/read": "A letter to hand over",
    "GET /find": "Find a person",
    "POST /find": "Nobody was found",
    "GET /systems": "How the connected systems serve",
    "POST /systems/{system}/retry": "Try a system again, for every request that waits for it",
    "GET /overview": "All open requests at a glance",
    "GET /reports": "A report of a period",
    "GET /reports/california": "California's yearly metrics",
    "GET /sign-in": "The development sign-in",
    "POST /sign-in": "An account that has nothing to do here",
}
PERSON: Mapping[str, str] = {
    "GET /ask/{controller}": "The rights that somebody has",
    "GET /ask/{controller}/{right}": "A form",
    "POST /ask/{controller}/{right}": "A slip is named; nothing typed is lost",
    "GET /opt-out/{controller}": "The opt-out that a site links to",
    "GET /v/{reference}": "The code",
    "POST /v/{reference}": "A code that is not right",
    "POST /v/{reference}/code": "Another code",
    "GET /mine": "Where the request stands",
    "POST /mine/send": "A message, with a slip",
    "GET /mine/withdraw": "Taking it back",
    "POST /mine/{act}": "The page is closed",
    "GET /d/{token}": "The package",
    "POST /d/{token}": "A link that works no more",
    "POST /d/{token}/code": "No code goes out for a link that there is not",
}
OTHERS: Mapping[str, str] = {
    "GET /p/{token}": "A processor's instruction",
    "POST /p/{token}": "What they see once they have confirmed it",
    "POST /p/{token}/answer": "Their answer, with a slip",
    "GET /r/{token}": "A recipient says that it is done",
    "POST /r/{token}": "A recipient's link that there is not",
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


async def take(narrow: Path | None = None) -> None:
    """Take them all, in the order in which the pages are reached; as a phone shows them, too, in that folder."""
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
                    await _picture(visitor, FOLDER / f"{name_of(route)}.png", WIDE)
                    if narrow is not None:
                        await _picture(visitor, narrow / f"{name_of(route)}.png", NARROW)


async def _picture(visitor: Visitor, file: Path, width: int) -> None:
    await visitor.page.set_viewport_size({"width": width, "height": HEIGHT})
    tall = int(await visitor.page.evaluate("document.documentElement.scrollHeight"))
    await visitor.page.set_viewport_size({"width": width, "height": min(tall, TALLEST)})
    await visitor.page.screenshot(path=file)
    await visitor.page.set_viewport_size({"width": WIDE, "height": HEIGHT})


if __name__ == "__main__":
    logs.configure("critical")
    given = ArgumentParser(prog="python -m docs.screenshots", description="Take the pictures of every page anew.")
    given.add_argument("--narrow", type=Path, help="a folder for the same pages as a phone shows them, to look at")
    asyncio.run(take(given.parse_args().narrow))
    PAGE.write_text(text(), encoding="utf-8")
