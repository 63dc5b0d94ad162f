"""What the processes of the embedded stack share: locks on folders, free ports, children that end with their parent."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import BinaryIO

LOOPBACK = "127.0.0.1"
_QUIET_PORTS = range(20_000, 32_000)


class FolderLock:
    """An advisory lock (``flock``) on a file of a folder.

    The kernel frees it when the last process that holds it ends, however it ends. Handed to children through
    ``pass_fds``, it lives as long as any of them, so whoever gets it knows that all of them are gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """The open file, for ``pass_fds``; a RuntimeError when the lock is not held."""
        if self._fd is None:
            raise RuntimeError("the lock is not held")
        return self._fd

    def acquire(self, patience: float = 0.0) -> bool:
        """Take the lock, waiting at most ``patience`` seconds; False when somebody else keeps it."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(fd)
                    return False
                time.sleep(0.02)
            else:
                self._fd = fd
                return True

    def release(self) -> None:
        """Let go of it; harmless when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def free_port(preferred: int = 0) -> int:
    """A TCP port of the loopback address that nobody listens on now: the preferred one if it is free.

    Another process may take it before it is used, so whoever uses it must be ready to try again. That is unlikely,
    for the port is none of those that systems hand out by themselves, to servers and to outgoing connections.
    """
    for port in (*filter(None, [preferred]), *(secrets.choice(_QUIET_PORTS) for _ in range(50)), 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            # As servers do: a port whose last connections are still fading away counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


@cache
def can_die_with_parent() -> bool:
    """Whether ``setpriv --pdeathsig`` (util-linux) works here."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return False
    probe = [setpriv, "--pdeathsig", "KILL", "--", setpriv, "--version"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0  # noqa: S603  fixed words only


def die_with_parent(signal_name: str) -> tuple[str, ...]:
    """Words to put before a command so that the kernel sends it this signal when its parent ends; none if it cannot.

    The kernel watches the *thread* that spawned the child: spawn from one that lives as long as the child should.
    """
    return ("setpriv", "--pdeathsig", signal_name, "--") if can_die_with_parent() else ()


def open_log(path: Path) -> BinaryIO:
    """A log to append to, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")


def tail(path: Path, lines: int = 15, since: int = 0) -> str:
    """The last lines of a log, of what was written after the first ``since`` bytes; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(since, path.stat().st_size - 64 * 1024))
            text = log.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def birth(pid: int) -> str | None:
    """When a process was started, in the kernel's ticks: with the number it names one process for good.

    None when there is no such process, or no Linux to ask.
    """
    try:
        # The second field is the program's name in brackets and may hold spaces.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return None
