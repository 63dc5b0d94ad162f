"""Steps in our own ledger: short, safe to repeat, local to the worker that carries the workflow."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from prometheus_client import Counter
from pydantic import JsonValue
from temporalio import activity

from activities.answered import answered_at
from activities.brief import NOT_A_RIGHT, brief_of, rights_here
from activities.changing import check_contest, proven
from activities.clockface import Dated, dated, first_due_on, local_day, pause_spans
from activities.copies import needs_a_copy
from activities.finding import (
    AddedIdentifier,
    DecidedMatches,
    Graph,
    KeptBefore,
    apply_act,
    first_seeds,
    load_graph,
    looked_up,
    numbers,
    save_graph,
)
from activities.finishing import finish_task
from activities.kept_before import kept_before
from activities.ledger import WAITING, Act, SystemRow, TaskFilter, Tx
from activities.ledger.results import object_name
from activities.letters import NotARightFacts
from activities.model import (
    AcceptAct,
    Brief,
    ClockFace,
    Closed,
    CloseOrder,
    Entering,
    ExtendOrder,
    OnRequest,
    PauseOrder,
    ProofCheck,
    SettleReport,
    StageEntry,
    Waiting,
)
from activities.parts import Parts
from activities.plans import freed_since, load_plans
from activities.proofs import check_unknown, proof_lacking
from activities.redactions import check_approval, check_redaction
from activities.remedies import DECIDING, may_decide
from activities.repeated import check_repeated, outside_of, remember
from activities.same_person import is_same_person
from activities.stages import enter, enter_with
from activities.stated import STATING, stated_facts
from activities.suppressing import suppress
from activities.tasks import seal_left_out
from habeas import law
from habeas.acts import WITHOUT_COPY, ActKind
from habeas.errors import BadInput, PlanOutlived
from habeas.evidence import Tag
from habeas.law.provisions import OF_THE_REQUEST
from habeas.matching import Settled, path_words
from habeas.model import COPIES, REMEDIES, USES, Identifier, Request, Stage
from habeas.particulars import Particulars
from habeas.policy import Policy

WAITS = Counter("habeas_waits_total", "Times that a request began to wait for a system", ["system", "code"])
_ON_GROUNDS = frozenset({ActKind.REFUSE, ActKind.EXEMPT, ActKind.CHARGE})


class RecordActivities:
    """What the workflow writes down, and what it reads to decide by."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn
    async def begin(self, order: Entering) -> Brief:
        """What law and policy ask of this request; its dates are computed and written down.

        What is no right there enters no stage: it is answered at once.
        """
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            await tx.update_request(order.request_id, started_at=order.at)
            policy = self._parts.policy(request.controller)
            times = await self._date(tx, request, policy, order.at, dedupe="begin")
            asked = Particulars.of(await tx.subject(order.request_id))
            other = await is_same_person(tx, request) is False
            brief = brief_of(request, policy, asked, self._parts, times.face, other_person=other)
            if order.anew:
                brief = await _begun_anew(tx, request, policy, brief)
            if brief.not_a_right:
                offered = NotARightFacts(offered=rights_here(request, policy))
                await tx.seal(order.request_id, NOT_A_RIGHT, offered)
            else:
                await enter_with(tx, order)
            if request.right in COPIES:
                # Whoever opened it does not know the systems' manifests.
                await tx.looked_through(
                    order.request_id, {*policy.systems} - self._short_lived(request.controller), order.at
                )
        return brief

    def _short_lived(self, controller: str) -> set[str]:
        """The controller's systems in which something ends by itself."""
        systems = self._parts.policy(controller).systems
        return {name for name in systems if self._parts.connector(name).manifest.short_lived}

    @activity.defn
    async def enter_stage(self, order: StageEntry) -> None:
        """The request's stage, for lists, and as evidence."""
        async with self._parts.ledger.begin() as tx:
            await enter(tx, order)

    @activity.defn
    async def accept_act(self, order: AcceptAct) -> None:
        """An act that the workflow took: mark it, do what it does to the ledger, write it down."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            act = await tx.accept_act(order.call.act_id, at=order.at)
            if (act.request_id, act.kind, act.actor) != (order.request_id, order.kind.value, order.call.actor):
                raise BadInput("This act is another one, or of another request.", field="act")
            if order.kind in DECIDING:
                await may_decide(
                    tx, request, self._parts.policy(request.controller), order.kind, act.actor, order.call.ground
                )
            counted = await self._counted(tx, request, order) | await self._copy(tx, request, order, act)
            counted |= await self._stated(tx, request, order)
            await self._effect(tx, order, act)
            await tx.record(
                order.request_id,
                Tag(f"act:{order.kind.value}"),
                at=order.at,
                actor=order.call.actor,
                facts=_said(order) | counted,
                dedupe=f"act/{order.call.act_id}",
            )

    async def _counted(self, tx: Tx, request: Request, order: AcceptAct) -> dict[str, JsonValue]:
        """What a ground that is about repeating rests on; asked again here, where the act is written down."""
        if order.kind not in _ON_GROUNDS:
            return {}
        policy = self._parts.policy(request.controller)
        await check_unknown(tx, request, policy, order.call.ground)
        outside = await outside_of(tx, request.id, order.kind, order.call)
        found = await check_repeated(tx, request, policy, order.call.ground, outside)
        return {"asked_before": found.known, "asked_outside": found.outside} if found else {}

    async def _stated(self, tx: Tx, request: Request, order: AcceptAct) -> dict[str, JsonValue]:
        """What was stated of the ground on which something is refused, where its law asks for it."""
        if order.kind not in STATING:
            return {}
        policy, call = self._parts.policy(request.controller), order.call
        return await stated_facts(tx, request, policy, call.ground, call.act_id, local_day(policy, order.at))

    async def _copy(self, tx: Tx, request: Request, order: AcceptAct, act: Act) -> dict[str, JsonValue]:
        """What an act says of the copy that is to be released."""
        if order.kind in {ActKind.REDACT, ActKind.UNREDACT}:
            return await check_redaction(tx, request, self._parts.policy(request.controller), act)
        if order.kind is ActKind.APPROVE:
            return await check_approval(tx, request, order.call.plan)
        return {}

    async def _effect(self, tx: Tx, order: AcceptAct, act: Act) -> None:
        call = order.call
        if order.kind is ActKind.APPROVE:
            await self._still_keeps(tx, order)
        match order.kind:
            case ActKind.ATTEST:
                await tx.attest(order.request_id, call.act_id, how=act.reason, actor=call.actor, now=order.at)
                subject = await tx.subject(order.request_id)
                graph = await load_graph(tx, order.request_id)
                named = subject.identifiers
                graph = graph.proven_by(named, attested_name=subject.name, claimed=numbers(named))
                await save_graph(tx, order.request_id, graph)
            case ActKind.ADD_IDENTIFIER:
                await apply_act(tx, order.request_id, call.act_id, AddedIdentifier)
                seeds = (await load_graph(tx, order.request_id)).seeds
                request = await tx.request(order.request_id)
                await tx.findable(order.request_id, request.controller, seeds)
                if request.right in COPIES:
                    systems = self._short_lived(request.controller)
                    await tx.hold_everything(order.request_id, request.controller, systems, order.at)
            case ActKind.DECIDE_MATCH:
                await apply_act(tx, order.request_id, call.act_id, DecidedMatches)
            case ActKind.FINISH_TASK:
                await finish_task(tx, order.request_id, call, order.at, self._parts)
            case ActKind.REFUSE:
                await self._noted(tx, order)
            case ActKind.CONTEST:
                await check_contest(tx, order.request_id, call.act_id)
            case ActKind.APPROVE if call.ground != WITHOUT_COPY:
                request = await tx.request(order.request_id)
                await needs_a_copy(tx, request, self._parts.policy(request.controller))
            case _:
                return

    async def _noted(self, tx: Tx, order: AcceptAct) -> None:
        """Where the law has it noted with the data that a correction was asked for and not made, a refusal notes it."""
        request = await tx.request(order.request_id)
        place = self._parts.policy(request.controller).answered_in(request.regime, request.jurisdiction)
        rule = law.denial(request.regime, place, request.right) if request.right not in REMEDIES else None
        if rule is None or not rule.noted or order.call.ground in OF_THE_REQUEST:
            return
        asked = Particulars.of(await tx.subject(order.request_id)).corrections
        await tx.record(
            order.request_id,
            Tag.CONTEST_NOTED,
            at=order.at,
            facts={"corrections": len(asked), "values": 0},
            dedupe="contest_noted",
        )

    async def _still_keeps(self, tx: Tx, order: AcceptAct) -> None:
        """An erasure is not approved by a plan that keeps something for what is over.

        Raises:
            PlanOutlived: it is; the workflow has it drafted anew.
        """
        kept = await load_plans(tx, order.request_id)
        for plan in kept[1] if kept else ():
            if await freed_since(tx, order.request_id, plan, self._parts, order.at):
                raise PlanOutlived

    @activity.defn
    async def check_proof(self, order: ProofCheck) -> bool:
        """Whether the person gave the code: then the search starts from the address it was sent to."""
        async with self._parts.ledger.begin() as tx:
            await tx.request(order.request_id, lock=True)
            proof = await tx.proof(order.request_id, "code")
            sent = await tx.challenge(order.request_id)
            if proof is None or proof.id != order.proof_id or sent is None:
                return False
            subject = await tx.subject(order.request_id)
            records = await looked_up(tx, order.request_id)
            proven = Identifier(kind="email", value=sent.address)
            seeds = first_seeds(subject.identifiers, proven, records)
            graph = (await load_graph(tx, order.request_id)).proven_by(seeds, claimed_name=subject.name)
            await save_graph(tx, order.request_id, graph)
            await tx.record(
                order.request_id,
                Tag.IDENTITY_PROVEN,
                at=order.at,
                actor="subject",
                facts={"method": "code", "code": sent.number, "seeds": [*sorted(one.kind for one in seeds)]},
                dedupe=f"proof/{order.proof_id}",
            )
        return True

    @activity.defn
    async def settle(self, order: OnRequest) -> SettleReport:
        """What is known of the person now, what contradicts, and who must be asked again."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            graph = await proven_graph(tx, request, self._parts)
            return await settled_now(tx, request, graph, self._parts, order.at)

    @activity.defn
    async def extend(self, order: ExtendOrder) -> ClockFace:
        """Extend the term; the same ground and act again change nothing."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            policy = self._parts.policy(request.controller)
            until = await _told_until(tx, request, policy, order)
            await tx.update_request(order.request_id, extended=True, extended_until=until)
            extended = request.model_copy(update={"extended": True, "extended_until": until})
            times = await self._date(tx, extended, policy, order.at, dedupe="extended")
            await tx.record(
                order.request_id,
                Tag.CLOCK_EXTENDED,
                at=order.at,
                facts={"ground": order.ground, "due_on": str(times.face.due_on), "by_staff": order.act_id is not None},
                dedupe="extended",
            )
        return times.face

    @activity.defn
    async def pause(self, order: PauseOrder) -> ClockFace | None:
        """Stop the clock from today on, in the zone of the establishment; the new dates, where they are known at once.

        They are where the law gives the person so many days to confirm, and starts the clock after them.
        """
        if order.reason is None:
            raise BadInput("A pause needs its reason.", field="reason")
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            policy = self._parts.policy(request.controller)
            start = local_day(policy, order.at)
            await tx.add_pause(order.request_id, order.act_id, order.reason, start)
            await tx.update_request(order.request_id, paused_from=start)
            facts: dict[str, JsonValue] = {"reason": order.reason.value, "from": start.isoformat()}
            await tx.record(
                order.request_id, Tag.CLOCK_PAUSED, at=order.at, facts=facts, dedupe=f"pause/{order.act_id}"
            )
            place = policy.answered_in(request.regime, request.jurisdiction)
            if law.reflection_days(request.regime, request.right, order.reason, place) is None:
                return None
            times = await self._date(tx, request, policy, order.at, dedupe=f"paused/{order.act_id}")
        return times.face

    @activity.defn
    async def resume(self, order: PauseOrder) -> ClockFace:
        """End the open pause, today or on the day of the answer that it waited for, and compute the dates anew."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            policy = self._parts.policy(request.controller)
            end = local_day(policy, order.at)
            for span in await tx.pauses(order.request_id):
                if span.end is None:
                    answered = await answered_at(tx, order.request_id, span)
                    if answered is not None:
                        end = max(span.start, min(end, local_day(policy, answered)))
                    await tx.end_pause(order.request_id, span.id, end)
            await tx.update_request(order.request_id, paused_from=None)
            times = await self._date(tx, request, policy, order.at, dedupe=f"resumed/{order.act_id}")
            facts: dict[str, JsonValue] = {"to": end.isoformat(), "due_on": str(times.face.due_on)}
            await tx.record(
                order.request_id, Tag.CLOCK_RESUMED, at=order.at, facts=facts, dedupe=f"resume/{order.act_id}"
            )
        return times.face

    @activity.defn
    async def waiting(self, order: Waiting) -> None:
        """A system that the request waits for, since when and why; or that it no longer waits for."""
        async with self._parts.ledger.begin() as tx:
            await tx.update_request(order.request_id, blocked_on=order.blocked_on)
            if order.code is None:
                await self._no_longer_waiting(tx, order)
                return
            before = await _stands(tx, order)
            since = before.waiting_since if before is not None and before.state == WAITING else None
            await tx.save_system(
                order.request_id,
                order.system,
                phase=order.phase,
                state=WAITING,
                counts={},
                # Another cause, or another try, does not make the wait a shorter one.
                waiting_since=since or order.at,
                error_code=order.code,
                correlation=order.correlation,
            )
            WAITS.labels(order.system, order.code).inc()
            await tx.record(
                order.request_id,
                Tag.SYSTEM_WAITING,
                at=order.at,
                facts={"system": order.system, "phase": order.phase, "code": order.code},
                dedupe=f"waiting/{order.system}/{order.at.isoformat()}",
            )

    async def _no_longer_waiting(self, tx: Tx, order: Waiting) -> None:
        if order.left_out:
            for task in await tx.tasks(TaskFilter(request_id=order.request_id)):
                if task.system == order.system:
                    await seal_left_out(tx, order.request_id, task.id)
            await tx.cancel_tasks(order.request_id, order.at, system=order.system)
        said = await _stands(tx, order)
        if said is not None and said.state == WAITING:
            state = "left_out" if order.left_out else "done"
            await tx.save_system(order.request_id, order.system, phase=order.phase, state=state, counts=said.counts)

    @activity.defn
    async def breach(self, order: OnRequest) -> None:
        """The term is over and the request is open."""
        async with self._parts.ledger.begin() as tx:
            await tx.update_request(order.request_id, overdue=True)
            await tx.record(
                order.request_id,
                Tag.CLOCK_BREACHED,
                at=order.at,
                facts={},
                dedupe=f"breach/{order.at.isoformat()}",
            )

    @activity.defn
    async def close(self, order: CloseOrder) -> Closed:
        """The end: outcome, and what became of everything, as counts."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True, count=True)
            counts = await tx.outcome_counts(order.request_id)
            await tx.close_tasks(order.request_id, order.at)
            await remember(tx, request)
            await suppress(tx, request, order)
            await tx.update_request(
                order.request_id,
                stage=Stage.CLOSED,
                outcome=order.outcome,
                closed_at=order.at,
                blocked_on=(),
            )
            facts: dict[str, JsonValue] = {"outcome": order.outcome.value, "skipped": [*sorted(order.skipped)]}
            await tx.record(order.request_id, Tag.REQUEST_CLOSED, at=order.at, facts=facts, dedupe="closed")
            # After the request's row is written: an erasure that looks meanwhile waits, and then sees it closed.
            erasures = await tx.waiting_for_copy(order.request_id)
        return Closed(outcome=order.outcome, counts=counts, erasures=erasures)

    async def _date(self, tx: Tx, request: Request, policy: Policy, now: datetime, *, dedupe: str) -> Dated:
        times = dated(request, policy, await pause_spans(tx, request.id), now)
        deadlines = times.deadlines
        await tx.update_request(
            request.id,
            acknowledge_by=deadlines.acknowledge_by,
            due_on=first_due_on(request, policy, deadlines) if request.extended else times.face.due_on,
            due_at=times.face.due_at,
            extended_due_on=times.face.due_on if request.extended else None,
            notice_latest_on=deadlines.notice_latest_on,
            citation=deadlines.citation,
        )
        await tx.record(
            request.id,
            Tag.CLOCK_COMPUTED,
            at=now,
            facts={
                "due_on": str(times.face.due_on) if times.face.due_on else None,
                "extended": request.extended,
                "citation": deadlines.citation,
                "explanation": list(times.explanation),
            },
            dedupe=f"clock/{dedupe}",
        )
        return times


async def _begun_anew(tx: Tx, request: Request, policy: Policy, brief: Brief) -> Brief:
    """The brief of a request that had begun before: what was proven stays, and codes are counted on."""
    known = await tx.proof(request.id) is not None and await proof_lacking(tx, request, policy) is None
    sent = await tx.challenge(request.id)
    identity = brief.identity.model_copy(update={"proven": known, "codes_before": sent.number if sent else 0})
    return brief.model_copy(update={"identity": identity})


async def _told_until(tx: Tx, request: Request, policy: Policy, order: ExtendOrder) -> date | None:
    """The day that the notice names where the law sets none: as staff said, or so many days more as the policy says."""
    if request.extended:
        return request.extended_until
    if order.act_id is not None:
        act = await tx.act(order.act_id)
        named = act.facts.get("expected_on") if act else None
        return date.fromisoformat(str(named)) if named else None
    place, days = policy.answered_in(request.regime, request.jurisdiction), policy.clock.extend_open_days
    if days is None or not law.extension_ends_as_told(request.regime, request.right, order.ground, place):
        return None
    due_on = dated(request, policy, await pause_spans(tx, request.id), order.at).deadlines.due_on
    return due_on + timedelta(days=days) if due_on else None


async def proven_graph(tx: Tx, request: Request, parts: Parts) -> Graph:
    """What is known of the person, once they have proven who they are.

    The workflow has waited for the proof; asked again here, at the last door before data is looked at.

    Raises:
        NotAllowed: not yet.
    """
    await proven(tx, request, parts.policy(request.controller))
    graph = await load_graph(tx, request.id)
    if await tx.proof(request.id) is None:
        named = (await tx.subject(request.id)).identifiers
        # What only stops is told to nobody, and the law lets nobody be asked: a number is enough for it.
        claimed = () if request.right in USES else numbers(named)
        return graph.proven_by(named, claimed=claimed, waived=True)
    return graph


async def settled_now(tx: Tx, request: Request, graph: Graph, parts: Parts, at: datetime) -> SettleReport:
    """Write down what is known of the person now, once they have proven who they are; the caller holds the request."""
    if await tx.proof(request.id) is None:
        await save_graph(tx, request.id, graph)
        await tx.record(request.id, Tag.IDENTITY_WAIVED, at=at, facts={}, dedupe="waived")
    settled = graph.settled()
    known = settled.identifiers
    kept = await kept_before(tx, request, graph, parts)
    if kept != graph.kept:
        await save_graph(tx, request.id, graph.model_copy(update={"kept": kept}))
    found = len({one.place for one in settled.kept} | {one.place for one in kept})
    own = graph.own(known)
    if request.right in COPIES:
        await tx.copy_is_of(request.id, request.controller, own)
    await tx.findable(request.id, request.controller, own)
    names = parts.policy(request.controller).systems
    ask = tuple(name for name in names if graph.to_ask(name, parts.connector(name).manifest, settled.leads))
    facts: dict[str, JsonValue] = {
        "found": found,
        "contradictions": [*sorted(one.kind.value for one in settled.contradictions)],
        "by": [*sorted({one.kind for one in known})],
        "paths": await _paths(tx, request.id, settled, kept),
    }
    await tx.record(
        request.id,
        Tag.SYSTEM_AMBIGUOUS if settled.contradictions else Tag.MATCH_SETTLED,
        at=at,
        facts=facts,
        dedupe=f"settled/{at.isoformat()}",
    )
    return SettleReport(found=found, contradictions=len(settled.contradictions), ask=ask)


async def _paths(tx: Tx, request_id: str, settled: Settled, kept: Iterable[KeptBefore]) -> JsonValue:
    """How each of the person's records was found; a record is named as in the table of outcomes, by a keyed digest."""
    key = await tx.key(request_id)
    paths = {one.place: f"kept by {one.by}: {one.place.system} {one.place.record.collection}" for one in kept}
    paths |= {found.place: path_words(settled.paths[found.place]) for found in settled.kept}
    return {
        key.digest(object_name(place.system, place.record.collection, place.record.key)): path
        for place, path in paths.items()
    }


async def _stands(tx: Tx, order: Waiting) -> SystemRow | None:
    """How this phase stands in this system, as far as is written down."""
    rows = await tx.systems(order.request_id)
    return next((row for row in rows if (row.system, row.phase) == (order.system, order.phase)), None)


def _said(order: AcceptAct) -> dict[str, JsonValue]:
    call = order.call
    facts: dict[str, JsonValue] = {"act": call.act_id}
    for name, value in (
        ("system", call.system),
        ("ground", call.ground),
        ("pause_reason", call.pause_reason),
        ("plan", call.plan),
        ("category", call.category),
        ("expected_on", call.expected_on),
        ("task", call.task),
    ):
        if value is not None:
            facts[name] = str(value)
    return facts
