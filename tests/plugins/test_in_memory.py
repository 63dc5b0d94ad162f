"""Where the temporary folders of tests are."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins import in_memory


@pytest.mark.parametrize(
    ("needed", "asked_for", "expected"),
    [(0, None, "memory"), (2**62, None, None), (0, "elsewhere", "elsewhere")],
    ids=["there is room", "there is none", "another place is asked for"],
)
def test_they_are_in_memory_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: int, asked_for: str | None, expected: str | None
) -> None:
    monkeypatch.setattr(in_memory, "MEMORY", tmp_path)
    monkeypatch.setattr(in_memory, "NEEDED", needed)
    monkeypatch.delenv(in_memory.VARIABLE, raising=False)
    if asked_for:
        monkeypatch.setenv(in_memory.VARIABLE, asked_for)
    in_memory.pytest_configure()
    assert os.environ.get(in_memory.VARIABLE) == (str(tmp_path) if expected == "memory" else expected)


def test_what_a_killed_run_left_there_goes_before_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_memory, "MEMORY", tmp_path)
    monkeypatch.delenv(in_memory.VARIABLE, raising=False)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    folders = {}
    left = {"running": str(os.getpid()), "killed": str(ended.pid), "new": str(ended.pid), "half": "", "ended": None}
    for name, lock in left.items():
        folders[name] = tmp_path / f"pytest-of-{getpass.getuser()}" / f"pytest-{name}"
        folders[name].mkdir(parents=True)
        if lock is not None:
            (folders[name] / ".lock").write_text(lock, encoding="ascii")
            os.utime(folders[name] / ".lock", None if name == "new" else (0, 0))
    in_memory.pytest_configure()
    assert {name for name, folder in folders.items() if not folder.exists()} == {"killed"}
