"""CSV that was not written with care: each record for itself, so that one broken line never takes others with it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Collection, Iterable, Iterator

__all__ = ["records"]

_LONGEST = 1 << 20
"""Characters of a cell over several lines. One that goes on longer is none: its quotation mark was never closed."""


class _Lines:
    """The lines of a stream; those of a record that turned out to be none can be given back."""

    def __init__(self, source: Iterable[str]) -> None:
        self._source = iter(source)
        self._ahead: deque[str] = deque()
        self.taken: list[str] = []
        self.passed = 0
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self._ahead.popleft() if self._ahead else next(self._source)
        except StopIteration:
            self.ended = True
            raise
        self.taken.append(line)
        self.passed += 1
        return line

    def keep_first(self) -> int:
        """Give back all lines of this record but its first; the first one's number."""
        rest = self.taken[1:]
        self._ahead.extendleft(reversed(rest))
        self.passed -= len(rest)
        self.ended = False
        return self.passed


def records(source: Iterable[str], one_line: Collection[str] = ()) -> Iterator[list[str] | str]:
    """The cells of each record; where a line is no CSV, the words for it. Blank lines are left out.

    A cell in quotation marks may run over several lines. If the mark is never closed, or the record then does not look
    like the first one, the line with the mark alone is broken and the following ones are read for themselves.

    Args:
        source: lines with their ends.
        one_line: names of columns (cells of the first record) that never run over several lines.
    """
    lines = _Lines(source)
    header: list[str] = []
    while True:
        lines.taken.clear()
        try:
            cells = _read(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"Line {lines.keep_first()} is not CSV: {error}."
            continue
        if lines.ended or (header and len(lines.taken) > 1 and not _fits(cells, header, one_line)):
            yield f"Line {lines.keep_first()} is not CSV: a quotation mark is not closed."
        elif any(cell.strip() for cell in cells) or len(cells) > 1:
            header = header or cells
            yield cells


def _read(lines: _Lines) -> list[str]:
    """The cells of the next record. A single line may be as long as it likes: it is in memory already."""
    usual = csv.field_size_limit(_LONGEST)
    try:
        return next(csv.reader(lines))
    except csv.Error:
        if len(lines.taken) != 1:
            raise
        csv.field_size_limit(len(lines.taken[0]))
        return next(csv.reader(lines.taken, strict=True))
    finally:
        csv.field_size_limit(usual)


def _fits(cells: list[str], header: list[str], one_line: Collection[str]) -> bool:
    """Whether a record of several lines can be one."""
    named = zip(header, cells, strict=False)
    return len(cells) == len(header) and not any("\n" in cell for name, cell in named if name.strip() in one_line)
