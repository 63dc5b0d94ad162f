"""The page of faults, made from the table of the tests: ``python -m docs.faults`` writes it anew."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.guarantees.faults import DOORS, SAMPLE, STEPS, STRUCK, Fault, Step
from tests.guarantees.table import is_thorough
from tests.guarantees.timers import AWAY, FIRES, REPLAYED, timers
from tests.workflows.striking import Boundary
from tests.workflows.test_away import SAMPLE as AWAY_SAMPLE

PAGE = Path(__file__).with_name("faults.md")
HEAD = f"""# Faults

What happens when something breaks between two steps, and the test of it. Made by `make faults` from
`tests/guarantees/faults.py`; a test fails when a step has no row, or a test that is named is not there. A test with a
star takes minutes: it runs by `make test ARGS="-m thorough"` before a release.

## A worker is killed

Each step is struck at each boundary that it has, one after the other, until one attempt comes through: before it
begins, before and after each commit to the ledger, before and after each call of a system, of the storage or of the
mail server, and once it is done, before Temporal hears of it. A struck attempt does nothing any more. Whatever was
struck, the story must end as it does undisturbed: the same end, evidence whole and the same, each letter once, the same
rows in the systems. A dot says that the step has no such boundary. The test, by story:
`{STRUCK}`.
Real processes are killed in `tests/acceptance` and by `make chaos`.
"""


def text() -> str:
    """The page."""
    lines = [HEAD, "| Step | Story | " + " | ".join(Boundary) + " |", "|---|---|" + "---|" * len(Boundary)]
    lines += [_struck(one) for one in sorted(STEPS, key=lambda one: one.name)]
    lines += ["", "## Whom a step calls is late, answers twice, half or not", ""]
    lines += ["A step that is not in this table calls nobody but the ledger, which is away in the next one.", ""]
    lines += ["| Called | By | " + " | ".join(Fault) + " |", "|---|---|" + "---|" * len(Fault), *_parties()]
    lines += ["", *_timers()]
    lines += ["", "## A transaction breaks outside of a step", ""]
    lines += ["| What | before its commit | after it, before the answer |", "|---|---|---|"]
    lines += [f"| {one.title} | {_tests(one.before)} | {_tests(one.after)} |" for one in DOORS]
    return "\n".join(lines) + "\n"


def _struck(step: Step) -> str:
    star = "" if step.story in SAMPLE else " \\*"
    cells = ("struck" if boundary in step.struck else "·" for boundary in Boundary)
    return f"| `{step.name}` | {step.story}{star} | " + " | ".join(cells) + " |"


def _parties() -> Iterator[str]:
    parties = {party.title: party for step in STEPS for party in step.parties}
    for title, party in parties.items():
        by = ", ".join(f"`{step.name}`" for step in STEPS if party in step.parties)
        yield f"| {title} | {by} | " + " | ".join(_tests(party.faults[fault]) for fault in Fault) + " |"


def _timers() -> Iterator[str]:
    yield from ("## A timer fires while no worker is there", "")
    yield f"Tests of what time brings are told again with every worker gone as it passes: `{AWAY}`."
    yield "Of other timers only this is shown: a worker that has forgotten everything goes on from a stored history in"
    yield f"which the timer has fired, `{REPLAYED}`."
    yield from ("", "| In | What for | While nobody is there |", "|---|---|---|")
    for one in timers():
        test = FIRES.get((one.module, one.summary))
        star = "" if test == AWAY_SAMPLE else " \\*"
        otherwise = "a stored history" if one.is_replayed else "not tried"
        summary = one.summary.removeprefix("f").strip("'")
        yield f"| `workflows/{one.module}.py` | `{summary}` | {f'`{test}`{star}' if test else otherwise} |"


def _tests(tests: tuple[str, ...]) -> str:
    return ", ".join(f"`{test}`" + (" \\*" if is_thorough(test) else "") for test in tests)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
    sys.stdout.write(f"Wrote {PAGE}\n")
