"""Links lead somewhere, tests that are named exist, and the table of settings is the code's."""

import re
import runpy
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT

_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]+)?\)")
_TEST = re.compile(r"`(tests/[\w/.]+)`")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, _ in _LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_test_that_is_named_exists(page: Path) -> None:
    for target in _TEST.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target


def test_the_table_of_settings_is_that_of_the_code() -> None:
    page = (ROOT / "docs/deploy-it.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "docs/settings.py"))
    assert page.count("`HABEAS_LEDGER__URL`") == 1
    assert made["written"](page) == page, "run: python docs/settings.py"
    for row in made["rows"]():
        assert row.text, f"{row.name}: say in workers/settings.py what it is"


def test_every_page_is_reached_from_the_readme() -> None:
    reached, queue = {ROOT / "README.md"}, [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        for target, _ in _LINK.findall(page.read_text(encoding="utf-8")):
            found = (page.parent / target).resolve()
            if found.suffix == ".md" and found not in reached:
                reached.add(found)
                queue.append(found)
    assert set(PAGES) == reached
