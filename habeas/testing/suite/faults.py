"""A connector lives with a system that is down, slow, broken or locked."""

from __future__ import annotations

import asyncio

import pytest

from habeas.errors import ConnectorError, Quarantine, Terminal, Transient
from habeas.testing.http_faults import RETRY_AFTER, Fault
from habeas.testing.steps import carried_out, erased, planned, roots
from habeas.testing.suite.calls import acts, everything_over, looks
from habeas.testing.suite.judging import all_as_planned, tells_nobody
from habeas.testing.world import World

_PASSING = (Fault.DOWN, Fault.BUSY, Fault.LIMITED, Fault.GARBAGE, Fault.MISCODED, Fault.HALF)
_BROKEN_OFF = (Fault.DOWN, Fault.LOST, Fault.HALF, Fault.BUSY)
_PATIENCE = 60.0
"""Seconds after which a connector that still waits for an answer waits for ever."""


async def _is_not_well(world: World) -> None:
    """Asked after its health in the middle of a fault, a connector answers, and never raises."""
    health = await world.connector.ping()
    assert not health.ok, "it calls itself well"
    assert health.detail, "it does not say what is wrong"
    tells_nobody(world, health.detail)


class Faults:
    """For connectors that speak HTTP, through `World.faults`, and have credentials: `World.without_access`."""

    async def test_a_passing_fault_is_transient_and_names_nobody(self, world: World) -> None:
        """Down, busy, limited, garbage, half an answer: try again, as late as the system asks, and then it works."""
        assert world.faults is not None
        for fault in _PASSING:
            world.faults.fail_always(fault)
            with pytest.raises(Transient) as raised:
                await world.connector.locate(world.person)
            tells_nobody(world, str(raised.value), repr(raised.value), raised.value.diagnostics())
            if fault is Fault.LIMITED:
                assert raised.value.retry_after == pytest.approx(RETRY_AFTER, abs=2)
            await _is_not_well(world)
            world.faults.fail_always(None)
        assert await roots(world)

    async def test_every_call_waits_as_asked_and_survives_garbage(self, world: World) -> None:
        """Not `locate` alone: a limit is obeyed, busy is no end, garbage is no answer; nothing is done."""
        assert world.faults is not None
        plan, expiring = await planned(world), await everything_over(world)
        before = await world.theirs(), await world.others()
        for call in (*looks(world, plan), *acts(world, plan, expiring)):
            for fault in (Fault.LIMITED, Fault.BUSY, Fault.GARBAGE, Fault.MISCODED):
                world.faults.fail_always(fault)
                with pytest.raises(Transient) as raised:
                    await call.ask()
                tells_nobody(world, str(raised.value), repr(raised.value), raised.value.diagnostics())
                if fault is Fault.LIMITED:
                    assert raised.value.retry_after == pytest.approx(RETRY_AFTER, abs=2)
                world.faults.fail_always(None)
        assert (await world.theirs(), await world.others()) == before
        assert await planned(world) == plan

    async def test_what_was_not_asked_for_is_no_answer(self, world: World) -> None:
        """JSON that says something else is neither "there is nobody" nor "it is done", and no programming error."""
        assert world.faults is not None
        plan, expiring = await planned(world), await everything_over(world)
        for call in (*looks(world, plan), *acts(world, plan, expiring)):
            world.faults.fail_always(Fault.STRANGE)
            with pytest.raises(ConnectorError) as raised:
                await call.ask()
            tells_nobody(world, str(raised.value), repr(raised.value), raised.value.diagnostics())
            await _is_not_well(world)
            world.faults.fail_always(None)
        assert await planned(world) == plan

    async def test_a_refusal_is_for_good_and_names_nobody(self, world: World) -> None:
        """Signed out or forbidden, whatever is asked: asking again does not help."""
        assert world.faults is not None
        plan, expiring = await planned(world), await everything_over(world)
        for fault in (Fault.SIGNED_OUT, Fault.FORBIDDEN):
            for call in (*looks(world, plan), *acts(world, plan, expiring)):
                world.faults.fail_always(fault)
                with pytest.raises((Terminal, Quarantine)) as raised:
                    await call.ask()
                tells_nobody(world, str(raised.value), repr(raised.value), raised.value.diagnostics())
            await _is_not_well(world)
            world.faults.fail_always(None)

    async def test_it_gives_up_on_what_never_answers(self, world: World) -> None:
        """A system that takes the call and says nothing: a step that waits for it for ever holds up a worker."""
        assert world.faults is not None
        async with world.impatient() as connector:
            before = world.faults.broken
            world.faults.fail_always(Fault.SLOW)
            async with asyncio.timeout(_PATIENCE):
                with pytest.raises(Transient) as raised:
                    await connector.locate(world.person)
            assert world.faults.broken > before
            tells_nobody(world, str(raised.value), repr(raised.value), raised.value.diagnostics())
            world.faults.fail_always(None)

    async def test_an_erasure_that_breaks_off_anywhere_is_finished_by_asking_again(self, world: World) -> None:
        """Every call of an erasure broken once, each in turn, before or after its effect: the same end."""
        assert world.faults is not None
        others, plan = await world.others(), await planned(world)
        step = 0
        broken = True
        while broken:
            fault = _BROKEN_OFF[step % len(_BROKEN_OFF)]
            before = len(world.faults.calls)
            world.faults.fail(fault, after=step)
            try:
                await carried_out(world, plan)
            except Transient as error:
                tells_nobody(world, str(error))
            broken = len(world.faults.calls) - before > step
            step += 1
        world.faults.clear()
        all_as_planned(plan, await erased(world, plan))
        assert await world.others() == others

    async def test_without_access_it_says_so(self, world: World) -> None:
        """Wrong credentials: not well, with a reason, and a call is refused for good."""
        async with world.without_access() as locked_out:
            health = await locked_out.ping()
            assert not health.ok
            assert health.detail
            tells_nobody(world, health.detail)
            with pytest.raises(Terminal) as raised:
                await locked_out.locate(world.person)
            tells_nobody(world, str(raised.value), raised.value.diagnostics())
