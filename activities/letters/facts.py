"""What each letter needs to know. Frozen; whatever tells about the person stays out of ``repr``."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field, SecretStr

from habeas.model import Frozen, RequestId, Right, SystemName

__all__ = [
    "Acknowledgement",
    "Attention",
    "Authority",
    "CodeLetter",
    "CodeReminder",
    "CompletionAccess",
    "CompletionErasure",
    "Controller",
    "ErasedGroup",
    "Extension",
    "Ground",
    "KeptGroup",
    "Kind",
    "LetterFacts",
    "MissingSystem",
    "NothingFound",
    "Refusal",
    "StaffAlarm",
    "StaffAttention",
    "StaffReminder",
    "Unverified",
    "Withdrawal",
    "WithheldGroup",
]


class Kind(StrEnum):
    """The letters there are. Those to staff begin with ``staff_``."""

    ACKNOWLEDGEMENT = "acknowledgement"
    CODE = "code"
    CODE_REMINDER = "code_reminder"
    EXTENSION = "extension"
    COMPLETION_ACCESS = "completion_access"
    COMPLETION_ERASURE = "completion_erasure"
    NOTHING_FOUND = "nothing_found"
    REFUSAL = "refusal"
    WITHDRAWAL = "withdrawal"
    UNVERIFIED = "unverified"
    STAFF_REMINDER = "staff_reminder"
    STAFF_ALARM = "staff_alarm"
    STAFF_ATTENTION = "staff_attention"

    @property
    def to_staff(self) -> bool:
        """Goes to the controller's people, not to the person."""
        return self.value.startswith("staff_")


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


class Ground(Frozen):
    """A reason for refusing or for more time: a code that the catalogues know, a staff member's words, or both."""

    code: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    explanation: str | None = Field(default=None, min_length=1, repr=False)
    provision: str | None = None
    """Where the law says so: ``GDPR Article 17(3)(b)``."""


class MissingSystem(Frozen):
    """A system that could not answer in time, and why as a person may read it."""

    title: str
    reason: str | None = None


class LetterFacts(Frozen):
    """What every letter needs."""

    kind: ClassVar[Kind]

    request_id: RequestId
    controller: Controller
    right: Right
    regime: str
    jurisdiction: str
    received_on: date
    today: date
    timezone: str = "UTC"
    """IANA name; times of day are told in it."""
    person_name: str | None = Field(default=None, repr=False)
    status_url: str | None = Field(default=None, repr=False)
    """Where the person follows the request."""
    authority: Authority | None = None
    appeal: str | None = None
    """How to appeal to the controller, where the law gives that (US states, Korea): an address or a link."""
    complain_within: str | None = None
    """Time limit of the remedies in words, where the law wants it told (Québec, South Africa): ``30 days``."""


class Acknowledgement(LetterFacts):
    """We have your request; this is what happens next."""

    kind = Kind.ACKNOWLEDGEMENT
    due_on: date | None = None
    """When the law wants an answer; None where it names no date."""
    identity: Literal["code", "attested", "none"] = "code"
    """How we make sure of the person: a code to the address on record, staff already have, or no need."""


class CodeLetter(LetterFacts):
    """A one-time code, why we ask, and what it is for."""

    kind = Kind.CODE
    code: SecretStr
    expires_at: AwareDatetime
    confirm_url: str | None = Field(default=None, repr=False)
    clock_waits: bool = True
    """The term does not run while we wait (GDPR 12(6), UK GDPR 12A); false where it does (CCPA)."""


class CodeReminder(CodeLetter):
    """The code is still waiting; otherwise the request ends."""

    kind = Kind.CODE_REMINDER
    closes_on: date


class Extension(LetterFacts):
    """We need more time: why, and until when."""

    kind = Kind.EXTENSION
    due_on: date
    new_due_on: date
    grounds: tuple[Ground, ...] = Field(min_length=1)
    provision: str | None = None


class WithheldGroup(Frozen):
    """Something left out of a copy, and why."""

    what: str
    reason: str


class CompletionAccess(LetterFacts):
    """Your data is ready (access and portability)."""

    kind = Kind.COMPLETION_ACCESS
    link_url: str = Field(repr=False)
    link_expires_at: AwareDatetime
    records: int = Field(ge=0)
    systems: tuple[str, ...] = ()
    """Titles of the systems with data in the package."""
    withheld: tuple[WithheldGroup, ...] = ()
    missing: tuple[MissingSystem, ...] = ()


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


class CompletionErasure(LetterFacts):
    """What was erased, what is kept and why (erasure)."""

    kind = Kind.COMPLETION_ERASURE
    erased: tuple[ErasedGroup, ...] = ()
    anonymised: tuple[ErasedGroup, ...] = ()
    kept: tuple[KeptGroup, ...] = ()
    missing: tuple[MissingSystem, ...] = ()
    """Systems where it is not done yet, or objects that could not be erased."""
    recipients_told: tuple[str, ...] | None = None
    """Those the data had been given to and who were told of the erasure (GDPR 19); None: not known, not said."""
    record_kept_until: date | None = None
    """How long the record of this request itself is kept."""


class NothingFound(LetterFacts):
    """We looked everywhere and found nothing."""

    kind = Kind.NOTHING_FOUND
    systems: tuple[str, ...] = ()
    """Titles of the systems that were searched."""
    searched_by: tuple[str, ...] = ()
    """Kinds of identifiers, never their values."""
    missing: tuple[MissingSystem, ...] = ()


class Refusal(LetterFacts):
    """We do not do what was asked, or not all of it: reasons and remedies."""

    kind = Kind.REFUSAL
    grounds: tuple[Ground, ...] = Field(min_length=1)
    in_part: bool = False
    done: tuple[ErasedGroup, ...] = ()
    """What was erased all the same."""


class Withdrawal(LetterFacts):
    """The person took the request back."""

    kind = Kind.WITHDRAWAL
    done: tuple[ErasedGroup, ...] = ()
    """What had been erased before."""


class Unverified(LetterFacts):
    """We could not be sure of the person, so nothing was disclosed or changed."""

    kind = Kind.UNVERIFIED


class _StaffFacts(LetterFacts):
    """What letters to staff have besides. PII-free: they are read in shared mailboxes."""

    kind: ClassVar[Kind]
    desk_url: str | None = None
    stage: str
    blocked_on: tuple[SystemName, ...] = ()


class StaffReminder(_StaffFacts):
    """The term ends soon."""

    kind = Kind.STAFF_REMINDER
    due_on: date


class StaffAlarm(_StaffFacts):
    """The term has ended and the request is not answered."""

    kind = Kind.STAFF_ALARM
    due_on: date


class Attention(StrEnum):
    """What a human must look at."""

    AMBIGUOUS_MATCH = "ambiguous_match"
    BLOCKED_SYSTEM = "blocked_system"
    REVIEW = "review"
    DRIFTED = "drifted"
    CAME_BACK = "came_back"
    NO_ADDRESS = "no_address"


class StaffAttention(_StaffFacts):
    """A human must decide before the request goes on."""

    kind = Kind.STAFF_ATTENTION
    about: Attention
    system: SystemName | None = None
    correlation: str | None = None
    """Under which the sealed detail is found."""
