"""What the whole suite leaves out unless it is asked for: ``make test ARGS="-m thorough"``.

These take minutes and test what seldom changes, or what other tests try in a shorter way. They run when such a part is
touched, and before a release.
"""

from __future__ import annotations

import pytest

THOROUGH = (
    "tests/vendors/",  # the stand-ins' own tests; connectors run against them all the same
    "tests/browser/test_axe.py::test_axe_finds_nothing_serious",
    "tests/policies/test_broken.py",
    "tests/workflows/test_rules.py",
    "tests/deploy/test_external.py",
    "tests/stack/test_users.py",
    "tests/connectors/rt/test_erasing.py",
    "tests/connectors/tryton/test_erasing.py",
    "tests/connectors/sql_portable/test_kit.py",
    "tests/connectors/test_generated.py",
)
"""How their names begin; classes of the conformance suite are marked where they stand."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, before marks choose what runs."""
    for item in items:
        if item.nodeid.startswith(THOROUGH):
            item.add_marker(pytest.mark.thorough)
