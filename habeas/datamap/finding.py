"""One thing that a data map must still say, or say otherwise."""

from __future__ import annotations

from habeas.datamap.model import DataMap, TomlPath
from habeas.model import Frozen
from habeas.policy.lines import line_of


class Finding(Frozen):
    """One thing to decide or to correct, and what to write."""

    table: str | None = None
    column: str | None = None
    problem: str
    write: str
    line: int | None = None
    """In the map's file, from 1; of the nearest thing around it."""

    def __str__(self) -> str:
        place = ".".join(part for part in (self.table, self.column) if part) or "the map"
        return f"{f'line {self.line}: ' if self.line else ''}{place}: {self.problem}; {self.write}"


def finding(
    data_map: DataMap, problem: str, write: str, table: str | None = None, column: str | None = None, *path: str | int
) -> Finding:
    """A finding with its line: of ``path`` below the table, or of the column, or of the table."""
    where: TomlPath = ("tables", table, *(path or (("columns", column) if column else ()))) if table else path
    line = line_of(data_map.lines, where) if data_map.lines else None
    return Finding(table=table, column=column, problem=problem, write=write, line=line)
