"""How the documents become a site: ``make docs``. What is where comes from `docs/index.md`, a page for people too."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

project = "Habeas"
html_title = "Habeas"
extensions = ["myst_parser"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "deploy/**/README.md"]
exclude_patterns = [".*", "activities", "build", "dist", "habeas*", "tests", "var", "workers", "workflows"]
myst_heading_anchors = 4
nitpicky = True
html_theme = "furo"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_show_search_summary = False  # a browser lets no page that is a file read another
html_additional_pages = {"index": "begin.html"}
templates_path = ["."]

PARTS = re.compile(r"^## (.+)\n((?:\n|(?!#).+\n)*)", re.MULTILINE)
"""The headings of the first page with what stands under each."""
ENTRY = re.compile(r"^- \[([^\]]+)\]\(([^)#]+\.md)\)$", re.MULTILINE)
"""A line that is a link to a page and nothing else."""
_ADDRESS = r"""[^>]*(?:src|href)="(?:https?:)?//[^>]*>"""
FETCHED = re.compile(r"""<(?:script|img|iframe|link(?=[^>]*rel="(?:stylesheet|preload|icon)"))""" + _ADDRESS)
"""What a browser loads by itself, from another place."""
LISTS = ("docs/decisions/README", "docs/runbooks/README")
"""Pages that list those beside them."""


def _tree(entries: list[tuple[str, str]], folder: PurePosixPath, caption: str = "") -> str:
    lines = ["", "```{toctree}", ":hidden:", *([f":caption: {caption}"] if caption else []), ""]
    lines += [f"{title} </{_resolved(folder, target)}>" for title, target in entries]
    return "\n".join([*lines, "```", ""])


def _resolved(folder: PurePosixPath, target: str) -> str:
    parts: list[str] = []
    for part in (folder / target.removesuffix(".md")).parts:
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def trees(_app: Sphinx, page: str, source: list[str]) -> None:
    """Put the trees of contents below the lists that people read."""
    folder = PurePosixPath(page).parent
    if page == root_doc:
        source[0] += "".join(_tree(ENTRY.findall(text), folder, title) for title, text in PARTS.findall(source[0]))
        source[0] += _tree([("Habeas", "../README.md")], folder)
    elif page in LISTS:
        source[0] += _tree(ENTRY.findall(source[0]), folder)


def nothing_from_elsewhere(app: Sphinx, failed: Exception | None) -> None:
    """Stop where a browser would fetch a part of a page from another place: the site is read offline."""
    for page in () if failed else sorted(Path(app.outdir).rglob("*.html")):
        if found := FETCHED.search(page.read_text(encoding="utf-8")):
            raise ExtensionError(f"{page.relative_to(app.outdir)} would load {found[0]}")


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx asks for this by name."""
    app.connect("source-read", trees)
    app.connect("build-finished", nothing_from_elsewhere)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
