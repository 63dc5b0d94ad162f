"""Workflow code says the same whenever it is replayed, and every act and step in it keeps the house's form."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "workflows"
MODULES = sorted(FOLDER.glob("*.py"))

FORBIDDEN = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
    "uuid.uuid1",
    "uuid.uuid4",
    "os.environ",
    "os.getenv",
    "os.urandom",
    "asyncio.wait",
    "asyncio.as_completed",
    "asyncio.to_thread",
    "asyncio.sleep",
}
FORBIDDEN_MODULES = {"random", "secrets", "time", "os", "uuid", "threading", "subprocess", "socket", "zoneinfo"}
FORBIDDEN_NAMES = {"open", "hash", "id", "print", "input", "eval", "exec"}

PII_FREE = {
    "self.stage.value",
    "self.ending[0].value",
    "kind.value",
    "names",
    "grounds",
    "reasons",
    "waiting",
}
"""What an act's refusal may quote: stages, kinds, the law's codes, names of systems."""


def forbidden(tree: ast.AST) -> Iterator[str]:
    """What a replay would answer otherwise."""
    sets = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _is_set(node.value, set())
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute() if ast.unparse(node) in FORBIDDEN:
                yield f"{node.lineno}: {ast.unparse(node)}"
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_NAMES:
                yield f"{node.lineno}: {name}()"
            case ast.Call(func=ast.Name(id="list" | "tuple" | "enumerate" | "iter" | "next"), args=[first, *_]):
                if _is_set(first, sets):
                    yield f"{node.lineno}: the order of a set"
            case ast.Import():
                yield from (f"{node.lineno}: import {one.name}" for one in node.names if one.name in FORBIDDEN_MODULES)
            case ast.ImportFrom(module=str(module)) if module in FORBIDDEN_MODULES:
                yield f"{node.lineno}: from {module} import"
            case ast.For(iter=over) | ast.AsyncFor(iter=over) | ast.comprehension(iter=over):
                if _is_set(over, sets):
                    yield f"{over.lineno}: the order of a set"
            case ast.Starred(value=over) if _is_set(over, sets):
                yield f"{node.lineno}: the order of a set"


def _is_set(node: ast.expr, names: set[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr() | ast.Sub() | ast.BitXor(), right=right):
            return _is_set(left, names) or _is_set(right, names)
        case ast.Name(id=name):
            return name in names
        case _:
            return False


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_nothing_in_a_workflow_depends_on_the_moment_or_the_machine(module: Path) -> None:
    assert list(forbidden(ast.parse(module.read_text()))) == []


@pytest.mark.parametrize(
    "line",
    [
        "from random import choice",
        "import uuid",
        "at = datetime.now(UTC)",
        "day = date.today()",
        "await asyncio.wait(tasks)",
        "for one in asyncio.as_completed(tasks): pass",
        "for one in {1, 2}: pass",
        "some = set(names)\nfor one in some: pass",
        "tuple(set(names) - {1})",
        "[one for one in frozenset(names)]",
        "f(*{1, 2})",
        "open('x')",
        "hash(name)",
        "os.environ['X']",
    ],
)
def test_what_depends_on_the_moment_is_noticed(line: str) -> None:
    assert list(forbidden(ast.parse(line)))


def test_a_sorted_set_is_fine() -> None:
    assert list(forbidden(ast.parse("for one in sorted({1, 2}): pass\nx = 1 in {1, 2}"))) == []


def unvalidated(tree: ast.AST) -> Iterator[str]:
    """Updates that nobody may refuse."""
    for owner in ast.walk(tree):
        if not isinstance(owner, ast.ClassDef):
            continue
        functions = [one for one in owner.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
        decorators = {one.name: [ast.unparse(decorator) for decorator in one.decorator_list] for one in functions}
        validated = {text.removesuffix(".validator") for texts in decorators.values() for text in texts}
        for name, texts in decorators.items():
            if any(text.startswith("workflow.update") for text in texts) and name not in validated:
                yield name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_act_has_a_validator(module: Path) -> None:
    assert list(unvalidated(ast.parse(module.read_text()))) == []


def test_an_act_without_a_validator_is_noticed() -> None:
    assert list(unvalidated(ast.parse("class A:\n @workflow.update(name='x')\n async def x(self): ..."))) == ["x"]


NEEDED = {
    "execute_activity": {"summary", "start_to_close_timeout", "retry_policy", "heartbeat_timeout"},
    "execute_activity_method": {"summary", "start_to_close_timeout", "retry_policy", "heartbeat_timeout"},
    "execute_local_activity": {"summary", "start_to_close_timeout", "retry_policy", "local_retry_threshold"},
    "execute_local_activity_method": {"summary", "start_to_close_timeout", "retry_policy", "local_retry_threshold"},
    "execute_child_workflow": {"static_summary", "id"},
    "sleep": {"summary"},
}


def unsaid(tree: ast.AST) -> Iterator[str]:
    """Steps and timers that operators could not read, or that might never end."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if ast.unparse(node.func.value) != "workflow":
            continue
        given = {word.arg for word in node.keywords if word.arg}
        needed = NEEDED.get(node.func.attr, set())
        if node.func.attr == "wait_condition" and "timeout" in given:
            needed = {"timeout_summary"}
        yield from (f"{node.lineno}: {node.func.attr} without {word}" for word in sorted(needed - given))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_step_and_timer_says_what_it_is_for_and_when_it_ends(module: Path) -> None:
    assert list(unsaid(ast.parse(module.read_text()))) == []


def test_a_step_that_says_nothing_is_noticed() -> None:
    assert len(list(unsaid(ast.parse("workflow.execute_activity(step, 1)\nworkflow.sleep(1)")))) == 5


def quoted(tree: ast.AST) -> Iterator[str]:
    """What messages of failures in Temporal quote."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "ApplicationError":
            for part in ast.walk(node):
                if isinstance(part, ast.FormattedValue):
                    yield ast.unparse(part.value)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_refusals_quote_nothing_from_the_ledger(module: Path) -> None:
    assert set(quoted(ast.parse(module.read_text()))) <= PII_FREE


def test_a_refusal_that_quotes_something_else_is_noticed() -> None:
    assert list(quoted(ast.parse("raise ApplicationError(f'no {subject.name}', type='x')"))) == ["subject.name"]


def waiting_at_the_end(tree: ast.AST) -> Iterator[int]:
    """Awaits that run even when the interpreter puts a workflow's coroutine away, where none may."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            yield from (one.lineno for step in node.finalbody for one in ast.walk(step) if isinstance(one, ast.Await))
        if isinstance(node, ast.ExceptHandler) and (node.type is None or ast.unparse(node.type) == "BaseException"):
            yield from (one.lineno for step in node.body for one in ast.walk(step) if isinstance(one, ast.Await))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_nothing_is_awaited_while_a_workflow_is_put_away(module: Path) -> None:
    assert list(waiting_at_the_end(ast.parse(module.read_text()))) == []


def test_an_await_at_the_end_is_noticed() -> None:
    assert list(waiting_at_the_end(ast.parse("async def f():\n try:\n  pass\n finally:\n  await g()"))) == [5]
