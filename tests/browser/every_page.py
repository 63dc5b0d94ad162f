"""Every page of the desk and how to get to it, by its route; a route without a page of its own says why."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from playwright.async_api import Page

from tests.acceptance.house import House
from tests.browser.person import SAID
from tests.browser.scenes import Scenes
from tests.browser.staff import SAY, WHY

UNKNOWN = "A" * 43
ERROR = "e" * 32
"""No system fails in the scenes: that there is no such error."""


@dataclass(frozen=True)
class Visitor:
    """Staff and the person in one window: their cookies do not meet."""

    house: House
    page: Page
    scenes: Scenes

    async def go(self, path: str) -> None:
        """Open a page."""
        await self.page.goto(path)

    async def press(self, name: str) -> None:
        """Press the first button with this name, and wait for the page that follows."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=name, exact=True).first.click()

    async def look(self, path: str, button: str = "forms.look") -> None:
        """A page that shows personal data: it asks why."""
        await self.go(path)
        if button == "forms.look":
            await self.page.locator("input[name=reason]").fill(WHY)
        await self.press(SAY.text(button))

    async def send(self, action: str, **fields: str) -> None:
        """Send the form that goes there from the page that is open, though the browser would ask for more first."""
        form = self.page.locator(f'form[action$="{action}"]').first
        for name, value in fields.items():
            field = form.locator(f'[name="{name}"]').first
            await field.evaluate("(one, value) => { one.value = value }", value)
        async with self.page.expect_navigation():
            await form.evaluate("one => { one.noValidate = true; one.requestSubmit() }")

    async def visit(self) -> None:
        """The person's own page, by code, once."""
        await self.go("/mine")
        if await self.page.get_by_role("button", name=SAID["mine_leave"]).count() == 0:
            await self.go(f"/v/{self.scenes.verifying}")
            await self.page.locator("#code").fill(await self.house.code(self.scenes.verifying))
            await self.press(SAID["code_button"])
            await self.go("/mine")

    def request(self, which: str) -> str:
        """The path of a request's page."""
        return f"/requests/{getattr(self.scenes, which)}"


Way = Callable[[Visitor], Awaitable[None]]


def _at(path: str) -> Way:
    return lambda one: one.go(path)


async def _preview(one: Visitor) -> None:
    await one.go(one.request("copy"))
    offer = one.page.locator("#act-extend")
    await offer.locator("summary").click()
    await offer.get_by_role("radio").first.check()
    await offer.get_by_role("textbox").last.fill("There is much to put together.")
    async with one.page.expect_navigation():
        await offer.get_by_role("button", name=SAY.text("forms.preview")).click()


async def _demands(one: Visitor) -> None:
    await one.go("/open")
    await one.send("/open", right="access", controller="demo", emails="ada@example.org")


async def _found(one: Visitor) -> None:
    await one.go("/find")
    await one.send("/find", value="nobody@example.org", reason=WHY)


async def _contest(one: Visitor) -> None:
    await one.look(f"{one.request('correction')}/plan")
    await one.page.locator('input[name="correction"]').first.evaluate("one => { one.checked = true }")
    await one.send(f"{one.request('correction')}/contest", why_not="The contract has the number that we have.")


async def _match_slip(one: Visitor) -> None:
    await one.look(f"{one.request('clarifying')}/match")
    await one.press(SAY.text("forms.preview"))


async def _task_answer(one: Visitor) -> None:
    await one.look(f"/tasks/{one.scenes.task}")
    await one.page.get_by_label(SAY.text("tasks.found_something")).check()
    await one.page.locator("#task-reason").fill("Folder 12")
    await one.press(SAY.text("forms.preview"))


async def _why_handed(one: Visitor) -> None:
    await one.go(one.request("by_hand"))
    await one.send(f"/letters/{one.scenes.letter}/handed")


async def _letter(one: Visitor) -> None:
    await one.go(one.request("by_hand"))
    # It is read where it did not reach us; its form is otherwise the same.
    handed, read = (f"/letters/{one.scenes.letter}/{what}" for what in ("handed", "read"))
    await one.page.locator(f'form[action="{handed}"]').evaluate("(one, to) => one.setAttribute('action', to)", read)
    await one.send(read, reason=WHY)


async def _why_package(one: Visitor) -> None:
    await one.go(one.request("closed"))
    await one.send(f"{one.request('closed')}/package")


async def _no_account(one: Visitor) -> None:
    await one.go("/sign-in")
    await one.send("/sign-in", account="stranger")


async def _ask_slip(one: Visitor) -> None:
    await one.go("/ask/demo/access")
    await one.send("/ask/demo/access", email="nobody")


async def _wrong_code(one: Visitor) -> None:
    await one.go("/v/HB-0000-0000-0000")
    await one.page.locator("#code").fill("00000000")
    await one.press(SAID["code_button"])


async def _sent_code(one: Visitor) -> None:
    await one.go("/v/HB-0000-0000-0000")
    await one.press(SAID["code_new"])


async def _used_link(one: Visitor) -> None:
    await one.go(f"/d/{UNKNOWN}")
    await one.page.locator("#code").fill("00000000")
    await one.press(SAID["download_button"])


async def _link_code(one: Visitor) -> None:
    await one.go(f"/d/{UNKNOWN}")
    await one.press(SAID["download_code"])


async def _holder(one: Visitor) -> None:
    await one.go(one.request("copy"))
    await one.send(f"{one.request('copy')}/holder")


