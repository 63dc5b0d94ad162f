"""One policy as it lies on disk: its file, and beside it the answers to what the published text leaves open.

A text may hide an address or not say who its company is. Its file then names the key under ``[open]`` with the reason,
and the installation gives the value in ``<name>.local.toml``: only keys that are declared open may stand there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from habeas.errors import ConfigurationError
from habeas.policy.lines import key_lines, line_of
from habeas.policy.raw import Path, Problem, place

LOCAL = ".local.toml"

_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")


@dataclass
class Source:
    """A policy's files, read and laid over each other."""

    path: File
    raw: dict[str, Any]
    """With the answers in it."""
    lines: Mapping[Path, int]
    local_lines: Mapping[Path, int] = field(default_factory=dict)
    filled: dict[Path, Path] = field(default_factory=dict)
    """By place in ``raw``: where in the local file its value stands."""
    found: list[Problem] = field(default_factory=list)
    """What is wrong with the laying over: an answer nobody asked for, a question nobody answered."""

    @property
    def local(self) -> File:
        """Where the answers stand, if there are any."""
        return local_of(self.path)

    def located(self, problem: Problem) -> Problem:
        """The fault with its file and line."""
        if problem.line is not None:
            return problem
        for end in range(len(problem.path), 0, -1):
            if there := self.filled.get(problem.path[:end]):
                line = line_of(self.local_lines, (*there, *problem.path[end:]))
                return problem._replace(line=line, file=self.local)
        return problem._replace(line=line_of(self.lines, problem.path))

    def awaits(self, path: Path) -> bool:
        """Whether something here or below is open and still empty, so that this fault is told already."""
        return any(there[: len(path)] == path for there in self._empty_places())

    def awaits_in(self, path: Path) -> bool:
        """Whether this itself is open and still empty, or a value of this very table: what it lacks is told already."""
        return any(path in (there, there[:-1]) for there in self._empty_places() if len(there) > 2)

    def _empty_places(self) -> Iterator[Path]:
        empty = {key for key in self.open if not _answers(self.raw, key)}
        return (there for key, there in self.open_places() if key in empty)

    def open_places(self) -> Iterator[tuple[str, Path]]:
        """Each open key with the places that its value may have."""
        for key in self.open:
            for there in _places(self.raw, key):
                yield key, there

    @property
    def open(self) -> Mapping[str, str]:
        """By dotted key: why the text leaves it open."""
        return _declared(self.raw)


def local_of(path: File) -> File:
    """The file with the answers that belongs to a policy file."""
    return path.with_name(path.stem + LOCAL)


def read_source(path: File) -> Source:
    """Read a policy file and its answers.

    Raises:
        ConfigurationError: a file is missing, not UTF-8 or not TOML; names the line.
    """
    raw, lines = _parsed(path)
    source = Source(path, raw, lines)
    source.found += _answered_twice(source)
    if source.local.is_file():
        answers, source.local_lines = _parsed(source.local)
        _Filling(source).table(raw, answers, (), ())
    source.found += _unanswered(source)
    return source


def alternatives(key: str) -> tuple[str, ...]:
    """The keys of which one must be filled: ``recipients.bank.email|not_told`` is open until either is there."""
    parent, _, last = key.rpartition(".")
    return tuple(f"{parent}.{name}" if parent else name for name in last.split("|"))


def refusal(path: File, found: list[Problem]) -> ConfigurationError:
    """All faults of one policy, as one error."""
    rows = sorted(found, key=lambda problem: (problem.file is not None, problem.line or 0, problem.key))
    text = "\n".join(f"  {_where(row)}: {row.key}: {row.message}; {row.remedy}" for row in rows)
    return ConfigurationError(f"{path} is not a usable policy:\n{text}", file=str(path), problems=tuple(rows))


def _where(row: Problem) -> str:
    return (f"{row.file.name}, " if row.file else "") + f"line {row.line or '?'}"


def _declared(raw: Mapping[str, Any]) -> Mapping[str, str]:
    declared = raw.get("open")
    return {key: str(why) for key, why in declared.items()} if isinstance(declared, dict) else {}


def _places(raw: Mapping[str, Any], key: str) -> Iterator[Path]:
    """Where the values of an open key belong, whether or not they are there."""
    for name in alternatives(key):
        parent, _, last = name.rpartition(".")
        yield (*((place(raw, parent) or tuple(parent.split("."))) if parent else ()), last)


def _answers(raw: Mapping[str, Any], key: str) -> bool:
    return any(place(raw, name) for name in alternatives(key))


def _answered_twice(source: Source) -> Iterator[Problem]:
    for key in source.open:
        for name in alternatives(key):
            if place(source.raw, name):
                message = f"is said to be open, and {name} has a value in the same file"
                yield Problem(("open", key), message, "remove one of the two")


def _unanswered(source: Source) -> Iterator[Problem]:
    for key, why in source.open.items():
        if not _answers(source.raw, key):
            names = " or ".join(alternatives(key))
            yield Problem(("open", key), f"left open: {why}", f"give {names} a value in {source.local.name}")


class _Filling:
    """Lays the answers into the policy, and notes where each came from."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.wanted = {name for key in source.open for name in alternatives(key)}

    def table(self, raw: Any, answers: Mapping[str, Any], at: Path, there: Path) -> None:
        """Lay one table of answers over the table or the array of tables that it belongs to."""
        for key, value in answers.items():
            here = (*there, key)
            name = ".".join(map(str, here))
            if name in self.wanted and isinstance(raw, dict):
                raw[key] = value
                self.source.filled[(*at, key)] = here
                continue
            if isinstance(raw, dict) and self._leads_on(name):
                raw.setdefault(key, {})
            below = place(raw, key)
            if isinstance(value, dict) and below and self._leads_on(name):
                self.table(raw[below[0]], value, (*at, *below), here)
            else:
                self._refuse(name, here)

    def _leads_on(self, name: str) -> bool:
        return any(each.startswith(f"{name}.") for each in self.wanted)

    def _refuse(self, name: str, here: Path) -> None:
        source = self.source
        line = line_of(source.local_lines, here)
        remedy = f"remove it here, or change {source.path.name} itself"
        problem = Problem(here, f"{source.path.name} does not leave {name} open", remedy, line, source.local)
        source.found.append(problem)


def _parsed(path: File) -> tuple[dict[str, Any], Mapping[Path, int]]:
    text = _text(path)
    try:
        return tomllib.loads(text), key_lines(text)
    except RecursionError:
        raise refusal(path, [Problem((), "nested too deeply", "write it flat", 1)]) from None
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        at = _AT_LINE.search(message)
        line = int(at.group(1)) if at else max(1, len(text.splitlines()))
        said = f"not valid TOML: {_AT_LINE.sub('', message)}"
        raise refusal(path, [Problem((), said, "correct the line (https://toml.io)", line)]) from None


def _text(path: File) -> str:
    try:
        # With or without the mark that some editors put before the text.
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(f"There is no policy file {path}: add it, or correct the path.") from None
    except UnicodeDecodeError as error:
        line = 1 + error.object[: error.start].count(b"\n")
        raise refusal(path, [Problem((), "the file is not in UTF-8", "save it as UTF-8", line)]) from None
    except OSError as error:
        raise ConfigurationError(f"The policy file {path} cannot be read: {error.strerror}.") from None
