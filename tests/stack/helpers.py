"""Start stacks as processes, and see what is left of them."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from workers.process import FolderLock

BACKGROUND = "postgres,temporal,mailbox"


def runs_still(folder: Path, patience: float = 0.0) -> list[str]:
    """The locks that processes of a stack on this folder still hold: all of them hold one as long as they live."""
    held = []
    for name in ("owner.lock", "parts.lock", "postgres/owner.lock", "postgres/server.lock"):
        lock = FolderLock(folder / name)
        if (folder / name).exists() and not lock.acquire(patience):
            held.append(name)
        lock.release()
    return held


class StackProcess:
    """One running ``up``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def addresses(self) -> Mapping[str, str]:
        """What it prints once all is ready."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 90)
        assert line, (await self.ended())[1]
        answer: Mapping[str, str] = json.loads(line)
        return answer

    async def ended(self, within: float = 60.0) -> tuple[int, str]:
        """Its exit code and what it said on standard error."""
        _, said = await asyncio.wait_for(self.process.communicate(), within)
        assert self.process.returncode is not None
        return self.process.returncode, said.decode()


@asynccontextmanager
async def stack_process(
    folder: Path,
    *words: str,
    parts: str = BACKGROUND,
    environment: Mapping[str, str] | None = None,
    python: Sequence[str] = (sys.executable,),
) -> AsyncIterator[StackProcess]:
    """`up` with these parts, and few people; see the runner for the words."""
    runner = ("-m", "tests.stack.runner", str(folder), parts, *words)
    async with command_process(*runner, environment=environment, python=python) as stack:
        yield stack


@asynccontextmanager
async def command_process(
    *words: str, environment: Mapping[str, str] | None = None, python: Sequence[str] = (sys.executable,)
) -> AsyncIterator[StackProcess]:
    """A Python process that runs a stack; killed at the end if it runs still."""
    process = await asyncio.create_subprocess_exec(
        *(*python, *words),
        env={**os.environ, **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield StackProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
