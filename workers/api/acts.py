"""Acts on a request, one route each: who acts is the token's account, why is in the body and sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from activities.outside import AskedOutside
from habeas.access import Scope
from habeas.acts import REMEDY_GRANTS, WITHOUT_COPY, ActAnswer, ActKind
from habeas.errors import BadInput
from habeas.model import Frozen, Identifier, PauseReason
from workers.api.callers import Caller, may
from workers.api.requests import Once, Reference
from workers.office.restrictions import Lifting

router = APIRouter(prefix="/requests/{request_id}/acts", tags=["acts"])

Works = Annotated[Caller, may(Scope.REQUESTS_WORK)]
Decides = Annotated[Caller, may(Scope.REQUESTS_DECIDE)]
Approves = Annotated[Caller, may(Scope.REQUESTS_APPROVE)]
Holds = Annotated[Caller, may(Scope.HOLDS_WRITE)]


class Because(Frozen):
    """Every act says why; sealed."""

    reason: str = Field(min_length=1, max_length=2000, repr=False)


class Code(Frozen):
    """The code from the person's letter."""

    code: str = Field(min_length=1, max_length=100, repr=False)


class Approval(Because):
    """What is approved."""

    plan: str | None = Field(
        default=None,
        min_length=12,
        max_length=64,
        description="Erasure, changes: the digest of the plan that was seen.",
    )
    without_copy: bool = Field(default=False, description="Erasure: although a copy of theirs is not answered.")
    in_part: bool = Field(default=False, description="Appeal, complaint, grievance: granted, but not in everything.")
    nothing_anew: bool = Field(
        default=False, description="Appeal, complaint, grievance: granted, and nothing is to be carried out anew."
    )

    @property
    def ground(self) -> str | None:
        """On what it is approved.

        Raises:
            BadInput: more than one is given.
        """
        said = [name for name in (WITHOUT_COPY, *REMEDY_GRANTS) if getattr(self, name)]
        if len(said) > 1:
            raise BadInput(f"{said[1]}: not together with {said[0]}.", field=said[1])
        return said[0] if said else None


class OnGround(Because):
    """An act on a ground of the law's closed list."""

    ground: str = Field(max_length=60, description="A code: manifestly_unfounded, excessive, …")
    outside: AskedOutside | None = Field(default=None, description="Earlier requests that came in outside of Habeas.")


class Part(OnGround):
    """One category of data."""

    category: str = Field(max_length=60)


class Extension(Because):
    """Why the term is extended."""

    ground: str = Field(max_length=60, description="complexity, number_of_requests, …")
    until: date | None = Field(
        default=None, description="The day of the answer; needed where the law sets none, else within what it sets."
    )


class Pause(Because):
    """What is awaited."""

    waits_for: PauseReason


class Question(Frozen):
    """What the person is asked."""

    question: str = Field(min_length=1, max_length=2000, repr=False, description="As the person will read it.")
    waits_for: PauseReason = PauseReason.CLARIFICATION
    reply_by: date | None = None


class Fee(Because):
    """A fee, where the law allows one."""

    amount: str = Field(max_length=40, examples=["EUR 12.50"])
    ground: str | None = Field(default=None, max_length=60)
    how_to_pay: str | None = Field(default=None, max_length=1000, repr=False)
    outside: AskedOutside | None = None


class Delay(Because):
    """When the answer will come."""

    expected_on: date


class InSystem(Because):
    """Which system."""

    system: str = Field(max_length=80)


class MoreIdentifiers(Because):
    """More ways to know the person."""

    identifiers: tuple[Identifier, ...] = Field(min_length=1, max_length=50, repr=False)


class Match(Because):
    """Which records, by their handles, are the person's (true) and which are not."""

    records: Mapping[str, bool] = Field(min_length=1, max_length=1000)


class Contest(Because):
    """Which corrections are not made, by their numbers in the plan, from 1."""

    corrections: tuple[int, ...] = Field(min_length=1, max_length=1000)


class Lift(Because):
    """When a restriction ends."""

    on: date | None = Field(default=None, description="Unset for the first day that leaves the person time to answer.")
    told: str | None = Field(
        default=None, max_length=2000, repr=False, description="How the person was told, where no letter reaches them."
    )


async def _act(
    who: Caller,
    once: Once,
    reference: str,
    kind: ActKind,
    reason: str,
    sealed: BaseModel | None = None,
    **facts: str | None,
) -> ActAnswer:
    return await who.office.act(
        kind, reference, by=who.account, reason=reason, act_id=once.act_id(who), sealed=sealed, **facts
    )


@router.post("/prove")
async def prove(who: Works, reference: Reference, said: Code) -> ActAnswer:
    """The code that the person read out. The same guess is the same try."""
    return await who.office.submit_code(reference, said.code)


