"""One connected system's steps: locate, collect, erase, confirm. They run on the system's own queue."""

from __future__ import annotations

from collections import Counter
from typing import assert_never

from pydantic import JsonValue
from temporalio import activity

from activities.believing import located, settled, under_plan, vetoes_of
from activities.by_hand import CONFIRM, ERASE, answered, steps_by_hand, treated
from activities.collecting import collected, note_collected, note_located
from activities.copies import COPY_FIRST, copies_first
from activities.deciding import find_deciders
from activities.finding import IDENTITY, MATCHES, load_graph, save_graph
from activities.ledger import Tx
from activities.model import (
    CollectReport,
    ConfirmReport,
    EraseOrder,
    EraseReport,
    LocateOrder,
    LocateReport,
    SystemOrder,
    VetoReport,
)
from activities.pages import Collected
from activities.parts import Parts
from activities.plans import approved_plan, freed_since, held_since, with_reasons
from activities.reporting import counted, keep_outcomes, keep_part, note_callback, under_way
from activities.sent import gone_of, note_done, note_sent, was_sent
from activities.wrapper import progress, resumed
from habeas.connector import Connector, Manifest, SystemPlan
from habeas.errors import NotAllowed
from habeas.evidence import Tag
from habeas.model import Identifier
from habeas.outcomes import Awaiting, Done, Drifted, Fate, ObjectOutcome, Pending
from habeas.plan import kept_by_law, verdict


