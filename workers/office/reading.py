"""Looking: the queue and each request's story, which name nobody; and what does, which leaves a mark."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from pydantic import Field, JsonValue

from activities.changing import under_review
from activities.clockface import local_day
from activities.copies import Before, copies_before
from activities.finding import load_graph
from activities.ledger import ErrorRow, RequestFilter, RequestRow, TaskFilter, Tx
from activities.ledger.paging import Turn
from activities.ledger.requests import QUEUE
from activities.plans import load_plans
from activities.redactions import copy_digest
from activities.targets import targets
from habeas import law
from habeas.access import Scope
from habeas.acts import ActAnswer
from habeas.connector import SystemPlan
from habeas.errors import BadInput
from habeas.evidence import Event, Finding, Tag, verify
from habeas.matching import Decision, Found, Place, Ruling, path_words
from habeas.model import COPIES, Frozen, Identifier, PauseReason
from habeas.plan import PlanLine, summary
from workers.office.acting import Acting
from workers.office.intake import words
from workers.office.standing import Standing, standing
from workers.office.story import Entry, Story, Told, entry, instructed, is_asked, possible, told
from workers.office.whose_law import law_note
from workers.office.written import has_written

_OURS = "habeas-"
"""Beginning of what a request waits for that is no system: the engine's own storage, a copy of the same person's."""
HANDLE = 8
"""Hex digits by which staff name a record that may be the person's."""


class ShownPlan(Frozen):
    """The plan as it is kept now. Personal: keys and identifiers."""

    digest: str
    """What is approved: exactly this plan and no other."""
    lines: dict[str, tuple[PlanLine, ...]]
    """System -> how many objects get which treatment, why and until when."""
    systems: tuple[SystemPlan, ...] = Field(repr=False)
    categories: tuple[str, ...] = ()
    """The categories that it is about; none for all."""
    first: Before = Before()
    """What must come before it is carried out."""


class Candidate(Frozen):
    """A record that may be the person's. Personal."""

    handle: str
    system: str
    collection: str
    key: str = Field(repr=False)
    name: str | None = Field(repr=False)
    found_by: tuple[Identifier, ...] = Field(repr=False)
    yields: tuple[Identifier, ...] = Field(repr=False)
    standing: str
    """``kept``: the person's; ``held``: to be decided."""
    path: str = ""
    """How it was found, as `habeas.matching.path_words` says it; empty where nothing of theirs leads there."""
    unproven: tuple[Identifier, ...] = Field(default=(), repr=False)
    """Those of ``found_by`` and ``yields`` that somebody typed into the account and nobody has proven."""
    staff: bool = False
    """It is the account of one of the controller's own people in that system."""


class Doubt(Frozen):
    """Why a human must decide; each side is what would be one person."""

    kind: str
    """As `habeas.matching.ContradictionKind` has it.

    Of ``staff``, ``number`` and ``unproven`` only the first side is in doubt.
    """
    identifier_kind: str | None
    sides: tuple[tuple[str, ...], ...]
    """Handles."""


class Candidates(Frozen):
    """Records side by side, and who asks. Personal."""

    name: str | None = Field(default=None, repr=False)
    """As whoever asks gave it."""
    claimed: tuple[Identifier, ...] = Field(default=(), repr=False)
    """What they said that they are known by."""
    unproven: tuple[Identifier, ...] = Field(default=(), repr=False)
    """Those of ``claimed`` that are neither proven nor on a record beside what is."""
    records: tuple[Candidate, ...] = Field(repr=False)
    doubts: tuple[Doubt, ...]


class Verdict(Frozen):
    """Answer of `Reading.verify_evidence`."""

    request_id: str
    events: int
    head: str | None
    """The last event's hash: note it elsewhere, and a cut-off end shows."""
    findings: tuple[Finding, ...]


