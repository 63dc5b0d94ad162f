"""What the steps of a changing right are ordered with, and what they answer: nothing that identifies a person."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, Field

from activities.model import EraseOrder, OnRequest, SystemBrief, SystemOrder
from habeas.acts import ActId
from habeas.model import Frozen, RequestId, SystemName
from habeas.outcomes import Fate
from habeas.particulars import PurposeId

CONTESTED = "contested"
"""The note of an act that contests corrections."""


DONE = "change/"
"""Prefix of the sealed changes that were carried out, by system: recipients are told from them."""
TOLD = "changes/told"
"""Prefix of the sealed facts of what was changed, as the person is told, by part."""


class Part(StrEnum):
    """An objection may have two: what stops at once, and what a human weighs. Everything else is whole."""

    WHOLE = "whole"
    AT_ONCE = "at_once"
    WEIGHED = "weighed"


class DraftChange(OnRequest):
    """Plan one part."""

    part: Part = Part.WHOLE
    purposes: tuple[PurposeId, ...] = ()


class ChangeDraft(Frozen):
    """A plan as counts, and the digest by which it is approved."""

    digest: str
    systems: tuple[SystemName, ...]
    """Those that carry something out by themselves."""
    by_hand: tuple[SystemName, ...]
    """Those where a human must."""
    changes: int
    """Values, objects or records that systems change."""
    covered: int = 0
    """Objects that are restricted."""
    contested: int = 0
    blocked: int = 0
    consented: int = 0
    """Restricted objects that are corrected all the same."""
    unmatched: int = 0
    """Corrections for which no such value was found."""
    outdated: tuple[SystemName, ...] = ()
    """Systems that are to be collected again first: nothing of theirs is in the plan."""


class PlannedChange(OnRequest):
    """One part of a plan, by its digest."""

    part: Part
    digest: str


class ChangeOrder(SystemOrder):
    """Carry out one system's part of exactly this plan, or look at it again."""

    part: Part
    digest: str
    handle: str | None = None


class LeftOrder(SystemOrder):
    """What became of one system's part of exactly this plan, an attempt at which may have broken off."""

    digest: str
    part: Part | None = None
    """Of a change; None for an erasure."""

    @property
    def of(self) -> EraseOrder | ChangeOrder:
        """The order with which the system had begun."""
        kept = self.model_dump(exclude={"part"})
        return EraseOrder(**kept) if self.part is None else ChangeOrder(**kept, part=self.part)


class ChangeReport(Frozen):
    """How far the system is.

    ``done``, ``pending``, ``awaiting`` or ``drifted``; on the second look ``clean`` or ``remains`` instead of ``done``.
    """

    system: SystemName
    state: str
    handle: str | None = None
    wait: float = 0.0
    """Seconds until to ask again, or until a callback is given up."""
    counts: dict[Fate, int] = Field(default_factory=dict)
    touched: bool = False
    """It is not carried on, and an attempt before this one did a part, or nobody can tell that it did not."""


class ConcludeOrder(OnRequest):
    """Say what became of everything that was asked."""

    parts: tuple[Part, ...]
    by_hand: tuple[SystemName, ...] = ()
    """Where a human did it."""
    missing: tuple[SystemName, ...] = ()
    """What was left out."""


class Conclusion(Frozen):
    """What became of it, as counts, and the name of the sealed facts of the letter that tells it."""

    sealed: str
    done: int
    contested: int
    blocked: int
    """Values and objects that could not be changed."""
    unmatched: int


class LiftStart(Frozen):
    """Lift what a request restricted, not before this instant; the reason lies sealed under the act's id."""

    request_id: RequestId
    act_id: ActId
    lift_at: AwareDatetime
    told: bool = False
    """Staff told the person otherwise, and say how in the act's reason: no letter goes out."""


class LiftOrder(OnRequest):
    """A step in lifting a request's restriction."""

    act_id: ActId
    lift_at: AwareDatetime


class LiftBrief(Frozen):
    """Which systems are to lift, and when."""

    lift_at: AwareDatetime
    """Never sooner than the person has had time to answer."""
    systems: tuple[SystemBrief, ...]
    by_hand: tuple[SystemName, ...]
    sealed: str
    """Name of the sealed facts of the letter."""
    notice: float = 0.0
    """Seconds from the letter's sending to the lifting, which also waits for what humans do. Zero in older briefs."""


class LiftedOrder(OnRequest):
    """Who must hear that a restriction is lifted, by this act."""

    act_id: ActId


class LiftSystem(SystemOrder):
    """Lift in one system, or look again."""

    act_id: ActId
    handle: str | None = None
    attested: bool = False
    """A human did it, by this act."""


class Contest(Frozen):
    """What an act of contesting leaves sealed under its id: which corrections are not made."""

    corrections: tuple[int, ...] = Field(min_length=1)
    """Their places among the person's corrections, from 0."""
