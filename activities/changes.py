"""The steps of a changing right: draft the plan, hold what is restricted, change each system, look at it again."""

from __future__ import annotations

from typing import assert_never

from pydantic import JsonValue
from temporalio import activity

from activities.believing import changed, changed_again
from activities.change_model import DONE, ChangeDraft, ChangeOrder, ChangeReport, DraftChange, PlannedChange
from activities.changing import (
    ChangeHead,
    approved_change,
    approved_changes,
    contests,
    decided_by_others,
    kept_from_change,
    save_changes,
)
from activities.chosen import find_chosen, keep_chosen
from activities.consent import despite_restriction
from activities.drafting import Drafting
from activities.ledger import Tx
from activities.parts import Parts
from activities.reporting import counted, keep_outcomes, keep_part, note_callback, under_way
from activities.sent import changed_of, note_done, note_sent, was_sent
from activities.telling import change_touches, foresee
from activities.wrapper import progress
from habeas.change import SystemChange
from habeas.connector import Change, Manifest, Rectify, Restrict, Stop
from habeas.errors import NotAllowed
from habeas.evidence import Tag
from habeas.model import Request
from habeas.outcomes import CHANGED, Awaiting, Done, Drifted, Fate, ObjectOutcome, Pending
from habeas.particulars import Particulars

ANSWERED = "answered/"
"""Prefix of what is sealed, by system, once it said what became of all that it was to change."""
_SETTLED = frozenset({Fate.RECTIFIED, Fate.RESTRICTED, Fate.LIFTED, Fate.STOPPED, Fate.NOT_FOUND})


