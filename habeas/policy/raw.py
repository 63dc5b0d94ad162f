"""A policy file as raw data, before anything is known of it: how to look into it, and how to name a fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Any, NamedTuple

Raw = Mapping[str, Any]
Path = tuple[str | int, ...]


class Problem(NamedTuple):
    """One fault of a policy: where, what, and how to mend it."""

    path: Path
    message: str
    remedy: str
    line: int | None = None
    file: File | None = None
    """The file beside the policy's own, if the fault is in that one."""

    @property
    def key(self) -> str:
        """The place in the file: ``categories[2].title``."""
        return dotted(self.path)


def dotted(path: Path) -> str:
    """A path as people write it: ``("categories", 2, "title")`` -> ``categories[2].title``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "(file)"


def table(raw: object, key: str) -> Raw:
    """A table of raw data; empty where there is none."""
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def listed(raw: object, key: str) -> list[Any]:
    """A list of raw data; empty where there is none."""
    value = raw.get(key) if isinstance(raw, Mapping) else None
    return list(value) if isinstance(value, list | tuple) else []


def ids(raw: Raw, key: str, name: str = "id") -> list[tuple[int, str]]:
    """Where each row of an array of tables stands, and its id."""
    rows = enumerate(listed(raw, key))
    return [(n, row[name]) for n, row in rows if isinstance(row, Mapping) and isinstance(row.get(name), str)]


def number(raw: Raw, key: str, default: int) -> int:
    """A whole number of raw data, or the default."""
    value = raw.get(key, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def repeated(path: Path, values: list[Any]) -> Iterator[Problem]:
    """A fault for every value that is there twice."""
    seen: set[str] = set()
    for n, value in enumerate(values):
        if str(value) in seen:
            yield Problem((*path, n), f"{value!r} is listed twice", "list it once")
        seen.add(str(value))


def at(raw: Any, path: Path) -> Any:
    """What stands at a place; None where nothing does."""
    for part in path:
        if isinstance(raw, Mapping):
            raw = raw.get(str(part))
        elif isinstance(part, int) and isinstance(raw, list | tuple):
            raw = raw[part]
        else:
            return None
    return raw


def place(raw: object, key: str) -> Path | None:
    """Where a dotted key stands, rows named by their id, code or kind (``categories.transactions.keep``), or None."""
    path: Path = ()
    for part in key.split("."):
        step: str | int | None = None
        if isinstance(raw, Mapping) and part in raw:
            step, raw = part, raw[part]
        elif isinstance(raw, list | tuple):
            step = next((n for n, row in enumerate(raw) if _is_called(row, part)), None)
            raw = raw[step] if step is not None else None
        if step is None:
            return None
        path = (*path, step)
    return path


def _is_called(row: object, name: str) -> bool:
    return name in (row.get("id"), row.get("code"), row.get("kind")) if isinstance(row, Mapping) else row == name
