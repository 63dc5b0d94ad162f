"""Timers that fire while no worker is there: what came due is done once a worker is back, late and once.

Tests of what time brings are told again here, with every worker gone whenever time passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle

from tests.guarantees.timers import FIRES, timers
from tests.workflows import (
    test_by_hand,
    test_change_restriction,
    test_clock,
    test_identity,
    test_recipients,
)
from tests.workflows.world import World, eventually
from workers import queues
from workers.office import Engine, Office

QUEUE = "away"
LEAVES = 4
"""How often they leave while a time passes; what comes due after that finds them."""
OVER = "all the time has passed"
TOLD: Mapping[str, Callable[[World], Awaitable[None]]] = {
    test.__name__: test
    for test in (
        test_clock.test_a_term_that_runs_out_is_told_before_and_alarmed_after,
        test_clock.test_a_paused_clock_reminds_staff_until_it_runs_again,
        test_identity.test_no_answer_closes_the_request_as_unverified,
        test_by_hand.test_the_owner_is_written_to_and_reminded_and_later_the_officer_too,
        test_change_restriction.test_a_restriction_is_lifted_only_after_the_person_had_time_to_answer,
        test_change_restriction.test_what_a_human_must_lift_stands_until_they_say_that_it_is_done,
        test_recipients.test_a_silent_recipient_is_reminded_and_then_staff_are_told,
    )
}
SAMPLE = test_clock.test_a_term_that_runs_out_is_told_before_and_alarmed_after.__name__
"""What every run of the suite tells."""


@pytest.fixture
async def leaving(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[World, set[str]]]:
    """The same engine with workers of its own, away when time passes; and what the timers were for that fired then."""
    parts, fired = replace(world.parts, task_queue=QUEUE), set[str]()

    async def connected() -> Client:
        return world.env.client

    office = Office(parts.ledger, Engine(connected, task_queue=QUEUE), parts.policies, parts.storage)
    other = replace(world, parts=parts, office=office)
    office._now = lambda: other.now[0]
    passes = world.env.fast_forward
    for connector in world.connectors.values():
        connector.calls.clear()
    async with AsyncExitStack() as workers:
        await workers.enter_async_context(queues.running(world.env.client, parts))

        async def passes_alone(handle: WorkflowHandle[Any, Any], time: timedelta) -> bool:
            await workers.aclose()
            passing, seen = asyncio.create_task(passes(handle, time)), (await handle.describe()).history_length
            for _ in range(LEAVES):
                with contextlib.suppress(TimeoutError):  # where nothing comes due any more
                    fired.update(await eventually(partial(_fired, handle, seen, passing), within=3))
                await workers.enter_async_context(queues.running(world.env.client, parts))
                if await _rests(handle, passing):
                    break
                await workers.aclose()
                seen = (await handle.describe()).history_length
            else:
                await workers.enter_async_context(queues.running(world.env.client, parts))
            return await passing

        monkeypatch.setattr(world.env, "fast_forward", passes_alone)
        yield other, fired


async def _fired(handle: WorkflowHandle[Any, Any], after: int, passing: asyncio.Task[bool]) -> set[str]:
    """What the timers were for that fired after this event."""
    if passing.done():
        return {OVER}
    if (await handle.describe()).history_length <= after:
        return set()
    events, started = (await handle.fetch_history()).events, dict[int, str]()
    for event in events:
        if event.HasField("timer_started_event_attributes"):
            started[event.event_id] = str(json.loads(event.user_metadata.summary.data))
    fired = [one.timer_fired_event_attributes for one in events[after:] if one.HasField("timer_fired_event_attributes")]
    return {started[one.started_event_id] for one in fired}


async def _rests(handle: WorkflowHandle[Any, Any], passing: asyncio.Task[bool]) -> bool:
    """Wait until the workflow waits for time alone; whether all of it has passed."""

    async def waits() -> bool:
        described = (await handle.describe()).raw_description
        busy = described.pending_activities or described.HasField("pending_workflow_task")
        return not busy or passing.done()

    with contextlib.suppress(TimeoutError):
        await eventually(waits, within=3)
    return passing.done()


@pytest.mark.parametrize(
    "name", [name if name == SAMPLE else pytest.param(name, marks=pytest.mark.thorough) for name in sorted(TOLD)]
)
async def test_what_came_due_while_nobody_was_there(leaving: tuple[World, set[str]], name: str) -> None:
    world, fired = leaving
    await TOLD[name](world)
    claimed = [one for one in timers() if FIRES.get((one.module, one.summary)) == name]
    missed = [one.summary for one in claimed if not any(one.pattern.fullmatch(what) for what in fired)]
    assert missed == [], f"what fired while nobody was there: {sorted(fired)}"
