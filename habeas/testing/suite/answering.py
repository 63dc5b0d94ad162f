"""What a connector could not see or do it does not say: one call fails among many, as a right that is missing does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from habeas.errors import ConnectorError, Quarantine, Terminal, Transient
from habeas.outcomes import Drifted, Fate, ObjectOutcome
from habeas.testing.http_faults import Fault, HttpFaults
from habeas.testing.steps import carried_out, changed, looked_at, planned, seen_again
from habeas.testing.suite.calls import Call, everything_over, expired, looks, over_still, told
from habeas.testing.suite.judging import place, tells_nobody
from habeas.testing.world import World

_REFUSED = (Fault.FORBIDDEN, Fault.SIGNED_OUT)
_AWAY = (Fault.BUSY, Fault.DOWN)
_MINUTE = 60.0
_UNDONE = frozenset({Fate.FAILED, Fate.BLOCKED})

Outcomes = Iterable[ObjectOutcome]


class Answering:
    """For connectors that speak HTTP, through `World.faults`."""

    async def test_one_call_of_each_kind_that_fails_changes_no_answer(self, world: World) -> None:
        """Forbidden, or busy, in the middle of a look: an error, and never "nothing there", "gone" or "corrected"."""
        faults = _faults(world)
        for call in looks(world, await planned(world)):
            start = len(faults.calls)
            truth = told(await call.ask())
            last = {kind: n for n, kind in enumerate(faults.kinds[start:])}  # of a list's pages not the first
            for n in last.values():
                await _changes_nothing(world, call, truth, Fault.FORBIDDEN, n)
            await _changes_nothing(world, call, truth, Fault.BUSY, max(last.values()))

    async def test_any_call_that_fails_changes_no_answer(self, world: World) -> None:
        """The same for every single call."""
        faults = _faults(world)
        for call in looks(world, await planned(world)):
            start = len(faults.calls)
            truth = told(await call.ask())
            for n in range(len(faults.calls) - start):
                await _changes_nothing(world, call, truth, _REFUSED[n % 2], n)
                await _changes_nothing(world, call, truth, _AWAY[n % 2], n)

    async def test_a_change_that_fails_is_not_told_as_made(self, world: World) -> None:
        """One call of each kind refused, then busy, then its answer lost; at the end it is made."""
        for change in world.changes:
            await _tells_what_is_so(
                world,
                lambda change=change: _done(changed(world, change)),  # type: ignore[misc]  # bound at once
                lambda change=change: seen_again(world, change),  # type: ignore[misc]
                (Fault.FORBIDDEN, Fault.BUSY, Fault.LOST),
            )

    async def test_an_erasure_that_is_refused_is_not_told_as_done(self, world: World) -> None:
        """One call of each kind is forbidden, as where a right is missing; granted, it comes to its end."""
        expiring = await everything_over(world)
        if expiring is not None:
            await _tells_what_is_so(
                world,
                lambda: expired(world, expiring),
                lambda: over_still(world, expiring),
                (Fault.FORBIDDEN, Fault.BUSY),
            )
        plan = await planned(world)

        async def look() -> Outcomes:
            await world.wait(world.connector.manifest.confirm_after)
            return await looked_at(world, plan)

        await _tells_what_is_so(world, lambda: carried_out(world, plan), look, (Fault.FORBIDDEN,))


def _faults(world: World) -> HttpFaults:
    assert world.faults is not None
    return world.faults


async def _changes_nothing(world: World, call: Call, truth: list[str], fault: Fault, after: int) -> None:
    faults = _faults(world)
    await world.wait(_MINUTE)  # it may have a limit of its own, which so many calls would reach
    start = len(faults.calls)
    faults.fail(fault, after=after)
    try:
        answer = await call.ask()
    except ConnectorError as error:
        _is_the_right_one(world, error, call.name, fault)
    else:
        kind = (*faults.kinds[start + after :], "nothing")[0]
        assert told(answer) == truth, f"{call.name}, where {kind} is {fault.value}: it answers something else"
    faults.clear()


async def _tells_what_is_so(
    world: World,
    act: Callable[[], Awaitable[Outcomes]],
    look: Callable[[], Awaitable[Outcomes]],
    of_each_kind: tuple[Fault, ...],
) -> None:
    """Act until no call of a new kind is there to be broken; what is said to be done then, and before, is so."""
    faults = _faults(world)
    faults.fail_each_kind(*of_each_kind)
    broken = -1
    while broken != faults.broken:
        broken = faults.broken
        await world.wait(_MINUTE)
        try:
            said = list(await act())
        except ConnectorError as error:
            tells_nobody(world, str(error), repr(error), error.diagnostics())
            continue
        with faults.spared():
            undone = {(*place(one), one.field) for one in await look() if one.fate is Fate.FAILED}
        claimed = {(*place(one), one.field) for one in said if one.fate not in _UNDONE}
        lied = sorted({collection for collection, _, _ in claimed & undone})
        assert not lied, f"it says that it did what it did not: {', '.join(lied)}"
    faults.clear()
    assert Fate.FAILED not in {one.fate for one in await look()}


async def _done(answer: Awaitable[tuple[ObjectOutcome, ...] | Drifted]) -> Outcomes:
    outcomes = await answer
    assert not isinstance(outcomes, Drifted), "what it did itself, asked before, it takes for somebody else's change"
    return outcomes


def _is_the_right_one(world: World, error: ConnectorError, name: str, fault: Fault) -> None:
    tells_nobody(world, str(error), repr(error), error.diagnostics())
    right = isinstance(error, Terminal | Quarantine) if fault in _REFUSED else isinstance(error, Transient)
    assert right, f"{name}, {fault.value}: {type(error).__name__}"