@router.post("/attest")
async def attest(who: Decides, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """Say how you know who the person is."""
    return await _act(who, once, reference, ActKind.ATTEST, said.reason)


@router.post("/resend_code")
async def resend_code(who: Works, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """Send another code; the older one ends."""
    return await _act(who, once, reference, ActKind.RESEND_CODE, said.reason)


@router.post("/approve")
async def approve(who: Approves, once: Once, reference: Reference, said: Approval) -> ActAnswer:
    """Approve the release of an export, or exactly this plan of an erasure or a change."""
    digest = await who.office.plan_digest(reference, said.plan) if said.plan is not None else None
    return await _act(who, once, reference, ActKind.APPROVE, said.reason, plan=digest, ground=said.ground)


@router.post("/refuse")
async def refuse(who: Decides, once: Once, reference: Reference, said: OnGround) -> ActAnswer:
    """Refuse the request; the person is told the reasons and where to complain."""
    return await _act(who, once, reference, ActKind.REFUSE, said.reason, said.outside, ground=said.ground)


@router.post("/exempt")
async def exempt(who: Decides, once: Once, reference: Reference, said: Part) -> ActAnswer:
    """Refuse a part; the rest is carried out."""
    return await _act(
        who, once, reference, ActKind.EXEMPT, said.reason, said.outside, ground=said.ground, category=said.category
    )


@router.post("/extend")
async def extend(who: Works, once: Once, reference: Reference, said: Extension) -> ActAnswer:
    """Extend the term; the person is told why and until when."""
    until = said.until.isoformat() if said.until else None
    return await _act(who, once, reference, ActKind.EXTEND, said.reason, ground=said.ground, expected_on=until)


@router.post("/pause")
async def pause(who: Works, once: Once, reference: Reference, said: Pause) -> ActAnswer:
    """Stop the clock while something is awaited from the person, where the law allows it."""
    return await _act(who, once, reference, ActKind.PAUSE, said.reason, pause_reason=said.waits_for)


@router.post("/resume")
async def resume(who: Works, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """What was awaited is there."""
    return await _act(who, once, reference, ActKind.RESUME, said.reason)


@router.post("/ask")
async def ask(who: Works, once: Once, reference: Reference, said: Question) -> ActAnswer:
    """Ask the person something; the clock waits where the law lets it."""
    reply_by = said.reply_by.isoformat() if said.reply_by else None
    return await _act(
        who, once, reference, ActKind.ASK, said.question, pause_reason=said.waits_for, expected_on=reply_by
    )


@router.post("/charge")
async def charge(who: Decides, once: Once, reference: Reference, said: Fee) -> ActAnswer:
    """Ask a fee, where the law allows one."""
    return await who.office.charge(
        reference, by=who.account, act_id=once.act_id(who), **{name: getattr(said, name) for name in Fee.model_fields}
    )


@router.post("/announce_delay")
async def announce_delay(who: Works, once: Once, reference: Reference, said: Delay) -> ActAnswer:
    """Tell the person why it takes longer and when the answer will come."""
    day = said.expected_on.isoformat()
    return await _act(who, once, reference, ActKind.ANNOUNCE_DELAY, said.reason, expected_on=day)


@router.post("/withdraw")
async def withdraw(who: Works, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """The person does not want it any more."""
    return await _act(who, once, reference, ActKind.WITHDRAW, said.reason)


@router.post("/retry_system")
async def retry_system(who: Works, once: Once, reference: Reference, said: InSystem) -> ActAnswer:
    """Try a system again now that its cause is mended."""
    return await _act(who, once, reference, ActKind.RETRY_SYSTEM, said.reason, system=said.system)


@router.post("/skip_system")
async def skip_system(who: Decides, once: Once, reference: Reference, said: InSystem) -> ActAnswer:
    """Go on without a system; the letter names it."""
    return await _act(who, once, reference, ActKind.SKIP_SYSTEM, said.reason, system=said.system)


@router.post("/release")
async def release(who: Approves, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """Go on without every system that is waited for; of a closed request, send one more download link."""
    return await who.office.release(reference, by=who.account, reason=said.reason, act_id=once.act_id(who))


@router.post("/add_identifier")
async def add_identifier(who: Works, once: Once, reference: Reference, said: MoreIdentifiers) -> ActAnswer:
    """One more way to know the person: every system is asked again."""
    return await who.office.add_identifier(
        reference, by=who.account, reason=said.reason, identifiers=said.identifiers, act_id=once.act_id(who)
    )


@router.post("/decide_match")
async def decide_match(who: Decides, once: Once, reference: Reference, said: Match) -> ActAnswer:
    """Say of records whether they are the person's."""
    return await who.office.decide_by_handle(
        reference, by=who.account, reason=said.reason, said=said.records, act_id=once.act_id(who)
    )


@router.post("/contest")
async def contest(who: Decides, once: Once, reference: Reference, said: Contest) -> ActAnswer:
    """Do not make some of the corrections asked for; the person reads why."""
    return await who.office.contest(
        reference, by=who.account, reason=said.reason, corrections=said.corrections, act_id=once.act_id(who)
    )


@router.post("/lift_restriction")
async def lift_restriction(who: Holds, once: Once, reference: Reference, said: Lift) -> Lifting:
    """End a restriction; the person is told first."""
    return await who.office.lift_restriction(
        reference, by=who.account, reason=said.reason, on=said.on, told=said.told, act_id=once.act_id(who)
    )


@router.post("/lifted_by_hand")
async def lifted_by_hand(who: Holds, once: Once, reference: Reference, said: InSystem) -> ActAnswer:
    """A human lifted a restriction in a system that cannot by itself."""
    return await who.office.lifted_by_hand(
        reference, system=said.system, by=who.account, reason=said.reason, act_id=once.act_id(who)
    )
