"""Saved views for the Temporal UI, from the README's queries, in `operate-it.md`: ``python -m docs.views`` writes them.

With an address and a namespace it prints links for that UI: ``python -m docs.views https://temporal.example habeas``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from docs.made import between, write

__all__ = ["View", "links", "views", "written"]

README = Path(__file__).parents[1] / "README.md"
PAGE = Path(__file__).with_name("operate-it.md")
HERE, NAMESPACE = "http://127.0.0.1:8233", "habeas"
"""As Compose has them."""
_ROW = re.compile(r"^\| ([^|]+) \| `([^`]+)` \|$", re.MULTILINE)


class View(NamedTuple):
    """One list of workflows."""

    title: str
    query: str

    def link(self, address: str, namespace: str) -> str:
        """It in a UI."""
        return f"{address.rstrip('/')}/namespaces/{quote(namespace)}/workflows?query={quote(self.query)}"


def views() -> list[View]:
    """Those of the README, in its order."""
    text = README.read_text(encoding="utf-8").split("<!-- queries")[1].split("\n## ")[0]
    return [View(*found) for found in _ROW.findall(text)]


def links(address: str, namespace: str) -> str:
    """A Markdown list of all, in this UI."""
    return "\n".join(f"- [{one.title}]({one.link(address, namespace)})" for one in views())


def written(page: str) -> str:
    """The page with the list as it should be."""
    return between(page, "views", links(HERE, NAMESPACE))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        sys.stdout.write(links(sys.argv[1], sys.argv[2]) + "\n")
    else:
        write(PAGE, written)
