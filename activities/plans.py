"""Erasure plans as the ledger keeps them, and the wall before every erase call: only an approved plan passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pydantic import Field

from activities.by_hand import unnamed
from activities.clockface import local_day
from activities.deciding import load_ours
from activities.finding import load_graph
from activities.ledger import OutcomeRow, Tx
from activities.ledger.results import object_name
from activities.manifests import manifests_of
from activities.model import EraseOrder
from activities.parts import Parts
from activities.recourse import Recourse, recourses
from activities.staying import Keepers, touched
from habeas.acts import ActKind
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.errors import NotAllowed
from habeas.model import Frozen, Request, Right, Stage, SystemName
from habeas.outcomes import Fate, ObjectOutcome
from habeas.plan import Place, digest, kept_by_law
from habeas.replaying import carried_out
from habeas.staying import PASSING, ended, outlived

HEAD = "plan"


class PlanHead(Frozen):
    """Which systems a plan covers, and its digest."""

    digest: str
    systems: tuple[SystemName, ...]
    needed_outside: Mapping[SystemName, int] = Field(default_factory=dict)
    """How many objects stay for what keeps another one, which was not asked for and so is not in the plan."""
    approved: str | None = None
    """The digest of the plan that was approved, of which only what is still to be erased is left."""


async def save_plans(
    tx: Tx, request_id: str, plans: tuple[SystemPlan, ...], needed_outside: Mapping[SystemName, int]
) -> PlanHead:
    """Keep a plan, sealed; it replaces an older one."""
    head = PlanHead(
        digest=await keyed_digest(tx, request_id, plans),
        systems=tuple(sorted(plan.system for plan in plans)),
        needed_outside=needed_outside,
    )
    for plan in plans:
        await tx.seal(request_id, f"{HEAD}/{plan.system}", plan)
    await tx.seal(request_id, HEAD, head)
    return head


async def keyed_digest(tx: Tx, request_id: str, plans: tuple[SystemPlan, ...]) -> str:
    """The plan's name outside the ledger: keyed by the request, so that nobody can guess what it names."""
    return (await tx.key(request_id)).digest(digest(plans))


async def load_plans(tx: Tx, request_id: str) -> tuple[PlanHead, tuple[SystemPlan, ...]] | None:
    """The plan as it is kept now; None before one was made."""
    head = await tx.unseal(request_id, HEAD, PlanHead)
    if head is None:
        return None
    plans = [await tx.unseal(request_id, f"{HEAD}/{system}", SystemPlan) for system in head.systems]
    return head, tuple(plan for plan in plans if plan is not None)


async def approved_plan(tx: Tx, order: EraseOrder, parts: Parts) -> SystemPlan:
    """One system's part of the plan that was approved, after checking once more that it may be carried out.

    The workflow has asked all this before; it is asked again here, from the ledger, because this is the last door
    before data is gone: the request is an erasure, the plan is the one whose digest was approved, and enough different
    people approved exactly that digest.

    Raises:
        NotAllowed: one of these does not hold.
    """
    request = await tx.request(order.request_id)
    kept = await _kept(tx, request)
    if await keyed_digest(tx, order.request_id, kept) != order.digest:
        raise NotAllowed("The plan is not the one that was approved.")
    await enough_approvals(
        tx, order.request_id, order.digest, parts.policy(request.controller).review.erasure_approvals
    )
    return _of_system(kept, order.system)


async def enough_approvals(tx: Tx, request_id: str, plan: str, needed: int) -> None:
    """So many different people approved exactly the plan of this digest.

    Raises:
        NotAllowed: they are fewer.
    """
    if (people := len(await approvals_of(tx, request_id, plan))) < needed:
        raise NotAllowed(f"The plan has {people} of {needed} approvals.")


async def held_since(tx: Tx, request_id: str, plan: SystemPlan, parts: Parts, at: datetime) -> int:
    """How many objects the plan would touch that must stay by now: a hold, a restriction or a refusal came after it."""
    request = await tx.request(request_id)
    keepers = await keepers_of(tx, request, parts, at)
    done = await anonymised(tx, request_id, plan)
    left = [place for place in touched(plan) if place not in done]
    return len(await keepers.stays(plan.system, parts.connector(plan.system).manifest, left))


