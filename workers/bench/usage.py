"""What processes used: CPU seconds, and memory now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import psutil

__all__ = ["cpu_seconds", "memory_mb"]


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and of all below them, those that have ended included."""
    total = 0.0
    for one in _trees(pids):
        with contextlib.suppress(psutil.Error):
            used = one.cpu_times()
            total += used.user + used.system + used.children_user + used.children_system
    return total


def memory_mb(pids: Iterable[int]) -> float:
    """Resident memory of these processes and of all below them, in millions of bytes."""
    total = 0
    for one in _trees(pids):
        with contextlib.suppress(psutil.Error):
            total += one.memory_info().rss
    return total / 1e6


def _trees(pids: Iterable[int]) -> list[psutil.Process]:
    """Each process once, though one that is named may be below another that is."""
    found: dict[int, psutil.Process] = {}
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(pid)
            found |= {one.pid: one for one in (root, *root.children(recursive=True))}
    return list(found.values())
