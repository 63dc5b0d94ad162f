"""Making the plan of an erasure from what was collected."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

import structlog
from temporalio import activity

from activities.chosen import find_chosen, keep_chosen
from activities.clockface import local_day
from activities.coverage import decider_of, refused_parts, sent_on
from activities.finding import Graph, load_graph
from activities.keeping import ReasonsReport
from activities.ledger import Tx
from activities.letters import KeptGroup, PartialRefusal, RefusedPart, WithheldGroup
from activities.model import OnRequest, PlanReport
from activities.naming import Naming
from activities.pages import Pages, load_collected
from activities.parts import Parts
from activities.plans import anonymised, keepers_of, load_plans, save_plans
from activities.telling import foresee, touches
from activities.wrapper import progress
from habeas.connector import PlannedObject, SystemPlan, Treatment
from habeas.errors import ConfigurationError, Quarantine
from habeas.evidence import Tag
from habeas.model import Request
from habeas.particulars import Particulars
from habeas.plan import IndexedRecord, Place, draft
from habeas.policy import Policy
from habeas.reasons import under
from habeas.staying import Because, outlived

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
        chosen = await find_chosen(self._parts, request, policy)
        counts = dict.fromkeys(Treatment, 0)
        for plan in plans:
            for planned in plan.objects:
                counts[planned.treatment] += 1
        async with ledger.begin(after=tx) as tx:
            head = await save_plans(tx, order.request_id, tuple(plans), outside)
            await keep_chosen(tx, order.request_id, chosen)
            manifests = self._parts.manifests(policy)
            await foresee(tx, request, policy, manifests, touches(plans), order.at)
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
            request = await tx.request(request.id)
            keepers = await keepers_of(tx, request, parts, at)
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
            refused = await refused_parts(tx, request, policy, called)
            facts = reasons_told(kept[1] if kept else (), called, refused)
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


def reasons_told(
    plans: tuple[SystemPlan, ...], called: Naming, refused: tuple[RefusedPart, ...] = ()
) -> PartialRefusal | None:
    """What the letter about what is kept says as soon as a plan is approved; None where there is no such letter.

    There is one if something stays of a category that the policy explains at once, and then it names all that stays:
    it says that everything else goes. Where nothing is to go, nothing goes ahead beside it either: what is left is the
    last letter, which follows at once and says the same, unless the policy waits before it erases.
    """
    planned = [each for plan in plans for each in plan.objects]
    promised = called.policy.promise.reasons_at_once
    staying = [each for each in planned if each.treatment is Treatment.RETAIN]
    nothing_goes = len(staying) == len(planned)
    if not any(each.category in promised and each.reason != Because.CONTROLLED for each in staying):
        return None
    if nothing_goes and not called.policy.erasure.wait_days:
        return None
    return _reasons(plans, called, refused).model_copy(update={"nothing_goes": nothing_goes})


def _reasons(plans: tuple[SystemPlan, ...], called: Naming, refused: tuple[RefusedPart, ...]) -> PartialRefusal:
    others = sent_on(called.policy, called.language)
    ends: dict[tuple[str, str, str, str], list[date | None]] = {}
    controlled: set[WithheldGroup] = set()
    going: set[str] = set()
    for system, each in ((plan.system, each) for plan in plans for each in plan.objects):
        title = called.category(system, each.collection)
        if each.treatment is not Treatment.RETAIN:
            going.add(title)
        elif decider := decider_of(each.reason, each.law, others):
            controlled.add(WithheldGroup(what=title, reason=others[decider]))
        else:
            reason = each.reason if each.reason != Because.CONTROLLED else None
            ends.setdefault((system, title, each.law or "", reason or ""), []).append(each.until)
    kept = tuple(
        KeptGroup(
            system=called.system(system),
            category=title,
            count=len(untils),
            law=called.law(system, law),
            until=None if None in untils else max(until for until in untils if until),
            reason=Because(reason) if reason else None,
        )
        for (system, title, law, reason), untils in sorted(ends.items())
    )
    told = PartialRefusal(
        kept=kept, controlled=tuple(sorted(controlled, key=lambda one: (one.what, one.reason))), refused=refused
    )
    # Made anonymous before it was refused: that is what became of it.
    still = tuple(one for one in refused if told.kept_refused[one.what] or one.what not in going)
    return told.model_copy(update={"refused": still})
