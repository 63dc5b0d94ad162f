"""The page of guarantees, made from the tables of the tests: ``python -m docs.guarantees`` writes it anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.guarantees.table import Guarantee, Kind, guarantees, is_thorough, mutants

PAGE = Path(__file__).with_name("guarantees.md")

WHAT = {
    Kind.UNIT: "one piece, no server",
    Kind.PROPERTY: "whatever Hypothesis thinks of, no server",
    Kind.GENERATED: "whole worlds that Hypothesis draws, in real servers",
    Kind.DATABASE: "a real PostgreSQL, or another real store",
    Kind.ENGINE: "the whole engine: real Temporal, PostgreSQL, storage and mail",
    Kind.KILL: "processes are killed in the middle",
    Kind.CHAOS: "many requests while everything fails at random",
}
HEAD = """# Guarantees

Each promise of the design as guarantees with a name, and the tests that would fail if one broke. A test fails when one
that is named here is missing or may be skipped where the suite decides about a change
(`tests/guarantees/test_guarantees.py`). A test with a star takes minutes: it runs by `make test ARGS="-m thorough"`
before a release. What is said under *Not proved* is not.

A **mutant** is a small fault in the code that holds a guarantee. `make mutants` puts each in a copy of the source, runs
the tests that are named for it, and ends with 1 if one of these does not find it. `make guarantees` makes this page
from `tests/guarantees/guarantees.toml` and `mutants.toml`.

How a test proves something:
"""


def text() -> str:
    """The page."""
    known = guarantees()
    lines = [HEAD, "| Kind | What runs |", "|---|---|", *(f"| {kind} | {what} |" for kind, what in WHAT.items())]
    lines += ["", f"## All {len(known)}", "", "| Guarantee | Promise | " + " | ".join(Kind) + " | mutants |"]
    lines.append("|---|---|" + "---|" * (len(Kind) + 1))
    lines += [_row(one) for one in known]
    for one in known:
        lines += _part(one)
    return "\n".join(lines) + "\n"


def _row(one: Guarantee) -> str:
    counts = [str(len(one.tests.get(kind, ())) or "–") for kind in Kind]
    faults = sum(each.guarantee == one.name for each in mutants())
    return f"| [{one.name}](#{one.name}) | {one.promise} | " + " | ".join([*counts, str(faults or "–")]) + " |"


def _part(one: Guarantee) -> Iterator[str]:
    yield from ("", f"## {one.name}", "", f"{one.says} (Promise {one.promise}.)", "")
    for kind in Kind:
        yield from (f"- {kind}: {_shown(test)}" for test in one.tests.get(kind, ()))
    faults = [each.name for each in mutants() if each.guarantee == one.name]
    if faults:
        yield from ("", "Mutants: " + ", ".join(f"`{name}`" for name in faults) + ".")
    if one.missing:
        yield from ("", f"Not proved: {one.missing}")


def _shown(test: str) -> str:
    file, *names = test.split("::")
    named = f"`{file}::{names[0]}`" if len(names) == 1 else f"`{file}` (`{'::'.join(names)}`)"
    return named + (" \\*" if is_thorough(test) else "")


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"Wrote {PAGE}\n")
