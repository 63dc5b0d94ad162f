"""The engine's steps as the conformance suite takes them: the same plan, the same patience with jobs and callbacks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date
from typing import TypeVar

from habeas import plan as plans
from habeas.connector import Change, Changing, Connector, Record, RecordRef, SystemPlan
from habeas.disguised import readings
from habeas.model import Identifier
from habeas.outcomes import MOST_HANDLE, Awaiting, Done, Drifted, ObjectOutcome, Pending
from habeas.staying import Place, Stay
from habeas.testing.world import World

__all__ = [
    "LONGEST",
    "TODAY",
    "anew",
    "carried_out",
    "changed",
    "changing",
    "collected",
    "erased",
    "erasure",
    "looked_at",
    "planned",
    "roots",
    "seen_again",
    "settled",
    "tells_nobody",
]

TODAY = date(2026, 6, 15)
"""The day that plans are made on. Records with an anchor date should lie around it."""
LONGEST = MOST_HANDLE
"""Bytes of a cursor or a handle: both travel with the engine's steps."""
_MOST_POLLS = 200

A = TypeVar("A")
Outcomes = Done[tuple[ObjectOutcome, ...]]


def tells_nobody(world: World, *texts: str) -> None:
    """None of these names the person, as it stands or encoded: in a link, in JSON, in base64."""
    words = [word.casefold() for word in world.personal]
    for text in texts:
        for said in readings(text):
            assert not [word for word in words if word in said.casefold()], "it names the person"


async def roots(
    world: World, connector: Connector | None = None, who: tuple[Identifier, ...] | None = None
) -> tuple[RecordRef, ...]:
    """The person's accounts (or of ``who`` is given), as the connector finds them by all identifiers at once."""
    located = await (connector or world.connector).locate(who or world.person)
    return tuple(RecordRef(collection=one.collection, key=one.key) for one in located.matches)


async def collected(connector: Connector, found: tuple[RecordRef, ...], cursor: str | None = None) -> list[Record]:
    """Everything below these roots, from a cursor on. Between two pages others have their turn."""
    records: list[Record] = []
    async for page in connector.collect(found, cursor):
        records.extend(page.records)
        await asyncio.sleep(0)
    return records


async def planned(
    world: World, stays: Mapping[Place, Stay] | None = None, who: tuple[Identifier, ...] | None = None
) -> SystemPlan:
    """The plan of an erasure of everything that the person (or ``who``) has in the system, but for what must stay."""
    found = await roots(world, who=who)
    records = await collected(world.connector, found)
    index: Iterable[plans.IndexedRecord] = (plans.IndexedRecord.of(record) for record in records)
    collections = world.connector.manifest.collections
    return plans.draft("system", collections, found, who or world.person, index, TODAY, stays)


async def anew(world: World) -> None:
    """A process has ended, and another one goes on with the cursor or the handle that it left, and with nothing else.

    Raises:
        AssertionError: the world cannot make its connector anew.
    """
    before = world.connector
    assert await world.reconnect(), "it is gone on from what it answered: its world needs a `reconnect`"
    assert world.connector is not before, "`reconnect` makes another connector"
    await before.aclose()


async def settled(
    world: World,
    ask: Callable[[str | None], Awaitable[A | Pending | Awaiting]],
    handle: str | None = None,
    *,
    by_another: bool = True,
) -> A:
    """Ask until the answer is there: poll after the time it says, or when it would have called back.

    Each time by another process: what a handle stands for is in no connector's memory. Unless somebody else's call is
    under way in this one.
    """
    for _ in range(_MOST_POLLS):
        answer = await ask(handle)
        if isinstance(answer, Pending | Awaiting):
            tells_nobody(world, answer.handle)
            assert len(answer.handle.encode()) <= LONGEST, "a handle travels: at most 2 kB"
            if by_another:
                await anew(world)
        if isinstance(answer, Pending):
            handle = answer.handle
            await world.wait(answer.poll_after)
        elif isinstance(answer, Awaiting):
            handle = answer.handle
            await world.call_back(answer.handle)
        else:
            return answer
    raise AssertionError(f"it was asked {_MOST_POLLS} times and is still not done")


async def erasure(world: World, plan: SystemPlan, *, by_another: bool = True) -> Outcomes | Drifted:
    """What the erasure answers in the end."""
    answer: Outcomes | Drifted = await settled(
        world, lambda handle: world.connector.erase(plan, handle), by_another=by_another
    )
    return answer


async def carried_out(world: World, plan: SystemPlan) -> tuple[ObjectOutcome, ...]:
    """Erase by the plan; one outcome for each of its objects."""
    answer = await erasure(world, plan)
    assert isinstance(answer, Done), f"the erasure answered {answer!r}"
    return answer.result


async def erased(world: World, plan: SystemPlan) -> tuple[ObjectOutcome, ...]:
    """Erase, wait as the manifest asks, and look again; the outcomes of the second look."""
    await carried_out(world, plan)
    await world.wait(world.connector.manifest.confirm_after)
    return await looked_at(world, plan)


async def looked_at(world: World, plan: SystemPlan, *, by_another: bool = True) -> tuple[ObjectOutcome, ...]:
    """The second look."""
    answer: Outcomes = await settled(world, lambda handle: world.connector.confirm(plan, handle), by_another=by_another)
    return answer.result


async def changed(world: World, change: Change, *, by_another: bool = True) -> tuple[ObjectOutcome, ...] | Drifted:
    """Change what is asked."""
    answer: Outcomes | Drifted = await settled(
        world, lambda handle: changing(world).change(change, handle), by_another=by_another
    )
    return answer if isinstance(answer, Drifted) else answer.result


async def seen_again(world: World, change: Change, *, by_another: bool = True) -> tuple[ObjectOutcome, ...]:
    """The second look at what was changed."""
    answer: Outcomes = await settled(
        world, lambda handle: changing(world).confirm_change(change, handle), by_another=by_another
    )
    return answer.result


def changing(world: World) -> Changing:
    """The connector, of which changes are asked."""
    connector = world.connector
    assert isinstance(connector, Changing), "it declares that it changes data, and lacks `change` or `confirm_change`"
    return connector
