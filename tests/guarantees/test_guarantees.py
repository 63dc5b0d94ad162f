"""Every guarantee names tests that are there and run, and every mutant still fits the source."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.guarantees import table
from tests.guarantees.mutants import mutated
from tests.guarantees.table import ROOT, Edit, Mutant, fault, guarantees, is_thorough, mutants


def test_every_test_that_is_named_is_there_and_runs() -> None:
    named = {test for one in guarantees() for test in one.named()} | {test for one in mutants() for test in one.tests}
    assert {test: why for test in named if (why := fault(test))} == {}


def test_every_promise_has_guarantees_and_each_a_test_that_always_runs() -> None:
    all_of_them = guarantees()
    assert {one.promise for one in all_of_them} == set(range(1, 12))
    assert len({one.name for one in all_of_them}) == len(all_of_them)
    assert [one.name for one in all_of_them if all(is_thorough(test) for test in one.named())] == []


def test_every_mutant_fits_the_source_and_is_named_once() -> None:
    all_of_them = mutants()
    assert len({one.name for one in all_of_them}) == len(all_of_them)
    assert {one.guarantee for one in all_of_them} <= {one.name for one in guarantees()}
    unfit = {
        one.name
        for one in all_of_them
        for edit in one.edits
        if (ROOT / edit.file).read_text(encoding="utf-8").count(edit.old) != 1 or edit.old == edit.new
    }
    assert unfit == set()


def test_the_page_is_that_of_the_tables() -> None:
    made = runpy.run_path(str(ROOT / "docs/guarantees.py"))
    assert (ROOT / "docs/guarantees.md").read_text(encoding="utf-8") == made["text"](), "run: make guarantees"


WRITTEN = """
import pytest

slow = pytest.mark.thorough
needs = pytest.mark.skipif(True, reason="missing part: a wheel")

def test_fine(): ...

@needs
def test_for_a_part(): ...

@pytest.mark.skipif(True, reason="not on this machine")
def test_elsewhere(): ...

@pytest.mark.skip
def test_never(): ...

@pytest.mark.xfail(reason="one day")
def test_one_day(): ...

def test_by_itself():
    pytest.skip("no")

@slow
class TestSlow:
    def test_inside(self): ...
"""


def test_what_proves_nothing_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_written.py").write_text(WRITTEN)
    names = ("fine", "for_a_part", "elsewhere", "never", "one_day", "by_itself", "gone")
    assert {name: fault(f"tests/test_written.py::test_{name}") for name in names} == {
        "fine": None,
        "for_a_part": None,
        "elsewhere": "it may be skipped",
        "never": "it is skipped",
        "one_day": "it is expected to fail",
        "by_itself": "it may skip itself",
        "gone": "it is not there",
    }
    assert fault("tests/test_nowhere.py::test_fine") == "it is not there"
    assert is_thorough("tests/test_written.py::TestSlow::test_inside")
    assert not is_thorough("tests/test_written.py::test_fine")


def test_a_fault_is_put_in_and_taken_out_again(tmp_path: Path) -> None:
    file = tmp_path / "one.py"
    file.write_text("a = 1\nb = 1\n")
    edits = tuple(Edit(file="one.py", old=f"{name} = 1", new=f"{name} = 2") for name in "ab")
    with mutated(tmp_path, Mutant(name="two", guarantee="the-clock", edits=edits, tests=())):
        assert file.read_text() == "a = 2\nb = 2\n"
    assert file.read_text() == "a = 1\nb = 1\n"
