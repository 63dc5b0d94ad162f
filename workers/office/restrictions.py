"""Plans of change, corrections that staff contest, and restrictions: what is restricted, and its end."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field

from activities import lifting
from activities.change_model import Contest, LiftStart
from activities.changing import contests, under_review
from activities.ledger import Act, RestrictionRow
from habeas.access import Scope
from habeas.acts import ActAnswer, ActCall, ActKind
from habeas.change import SystemChange
from habeas.connector import Rectify, Restrict, Stop
from habeas.errors import BadInput, WrongStage
from habeas.model import CHANGING, Frozen, Right
from habeas.particulars import Correction, Particulars
from workers.office.engine import RequestGone
from workers.office.intake import words
from workers.office.reading import Reading


class ShownCorrection(Frozen):
    """One correction that the person asks for. Personal."""

    number: int
    """By which it is contested, from 1."""
    correction: Correction = Field(repr=False)
    found: int
    """Values that it is about, over all systems."""
    contested: str | None = Field(default=None, repr=False)
    """Why it is not made, where staff said so."""


class ShownChange(Frozen):
    """The plan of a change as it is kept now. Personal: keys and values."""

    digest: str
    """What is approved: exactly this plan and no other."""
    purposes: tuple[str, ...] = ()
    situation: str | None = Field(default=None, repr=False)
    """Why, in the person's words."""
    corrections: tuple[ShownCorrection, ...] = Field(default=(), repr=False)
    systems: tuple[SystemChange, ...] = Field(repr=False)


class Lifting(Frozen):
    """A restriction that is about to end."""

    request_id: str
    act_id: str
    begun: bool
    """False: its end was under way already, and nothing was changed."""
    lift_at: AwareDatetime
    """Not before this instant; the person is told first."""


