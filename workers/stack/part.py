"""One part of the stack: a child process in a session of its own, with a log and a way to see that it is ready."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from workers.process import LOOPBACK, die_with_parent, open_log, tail
from workers.stack.options import PartEnded, PartSilent

READY_WITHIN = 60.0
PACE = 0.05


class Part(Protocol):
    """What the stack asks of each part. ``name`` is shown and names the log."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def log(self) -> Path: ...  # noqa: D102

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The running process; None when it was not started, or stopped on purpose."""

    def last_words(self) -> str:
        """The end of what it wrote to its log since it was started."""

    async def start(self) -> None:
        """Start it and wait until it answers. Raises PartEnded or PartSilent."""

    async def stop(self) -> None:
        """Ask it to stop, insist after a while. Harmless when it is stopped."""

    def kill(self) -> None:
        """End it now, as the kernel would."""


@dataclass(eq=False)
class ProcessPart:
    """A part that is a command.

    Attributes:
        command: What to run; put in a session of its own, so that a Ctrl-C for us is not one for it.
        ready: Asked until it is true.
        inherit: Locks the process holds as long as it lives.
        death_signal: What the kernel sends it when we die. All parts stand a SIGKILL; one that writes files
            is asked more kindly.
        patience: Seconds it has to stop.
    """

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    folder: Path
    ready: Callable[[subprocess.Popen[bytes]], Awaitable[bool]]
    inherit: Sequence[int] = ()
    death_signal: str = "KILL"
    patience: float = 5.0
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _leaving: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _log_start: int = field(default=0, init=False)

    def last_words(self) -> str:
        """The end of what it wrote to its log since it was started."""
        return tail(self.log, since=self._log_start)

    async def start(self) -> None:
        """Start it and wait until it answers. Raises PartEnded or PartSilent."""
        # Not in a thread: the kernel would end it together with that.
        self.process = process = self._spawn()
        deadline = time.monotonic() + READY_WITHIN
        while not await self.ready(process):
            code = process.poll()
            if code is not None:
                raise ended(self, code)
            if time.monotonic() > deadline:
                detail = f"{self.name}, after {READY_WITHIN:g} seconds:\n{self.last_words()}"
                raise PartSilent(detail, part=self.name, log=self.log)
            await asyncio.sleep(PACE)

    async def stop(self) -> None:
        """Ask it to stop, insist after a while. Harmless when it is stopped."""
        process, self.process = self.process, None
        if process is not None:
            self._leaving = process
            process.terminate()
            try:
                await until_ended(process, self.patience)
            except TimeoutError:
                _kill_session(process)
                await until_ended(process, self.patience)

    def kill(self) -> None:
        """End it now, with whatever it started."""
        process, self.process = self.process or self._leaving, None
        if process is not None and process.poll() is None:
            _kill_session(process)
            process.wait()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with open_log(self.log) as log:
            self._log_start = log.seek(0, os.SEEK_END)
            return subprocess.Popen(  # noqa: S603  our own words, no shell
                [*die_with_parent(self.death_signal), *self.command],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self.inherit,
            )


def python(*words: str) -> list[str]:
    """A command of our own Python; ``-P``: what lies in the current folder is not imported by chance."""
    return [sys.executable, "-P", *words]


def ended(part: Part, code: int) -> PartEnded:
    """The error that names a part which ended, with what it last said."""
    how = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
    last_words = part.last_words()
    return PartEnded(f"{part.name} ({how})" + (f":\n{last_words}" if last_words else ""), part=part.name, log=part.log)


async def listens(port: int) -> bool:
    """Whether somebody accepts connections on a loopback port."""
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def until_ended(process: subprocess.Popen[bytes], patience: float) -> int:
    """Its exit code; TimeoutError when it does not end."""
    async with asyncio.timeout(patience):
        while True:
            if (code := process.poll()) is not None:
                return code
            await asyncio.sleep(PACE)


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
