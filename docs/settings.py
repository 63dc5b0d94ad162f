"""The table of settings in `deploy-it.md`, made from the code: ``python -m docs.settings`` writes it anew."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docs.made import between, write
from workers import settings
from workers.settings import RuleSettings, Settings, SourceSettings, SystemSettings

PAGE = Path(__file__).with_name("deploy-it.md")

_TABLES = {"systems": SystemSettings, "sources": SourceSettings}
"""Tables of tables, by a name of one's own."""


class Row(NamedTuple):
    """One setting."""

    name: str
    variable: str
    default: str
    text: str


def rows() -> Iterator[Row]:
    """Every setting, in the order of the code."""
    yield from _rows(Settings, ())


def _rows(model: type[BaseModel], outer: tuple[str, ...]) -> Iterator[Row]:
    said = _docstrings(model)
    for name, field in model.model_fields.items():
        path = (*outer, name)
        kind = _table(field.annotation)
        if name in _TABLES:
            yield from _rows(_TABLES[name], (name, "NAME"))
        elif name == "rules":
            yield from _rows(RuleSettings, (*outer, "rules", "0"))
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _rows(kind, path)
        else:
            text = " ".join((field.description or said.get(name, "")).replace("``", "`").split())
            yield Row(".".join(path), "HABEAS_" + "__".join(path).upper(), _default(field), text)


def _table(kind: object) -> object:
    """A table that may be left out is shown as one."""
    inner = [one for one in get_args(kind) if isinstance(one, type) and issubclass(one, BaseModel)]
    return inner[0] if len(inner) == 1 and type(None) in get_args(kind) else kind


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if field.default is None or field.default is PydanticUndefined:
        return "–"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What stands under each field in the source."""
    module = ast.parse(inspect.getsource(settings))
    body = next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == model.__name__)
    return {
        field.target.id: said.value.value
        for field, said in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }


def table() -> str:
    """The table, in Markdown."""
    lines = ["| Setting | Variable | Default | What it is |", "|---|---|---|---|"]
    lines += [f"| `{row.name}` | `{row.variable}` | {row.default} | {row.text} |" for row in rows()]
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with the table as it should be."""
    return between(page, "settings", table())


if __name__ == "__main__":
    write(PAGE, written)
