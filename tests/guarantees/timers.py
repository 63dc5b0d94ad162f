"""The timers of the workflows, read from their source, and what fires while no worker is there."""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from habeas.model import Frozen

HISTORIES = Path(__file__).parents[1] / "replay/histories"
WORKFLOWS = Path(__file__).parents[2] / "workflows"
AWAY = "tests/workflows/test_away.py::test_what_came_due_while_nobody_was_there"

REPLAYED = "tests/replay/test_replay.py::test_a_stored_history_replays"
"""A worker that comes to a workflow plays its history: what has fired meanwhile is in it."""
_CLOCK = "f'{upcoming.alarm}: {upcoming.at:%Y-%m-%d %H:%M} UTC'"
_PERSON = "\"the person's answer\" if upcoming is ends else 'reminder to the person'"
FIRES: Mapping[tuple[str, str], str] = {
    ("clock", _CLOCK): "test_a_term_that_runs_out_is_told_before_and_alarmed_after",
    ("clock", "'the clock is paused'"): "test_a_paused_clock_reminds_staff_until_it_runs_again",
    ("lifting", "'until the day that the person was told'"): (
        "test_a_restriction_is_lifted_only_after_the_person_had_time_to_answer"
    ),
    ("lifting", "f'reminder: lift by hand in {system}'"): (
        "test_what_a_human_must_lift_stands_until_they_say_that_it_is_done"
    ),
    ("notices", "'their acknowledgement'"): "test_a_silent_recipient_is_reminded_and_then_staff_are_told",
    ("systems", "'is a call slow?'"): "test_a_paused_clock_reminds_staff_until_it_runs_again",
    ("tasks", "f'reminder: {order.task}'"): ("test_the_owner_is_written_to_and_reminded_and_later_the_officer_too"),
    ("verifying", _PERSON): "test_no_answer_closes_the_request_as_unverified",
}
"""Module and summary of a timer -> what is told of it (`AWAY`) with every worker gone as it fires."""


class Timer(Frozen):
    """One timer: the module that starts it, and what it says it is for, as the source has it."""

    module: str
    summary: str

    @property
    def is_replayed(self) -> bool:
        """Whether it fired in a stored history."""
        return any(self.pattern.fullmatch(one) for one in fired())

    @property
    def pattern(self) -> re.Pattern[str]:
        """What operators read of it."""
        return re.compile(_pattern(ast.parse(self.summary, mode="eval").body))


def timers() -> Iterator[Timer]:
    """Every timer that a workflow starts."""
    for file in sorted(WORKFLOWS.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"workflow.sleep", "workflow.wait_condition"}:
                said = [word.value for word in node.keywords if word.arg in {"summary", "timeout_summary"}]
                yield from (Timer(module=file.stem, summary=ast.unparse(one)) for one in said)


@cache
def fired() -> frozenset[str]:
    """What the timers were for that fired in the stored histories."""
    found = set[str]()
    for file in HISTORIES.glob("*.json"):
        events = json.loads(file.read_text(encoding="utf-8"))["events"]
        started = {
            one["eventId"]: json.loads(base64.b64decode(one["userMetadata"]["summary"]["data"]))
            for one in events
            if "timerStartedEventAttributes" in one
        }
        ended = (one["timerFiredEventAttributes"] for one in events if "timerFiredEventAttributes" in one)
        found |= {started[one["startedEventId"]] for one in ended}
    return frozenset(found)


def _pattern(said: ast.expr) -> str:
    match said:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(_pattern(one) for one in parts)
        case ast.IfExp(body=one, orelse=other):
            return f"(?:{_pattern(one)}|{_pattern(other)})"
        case _:
            return ".+"
