"""Whether what is open will be answered in time, by how fast things went of late, and what holds it up. Names nobody.

The most urgent go first, so a request waits for those that are due before it or with it. It is answered when two things
are over: what a request of its stage usually still took, and what must pass before it through the slowest place on its
way, at the pace of that place's busiest day. A day on which little was asked says little of what a place can do; the
busiest is what it has been seen to do.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

from habeas.model import CHANGING, Frozen, Right, Stage

__all__ = ["PEOPLE", "Forecast", "Group", "Lane", "Passed", "Verdict", "forecast"]

PEOPLE = "people"
"""The lane of everything that is answered, whoever does it: staff, the person, and the systems together."""
_SYSTEMS_AHEAD = frozenset({Stage.RECEIVED, Stage.VERIFYING, Stage.LOCATING, Stage.CLARIFYING, Stage.COLLECTING})
_CHANGES_AHEAD = frozenset({Stage.REVIEWING, Stage.FULFILLING, Stage.CONFIRMING})


class Verdict(StrEnum):
    """What is foreseen of a request."""

    IN_TIME = "in_time"
    LATE = "late"
    """Answered after its last day, or that day is over."""
    HELD_UP = "held_up"
    """A system that it needs does not serve; nobody can say when it will."""
    NO_TERM = "no_term"
    UNKNOWN = "unknown"
    """Nothing like it was answered of late."""


class Group(Frozen):
    """Open requests that are alike."""

    controller: str
    right: Right
    stage: Stage
    due_on: date | None
    blocked_on: tuple[str, ...]
    requests: int


class Passed(Frozen):
    """What went through one lane of late."""

    lane: str
    requests: int
    busiest: int
    """On the day with the most."""


class Lane(Frozen):
    """A place on the way of requests."""

    name: str
    """A system's, or `PEOPLE`."""
    waiting: int
    """Open requests that must still pass it."""
    passed: int
    busiest: int
    """On the day with the most."""
    days: float | None
    """Until all that wait have passed, at the pace of the busiest day; None where none has passed."""
    away: bool
    """It does not serve now, and requests wait for it."""


class Forecast(Frozen):
    """What is foreseen of what is open."""

    requests: int
    verdicts: dict[Verdict, int]
    lanes: tuple[Lane, ...]
    """What takes longest first; those that do not serve before all others."""
    bottleneck: str | None
    """The system that holds up the most, or the longest; None where none takes longer than people do."""
    done_on: date | None
    """The day by which all is answered of which that can be said; None where it can be said of none."""


def forecast(
    today: date,
    groups: Sequence[Group],
    passed: Iterable[Passed],
    usual: Mapping[tuple[str, Stage], float],
    systems: Mapping[str, frozenset[str]],
    away: frozenset[str],
) -> Forecast:
    """What is foreseen.

    Args:
        today: where the terms run.
        groups: all that is open.
        passed: what went through each lane.
        usual: controller and stage -> days that a request usually still took when it entered the stage (the median).
        systems: controller -> the systems that its requests go through.
        away: systems that do not serve now.
    """
    known = {one.lane: one for one in passed}
    ahead: Counter[str] = Counter()
    verdicts: Counter[Verdict] = Counter()
    last: date | None = None
    for due_on, same in groupby(sorted(groups, key=_last_day), key=_last_day):
        through = [(group, _lanes(group, systems)) for group in same]
        for group, lanes in through:
            ahead.update(dict.fromkeys(lanes, group.requests))
        for group, lanes in through:
            still = usual.get((group.controller, group.stage))
            day = None
            if still is not None and not lanes & away:
                paces = [ahead[lane] / known[lane].busiest for lane in lanes if lane in known]
                day = today + timedelta(days=math.ceil(max([still, *paces])))
                last = day if last is None else max(last, day)
            verdicts[_verdict(due_on, day, today, held_up=bool(lanes & away))] += group.requests
    lanes_now = _standing(ahead, known, away)
    return Forecast(
        requests=sum(one.requests for one in groups),
        verdicts={verdict: verdicts[verdict] for verdict in Verdict},
        lanes=lanes_now,
        bottleneck=_bottleneck(lanes_now),
        done_on=last,
    )


def _last_day(group: Group) -> date:
    return group.due_on or date.max


def _lanes(group: Group, systems: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """What such requests must still pass: every system before the review; after it, where something is changed."""
    every = systems.get(group.controller, frozenset())
    changes = group.right in CHANGING or group.right is Right.ERASURE
    there = group.stage in _SYSTEMS_AHEAD or (changes and group.stage in _CHANGES_AHEAD)
    return frozenset({PEOPLE, *(every if there else ()), *(name for name in group.blocked_on if name in every)})


def _verdict(due_on: date, day: date | None, today: date, *, held_up: bool) -> Verdict:
    if due_on < today:
        return Verdict.LATE
    if held_up:
        return Verdict.HELD_UP
    if due_on == date.max:
        return Verdict.NO_TERM
    if day is None:
        return Verdict.UNKNOWN
    return Verdict.IN_TIME if day <= due_on else Verdict.LATE


def _standing(waiting: Mapping[str, int], known: Mapping[str, Passed], away: frozenset[str]) -> tuple[Lane, ...]:
    lanes = [
        Lane(
            name=name,
            waiting=waiting[name],
            passed=known[name].requests if name in known else 0,
            busiest=known[name].busiest if name in known else 0,
            days=waiting[name] / known[name].busiest if name in known else None,
            away=name in away and waiting[name] > 0,
        )
        for name in sorted({*waiting, *known})
    ]
    return tuple(sorted(lanes, key=lambda one: (not one.away, -(one.days or 0), -one.waiting, one.name)))


def _bottleneck(lanes: Sequence[Lane]) -> str | None:
    by_people = next((one.days for one in lanes if one.name == PEOPLE), None) or 0
    slow = (one for one in lanes if one.name != PEOPLE and (one.away or (one.days or 0) > by_people))
    return next((one.name for one in slow), None)
