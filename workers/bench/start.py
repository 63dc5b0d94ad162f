"""How long it takes to be there: the command line's help, and the whole embedded stack."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from workers.bench.line import Bound, Line, Say, line
from workers.bench.usage import memory_mb
from workers.stack import PartName, Stack, StackOptions

__all__ = ["start_lines"]

_REST = 10.0
"""Seconds that a worker is left alone before its memory is read."""


async def start_lines(say: Say, *, runs: int) -> list[Line]:
    """Help, the stack on a folder that was used before, and a worker at rest."""
    say(f"starting: `habeas --help` and `habeas up`, {runs} times each")
    bare = [await asyncio.to_thread(_command, "-c", "pass") for _ in range(runs)]
    helps = [await asyncio.to_thread(_command, "-m", "workers", "--help") for _ in range(runs)]
    ups, memory = await _stack(runs)
    return [
        line("habeas --help", helps, "s", floor=sorted(bare)[len(bare) // 2], value=Bound(most=0.3)),
        line("habeas up, on a warm machine", ups, "s", value=Bound(most=6)),
        line("a worker at rest", [memory], "MB", value=Bound(most=150)),
    ]


def _command(*words: str) -> float:
    begun = time.monotonic()
    subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)  # noqa: S603  our own interpreter
    return time.monotonic() - begun


async def _stack(runs: int) -> tuple[list[float], float]:
    took: list[float] = []
    with TemporaryDirectory(prefix="habeas-bench-") as folder:
        options = StackOptions(Path(folder), people=20)
        memory = 0.0
        for number in range(runs + 1):
            stack, begun = Stack(options), time.monotonic()
            try:
                await stack.start()
                took.append(time.monotonic() - begun)
                if number == runs:
                    await asyncio.sleep(_REST)
                    process = stack.part(f"{PartName.WORKER}-1").process
                    memory = memory_mb([process.pid]) if process else 0.0
            finally:
                await stack.stop()
    return took[1:], memory
