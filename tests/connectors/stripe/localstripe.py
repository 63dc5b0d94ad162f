"""A running localstripe (GPL-3: its own process, from its own environment), on a free port of loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

PYTHON = Path(__file__).parents[3] / ".peers" / "localstripe" / "bin" / "python"
_PATIENCE = 60.0

# It listens on all interfaces, and keeps everything in one file for all that run: here it does neither.
_HOOK = """
import builtins, os, socket

_open, _bind = builtins.open, socket.socket.bind

def open_(file, *args, **more):
    return _open(os.devnull if str(file).endswith("localstripe.pickle") else file, *args, **more)

def bind(self, address):
    return _bind(self, ("::ffff:127.0.0.1", *address[1:]) if address[0] == "::" else address)

builtins.open, socket.socket.bind = open_, bind
"""


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Start it; its address."""
    if not PYTHON.exists():
        pytest.skip("missing part: localstripe (.ci/peers installs it)")
    (folder / "sitecustomize.py").write_text(_HOOK)
    port = _free_port()
    guard = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    command = [*guard, str(PYTHON), "-m", "localstripe", "--port", str(port), "--from-scratch"]
    environment = {**os.environ, "PYTHONPATH": str(folder), "TMPDIR": str(folder)}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log) as process,  # noqa: S603  ours
    ):
        try:
            _await(process, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _await(process: subprocess.Popen[bytes], url: str) -> None:
    """Until it answers; it says nothing when it does."""
    give_up = time.monotonic() + _PATIENCE
    while time.monotonic() < give_up:
        assert process.poll() is None, "localstripe did not start"
        try:
            httpx2.get(url, timeout=1)
        except httpx2.TransportError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("localstripe did not answer")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
