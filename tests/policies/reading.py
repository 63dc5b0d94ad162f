"""The five policies as an installation has them: each with made-up answers to what its text leaves open."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

from habeas.policy import Policy, load_policy

CONTROLLERS = Path(__file__).parents[2] / "deploy" / "controllers"
ANSWERS = Path(__file__).parent / "answers"
FIVE = ("dimpo", "mindlink", "opendims", "dignio", "dialogra")
TEXTS = tomllib.loads((Path(__file__).parent / "texts.toml").read_text(encoding="utf-8"))


def installed(folder: Path, *names: str) -> Path:
    """A folder of policies with these controllers in it, and their answers."""
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(CONTROLLERS / f"{name}.toml", folder)
        shutil.copy(ANSWERS / f"{name}.local.toml", folder)
    return folder


def answered(folder: Path, name: str) -> Policy:
    """One controller's policy, with its answers."""
    return load_policy(installed(folder, name) / f"{name}.toml")


def lines_of(said: str) -> set[int]:
    """``L3 L7-9`` -> 3, 7, 8, 9."""
    found = re.findall(r"L(\d+)(?:-L?(\d+))?", said)
    return {line for first, last in found for line in range(int(first), int(last or first) + 1)}
