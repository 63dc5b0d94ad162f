"""What staff and the person may do to an open request. Each act becomes one Update of the request's workflow.

The words of an act (who, why, notes) are sealed in the ledger before the Update is sent; the Update carries its id and
facts that identify nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from habeas.model import CHANGING, REMEDIES, Frozen, PauseReason, Right, Stage, SystemName

ActId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
ActorRef = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
"""A keyed hash of the actor's name: tells two people apart without naming either."""


WITHOUT_COPY = "without_copy"
"""Ground of an approval: to erase although a copy of the same person's is not answered yet; the reason says why."""


NOT_BEGUN = "not_begun"
"""Why a workflow refuses an act before it knows what law and policy ask; a moment later it takes it."""

IN_PART = "in_part"
"""Ground of the approval of an appeal, a complaint or a grievance: granted, but not in everything."""
NOTHING_ANEW = "nothing_anew"
"""The same: granted, and there is nothing in the request that it is about to be carried out anew."""
REMEDY_GRANTS = (IN_PART, NOTHING_ANEW)


class ActKind(StrEnum):
    """The value is the name of the workflow's Update."""

    PROVE = "prove"
    ATTEST = "attest"
    RESEND_CODE = "resend_code"
    DECIDE_MATCH = "decide_match"
    ADD_IDENTIFIER = "add_identifier"
    APPROVE = "approve"
    REFUSE = "refuse"
    EXTEND = "extend"
    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    RETRY_SYSTEM = "retry_system"
    SKIP_SYSTEM = "skip_system"
    RELEASE = "release"
    ASK = "ask"
    """Ask the person something; the clock waits where the regime lets it."""
    CHARGE = "charge"
    """Ask a fee, where the regime allows one."""
    ANNOUNCE_DELAY = "announce_delay"
    """Tell the person why it takes longer and when the answer will come."""
    EXEMPT = "exempt"
    """Refuse a part: one category of data, on a ground of the closed list."""
    CONTEST = "contest"
    """Do not make some of the corrections asked for; the person's word is noted instead."""
    REDACT = "redact"
    """Take something out of a copy before it is released, on a ground of the law."""
    UNREDACT = "unredact"
    """Put back what was taken out of it."""
    FINISH_TASK = "finish_task"
    """A human has done by hand what a system cannot do by itself."""


_OPEN = frozenset(Stage) - {Stage.CLOSED}
_BEFORE_THE_END = _OPEN - {Stage.CONFIRMING, Stage.NOTIFYING}
_BEFORE_FULFILLING = _BEFORE_THE_END - {Stage.FULFILLING}

_STAGES: Mapping[ActKind, frozenset[Stage]] = {
    ActKind.PROVE: frozenset({Stage.VERIFYING}),
    ActKind.ATTEST: frozenset({Stage.VERIFYING}),
    ActKind.RESEND_CODE: frozenset({Stage.VERIFYING}),
    ActKind.DECIDE_MATCH: frozenset({Stage.CLARIFYING}),
    ActKind.ADD_IDENTIFIER: frozenset({Stage.VERIFYING, Stage.LOCATING, Stage.CLARIFYING, Stage.REVIEWING}),
    ActKind.APPROVE: frozenset({Stage.REVIEWING}),
    ActKind.REFUSE: _BEFORE_FULFILLING,
    ActKind.EXTEND: _BEFORE_THE_END,
    ActKind.PAUSE: _BEFORE_FULFILLING,
    ActKind.RESUME: _OPEN,
    ActKind.WITHDRAW: _BEFORE_FULFILLING,
    ActKind.RETRY_SYSTEM: _OPEN,
    ActKind.SKIP_SYSTEM: _OPEN,
    ActKind.RELEASE: frozenset({Stage.LOCATING, Stage.COLLECTING}),
    ActKind.ASK: _BEFORE_FULFILLING,
    ActKind.CHARGE: _BEFORE_FULFILLING,
    ActKind.ANNOUNCE_DELAY: _BEFORE_THE_END,
    ActKind.EXEMPT: frozenset({Stage.LOCATING, Stage.CLARIFYING, Stage.COLLECTING, Stage.REVIEWING}),
    ActKind.CONTEST: frozenset({Stage.REVIEWING}),
    ActKind.REDACT: frozenset({Stage.REVIEWING}),
    ActKind.UNREDACT: frozenset({Stage.REVIEWING}),
    ActKind.FINISH_TASK: _OPEN,
}


def stages(kind: ActKind, right: Right) -> frozenset[Stage]:
    """The stages in which an act is possible.

    An erasure, or a change, that has begun is neither withdrawn nor refused. An erasure begins within fulfilling, once
    no system knows of anything in the way: until then the person may withdraw it, and the workflow refuses afterwards.
    A package that is still being built hurts nobody, so an access request may be withdrawn until it is offered. That an
    appeal is the same person's as what it appeals may be attested until it is decided.
    """
    allowed = _STAGES[kind]
    if kind is ActKind.ATTEST and right in REMEDIES:
        return allowed | {Stage.REVIEWING}
    if kind is ActKind.WITHDRAW and right not in CHANGING | REMEDIES:
        return allowed | {Stage.FULFILLING}
    return allowed


class ActCall(Frozen):
    """One act, as the workflow sees it."""

    act_id: ActId
    actor: ActorRef
    system: SystemName | None = None
    """Which system: retry_system, skip_system."""
    ground: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,60}$")
    """A code of the regime's closed list: refuse, extend. Approve: `WITHOUT_COPY`, one of
    `REMEDY_GRANTS`, or none."""
    pause_reason: PauseReason | None = None
    plan: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    """The digest of what was seen and is approved: the plan (erasure, rectification, restriction, weighed objection),
    or the copy as it is to be released (access, portability), where it was said."""
    category: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_-]{0,60}$")
    """Which category of the policy: exempt."""
    expected_on: date | None = None
    """When the answer will come: announce_delay, and extend where the law sets no last day."""
    task: str | None = Field(default=None, pattern=r"^[a-z0-9-]{1,64}$")
    """Which task: finish_task."""


class ActAnswer(Frozen):
    """Where the request stood once the act was done."""

    act_id: ActId
    stage: Stage
    note: str = ""
    """A short code of what it led to (``approved_1_of_2``, ``extended``, …)."""
