"""Reading the data files that lie beside the code."""

from __future__ import annotations

import tomllib
from importlib.resources import files as resources
from typing import Any

__all__ = ["names", "text", "toml"]


def text(path: str) -> str:
    """One file of this package, by its path inside it."""
    return resources("habeas.law").joinpath(path).read_text(encoding="utf-8")


def toml(path: str) -> dict[str, Any]:
    """One TOML file of this package, by its path inside it (``regimes/eu-gdpr.toml``)."""
    return tomllib.loads(text(path))


def names(folder: str) -> tuple[str, ...]:
    """The TOML files in one folder of this package, in the order of their names."""
    entries = resources("habeas.law").joinpath(folder).iterdir()
    return tuple(sorted(entry.name for entry in entries if entry.name.endswith(".toml")))
