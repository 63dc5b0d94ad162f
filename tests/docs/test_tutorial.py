"""What the tutorial shows is a whole connector of some sixty lines, and its tests pass in a package of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.tutorial import installed, written


def test_the_tutorial_s_connector_passes_the_suite(tmp_path: Path) -> None:
    files = written(tmp_path)
    code = [line for line in files["src/newsletter_habeas.py"].splitlines() if line.strip()]
    assert len(code) < 100
    assert "import habeas" not in files["src/newsletter_habeas.py"].replace("from habeas", "")
    site = installed(tmp_path)
    words = (sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider", "tests")
    ended = subprocess.run(  # noqa: S603  our own words
        words, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(site)}, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout
    assert " passed" in ended.stdout
    assert "failed" not in ended.stdout
