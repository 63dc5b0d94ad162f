"""The table of faults has a row for every step, and every test that it names is there and runs."""

from __future__ import annotations

import runpy
from collections import Counter

from tests.guarantees.faults import STEPS, Fault, named, registry, stories
from tests.guarantees.table import ROOT, fault
from tests.guarantees.timers import AWAY, FIRES, REPLAYED, timers
from tests.workflows.test_away import TOLD as AWAY_TOLD
from tests.workflows.test_struck import TOLD


def test_every_step_that_a_worker_serves_has_one_row() -> None:
    assert Counter(one.name for one in STEPS) == Counter(registry())


def test_every_test_that_is_named_is_there_and_runs() -> None:
    assert {test: why for test in named() if (why := fault(test))} == {}
    assert stories() <= TOLD.keys()


def test_every_timer_that_is_told_of_is_one_of_the_workflows() -> None:
    assert FIRES.keys() <= {(one.module, one.summary) for one in timers()}
    assert set(FIRES.values()) <= AWAY_TOLD.keys()
    assert {test: why for test in (AWAY, REPLAYED) if (why := fault(test))} == {}


def test_whoever_is_called_may_fail_in_every_way() -> None:
    assert {party.title for one in STEPS for party in one.parties if set(party.faults) != set(Fault)} == set()


def test_the_page_is_that_of_the_table() -> None:
    made = runpy.run_path(str(ROOT / "docs/faults.py"))
    assert (ROOT / "docs/faults.md").read_text(encoding="utf-8") == made["text"](), "run: make faults"
