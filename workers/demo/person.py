"""What the person does: reads their mail, gives the code, downloads the package from the desk."""

from __future__ import annotations

import asyncio
import hashlib
import re
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from activities.package import verify_package
from habeas.errors import HabeasError
from workers.demo.result import Export
from workers.maildir import messages

PATIENCE = 60.0
LOOK_EVERY = 0.2
_CODE = re.compile(r"^\s*(\d{4}[ -]?\d{4})\s*$", re.MULTILINE)
_LINK = re.compile(r"https?://\S+/d/[A-Za-z0-9_-]+")


class NoLetter(HabeasError):
    """The letter that the story needs did not arrive."""

    code = "no_letter"
    remedy = "Look at the mailbox's log in the data folder."


async def read_code(data_dir: Path, request_id: str, used: set[str]) -> str:
    """The newest one-time code for a request that was not used yet, from the person's mail."""
    return await _from_mail(data_dir, request_id, _CODE, used)


async def read_link(data_dir: Path, request_id: str) -> str:
    """The download link, from the person's mail."""
    return await _from_mail(data_dir, request_id, _LINK, set())


async def _from_mail(data_dir: Path, request_id: str, wanted: re.Pattern[str], used: set[str]) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                for mail in await asyncio.to_thread(messages, data_dir):
                    found = wanted.search(mail.text)
                    word = found and found.group(found.lastindex or 0)
                    if request_id in mail.text and word and word not in used:
                        return word
                await asyncio.sleep(LOOK_EVERY)
    except TimeoutError:
        raise NoLetter from None


async def ask_for_code(link: str) -> None:
    """Have the code sent that goes with a link: it alone hands nothing over."""
    await asyncio.to_thread(_post, f"{link}/code", {})


async def download(link: str, code: str, to: Path) -> Export:
    """Enter the code behind a one-time link, keep the package and check it as the person could."""
    content = await asyncio.to_thread(_fetch, link, code, to)

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    check = await verify_package(chunks())
    return Export(path=str(to), sha256=hashlib.sha256(content).hexdigest(), size=len(content), files=check.files)


def _fetch(link: str, code: str, to: Path) -> bytes:
    content = _post(link, {"code": code})
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    to.write_bytes(content)
    return content


def _post(link: str, form: dict[str, str]) -> bytes:
    if urlsplit(link).hostname != "127.0.0.1":
        raise NoLetter("The link leads elsewhere than to this machine.")
    request = urllib.request.Request(link, data=urlencode(form).encode())  # noqa: S310  # loopback, checked above
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  # loopback, checked above
        return bytes(answer.read())
