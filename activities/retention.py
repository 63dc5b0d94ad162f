"""When the day comes: what erasures kept goes too, and the keys of requests whose own record is over are destroyed."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import structlog
from pydantic import JsonValue
from temporalio import activity

from activities.clockface import local_day
from activities.ended_tasks import ask_to_end, attested, by_hand
from activities.ending_letters import AGAIN
from activities.holds import held_for_copy, note_release
from activities.keeping import (
    DueItem,
    DueOrder,
    DuePage,
    EndOrder,
    EndReport,
    ForgetOrder,
    ForgetReport,
    LeftOut,
    LeftOutPage,
    SweepOrder,
)
from activities.ledger import Tx
from activities.narrowing import ENDING, still_owed
from activities.parts import Parts
from activities.plans import ended_plan, keepers_of
from activities.recourse import may_release
from activities.reporting import under_way
from habeas.connector import SystemPlan
from habeas.errors import BadInput, ConfigurationError, KeyDestroyed, NotAllowed, SealBroken
from habeas.evidence import Tag
from habeas.outcomes import Awaiting, Done, Drifted, Fate, ObjectOutcome, Pending
from habeas.plan import verdict

log = structlog.get_logger(__name__)

NOT_FORGOTTEN = "request_not_forgotten"
"""A request whose record may go could not be forgotten: the next sweep tries again."""
NOT_RELEASED = "request_not_released"
"""What was held for a request could not be let go: the next sweep tries again."""
MOST_LEFT_OUT = 200
"""Reminders of one day of what was left out; the others come on the next."""


class RetentionActivities:
    """What erasures kept, and the requests' own records."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def due_retained(self, order: DueOrder) -> DuePage:
        """A page of what erasures kept and may have to go today, in systems that this installation still has."""
        # Somewhere it is tomorrow already; each controller's own day is asked for where something would be erased.
        somewhere = (order.at + timedelta(days=1)).date()
        async with self._parts.ledger.begin() as tx:
            rows = await tx.due_retained(somewhere, order.limit, order.after)
        connectors, policies = self._parts.connectors, self._parts.policies
        items = tuple(
            DueItem(
                request_id=row.request_id,
                system=row.system,
                task_queue=self._parts.queue_of(row.system),
                confirm_after=connectors[row.system].manifest.confirm_after,
            )
            for row in rows
            if row.system in connectors and row.controller in policies
        )
        full = len(rows) == order.limit
        return DuePage(items=items, after=(rows[-1].request_id, rows[-1].system) if full else None)

    @activity.defn
    async def due_left_out(self, order: SweepOrder) -> LeftOutPage:
        """What closed requests were answered without, a week after staff were last told: their letter promised it.

        Until a later request of the same person completes it, the system is no longer the controller's, or the
        request's own record is over.
        """
        async with self._parts.ledger.begin() as tx:
            rows = await tx.left_out(order.at - AGAIN, MOST_LEFT_OUT)
        policies = self._parts.policies
        return LeftOutPage(
            items=tuple(
                LeftOut(request_id=row.request_id, system=row.system)
                for row in rows
                if row.controller in policies and row.system in policies[row.controller].systems
            )
        )

    @activity.defn
    async def end_retention(self, order: EndOrder) -> EndReport:
        """Erase what one erasure kept in this system and may keep no longer: these objects and no others.

        Raises:
            NotAllowed: nothing that was approved allows it.
        """
        held = 0
        async with self._parts.ledger.begin() as tx:
            if order.handle is None:
                request = await tx.request(order.request_id, lock=True)
                today = local_day(self._parts.policy(request.controller), order.at)
                plan, held = await ended_plan(tx, order.request_id, order.system, self._parts, today, order.at)
                if plan.objects and await held_for_copy(tx, request, order.system, self._parts, order.at):
                    plan, held = plan.model_copy(update={"objects": ()}), held + len(plan.objects)
                if not by_hand(self._parts, order.system):
                    if not plan.objects:
                        return EndReport(state="nothing", held=held)
                    await tx.seal(order.request_id, f"{ENDING}{order.system}", plan)
            else:
                plan = await _under_way(tx, order)
        if by_hand(self._parts, order.system):
            asked = await ask_to_end(self._parts, order, plan)
            return EndReport(state="asked" if plan.objects else "nothing", held=held, asked=asked)
        match await self._parts.connector(order.system).erase(plan, order.handle):
            case Done():
                return EndReport(state="done", held=held)
            case (Pending() | Awaiting()) as answer:
                return EndReport(held=held, **under_way(answer))
            case Drifted(changed=changed, appeared=appeared):
                await self._drifted(order, changed, appeared)
                return EndReport(state="drifted", held=held)

    async def _drifted(self, order: EndOrder, changed: int, appeared: int) -> None:
        """Nothing was touched: an object was changed since, or something that stays points at it."""
        facts: dict[str, JsonValue] = {"system": order.system, "changed": changed, "appeared": appeared}
        async with self._parts.ledger.begin() as tx:
            await tx.record(
                order.request_id, Tag.PLAN_DRIFTED, at=order.at, facts=facts, dedupe=f"ending/drifted/{order.system}"
            )

    @activity.defn
    async def confirm_ended(self, order: EndOrder) -> EndReport:
        """Look again; what is gone is written down as gone. What is not, stays due."""
        async with self._parts.ledger.begin() as tx:
            recipients = bool(self._parts.policy((await tx.request(order.request_id)).controller).recipients)
            if before := await _said_before(tx, order):
                # It was killed after it had written this down, and before it could say so.
                left = await tx.unseal(order.request_id, f"{ENDING}{order.system}", SystemPlan)
                state = "clean" if left is None else "remains"
                return EndReport(state=state, ended=before, recipients=recipients, ended_at=order.at)
            plan = await _under_way(tx, order)
            said = await attested(tx, await tx.request(order.request_id), order.system, self._parts)
        answer = said
        if answer is None:
            looked = await self._parts.connector(order.system).confirm(plan, order.handle)
            if not isinstance(looked, Done):
                return EndReport(**under_way(looked))
            answer = looked.result
        planned = {(one.collection, one.key): one for one in plan.objects}
        gone = [
            each
            for each in answer
            if (one := planned.get((each.collection, each.key))) is not None and verdict(one, each)
        ]
        async with self._parts.ledger.begin() as tx:
            await tx.request(order.request_id, lock=True)
            ended = await _ended(tx, order, gone, len(planned) - len(gone), attested=said is not None)
        state = "clean" if len(gone) == len(planned) else "remains"
        return EndReport(state=state, ended=ended, recipients=recipients, ended_at=order.at)

    @activity.defn
    async def forget(self, order: ForgetOrder) -> ForgetReport:
        """Requests whose own record is over: what they collected and packed is removed, and their key destroyed.

        Before that, what a refused request still holds is released once nothing wants it held any more.
        """
        controllers = sorted(self._parts.policies)
        controller, last = order.after
        keys = released = 0
        if not controller:
            released = await self._release(order)
        for one in controllers:
            if one < controller:
                continue
            after = last if one == controller else ""
            keep = timedelta(days=self._parts.policy(one).record.keep_days)
            async with self._parts.ledger.begin() as tx:
                ids = await tx.forgettable(one, order.at - keep, order.limit, after)
            for request_id in ids:
                try:
                    keys += await self._forget(request_id, order.at)
                except (BadInput, ConfigurationError, KeyDestroyed, SealBroken) as error:
                    # One record that is not whole must not keep all others from their end.
                    log.warning(NOT_FORGOTTEN, request=request_id, error=error.code)
            if len(ids) == order.limit:
                return ForgetReport(keys=keys, released=released, after=(one, ids[-1]))
        return ForgetReport(keys=keys, released=released)

    async def _forget(self, request_id: str, at: datetime) -> int:
        return int(await forget_record(self._parts, request_id, at))

    async def _release(self, order: ForgetOrder) -> int:
        released, after = 0, ""
        while True:
            async with self._parts.ledger.begin() as tx:
                ids = await tx.held_after_closing(order.limit, after)
            for request_id in ids:
                try:
                    released += await self._release_one(request_id, order.at)
                except (BadInput, ConfigurationError, KeyDestroyed, SealBroken) as error:
                    # It stays held; the sweep of all others goes on.
                    log.warning(NOT_RELEASED, request=request_id, error=error.code)
            if len(ids) < order.limit:
                return released
            after = ids[-1]

    async def _release_one(self, request_id: str, at: datetime) -> int:
        async with self._parts.ledger.begin() as tx:
            row = await tx.request_row(request_id)
            policy = self._parts.policies.get(row.controller)
            if policy is None or not await may_release(tx, row, policy, at):
                return 0
            objects = await tx.release_deletion(request_id, at)
            await note_release(tx, request_id, objects, at)
        return objects