class Restricting(Reading):
    """Methods on rights that change data."""

    async def is_change(self, request_id: str) -> bool:
        """Whether the request is for a right that changes data.

        Raises:
            UnknownRequest: there is none.
        """
        async with self._ledger.begin() as tx:
            return (await tx.request(request_id)).right in CHANGING

    async def change_plan(self, request_id: str, *, by: str, reason: str) -> ShownChange:
        """The plan of a change under review. Personal: looking leaves a mark.

        Raises:
            BadInput: there is no plan (yet).
            UnknownRequest, KeyDestroyed: there is none any more.
        """
        async with self._ledger.begin() as tx:
            await tx.request(request_id)
            kept = await under_review(tx, request_id)
            if kept is None:
                raise BadInput("This request has no plan, or none yet.", field="request")
            asked = Particulars.of(await tx.subject(request_id))
            why = {index: act.reason for index, act in (await contests(tx, request_id)).items()}
            await self._mark_view(tx, request_id, "plan", by, reason)
        head, plans = kept
        found = [each.correction for plan in plans for each in plan.found]
        return ShownChange(
            digest=head.digest,
            purposes=head.purposes,
            situation=asked.situation,
            corrections=tuple(
                ShownCorrection(number=index + 1, correction=one, found=found.count(index), contested=why.get(index))
                for index, one in enumerate(asked.corrections)
            ),
            systems=plans,
        )

    async def contest(
        self, request_id: str, *, by: str, reason: str, corrections: tuple[int, ...], act_id: str | None = None
    ) -> ActAnswer:
        """Do not make some corrections (their numbers in the plan, from 1), and say why; the person's word is noted.

        Raises:
            BadInput: none is named.
            As `act`.
        """
        if not corrections or min(corrections) < 1:
            raise BadInput("correction: name them by their number in the plan, from 1.", field="correction")
        sealed = Contest(corrections=tuple(sorted({number - 1 for number in corrections})))
        return await self.act(ActKind.CONTEST, request_id, by=by, reason=reason, act_id=act_id, sealed=sealed)

    async def restrictions(
        self, *, controller: str | None = None, request_id: str | None = None, standing: bool = True
    ) -> tuple[RestrictionRow, ...]:
        """What is restricted, by request and system. Names nobody.

        Raises:
            UnknownRequest: there is no request of this reference.
            BadInput: there is no such controller.
        """
        self.refuse_unknown(controller)
        async with self._ledger.begin() as tx:
            if request_id is not None:
                await tx.request(request_id)
            return await tx.restrictions(controller=controller, request_id=request_id, standing=standing)

    async def lift_restriction(
        self,
        request_id: str,
        *,
        by: str,
        reason: str,
        on: date | None = None,
        told: str | None = None,
        act_id: str | None = None,
    ) -> Lifting:
        """Lift what a request restricted: the person is told first (GDPR art. 18(3)), and has time to answer.

        ``on`` is the day; unset for the first that leaves that time. ``told``: how staff told the person otherwise,
        where no letter reaches them; none is sent then.

        Raises:
            WrongStage: nothing is restricted by this request (any more), or it is still open.
            BadInput: the day is too near.
            UnknownRequest, KeyDestroyed: there is none any more.
            EngineUnavailable: not known whether it began; asking again with the same act id is safe.
        """
        now = self._now()
        actor, why = self.actor(words("by", by, 200)), words("reason", reason)
        if told is not None:
            why = f"{why}\n\nThe person was told otherwise: {words('told', told)}"
        act = _act_id(act_id)
        async with self._ledger.begin() as tx:
            request = await tx.request(request_id, lock=True)
            self.demand(Scope.HOLDS_WRITE, request.controller)
            if request.right is not Right.RESTRICTION or not await tx.restrictions(request_id=request_id):
                raise WrongStage("Nothing is restricted by this request.")
            if request.closed_at is None:
                raise WrongStage("The request is still being carried out; withdraw it instead.")
            lift_at = self._lift_at(request.controller, on, now)
            again = await tx.act(act) is not None
            await tx.propose_act(
                Act(id=act, request_id=request_id, kind=lifting.LIFT, actor=actor, reason=why, proposed_at=now)
            )
        begun = await self._engine.lift(
            LiftStart(request_id=request_id, act_id=act, lift_at=lift_at, told=told is not None)
        )
        if not begun and not again:
            async with self._ledger.begin() as tx:
                await tx.drop_act(act)
        return Lifting(request_id=request_id, act_id=act, begun=begun, lift_at=lift_at)

    async def lifted_by_hand(
        self, request_id: str, *, system: str, by: str, reason: str, act_id: str | None = None
    ) -> ActAnswer:
        """Say that a human lifted it in a system that cannot by itself; until then it stands.

        Raises:
            WrongStage: nobody is waited for there.
            UnknownRequest, KeyDestroyed: there is none any more.
            EngineUnavailable: not known whether it was taken; asking again with the same act id is safe.
        """
        act, actor, why = _act_id(act_id), self.actor(words("by", by, 200)), words("reason", reason)
        async with self._ledger.begin() as tx:
            self.demand(Scope.HOLDS_WRITE, (await tx.request(request_id, lock=True)).controller)
            again = await tx.act(act) is not None
            proposed = Act(
                id=act, request_id=request_id, kind=lifting.LIFT, actor=actor, reason=why, proposed_at=self._now()
            )
            await tx.propose_act(proposed)
        call = ActCall(act_id=act, actor=actor, system=system)
        try:
            return await self._engine.act(f"{request_id}/lift", ActKind.FINISH_TASK, call)
        except (WrongStage, RequestGone) as error:
            if not again:
                async with self._ledger.begin() as tx:
                    await tx.drop_act(act)
            if isinstance(error, RequestGone):
                raise WrongStage("Nothing of this request is being lifted.") from None
            raise

    def _lift_at(self, controller: str, on: date | None, now: datetime) -> datetime:
        first = now + lifting.NOTICE
        if on is None:
            return first
        zone = ZoneInfo(self.policy(controller).controller.clock_tz)
        at = datetime(on.year, on.month, on.day, tzinfo=zone)
        if at < first:
            earliest = (first.astimezone(zone) + timedelta(days=1)).date()
            raise BadInput(
                f"on: the person is told at least {lifting.NOTICE.days} days before; the first day is {earliest}.",
                field="on",
            )
        return at


def _act_id(text: str | None) -> str:
    try:
        return str(uuid.UUID(text)) if text else str(uuid.uuid4())
    except ValueError:
        raise BadInput("act-id: a UUID, as the first try printed it.", field="act_id") from None


def change_line(plan: SystemChange) -> str:
    """What one system does, in a few words."""
    match plan.change:
        case Rectify():
            said = f"correct {len(plan.change.fields)} values"
        case Restrict():
            said = f"mark {len(plan.change.objects)} objects"
        case Stop():
            said = f"stop {', '.join(plan.change.purposes)} for {len(plan.change.roots)} records"
        case None:
            said = "a human does it" if plan.by_hand else "nothing"
    if plan.consented:
        said += f"; {len(plan.consented)} objects though restricted, as the person themself asks for it"
    return said
