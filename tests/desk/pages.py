"""Staff's pages as somebody at a browser uses them: a form is read off the page, filled in and sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx2


@dataclass
class Form:
    """A form as it stands on a page."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._area: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(said["action"])
            self.forms.append(self._open)
        if self._open is None:
            return
        name, value = said.get("name", ""), said.get("value", "")
        if tag == "input" and said.get("type") in {"radio", "checkbox"}:
            self._open.choices.setdefault(name, []).append(value)
            if "checked" in said:
                self._open.values[name] = value
        elif tag == "input" and said.get("type") != "file":
            self._open.values[name] = value
        elif tag == "textarea":
            self._area = name
            self._open.values[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._open.choices.setdefault(self._select, []).append(value)
            if "selected" in said or self._select not in self._open.values:
                self._open.values[self._select] = value

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area is not None:
            self._open.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None
        elif tag == "select":
            self._select = None
        elif tag == "form":
            self._open = None


def forms(page: httpx2.Response) -> list[Form]:
    """Every form of a page."""
    reader = _Reader()
    reader.feed(page.text)
    return reader.forms


def form(page: httpx2.Response, action: str, **has: str) -> Form:
    """The one form of a page that goes there, and has these values."""
    found = [one for one in forms(page) if one.action == action and has.items() <= one.values.items()]
    assert len(found) == 1, (action, [one.action for one in forms(page)])
    return found[0]


async def send(browser: httpx2.AsyncClient, one: Form, **typed: str) -> httpx2.Response:
    """The form, filled in and sent."""
    return await browser.post(one.action, data={**one.values, **typed})


async def act(
    browser: httpx2.AsyncClient, request_id: str, kind: str, typed: Mapping[str, str], **has: str
) -> httpx2.Response:
    """An act from the request's page, previewed and confirmed."""
    action = f"/requests/{request_id}/acts/{kind}"
    shown = await send(browser, form(await browser.get(f"/requests/{request_id}"), action, **has), **typed)
    assert shown.status_code == 200, said(shown)
    return await send(browser, form(shown, action, step="do"))


def said(page: httpx2.Response) -> str:
    """A page's text."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())
