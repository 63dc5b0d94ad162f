"""The table of guarantees and that of mutants, and whether a test that they name is there and runs."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from habeas.model import Frozen
from tests.plugins.require_all import REASON
from tests.plugins.thorough import THOROUGH

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent

Test = Annotated[str, Field(pattern=r"^tests/[\w/]+\.py::[\w:]+$")]
"""A test function, or a class of tests, as pytest names it."""


class Kind(StrEnum):
    """How a test proves something, from the quickest to the nearest to what happens."""

    UNIT = "unit"
    PROPERTY = "property"
    GENERATED = "generated"
    DATABASE = "database"
    ENGINE = "engine"
    KILL = "kill"
    CHAOS = "chaos"


class Guarantee(Frozen):
    """One promise of the design, or one part of it that can break alone."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z-]+$")]
    promise: Annotated[int, Field(ge=1, le=11)]
    says: Annotated[str, Field(min_length=20)]
    tests: dict[Kind, tuple[Test, ...]]
    missing: str | None = None
    """What no test proves yet."""

    def named(self) -> frozenset[str]:
        """All its tests."""
        return frozenset(test for tests in self.tests.values() for test in tests)


class Edit(Frozen):
    """A piece of source that stands exactly once in its file, and what takes its place."""

    file: str
    old: Annotated[str, Field(min_length=1)]
    new: str


class Mutant(Frozen):
    """A fault in the code that holds a guarantee, and the tests each of which must find it."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z-]+$")]
    guarantee: str
    edits: tuple[Edit, ...]
    tests: tuple[Test, ...]


def guarantees() -> tuple[Guarantee, ...]:
    """All guarantees, in the order of the promises."""
    with (FOLDER / "guarantees.toml").open("rb") as file:
        return tuple(Guarantee.model_validate(one) for one in tomllib.load(file)["guarantee"])


def mutants() -> tuple[Mutant, ...]:
    """All mutants."""
    with (FOLDER / "mutants.toml").open("rb") as file:
        return tuple(Mutant.model_validate(one) for one in tomllib.load(file)["mutant"])


def is_thorough(test: str) -> bool:
    """Whether the whole suite leaves it out unless it is asked for."""
    return test.startswith(THOROUGH) or any(_words(mark) == "pytest.mark.thorough" for mark in _marks(test))


def fault(test: str) -> str | None:
    """Why a test that is named proves nothing where the suite decides about a change; None if it does."""
    if _nodes(test) is None:
        return "it is not there"
    for mark in _marks(test):
        match _words(mark):
            case "pytest.mark.xfail":
                return "it is expected to fail"
            case "pytest.mark.skip":
                return "it is skipped"
            case "pytest.mark.skipif" if not _for_a_missing_part(mark):
                return "it may be skipped"
    calls = (one for one in ast.walk((_nodes(test) or ())[-1]) if isinstance(one, ast.Call))
    if any(_words(one) == "pytest.skip" and not _for_a_missing_part(one) for one in calls):
        return "it may skip itself"
    return None


def _for_a_missing_part(skip: ast.expr) -> bool:
    """Such a skip is a failure there; see `tests.plugins.require_all`."""
    if not isinstance(skip, ast.Call):
        return False
    said = [one.value for one in skip.keywords if one.arg == "reason"] or skip.args
    return any(isinstance(one, ast.Constant) and str(one.value).startswith(REASON) for one in said)


@cache
def _module(file: str) -> ast.Module | None:
    path = ROOT / file
    return ast.parse(path.read_text(encoding="utf-8")) if path.exists() else None


def _nodes(test: str) -> tuple[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, ...] | None:
    """The test's module, its classes, and itself; None where one of them is not there."""
    file, *names = test.split("::")
    module = _module(file)
    if module is None:
        return None
    nodes: list[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef] = [module]
    for name in names:
        found = (
            one
            for one in nodes[-1].body
            if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and one.name == name
        )
        inner = next(found, None)
        if inner is None or not name.startswith(("test_", "Test")):
            return None
        nodes.append(inner)
    return tuple(nodes)


def _marks(test: str) -> Iterator[ast.expr]:
    """The marks of a test, of its class and of its module; names of marks that the module gives are looked up."""
    module, *inner = _nodes(test) or (ast.Module([], []),)
    given = {
        target.id: one.value
        for one in module.body
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    marks = [given["pytestmark"]] if "pytestmark" in given else []
    for node in inner:
        if not isinstance(node, ast.Module):
            marks += node.decorator_list
    for mark in marks:
        for one in mark.elts if isinstance(mark, ast.List | ast.Tuple) else (mark,):
            yield given.get(one.id, one) if isinstance(one, ast.Name) else one


def _words(mark: ast.expr) -> str:
    return ast.unparse(mark.func if isinstance(mark, ast.Call) else mark)
