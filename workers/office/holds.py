"""Legal holds: placed, listed, lifted. And what is kept, until when, and the daily sweep that ends it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from pydantic import Field

from activities.finding import load_graph
from activities.keeping import SweepReport
from activities.ledger import AheadRow, ExpiryRow, HoldRow, NewHold, RequestFilter, RequestRow, TroubleRow, Tx
from activities.ledger.holds import hold_prints
from activities.plans import load_plans
from activities.staying import note_hold
from habeas.access import Scope
from habeas.errors import BadInput, EngineUnavailable, NotAllowed
from habeas.evidence import Tag
from habeas.model import Frozen, Identifier, RequestId, Right, Stage
from workers.office.intake import words
from workers.office.matters import in_languages, told_as_typed
from workers.office.room import Room

_PAGE = 200
_CARRIED_OUT = frozenset({Stage.FULFILLING, Stage.CONFIRMING})


class PlacedHold(Frozen):
    """Answer of `Holding.place_hold`."""

    hold: HoldRow
    created: bool
    """False: it was placed before, under the same id, and nothing was changed."""
    requests: tuple[RequestId, ...]
    """Open erasures that it stops: what it covers stays, and they are reviewed anew."""
    under_way: tuple[RequestId, ...] = ()
    """Open erasures that it meets while they are carried out: what nobody has begun stays, and is reviewed anew.
    What was begun or is gone cannot be called back.
    """
    notes: tuple[str, ...] = ()
    """What whoever placed it may want to say otherwise, as sentences."""


class LiftedHold(Frozen):
    """Answer of `Holding.lift_hold`."""

    hold: HoldRow
    requests: tuple[RequestId, ...]
    """Requests that had met it: what it alone kept goes with the next daily sweep, or in their own plan."""


class Kept(Frozen):
    """What one controller keeps, and what ended by itself of late."""

    controller: str
    ahead: tuple[AheadRow, ...]
    expired: tuple[ExpiryRow, ...]
    failing: tuple[TroubleRow, ...] = ()
    """What is past its term and does not end."""


class NewHoldInput(Frozen):
    """A hold as staff place it."""

    controller: str | None = None
    system: str | None = None
    category: str | None = None
    everything: bool = False
    """Needed where neither person, system nor category narrows it."""
    provision: str
    """The law or the matter; or a code of `habeas.law.reason_codes`."""
    said: Mapping[str, str] = Field(default_factory=dict)
    """What the matter is called in other languages of the controller."""
    reason: str = Field(repr=False)
    identifiers: tuple[Identifier, ...] = Field(default=(), repr=False)


class Holding(Room):
    """Methods on holds and retention."""

    async def place_hold(self, asked: NewHoldInput, *, by: str, hold_id: str | None = None) -> PlacedHold:
        """Place a legal hold, and stop the open erasures that it meets. With the same id it is placed once.

        Raises:
            BadInput: there is no such controller, system or category, or it is about nothing.
        """
        actor, now = self.actor(words("by", by, 200)), self._now()
        new = self._new_hold(asked, actor)
        controller = new.controller
        try:
            name = str(uuid.UUID(hold_id)) if hold_id else str(uuid.uuid4())
        except ValueError:
            raise BadInput("hold-id: a UUID.", field="hold_id") from None
        async with self._ledger.begin() as tx:
            created = await tx.place_hold(name, new)
            hold = await tx.hold(name, of=controller)
        stopped: list[RequestId] = []
        under_way: list[RequestId] = []
        cursor: str | None = None
        while True:
            wanted = RequestFilter(
                controller=new.controller, right=Right.ERASURE, open=True, limit=_PAGE, cursor=cursor
            )
            async with self._ledger.begin() as tx:
                rows = await tx.find(wanted)
                for row in rows:
                    if await self._meets(tx, row, hold, new.identifiers):
                        await note_hold(tx, row.id, hold, now, actor)
                        (under_way if row.stage in _CARRIED_OUT else stopped).append(row.id)
            if len(rows) < _PAGE:
                break
            cursor = rows[-1].place
        for request_id in (*stopped, *under_way):
            await self._say_so(request_id, hold.id)
        notes = told_as_typed(self.policy(new.controller), new.provision, new.said)
        return PlacedHold(hold=hold, created=created, requests=tuple(stopped), under_way=tuple(under_way), notes=notes)

    async def holds(self, controller: str | None = None, *, standing: bool = True) -> tuple[HoldRow, ...]:
        """Legal holds, the oldest first; with ``standing`` without those that were lifted.

        Raises:
            BadInput: there is no such controller.
        """
        self.refuse_unknown(controller)
        async with self._ledger.begin() as tx:
            return await tx.holds(controller, standing=standing)

    async def lift_hold(self, hold_id: str, *, by: str, reason: str | None = None) -> LiftedHold:
        """Lift a hold. What it alone kept of closed erasures goes with the next sweep. The reason is sealed.

        Raises:
            BadInput: there is no such hold.
        """
        actor, now = self.actor(words("by", by, 200)), self._now()
        because = words("reason", reason) if reason is not None else None
        async with self._ledger.begin() as tx:
            known = await tx.hold(hold_id)
            self.demand(Scope.HOLDS_WRITE, known.controller)
            hold = await tx.lift_hold(known.id, actor, now, because)
            requests = await tx.under_hold(hold.id)
            for request_id in requests:
                await tx.record(
                    request_id,
                    Tag.HOLD_LIFTED,
                    at=now,
                    actor=actor,
                    facts={"hold": hold.id},
                    dedupe=f"hold/{hold.id}/lifted",
                )
        return LiftedHold(hold=hold, requests=requests)

    async def kept(self, controller: str | None = None) -> tuple[Kept, ...]:
        """What erasures have kept, by the day on which it goes, and what ended by itself, the newest first."""
        named = sorted(self._policies) if controller is None else [self._controller(controller)]
        async with self._ledger.begin() as tx:
            return tuple(
                [
                    Kept(
                        controller=name,
                        ahead=await tx.retained_ahead(name),
                        expired=await tx.expiries(name),
                        failing=await tx.troubles(name),
                    )
                    for name in named
                ]
            )

    async def failing(self, system: str) -> tuple[TroubleRow, ...]:
        """What of a system is past its term and does not end, for each controller that has it."""
        async with self._ledger.begin() as tx:
            return await tx.troubles(system=system)

    async def start_sweep(self) -> None:
        """Start the daily sweep, if it does not run.

        Raises:
            EngineUnavailable: Temporal does not answer.
        """
        await self._engine.start_sweep()

    async def sweep_now(self) -> SweepReport:
        """Sweep once, now, and say what came of it.

        Raises:
            NotAllowed: the sweep is of all controllers, and so is what came of it; this member of staff works for some.
            EngineUnavailable: no worker answered in time; it goes on by itself once one does.
        """
        if not self._ledger.whole:
            raise NotAllowed(
                "A sweep is of all controllers here, for whoever works for each of them. It runs daily by itself."
            )
        self.demand(Scope.SWEEP)
        return await self._engine.sweep_now()

    def _new_hold(self, asked: NewHoldInput, actor: str) -> NewHold:
        controller = self._controller(asked.controller)
        self.demand(Scope.HOLDS_WRITE, controller)
        policy = self.policy(controller)
        if asked.system is not None and asked.system not in policy.systems:
            raise BadInput(f"system: {controller} has these: {', '.join(policy.systems)}.", field="system")
        known = [category.id for category in policy.categories]
        if asked.category is not None and asked.category not in known:
            raise BadInput(f"category: {controller} has these: {', '.join(known)}.", field="category")
        if not (asked.identifiers or asked.system or asked.category or asked.everything):
            raise BadInput(
                "Say whom or what it is about: a person, a system, a category, or everything.", field="everything"
            )
        provision = words("provision", asked.provision, 300)
        return NewHold(
            controller=controller,
            system=asked.system,
            category=asked.category,
            provision=provision,
            said=in_languages(policy, provision, asked.said),
            reason=words("reason", asked.reason),
            identifiers=asked.identifiers,
            placed_at=self._now(),
            placed_by=actor,
        )

    def _controller(self, name: str | None) -> str:
        if name is None and len(self._policies) == 1:
            return next(iter(self._policies))
        if name is None or name not in self._policies:
            raise BadInput(f"controller: write one of: {', '.join(sorted(self._policies))}.", field="controller")
        return name

    async def _meets(self, tx: Tx, row: RequestRow, hold: HoldRow, identifiers: tuple[Identifier, ...]) -> bool:
        """Whether the hold covers what an open erasure is about, as far as is known by now."""
        if hold.persons:
            known = {*(await load_graph(tx, row.id)).leads(), *(await tx.subject(row.id)).identifiers}
            vault = self._ledger.vault
            mine = set(hold_prints(vault, hold.controller, known))
            if not mine.intersection(hold_prints(vault, hold.controller, identifiers)):
                return False
        kept = await load_plans(tx, row.id)
        if kept is None:
            return bool(hold.persons) or hold.system is hold.category is None
        return any(hold.covers(plan.system, one.category) for plan in kept[1] for one in plan.objects)

    async def _say_so(self, request_id: str, hold_id: str) -> None:
        try:
            await self._engine.signal(request_id, "hold_placed", hold_id)
        except EngineUnavailable:
            # It is written down: the last door before anything is erased asks the ledger.
            return
