"""What several tests of the suite ask."""

from __future__ import annotations

from habeas import plan as plans
from habeas.connector import Match, PlannedObject, Record, RecordRef, SystemPlan, Veto
from habeas.outcomes import ObjectOutcome
from habeas.testing.steps import collected, tells_nobody
from habeas.testing.world import World

__all__ = ["all_as_planned", "place", "tells_nobody", "theirs"]


def place(one: Record | PlannedObject | ObjectOutcome | RecordRef | Match | Veto) -> tuple[str, str]:
    """Which object it is, or is about."""
    return one.collection, one.key


async def theirs(world: World) -> list[Record]:
    """What the connector collects of somebody else."""
    matches = (await world.connector.locate(world.other)).matches
    found = tuple(RecordRef(collection=one.collection, key=one.key) for one in matches)
    return await collected(world.connector, found)


def all_as_planned(plan: SystemPlan, outcomes: tuple[ObjectOutcome, ...]) -> None:
    """One outcome for each planned object, and none but as planned."""
    seen = {place(one): one for one in outcomes}
    assert sorted(seen) == sorted(map(place, plan.objects))
    wrong = [
        (one.collection, one.treatment, seen[place(one)].fate, seen[place(one)].reason)
        for one in plan.objects
        if not plans.verdict(one, seen[place(one)])
    ]
    assert not wrong
