"""A server from PyPI, running as a process of its own from `.peers` (see `.ci/peers`), on a free port of loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

__all__ = ["running"]

_PEERS = Path(__file__).parents[2] / ".peers"
_PATIENCE = 60.0


@contextmanager
def running(
    name: str, folder: Path, command: Callable[[int], list[str]], environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Start it; its address.

    Args:
        name: its environment in `.peers`.
        folder: where it runs, and where its log goes.
        command: the words after its environment's Python, for a port.
        environment: beside our own.
    """
    python = _PEERS / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"missing part: {name} (.ci/peers installs it)")
    port = _free_port()
    guard = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    words = [*guard, str(python), *command(port)]
    told = {**os.environ, **(environment or {}), "TMPDIR": str(folder)}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(words, env=told, cwd=folder, stdout=log, stderr=log) as process,  # noqa: S603  ours
    ):
        try:
            _await(name, process, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _await(name: str, process: subprocess.Popen[bytes], url: str) -> None:
    """Until it answers; none says anything when it does."""
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        assert process.poll() is None, f"{name} did not start"
        try:
            httpx2.get(url, timeout=1)
        except httpx2.TransportError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"{name} did not answer")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
