"""A running localstripe (GPL-3: its own process, from its own environment), on a free port of loopback."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from tests.connectors.peer import running as peer

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


def running(folder: Path) -> AbstractContextManager[str]:
    """Start it; its address."""
    (folder / "sitecustomize.py").write_text(_HOOK)
    words = ["-m", "localstripe", "--from-scratch", "--port"]
    return peer("localstripe", folder, lambda port: [*words, str(port)], {"PYTHONPATH": str(folder)})