async def freed_since(tx: Tx, request_id: str, plan: SystemPlan, parts: Parts, at: datetime) -> int:
    """How many objects the plan keeps for what has ended since it was drafted: a hold or a restriction was lifted."""
    passing = {(one.collection, one.key) for one in plan.objects if one.reason in PASSING}
    head = await tx.unseal(request_id, HEAD, PlanHead)
    if not passing or head is None:
        return 0
    request = await tx.request(request_id)
    manifest, today = parts.connector(plan.system).manifest, local_day(parts.policy(request.controller), at)
    still = await (await keepers_of(tx, request, parts, at)).stays(plan.system, manifest, passing)
    over = outlived(plan, manifest.collections, today, still)
    return max(0, over - head.needed_outside.get(plan.system, 0))


async def anonymised(tx: Tx, request_id: str, plan: SystemPlan) -> dict[Place, PlannedObject]:
    """The plan's objects that were made anonymous already, as planned: nothing that comes later can keep them."""
    said = await tx.objects_of(request_id, plan.system, Fate.ANONYMISED)
    key = await tx.key(request_id)
    return {
        (one.collection, one.key): one
        for one in plan.objects
        if one.treatment is Treatment.ANONYMISE
        and key.digest(object_name(plan.system, one.collection, one.key)) in said
    }


async def keepers_of(tx: Tx, request: Request, parts: Parts, at: datetime | None = None) -> Keepers:
    """What may make this person's objects stay; with an instant, also what must not be erased on that day.

    That what a copy of was refused must be there as long as the refusal may be reviewed keeps it from nothing else.
    """
    policy, others = parts.policy(request.controller), sharing(request, parts)
    place = policy.answered_in(request.regime, request.jurisdiction)
    known = (await load_graph(tx, request.id)).leads()
    kept: tuple[Recourse, ...] = ()
    if at is not None and request.right is Right.ERASURE:
        concerned = {request.controller, *(one for named in others.values() for one in named)}
        claimed = (await tx.subject(request.id)).identifiers
        policies = {one: parts.policy(one) for one in concerned}
        kept = await recourses(tx, dict.fromkeys((*known, *claimed)), policies, at)
    ours = await load_ours(tx, request, policy, manifests_of(policy, parts))
    nameless = unnamed(parts, policy.systems)
    return await Keepers.of(tx, request, place, known, policy, others, ours, kept, nameless)


def sharing(request: Request, parts: Parts) -> dict[str, tuple[str, ...]]:
    """The request's systems that other controllers have too, each with their ids."""
    named = {
        system: tuple(one.id for one in parts.controllers_of(system) if one.id != request.controller)
        for system in parts.policy(request.controller).systems
    }
    return {system: others for system, others in named.items() if others}


async def ended_plan(
    tx: Tx, request_id: str, system: SystemName, parts: Parts, today: date, at: datetime | None = None
) -> tuple[SystemPlan, int]:
    """What a closed erasure kept in one system and must erase now; and how much of it a hold or a restriction keeps.

    The approval of the plan was also one of what becomes of the kept objects when their time has come. So this path
    takes nothing but objects of the plan that was approved and carried out, which were found retained since, and of
    these only those that nothing keeps any more. How many people had to approve was asked when it was carried out.

    Raises:
        NotAllowed: the request is not a closed erasure, or what is kept of its plan is not what was approved.
    """
    request = await tx.request(request_id)
    kept = await _kept(tx, request)
    if request.stage is not Stage.CLOSED:
        raise NotAllowed("The request is not closed.")
    head = await tx.unseal(request_id, HEAD, PlanHead)
    approved = head.approved if head else None
    if not await approvals_of(tx, request_id, approved or await keyed_digest(tx, request_id, kept)):
        raise NotAllowed("The plan is not one that was approved.")
    plan = _of_system(kept, system)
    manifest = parts.connector(system).manifest
    key = await tx.key(request_id)
    retained = {row.object: row for row in await tx.outcomes(request_id) if row.fate is Fate.RETAINED}
    said = {
        (one.collection, one.key): row
        for one in plan.objects
        if (row := retained.get(key.digest(object_name(system, one.collection, one.key)))) is not None
    }
    plan = plan.model_copy(update={"objects": tuple(_as_said(one, said) for one in plan.objects)})
    present = said.keys()
    still = await (await keepers_of(tx, request, parts, at)).stays(system, manifest, present, refusals=False)
    due = ended(plan, manifest.collections, today, still=still, present=present)
    unheld = ended(plan, manifest.collections, today, present=present)
    return due, len(unheld.objects) - len(due.objects)


