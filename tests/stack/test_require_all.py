"""Where the suite decides about a change, a missing part is a failure."""

import pytest

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


@pytest.mark.parametrize(("variable", "counts"), [("1", {"failed": 2, "skipped": 1}), ("", {"skipped": 3})])
def test_a_missing_part_fails_when_all_are_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str, counts: dict[str, int]
) -> None:
    monkeypatch.setenv("HABEAS_REQUIRE_ALL", variable)
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_inprocess("-p", "tests.plugins.require_all", "-p", "no:asyncio", "-p", "no:socket")
    outcomes = result.parseoutcomes()
    # Skipped by a mark it becomes an error of the set-up, skipped by a call a failure.
    failed = outcomes.pop("failed", 0) + outcomes.pop("errors", 0) + outcomes.pop("error", 0)
    assert outcomes | ({"failed": failed} if failed else {}) == counts
