"""The documents, taken apart."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
_DEPLOY = ("controllers", "grafana", "helm/habeas", "prometheus", "systemd")
_ELSEWHERE = tuple(ROOT / "deploy" / folder / "README.md" for folder in _DEPLOY)
PAGES = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *_ELSEWHERE]))
_BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`((?:habeas|make) [^`\n]+)`")


class Line(NamedTuple):
    """One command line in a document."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {shlex.join(self.words)}"


def shell_lines() -> Iterator[Line]:
    """Every line of every shell block."""
    for page in PAGES:
        for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                yield from _lines(page, line)


def inline_lines() -> Iterator[Line]:
    """Every `habeas …` or `make …` in running text that is a whole command line; prose leaves options out."""
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for line in _INLINE.findall(text):
            yield from _lines(page, line)


def _lines(page: Path, line: str) -> Iterator[Line]:
    words = shlex.split(line, comments=True)
    name = page.relative_to(ROOT).as_posix()
    for start, word in enumerate(words):
        if word in {"habeas", "make"} and (start == 0 or words[start - 1] in {"&&", "worker"}):
            rest = words[start:]
            yield Line(name, tuple(rest[: rest.index("&&")] if "&&" in rest else rest))
