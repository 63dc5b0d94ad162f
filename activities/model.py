"""What goes into activities and comes out of them: one frozen model each, with nothing that identifies a person.

These travel through Temporal and are read by operators; whatever is personal stays in the ledger under the same id.
"""

from __future__ import annotations

from datetime import date
from operator import not_

from pydantic import AwareDatetime, Field

from habeas.acts import ActCall, ActId, ActKind
from habeas.model import Frozen, Outcome, PauseReason, RequestId, Right, Stage, SystemName
from habeas.outcomes import Fate
from habeas.particulars import Scope


class OnRequest(Frozen):
    """Anything done for one request, at an instant of the workflow's clock."""

    request_id: RequestId
    at: AwareDatetime


class SystemCall(OnRequest):
    """A step that a connected system is asked for."""

    insists: bool = Field(default=False, exclude_if=not_)
    """Staff say that the cause is mended: it is asked though it had asked to be left alone."""


class Entering(OnRequest):
    """The first that is done in a stage: that it was entered is written down with it."""

    entering: Stage | None = Field(default=None, exclude_if=lambda stage: stage is None)
    """Unset where that is a step of its own: `StageEntry`."""
    anew: bool = Field(default=False, exclude_if=not_)
    """Another workflow had begun the request before: see `IdentityBrief.proven`."""


class SystemBrief(Frozen):
    """What the workflow must know of a connected system."""

    name: SystemName
    task_queue: str
    confirm_after: float = 0.0
    """Seconds until the second look is meaningful."""
    manual: bool = False
    """Its steps are tasks for a human."""
    changes: tuple[str, ...] = ()
    """Of `rectify`, `restrict`, `object`: what it can do by itself."""
    purposes: tuple[str, ...] = ()
    """What it can stop."""
    holds: bool = False
    """Some of its objects end by themselves, and are held while an access request is open."""
    by_hand: tuple[str, ...] = ()
    """Of `collect` and `erase`: what it cannot do by itself, though it answers otherwise; a human does it."""

    vetoes: bool = False
    """It is asked, before anything is erased anywhere, what stands in the way."""
    after: tuple[SystemName, ...] = ()
    """Systems that are done before it erases."""
    together: bool = False
    """It is called from the workflow's own worker too, with others at once."""

    def needs_hands(self, step: str) -> bool:
        """Whether a human does this step."""
        return self.manual or step in self.by_hand


class IdentityBrief(Frozen):
    """How the controller lets a person prove who they are."""

    required: bool
    sources: tuple[SystemName, ...]
    """Systems whose records' addresses count as on record."""
    remind_after: tuple[float, ...]
    """Seconds after the first code."""
    expires_after: float
    """Seconds after the first code until the request closes as unverified."""
    codes_max: int
    code: bool = True
    """Codes are sent."""
    attestation: bool = True
    """Staff may attest."""
    both: bool = False
    """Code and attestation are both needed."""
    proven: bool = Field(default=False, exclude_if=not_)
    """They had proven it before this workflow began: the request was begun anew. Unset where it is not so, as below: a
    build from before knows no such field."""
    codes_before: int = Field(default=0, exclude_if=not_)
    """Codes that were sent before it began: the next one is another."""


class PromiseAlarms(Frozen):
    """What the controller promised, as instants. A pause of the law's clock moves none of them."""

    ends_at: AwareDatetime
    """The end of the promised day."""
    remind_at: tuple[AwareDatetime, ...] = ()
    delay_at: AwareDatetime | None = None
    ask_at: tuple[AwareDatetime, ...] = ()
    """When staff are asked why it takes longer and until when."""
    stands: bool = False
    """The law's term was extended, and the promised day counts all the same."""


