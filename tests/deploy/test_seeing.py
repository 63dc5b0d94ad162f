"""What operators see: alerts with a runbook and a test each, and nothing that asks for a metric that there is not."""

from __future__ import annotations

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
TESTS = ROOT / "tests/deploy/alerts.yaml"
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
    for words in (("check", "rules", RULES), ("test", "rules", TESTS)):
        ended = subprocess.run((tool("promtool"), *words), capture_output=True, text=True, timeout=120)  # noqa: S603  fixed words
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_each_alert_is_tried_both_ways() -> None:
    tried: dict[str, set[bool]] = {}
    for one in yaml.safe_load(TESTS.read_text())["tests"]:
        for case in one["alert_rule_test"]:
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
