"""The tutorial's package, taken out of the page and installed in a folder of its own, as its reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT

PAGE = ROOT / "docs/write-a-connector.md"
_FILE = re.compile(r"^<!-- file: (\S+) -->\n```\w+\n(.*?)^```", re.DOTALL | re.MULTILINE)


def written(folder: Path) -> dict[str, str]:
    """Write every file of the tutorial; by name, its text."""
    files = dict(_FILE.findall(PAGE.read_text(encoding="utf-8")))
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return files


def installed(folder: Path) -> Path:
    """Install the package that stands in this folder; the folder to put on the import path."""
    site = folder / "site"
    install = ("install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", str(site))
    subprocess.run([sys.executable, "-m", "pip", *install, str(folder)], check=True, capture_output=True)  # noqa: S603  our own words
    return site