class ClockFace(Frozen):
    """The dates of one request, as instants: computed by the law once and kept in the history."""

    due_on: date | None
    due_at: AwareDatetime | None
    notice_latest_at: AwareDatetime | None
    """The last instant to announce an extension."""
    remind_at: tuple[AwareDatetime, ...] = ()
    extend_at: AwareDatetime | None = None
    """When the clock itself announces the extension, if policy says so."""
    extend_ground: str | None = None
    release_at: AwareDatetime | None = None
    """From then on what is there is released without the systems that do not answer, if policy says so."""
    extension_grounds: tuple[str, ...] = ()
    pause_reasons: tuple[PauseReason, ...] = ()
    extended: bool = False
    citation: str = ""
    delay_at: AwareDatetime | None = None
    """When the person is told that the promised day cannot be kept, if the controller promised that."""
    ask_at: tuple[AwareDatetime, ...] = ()
    """When staff are asked for that before, while they may still name a day."""
    fee_allowed: bool = False
    paused_every: float | None = None
    """Seconds after which staff are reminded that the clock is paused, again and again."""
    planned_on: date | None = None
    """The last working day on or before ``due_on``, by which staff plan."""
    confirm_until: AwareDatetime | None = None
    """The end of the days that the person has to confirm what was asked; set while they run or are over unused. The
    term's day is known meanwhile: nothing stands still."""
    promise: PromiseAlarms | None = None
    """The controller's promise, as long as it binds."""
    proof_until: AwareDatetime | None = None
    """How long who asks may take at most to prove it, so that they are answered in time; None where asking stops the
    clock, or no term runs.
    """
    target_on: date | None = None
    """By when staff aim to answer where no day is due: the policy's day or what practice suggests, never the law's."""
    target_at: AwareDatetime | None = None
    """The end of that day: then staff hear that it is over."""


class Brief(Frozen):
    """Law and policy of one request, boiled down to what its workflow decides by."""

    right: Right
    controller: str
    systems: tuple[SystemBrief, ...]
    identity: IdentityBrief
    approvals: int = Field(ge=0)
    """How many different people must approve before anything is released or erased."""
    review_only_free_text: bool = False
    """Access: approval is needed only where free text was collected."""
    clock: ClockFace
    not_a_right: bool = False
    """Neither the regime nor the policy gives this right: the person is told so."""
    purposes: tuple[str, ...] = ()
    """What is to stop (objection, opt-out, limit, withdrawal of consent), by the policy's ids."""
    scope: Scope = Scope.COPY
    about: RequestId | None = None
    """Appeal, complaint, grievance: the request that it is about."""
    other_person: bool = False
    """That request is not shown to be the same person's."""
    hold: bool = False
    """Short-lived data is held while this request is open."""
    recipients: bool = False
    """Recipients are told of what was changed or erased (GDPR art. 19)."""
    forwards: bool = False
    """Some of the data belongs to somebody else's responsibility, and the request is sent on to them."""
    forwards_from: tuple[SystemName, ...] = ()
    """Where such data may be: what of it is held tells whom to send the request on to."""
    reasons_at_once: bool = False
    """Why something is kept is told as soon as the plan is approved."""
    changed_at_once: bool = False
    """The law wants it done at once: nobody approves."""
    weighed: tuple[str, ...] = ()
    """Of the purposes: those that a human weighs before they stop (GDPR art. 21(1))."""
    erasure_waits: float = 0.0
    """Seconds between the last approval of an erasure and its beginning."""


class StageEntry(OnRequest):
    """A new stage."""

    stage: Stage


class AcceptAct(OnRequest):
    """An act that the workflow accepted: mark it, and write it down."""

    kind: ActKind
    call: ActCall


class CodeOrder(OnRequest):
    """Send the n-th one-time code."""

    number: int = Field(ge=1)
    closes_at: AwareDatetime | None = None
    """Set for a reminder, which brings a fresh code: when the request closes as unverified."""


class CodeReport(Frozen):
    """Where the code went, in kind: ``on_record``, ``claimed`` (no record knows the person) or ``nowhere``."""

    sent_to: str
    expires_at: AwareDatetime | None = None


class ProofCheck(OnRequest):
    """Does the ledger hold this proof?"""

    proof_id: ActId


class LocateOrder(SystemCall):
    """Look in one system. For identity: by what is claimed; later: by what is proven and found."""

    system: SystemName
    for_identity: bool = False


class LocateReport(Frozen):
    """How many records bear the identifiers, staff accounts aside: nobody is known by one of those alone."""

    system: SystemName
    matches: int


class SettleReport(Frozen):
    """What is known of the person after a round."""

    found: int
    """Records that are the person's, over all systems."""
    contradictions: int
    ask: tuple[SystemName, ...]
    """Systems that have not been asked yet with something that is now known."""


class SystemOrder(SystemCall):
    """One system's step."""

    system: SystemName