class Reading(Acting):
    """Methods that look."""

    async def requests(self, wanted: RequestFilter) -> tuple[Entry, ...]:
        """The queue: the soonest due first, unless another order is asked for.

        Raises:
            BadInput: there is no such sort, controller or system, or no page ended so.
        """
        self.refuse_unknown(wanted.controller)
        async with self._ledger.begin() as tx:
            if wanted.waits_for is not None:
                await self._refuse_unknown_system(tx, wanted.waits_for)
            undated = () if wanted.open is False else await tx.undated(wanted.controller)
            rows = await tx.find(wanted, targets(undated, self._policies, self._now()))
            return await self._entries(tx, rows, QUEUE.turn(wanted.sort))

    async def _refuse_unknown_system(self, tx: Tx, name: str) -> None:
        """What nothing can wait for; a system that was taken out of the settings may be waited for still."""
        known = {one for policy in self._policies.values() for one in policy.systems}
        if name in known or name.startswith(_OURS):
            return
        known |= (await tx.waited_for()).keys()
        if name not in known:
            raise BadInput(f"waits_for: write one of: {', '.join(sorted(known))}.", field="waits_for")

    async def show(self, request_id: str) -> Story:
        """A request's story.

        Raises:
            UnknownRequest: there is none.
        """
        async with self._ledger.begin() as tx:
            return await self._story(tx, await tx.request_row(request_id))

    async def _story(self, tx: Tx, row: RequestRow) -> Story:
        packaged = any(each.verified_at for each in await tx.artifacts(row.id))
        asked = is_asked(await tx.acts(row.id))
        tasks = await tx.tasks(TaskFilter(request_id=row.id))
        first = await self._first(tx, row)
        stands = await self._standing(tx, row)
        systems = await tx.systems(row.id)
        (line,) = await self._entries(tx, (row,))
        return Story(
            entry=line,
            request=row,
            citation=row.citation,
            systems=systems,
            fates=await tx.outcome_counts(row.id),
            retained=await tx.retained(row.id),
            letters=await tx.letters(row.id),
            pauses=await tx.pauses(row.id),
            standing=stands,
            possible=possible(
                row,
                self._answered_in(row),
                stands,
                packaged=packaged,
                pauses=self._pauses(row),
                asked=asked,
                tasks=tasks,
                letters=await tx.letters_to_hand_over(request_id=row.id),
                first=first,
                wrote=await has_written(tx, row.id),
                systems=systems,
            ),
            first=first,
            instructed=instructed(await tx.notices(row.id), tasks),
            law_note=self._law_note(row),
        )

    async def language(self, request_id: str) -> str:
        """The language that the person is written to in.

        Raises:
            UnknownRequest: there is none.
        """
        async with self._ledger.begin() as tx:
            return (await tx.request(request_id)).language

    async def timeline(self, request_id: str) -> tuple[Told, ...]:
        """Everything that happened, as sentences.

        Raises:
            UnknownRequest: there is none.
        """
        return tuple(told(event) for event in await self._events(request_id))

    async def verify_evidence(self, request_id: str, expected_head: str | None = None) -> Verdict:
        """Check the request's chain of evidence.

        Raises:
            UnknownRequest: there is none.
        """
        events = await self._events(request_id)
        return Verdict(
            request_id=request_id,
            events=len(events),
            head=events[-1].hash if events else None,
            findings=verify(events, expected_head),
        )

    async def plan(self, request_id: str, *, by: str, reason: str) -> ShownPlan:
        """The plan under review. Personal: looking leaves a mark.

        Raises:
            BadInput: there is no plan (yet).
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        async with self._ledger.begin() as tx:
            row = await tx.request_row(request_id)
            kept = await load_plans(tx, request_id)
            first = await self._first(tx, row)
            if kept is None:
                raise BadInput("This request has no plan, or none yet.", field="request")
            await self._mark_view(tx, request_id, "plan", by, reason)
        head, plans = kept
        return ShownPlan(
            digest=head.digest,
            lines={plan.system: summary(plan) for plan in plans},
            systems=tuple(plans),
            categories=row.categories,
            first=first,
        )

    async def plan_digest(self, request_id: str, beginning: str) -> str:
        """The digest of what is under review, plan or copy, of which staff gave the beginning (12 characters or more).

        Raises:
            BadInput: the plan under review has another one.
        """
        async with self._ledger.begin() as tx:
            if (await tx.request(request_id)).right in COPIES:
                known: str | None = await copy_digest(tx, request_id)
            else:
                kept = await load_plans(tx, request_id) or await under_review(tx, request_id)
                known = kept[0].digest if kept else None
        if known is None or len(beginning) < 12 or not known.startswith(beginning.lower()):
            raise BadInput(
                "plan: what is under review has another digest; look at it again with `habeas request plan`, or of a "
                "copy with `habeas request collected`.",
                field="plan",
            )
        return known

    async def candidates(self, request_id: str, *, by: str, reason: str) -> Candidates:
        """The records found, side by side. Personal: looking leaves a mark.

        Raises:
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        async with self._ledger.begin() as tx:
            await tx.request(request_id)
            handles = await self._handles(tx, request_id)
            graph, subject = await load_graph(tx, request_id), await tx.subject(request_id)
            believed = graph.seeds if await tx.proof(request_id) else ()
            await self._mark_view(tx, request_id, "candidates", by, reason)
        settled = graph.settled()
        names = {found.place: handle for handle, found in handles.items()}
        held = {found.place for found in settled.held}
        return Candidates(
            name=subject.name,
            claimed=subject.identifiers,
            unproven=tuple(one for one in subject.identifiers if one not in believed),
            records=tuple(
                _candidate(handle, found, found.place in held, path_words(settled.paths.get(found.place, ())))
                for handle, found in handles.items()
            ),
            doubts=tuple(
                Doubt(
                    kind=each.kind.value,
                    identifier_kind=each.identifier_kind,
                    sides=tuple(tuple(names[place] for place in side) for side in each.sides),
                )
                for each in settled.contradictions
            ),
        )

    async def decide_by_handle(
        self, request_id: str, *, by: str, reason: str, said: Mapping[str, bool], act_id: str | None = None
    ) -> ActAnswer:
        """Say of records, by their handles, whether they are the person's.

        Raises:
            BadInput: there is no such record.
            As `Acting.act`.
        """
        rulings = await self._rulings(request_id, said)
        return await self.decide_match(request_id, by=by, reason=reason, decisions=rulings, act_id=act_id)

    async def _rulings(self, request_id: str, said: Mapping[str, bool]) -> tuple[Decision, ...]:
        async with self._ledger.begin() as tx:
            await tx.request(request_id)
            handles = await self._handles(tx, request_id)
        if not said.keys() <= handles.keys():
            raise BadInput(
                "match: no record has this handle; see `habeas request match` for those there are.", field="match"
            )
        return tuple(
            Decision(place=handles[handle].place, ruling=Ruling.IS_SUBJECT if theirs else Ruling.NOT_SUBJECT)
            for handle, theirs in said.items()
        )

    async def error(self, request_id: str, correlation: str, *, by: str, reason: str) -> ErrorRow:
        """What a system said when it failed, or an error that nobody foresaw. Personal: looking leaves a mark.

        Args:
            request_id: whose.
            correlation: the id it lies under, or its beginning (8 characters or more).
            by: who looks.
            reason: why.

        Raises:
            BadInput: there is no such error of this request.
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        async with self._ledger.begin() as tx:
            await tx.request(request_id)
            known = await tx.errors(request_id)
            found = [one for one in known if len(correlation) >= HANDLE and one.startswith(correlation.lower())]
            row = await tx.error(found[0]) if len(found) == 1 else None
            if row is None:
                raise BadInput(
                    "correlation: this request has no such error; `habeas request show` names those there are.",
                    field="correlation",
                )
            await self._mark_view(tx, request_id, "error", by, reason)
        return row

    async def _handles(self, tx: Tx, request_id: str) -> dict[str, Found]:
        key = await tx.key(request_id)
        settled = (await load_graph(tx, request_id)).settled()
        return {key.digest(_candidate_name(found.place))[:HANDLE]: found for found in (*settled.kept, *settled.held)}

    async def _events(self, request_id: str) -> tuple[Event, ...]:
        async with self._ledger.begin() as tx:
            await tx.request(request_id)
            return await tx.events(request_id)

    async def _mark_view(
        self, tx: Tx, request_id: str, what: str, by: str, reason: str, scope: Scope = Scope.PERSONAL_READ
    ) -> None:
        """Who looked at what as evidence; why, sealed beside it."""
        self.demand(scope, (await tx.request(request_id)).controller)
        actor, why = self.actor(words("by", by, 200)), words("reason", reason)
        view = str(uuid.uuid4())
        await tx.seal(request_id, f"view/{view}", why.encode())
        facts: dict[str, JsonValue] = {"what": what, "view": view}
        await tx.record(request_id, Tag.PERSONAL_DATA_VIEWED, self._now(), actor, facts, dedupe=f"view/{view}")

    async def _first(self, tx: Tx, row: RequestRow) -> Before:
        known = self._policies.get(row.controller)
        return await copies_before(tx, row, known) if known and row.closed_at is None else Before()

    def _answered_in(self, row: RequestRow) -> str:
        known = self._policies.get(row.controller)
        return known.answered_in(row.regime, row.jurisdiction) if known else row.jurisdiction

    def _pauses(self, row: RequestRow) -> frozenset[PauseReason]:
        known = self._policies.get(row.controller)
        if known is None:
            return law.pauses_allowed(row.regime, row.right, row.jurisdiction)
        return known.pauses(row.regime, row.jurisdiction, row.right, local_day(known, row.received_at))

    async def _standing(self, tx: Tx, row: RequestRow) -> Standing:
        known = self._policies.get(row.controller)
        return await standing(tx, await tx.request(row.id), known, self._now()) if known else Standing()

    def _law_note(self, row: RequestRow) -> str | None:
        known = self._policies.get(row.controller)
        return law_note(known, row.right, row.regime, row.jurisdiction, row.received_at) if known else None

    async def _entries(self, tx: Tx, rows: Sequence[RequestRow], turn: Turn | None = None) -> tuple[Entry, ...]:
        """Lines of the queue, in as many statements for many as for one."""
        holders = await tx.holders([row.id for row in rows])
        aims = targets(rows, self._policies, self._now())
        waits = await tx.waits([row.id for row in rows if row.blocked_on])
        return tuple(
            entry(
                row.model_copy(update={"target_on": aims.get(row.id)}),
                self._zone_of(row.controller),
                self._now(),
                waits=waits.get(row.id, ()),
                holder=holders.get(row.id),
                turn=turn,
            )
            for row in rows
        )

    def _zone_of(self, controller: str) -> ZoneInfo:
        known = self._policies.get(controller)
        return ZoneInfo(known.controller.clock_tz if known else "UTC")


def _candidate_name(place: Place) -> str:
    return f"candidate/{place.system}/{place.record.collection}/{place.record.key}"


def _candidate(handle: str, found: Found, held: bool, path: str) -> Candidate:
    match = found.match
    return Candidate(
        handle=handle,
        system=found.system,
        collection=match.collection,
        key=match.key,
        name=match.name,
        found_by=match.found_by,
        yields=match.yields,
        standing="held" if held else "kept",
        path=path,
        unproven=match.unproven,
        staff=match.staff,
    )
