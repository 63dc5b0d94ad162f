"""Making the plan of an erasure from what was collected."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

import structlog
from temporalio import activity

from activities.clockface import local_day
from activities.finding import Graph, load_graph
from activities.keeping import ReasonsReport
from activities.ledger import Tx
from activities.letters import KeptGroup, PartialRefusal
from activities.model import OnRequest, PlanReport
from activities.naming import Naming
from activities.pages import Pages, load_collected
from activities.parts import Parts
from activities.plans import anonymised, keepers_of, load_plans, save_plans
from activities.wrapper import progress
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.errors import ConfigurationError, Quarantine
from habeas.evidence import Tag
from habeas.model import Request
from habeas.particulars import Particulars
from habeas.plan import IndexedRecord, Place, draft
from habeas.policy import Policy
from habeas.reasons import under
from habeas.staying import outlived

log = structlog.get_logger(__name__)

NOT_PLANNED = "system_not_planned"
"""What a system holds could not be planned: it is collected again, and the others go on."""
REASONS = "letter/reasons"
"""What is kept and why, for the letter that says so at once."""


class PlanActivities:
    """What will be erased, anonymised and kept, object by object."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="draft_plan")
    async def draft(self, order: OnRequest) -> PlanReport:
        """Draft the plan of every system that was collected, seal it, and answer with its digest and counts.

        A system whose records no plan can be made of, since its manifest does not have them any more or does not say
        enough of them, is in none, and is named.
        """
        ledger = self._parts.ledger
        async with ledger.begin() as tx:
            request = await tx.request(order.request_id)
            graph = await load_graph(tx, order.request_id)
            collected = await load_collected(tx, order.request_id)
        policy = self._parts.policy(request.controller)
        plans, outside, again = [], {}, []
        for system, one in sorted(collected.items()):
            try:
                plan, outside[system] = await self._one(request, policy, system, one.pages, graph, order.at)
                plans.append(plan)
            except (Quarantine, ConfigurationError) as error:
                # One system's, and no reason why the others should wait: it is collected again, where that is shown.
                log.warning(NOT_PLANNED, system=system, error=error.code, detail=error.detail)
                again.append(system)
            progress()
        counts = dict.fromkeys(Treatment, 0)
        for plan in plans:
            for planned in plan.objects:
                counts[planned.treatment] += 1
        async with ledger.begin() as tx:
            head = await save_plans(tx, order.request_id, tuple(plans), outside)
            await tx.record(
                order.request_id,
                Tag.PLAN_DRAFTED,
                at=order.at,
                facts={"plan": head.digest, **{one.value: count for one, count in counts.items()}},
                dedupe=f"plan/{order.at.isoformat()}",
            )
        return PlanReport(
            digest=head.digest,
            erase=counts[Treatment.DELETE],
            anonymise=counts[Treatment.ANONYMISE],
            retain=counts[Treatment.RETAIN],
            outdated=tuple(again),
        )

    async def _one(
        self, request: Request, policy: Policy, system: str, pages: int, graph: Graph, at: datetime
    ) -> tuple[SystemPlan, int]:
        """One system's plan, and how many of its objects stay for another that is not in it."""
        parts = self._parts
        manifest = parts.connector(system).manifest
        records = Pages(parts.ledger, parts.storage, request.id).read(system, range(pages))
        index = [IndexedRecord.of(record) async for record in records]
        needed = tuple(one for one in graph.own() if one.kind in manifest.needs)
        async with parts.ledger.begin() as tx:
            keepers = await keepers_of(tx, request, parts)
            asked = frozenset(Particulars.of(await tx.subject(request.id)).categories) or None
            stays = await keepers.stays(system, manifest, [(one.collection, one.key) for one in index])
            await keepers.note(at)
            done = await _done(tx, request.id, system, index)
        provision = partial(policy.provision, request.regime, request.jurisdiction, request.right)
        collections = under(provision, manifest.collections)
        today = local_day(policy, at)
        plan = draft(system, collections, graph.roots(system), needed, index, today, stays, asked)
        objects = tuple(done.get((one.collection, one.key), one) for one in plan.objects)
        plan = plan.model_copy(update={"objects": objects})
        return plan, outlived(plan, collections, today, stays)

    @activity.defn
    async def reasons_at_once(self, order: OnRequest) -> ReasonsReport:
        """Why the approved plan keeps something of categories whose keeping the policy explains at once; sealed."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id)
            policy = self._parts.policy(request.controller)
            kept = await load_plans(tx, order.request_id)
            called = Naming.of(policy, self._parts.connectors, request.language)
            facts = reasons_told(kept[1] if kept else (), called)
            if facts is None:
                return ReasonsReport()
            await tx.seal(order.request_id, REASONS, facts)
        return ReasonsReport(sealed=REASONS)


async def _done(tx: Tx, request_id: str, system: str, index: list[IndexedRecord]) -> dict[Place, PlannedObject]:
    """What the plan before has made anonymous, if it was not collected anew since: that would be other data."""
    before = await load_plans(tx, request_id)
    plan = next((one for one in before[1] if one.system == system), None) if before else None
    if plan is None:
        return {}
    seen = {(one.collection, one.key): one.fingerprint for one in index}
    return {
        place: one
        for place, one in (await anonymised(tx, request_id, plan)).items()
        if seen.get(place) == one.fingerprint
    }


def reasons_told(plans: tuple[SystemPlan, ...], called: Naming) -> PartialRefusal | None:
    """What the letter about what is kept says as soon as a plan is approved; None where there is no such letter.

    Where nothing is to go, nothing goes ahead beside it either: what is left is the last letter, which follows at once
    and says the same, unless the policy waits before it erases.
    """
    told = _reasons(plans, called)
    return told if told.kept and not (told.nothing_goes and not called.policy.erasure.wait_days) else None


def _reasons(plans: tuple[SystemPlan, ...], called: Naming) -> PartialRefusal:
    policy = called.policy
    ends: dict[tuple[str, str, str], list[date | None]] = {}
    for plan in plans:
        for each in plan.objects:
            if each.treatment is Treatment.RETAIN and each.category in policy.promise.reasons_at_once:
                ends.setdefault((plan.system, each.category, each.law or ""), []).append(each.until)
    return PartialRefusal(
        nothing_goes=all(each.treatment is Treatment.RETAIN for plan in plans for each in plan.objects),
        kept=tuple(
            KeptGroup(
                system=called.system(system),
                category=policy.text(policy.category(category).title, called.language),
                count=len(untils),
                law=called.law(system, law),
                until=None if None in untils else max(until for until in untils if until),
            )
            for (system, category, law), untils in sorted(ends.items())
        ),
    )
