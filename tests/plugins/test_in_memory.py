"""Where the temporary folders of tests are."""

import os
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
