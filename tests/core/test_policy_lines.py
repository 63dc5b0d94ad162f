"""The line of every key of any valid TOML: generated files, whose writer knows where it put what."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from habeas.policy.lines import Path, key_lines, line_of

VALUES = [
    ("7", 7),
    ("true", True),
    ('"plain"', "plain"),
    ('"with # [[no]] {comment} = 1"', "with # [[no]] {comment} = 1"),
    (r'"quote \" and \\"', 'quote " and \\'),
    ("'it is \"literal\" \\'", 'it is "literal" \\'),
    ('"""\nmany\n[lines]\n= "two" \\""" more"""', 'many\n[lines]\n= "two" """ more'),
    ('"""ends with a quote """"', 'ends with a quote "'),
    ("'''\nraw\n# lines'''", "raw\n# lines"),
    ('""', ""),
    ("2026-01-31", None),
]
KEYS = ["a", "b-2", "two words", "dot.ted", 'quo"te', "é"]


class Writer:
    """Writes a document and remembers the line of each thing it wrote."""

    def __init__(self, data: st.DrawFn) -> None:
        self.draw = data
        self.text = ""
        self.lines: dict[Path, int] = {}

    def put(self, text: str) -> None:
        self.text += text

    def mark(self, path: Path) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def gap(self, newline: bool = True) -> None:
        choices = ["", " ", "\t"] + (["\n", " # [x] = { 'y'\n", "\n\n  "] if newline else [])
        self.put(self.draw(st.sampled_from(choices)))

    def key(self, key: str) -> str:
        bare = key.isascii() and key.replace("-", "").isalnum()
        quoted = [json.dumps(key, ensure_ascii=False)] + ([] if "'" in key else [f"'{key}'"])
        return str(self.draw(st.sampled_from(quoted + [key] * bare)))

    def value(self, path: Path, depth: int) -> None:
        shape = self.draw(st.sampled_from(["plain", "plain", "array", "table"] if depth else ["plain"]))
        if shape == "plain":
            self.put(self.draw(st.sampled_from(VALUES))[0])
        elif shape == "array":
            self.array(path, depth)
        else:
            self.table(path, depth)

    def array(self, path: Path, depth: int) -> None:
        self.put("[")
        for n in range(self.draw(st.integers(0, 3))):
            self.gap()
            self.mark((*path, n))
            self.value((*path, n), depth - 1)
            self.gap()
            self.put(",")
        self.gap()
        self.put("]")

    def table(self, path: Path, depth: int) -> None:
        self.put("{")
        keys = self.draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=3))
        for n, key in enumerate(keys):
            self.put(", " if n else " ")
            self.pair((*path, key), key, depth - 1)
        self.put(" }")

    def pair(self, path: Path, key: str, depth: int) -> None:
        self.mark(path)
        self.put(self.key(key))
        if depth and self.draw(st.booleans()):
            inner = self.draw(st.sampled_from(KEYS))
            self.put(f" . {self.key(inner)}")
            path = (*path, inner)
            self.mark(path)
        self.put(self.draw(st.sampled_from([" = ", "=", "\t= "])))
        self.value(path, depth)

    def body(self, path: Path) -> None:
        for key in self.draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=3)):
            self.gap()
            self.pair((*path, key), key, 2)
            self.gap(newline=False)
            self.put("\n")


@st.composite
def documents(draw: st.DrawFn) -> Writer:
    writer = Writer(draw)
    writer.body(())
    for name in draw(st.lists(st.sampled_from(["t1", "t 2", "t3"]), unique=True)):
        times = draw(st.integers(0, 3))
        for n in range(times):
            writer.gap()
            writer.mark((name,))
            writer.mark((name, n))
            writer.put(f"[[ {writer.key(name)} ]]\n")
            writer.body((name, n))
            if draw(st.booleans()):
                writer.mark((name, n, "sub"))
                writer.put(f"[{writer.key(name)}.sub]  # below\n")
                writer.body((name, n, "sub"))
        if not times:
            writer.mark((name,))
            writer.mark((name, "sub"))
            writer.put(f"[{writer.key(name)} . sub]\n")
            writer.body((name, "sub"))
    return writer


def places(data: Any, path: Path = ()) -> set[Path]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    found = {path} if path else set()
    for key, value in inner:
        found |= places(value, (*path, key))
    return found


@settings(deadline=None, max_examples=80)
@given(documents())
def test_every_key_is_found_on_its_line(document: Writer) -> None:
    parsed = tomllib.loads(document.text)
    assert places(parsed) == set(document.lines), "the writer itself knows every place"
    assert dict(key_lines(document.text)) == document.lines
    assert dict(key_lines(document.text.replace("\n", "\r\n"))) == document.lines


def test_what_is_not_there_is_looked_for_around_it() -> None:
    lines = key_lines("a = 1\n[t]\nb = 2\n")
    assert line_of(lines, ("t", "missing", 3)) == 2
    assert line_of(lines, ("nowhere",)) == 1


def test_every_sample_value_means_what_it_says() -> None:
    for text, value in VALUES:
        parsed = tomllib.loads(f"x = {text}")["x"]
        assert value is None or parsed == value
