"""After a connected system was restored from a backup: what erasures did there since is done once more.

Never by a search: the objects are those of the plans that were approved and carried out, by their keys, and a system in
which one of them differs, or in which something of the person's has appeared that no plan names, is left to a human.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from pydantic import JsonValue
from temporalio import activity

from activities.by_hand import ERASE, steps_by_hand
from activities.ledger import ErasedRow, Tx
from activities.parts import Parts
from activities.plans import carried_out_plan, kept_since
from activities.replay_model import (
    BACK,
    Replayed,
    ReplayItem,
    ReplayOrder,
    ReplayPage,
    ReplayStep,
    UndoneChange,
    UndoneReport,
)
from activities.reporting import under_way
from habeas.connector import SystemPlan
from habeas.errors import NotAllowed
from habeas.evidence import Tag
from habeas.outcomes import Awaiting, Done, Drifted, ObjectOutcome, Pending
from habeas.plan import verdict
from habeas.replaying import GONE, back, unplanned

__all__ = ["ReplayActivities"]

MARGIN = timedelta(days=1)
"""So much earlier is looked at, too: an outcome bears the instant at which its step was ordered, not of its end."""
MOST_CHANGES = 1000


class ReplayActivities:
    """Steps of replaying erasures."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def erased_since(self, order: ReplayOrder) -> ReplayPage:
        """A page of what erasures did since, by request and system; of each whether it can be looked at at all."""
        wanted = order.wanted
        async with self._parts.ledger.begin() as tx:
            rows = await tx.erased_since(
                wanted.since - MARGIN, wanted.controllers, wanted.system, order.limit, order.after
            )
        full = len(rows) == order.limit
        return ReplayPage(
            items=tuple(self._item(row) for row in rows),
            after=(rows[-1].request_id, rows[-1].system) if full else None,
        )

    def _item(self, row: ErasedRow) -> ReplayItem:
        said = ReplayItem(request_id=row.request_id, system=row.system, objects=row.objects)
        connector = self._parts.connectors.get(row.system)
        if not row.readable:
            why = "key_destroyed"
        elif not row.closed:
            why = "open"
        elif connector is None or row.controller not in self._parts.policies:
            why = "no_system"
        elif ERASE in steps_by_hand(connector.manifest):
            why = "by_hand"
        else:
            queue, after = self._parts.queue_of(row.system), connector.manifest.confirm_after
            return said.model_copy(update={"task_queue": queue, "confirm_after": after})
        return said.model_copy(update={"unknowable": why})

    @activity.defn
    async def changed_since(self, order: ReplayOrder) -> UndoneReport:
        """What was corrected, restricted or stopped since: nobody does that anew but whoever reads this."""
        wanted = order.wanted
        async with self._parts.ledger.begin() as tx:
            rows = await tx.changed_since(wanted.since - MARGIN, wanted.controllers, wanted.system, MOST_CHANGES)
        return UndoneReport(changes=tuple(UndoneChange(**row.model_dump()) for row in rows))

    @activity.defn
    async def look_replayed(self, order: ReplayStep) -> Replayed:
        """How much of what had gone is there again. Changes nothing.

        Raises:
            NotAllowed: it was no closed erasure whose plan was approved.
        """
        plan = await self._plan(order)
        answer = await self._parts.connector(order.system).confirm(plan, order.handle)
        if isinstance(answer, Pending) and answer.so_far:
            # Only copies that the system drops by itself are left.
            answer = Done(result=answer.so_far)
        if not isinstance(answer, Done):
            return Replayed(**under_way(answer))
        found = back(plan, answer.result)
        return Replayed(state=BACK if found else "gone", back=found, unplanned=unplanned(plan, answer.result))

    @activity.defn
    async def erase_replayed(self, order: ReplayStep) -> Replayed:
        """Carry the plan out once more.

        Raises:
            NotAllowed: nothing that was approved allows it, or fewer people saw what is back than must approve.
        """
        async with self._parts.ledger.begin() as tx:
            await self._enough_saw(tx, order)
        plan = await self._plan(order)
        if order.handle is None:
            async with self._parts.ledger.begin() as tx:
                if await kept_since(tx, order.request_id, plan, self._parts, order.at):
                    return Replayed(state="held")
        match await self._parts.connector(order.system).erase(plan, order.handle):
            case Done():
                return Replayed(state="done")
            case (Pending() | Awaiting()) as answer:
                return Replayed(**under_way(answer))
            case Drifted(changed=changed, appeared=appeared):
                await self._drifted(order, changed, appeared)
                return Replayed(state="drifted", back=changed, unplanned=appeared)

    @activity.defn
    async def confirm_replayed(self, order: ReplayStep) -> Replayed:
        """Look again, and write down what is gone once more."""
        plan = await self._plan(order)
        answer = await self._parts.connector(order.system).confirm(plan, order.handle)
        if not isinstance(answer, Done):
            return Replayed(**under_way(answer))
        planned = {(one.collection, one.key): one for one in plan.going}
        gone = [
            each
            for each in answer.result
            if (one := planned.get((each.collection, each.key))) is not None and verdict(one, each)
        ]
        left = back(plan, answer.result)
        async with self._parts.ledger.begin() as tx:
            await self._write_down(tx, order, gone, left)
        state = "remains" if left else "clean"
        return Replayed(state=state, back=left, unplanned=unplanned(plan, answer.result))

    async def _plan(self, order: ReplayStep) -> SystemPlan:
        async with self._parts.ledger.begin() as tx:
            return await carried_out_plan(tx, order.request_id, order.system, self._parts)

    async def _enough_saw(self, tx: Tx, order: ReplayStep) -> None:
        needed = self._parts.policy((await tx.request(order.request_id)).controller).review.erasure_approvals
        people = len(await tx.replay_people(order.plan or ""))
        if people < max(1, needed):
            raise NotAllowed(f"What is back was seen by {people} of {needed} people.")

    async def _drifted(self, order: ReplayStep, changed: int, appeared: int) -> None:
        """Nothing was touched: what the backup brought back is not what the plan was made from."""
        facts: dict[str, JsonValue] = {"system": order.system, "changed": changed, "appeared": appeared}
        async with self._parts.ledger.begin() as tx:
            await tx.record(
                order.request_id,
                Tag.PLAN_DRIFTED,
                at=order.at,
                facts=facts,
                dedupe=f"replay/drifted/{order.system}/{order.plan}",
            )

    async def _write_down(self, tx: Tx, order: ReplayStep, gone: list[ObjectOutcome], left: int) -> None:
        await tx.request(order.request_id, lock=True)
        await tx.save_outcomes(order.request_id, order.system, gone, at=order.at)
        counts = Counter(each.fate for each in gone)
        facts: dict[str, JsonValue] = {"system": order.system, "seen": order.plan, "remaining": left}
        facts |= {fate.value: counts[fate] for fate in sorted(GONE) if counts[fate]}
        await tx.record(
            order.request_id,
            Tag.ERASURE_REPLAYED,
            at=order.at,
            actor=order.actor,
            facts=facts,
            dedupe=f"replay/{order.system}/{order.plan}",
        )
