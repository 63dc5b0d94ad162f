"""A whole run: every part one after the other, for they would disturb each other."""

from __future__ import annotations

from workers.bench.desk import desk_lines
from workers.bench.export import export_lines
from workers.bench.importing import import_lines
from workers.bench.line import Line, Machine, Report, Say
from workers.bench.requests import request_lines
from workers.bench.start import start_lines

__all__ = ["PARTS", "run"]

PARTS = ("requests", "export", "desk", "import", "start")


async def run(say: Say, parts: tuple[str, ...], *, quick: bool) -> Report:
    """Measure these parts.

    Args:
        say: told what is under way.
        parts: some of `PARTS`.
        quick: fewer of everything, for a look: not figures to be told to others.
    """
    lines: list[Line] = []
    if "start" in parts:
        lines += await start_lines(say, runs=2 if quick else 5)
    if "requests" in parts:
        lines += await request_lines(say, runs=1 if quick else 5, each=20 if quick else 100)
    if "export" in parts:
        lines += await export_lines(say, rows=100_000 if quick else 2_000_000, runs=1 if quick else 5)
    if "import" in parts:
        lines += await import_lines(say, rows=500 if quick else 10_000)
    if "desk" in parts:
        lines += await desk_lines(say, requests=5_000 if quick else 100_000, times=10 if quick else 40)
    return Report(machine=Machine.here(), lines=tuple(lines))