class CollectReport(Frozen):
    """What was collected from one system."""

    system: SystemName
    records: int
    files: int
    pages: int
    free_text: bool
    """Something collected may name other people."""


class FindOrder(Entering):
    """Find the person in several systems at once."""

    systems: tuple[SystemName, ...]


class FindReport(Frozen):
    """What is known then, and who did not answer at once."""

    known: SettleReport
    left: tuple[SystemName, ...]


class CollectOrder(Entering):
    """Collect from several systems at once."""

    systems: tuple[SystemName, ...]


class GatheredReport(Frozen):
    """What was collected, and from whom it was not, as they did not answer at once."""

    reports: tuple[CollectReport, ...]
    left: tuple[SystemName, ...]


class PlanReport(Frozen):
    """The plan as counts, and the digest by which it is approved."""

    digest: str
    erase: int
    anonymise: int
    retain: int
    outdated: tuple[SystemName, ...] = ()
    """Systems that are to be collected again first: nothing of theirs is in the plan."""


class CopiesOrder(OnRequest):
    """Does the erasure of this plan wait for a copy?"""

    plan: str


class CopiesReport(Frozen):
    """The copies that are to be answered first, and the code of what is waited for; none where nothing is."""

    copies: tuple[RequestId, ...] = ()
    code: str | None = None


class EraseOrder(SystemOrder):
    """Carry out one system's part of exactly this plan."""

    digest: str
    handle: str | None = None


class EraseReport(Frozen):
    """How far the system is: ``done``, ``pending``, ``awaiting``, ``drifted``, or not begun: ``copy_first``."""

    system: SystemName
    state: str
    handle: str | None = None
    wait: float = 0.0
    """Seconds until to ask again, or until a callback is given up."""
    counts: dict[Fate, int] = Field(default_factory=dict)
    touched: bool = False
    """It is not carried on, and an attempt before this one did a part, or nobody can tell that it did not."""


class VetoReport(Frozen):
    """What stands in the way of an erasure in one system: how many objects for which reason."""

    system: SystemName
    reasons: dict[str, int] = Field(default_factory=dict)

    @property
    def code(self) -> str:
        """As a reason to wait."""
        return ":".join(["vetoed", *sorted(self.reasons)])[:80]


class ConfirmReport(Frozen):
    """The second look."""

    system: SystemName
    state: str
    """``clean``, ``pending``, ``awaiting`` or ``remains``."""
    kept: int = 0
    """Objects that stay, lawfully, as planned."""
    settled: bool = False
    """Pending for nothing but copies that the system drops by itself: whoever asked can be told what became of it."""
    handle: str | None = None
    wait: float = 0.0
    counts: dict[Fate, int] = Field(default_factory=dict)


class PackageOrder(Entering):
    """Build the package without these systems."""

    missing: tuple[SystemName, ...] = ()
    approvals: tuple[ActId, ...] = ()
    """The acts by which its release was approved; none where the policy asks for no review."""


class PackageReport(Frozen):
    """The package, written and read back."""

    artifact_id: str = ""
    sha256: str = ""
    size: int = 0
    files: int = 0
    changed: bool = False
    """Nothing was written: what is there now is not what was approved."""
    outdated: tuple[SystemName, ...] = ()
    """Systems that are to be collected again first: see `activities.pages.outdated`."""
    nothing: Outcome | None = None
    """Nothing was written, as nothing of what is held is given: how the request ends so."""


class LetterOrder(Entering):
    """One letter. The same order twice is one letter."""

    kind: str
    dedupe: str
    ground: str | None = None
    act_id: str | None = None
    """Whose sealed words go into the letter."""
    artifact_id: str | None = None
    missing: tuple[SystemName, ...] = ()
    system: SystemName | None = None
    code: str | None = None
    """A code of what staff must look at; PII-free."""
    correlation: str | None = None
    sealed: str | None = None
    """Name of the sealed document that holds the letter's own facts."""
    to: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_-]{0,60}$")
    """A recipient of the policy; unset for the person or staff, as the kind says."""


class AgainOrder(LetterOrder):
    """A letter that is written anew, every so often, while what it tells of goes on; ``dedupe`` says of what."""

    every: float = Field(gt=0)
    """Seconds from one to the next."""
    anywhere: bool = False
    """It tells of a system: such a letter about another request of the same controller is this one, too."""


