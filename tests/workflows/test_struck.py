"""Whatever is struck, and wherever, the end is the same: see `tests.workflows.striking`.

Each story is told twice: once undisturbed, once with every step struck at every boundary. `tests.guarantees.faults`
says which story each step is struck in, and where.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from activities.ledger import TaskFilter
from habeas.acts import ActKind
from habeas.errors import Quarantine
from habeas.evidence import Tag
from habeas.model import Right, Stage
from habeas.policy import AtDeadline
from tests.guarantees.faults import SAMPLE, STEPS, stories
from tests.replay.stories import STORIES
from tests.workflows.controllers import controller
from tests.workflows.keeping import sweep
from tests.workflows.striking import Strikes, struck_engine
from tests.workflows.test_bad_systems import (
    test_a_bin_that_empties_itself_makes_nobody_late_and_is_told as binned,
)
from tests.workflows.test_by_hand import test_a_hold_calls_off_what_a_human_was_asked_to_erase as called_off
from tests.workflows.test_change_restriction import (
    test_what_a_human_must_lift_stands_until_they_say_that_it_is_done as let_go_by_hand,
)
from tests.workflows.test_erasure import (
    test_what_an_attempt_did_in_a_system_that_is_left_out_is_looked_at_and_told as left_out,
)
from tests.workflows.test_recipients import test_what_others_decide_over_is_sent_on_to_them as sent_on
from tests.workflows.test_retention import test_what_was_kept_goes_when_its_date_has_come as kept_goes
from tests.workflows.world import Case, World, eventually, someone
from workers.office import Said


async def told_so_far(world: World) -> None:
    """What stopped at once is told near the end of the term, while a human is still at the rest."""
    name = controller(world, "struck-hurried", release={"at_deadline": AtDeadline.RELEASE_PARTIAL, "days_before": 3})
    person = someone()
    person.settle_in(world.connectors)
    case = await world.open(person, Right.WITHDRAW_CONSENT, purposes=("newsletter", "calls"), controller=name)

    async def blocked() -> bool:
        return (await case.row()).blocked_on == ("billing",)

    await eventually(blocked)
    due = (await case.row()).due_at
    assert due is not None
    await case.passes(due - world.now[0] - timedelta(days=2))
    await case.has_letter("completion_change")
    async with world.parts.ledger.begin() as tx:
        (task,) = await tx.tasks(TaskFilter(request_id=case.id))
    await world.office.finish_task(task.id, by="kim", reason="told the desk", said=Said(outcomes=("stopped",)))
    await case.reaches(Stage.CLOSED)


async def left_out_is_remembered(world: World) -> None:
    """Of a system that a copy was made without staff are reminded every week."""
    person, crm = someone(), world.connectors["crm"]
    person.settle_in(world.connectors)
    case = await world.open(person)
    await case.reaches(Stage.VERIFYING)
    crm.fail("collect", *[Quarantine("strange answer") for _ in range(40)])
    await case.prove()
    await case.has_letter("staff_attention")
    await case.act(ActKind.SKIP_SYSTEM, system="crm")
    await case.reaches(Stage.CLOSED)
    crm.faults.clear()
    await sweep(world, timedelta(days=8))


async def left_out_after_it_began(world: World) -> None:
    """An erasure breaks off in a system that is left out then: one that can be looked at, and one that cannot."""
    for by, answers in (("staff", True), ("staff", False)):
        with pytest.MonkeyPatch.context() as patched:
            await left_out(world, by, answers, patched)


async def bin_that_empties_itself(world: World) -> None:
    with pytest.MonkeyPatch.context() as patched:
        await binned(world, patched, AtDeadline.WAIT)


TOLD: Mapping[str, Callable[[World], Awaitable[object]]] = {
    **STORIES,
    "bin_that_empties_itself": bin_that_empties_itself,
    "told_so_far": told_so_far,
    "called_off": called_off,
    "kept_goes": kept_goes,
    "left_out_after_it_began": left_out_after_it_began,
    "left_out_is_remembered": left_out_is_remembered,
    "let_go_by_hand": let_go_by_hand,
    "sent_on": sent_on,
}
"""Stories of `tests.replay`, and tests that tell one of their own."""
ROUNDS = {"erasure_together": 8}
"""How often a story is told whose steps are tried once: each time they are struck one boundary further."""
SOON = 20.0
"""Seconds until what goes on beside a request is over, too."""
A_MOMENT = 1.0
UNCOUNTED = frozenset({"processor_silent", "processor_asked_on_its_day", "erasure_together"})
"""Stories in which a reminder follows every other second until somebody answers; and one in which systems that were
collected from together are collected from once more, each by itself, where nobody heard of it: both stand in the
evidence, since both were done.
"""
MOST = {"kept_goes": 4}
"""How many of a step are struck, where the first is about something that an earlier story left."""
AS_OFTEN_AS_NEEDED = frozenset({Tag.SYSTEM_LOCATED, Tag.MATCH_SETTLED})
"""What one system yields is known to the other as it is asked, or only later: then that one is asked once more."""


@pytest.fixture(scope="module")
async def struck(world: World) -> AsyncIterator[tuple[World, Strikes]]:
    """Workers of their own, which nothing strikes yet."""
    async with struck_engine(world) as (other, strikes):
        yield other, strikes


@pytest.mark.parametrize(
    "name", [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.thorough) for name in sorted(stories())]
)
async def test_nothing_is_lost_or_done_twice(struck: tuple[World, Strikes], name: str) -> None:
    world, strikes = struck
    undisturbed = await _settled(world, await _told(world, name))
    with strikes.striking(most=MOST.get(name, 1)):
        for _ in range(ROUNDS.get(name, 1)):
            told, found = await _told(world, name), list[str]()

            async def same(told: Told = told, found: list[str] = found) -> bool:
                account = await _accounts(world, told)
                found[:] = _differences(undisturbed, account, counted=name not in UNCOUNTED)
                return not found

            with contextlib.suppress(TimeoutError):
                await eventually(same, SOON)
            assert found == []
    missed = {one.name: one.struck - strikes.struck(one.name) for one in STEPS if one.story == name}
    assert {step: boundaries for step, boundaries in missed.items() if boundaries} == {}


@dataclass(frozen=True)
class Told:
    """The requests that were opened in a story, and where its letters begin."""

    opened: tuple[Case, ...]
    before: int


Account = list[dict[str, object]]


async def _told(world: World, name: str) -> Told:
    opened: list[Case] = []
    real, before = World.open, len(world.mail.letters)

    async def noted(self: World, *words: Any, **more: Any) -> Case:
        opened.append(await real(self, *words, **more))
        return opened[-1]

    with patch.object(World, "open", noted):
        case = await TOLD[name](world)
        if isinstance(case, Case):
            await case.reaches(Stage.CLOSED)
            await case.handle.result()
    return Told(tuple(opened), before)


async def _settled(world: World, told: Told) -> Account:
    """What goes on beside a request may end after it: until it stays the same for a moment."""
    last, since = list[dict[str, object]](), 0.0

    async def stays() -> bool:
        nonlocal last, since
        if last != (last := await _accounts(world, told)):
            since = time.monotonic()
        return time.monotonic() - since > A_MOMENT

    await eventually(stays)
    return last


def _differences(undisturbed: Account, struck: Account, *, counted: bool) -> list[str]:
    found = []
    for one, other in zip(undisturbed, struck, strict=True):
        for what, was in one.items():
            now = other[what]
            if isinstance(was, Counter) and isinstance(now, Counter):
                if not counted:
                    was, now = _without_reminders(was), _without_reminders(now)
                found += [f"{what}: {count - now[of]} less of {of}" for of, count in was.items() if count != now[of]]
                found += [f"{what}: {count} of {of} that were not there" for of, count in now.items() if of not in was]
            elif was != now:
                found.append(f"{what}: {was} became {now}")
    return found


def _without_reminders(counted: Counter[Any]) -> Counter[str]:
    """What there was, however often, but for reminders."""
    return Counter({str(one) for one in counted if "remind" not in str(one)})


async def _accounts(world: World, told: Told) -> Account:
    """Of each request that was opened, what is to be the same whatever happens."""
    arrived: dict[str, set[str]] = {}
    for _, mail in world.mail.letters[told.before :]:
        arrived.setdefault(str(mail["message-id"]), set()).add(str(mail.get_body(("plain",))))
    assert {name for name, texts in arrived.items() if len(texts) > 1} == set(), "the same letter, every time"
    return [await _account(world, one, set(arrived)) for one in told.opened]


async def _account(world: World, case: Case, arrived: set[str]) -> dict[str, object]:
    async with world.parts.ledger.begin() as tx:
        row, letters, outcomes = (
            await tx.request_row(case.id),
            await tx.letters(case.id),
            await tx.outcomes(case.id),
        )
    tags = Counter(event.tag for event in await case.events())
    rows = (row for name in ("crm", "billing", "chat") for row in world.connectors[name].rows.values())
    return {
        "stage": row.stage,
        "outcome": row.outcome,
        "evidence": Counter({tag.value: count for tag, count in tags.items() if tag not in AS_OFTEN_AS_NEEDED}),
        "letters": Counter((one.kind, one.state) for one in letters),
        "letters that did not arrive": sum(
            one.state == "sent" and str(one.message_id) not in arrived for one in letters
        ),
        "fates": Counter((one.system, one.collection, one.fate) for one in outcomes),
        "rows": Counter(
            (one.collection, one.restricted, tuple(sorted(one.stopped)), bool(one.data))
            for one in rows
            if case.person.number in one.key
        ),
    }
