"""Ways to break a policy file, one key at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from habeas.policy.raw import Path, at, place

Raw = dict[str, Any]
LANGUAGES = frozenset({"en", "da", "fr", "de", "nb"})
NONSENSE = "Zz unknown"


def written(raw: Raw) -> str:
    """A policy as TOML, each key on a line of its own."""
    lines = [f"{json.dumps(key)} = {_value(one)}" for key, one in raw.items() if not _is_section(one)]
    for key, section in raw.items():
        for row in section if isinstance(section, list) and _is_section(section) else ():
            lines += [f"[[{json.dumps(key)}]]", *(f"{json.dumps(name)} = {_value(one)}" for name, one in row.items())]
        if isinstance(section, dict):
            lines += [f"[{json.dumps(key)}]", *(f"{json.dumps(name)} = {_value(one)}" for name, one in section.items())]
    return "\n".join(lines) + "\n"


def _is_section(value: object) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)
    )


def _value(value: Any) -> str:
    match value:
        case bool() | int() | float() | str():
            return json.dumps(value, ensure_ascii=False)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case dict():
            return f"{{ {', '.join(f'{json.dumps(key)} = {_value(one)}' for key, one in value.items())} }}"
        case _:
            return str(value.isoformat())


def shape(path: Path) -> str:
    """A path without what is different in each row: ``categories.*.title.*``."""
    if path[0] in ("open", "words"):  # their keys are other keys, and phrases
        return ".".join([str(path[0]), *("*" for _ in path[1:])])
    return ".".join("*" if isinstance(part, int) or part in LANGUAGES else part for part in path)


def worth_breaking(raw: Raw) -> tuple[tuple[Path, bool], ...]:
    """Every key that keeps a promise, and the first of each shape; whether it keeps one."""
    promises = raw.get("promises", ())
    kept = {there for one in promises for key in one.get("keeps", ()) if (there := place(raw, key))}
    first: dict[str, Path] = {}
    for path in _paths(raw, ()):
        first.setdefault(shape(path), path)
    return tuple((path, path in kept) for path in dict.fromkeys([*sorted(kept, key=str), *first.values()]))


def _paths(value: Any, here: Path) -> Iterator[Path]:
    if here:
        yield here
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in below:
        yield from _paths(one, (*here, key))


def broken(raw: Raw, path: Path) -> Iterator[tuple[str, Raw]]:
    """The policy with one key broken, in every way that its value can be; each with its name."""
    old, last = at(raw, path), path[-1]

    def with_it(change: Callable[[Any], object]) -> Raw:
        new = copy.deepcopy(raw)
        parent: Any = at(new, path[:-1]) if path[:-1] else new
        change(parent)
        return new

    yield "delete", with_it(lambda parent: parent.pop(last))
    for name, value in _others(old):
        yield name, with_it(partial(_put, last, value))
    if isinstance(old, Mapping):
        yield "extra", with_it(partial(_put, last, {**old, "surprise": 1}))


def _put(last: str | int, value: object, parent: Any) -> None:
    parent[last] = value


def _others(old: object) -> Iterator[tuple[str, object]]:
    """Other values than this one; as many of each kind as there are ways to be wrong."""
    yield "type", "seven" if isinstance(old, int) and not isinstance(old, bool) else 7
    match old:
        case bool():
            yield "flip", not old
        case int():
            yield "negative", -1
            yield "huge", 10**9
        case str():
            yield "unknown", NONSENSE
            yield "blank", "  "
        case list():
            yield "empty", []
            yield "twice", [*old, *old]
        case dict():
            yield "empty", {}
