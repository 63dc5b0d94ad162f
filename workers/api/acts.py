"""Acts on a request, one route each: who acts is the token's account, why is in the body and sealed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from habeas.access import Scope
from habeas.acts import ActAnswer, ActKind
from habeas.model import Frozen
from workers.api.callers import Caller, may
from workers.api.requests import Once, Reference
from workers.office.asked import (
    Approval,
    Because,
    Code,
    Contest,
    Delay,
    Extension,
    Fee,
    InSystem,
    Match,
    MoreIdentifiers,
    OnGround,
    Part,
    Pause,
    Question,
)
from workers.office.restrictions import Lifting

router = APIRouter(prefix="/requests/{request_id}/acts", tags=["acts"])

Works = Annotated[Caller, may(Scope.REQUESTS_WORK)]
Decides = Annotated[Caller, may(Scope.REQUESTS_DECIDE)]
Approves = Annotated[Caller, may(Scope.REQUESTS_APPROVE)]
Holds = Annotated[Caller, may(Scope.HOLDS_WRITE)]


class Lift(Because):
    """When a restriction ends."""

    on: date | None = Field(default=None, description="Unset for the first day that leaves the person time to answer.")
    told: str | None = Field(
        default=None, max_length=2000, repr=False, description="How the person was told, where no letter reaches them."
    )


async def _act(who: Caller, once: Once, reference: str, kind: ActKind, said: Frozen) -> ActAnswer:
    async def do(act_id: str) -> ActAnswer:
        return await who.office.carry_out(kind, reference, said, by=who.account, act_id=act_id)

    return await once.kept(who, ActAnswer, do, said)


@router.post("/prove")
async def prove(who: Works, once: Once, reference: Reference, said: Code) -> ActAnswer:
    """The code that the person read out. The same guess is the same try."""
    return await once.kept(who, ActAnswer, lambda _: who.office.submit_code(reference, said.code), said)


@router.post("/attest")
async def attest(who: Decides, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """Say how you know who the person is."""
    return await _act(who, once, reference, ActKind.ATTEST, said)


@router.post("/resend_code")
async def resend_code(who: Works, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """Send another code; the older one ends."""
    return await _act(who, once, reference, ActKind.RESEND_CODE, said)


@router.post("/approve")
async def approve(who: Approves, once: Once, reference: Reference, said: Approval) -> ActAnswer:
    """Approve the release of an export, or exactly this plan of an erasure or a change."""
    return await _act(who, once, reference, ActKind.APPROVE, said)


@router.post("/refuse")
async def refuse(who: Decides, once: Once, reference: Reference, said: OnGround) -> ActAnswer:
    """Refuse the request; the person is told the reasons and where to complain."""
    return await _act(who, once, reference, ActKind.REFUSE, said)


@router.post("/exempt")
async def exempt(who: Decides, once: Once, reference: Reference, said: Part) -> ActAnswer:
    """Refuse a part; the rest is carried out."""
    return await _act(who, once, reference, ActKind.EXEMPT, said)


@router.post("/extend")
async def extend(who: Works, once: Once, reference: Reference, said: Extension) -> ActAnswer:
    """Extend the term; the person is told why and until when."""
    return await _act(who, once, reference, ActKind.EXTEND, said)


@router.post("/pause")
async def pause(who: Works, once: Once, reference: Reference, said: Pause) -> ActAnswer:
    """Stop the clock while something is awaited from the person, where the law allows it."""
    return await _act(who, once, reference, ActKind.PAUSE, said)


@router.post("/resume")
async def resume(who: Works, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """What was awaited is there."""
    return await _act(who, once, reference, ActKind.RESUME, said)


@router.post("/ask")
async def ask(who: Works, once: Once, reference: Reference, said: Question) -> ActAnswer:
    """Ask the person something; the clock waits where the law lets it."""
    return await _act(who, once, reference, ActKind.ASK, said)


@router.post("/charge")
async def charge(who: Decides, once: Once, reference: Reference, said: Fee) -> ActAnswer:
    """Ask a fee, where the law allows one."""
    return await _act(who, once, reference, ActKind.CHARGE, said)


@router.post("/announce_delay")
async def announce_delay(who: Works, once: Once, reference: Reference, said: Delay) -> ActAnswer:
    """Tell the person why it takes longer and when the answer will come."""
    return await _act(who, once, reference, ActKind.ANNOUNCE_DELAY, said)


@router.post("/withdraw")
async def withdraw(who: Works, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """The person does not want it any more."""
    return await _act(who, once, reference, ActKind.WITHDRAW, said)


@router.post("/retry_system")
async def retry_system(who: Works, once: Once, reference: Reference, said: InSystem) -> ActAnswer:
    """Try a system again now that its cause is mended."""
    return await _act(who, once, reference, ActKind.RETRY_SYSTEM, said)


@router.post("/skip_system")
async def skip_system(who: Decides, once: Once, reference: Reference, said: InSystem) -> ActAnswer:
    """Go on without a system; the letter names it."""
    return await _act(who, once, reference, ActKind.SKIP_SYSTEM, said)


@router.post("/release")
async def release(who: Approves, once: Once, reference: Reference, said: Because) -> ActAnswer:
    """Go on without every system that is waited for; of a closed request, send one more download link."""
    return await _act(who, once, reference, ActKind.RELEASE, said)


@router.post("/add_identifier")
async def add_identifier(who: Works, once: Once, reference: Reference, said: MoreIdentifiers) -> ActAnswer:
    """One more way to know the person: every system is asked again."""
    return await _act(who, once, reference, ActKind.ADD_IDENTIFIER, said)


@router.post("/decide_match")
async def decide_match(who: Decides, once: Once, reference: Reference, said: Match) -> ActAnswer:
    """Say of records whether they are the person's."""
    return await _act(who, once, reference, ActKind.DECIDE_MATCH, said)


@router.post("/contest")
async def contest(who: Decides, once: Once, reference: Reference, said: Contest) -> ActAnswer:
    """Do not make some of the corrections asked for; the person reads why."""
    return await _act(who, once, reference, ActKind.CONTEST, said)


@router.post("/lift_restriction")
async def lift_restriction(who: Holds, once: Once, reference: Reference, said: Lift) -> Lifting:
    """End a restriction; the person is told first."""

    async def do(act_id: str) -> Lifting:
        return await who.office.lift_restriction(
            reference, by=who.account, reason=said.reason, on=said.on, told=said.told, act_id=act_id
        )

    return await once.kept(who, Lifting, do, said)


@router.post("/lifted_by_hand")
async def lifted_by_hand(who: Holds, once: Once, reference: Reference, said: InSystem) -> ActAnswer:
    """A human lifted a restriction in a system that cannot by itself."""

    async def do(act_id: str) -> ActAnswer:
        return await who.office.lifted_by_hand(
            reference, system=said.system, by=who.account, reason=said.reason, act_id=act_id
        )

    return await once.kept(who, ActAnswer, do, said)
