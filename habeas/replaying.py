"""What a system that was restored from a backup must lose once more: exactly what an erasure did there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.outcomes import Fate, ObjectOutcome

__all__ = ["GONE", "back", "carried_out", "unplanned"]

Place = tuple[str, str]
"""Collection and key."""

GONE = frozenset({Fate.ERASED, Fate.ANONYMISED, Fate.NOT_FOUND})
"""What an object's fate is that a restored backup may have brought back."""
_ENDED = {Fate.ERASED: Treatment.DELETE, Fate.ANONYMISED: Treatment.ANONYMISE}


def carried_out(plan: SystemPlan, fates: Mapping[Place, Fate]) -> SystemPlan:
    """The plan as it was carried out by now, to be carried out once more.

    What went goes as it was planned; what the plan kept and went when its time had come goes as it did then; all else
    stays as it is, and must be as the plan saw it.

    Args:
        plan: as it was approved.
        fates: what became of its objects. One of which nothing is known stays.
    """
    return plan.model_copy(update={"objects": tuple(_as_it_went(one, fates) for one in plan.objects)})


def back(plan: SystemPlan, seen: Iterable[ObjectOutcome]) -> int:
    """How many objects that had gone are not as they had become, by a second look at the plan as carried out."""
    going = {(one.collection, one.key) for one in plan.going}
    return sum((one.collection, one.key) in going and one.fate not in GONE for one in seen)


def unplanned(plan: SystemPlan, seen: Iterable[ObjectOutcome]) -> int:
    """How many objects of the person a second look found that no plan names."""
    planned = {(one.collection, one.key) for one in plan.objects}
    return sum((one.collection, one.key) not in planned for one in seen)


def _as_it_went(one: PlannedObject, fates: Mapping[Place, Fate]) -> PlannedObject:
    fate = fates.get((one.collection, one.key))
    if one.treatment is not Treatment.RETAIN:
        return one if fate in GONE else one.model_copy(update={"treatment": Treatment.RETAIN})
    ended = _ENDED.get(fate) if fate else None
    if ended is None:
        return one
    over = {"law": None, "until": None, "reason": None, "then": None, "needs": ()}
    return one.model_copy(update={"treatment": ended, **over})