async def forget_record(
    parts: Parts, request_id: str, at: datetime, *, actor: str = "engine", whole: bool = False
) -> bool:
    """Remove what a closed request collected and packed, and destroy its key; False where a legal hold keeps it.

    What it takes to erase what it kept, once that may go, outlives its record under a key of its own.

    Args:
        parts: ledger, storage and policies.
        request_id: of a request whose record nothing needs, or somebody said so.
        at: when.
        actor: who said so before its time; else the sweep did, as its time came.
        whole: whatever it still has to erase.
    """
    async with parts.ledger.begin() as tx:
        request = await tx.request(request_id, lock=True)
        holds = (await keepers_of(tx, request, parts)).holds
        if any(hold.system is None and hold.category is None for hold in holds):
            # Everything about the matter is kept, and our own record of it, too.
            return False
    # The storage first: without the key nobody could find out what there was to remove.
    await parts.storage.delete_prefix(f"requests/{request_id}")
    async with parts.ledger.begin() as tx:
        request = await tx.request(request_id, lock=True)
        narrowed = await tx.is_narrowed(request_id)
        owed = None if whole or narrowed else await still_owed(tx, request)
        facts: dict[str, JsonValue] = {"keep_days": parts.policy(request.controller).record.keep_days}
        if actor != "engine":
            facts = {"before_its_time": True}
        if owed:
            facts |= {"kept": owed.retained}
        dedupe = "key/destroyed/kept" if narrowed else "key/destroyed"
        await tx.record(request_id, Tag.KEY_DESTROYED, at=at, actor=actor, facts=facts, dedupe=dedupe)
        if owed:
            await tx.narrow_key(request_id, at, owed.objects)
            for name, content in owed.documents.items():
                await tx.seal(request_id, name, content)
        else:
            await tx.destroy_key(request_id, at)
    return True


