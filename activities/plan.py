"""Making the plan of an erasure from what was collected."""

from __future__ import annotations

from datetime import date

from temporalio import activity

from activities.clockface import local_day
from activities.finding import Graph, load_graph
from activities.model import OnRequest, PlanReport
from activities.pages import Pages, load_collected
from activities.parts import Parts
from activities.plans import save_plans
from activities.wrapper import progress
from habeas.connector import SystemPlan, Treatment
from habeas.evidence import Tag
from habeas.plan import IndexedRecord, draft


class PlanActivities:
    """What will be erased, anonymised and kept, object by object."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="draft_plan")
    async def draft(self, order: OnRequest) -> PlanReport:
        """Draft the plan of every system that was collected, seal it, and answer with its digest and counts."""
        ledger = self._parts.ledger
        async with ledger.begin() as tx:
            request = await tx.request(order.request_id)
            graph = await load_graph(tx, order.request_id)
            collected = await load_collected(tx, order.request_id)
        today = local_day(self._parts.policy(request.controller), order.at)
        plans = []
        for system, one in sorted(collected.items()):
            plans.append(await self._one(order.request_id, system, one.pages, graph, today))
            progress()
        counts = dict.fromkeys(Treatment, 0)
        for plan in plans:
            for planned in plan.objects:
                counts[planned.treatment] += 1
        async with ledger.begin() as tx:
            head = await save_plans(tx, order.request_id, tuple(plans))
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
        )

    async def _one(self, request_id: str, system: str, pages: int, graph: Graph, today: date) -> SystemPlan:
        manifest = self._parts.connector(system).manifest
        records = Pages(self._parts.ledger, self._parts.storage, request_id).read(system, range(pages))
        index = [IndexedRecord.of(record) async for record in records]
        needed = tuple(one for one in graph.own() if one.kind in manifest.needs)
        return draft(system, manifest.collections, graph.roots(system), needed, index, today)
