"""Links lead somewhere, tests that are named exist, and the table of settings is the code's."""

import importlib
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from habeas.errors import ConfigurationError, HabeasError
from habeas.law import regimes
from tests.docs.pages import PAGES, ROOT
from workflows.attributes import SEARCH_ATTRIBUTES

_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]+)?\)")
TOLD_AT_ONCE = frozenset(
    {
        "bad_input",
        "key_reused",
        "unknown_regime",
        "unknown_request",
        "wrong_stage",
        "wrong_code",
        "link_refused",
        "not_sent_yet",
        "connector",
    }
)
"""Answers to whoever asks; no screen shows them later."""
_TEST = re.compile(r"`(tests/[\w/.]+?)(?:::(\w+))?`")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, _ in _LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_test_that_is_named_exists(page: Path) -> None:
    for target, name in _TEST.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
        if name:
            assert f"def {name}(" in (ROOT / target).read_text(encoding="utf-8"), f"{target}::{name}"


def test_every_threat_names_the_test_that_holds_it() -> None:
    rows = [line for line in (ROOT / "docs/threats.md").read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    threats = [row for row in rows if not row.startswith("| Threat ")]
    assert len(threats) > 40
    assert [row for row in threats if not any(name for _, name in _TEST.findall(row))] == []


def test_the_table_of_settings_is_that_of_the_code() -> None:
    page = (ROOT / "docs/deploy-it.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "docs/settings.py"))
    assert page.count("`HABEAS_LEDGER__URL`") == 1
    assert made["written"](page) == page, "run: python -m docs.settings"
    for row in made["rows"]():
        assert row.text, f"{row.name}: say in workers/settings.py what it is"


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    page = (ROOT / "docs/operate-it.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "docs/metrics.py"))
    assert "`habeas_requests_open`" in page
    assert made["written"](page) == page, "run: python -m docs.metrics"


def test_the_table_of_events_is_that_of_the_code() -> None:
    page = (ROOT / "docs/operate-it.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "docs/events.py"))
    events = made["events"]()
    unnamed = [call.where for call in events.pop("", [])]
    assert unnamed == [], "log a constant of the module, with what it means written under it"
    assert len(events) > 40
    assert [name for name in events if not re.fullmatch(r"[a-z][a-z_.]+", name)] == []
    meant = {name: {call.text for call in several} for name, several in events.items()}
    assert {name: texts for name, texts in meant.items() if len(texts) > 1 or "" in texts} == {}
    assert made["written"](page) == page, "run: python -m docs.events"


def test_the_tables_of_the_law_are_those_of_the_code() -> None:
    page = (ROOT / "docs/law-tables.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "docs/law_tables.py"))
    assert made["written"](page) == page, "run: python -m docs.law_tables"
    rows = {line.split(" |")[0]: line for line in page.splitlines() if line.startswith("| ")}
    assert len([law for law in regimes() if f"\n## {law}\n" in page]) == len(regimes()) > 10
    assert "| one month | moves | three months from the start |" in page[page.index("\n## EU-GDPR\n") :]
    assert "| 90 days | 45 days more | 60 days |" in rows["| Iowa (`US-IA`)"]


def test_the_links_into_temporals_ui_are_the_readmes_queries() -> None:
    page = (ROOT / "docs/operate-it.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(ROOT / "docs/views.py"))
    assert made["written"](page) == page, "run: python -m docs.views"
    found = [
        parse_qs(urlsplit(link).query)["query"] for link in re.findall(r"\]\((http://127.0.0.1:8233/[^)]+)\)", page)
    ]
    assert found == [[view.query] for view in made["views"]()]
    assert len(found) > 10
    known = {*SEARCH_ATTRIBUTES, "TemporalReportedProblems"}
    named = {name for (query,) in found for name in re.findall(r"\b(?:Habeas|Temporal)[A-Z]\w+", query)}
    assert named <= known


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


def _kinds(of: type[HabeasError]) -> Iterator[type[HabeasError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _kinds(kind)


def test_every_error_that_an_activity_may_show_has_a_page_to_turn_to() -> None:
    page = (ROOT / "docs/what-the-screen-shows.md").read_text(encoding="utf-8")
    importlib.import_module("workers.worker")  # and with it everything that a worker runs
    shown = {
        kind.code
        for kind in _kinds(HabeasError)
        if kind.__module__.split(".")[0] in {"habeas", "activities"}
        and kind.code not in TOLD_AT_ONCE
        and kind is not ConfigurationError
    }
    assert {"transient", "terminal", "quarantine", "data_map"} < shown
    waits = {
        "left_alone",
        "not_confirmed",
        "task_open",
        "processor_asked",
        "ambiguous_match",
        "no_address",
        "timeout",
        "unexpected",
    }
    for code in shown | waits:
        assert re.search(rf"\b{code}\b", page), code


def test_the_openapi_files_are_those_of_the_code() -> None:
    made = runpy.run_path(str(ROOT / "docs/openapi.py"))
    for file, text in made["texts"]().items():
        assert file.read_text(encoding="utf-8") == text, "run: python docs/openapi.py"


def test_every_picture_of_a_page_is_there() -> None:
    made = runpy.run_path(str(ROOT / "docs/screenshots.py"))
    assert (ROOT / "docs/pages.md").read_text(encoding="utf-8") == made["text"](), "run: make screenshots"
    routes = {route for pages in made["PARTS"].values() for route in pages}
    # Where nobody signs in by a provider, the way back from one leads to the sign-in.
    assert set(made["WAYS"]) - routes == {"GET /sign-in/callback"}
    assert routes <= set(made["WAYS"])
    assert {file.stem for file in made["FOLDER"].iterdir()} == {made["name_of"](route) for route in routes}
