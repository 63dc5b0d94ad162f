"""Erasing by plan in a system that is reached by a web API: the same care for each vendor.

An `Objects` says what differs: how a person's objects are walked, how one is looked at, what treats it. The rest is
here: nothing is touched if anything changed, appeared or became somebody else's since the plan; objects go in the order
that the system needs; what is already as planned is left alone, so that a run that broke off is finished by the next;
and the second look asks for every object again, and for the person.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Container, Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import Protocol, TypeAlias

import orjson
from pydantic import JsonValue

from habeas.connector import Located, PlannedObject, Record, RecordRef, SystemPlan, Treatment
from habeas.model import Identifier
from habeas.outcomes import ConfirmAnswer, Done, Drifted, EraseAnswer, Fate, ObjectOutcome, Pending

__all__ = ["Objects", "State", "carry_out", "fingerprint", "look_again", "with_copies"]

Place: TypeAlias = tuple[str, str]
"""Collection and key."""


class State(StrEnum):
    """How an object is now, beside its plan."""

    GONE = "gone"
    ANONYMISED = "anonymised"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    BEGUN = "begun"
    """Half done, in a bin or let go and still named: nothing need lead to it any more."""


class Objects(Protocol):
    """One vendor's objects."""

    order: Sequence[str]
    """Collections in the order in which their objects are treated: what depends on others first."""
    tells_whose: Container[str]
    """Collections whose objects say themselves whose they are, and `look` minds it: what leads there says no more."""

    def walk(self, roots: tuple[RecordRef, ...]) -> AsyncIterator[Record]:
        """Every object of the person below these roots, as `collect` gives them; a root that is gone has none."""
        ...

    async def look(self, planned: PlannedObject) -> State:
        """How one object is now. Asks the system for it by its id, whatever a search would say."""
        ...

    async def treat(self, planned: PlannedObject) -> ObjectOutcome | Pending | None:
        """Delete or anonymise one object, if it is not so yet. None if it is now; else what stood in the way.

        `Pending` where the system goes on by itself: what comes after its collection waits until it is asked again.
        """
        ...

    async def locate(self, identifiers: tuple[Identifier, ...]) -> Located:
        """As `Connector.locate`."""
        ...


def fingerprint(stored: Mapping[str, JsonValue], without: Iterable[str] = ()) -> str:
    """SHA-256 in hex over everything stored, but for fields that the system changes by itself (``updated_at``)."""
    left = {key: value for key, value in stored.items() if key not in set(without)}
    return hashlib.sha256(orjson.dumps(left, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def carry_out(objects: Objects, plan: SystemPlan) -> EraseAnswer:
    """See `habeas.connector.Connector.erase`; `Pending` as `Objects.treat` gave it."""
    states = {_place(one): await objects.look(one) for one in plan.objects}
    found = {_place(one) async for one in objects.walk(plan.roots)}
    appeared = sum(place not in states and plan.covers(place[0]) for place in found)
    changed = sum(state is State.CHANGED for state in states.values()) + _strayed(objects, plan, states, found)
    if appeared or changed:
        return Drifted(changed=changed, appeared=appeared)
    rank = {name: number for number, name in enumerate(objects.order)}
    outcomes: dict[tuple[str, str], ObjectOutcome] = {}
    ordered = sorted(plan.objects, key=lambda one: rank[one.collection])
    for _, together in groupby(ordered, key=lambda one: one.collection):
        under_way: Pending | None = None
        for one in together:
            state = states[_place(one)]
            answer: ObjectOutcome | Pending | None = None
            if state is State.GONE and one.treatment is not Treatment.DELETE:
                answer = one.became(Fate.NOT_FOUND)
            elif one.treatment is not Treatment.RETAIN and not _is_as_planned(one, state):
                answer = await objects.treat(one)
            if isinstance(answer, Pending):
                under_way = answer
            else:
                outcomes[_place(one)] = answer or one.became()
        if under_way is not None:
            return under_way
    return Done(result=tuple(outcomes[_place(one)] for one in plan.objects))


async def look_again(objects: Objects, plan: SystemPlan) -> ConfirmAnswer:
    """See `habeas.connector.Connector.confirm`."""
    seen = [_seen(one, await objects.look(one)) for one in plan.objects]
    located = await objects.locate(plan.identifiers) if plan.identifiers else Located()
    return Done(result=(*seen, *plan.returned(located.matches)))


def with_copies(one: ObjectOutcome, binned: Mapping[Place, date | None], past: Container[Place]) -> ObjectOutcome:
    """The same; what a system keeps by itself, in its bin (and until which day) or its history, is said."""
    place = one.collection, one.key
    if one.fate is Fate.ERASED and place in binned:
        return one.model_copy(update={"reason": "in_the_bin", "until": binned[place]})
    if one.fate is Fate.ANONYMISED and place in past:
        return one.model_copy(update={"reason": "in_history"})
    return one


def _strayed(objects: Objects, plan: SystemPlan, states: Mapping[Place, State], found: Container[Place]) -> int:
    """How many objects that are to go are as they were, and no longer the person's: nothing of theirs leads there.

    What makes an object somebody's is often outside of it, as an association is, and in no fingerprint. It says nothing
    once an account that it leads from is treated or gone: a run that broke off there goes on. Nor of a plan without
    roots, of what is due later.
    """
    roots = {(one.collection, one.key) for one in plan.roots}
    if any(root not in found or states.get(root, State.UNCHANGED) is not State.UNCHANGED for root in roots):
        return 0
    asked = [one for one in plan.objects if roots and one.collection not in objects.tells_whose]
    going = [_place(one) for one in asked if one.treatment is not Treatment.RETAIN]
    return sum(states[place] is State.UNCHANGED and place not in found for place in going)


def _seen(one: PlannedObject, state: State) -> ObjectOutcome:
    if _is_as_planned(one, state):
        return one.became()
    if state is State.GONE:
        return one.became(Fate.NOT_FOUND)
    return one.became(Fate.FAILED, "drifted" if state is State.CHANGED else "still_there")


def _is_as_planned(one: PlannedObject, state: State) -> bool:
    match one.treatment:
        case Treatment.DELETE:
            return state is State.GONE
        case Treatment.ANONYMISE:
            return state is State.ANONYMISED
        case Treatment.RETAIN:
            return state is State.UNCHANGED


def _place(one: PlannedObject | Record) -> tuple[str, str]:
    return one.collection, one.key
