"""Erasure plans as the ledger keeps them, and the wall before every erase call: only an approved plan passes."""

from __future__ import annotations

from activities.ledger import Tx
from activities.model import EraseOrder
from activities.parts import Parts
from habeas.acts import ActKind
from habeas.connector import SystemPlan
from habeas.errors import NotAllowed
from habeas.model import Frozen, Right, SystemName
from habeas.plan import digest

HEAD = "plan"


class PlanHead(Frozen):
    """Which systems a plan covers, and its digest."""

    digest: str
    systems: tuple[SystemName, ...]


async def save_plans(tx: Tx, request_id: str, plans: tuple[SystemPlan, ...]) -> PlanHead:
    """Keep a plan, sealed; it replaces an older one."""
    head = PlanHead(
        digest=await keyed_digest(tx, request_id, plans), systems=tuple(sorted(plan.system for plan in plans))
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
    if request.right is not Right.ERASURE:
        raise NotAllowed("Only an erasure request erases.")
    kept = await load_plans(tx, order.request_id)
    if kept is None or await keyed_digest(tx, order.request_id, kept[1]) != order.digest:
        raise NotAllowed("The plan is not the one that was approved.")
    people = {
        act.actor
        for act in await tx.acts(order.request_id)
        if act.kind == ActKind.APPROVE.value and act.accepted_at and act.facts.get("plan") == order.digest
    }
    needed = parts.policy(request.controller).review.erasure_approvals
    if len(people) < needed:
        raise NotAllowed(f"The plan has {len(people)} of {needed} approvals.")
    plan = next((plan for plan in kept[1] if plan.system == order.system), None)
    if plan is None:
        raise NotAllowed("The plan does not cover this system.")
    return plan
