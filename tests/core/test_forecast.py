"""What is foreseen of what is open: by hand, and by laws that hold for any backlog."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from habeas.forecast import PEOPLE, Forecast, Group, Passed, Verdict, forecast
from habeas.model import Right, Stage

TODAY = date(2026, 6, 1)
SYSTEMS = {"demo": frozenset({"crm", "billing"})}
USUAL = {("demo", stage): 2.0 for stage in Stage}
PASSED = (
    Passed(lane=PEOPLE, requests=100, busiest=10),
    Passed(lane="crm", requests=100, busiest=50),
    Passed(lane="billing", requests=40, busiest=4),
)


def group(requests: int, days: int | None, stage: Stage = Stage.COLLECTING, right: Right = Right.ACCESS) -> Group:
    due_on = None if days is None else TODAY + timedelta(days=days)
    return Group(controller="demo", right=right, stage=stage, due_on=due_on, blocked_on=(), requests=requests)


def foreseen(*groups: Group, passed: tuple[Passed, ...] = PASSED, away: frozenset[str] = frozenset()) -> Forecast:
    return forecast(TODAY, groups, passed, USUAL, SYSTEMS, away)


def counts(found: Forecast) -> dict[str, int]:
    return {verdict.value: number for verdict, number in found.verdicts.items() if number}


def test_a_slow_system_makes_those_late_that_come_last() -> None:
    found = foreseen(group(20, 5), group(20, 9), group(20, 20))
    # Four a day: 20 take five days, 40 ten, 60 fifteen.
    assert counts(found) == {"in_time": 40, "late": 20}
    assert (found.bottleneck, found.done_on) == ("billing", TODAY + timedelta(days=15))
    assert [(one.name, one.waiting, one.days) for one in found.lanes] == [
        ("billing", 60, 15), (PEOPLE, 60, 6), ("crm", 60, 1.2),
    ]  # fmt: skip


def test_what_needs_no_system_any_more_waits_for_none() -> None:
    found = foreseen(group(20, 2, Stage.REVIEWING), group(1, 5))
    assert counts(found) == {"in_time": 21}
    assert (found.bottleneck, found.done_on) == (None, TODAY + timedelta(days=3))
    assert foreseen(group(20, 2, Stage.REVIEWING, Right.ERASURE)).verdicts[Verdict.LATE] == 20, "it erases there still"


def test_without_a_backlog_it_takes_what_it_usually_took() -> None:
    assert counts(foreseen(group(1, 2), group(1, 1, Stage.NOTIFYING))) == {"in_time": 1, "late": 1}


def test_of_what_a_system_holds_up_nothing_is_promised() -> None:
    found = foreseen(group(3, 10), group(2, 10, Stage.REVIEWING), group(1, -1), away=frozenset({"billing"}))
    assert counts(found) == {"held_up": 3, "in_time": 2, "late": 1}
    assert (found.bottleneck, found.lanes[0].away) == ("billing", True)
    assert found.done_on == TODAY + timedelta(days=2)


def test_where_nothing_was_answered_nothing_is_known() -> None:
    found = forecast(TODAY, [group(3, 10), group(1, None)], (), {}, SYSTEMS, frozenset())
    assert counts(found) == {"unknown": 3, "no_term": 1}
    assert (found.bottleneck, found.done_on) == (None, None)
    assert all(one.days is None for one in found.lanes)


GROUPS = st.lists(
    st.builds(group, st.integers(1, 500), st.one_of(st.none(), st.integers(-10, 60)), st.sampled_from(Stage)),
    max_size=12,
)


@given(GROUPS, st.sets(st.sampled_from(["crm", "billing"])))
def test_everything_that_is_open_gets_one_answer(groups: list[Group], away: set[str]) -> None:
    found = foreseen(*groups, away=frozenset(away))
    assert sum(found.verdicts.values()) == found.requests == sum(one.requests for one in groups)
    assert found == foreseen(*reversed(groups), away=frozenset(away)), "in whatever order they are read"


@given(GROUPS, st.builds(group, st.integers(1, 500), st.integers(0, 60)))
def test_more_work_is_never_sooner_done(groups: list[Group], more: Group) -> None:
    few, many = foreseen(*groups), foreseen(*groups, more)
    assert many.verdicts[Verdict.IN_TIME] <= few.verdicts[Verdict.IN_TIME] + more.requests
    assert many.verdicts[Verdict.LATE] >= few.verdicts[Verdict.LATE]
    assert few.done_on is None or (many.done_on is not None and many.done_on >= few.done_on)
