"""What is measured: a figure beside its floor and the bound that it must hold."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Literal

import psutil

from habeas.model import Frozen

__all__ = ["Bound", "Line", "Machine", "Report", "Say", "line"]

Say = Callable[[str], None]
"""Tells what is under way."""


class Bound(Frozen):
    """What a figure must be: at least or at most so much."""

    most: float | None = None
    least: float | None = None

    def holds(self, value: float) -> bool:
        """Whether the figure is within it."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    def __str__(self) -> str:
        return f"≤ {self.most:g}" if self.most is not None else f"≥ {self.least:g}"


class Line(Frozen):
    """One figure."""

    name: str
    value: float
    """The median of its runs."""
    unit: str
    floor: float | None = None
    """What the same work costs without us, in the same unit; or what a peer took, where the name says so."""
    ratio: float | None = None
    """Value by floor."""
    target: str | None = None
    """``≤ 1.5``, ``≥ 10.5``; of the ratio where `of` says so."""
    of: Literal["value", "ratio"] = "value"
    holds: bool | None = None
    """Whether the target is met; None where there is none."""
    runs: int = 1


class Machine(Frozen):
    """What it ran on."""

    cpu: str
    cores: int
    memory_gb: float
    python: str
    system: str

    @classmethod
    def here(cls) -> Machine:
        """This one."""
        return cls(
            cpu=_cpu(),
            cores=os.cpu_count() or 1,
            memory_gb=round(psutil.virtual_memory().total / 1e9, 1),
            python=platform.python_version(),
            system=f"{platform.system()} {platform.machine()}",
        )


class Report(Frozen):
    """One run."""

    machine: Machine
    lines: tuple[Line, ...]


def line(
    name: str,
    runs: list[float],
    unit: str,
    *,
    floor: float | None = None,
    value: Bound | None = None,
    ratio: Bound | None = None,
) -> Line:
    """The line of some runs: their median, beside the floor, with the bound of the value or of the ratio."""
    middle = median(runs)
    by = middle / floor if floor else None
    bound = ratio or value
    held = None if bound is None else bound.holds(by if ratio and by is not None else middle)
    return Line(
        name=name,
        value=middle,
        unit=unit,
        floor=floor,
        ratio=by,
        target=None if bound is None else str(bound),
        of="ratio" if ratio else "value",
        holds=held,
        runs=len(runs),
    )


def _cpu() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for row in told.read_text().splitlines():
            if row.startswith("model name"):
                return row.partition(":")[2].strip()
    return platform.processor() or "unknown"