async def _under_way(tx: Tx, order: EndOrder) -> SystemPlan:
    plan = await tx.unseal(order.request_id, f"{ENDING}{order.system}", SystemPlan)
    if plan is None:
        raise NotAllowed("Nothing is under way there.")
    return plan


async def _said_before(tx: Tx, order: EndOrder) -> int:
    """How many objects ended by exactly this order."""
    rows = await tx.outcomes(order.request_id)
    return sum((row.system, row.at) == (order.system, order.at) and row.fate is not Fate.RETAINED for row in rows)


async def _ended(tx: Tx, order: EndOrder, gone: list[ObjectOutcome], remaining: int, *, attested: bool) -> int:
    """Write down what is gone, and was not before: of two sweeps at once one ends an object. How many these are."""
    kept = await tx.objects_of(order.request_id, order.system, Fate.RETAINED)
    names = await tx.object_digests(order.request_id, order.system, gone)
    new = [each for each, name in zip(gone, names, strict=True) if name in kept]
    counts = Counter(each.fate for each in new)
    await tx.save_outcomes(order.request_id, order.system, new, at=order.at)
    facts: dict[str, JsonValue] = {"system": order.system, "remaining": remaining}
    if attested:
        facts["attested"] = True
    facts |= {fate.value: counts[fate] for fate in Fate if counts[fate]}
    await tx.record(
        order.request_id,
        Tag.RETENTION_ENDED,
        at=order.at,
        facts=facts,
        dedupe=f"retention/ended/{order.system}/{order.at.isoformat()}",
    )
    if new and not await tx.is_narrowed(order.request_id):
        # Afterwards there is no address any more: the evidence alone says it.
        await tx.has_ended(order.request_id, order.at)
    if not remaining:
        await tx.remove_sealed(order.request_id, f"{ENDING}{order.system}")
    return len(new)
