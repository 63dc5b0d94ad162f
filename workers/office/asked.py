"""What an act asks of whoever does it: its fields, once for the API and for the pages, and how it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel, Field

from activities.outside import AskedOutside
from activities.stated import Stated
from habeas.acts import REMEDY_GRANTS, WITHOUT_COPY, ActAnswer, ActKind
from habeas.errors import BadInput
from habeas.model import Frozen, Identifier, PauseReason
from workers.office.grounds import fee
from workers.office.handover import Handover
from workers.office.restrictions import Restricting
from workers.office.typed import Typed


class Because(Typed):
    """Every act says why; sealed."""

    reason: str = Field(min_length=1, max_length=2000, repr=False)


class Code(Typed):
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
    stated: Stated | None = Field(
        default=None, description="What the law asks to be stated of the ground: leave given, an authority told."
    )


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


class Question(Typed):
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


ASKED: Mapping[ActKind, type[Frozen]] = MappingProxyType(
    {
        ActKind.PROVE: Code,
        ActKind.ATTEST: Because,
        ActKind.RESEND_CODE: Because,
        ActKind.DECIDE_MATCH: Match,
        ActKind.ADD_IDENTIFIER: MoreIdentifiers,
        ActKind.APPROVE: Approval,
        ActKind.REFUSE: OnGround,
        ActKind.EXEMPT: Part,
        ActKind.EXTEND: Extension,
        ActKind.PAUSE: Pause,
        ActKind.RESUME: Because,
        ActKind.ASK: Question,
        ActKind.CHARGE: Fee,
        ActKind.ANNOUNCE_DELAY: Delay,
        ActKind.WITHDRAW: Because,
        ActKind.RETRY_SYSTEM: InSystem,
        ActKind.SKIP_SYSTEM: InSystem,
        ActKind.RELEASE: Because,
        ActKind.CONTEST: Contest,
    }
)
"""The fields of each act. A task is finished with fields of its own: `workers.office.tasks.Said`."""


class Spelled(NamedTuple):
    """An act as the ledger and the workflow take it."""

    reason: str
    sealed: BaseModel | None = None
    facts: Mapping[str, str | None] = MappingProxyType({})
    stated: Stated | None = None


def spelled(said: Frozen) -> Spelled:
    """What somebody said of an act, in its parts.

    Raises:
        BadInput: an amount that is none.
    """
    match said:
        case Question():
            reply_by = said.reply_by.isoformat() if said.reply_by else None
            return Spelled(said.question, facts={"pause_reason": said.waits_for, "expected_on": reply_by})
        case Fee():
            return Spelled(said.reason, fee(said.amount, said.how_to_pay, said.outside), {"ground": said.ground})
        case Part():
            return Spelled(said.reason, said.outside, {"ground": said.ground, "category": said.category}, said.stated)
        case OnGround():
            return Spelled(said.reason, said.outside, {"ground": said.ground}, said.stated)
        case Extension():
            until = said.until.isoformat() if said.until else None
            return Spelled(said.reason, facts={"ground": said.ground, "expected_on": until})
        case Pause():
            return Spelled(said.reason, facts={"pause_reason": said.waits_for})
        case Delay():
            return Spelled(said.reason, facts={"expected_on": said.expected_on.isoformat()})
        case InSystem():
            return Spelled(said.reason, facts={"system": said.system})
        case Approval():
            return Spelled(said.reason, facts={"plan": said.plan, "ground": said.ground})
        case Because():
            return Spelled(said.reason)
        case _:
            raise BadInput("This says nothing of an act.", field="act")


class Asked(Handover, Restricting):
    """Methods that carry out what was asked in the fields of an act."""

    async def carry_out(
        self, kind: ActKind, request_id: str, said: Frozen, *, by: str, act_id: str | None = None
    ) -> ActAnswer:
        """Have an act carried out, once for each ``act_id``; ``said`` is of the model that `ASKED` names for it.

        Raises:
            As `Acting.act`, and for a code as `Acting.submit_code`.
        """
        match said:
            case Code():
                return await self.submit_code(request_id, said.code)
            case Match():
                return await self.decide_by_handle(
                    request_id, by=by, reason=said.reason, said=said.records, act_id=act_id
                )
            case Contest():
                return await self.contest(
                    request_id, by=by, reason=said.reason, corrections=said.corrections, act_id=act_id
                )
            case MoreIdentifiers():
                return await self.add_identifier(
                    request_id, by=by, reason=said.reason, identifiers=said.identifiers, act_id=act_id
                )
            case Because() if kind is ActKind.RELEASE:
                return await self.release(request_id, by=by, reason=said.reason, act_id=act_id)
            case Approval() if said.plan is not None:
                said = said.model_copy(update={"plan": await self.plan_digest(request_id, said.plan)})
        reason, sealed, facts, stated = spelled(said)
        return await self.act(
            kind, request_id, by=by, reason=reason, act_id=act_id, sealed=sealed, stated=stated, **facts
        )
