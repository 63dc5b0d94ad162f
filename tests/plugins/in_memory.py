"""Temporary folders in memory where there is room: databases are made by the hundred, and none outlasts the run.

Making one takes a twentieth of the time that it takes on some disks.
"""

import os
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108  its files are pytest's, in a folder that only its user reads
NEEDED = 4 * 1024**3
VARIABLE = "PYTEST_DEBUG_TEMPROOT"
"""Where pytest makes temporary folders."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Unless another place is asked for, by this variable or by ``--basetemp``."""
    if VARIABLE not in os.environ and _has_room():
        os.environ[VARIABLE] = str(MEMORY)


def _has_room() -> bool:
    """Whether it is there with some gigabytes free, and runs programs: containers often have a tiny one."""
    if not os.access(MEMORY, os.W_OK):
        return False
    found = os.statvfs(MEMORY)
    return found.f_bavail * found.f_frsize >= NEEDED and not found.f_flag & os.ST_NOEXEC
