"""Where the suite decides about a change, a missing part is a failure."""

import pytest

from tests.plugins.require_all import VARIABLE
from tests.plugins.suite import run

pytest_plugins = ["pytester"]

SUITE = """
import pytest

@pytest.mark.skipif(True, reason="missing part: a wheel")
def test_marked(): ...

def test_called():
    pytest.skip("missing part: another wheel")

@pytest.mark.skipif(True, reason="only root has to become somebody else")
def test_other_reason(): ...
"""
WHOLE_FILE = """
import pytest

pytest.importorskip("nobody_has_this", reason="missing part: a module")
"""
PROCESSES = pytest.mark.parametrize(
    "processes",
    [
        pytest.param((), id="one process"),
        pytest.param(("-n", "2"), id="two processes", marks=pytest.mark.thorough),
    ],
)


@PROCESSES
@pytest.mark.parametrize(("variable", "counts"), [("1", {"failed": 2, "skipped": 1}), ("", {"skipped": 3})])
def test_a_missing_part_fails_when_all_are_required(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    counts: dict[str, int],
    processes: tuple[str, ...],
) -> None:
    monkeypatch.setenv(VARIABLE, variable)
    pytester.makepyfile(SUITE)
    outcomes = run(pytester, "require_all", *processes).parseoutcomes()
    # Skipped by a mark it becomes an error of the set-up, skipped by a call a failure.
    failed = outcomes.pop("failed", 0) + outcomes.pop("errors", 0) + outcomes.pop("error", 0)
    assert outcomes | ({"failed": failed} if failed else {}) == counts


@PROCESSES
@pytest.mark.parametrize(("variable", "fails"), [("1", True), ("", False)])
def test_a_file_that_misses_its_part_fails_too(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str, fails: bool, processes: tuple[str, ...]
) -> None:
    monkeypatch.setenv(VARIABLE, variable)
    pytester.makepyfile(test_missing=WHOLE_FILE, test_there="def test_there(): ...")
    result = run(pytester, "require_all", *processes)
    assert bool(result.ret) == fails
    assert "missing part: a module" in result.stdout.str()
