"""What letters are made from: their kinds, and the parts that several of them share."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from habeas.model import Frozen, RequestId, Right
from habeas.particulars import Scope
from habeas.staying import Because

__all__ = [
    "Attention",
    "Authority",
    "Controller",
    "ErasedGroup",
    "Ground",
    "KeptGroup",
    "Kind",
    "LetterFacts",
    "MissingSystem",
    "OtherPart",
    "Reader",
    "WithheldGroup",
    "by_law_only",
]

Reader = Literal["subject", "staff", "recipient", "controller", "processor"]
"""The person; our controller's people; somebody the data was given to; somebody else who controls the data; somebody
who processes it for our controller."""


class Kind(StrEnum):
    """The letters there are. The first word says to whom (``staff_``, ``recipient_``, ``forward_``, ``processor_``)."""

    ACKNOWLEDGEMENT = "acknowledgement"
    CODE = "code"
    CODE_REMINDER = "code_reminder"
    VISIT_CODE = "visit_code"
    EXTENSION = "extension"
    COMPLETION_ACCESS = "completion_access"
    COMPLETION_ERASURE = "completion_erasure"
    KEPT_ENDED = "kept_ended"
    NOTHING_FOUND = "nothing_found"
    REFUSAL = "refusal"
    WITHDRAWAL = "withdrawal"
    UNVERIFIED = "unverified"
    QUESTION = "question"
    FEE = "fee"
    DELAY = "delay"
    PARTIAL_REFUSAL = "partial_refusal"
    NOT_A_RIGHT = "not_a_right"
    CATEGORIES = "categories"
    COMPLETION_CHANGE = "completion_change"
    RESTRICTION_LIFTING = "restriction_lifting"
    FORWARDED = "forwarded"
    REMEDY_DECISION = "remedy_decision"
    RECIPIENT_NOTICE = "recipient_notice"
    RECIPIENT_REMINDER = "recipient_reminder"
    FORWARD_NOTICE = "forward_notice"
    FORWARD_REMINDER = "forward_reminder"
    PROCESSOR_NOTICE = "processor_notice"
    PROCESSOR_REMINDER = "processor_reminder"
    STAFF_REMINDER = "staff_reminder"
    STAFF_ALARM = "staff_alarm"
    STAFF_ATTENTION = "staff_attention"
    STAFF_TASK = "staff_task"
    STAFF_TASK_REMINDER = "staff_task_reminder"
    STAFF_ESCALATION = "staff_escalation"
    STAFF_BOUNCE = "staff_bounce"

    @property
    def to_staff(self) -> bool:
        """Goes to the controller's people, not to the person."""
        return self.value.startswith("staff_")

    @property
    def reader(self) -> Reader:
        """Who reads it; nobody is told more than this reader needs."""
        if self.to_staff:
            return "staff"
        outward: tuple[Reader, ...] = ("recipient", "processor")
        for reader in outward:
            if self.value.startswith(f"{reader}_"):
                return reader
        return "controller" if self.value.startswith("forward_") else "subject"


class Controller(Frozen):
    """Who answers for the data, and how to reach them about it."""

    name: str = Field(min_length=1, max_length=200)
    contact: str = Field(min_length=3, max_length=320)
    """An e-mail address or whatever the controller's policy names; shown as it is."""
    address: str | None = None
    """Postal; lines as they are printed."""


class Authority(Frozen):
    """The authority that takes complaints."""

    name: str = Field(min_length=2)
    url: str | None = Field(default=None, pattern=r"^https?://")
    contact: str | None = None


class LawBeside(Frozen):
    """The law of the controller's establishment, where it binds beside the one that a request is answered under."""

    regime: str
    place: str
    authorities: tuple[Authority, ...]
    """Those that the request's own law does not name, the nearest first."""


class Ground(Frozen):
    """A reason for refusing or for more time: a code that the catalogues know, a staff member's words, or both."""

    code: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    explanation: str | None = Field(default=None, min_length=1, repr=False)
    provision: str | None = None
    """Where the law says so: ``GDPR Article 17(3)(b)``."""
    controller: str | None = Field(default=None, repr=False)
    """Who decides about the data, where that is the ground and staff could tell."""


class MissingSystem(Frozen):
    """A system that could not answer in time, and why as a person may read it."""

    title: str
    reason: str | None = None


class WithheldGroup(Frozen):
    """Something left out of a copy, and why."""

    what: str
    reason: str


class PassedOn(Frozen):
    """Who else is told of what was done (GDPR 19; P-39.1 s.35; 11 CCR 7022, 7026, 7027)."""

    recipients_told: tuple[str, ...] | None = None
    """Those who had the data and are told; empty: nobody had it; None: nothing is said of it."""
    recipients_not_told: tuple[WithheldGroup, ...] = ()
    """Those who had the data and are not told, and why."""
    sources_told: tuple[str, ...] = ()
    """Those it came from, who are told too."""
    recipients_before: tuple[str, ...] = ()
    """Those who had it only before the law's time, and are not told."""
    recipients_since: date | None = None
    """The first day of that time."""