class ChangeActivities:
    """What the engine asks of systems that correct, restrict, or stop using data."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="draft_change")
    async def draft(self, order: DraftChange) -> ChangeDraft:
        """Draft one part of the plan from what was found or collected, seal it, answer with its digest and counts."""
        ledger = self._parts.ledger
        async with ledger.begin() as tx:
            request = await tx.request(order.request_id)
            asked = Particulars.of(await tx.subject(order.request_id))
            contested = frozenset(await contests(tx, order.request_id))
        drafted = await Drafting(self._parts, request, asked, contested).draft(order)
        policy = self._parts.policy(request.controller)
        manifests = self._parts.manifests(policy)
        chosen = await find_chosen(self._parts, request, policy)
        progress()
        plans = tuple(plan for plan in drafted.plans if not plan.empty or plan.found or plan.stays)
        head = ChangeHead(
            digest="0" * 64,
            systems=tuple(plan.system for plan in plans),
            purposes=order.purposes,
            contested=tuple(sorted(contested)),
            unmatched=drafted.unmatched,
        )
        async with ledger.begin() as tx:
            head = await save_changes(tx, order.request_id, order.part, plans, head)
            await keep_chosen(tx, order.request_id, chosen)
            touched = await change_touches(tx, request, policy, manifests)
            await foresee(tx, request, policy, manifests, touched, order.at)
            report = _counted_draft(head, plans).model_copy(update={"outdated": drafted.outdated})
            await tx.record(
                order.request_id,
                Tag.CHANGE_DRAFTED,
                at=order.at,
                facts={
                    "plan": head.digest,
                    "part": order.part.value,
                    **report.model_dump(mode="json", exclude={"digest", "systems", "by_hand", "outdated"}),
                    "by_hand": list(report.by_hand),
                    "purposes": list(order.purposes),
                },
                dedupe=f"change/{order.part.value}/{order.at.isoformat()}",
            )
        return report

    @activity.defn(name="hold_restricted")
    async def hold(self, order: PlannedChange) -> int:
        """From now on no other request touches these objects; how many there are. The same order changes nothing."""
        held = 0
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            for plan in await approved_changes(tx, order, self._parts):
                if plan.covered:
                    await self._hold(tx, request, plan, order)
                    held += len(plan.covered)
        return held

    async def _hold(self, tx: Tx, request: Request, plan: SystemChange, order: PlannedChange) -> None:
        await tx.restrict(request.id, request.controller, plan.system, plan.covered, order.at)
        outcomes = [ObjectOutcome(collection=one.collection, key=one.key, fate=Fate.RESTRICTED) for one in plan.covered]
        await tx.save_outcomes(request.id, plan.system, outcomes, at=order.at)
        await tx.record(
            request.id,
            Tag.RESTRICTION_SET,
            at=order.at,
            facts={"system": plan.system, "plan": order.digest, "objects": len(plan.covered)},
            dedupe=f"restricted/{plan.system}/{order.digest}",
        )

    @activity.defn(name="change")
    async def change(self, order: ChangeOrder) -> ChangeReport:
        """Carry out the system's part of the plan, and of no other."""
        async with self._parts.ledger.begin() as tx:
            sent = await was_sent(tx, order)
            try:
                plan = await approved_change(tx, order, self._parts)
            except NotAllowed:
                if not sent:
                    raise
                # It was, when the system was asked to begin.
                return ChangeReport(system=order.system, state="drifted", touched=True)
            change = _planned(plan)
            drifted = await self._newly_held(tx, order, change)
            if not drifted:
                await note_sent(tx, order)
        system = self._parts.changing(order.system)
        answer = (
            Drifted(changed=drifted, appeared=0)
            if drifted
            else changed(self._manifest(order), change, await system.change(change, order.handle))
        )
        match answer:
            case Done():
                return await self._done(order, change, answer.result)
            case Drifted():
                return await self._drifted(order, change, answer, sent=sent)
            case Pending() | Awaiting():
                await note_callback(self._parts.ledger, order, answer)
                return ChangeReport(system=order.system, **under_way(answer))
            case _:
                assert_never(answer)

    def _manifest(self, order: ChangeOrder) -> Manifest:
        return self._parts.connector(order.system).manifest

    async def _newly_held(self, tx: Tx, order: ChangeOrder, change: Change) -> int:
        """How many objects must be left alone by now: restricted, held, or another's to decide over since the plan."""
        request = await tx.request(order.request_id)
        match change:
            case Rectify():
                objects = frozenset(one.ref for one in change.fields)
                stays, _ = await kept_from_change(tx, request, order.system, objects, self._parts)
                return len(stays)
            case Restrict():
                return len(await decided_by_others(tx, request, order.system, change.objects, self._parts))
            case Stop():
                return 0
            case _:
                assert_never(change)

    async def _done(self, order: ChangeOrder, change: Change, outcomes: tuple[ObjectOutcome, ...]) -> ChangeReport:
        async with self._parts.ledger.begin() as tx:
            await remember(tx, order, change, outcomes)
            request = await tx.request(order.request_id)
            said = await despite_restriction(tx, request, order.system, outcomes, self._parts)
            restricted = {"despite_restriction": True} if said != outcomes else {}
            await keep_outcomes(tx, order, "change", said, Tag.SYSTEM_CHANGED, **restricted)
            await note_done(tx, order)
            await note_told(tx, order)
        return ChangeReport(system=order.system, state="done", counts=counted(outcomes))

    async def _drifted(self, order: ChangeOrder, change: Change, answer: Drifted, *, sent: bool) -> ChangeReport:
        """It is not carried on. What an attempt before did, whose answer never came, is looked at and written down."""
        facts: dict[str, JsonValue] = {"system": order.system, "changed": answer.changed, "appeared": answer.appeared}
        async with self._parts.ledger.begin() as tx:
            await tx.record(
                order.request_id,
                Tag.CHANGE_DRIFTED,
                at=order.at,
                facts=facts,
                dedupe=f"change_drifted/{order.system}/{order.digest}",
            )
        if not sent:
            return ChangeReport(system=order.system, state="drifted")
        seen = await changed_of(self._parts.changing(order.system), self._manifest(order), change)
        done = tuple(one for one in seen or () if one.fate in CHANGED)
        if done:
            async with self._parts.ledger.begin() as tx:
                await remember(tx, order, change, done)
                await keep_part(tx, order, done)
        return ChangeReport(
            system=order.system, state="drifted", counts=counted(done), touched=seen is None or bool(done)
        )

    @activity.defn(name="confirm_change")
    async def confirm(self, order: ChangeOrder) -> ChangeReport:
        """Look again, without trusting what the change said. What it said it could not change is not asked again."""
        async with self._parts.ledger.begin() as tx:
            plan = await approved_change(tx, order, self._parts)
            refused = await tx.objects_of(order.request_id, order.system, Fate.BLOCKED)
        change, system = _planned(plan), self._parts.changing(order.system)
        answer = changed_again(self._manifest(order), change, await system.confirm_change(change, order.handle))
        match answer:
            case Done():
                return await self._looked(order, answer.result, refused)
            case Pending() | Awaiting():
                await note_callback(self._parts.ledger, order, answer)
                return ChangeReport(system=order.system, **under_way(answer))
            case _:
                assert_never(answer)

    async def _looked(
        self, order: ChangeOrder, result: tuple[ObjectOutcome, ...], refused: frozenset[str]
    ) -> ChangeReport:
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
            result = await despite_restriction(tx, request, order.system, result, self._parts)
            names = await tx.object_digests(order.request_id, order.system, result)
            outcomes = tuple(
                one for one, name in zip(result, names, strict=True) if one.fate in _SETTLED or name not in refused
            )
            counts = counted(outcomes)
            clean = counts.keys() <= _SETTLED
            await keep_outcomes(tx, order, "confirm_change", outcomes, Tag.SYSTEM_CHANGE_CONFIRMED, clean=clean)
        return ChangeReport(system=order.system, state="clean" if clean else "remains", counts=counts)


