"""Lifting a restriction: the person is told first, then each system takes its marks away, then the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Literal, assert_never

from pydantic import JsonValue
from temporalio import activity

from activities.believing import changed, changed_again
from activities.brief import system_brief
from activities.by_hand import unnamed
from activities.change_model import ChangeReport, LiftBrief, LiftOrder, LiftSystem, Part
from activities.changing import load_changes
from activities.clockface import local_day
from activities.ledger import Tx
from activities.letters import LiftingFacts
from activities.parts import Parts
from activities.plans import keepers_of
from activities.reporting import counted, under_way
from activities.waiting import erasure_open, erasure_waits
from habeas.connector import Capability, Manifest, RecordRef, Restrict
from habeas.errors import NotAllowed, Terminal
from habeas.evidence import Tag
from habeas.model import Request, Right
from habeas.outcomes import Awaiting, Done, Drifted, Fate, ObjectOutcome, Pending

LIFT = "lift"
"""The kind of the act that lifts a restriction. No workflow of the request takes it: the request is closed by then."""
NOTICE = timedelta(days=7)
"""The law says 'before' and no number (GDPR art. 18(3)): a week leaves time to read the letter and to answer it."""
_LIFTED = frozenset({Fate.LIFTED, Fate.NOT_FOUND})


class LiftingActivities:
    """Ending what a request for restriction began."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @activity.defn(name="prepare_lifting")
    async def prepare(self, order: LiftOrder) -> LiftBrief:
        """When the restriction ends and where; the letter that says so is sealed. The same order is the same answer."""
        async with self._parts.ledger.begin() as tx:
            request = await tx.request(order.request_id, lock=True)
            if request.right is not Right.RESTRICTION:
                raise NotAllowed("Only what a request for restriction restricted is lifted.")
            act = await tx.accept_act(order.act_id, at=order.at)
            standing = [row.system for row in await tx.restrictions(request_id=order.request_id)]
            lift_at = max(order.lift_at, order.at + NOTICE)
            name = f"letter/lift/{order.act_id}"
            lifts_on = local_day(self._parts.policy(request.controller), lift_at)
            nameless = unnamed(self._parts, standing)
            then = await erasure_waits(tx, request, nameless)
            undecided = not then and await erasure_open(tx, request, nameless)
            facts = LiftingFacts(
                lifts_on=lifts_on,
                erased_then=then,
                erasure_open=undecided,
                still=await _still(tx, order.request_id),
                why=act.reason or None,
            )
            await tx.seal(order.request_id, name, facts)
        able = {system: self._is_able(system) for system in standing}
        return LiftBrief(
            lift_at=lift_at,
            systems=tuple(
                system_brief(name, self._parts.connector(name).manifest, self._parts) for name, so in able.items() if so
            ),
            by_hand=tuple(name for name, so in able.items() if not so),
            sealed=name,
            notice=NOTICE.total_seconds(),
        )

    @activity.defn(name="lift_restriction")
    async def lift(self, order: LiftSystem) -> ChangeReport:
        """Take the marks of this request away in one system, as far as no other request restricts the same objects."""
        objects = await self._objects(order)
        if not objects:
            return ChangeReport(system=order.system, state="done")
        change, system = Restrict(objects=objects, on=False), self._parts.changing(order.system)
        answer = changed(self._manifest(order), change, await system.change(change, order.handle))
        match answer:
            case Done():
                return ChangeReport(system=order.system, state="done", counts=counted(answer.result))
            case Drifted():
                raise Terminal("It says that marks drifted, which marks cannot.", system=order.system)
            case Pending() | Awaiting():
                return _asked_again(order, answer)
            case _:
                assert_never(answer)

    @activity.defn(name="confirm_lifting")
    async def confirm(self, order: LiftSystem) -> ChangeReport:
        """Look again; once the marks are gone the ledger lets go of the objects too."""
        objects = await self._objects(order)
        result: tuple[ObjectOutcome, ...] = ()
        if objects:
            change, system = Restrict(objects=objects, on=False), self._parts.changing(order.system)
            answer = changed_again(self._manifest(order), change, await system.confirm_change(change, order.handle))
            match answer:
                case Done():
                    result = answer.result
                case Pending() | Awaiting():
                    return _asked_again(order, answer)
                case _:
                    assert_never(answer)
        counts = counted(result)
        if counts.keys() <= _LIFTED and await self._let_go(order, result, seen=objects):
            return ChangeReport(system=order.system, state="clean", counts=counts)
        return ChangeReport(system=order.system, state="remains", counts=counts)

    @activity.defn(name="let_go_restricted")
    async def let_go(self, order: LiftSystem) -> None:
        """A system without marks of its own, or where a human took them away: only the ledger lets go."""
        if order.attested:
            async with self._parts.ledger.begin() as tx:
                await tx.accept_act(order.act_id, at=order.at)
        await self._let_go(order, ())

    @activity.defn(name="let_go_restricted_besides")
    async def let_go_besides(self, order: LiftSystem) -> bool:
        """Let go, where a human finds what is there and another request restricts something of the person as well.

        The paper stays set aside: nobody is sent to put it back. Of two that end at once the last sends somebody.
        """
        if order.system not in unnamed(self._parts, (order.system,)):
            return False
        async with self._parts.ledger.begin() as tx:
            request = await self._alone(tx, order)
            standing = await (await keepers_of(tx, request, self._parts)).restrictions(order.system)
            if not standing.keys() - {order.request_id}:
                return False
            await self._write(tx, order, ())
        return True

    async def _let_go(
        self, order: LiftSystem, result: tuple[ObjectOutcome, ...], seen: tuple[RecordRef, ...] | None = None
    ) -> bool:
        """Let go in the ledger; False where another request has let go meanwhile of what was left to it.

        Of two that end at once each would leave the marks to the other, and they stayed for nobody.
        """
        async with self._parts.ledger.begin() as tx:
            await self._alone(tx, order)
            if seen is not None and {*await self._left_to_us(tx, order)} - {*seen}:
                return False
            await self._write(tx, order, result)
        return True

    async def _alone(self, tx: Tx, order: LiftSystem) -> Request:
        """The request; nobody who has the system restricts anything or lets it go meanwhile."""
        request = await tx.request(order.request_id, lock=True)
        for controller in self._parts.controllers_of(order.system):
            await tx.lock_stays(controller.id)
        return request

    async def _write(self, tx: Tx, order: LiftSystem, result: tuple[ObjectOutcome, ...]) -> None:
        system = order.system
        lifted = await tx.lift_restrictions(order.request_id, system, order.at)
        covered = await _covered(tx, order.request_id, system)
        outcomes = [ObjectOutcome(collection=one.collection, key=one.key, fate=Fate.LIFTED) for one in covered]
        # What the system said of an object comes last, and counts.
        await tx.save_outcomes(order.request_id, system, [*outcomes, *result], at=order.at)
        facts: dict[str, JsonValue] = {"system": system, "objects": lifted}
        if order.attested:
            facts["attested"] = True
        act = await tx.act(order.act_id)
        if lifted:
            await tx.record(
                order.request_id,
                Tag.RESTRICTION_LIFTED,
                at=order.at,
                actor=act.actor if act else "engine",
                facts={**facts, "act": order.act_id},
                dedupe=f"lifted/{system}/{order.act_id}",
            )

    def _manifest(self, order: LiftSystem) -> Manifest:
        return self._parts.connector(order.system).manifest

    async def _objects(self, order: LiftSystem) -> tuple[RecordRef, ...]:
        """What this request marked there, without what another request restricts as well."""
        async with self._parts.ledger.begin() as tx:
            return await self._left_to_us(tx, order)

    async def _left_to_us(self, tx: Tx, order: LiftSystem) -> tuple[RecordRef, ...]:
        kept = await load_changes(tx, order.request_id, Part.WHOLE)
        plan = next((one for one in kept[1] if one.system == order.system), None) if kept else None
        if plan is None or not isinstance(plan.change, Restrict):
            return ()
        others: set[RecordRef] = set()
        for controller in self._parts.controllers_of(order.system):
            named = {
                tx.object_print(controller.id, order.system, one.collection, one.key): one
                for one in plan.change.objects
            }
            found = await tx.restricted(controller.id, order.system, named, besides=order.request_id)
            others |= {named[each] for each in found}
        return tuple(one for one in plan.change.objects if one not in others)

    def _is_able(self, system: str) -> bool:
        connector = self._parts.connectors.get(system)
        manifest = connector.manifest if connector else None
        return manifest is not None and Capability.RESTRICT in manifest.capabilities and not manifest.manual


