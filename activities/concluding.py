"""What became of a request that changes data: the last outcomes, and the facts of the letter that tells them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import chain

from temporalio import activity

from activities.by_hand import said_of
from activities.change_model import DONE, TOLD, ConcludeOrder, Conclusion
from activities.changes import ANSWERED
from activities.changing import ChangeHead, contests, load_changes
from activities.consent import CONSENTED, MARKED, despite_restriction
from activities.coverage import sent_on
from activities.ledger import Act, OutcomeRow, Tx
from activities.letters import ChangedGroup, ChangeFacts, ContestedFact, WithheldGroup
from activities.naming import Naming
from activities.parts import Parts
from activities.plans import keepers_of
from activities.unfinished import half_changed, is_unsure
from habeas.change import Found, Stays, SystemChange
from habeas.connector import FieldChange, RecordRef, Rectify, Stop
from habeas.evidence import Tag
from habeas.model import Request, SystemName
from habeas.outcomes import CHANGED, UNDONE, Fate, ObjectOutcome
from habeas.particulars import Particulars
from habeas.staying import Because

SO_FAR = f"{TOLD}/so_far"
BY_HAND = "by_hand"
RESTRICTED = Because.RESTRICTED.value
_TOLD_WHY = frozenset({Because.LEGAL_HOLD.value, Because.CONTROLLED.value})
"""Left alone for a reason that the letter names for each."""
_DESPITE = frozenset({CONSENTED, MARKED})


class ConcludingActivities:
    """Writing down what was not changed and why, and what the person is told."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="conclude_change")
    async def conclude(self, order: ConcludeOrder) -> Conclusion:
        """Note contested and blocked values, and seal the letter's facts. The same order changes nothing."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            heads, plans = await _kept(tx, order)
            for plan in plans:
                await self._note(tx, request, order, plan)
            acts = await contests(tx, order.request_id)
            rows = await tx.outcomes(order.request_id)
            asked = Particulars.of(await tx.subject(order.request_id))
            told = await _answered(tx, order)
            facts = _Telling(self._parts, request, asked, told).facts(order, heads, plans, rows, acts)
            if facts.restricted or facts.despite_restriction:
                provision = (await keepers_of(tx, request, self._parts)).restriction
                facts = facts.model_copy(update={"restriction": provision})
            name = f"{TOLD}/{order.parts[-1].value}"
            await tx.seal(order.request_id, name, facts)
            contested = sum(len(plan.contested) for plan in plans)
            if contested or facts.contested:
                await tx.record(
                    order.request_id,
                    Tag.CONTEST_NOTED,
                    at=order.at,
                    facts={"corrections": len(facts.contested), "values": contested},
                    dedupe="contest_noted",
                )
        return Conclusion(
            sealed=name,
            done=sum(row.fate in CHANGED for row in rows),
            contested=len(facts.contested),
            blocked=sum(row.fate in UNDONE for row in rows),
            unmatched=len(facts.unmatched),
        )

    @activity.defn(name="conclude_so_far")
    async def so_far(self, order: ConcludeOrder) -> str:
        """Seal the facts of a letter about what is done while the rest is under way; where they lie."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            heads, plans = await _kept(tx, order)
            rows, acts = await tx.outcomes(order.request_id), await contests(tx, order.request_id)
            asked = Particulars.of(await tx.subject(order.request_id))
            await tx.seal(
                order.request_id, SO_FAR, _Telling(self._parts, request, asked).facts(order, heads, plans, rows, acts)
            )
        return SO_FAR

    async def _note(self, tx: Tx, request: Request, order: ConcludeOrder, plan: SystemChange) -> None:
        """The outcomes of what no system was asked to change."""
        outcomes = [_of(one, Fate.CONTESTED) for one in plan.contested]
        stays = {one.ref: one for one in plan.stays}
        outcomes += [_blocked(one, stays.get(one.ref)) for one in plan.blocked]
        valued = {one.ref for one in plan.blocked}
        outcomes += [_left(one) for one in plan.stays if one.ref not in valued]
        if plan.by_hand and plan.system in order.by_hand:
            left = {*plan.contested, *plan.blocked}
            said = await said_of(tx, order.request_id, plan.system)
            meant = [one for one in plan.found if one not in left]
            by_hand = [_of(one, said.get(one.ref, Fate.RECTIFIED), BY_HAND) for one in meant]
            outcomes += await despite_restriction(tx, request, plan.system, by_hand, self._parts)
            await _remember(
                tx, order, plan, [one for one in meant if said.get(one.ref, Fate.RECTIFIED) is Fate.RECTIFIED]
            )
            outcomes += [_object(one, said.get(one, Fate.RESTRICTED)) for one in plan.covered]
        if outcomes:
            await tx.save_outcomes(order.request_id, plan.system, outcomes, at=order.at)


