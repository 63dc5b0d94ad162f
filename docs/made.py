"""A part of a page that is made from the code: between two comments, the first of which says by what."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

__all__ = ["between", "write"]


def between(page: str, name: str, content: str) -> str:
    """The page with this content where ``docs/NAME.py`` makes it."""
    begin, end = f"<!-- {name}: made by docs/{name}.py -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    return pattern.sub(lambda _: f"{begin}\n\n{content}\n\n{end}", page)


def write(page: Path, written: Callable[[str], str]) -> None:
    """Write a page as it should be."""
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"Wrote {page}\n")