class ErasedGroup(Frozen):
    """So many objects of a category in a system are gone, or no longer tell who they are about."""

    system: str
    category: str
    """The policy's code, or its title in the letter's language."""
    count: int = Field(ge=1)


class KeptGroup(Frozen):
    """So many objects of a category in a system are kept: by which law, until when."""

    system: str
    category: str
    count: int = Field(ge=1)
    law: str
    until: date | None = None
    """The last day they are kept (the latest of the group); None where it is not known yet."""
    reason: Because | None = None
    """Why, where it is not a law's term: refused, needed in a pending matter, restricted."""


class BinnedGroup(Frozen):
    """What was erased in a system lies in its recycle bin."""

    system: str
    until: date | None = None
    """The day on which the last of it leaves there; None where the system does not say."""


def by_law_only(kept: Iterable[KeptGroup], refused: Sized) -> bool:
    """Whether something stays, and all of it by a law's term."""
    groups = tuple(kept)
    return bool(groups) and not refused and all(one.reason is None for one in groups)


class OtherPart(Frozen):
    """The other request that one objection became."""

    request_id: RequestId
    about: tuple[str, ...]
    """Titles of what it is about."""


class LetterFacts(Frozen):
    """What every letter needs."""

    kind: ClassVar[Kind]

    request_id: RequestId
    controller: Controller
    right: Right
    regime: str
    jurisdiction: str
    received_on: date
    scope: Scope = Scope.COPY
    """How much of an access was asked for."""
    only: tuple[str, ...] = ()
    """Titles of the categories of data that the request is about, where it is not about all."""
    beside: OtherPart | None = None
    """Objection: what of it goes under a reference of its own."""
    language_asked: str | None = None
    """In the first letter: one of our languages (BCP 47), asked for, and none that the controller writes."""
    today: date
    timezone: str = "UTC"
    """IANA name; times of day are told in it."""
    person_name: str | None = Field(default=None, repr=False)
    status_url: str | None = Field(default=None, repr=False)
    """Where the person follows the request."""
    authorities: tuple[Authority, ...] = ()
    """Whom the person may complain to, the nearest first."""
    law_beside: LawBeside | None = None
    """Whom they may complain to by another law that binds too."""
    appeal: str | None = None
    """How to appeal to the controller, where the law gives that (US states, Korea): an address or a link."""
    appeal_within_days: int | None = Field(default=None, ge=1)
    """Within how many days an appeal is decided."""
    complain_within: str | None = None
    """Time limit of the remedies, where the law wants it told (Québec, South Africa): a code of `law.remedies`."""
    record_kept_until: date | None = None
    """How long the record of this request itself is kept."""
    offers: tuple[Right, ...] = ()
    """Further rights that the person is asked about where this one is denied (11 CCR 7022(g))."""

    @property
    def quoted(self) -> str:
        """The reference by which the letter names what it is about."""
        return self.request_id

    @property
    def denies(self) -> bool:
        """Whether it tells that something of what was asked is not done."""
        return False

    @property
    def refuses(self) -> bool:
        """Whether something of what was asked is not there, for whatever reason: then the law's remedies are open."""
        return self.denies

    @property
    def withholds(self) -> bool:
        """Whether it does so for a reason that lies in the data, and not in the request."""
        return self.denies

    @property
    def kept_by_law_only(self) -> bool:
        """Whether all that stays is kept by a law, of which the letter says that it has no other use."""
        return False


class Attention(StrEnum):
    """What a human must look at."""

    AMBIGUOUS_MATCH = "ambiguous_match"
    BLOCKED_SYSTEM = "blocked_system"
    REVIEW = "review"
    DRIFTED = "drifted"
    CAME_BACK = "came_back"
    NO_ADDRESS = "no_address"
    ATTEST = "attest"
    DELAY_SOON = "delay_soon"
    EXPECTED_SOON = "expected_soon"
    EXPECTED_PASSED = "expected_passed"
    LIFT_BY_HAND = "lift_by_hand"
    LIFT_NOT_TOLD = "lift_not_told"
    KEPT_STOPPED = "kept_stopped"
    CLOCK_PAUSED = "clock_paused"
    UNCONFIRMED = "unconfirmed"
    OTHER_PERSON = "other_person"
    LEFT_OUT = "left_out"
    PERSON_WROTE = "person_wrote"
    RECIPIENTS_UNSURE = "recipients_unsure"
    NOT_SENT_ON = "not_sent_on"
