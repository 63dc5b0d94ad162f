"""On which line of a TOML file a key stands. `tomllib` does not say, and an error without a line is half an error.

The scanner only follows text that `tomllib` has accepted, so it may be lenient: it never judges, it only counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

Path = tuple[str | int, ...]
_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")


def key_lines(text: str) -> Mapping[Path, int]:
    """The line (from 1) of every key, table and array element of a valid TOML text."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of a place; of the nearest thing around it when it is not there itself."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n") + "\n"
        self.at = 0
        self.line = 1
        self.lines: dict[Path, int] = {}
        self.arrays: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while self._skip_blank():
            if self.text.startswith("[[", self.at):
                self._move(2)
                table = self._array_table(self._key())
                self._move(2)
            elif self.text[self.at] == "[":
                self._move(1)
                table = self._note((), self._key())
                self._move(1)
            else:
                self._pair(table)

    def _pair(self, table: Path) -> None:
        path = self._note(table, self._key())
        self._move(1)
        self._spaces()
        self._value(path)

    def _array_table(self, keys: list[str]) -> Path:
        path = (*self._note((), keys[:-1]), keys[-1])
        self.lines.setdefault(path, self.line)
        self.arrays[path] = self.arrays.get(path, 0) + 1
        path = (*path, self.arrays[path] - 1)
        self.lines[path] = self.line
        return path

    def _note(self, base: Path, keys: list[str]) -> Path:
        for key in keys:
            base = (*base, key)
            self.lines.setdefault(base, self.line)
            if base in self.arrays:
                base = (*base, self.arrays[base] - 1)
        return base

    def _key(self) -> list[str]:
        """A dotted key; stops at ``=`` or ``]``."""
        keys: list[str] = []
        while True:
            self._spaces()
            start = self.at
            if self.text[self.at] in "\"'":
                self._string()
                quoted = self.text[start : self.at]
                keys.append(_unquote(quoted))
            else:
                while self.text[self.at] in _BARE:
                    self._move(1)
                keys.append(self.text[start : self.at])
            self._spaces()
            if self.text[self.at] != ".":
                return keys
            self._move(1)

    def _value(self, path: Path) -> None:
        char = self.text[self.at]
        if char in "\"'":
            self._string()
        elif char == "[":
            self._array(path)
        elif char == "{":
            self._inline_table(path)
        else:
            while self.text[self.at] not in ",]}#\n":
                self._move(1)

    def _array(self, path: Path) -> None:
        self._move(1)
        count = 0
        while self._skip_blank() and self.text[self.at] != "]":
            self.lines[(*path, count)] = self.line
            self._value((*path, count))
            count += 1
            self._skip_blank()
            if self.text[self.at] == ",":
                self._move(1)
        self._move(1)

    def _inline_table(self, path: Path) -> None:
        self._move(1)
        while self._skip_blank() and self.text[self.at] != "}":
            self._pair(path)
            self._skip_blank()
            if self.text[self.at] == ",":
                self._move(1)
        self._move(1)

    def _string(self) -> None:
        quote = self.text[self.at]
        fence = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self._move(len(fence))
        while not self.text.startswith(fence, self.at):
            self._move(2 if quote == '"' and self.text[self.at] == "\\" else 1)
        self._move(len(fence))
        # Up to two quotes may stand right before the closing three.
        while len(fence) == 3 and self.text[self.at] == quote:
            self._move(1)

    def _spaces(self) -> None:
        while self.text[self.at] in " \t":
            self._move(1)

    def _skip_blank(self) -> bool:
        """Go over white space and comments; False at the end of the text."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                while self.text[self.at] != "\n":
                    self._move(1)
            elif self.text[self.at] in " \t\n":
                self._move(1)
            else:
                return True
        return False

    def _move(self, count: int) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count


def _unquote(quoted: str) -> str:
    if quoted[0] == "'":
        return quoted[1:-1]
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted[1:-1]