def _planned(plan: SystemChange) -> Change:
    if plan.change is None:
        raise ValueError("an approved change is there")
    return plan.change


async def note_told(tx: Tx, order: ChangeOrder) -> None:
    """The system said what became of all that it was to change: what the ledger has of it is not our word alone."""
    await tx.seal(order.request_id, f"{ANSWERED}{order.system}", order.digest.encode())


async def remember(tx: Tx, order: ChangeOrder, change: Change, outcomes: tuple[ObjectOutcome, ...]) -> None:
    """Keep what was carried out, with what earlier plans of the same request did: recipients are told of all of it."""
    name = f"{DONE}{order.system}"
    match change:
        case Rectify():
            done = {(one.collection, one.key, one.field) for one in outcomes if one.fate is Fate.RECTIFIED}
            fields = {
                (one.collection, one.key, one.field): one
                for one in change.fields
                if (one.collection, one.key, one.field) in done
            }
            before = await tx.unseal(order.request_id, name, Rectify)
            if before:
                fields = {(one.collection, one.key, one.field): one for one in before.fields} | fields
            if fields:
                await tx.seal(order.request_id, name, Rectify(fields=tuple(fields.values())))
        case Restrict() | Stop():
            await tx.seal(order.request_id, name, change)
        case _:
            assert_never(change)


def _counted_draft(head: ChangeHead, plans: tuple[SystemChange, ...]) -> ChangeDraft:
    return ChangeDraft(
        digest=head.digest,
        systems=tuple(plan.system for plan in plans if plan.change is not None),
        by_hand=tuple(plan.system for plan in plans if plan.by_hand),
        changes=sum(_size(plan.change) for plan in plans),
        covered=sum(len(plan.covered) for plan in plans),
        contested=len(head.contested),
        blocked=sum(len(plan.blocked) for plan in plans),
        consented=sum(len(plan.consented) for plan in plans),
        unmatched=len(head.unmatched),
    )


def _size(change: Change | None) -> int:
    match change:
        case Rectify():
            return len(change.fields)
        case Restrict():
            return len(change.objects)
        case Stop():
            return len(change.roots)
        case None:
            return 0
        case _:
            assert_never(change)
