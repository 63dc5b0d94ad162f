"""What several tests of the suite ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass

from pydantic import BaseModel

from habeas import plan as plans
from habeas.connector import Match, PlannedObject, Record, RecordRef, SystemPlan, Veto
from habeas.outcomes import ObjectOutcome
from habeas.testing.steps import collected, tells_nobody
from habeas.testing.world import World

__all__ = ["all_as_planned", "as_text", "place", "tells_nobody", "theirs"]


def place(one: Record | PlannedObject | ObjectOutcome | RecordRef | Match | Veto) -> tuple[str, str]:
    """Which object it is, or is about."""
    return one.collection, one.key


def as_text(value: object) -> str:
    """All that a world tells of what is in its system, as text to look for words in."""
    match value:
        case BaseModel():
            return as_text(value.model_dump())
        case bytes():
            return value.decode(errors="replace")
        case Mapping():
            return " ".join(map(as_text, (*value.keys(), *value.values())))
        case list() | tuple() | set() | frozenset():
            return " ".join(map(as_text, value))
        case _ if is_dataclass(value) and not isinstance(value, type):
            return as_text(asdict(value))
        case _:
            return str(value)


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