async def carried_out_plan(tx: Tx, request_id: str, system: SystemName, parts: Parts) -> SystemPlan:
    """One system's part of a closed erasure's plan, as it was carried out, to be carried out once more.

    For a system that was restored from a backup. The walls are those of the first time: an erasure, the plan of which
    exactly this was approved, by as many people as the policy asks for today.

    Raises:
        NotAllowed: one of these does not hold.
    """
    request = await tx.request(request_id)
    kept = await _kept(tx, request)
    if request.stage is not Stage.CLOSED:
        raise NotAllowed("The request is not closed.")
    needed = max(1, parts.policy(request.controller).review.erasure_approvals)
    await enough_approvals(tx, request_id, await keyed_digest(tx, request_id, kept), needed)
    plan = _of_system(kept, system)
    key, said = await tx.key(request_id), {row.object: row.fate for row in await tx.outcomes(request_id)}
    names = {(one.collection, one.key): object_name(system, one.collection, one.key) for one in plan.objects}
    fates = {place: fate for place, name in names.items() if (fate := said.get(key.digest(name))) is not None}
    return carried_out(plan, fates)


async def kept_since(tx: Tx, request_id: str, plan: SystemPlan, parts: Parts, at: datetime) -> int:
    """How many objects the plan would touch that must stay by now, those too that were anonymous once."""
    keepers = await keepers_of(tx, await tx.request(request_id), parts, at)
    return len(await keepers.stays(plan.system, parts.connector(plan.system).manifest, touched(plan)))


def _of_system(plans: Iterable[SystemPlan], system: SystemName) -> SystemPlan:
    plan = next((plan for plan in plans if plan.system == system), None)
    if plan is None:
        raise NotAllowed("The plan does not cover this system.")
    return plan


def _as_said(planned: PlannedObject, said: Mapping[tuple[str, str], OutcomeRow]) -> PlannedObject:
    """What was to go, and a human said is kept by a law until a day: then it goes as it was planned."""
    row = said.get((planned.collection, planned.key))
    if row is None or row.law is None or row.until is None or planned.treatment is Treatment.RETAIN:
        return planned
    kept = {"treatment": Treatment.RETAIN, "law": row.law, "until": row.until, "then": planned.treatment}
    return planned.model_copy(update=kept)


def with_reasons(plan: SystemPlan, outcomes: Iterable[ObjectOutcome]) -> tuple[ObjectOutcome, ...]:
    """Outcomes as the ledger keeps them: of what stays, the plan says why, by which law and until when.

    Of what was not to stay, whoever says that it does says so themselves.
    """
    planned = {(one.collection, one.key): one for one in plan.objects}
    return tuple(
        each.model_copy(update={"reason": why.reason, "law": why.law, "until": why.until})
        if each.fate is Fate.RETAINED
        and (why := planned.get((each.collection, each.key))) is not None
        and not (why.treatment is not Treatment.RETAIN and kept_by_law(each))
        else each
        for each in outcomes
    )


async def _kept(tx: Tx, request: Request) -> tuple[SystemPlan, ...]:
    if request.right is not Right.ERASURE:
        raise NotAllowed("Only an erasure request erases.")
    kept = await load_plans(tx, request.id)
    if kept is None:
        raise NotAllowed("The plan is not the one that was approved.")
    return kept[1]


async def approvals_of(tx: Tx, request_id: str, digest_: str, *, ground: str | None = None) -> frozenset[str]:
    """The different people who approved exactly this plan; with a ground, those who did so on it."""
    return frozenset(
        act.actor
        for act in await tx.acts(request_id)
        if act.kind == ActKind.APPROVE.value
        and act.accepted_at
        and act.facts.get("plan") == digest_
        and ground in (None, act.facts.get("ground"))
    )
