"""The table of the log's events in `operate-it.md`, made from the code: ``python -m docs.events`` writes it anew.

An event is a constant that is handed to ``log.info`` and the like, with what it means written under it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from docs.made import between, write

__all__ = ["Call", "calls", "events", "table", "written"]

ROOT = Path(__file__).parents[1]
PAGE = Path(__file__).with_name("operate-it.md")
PACKAGES = ("activities", "workflows", "workers")
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


class Call(NamedTuple):
    """One line that may be logged."""

    where: str
    level: str
    event: str
    """Empty where it cannot be told from the code."""
    text: str
    facts: tuple[str, ...]


def calls() -> Iterator[Call]:
    """Every line that the code may log, and every event that is handed to `workers.rounds`."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if "structlog.get_logger" in text or "rounds(" in text:
                yield from _calls(file.relative_to(ROOT).as_posix(), ast.parse(text))


def _calls(where: str, module: ast.Module) -> Iterator[Call]:
    said = _said(module)
    chosen = {
        target.id: node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        facts = tuple(word.arg for word in node.keywords if word.arg)
        if _is_log(node.func) and node.args:
            level = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if where == "workers/rounds.py":
                continue  # What it logs is handed to it, below.
            for name in _names(node.args[0], chosen):
                yield Call(f"{where}:{node.lineno}", level, *said.get(name, ("", "")), facts)
        elif isinstance(node.func, ast.Name) and node.func.id == "rounds":
            failed = next(word.value for word in node.keywords if word.arg == "failed")
            for name in _names(failed, chosen):
                yield Call(f"{where}:{node.lineno}", "warning", *said.get(name, ("", "")), ("error",))


def _is_log(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute)
        and function.attr in _LEVELS
        and isinstance(function.value, ast.Name)
        and function.value.id == "log"
    )


def _names(event: ast.expr, chosen: dict[str, ast.IfExp]) -> list[str]:
    """The constants that it may be; one empty name where it cannot be told."""
    if isinstance(event, ast.Name) and event.id in chosen:
        event = chosen[event.id]
    if isinstance(event, ast.IfExp):
        return [*_names(event.body, chosen), *_names(event.orelse, chosen)]
    return [event.id if isinstance(event, ast.Name) else ""]


def _said(module: ast.Module) -> dict[str, tuple[str, str]]:
    """Constant -> its value, and what stands under it."""
    found = {}
    for node, under in pairwise([*module.body, ast.Pass()]):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            text = under.value if isinstance(under, ast.Expr) else None
            meant = str(text.value) if isinstance(text, ast.Constant) else ""
            found[node.targets[0].id] = node.value.value, " ".join(meant.split())
    return found


def events() -> dict[str, list[Call]]:
    """Every event, by name, with the lines that it stands in."""
    found: dict[str, list[Call]] = {}
    for call in sorted(calls(), key=lambda one: (one.event, one.where)):
        found.setdefault(call.event, []).append(call)
    return found


def table() -> str:
    """The table, in Markdown."""
    lines = ["| Event | Level | Facts | What happened |", "|---|---|---|---|"]
    for event, several in events().items():
        levels = ", ".join(dict.fromkeys(one.level for one in several))
        facts = ", ".join(dict.fromkeys(f"`{fact}`" for one in several for fact in one.facts))
        text = " ".join(dict.fromkeys(one.text for one in several))
        lines.append(f"| `{event}` | {levels} | {facts} | {text} |")
    return "\n".join(lines)


def written(page: str) -> str:
    """The page with the table as it should be."""
    return between(page, "events", table())


if __name__ == "__main__":
    write(PAGE, written)
