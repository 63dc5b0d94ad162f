"""Small suites that are run with one of our plugins."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT = ("-p", "no:asyncio", "-p", "no:socket")
"""What is set for our own suite only."""


def run(suite: pytest.Pytester, plugin: str, *words: str) -> pytest.RunResult:
    """Run it with this plugin, in whatever processes the words ask for."""
    suite.makeconftest(f"pytest_plugins = ['tests.plugins.{plugin}']")
    return suite.runpytest_inprocess("-ra", "-o", f"pythonpath={ROOT}", *WITHOUT, *words)
