"""How ``pytest -n`` shares the suite out: file by file, the slow ones first, and one embedded stack at a time.

A file stays whole, for its tests share what they started. Tests of whole stacks wait for real processes and real
seconds: all of them run in one process, one after the other, while the others do the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from xdist import is_xdist_worker
from xdist.remote import Producer
from xdist.scheduler.loadfile import LoadFileScheduling

STACKS = ("tests/acceptance/", "tests/browser/", "tests/deploy/", "tests/stack/")
"""Where whole stacks are started."""
SLOW = (*STACKS, "tests/workflows/", "tests/policies/", "tests/connectors/")
"""What takes longest, begun first, so that all processes end together."""


class OneStackAtATime(LoadFileScheduling):  # type: ignore[misc]  # xdist ships no types
    """Shares out files in the order of their collection, those of whole stacks as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        return "stacks" if nodeid.startswith(STACKS) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneStackAtATime | None:
    """Take the place of ``--dist=loadfile``; another way of sharing out may still be asked for."""
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    return OneStackAtATime(config, log)


def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Put what is begun first in front; a run in one process keeps its order."""
    if is_xdist_worker(session):
        items.sort(key=lambda item: _place(item.nodeid, SLOW))


def _place(nodeid: str, order: Sequence[str]) -> int:
    return next((place for place, folder in enumerate(order) if nodeid.startswith(folder)), len(order))