class _Telling:
    """Puts the facts into words of the policy, in the person's language."""

    def __init__(
        self, parts: Parts, request: Request, asked: Particulars, told: frozenset[SystemName] = frozenset()
    ) -> None:
        self._asked = asked
        self._told = told
        """Those left out that said what became of their part, or were looked at since."""
        self._policy = parts.policy(request.controller)
        self._called = Naming.of(self._policy, parts.connectors, request.language)
        self._parts = parts

    def facts(
        self,
        order: ConcludeOrder,
        heads: tuple[ChangeHead, ...],
        plans: tuple[SystemChange, ...],
        rows: Iterable[OutcomeRow],
        contested: Mapping[int, Act],
    ) -> ChangeFacts:
        outcomes = tuple(rows)
        told = _TOLD_WHY | {RESTRICTED}
        undone = [row.system for row in outcomes if row.fate in UNDONE and row.reason not in told]
        named = {purpose.id: purpose.title for purpose in self._policy.purposes}
        not_done = self._undone(order.missing, outcomes)
        going_on = self._going_on(plans, not_done)
        by_mark = {(plan.system, one.collection) for plan in plans if plan.system in not_done for one in plan.covered}
        asked = (purpose for head in heads for purpose in head.purposes)
        stopped = dict.fromkeys(one for one in asked if one in named and not going_on(one))
        corrections = self._asked.corrections
        unmatched = dict.fromkeys(index for head in heads for index in head.unmatched if index not in contested)
        return ChangeFacts(
            # The ledger holds what is restricted from the start, whether or not the system did its part; what is so by
            # the account's mark alone is not, where that is missing.
            done=self._done(
                tuple(
                    row
                    for row in outcomes
                    if row.system not in {*order.missing} - self._told and (row.system, row.collection) not in by_mark
                )
            ),
            contested=tuple(
                ContestedFact(what=self._called.asked(corrections[index].what), why=act.reason or None)
                for index, act in sorted(contested.items())
            ),
            purposes=tuple(self._policy.text(named[one], self._called.language) for one in stopped),
            by_hand=self._called.missing(order.by_hand),
            missing=self._called.missing(
                [*order.missing, *undone], half_changed(outcomes, order.missing, self._told, self._called.language)
            ),
            unsure=is_unsure(outcomes),
            left=self._left(outcomes),
            restricted=self._restricted(outcomes),
            despite_restriction=any(row.fate in CHANGED and row.reason in _DESPITE for row in outcomes),
            unmatched=tuple(self._called.asked(corrections[index].what) for index in unmatched),
        )

    def _undone(self, missing: Iterable[str], rows: tuple[OutcomeRow, ...]) -> frozenset[str]:
        """Those left out that did not do all of their part, or of which nobody knows."""
        left = {row.system for row in rows if row.fate in UNDONE}
        return frozenset(one for one in missing if one not in self._told or one in left)

    def _going_on(self, plans: tuple[SystemChange, ...], missing: Container[str]) -> Callable[[str], bool]:
        """Whether a use goes on in a system that was left out, or where a human has not stopped it yet."""
        by_system = {one.system: one.change.purposes for one in plans if isinstance(one.change, Stop)}
        known = frozenset(chain.from_iterable(by_system.values()))

        def so(purpose: str) -> bool:
            return any(
                purpose in by_system.get(one.system, ())
                or (one.by_hand and (purpose not in known or purpose in self._by_hand_too(one.system)))
                for one in plans
                if one.system in missing
            )

        return so

    def _by_hand_too(self, system: str) -> tuple[str, ...]:
        connector = self._parts.connectors.get(system)
        return connector.manifest.purposes if connector and connector.manifest.manual else ()

    def _done(self, rows: tuple[OutcomeRow, ...]) -> tuple[ChangedGroup, ...]:
        called = self._called
        groups = Counter(
            (
                called.system(row.system),
                called.category(row.system, row.collection),
                called.field(row.system, row.collection, row.field) if row.field else None,
            )
            for row in rows
            if row.fate in CHANGED
        )
        return tuple(
            ChangedGroup(system=system, category=category, what=field, count=count)
            for (system, category, field), count in sorted(groups.items(), key=lambda item: tuple(map(str, item[0])))
        )

    def _left(self, rows: tuple[OutcomeRow, ...]) -> tuple[WithheldGroup, ...]:
        """What was left alone, by category, and why: a hold by its provision, what is another's as sent on."""
        called, others = self._called, sent_on(self._policy, self._called.language)
        found = {
            (called.category(row.system, row.collection), others.get(row.law) or called.law(row.system, row.law))
            for row in rows
            if row.fate in UNDONE and row.reason in _TOLD_WHY and row.law
        }
        return tuple(WithheldGroup(what=what, reason=reason) for what, reason in sorted(found))

    def _restricted(self, rows: tuple[OutcomeRow, ...]) -> tuple[str, ...]:
        """The categories of what is restricted, and left alone for that."""
        left = (row for row in rows if row.fate in UNDONE and row.reason == RESTRICTED)
        return tuple(sorted({self._called.category(row.system, row.collection) for row in left}))


