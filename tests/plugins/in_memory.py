"""Temporary folders in memory where there is room: databases are made by the hundred, and none outlasts the run.

Making one takes a twentieth of the time that it takes on some disks. What a killed run left behind takes memory from
everybody: it goes before the next.
"""

import getpass
import os
import shutil
import time
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108  its files are pytest's, in a folder that only its user reads
NEEDED = 4 * 1024**3
LONGEST = 2 * 3600
"""Seconds that a run may take whose process is not seen: another container may share this memory."""
VARIABLE = "PYTEST_DEBUG_TEMPROOT"
"""Where pytest makes temporary folders."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Unless another place is asked for, by this variable or by ``--basetemp``."""
    if VARIABLE not in os.environ and os.access(MEMORY, os.W_OK):
        _forget_the_dead()
        if _has_room():
            os.environ[VARIABLE] = str(MEMORY)


def _forget_the_dead() -> None:
    """Folders whose run has ended without taking its lock away; pytest itself waits three days."""
    for lock in MEMORY.glob(f"pytest-of-{getpass.getuser()}/pytest-*/.lock"):
        if not lock.parent.is_symlink() and not _lives(lock):
            shutil.rmtree(lock.parent, ignore_errors=True)


def _lives(lock: Path) -> bool:
    try:
        if time.time() - lock.stat().st_mtime < LONGEST:
            return True
        os.kill(int(lock.read_text(encoding="ascii")), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError):
        return True  # another user's, just gone, or just being written
    return True


def _has_room() -> bool:
    """Whether some gigabytes of it are free, and it runs programs: containers often have a tiny one."""
    found = os.statvfs(MEMORY)
    return found.f_bavail * found.f_frsize >= NEEDED and not found.f_flag & os.ST_NOEXEC
