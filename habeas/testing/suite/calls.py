"""Every call that the engine makes of a connector: those that only look, and those that do something."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

from habeas.connector import (
    Capability,
    Change,
    Collection,
    Connector,
    Expiring,
    Located,
    PlannedObject,
    Record,
    SystemPlan,
    Treatment,
    Vetoing,
)
from habeas.model import Identifier
from habeas.outcomes import Done, Fate, ObjectOutcome
from habeas.testing.steps import changing, collected, looked_at, roots, seen_again
from habeas.testing.suite.judging import place
from habeas.testing.world import World

__all__ = [
    "AFTER_ALL",
    "BEFORE_ALL",
    "Call",
    "acts",
    "everything_over",
    "expired",
    "looks",
    "over",
    "over_still",
    "plan_to_expire",
    "told",
]

BEFORE_ALL, AFTER_ALL = date(1900, 1, 1), date(2200, 1, 1)
"""Days on which nothing can be past its term, and on which everything is that has one."""


@dataclass(frozen=True)
class Call:
    """One of the contract's calls, which may be made again and again."""

    name: str
    ask: Callable[[], Awaitable[object]]


def looks(world: World, plan: SystemPlan) -> list[Call]:
    """Those that change nothing; second looks are taken to their end."""
    found = [
        Call("locate", lambda: world.connector.locate(world.person)),
        Call("collect", lambda: collected(world.connector, plan.roots)),
        Call("confirm", lambda: looked_at(world, plan)),
    ]
    connector = world.connector
    if isinstance(connector, Vetoing) and Capability.VETO in connector.manifest.capabilities:
        found.append(Call("vetoes", lambda: _vetoing(world).vetoes(plan)))
    found += [Call(f"confirm_change ({one.kind})", partial(seen_again, world, one)) for one in world.changes]
    if Capability.EXPIRE in connector.manifest.capabilities:
        found.append(Call("expired", lambda: over(world.connector, AFTER_ALL)))
    return found


def acts(world: World, plan: SystemPlan, expiring: SystemPlan | None) -> list[Call]:
    """Those that change something, up to their first answer."""
    found = [Call("erase", lambda: world.connector.erase(plan, None))]
    found += [Call(f"change ({one.kind})", partial(_change, world, one)) for one in world.changes]
    if expiring is not None:
        found.append(Call("expire", lambda: _expiring(world.connector).expire(expiring)))
    return found


async def everything_over(world: World, who: tuple[Identifier, ...] | None = None) -> SystemPlan | None:
    """A plan for what the person (or ``who``) has that could be past its term; None where nothing ever is."""
    if Capability.EXPIRE not in world.connector.manifest.capabilities:
        return None
    hers = {place(one) for one in await collected(world.connector, await roots(world, who=who))}
    found = await over(world.connector, AFTER_ALL)
    return plan_to_expire(world.connector.manifest.collections, [found[at] for at in sorted(hers & found.keys())])


async def over(connector: Connector, today: date) -> dict[tuple[str, str], Record]:
    """What the connector says is past its term on this day."""
    return {place(one): one async for page in _expiring(connector).expired(today, None) for one in page.records}


def plan_to_expire(collections: Iterable[Collection], records: Iterable[Record]) -> SystemPlan:
    """The engine's order to let go of these."""
    kinds = {one.name: one for one in collections}
    objects = tuple(_to_go(kinds[one.collection], one) for one in records)
    return SystemPlan(system="system", roots=(), identifiers=(), objects=objects)


async def expired(world: World, plan: SystemPlan) -> tuple[ObjectOutcome, ...]:
    """What became of each of its objects."""
    answer = await _expiring(world.connector).expire(plan)
    assert isinstance(answer, Done)
    return answer.result


async def over_still(world: World, plan: SystemPlan) -> list[ObjectOutcome]:
    """The plan's objects that are still told as past their term, as failed."""
    still = await over(world.connector, AFTER_ALL)
    return [one.became(Fate.FAILED) for one in plan.objects if place(one) in still]


def told(answer: object) -> list[str]:
    """All that an answer says, whatever its order and that of the fields in it."""
    match answer:
        case Located():
            return told(answer.matches)
        case Done():
            return told(answer.result)
        case dict():
            return told([*answer.values()])
        case list() | tuple():
            return sorted(json.dumps(one.model_dump(mode="json"), sort_keys=True) for one in answer)
        case _:
            return [str(answer)]


def _to_go(collection: Collection, record: Record) -> PlannedObject:
    treatment = collection.after if collection.treatment is Treatment.RETAIN else collection.treatment
    if record.referenced and treatment is Treatment.DELETE:
        treatment = collection.when_referenced
    return PlannedObject(
        collection=record.collection,
        key=record.key,
        treatment=treatment,
        fingerprint=record.fingerprint,
        referenced=record.referenced,
    )


async def _change(world: World, change: Change) -> object:
    return await changing(world).change(change, None)


def _vetoing(world: World) -> Vetoing:
    connector = world.connector
    assert isinstance(connector, Vetoing)
    return connector


def _expiring(connector: object) -> Expiring:
    assert isinstance(connector, Expiring), "it declares that it knows terms, and lacks `expired` or `expire`"
    return connector