async def _answered(tx: Tx, order: ConcludeOrder) -> frozenset[SystemName]:
    said = [(name, await tx.unseal_bytes(order.request_id, f"{ANSWERED}{name}")) for name in order.missing]
    return frozenset(name for name, digest in said if digest is not None)


async def _kept(tx: Tx, order: ConcludeOrder) -> tuple[tuple[ChangeHead, ...], tuple[SystemChange, ...]]:
    found = [await load_changes(tx, order.request_id, part) for part in order.parts]
    kept = [one for one in found if one is not None]
    return tuple(head for head, _ in kept), tuple(plan for _, plans in kept for plan in plans)


async def _remember(tx: Tx, order: ConcludeOrder, plan: SystemChange, done: list[Found]) -> None:
    """What a human corrected, for the letters to recipients: as if the system had."""
    fields = tuple(
        FieldChange(collection=one.collection, key=one.key, field=one.field, old=one.old, new=one.new)
        for one in done
        if one.old != one.new
    )
    if fields:
        await tx.seal(order.request_id, f"{DONE}{plan.system}", Rectify(fields=fields))


def _of(one: Found, fate: Fate, reason: str | None = None) -> ObjectOutcome:
    return ObjectOutcome(collection=one.collection, key=one.key, field=one.field, fate=fate, reason=reason)


def _blocked(one: Found, why: Stays | None) -> ObjectOutcome:
    outcome = _of(one, Fate.BLOCKED, RESTRICTED)
    return outcome.model_copy(update={"reason": why.because.value, "law": why.law}) if why else outcome


def _left(why: Stays) -> ObjectOutcome:
    one = why.ref
    return ObjectOutcome(
        collection=one.collection, key=one.key, fate=Fate.BLOCKED, reason=why.because.value, law=why.law
    )


def _object(one: RecordRef, fate: Fate) -> ObjectOutcome:
    return ObjectOutcome(collection=one.collection, key=one.key, fate=fate, reason=BY_HAND)