async def _still(tx: Tx, request_id: str) -> Literal["all", "part"] | None:
    found = await tx.restricted_by_others(request_id)
    others = {one for each in found for one in each}
    ending = {one for one in others if any(act.kind == LIFT and act.accepted_at for act in await tx.acts(one))}
    return still(found, ending)


def still(found: Mapping[frozenset[str], int], ending: Collection[str]) -> Literal["all", "part"] | None:
    """How much of what one request restricts others restrict as well.

    Args:
        found: how many objects, by the other requests that restrict them.
        ending: of these, the ones whose end is under way: the person has been told of that one, or will be.
    """
    staying = sum(objects for others, objects in found.items() if not others <= {*ending})
    return None if not staying else "all" if staying == sum(found.values()) else "part"


async def _covered(tx: Tx, request_id: str, system: str) -> tuple[RecordRef, ...]:
    kept = await load_changes(tx, request_id, Part.WHOLE)
    return next((plan.covered for plan in kept[1] if plan.system == system), ()) if kept else ()


def _asked_again(order: LiftSystem, answer: Pending | Awaiting) -> ChangeReport:
    """No callback reaches a lifting: what waits for one is asked when that would be given up."""
    far = under_way(answer)
    return ChangeReport(system=order.system, state="pending", handle=far["handle"], wait=far["wait"])
