"""Servers that know nothing of us, and our programs beside them: processes that are told everything by variables."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.client import Client

from workers.process import LOOPBACK, free_port
from workers.stack.temporal import binary

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / "deploy/image"
COMPOSE = ROOT / "deploy/compose"
WITHIN = 120.0
HABEAS = (sys.executable, "-m", "workers")
_OTHERS = ("HABEAS_", "TEMPORAL_", "PG")


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    out: str
    err: str


def tool(name: str) -> Path:
    """A tool that deployments are checked with; the test is skipped where it is missing."""
    found = ROOT / ".peers/deploy/bin" / name
    if not found.exists():
        pytest.skip(f"missing part: {name} (.ci/peers installs it)")
    return found


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """These settings and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)} | dict(settings)


async def run(*words: str | Path, settings: Mapping[str, str], folder: Path, within: float = WITHIN) -> Ended:
    """Run a program to its end, where no settings file lies about."""
    process = await asyncio.create_subprocess_exec(
        *map(str, words),
        env=environment(settings),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), within)
    return Ended(process.returncode or 0, out.decode(), err.decode())


async def done(*words: str | Path, settings: Mapping[str, str], folder: Path) -> str:
    """Run a program that must not fail; its standard output."""
    ended = await run(*words, settings=settings, folder=folder)
    assert ended.code == 0, ended.err
    return ended.out


@asynccontextmanager
async def running(*words: str | Path, settings: Mapping[str, str], folder: Path) -> AsyncIterator[None]:
    """Keep a program running; it must end well when it is told to."""
    process = await asyncio.create_subprocess_exec(
        *map(str, words),
        env=environment(settings),
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    said = asyncio.create_task(process.communicate())
    try:
        yield
        assert process.returncode is None, (await said)[1].decode()
        process.terminate()
        await asyncio.wait_for(asyncio.shield(said), WITHIN)
        # uvicorn hands the signal on once it has stopped.
        assert process.returncode in {0, -signal.SIGTERM}, (await said)[1].decode()
    finally:
        if process.returncode is None:
            process.kill()
        await said


@asynccontextmanager
async def temporal_server(folder: Path, *words: str) -> AsyncIterator[str]:
    """A Temporal server as anybody might run one; its address."""
    port = free_port()
    options = ("--ip", LOOPBACK, "--port", str(port), "--log-level", "error")
    quiet = ("--headless", "--disable-config-file", "--disable-config-env")
    process = await asyncio.create_subprocess_exec(
        *(binary(), "server", "start-dev", "--db-filename", str(folder / "temporal.db"), *options, *quiet, *words),
        env=environment({}),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        address = f"{LOOPBACK}:{port}"
        async with asyncio.timeout(WITHIN):
            await _answers(address)
        yield address
    finally:
        process.terminate()
        await process.wait()


async def _answers(address: str) -> None:
    while True:
        try:
            client = await Client.connect(address)
            await client.count_workflows()
        # A RuntimeError is how the SDK says that nobody listens yet; an RPCError, that it is not ready.
        except (RuntimeError, OSError):
            continue
        except Exception as error:
            if type(error).__name__ != "RPCError":
                raise
            continue
        return