async def _retry(one: Visitor) -> None:
    # No system fails in the scenes, and where people are waited for there is no such form.
    await one.go(one.request("copy"))
    holder, retry = f"{one.request('copy')}/holder", "/systems/crm/retry"
    await one.page.locator(f'form[action="{holder}"]').first.evaluate(
        "(one, to) => one.setAttribute('action', to)", retry
    )
    await one.send(retry)


async def _mine_slip(one: Visitor) -> None:
    await one.visit()
    await one.send("/mine/send")


async def _withdraw(one: Visitor) -> None:
    await one.visit()
    await one.go("/mine/withdraw")


async def _left(one: Visitor) -> None:
    await one.visit()
    await one.press(SAID["mine_leave"])


async def _recipient(one: Visitor) -> None:
    await one.go(f"/r/{UNKNOWN}")
    await one.press(SAID["recipient_button"])


async def _instruction(one: Visitor) -> None:
    await one.go(one.scenes.processor)
    async with one.page.expect_navigation():
        await one.page.get_by_role("button").click()


async def _instruction_slip(one: Visitor) -> None:
    await _instruction(one)
    await one.send(f"{one.scenes.processor}/answer")


PAGES: Mapping[str, Way | str] = {
    "GET /": _at("/"),
    "GET /language/{language}": "leads back to the page it came from",
    "GET /requests/{request_id}": lambda one: one.go(one.request("erasure")),
    "GET /requests/{request_id}/acts/{kind}": lambda one: one.go(f"{one.request('copy')}/acts/refuse"),
    "POST /requests/{request_id}/acts/{kind}": _preview,
    "GET /requests/{request_id}/plan": lambda one: one.go(f"{one.request('erasure')}/plan"),
    "POST /requests/{request_id}/plan": lambda one: one.look(f"{one.request('erasure')}/plan"),
    "POST /requests/{request_id}/contest": _contest,
    "GET /requests/{request_id}/match": lambda one: one.go(f"{one.request('clarifying')}/match"),
    "POST /requests/{request_id}/match": _match_slip,
    "GET /requests/{request_id}/messages": lambda one: one.go(f"{one.request('clarifying')}/messages"),
    "POST /requests/{request_id}/messages": lambda one: one.look(f"{one.request('clarifying')}/messages"),
    "POST /requests/{request_id}/messages/file": "a file, to be saved",
    "GET /requests/{request_id}/errors/{correlation}": lambda one: one.go(f"{one.request('copy')}/errors/{ERROR}"),
    "POST /requests/{request_id}/errors/{correlation}": lambda one: one.look(f"{one.request('copy')}/errors/{ERROR}"),
    "POST /requests/{request_id}/package": _why_package,
    "GET /requests/{request_id}/review": lambda one: one.go(f"{one.request('copy')}/review"),
    "POST /requests/{request_id}/review": lambda one: one.look(f"{one.request('copy')}/review", "review.look"),
    "POST /requests/{request_id}/review/file": "a file, to be saved",
    "POST /requests/{request_id}/holder": _holder,
    "GET /overview": _at("/overview"),
    "GET /reports": _at("/reports?controller=demo&from=2026-01-01&to=2026-12-31"),
    "GET /reports/california": _at("/reports/california?controller=demo&year=2026"),
    "GET /systems": _at("/systems"),
    "POST /systems/{system}/retry": _retry,
    "GET /live": "for the page's script",
    "GET /open": _at("/open"),
    "POST /open": _demands,
    "GET /find": _at("/find"),
    "POST /find": _found,
    "GET /tasks": _at("/tasks"),
    "GET /tasks/{task_id}": lambda one: one.go(f"/tasks/{one.scenes.task}"),
    "POST /tasks/{task_id}": lambda one: one.look(f"/tasks/{one.scenes.task}"),
    "POST /tasks/{task_id}/done": _task_answer,
    "POST /letters/{letter_id}/handed": _why_handed,
    "POST /letters/{letter_id}/read": _letter,
    "GET /sign-in": _at("/sign-in"),
    "POST /sign-in": _no_account,
    "GET /sign-in/start": "leads to the provider",
    "GET /sign-in/callback": _at("/sign-in/callback"),
    "POST /sign-out": "leads to the sign-in",
    "GET /ask/{controller}": _at("/ask/demo"),
    "GET /ask/{controller}/{right}": _at("/ask/demo/rectification"),
    "POST /ask/{controller}/{right}": _ask_slip,
    "GET /opt-out/{controller}": _at("/opt-out/demo"),
    "GET /v/{reference}": lambda one: one.go(f"/v/{one.scenes.verifying}"),
    "POST /v/{reference}": _wrong_code,
    "POST /v/{reference}/code": _sent_code,
    "GET /d/{token}": lambda one: one.go(f"/d/{one.scenes.download}"),
    "POST /d/{token}/code": _link_code,
    "POST /d/{token}": _used_link,
    "GET /mine": lambda one: one.visit(),
    "POST /mine/send": _mine_slip,
    "GET /mine/withdraw": _withdraw,
    "POST /mine/{act}": _left,
    "GET /r/{token}": _at(f"/r/{UNKNOWN}"),
    "POST /r/{token}": _recipient,
    "GET /p/{token}": lambda one: one.go(one.scenes.processor),
    "POST /p/{token}": _instruction,
    "POST /p/{token}/answer": _instruction_slip,
    "GET /.well-known/gpc.json": "for programs",
    "POST /hooks/{source}": "for programs",
    "POST /hooks/systems/{system}": "for programs",
    "GET /healthz": "for programs",
    "GET /readyz": "for programs",
    "GET /static/desk.css": "no page",
    "GET /static/live.js": "no page",
}
"""In an order in which none takes away what another shows."""
WAYS: Mapping[str, Way] = {route: way for route, way in PAGES.items() if not isinstance(way, str)}
