"""How the suite is shared out among processes."""

import pytest

from tests.plugins.suite import run

pytest_plugins = ["pytester"]

RECORD = """
import os
from pathlib import Path

import pytest

@pytest.mark.parametrize("number", range(3))
def test_it(number):
    with open({record!r}, "a") as record:
        record.write(os.environ["PYTEST_XDIST_WORKER"] + " " + Path(__file__).parent.name + "\\n")
"""
FOLDERS = ("acceptance", "browser", "law", "office", "stack", "workflows")


def _ran(pytester: pytest.Pytester, processes: int) -> list[tuple[str, str]]:
    """Which process ran a test of which folder, in order."""
    record = pytester.path / "record"
    for folder in FOLDERS:
        place = pytester.path / "tests" / folder
        place.mkdir(parents=True)
        for number in range(2):
            (place / f"test_{folder}_{number}.py").write_text(RECORD.format(record=str(record)))
    result = run(pytester, "parallel", "-n", str(processes), "--dist", "loadfile")
    result.assert_outcomes(passed=3 * 2 * len(FOLDERS))
    return [(process, folder) for process, folder in map(str.split, record.read_text().splitlines())]


def test_the_slow_ones_begin(pytester: pytest.Pytester) -> None:
    order = [folder for _, folder in _ran(pytester, 1)]
    assert list(dict.fromkeys(order)) == ["acceptance", "browser", "stack", "workflows", "law", "office"]


def test_whole_stacks_start_one_after_the_other(pytester: pytest.Pytester) -> None:
    ran = _ran(pytester, 3)
    assert len({process for process, folder in ran if folder in {"acceptance", "browser", "stack"}}) == 1
    assert len({process for process, _ in ran}) == 3