class BounceOrder(OnRequest):
    """A letter that came back."""

    letter_id: str = Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    status: str | None = Field(default=None, pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")
    """The enhanced status code (RFC 3463)."""


class LetterReport(Frozen):
    """What became of it: ``sent``, or ``failed`` when the mail server refused it for good."""

    state: str
    notice: str | None = None
    """Of a letter to a processor that came back: the notice that it brought."""
    task: str | None = None
    """And the task that the notice is about."""


class CategoriesReport(Frozen):
    """The answer by category: how many are held, and the sealed document that lists them."""

    categories: int
    sealed: str
    outdated: tuple[SystemName, ...] = ()
    """Systems that are to be collected again first: see `activities.pages.outdated`."""


class AskOrder(OnRequest):
    """Something that the person is told or asked in words of staff, which the ledger has sealed under the act."""

    act_id: ActId | None = None
    """Unset where the clock acts by itself."""
    reply_by: date | None = None
    expected_on: date | None = None
    clock_waits: bool = False
    ground: str | None = None
    again: int = 0
    """A delay that the clock tells of since the day named before has passed: for the how manieth time."""


class DelayReport(Frozen):
    """The day that the person was told, as instants."""

    expected_at: AwareDatetime
    """Its end: when it passes without an answer, the person is told again."""
    warn_at: AwareDatetime | None = None
    """When staff are told that it comes near; None where it is near already."""


class RemedyOrder(OnRequest):
    """A decision on an appeal, a complaint or a grievance."""

    act_id: ActId
    granted: bool
    ground: str | None = None


class RemedyReport(Frozen):
    """What came of it: the request under which it is carried out now, if there is one."""

    sealed: str
    opened: RequestId | None = None


class ExtendOrder(OnRequest):
    """Extend the term on a ground the regime knows."""

    ground: str
    act_id: str | None = None


class PauseOrder(OnRequest):
    """Stop the clock, or let it run again."""

    act_id: ActId
    reason: PauseReason | None = None


class Waiting(OnRequest):
    """A system that the request waits for, and why (a code); no code once it no longer does."""

    system: SystemName
    phase: str
    code: str | None = None
    blocked_on: tuple[SystemName, ...] = ()
    """All systems that it waits for now."""
    correlation: str | None = None
    """Where the detail lies sealed."""
    left_out: bool = False
    """Staff, or the clock, decided to go on without it."""


class CloseOrder(OnRequest):
    """The end."""

    outcome: Outcome
    skipped: tuple[SystemName, ...] = ()


class Closed(Frozen):
    """What a request's workflow returns."""

    outcome: Outcome
    counts: dict[str, dict[str, int]] = Field(default_factory=dict)
    erasures: tuple[RequestId, ...] = Field(default=(), exclude_if=not_)
    """Erasures of the same person that waited for this copy."""


class NoticeBrief(Frozen):
    """One notice that is to be sent and acknowledged."""

    id: str
    kind: str
    """``recipient``, ``controller`` or ``processor``."""
    to: str | None
    """The policy's recipient, or the system; None for somebody whose address lies sealed."""
    sealed: str
    """The document with the letter's own facts."""
    remind_after: tuple[float, ...]
    """Seconds after it was sent."""
    escalate_after: float
    """Seconds after it was sent until staff are told."""


class InstructionBrief(NoticeBrief):
    """A notice that asks for more than an acknowledgement: a processor answers it, too."""

    answer_after: float
    """Seconds after it was sent until the answer is asked for once more."""


class NoticesReport(Frozen):
    """Who is written to."""

    notices: tuple[NoticeBrief, ...]
    not_told: int = 0
    """How many are not told, for the reason that the policy gives."""
    unsure: int = 0
    """Of how many it is not known whether they have the person's data, or by what: staff find out."""
    named: int = 0
    """How many the person is told of, of those who decide over the data."""
    not_sent: int = 0
    """Of how many records it is not known how to reach whoever decides over them."""
    occasion: str = ""
    """Of these notices; empty for the request's own end."""


class NoticeOrder(OnRequest):
    """One notice's next step."""

    notice: str
    sent: bool = True
    """Whether the mail server took the letter."""
    reminder: int = 0
