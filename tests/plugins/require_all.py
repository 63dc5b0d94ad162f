"""With ``HABEAS_REQUIRE_ALL`` set, a test skipped for a missing part is a failure.

On a developer's machine without util-linux, say, such tests are skipped with a reason that begins ``missing part``;
where the suite decides about a change, a skip must not pass for a proof.
"""

import os
from collections.abc import Generator

import pytest

VARIABLE = "HABEAS_REQUIRE_ALL"
REASON = "missing part"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_missing(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_missing(report)
    return report


def _fail_if_missing(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get(VARIABLE) and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason.startswith(REASON):
            report.outcome = "failed"
            report.longrepr = f"{reason} ({VARIABLE} is set, so this is not skipped)"
