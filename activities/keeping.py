"""What goes into the steps on holds and retention and comes out of them. Nothing here identifies a person."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from activities.model import InstructionBrief, OnRequest, SystemOrder
from activities.task_model import TaskId
from habeas.model import Frozen, Outcome, RequestId, SystemName


class HeldReport(Frozen):
    """How many objects of one system are held now that were not before."""

    system: SystemName
    held: int


class ReleaseOrder(OnRequest):
    """The request ends like this."""

    outcome: Outcome


class ReasonsReport(Frozen):
    """The sealed document with what is kept and why; None if nothing is that was to be explained at once."""

    sealed: str | None = None


class SweepOrder(Frozen):
    """A step that is about no single request, at an instant of the workflow's clock."""

    at: AwareDatetime


class DueOrder(SweepOrder):
    """A page of what may have to go."""

    limit: int = Field(default=100, ge=1, le=1000)
    after: tuple[str, str] = ("", "")
    """The last request and system of the page before."""


class DueItem(Frozen):
    """What one erasure kept in one system."""

    request_id: RequestId
    system: SystemName
    task_queue: str
    confirm_after: float = 0.0


class DuePage(Frozen):
    """Some of them, and where to go on; None after the last."""

    items: tuple[DueItem, ...]
    after: tuple[str, str] | None


class EndOrder(SystemOrder):
    """Erase what one erasure kept in one system and may keep no longer."""

    handle: str | None = None


class EndedTask(Frozen):
    """What a human is asked to erase, since an erasure may keep it no longer. Its request is closed."""

    request_id: RequestId
    system: SystemName
    task: TaskId
    task_queue: str
    """The system's."""
    confirm_after: float = 0.0
    """Seconds, before the system is looked at again."""
    remind_at: AwareDatetime
    remind_every: float
    """Seconds."""
    notice: InstructionBrief | None = None
    """Where somebody outside is instructed to do it; None: whoever owns it is told."""


class EndReport(Frozen):
    """How far it is."""

    state: str
    """``nothing``, ``done``, ``pending``, ``awaiting``, ``drifted`` or ``asked`` (a human was); looked at again:
    ``clean`` or ``remains``."""
    handle: str | None = None
    wait: float = 0.0
    ended: int = 0
    """Objects that are gone or anonymised now."""
    held: int = 0
    """Objects whose time has come and that a hold or a restriction still keeps."""
    recipients: bool = False
    """Whether the controller gave such data to somebody, who may have to hear of it."""
    ended_at: AwareDatetime | None = None
    """The instant under which it is written down that these objects ended."""
    asked: EndedTask | None = None
    """What a human is to do there; None where one was asked of late, and could not."""


class EndedOrder(OnRequest):
    """Who must hear of what ended of a request."""

    since: AwareDatetime
    """What was erased or anonymised since then; with a system, at that instant."""
    system: SystemName | None = None
    """Where it ended. None in orders of before: in any."""


class ExpiringSystem(Frozen):
    """A system that can tell what is past its term."""

    system: SystemName
    task_queue: str


class ExpiringReport(Frozen):
    """All of them."""

    systems: tuple[ExpiringSystem, ...]


class ExpireOrder(SweepOrder):
    """End what is past its term in one system, from the cursor on."""

    system: SystemName
    cursor: str | None = None
    pages: int = Field(default=500, ge=1)
    """At most so many pages in one go."""


class ExpireReport(Frozen):
    """What ended, and where to go on; None after the last page, or where it stopped before the first."""

    erased: int = 0
    held: int = 0
    blocked: int = 0
    cursor: str | None = None
    unlooked: bool = False
    """It stopped: all of the system is held for somebody, until it is known what of it is theirs."""


class LookOrder(SweepOrder):
    """Before anything ends in this system: what must not."""

    system: SystemName


class TrailOrder(LookOrder):
    """Ask this system what it knows of those for whom all of another one is held."""

    before_ending: SystemName
    """The other one."""


class LookedReport(Frozen):
    """For how many requests it is known now what must not end in a system, and how many objects of it are new."""

    looked: int = 0
    held: int = 0


class EndingOrder(SweepOrder):
    """How a sweep went in one system that holds short-lived data."""

    system: SystemName
    began: AwareDatetime
    """When the sweep began there."""
    code: str | None = None
    """Why nothing could be ended there; None if it answered."""


class TellOrder(SweepOrder):
    """Tell the next people of what erasures had kept for them, and that has ended."""

    limit: int = Field(default=100, ge=1, le=1000)
    after: str = ""
    """The last request of the round before."""


class TellReport(Frozen):
    """How many letters went out, and where to go on; None after the last."""

    told: int = 0
    after: str | None = None


class LeftOut(Frozen):
    """A system that a closed request was answered without."""

    request_id: RequestId
    system: SystemName


class LeftOutPage(Frozen):
    """Those of which staff are to be reminded today."""

    items: tuple[LeftOut, ...]


class ForgetOrder(SweepOrder):
    """Destroy the keys of requests whose own record is over."""

    limit: int = Field(default=200, ge=1, le=1000)
    after: tuple[str, str] = ("", "")
    """The last controller and request of the round before."""


class ForgetReport(Frozen):
    """How many keys were destroyed, how many holds on deletion released, and where to go on; None after the last."""

    keys: int = 0
    released: int = 0
    after: tuple[str, str] | None = None


class SweepReport(Frozen):
    """What one sweep did."""

    ended: int = 0
    """Objects that erasures had kept, and that are gone or anonymised now."""
    held: int = 0
    """Objects whose time has come and that a hold or a restriction still keeps."""
    unfinished: int = 0
    """Requests whose kept objects are tried again on the next day, in some system."""
    expired: int = 0
    """Short-lived objects that ended."""
    expired_held: int = 0
    """Short-lived objects past their term that a hold or a restriction keeps."""
    expired_blocked: int = 0
    """Short-lived objects that their system left: changed meanwhile, or needed by what stays."""
    released: int = 0
    """Objects that are no longer held for a request that was refused."""
    keys: int = 0
    """Requests whose own record was over, and whose key was destroyed."""
    waiting: tuple[SystemName, ...] = ()
    """Systems that did not answer, or refused."""
    unlooked: tuple[SystemName, ...] = ()
    """Systems in which nothing ended, as it is not known yet what of it is of somebody who has asked for a copy."""

    def plus(self, **more: int) -> SweepReport:
        """With so much more of each."""
        return self.model_copy(update={name: getattr(self, name) + count for name, count in more.items()})


class Sweep(Frozen):
    """Where a sweep stands when it is carried on."""

    once: bool = False
    """Do it once and answer, instead of every day."""
    retained: bool = True
    """Still looking through what erasures kept."""
    after: tuple[str, str] = ("", "")
    report: SweepReport = SweepReport()
    told: tuple[SystemName, ...] = ()
    """Systems of which staff were told that they do not answer; until they do."""
