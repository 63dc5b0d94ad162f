"""What an erasure or a change did in a system that is left out, where an attempt broke off there.

Staff leave a system out that does not answer, or the policy does near the deadline. Few systems do all or nothing: what
the attempt did is looked at, for a while, and written down of each object: it is done, it is not, or nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from temporalio import activity

from activities.change_model import ChangeOrder, LeftOrder
from activities.changes import note_told, remember
from activities.changing import load_changes
from activities.ledger import Tx
from activities.model import EraseOrder
from activities.parts import Parts
from activities.plans import keyed_digest, load_plans, with_reasons
from activities.reporting import keep_part
from activities.sent import changed_of, seen_of, was_sent
from habeas.connector import Change, Rectify, Restrict, Stop, SystemPlan
from habeas.outcomes import UNDONE, Fate, ObjectOutcome
from habeas.plan import verdict

__all__ = ["NOT_KNOWN", "STILL_THERE", "LeavingActivities"]

NOT_KNOWN = "not_known"
"""Of an object that an attempt may have reached, and nobody could look."""
STILL_THERE = "still_there"
NOT_DONE = "not_done"
_KNOWN = frozenset({Fate.ERASED, Fate.ANONYMISED, Fate.RECTIFIED, Fate.STOPPED})
"""What an earlier answer said; a later attempt does not undo it."""
_STEP = "left-out"


class LeavingActivities:
    """What the engine does where it goes on without a system that had begun."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="left_begun")
    async def begun(self, order: LeftOrder) -> bool:
        """Whether the system may have done a part of exactly this plan, and never said what."""
        async with self._parts.ledger.begin() as tx:
            return await was_sent(tx, order.of)

    @activity.defn(name="left_seen")
    async def look(self, order: LeftOrder) -> bool:
        """Look at what it did and write that down; whether it can tell. It changes nothing there.

        Raises:
            HabeasError: as the second look of the system does.
        """
        of = order.of
        return await (self._erased(of) if isinstance(of, EraseOrder) else self._changed(of))

    async def _erased(self, order: EraseOrder) -> bool:
        async with self._parts.ledger.begin() as tx:
            plan = await _plan(tx, order)
        connector = self._parts.connector(order.system)
        names = {one.name for one in connector.manifest.collections}
        if plan is None or any(one.collection not in names for one in plan.objects):
            return False
        seen = await seen_of(connector, plan)
        if seen is None:
            return False
        async with self._parts.ledger.begin() as tx:
            await keep_part(tx, order, with_reasons(plan, _as_seen(plan, seen)), step=_STEP)
        return True

    async def _changed(self, order: ChangeOrder) -> bool:
        async with self._parts.ledger.begin() as tx:
            change = await _change(tx, order)
        if change is None:
            return False
        manifest = self._parts.connector(order.system).manifest
        seen = await changed_of(self._parts.changing(order.system), manifest, change)
        if seen is None:
            return False
        async with self._parts.ledger.begin() as tx:
            await remember(tx, order, change, seen)
            await keep_part(tx, order, [_not_done(one) for one in seen], step=_STEP)
            await note_told(tx, order)
        return True

    @activity.defn(name="left_unseen")
    async def unseen(self, order: LeftOrder) -> None:
        """Nobody could look: of everything that it may have done that is written down, and what is known stays."""
        of = order.of
        async with self._parts.ledger.begin() as tx:
            if isinstance(of, EraseOrder):
                plan = await _plan(tx, of)
                objects = [one.became(Fate.FAILED, NOT_KNOWN) for one in plan.going] if plan else []
            else:
                change = await _change(tx, of)
                objects = list(_unknown(change)) if change else []
            names = await tx.object_digests(order.request_id, order.system, objects)
            known = {row.object for row in await tx.outcomes(order.request_id) if row.fate in _KNOWN}
            left = [one for one, name in zip(objects, names, strict=True) if name not in known]
            await keep_part(tx, of, left, step=_STEP)


async def _plan(tx: Tx, order: EraseOrder) -> SystemPlan | None:
    """The system's part of the plan with which it had begun; None where another one has taken its place."""
    kept = await load_plans(tx, order.request_id)
    if kept is None or await keyed_digest(tx, order.request_id, kept[1]) != order.digest:
        return None
    return next((plan for plan in kept[1] if plan.system == order.system), None)


async def _change(tx: Tx, order: ChangeOrder) -> Change | None:
    kept = await load_changes(tx, order.request_id, order.part)
    if kept is None or kept[0].digest != order.digest:
        return None
    return next((plan.change for plan in kept[1] if plan.system == order.system), None)


def _as_seen(plan: SystemPlan, seen: Iterable[ObjectOutcome]) -> list[ObjectOutcome]:
    """What is as planned as it is, and of the rest that it is still there, or that nobody knows."""
    found = {(one.collection, one.key): one for one in seen}
    told: list[ObjectOutcome] = []
    for planned in plan.objects:
        one = found.get((planned.collection, planned.key))
        if one is not None and verdict(planned, one):
            told.append(one)
        elif planned in plan.going:
            reason = NOT_KNOWN if one is None else one.reason if one.fate in UNDONE else None
            told.append(planned.became(Fate.FAILED, reason or STILL_THERE))
    return told


def _not_done(one: ObjectOutcome) -> ObjectOutcome:
    return one.model_copy(update={"reason": NOT_DONE}) if one.fate is Fate.FAILED and not one.reason else one


def _unknown(change: Change) -> Iterable[ObjectOutcome]:
    places: Iterable[tuple[str, str, str | None]]
    match change:
        case Rectify():
            places = ((one.collection, one.key, one.field) for one in change.fields)
        case Restrict():
            places = ((one.collection, one.key, None) for one in change.objects)
        case Stop():
            places = ((one.collection, one.key, None) for one in change.roots)
        case _:
            assert_never(change)
    for collection, key, field in places:
        yield ObjectOutcome(collection=collection, key=key, field=field, fate=Fate.FAILED, reason=NOT_KNOWN)