class SystemActivities:
    """What the engine asks of connected systems."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def locate(self, order: LocateOrder) -> LocateReport:
        """Find the records that bear what is known of the person; changes nothing in the system."""
        connector = self._parts.connector(order.system)
        async with self._parts.ledger.begin() as tx:
            await tx.request(order.request_id)
            asked = await _what_to_ask(tx, order, connector)
        matches = await located(connector, asked) if asked else ()
        async with self._parts.ledger.begin(after=tx) as tx:
            if order.for_identity:
                await tx.seal(order.request_id, f"{IDENTITY}/{order.system}", MATCHES.dump_json(matches))
            else:
                await tx.request(order.request_id, lock=True)
                graph = await load_graph(tx, order.request_id)
                await save_graph(tx, order.request_id, graph.answered(order.system, asked, matches))
            await note_located(tx, order, asked, matches, for_identity=order.for_identity)
        return LocateReport(system=order.system, matches=sum(not one.staff for one in matches))

    @activity.defn
    async def collect(self, order: SystemOrder) -> CollectReport:
        """Collect everything of the person, page by page into storage; after a crash it goes on from the last page."""
        said = resumed()
        done = Collected.model_validate(said[0]) if said else Collected()
        async with self._parts.ledger.begin() as tx:
            graph = await load_graph(tx, order.request_id)
        done = await collected(self._parts, order, graph, done, lambda so_far: progress(so_far.model_dump(mode="json")))
        deciders = await find_deciders(self._parts, order, done)
        async with self._parts.ledger.begin() as tx:
            return await note_collected(tx, order, done, deciders)

    @activity.defn
    async def vetoes(self, order: EraseOrder) -> VetoReport:
        """What stands in the way of the system's part of the approved plan; nothing is touched."""
        async with self._parts.ledger.begin() as tx:
            plan = await approved_plan(tx, order, self._parts)
        if _renamed(plan, self._parts.connector(order.system).manifest):
            return VetoReport(system=order.system, reasons={})  # the erasure sends such a plan back
        vetoes = vetoes_of(await self._parts.vetoing(order.system).vetoes(plan))
        reasons = dict(Counter(one.reason for one in vetoes))
        if reasons:
            async with self._parts.ledger.begin() as tx:
                facts: dict[str, JsonValue] = {"system": order.system, **reasons}
                dedupe = f"vetoed/{order.system}/{order.at.isoformat()}"
                await tx.record(order.request_id, Tag.SYSTEM_VETOED, at=order.at, facts=facts, dedupe=dedupe)
        return VetoReport(system=order.system, reasons=reasons)

    @activity.defn
    async def erase(self, order: EraseOrder) -> EraseReport:
        """Carry out the system's part of the approved plan, and of no other."""
        connector = self._parts.connector(order.system)
        async with self._parts.ledger.begin() as tx:
            sent = await was_sent(tx, order)
            try:
                plan = await approved_plan(tx, order, self._parts)
            except NotAllowed:
                if not sent:
                    raise
                # It was, when the system was asked to begin.
                return EraseReport(system=order.system, state="drifted", touched=True)
            # What is under way in the system, or done by hand, cannot be called back.
            begun = order.handle or await answered(tx, order)
            waits = not begun and (await copies_first(tx, order.request_id, order.digest, self._parts)).code
            held = 0 if begun or waits else await held_since(tx, order.request_id, plan, self._parts, order.at)
            over = 0 if begun or waits or held else await freed_since(tx, order.request_id, plan, self._parts, order.at)
            renamed = 0 if begun else _renamed(plan, connector.manifest)
            stopped = bool(waits or held or over)
            if not (stopped or renamed or ERASE in steps_by_hand(connector.manifest)):
                await note_sent(tx, order)
            if held or over:
                facts: dict[str, JsonValue] = {
                    "system": order.system,
                    **({"held": held} if held else {"outlived": over}),
                }
                dedupe = f"held/{order.system}/{order.digest}"
                await tx.record(order.request_id, Tag.PLAN_DRIFTED, at=order.at, facts=facts, dedupe=dedupe)
        if stopped:
            return await self._stopped(order, plan, COPY_FIRST if waits else "drifted", sent=sent)
        by_hand = await self._by_hand(order, ERASE, plan)
        answer = by_hand or (
            Drifted(changed=renamed, appeared=0)
            if renamed
            else under_plan(connector.manifest, await connector.erase(plan, order.handle))
        )
        match answer:
            case Done():
                counts = counted(answer.result)
                outcomes = with_reasons(plan, answer.result)
                attested = {"attested": True} if by_hand else {}
                async with self._parts.ledger.begin(after=tx) as tx:
                    await keep_outcomes(tx, order, "erase", outcomes, Tag.SYSTEM_ERASED, **attested)
                    await note_done(tx, order)
                return EraseReport(system=order.system, state="done", counts=counts)
            case Drifted():
                async with self._parts.ledger.begin() as tx:
                    facts = {
                        "system": order.system,
                        "changed": answer.changed,
                        "appeared": answer.appeared,
                    }
                    await tx.record(
                        order.request_id,
                        Tag.PLAN_DRIFTED,
                        at=order.at,
                        facts=facts,
                        dedupe=f"drifted/{order.system}/{order.digest}",
                    )
                return await self._stopped(order, plan, "drifted", sent=sent)
            case Pending() | Awaiting():
                await note_callback(self._parts.ledger, order, answer)
                return EraseReport(system=order.system, **under_way(answer))
            case _:
                assert_never(answer)

    async def _stopped(self, order: EraseOrder, plan: SystemPlan, state: str, *, sent: bool) -> EraseReport:
        """It is not carried on. What an attempt before did, whose answer never came, is looked at and written down."""
        connector = self._parts.connector(order.system)
        if not sent:
            return EraseReport(system=order.system, state=state)
        gone = None if _renamed(plan, connector.manifest) else await gone_of(connector, plan)
        if gone:
            async with self._parts.ledger.begin() as tx:
                await keep_part(tx, order, with_reasons(plan, gone))
        return EraseReport(system=order.system, state=state, counts=counted(gone or ()), touched=gone != ())

    @activity.defn
    async def confirm(self, order: EraseOrder) -> ConfirmReport:
        """Look again, without trusting what the erasure said."""
        return await self._confirm(order)

    @activity.defn
    async def confirm_as_it_is(self, order: EraseOrder) -> ConfirmReport:
        """The same, once more; what only waits for copies to be dropped (`Pending.so_far`) is done."""
        return await self._confirm(order, as_it_is=True)

    async def _confirm(self, order: EraseOrder, *, as_it_is: bool = False) -> ConfirmReport:
        async with self._parts.ledger.begin() as tx:
            plan = await approved_plan(tx, order, self._parts)
        by_hand = await self._by_hand(order, CONFIRM, plan)
        connector = self._parts.connector(order.system)
        answer = by_hand or settled(connector.manifest, await connector.confirm(plan, order.handle))
        so_far = answer.so_far if isinstance(answer, Pending) else ()
        as_planned = bool(so_far) and _as_planned(plan, so_far, attested=False)
        if as_planned and as_it_is:
            answer = Done(result=so_far)
        match answer:
            case Done():
                counts = counted(answer.result)
                clean = _as_planned(plan, answer.result, attested=by_hand is not None)
                outcomes = with_reasons(plan, answer.result)
                said = {"clean": clean, **({"attested": True} if by_hand else {})}
                async with self._parts.ledger.begin(after=tx) as tx:
                    await keep_outcomes(tx, order, "confirm", outcomes, Tag.SYSTEM_CONFIRMED, **said)
                return ConfirmReport(
                    system=order.system,
                    state="clean" if clean else "remains",
                    kept=counts.get(Fate.RETAINED, 0),
                    counts=counts,
                )
            case Pending() | Awaiting():
                await note_callback(self._parts.ledger, order, answer)
                return ConfirmReport(system=order.system, settled=as_planned, **under_way(answer))
            case _:
                assert_never(answer)

    async def _by_hand(self, order: EraseOrder, step: str, plan: SystemPlan) -> Done[tuple[ObjectOutcome, ...]] | None:
        """A human's word for what became of the plan's objects; None where the system answers for itself."""
        if step not in steps_by_hand(self._parts.connector(order.system).manifest):
            return None
        async with self._parts.ledger.begin() as tx:
            return Done(result=await treated(tx, order, plan))


async def _what_to_ask(tx: Tx, order: LocateOrder, connector: Connector) -> tuple[Identifier, ...]:
    if order.for_identity:
        claimed = (await tx.subject(order.request_id)).identifiers
        return tuple(one for one in claimed if one.kind in connector.manifest.needs)
    return (await load_graph(tx, order.request_id)).to_ask(order.system, connector.manifest)


def _renamed(plan: SystemPlan, manifest: Manifest) -> int:
    """How many of the plan's objects are of collections that the system does not have by that name any more."""
    names = {one.name for one in manifest.collections}
    return sum(one.collection not in names for one in plan.objects)


def _as_planned(plan: SystemPlan, outcomes: tuple[ObjectOutcome, ...], *, attested: bool) -> bool:
    """Every planned object is as planned, and nothing else of the person came up.

    What a human says must stay by a law until a day is as good as planned: no system can say so of its own.
    """
    planned = {(one.collection, one.key): one for one in plan.objects}
    seen = {(one.collection, one.key): one for one in outcomes}
    return planned.keys() == seen.keys() and all(
        verdict(planned[place], seen[place]) or (attested and kept_by_law(seen[place])) for place in planned
    )
