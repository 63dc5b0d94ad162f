"""What operators see: alerts with a runbook and a test each, and nothing that asks for a metric that there is not."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import temporalio.bridge

from docs.metrics import metrics
from tests.deploy.external import ROOT, tool

yaml = pytest.importorskip("yaml", reason="missing part: PyYAML")

RULES = ROOT / "deploy/prometheus/habeas.rules.yml"
TESTS = sorted((ROOT / "tests/deploy").glob("alerts*.yaml"))
BOARD = ROOT / "deploy/grafana/habeas.json"
GRAFANA = ROOT / ".peers/grafana/bin/python"
_METRIC = re.compile(r"\b(?:habeas|temporal)_[a-z0-9_]+")
_LABELS = re.compile(r"(habeas_[a-z0-9_]+)\{([^}]*)\}")
_PARTS = ("_bucket", "_sum", "_count")


def _alerts() -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        yield from group["rules"]


ALERTS = {one["alert"]: one for one in _alerts()}


@pytest.fixture(scope="module")
def sdk() -> bytes:
    """The Temporal SDK's compiled part: names of its metrics stand in it, without prefix and unit."""
    (library,) = Path(temporalio.bridge.__path__[0]).glob("temporal_sdk_bridge*.so")
    return library.read_bytes()


def unknown(text: str, sdk: bytes) -> set[str]:
    """Metrics, and labels of ours, that a text asks for and nothing tells."""
    ours = {one.name: {*one.labels, "le", "instance", "job"} for one in metrics()}
    found = set()
    for name in _METRIC.findall(text):
        base = next((name.removesuffix(part) for part in _PARTS if name.endswith(part)), name)
        if name.startswith("temporal_"):
            plain = base.removeprefix("temporal_").removesuffix("_total").removesuffix("_seconds")
            if plain.encode() not in sdk:
                found.add(name)
        elif base not in ours and name not in ours:
            found.add(name)
    for name, wanted in _LABELS.findall(text):
        base = next((name.removesuffix(part) for part in _PARTS if name.endswith(part)), name)
        known = ours.get(name) or ours.get(base) or set()
        found |= {f"{name}{{{label}}}" for label in re.findall(r"(\w+)\s*(?:=|!)", wanted) if label not in known}
    return found


def test_prometheus_takes_the_rules_and_each_alert_rings_when_it_should() -> None:
    checks: tuple[tuple[str | Path, ...], ...] = (("check", "rules", RULES), ("test", "rules", *TESTS))
    for words in checks:
        ended = subprocess.run((tool("promtool"), *words), capture_output=True, text=True, timeout=120)  # noqa: S603  fixed words
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_each_alert_is_tried_both_ways() -> None:
    tried: dict[str, set[bool]] = {}
    for file in TESTS:
        for case in (case for one in yaml.safe_load(file.read_text())["tests"] for case in one["alert_rule_test"]):
            tried.setdefault(case["alertname"], set()).add(bool(case["exp_alerts"]))
    assert tried == {name: {True, False} for name in ALERTS}


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_has_a_runbook_that_names_it(name: str) -> None:
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    runbook = ROOT / rule["annotations"]["runbook"]
    text = runbook.read_text(encoding="utf-8")
    assert re.match(r"# \S.*\n", text)
    for part in ("\n**Look**, in the Temporal UI: `", "\n**Do.**\n", "\n**Whom to call**: "):
        assert part in text, f"{runbook.name} lacks {part.strip()}"
    assert runbook.name in (runbook.parent / "README.md").read_text(encoding="utf-8")


def test_alerts_ask_for_metrics_that_there_are(sdk: bytes) -> None:
    assert unknown(RULES.read_text(), sdk) == set()
    assert unknown("habeas_requests_opne temporal_nothing_total habeas_system_up{sytsem='x'}", sdk) == {
        "habeas_requests_opne",
        "temporal_nothing_total",
        "habeas_system_up{sytsem}",
    }


def _panels() -> list[dict[str, Any]]:
    return [one for one in json.loads(BOARD.read_text(encoding="utf-8"))["panels"] if one["type"] != "row"]


def _queries() -> list[str]:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in _panels() for target in panel["targets"]]
    return [*asked, *(one["expr"] for one in board["annotations"]["list"])]


def test_the_board_asks_for_metrics_that_there_are(sdk: bytes) -> None:
    assert unknown("\n".join(_queries()), sdk) == set()
    (controllers,) = [one["query"]["query"] for one in json.loads(BOARD.read_text())["templating"]["list"][1:]]
    assert unknown(controllers, sdk) == set()


def test_prometheus_can_read_what_the_board_asks(tmp_path: Path) -> None:
    """Each query as a rule of its own: what promtool reads, Prometheus does."""
    rules = [
        {"record": f"board:{number}", "expr": query.replace("$controller", ".*")}
        for number, query in enumerate(_queries())
        if not query.startswith("ALERTS")
    ]
    file = tmp_path / "board.yml"
    file.write_text(json.dumps({"groups": [{"name": "board", "rules": rules}]}))
    ended = subprocess.run((tool("promtool"), "check", "rules", file), capture_output=True, text=True, timeout=60)  # noqa: S603  fixed words
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_what_the_whole_installation_tells_is_never_summed_over_processes() -> None:
    whole = {one.name for one in metrics() if one.whole}
    for query in (*_queries(), *(one["expr"] for one in ALERTS.values())):
        for name in _METRIC.findall(query):
            if name in whole:
                before = query[: query.index(name)]
                nearest = re.findall(r"\b(sum|max|min|absent|count)\b[^()]*(?:\([^()]*\))?\s*\($", before)
                assert nearest
                assert nearest[-1] in {"max", "min", "absent"}, f"{name} in {query}"


def test_grafana_knows_everything_that_stands_on_the_board() -> None:
    if not GRAFANA.exists():
        pytest.skip("missing part: grafana-foundation-sdk (.ci/peers installs it)")
    words = (GRAFANA, Path(__file__).with_name("board_models.py"), BOARD)
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60)  # noqa: S603  fixed words
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_board_fits_together() -> None:
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    ids = [one["id"] for one in board["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for one in board["panels"]:
        at = one["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, one["title"]
        taken |= cells
    for one in _panels():
        assert one["description"], one["title"]
        assert {target["datasource"]["uid"] for target in one["targets"]} == {"${datasource}"}
        for said in re.findall(r"Runbooks?: ([a-z_, ]+)", one["description"]):
            for name in said.split(", "):
                assert (ROOT / f"docs/runbooks/{name.strip()}.md").exists(), name
