"""What each letter needs to know. Frozen; whatever tells about the person stays out of ``repr``."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field, SecretStr

from activities.letters.parts import (
    Attention,
    BinnedGroup,
    ErasedGroup,
    Ground,
    Kind,
    LetterFacts,
    MissingSystem,
    PassedOn,
    WithheldGroup,
    by_law_only,
)
from activities.letters.stays import RefusedPart, Staying
from habeas.law.provisions import OF_THE_REQUEST
from habeas.model import Right, SystemName
from habeas.staying import Because

__all__ = [
    "Acknowledgement",
    "CodeLetter",
    "CodeReminder",
    "CompletionAccess",
    "CompletionErasure",
    "Extension",
    "KeptEnded",
    "NothingFound",
    "Refusal",
    "StaffAlarm",
    "StaffAttention",
    "StaffFacts",
    "StaffReminder",
    "Unverified",
    "VisitCodeLetter",
    "Withdrawal",
]


class Acknowledgement(LetterFacts):
    """We have your request; this is what happens next."""

    kind = Kind.ACKNOWLEDGEMENT
    due_on: date | None = None
    """When the law wants an answer; None where it names no date."""
    promise: Literal["hard", "efforts"] | None = None
    """How firmly ``due_on`` was promised, where it is the controller's word and not the law's last day."""
    law_due_on: date | None = None
    """The law's last day beside a promise."""
    identity: Literal["code", "ask", "both", "attested", "none"] = "code"
    """How we make sure of the person: a code to the address on record, staff will, both one after the other, staff
    already have, or no need."""
    law_of_establishment: bool = False
    """The law where the person lives does not give the right; that of our establishment does, and is answered under."""
    called: Right | None = None
    """What the person called it, where it is carried out as another right."""
    correction_consents: str | None = None
    """By which provision asking for a correction is agreeing to it in data that is restricted at the person's wish."""


class CodeLetter(LetterFacts):
    """A one-time code, why we ask, and what it is for."""

    kind = Kind.CODE
    code: SecretStr
    expires_at: AwareDatetime
    confirm_url: str | None = Field(default=None, repr=False)
    second_proof: bool = False
    """The code alone does not do: staff's word is needed, too, and not given yet."""
    clock_waits: bool = True
    """The term does not run while we wait (GDPR 12(6), UK GDPR 12A); false where it does (CCPA)."""
    term_over: bool = False
    """It has ended: it neither runs nor waits."""


class CodeReminder(CodeLetter):
    """The code is still waiting; otherwise the request ends."""

    kind = Kind.CODE_REMINDER
    closes_on: date


class VisitCodeLetter(LetterFacts):
    """A one-time code for the person's own page or their package; they asked for it there, and have the page open."""

    kind = Kind.VISIT_CODE
    code: SecretStr
    expires_at: AwareDatetime


class Extension(LetterFacts):
    """We need more time: why, and until when."""

    kind = Kind.EXTENSION
    due_on: date
    new_due_on: date
    grounds: tuple[Ground, ...] = Field(min_length=1)
    provision: str | None = None
    promised_on: date | None = None
    """The day that was promised in any case, and stands whatever the law allows."""


class CompletionAccess(LetterFacts):
    """Your data is ready (access and portability), or nothing of it is given, and why."""

    kind = Kind.COMPLETION_ACCESS
    link_url: str | None = Field(default=None, repr=False)
    """Where the package is; None where there is none, as nothing is given."""
    link_expires_at: AwareDatetime | None = None
    records: int = Field(ge=0)
    systems: tuple[str, ...] = ()
    """Titles of the systems with data in the package."""
    withheld: tuple[WithheldGroup, ...] = ()
    missing: tuple[MissingSystem, ...] = ()
    refused: tuple[RefusedPart, ...] = ()
    """Categories that the right reaches and that were refused all the same."""

    @property
    def denies(self) -> bool:
        """See `LetterFacts`."""
        return bool(self.refused)

    @property
    def refuses(self) -> bool:
        """See `LetterFacts`."""
        return bool(self.refused or self.withheld or self.missing)


class CompletionErasure(PassedOn, Staying, LetterFacts):
    """What was erased, what is kept and why (erasure)."""

    kind = Kind.COMPLETION_ERASURE
    erased: tuple[ErasedGroup, ...] = ()
    anonymised: tuple[ErasedGroup, ...] = ()
    binned: tuple[BinnedGroup, ...] = ()
    """Of what was erased: what its system keeps in a recycle bin, which it empties by itself."""
    missing: tuple[MissingSystem, ...] = ()
    """Systems where it is not done yet, or objects that could not be erased."""
    unsure: bool = False
    """Of some objects nobody knows whether they are gone."""

    @property
    def did(self) -> bool:
        """Whether anything was erased or made anonymous."""
        return bool(self.erased or self.anonymised)

    @property
    def refused_still(self) -> tuple[RefusedPart, ...]:
        """What was refused, without categories of which everything was gone or anonymous by then."""
        kept, gone = self.kept_refused, {one.category for one in (*self.erased, *self.anonymised)}
        return tuple(one for one in self.refused if kept[one.what] or one.what not in gone)

    @property
    def denies(self) -> bool:
        """See `LetterFacts`; what others decide about, or nobody asked for, is no denial."""
        return bool(self.refused_still) or any(one.reason is not Because.NOT_ASKED for one in self.kept)

    @property
    def refuses(self) -> bool:
        """See `LetterFacts`."""
        return self.denies or bool(self.missing)

    @property
    def kept_by_law_only(self) -> bool:
        """See `LetterFacts`."""
        return by_law_only(self.kept, self.refused_still)


class KeptEnded(PassedOn, Staying, LetterFacts):
    """What an erasure had kept is gone now, and what still stays."""

    kind = Kind.KEPT_ENDED
    told_on: date
    """When the person was told why it is kept."""
    erased: tuple[ErasedGroup, ...] = ()
    anonymised: tuple[ErasedGroup, ...] = ()
    missing: tuple[MissingSystem, ...] = ()
    """Systems where something is still to go whose time has come, too."""


class NothingFound(LetterFacts):
    """We looked everywhere and found nothing."""

    kind = Kind.NOTHING_FOUND
    systems: tuple[str, ...] = ()
    """Titles of the systems that were searched."""
    searched_by: tuple[str, ...] = ()
    """Kinds of identifiers, never their values."""
    missing: tuple[MissingSystem, ...] = ()

    @property
    def refuses(self) -> bool:
        """See `LetterFacts`."""
        return True


class Refusal(LetterFacts):
    """We do not do what was asked, or not all of it: reasons and remedies."""

    kind = Kind.REFUSAL
    grounds: tuple[Ground, ...] = Field(min_length=1)
    in_part: bool = False
    done: tuple[ErasedGroup, ...] = ()
    """What was erased all the same."""
    purposes: tuple[str, ...] = ()
    """Titles of what the person objects to and we go on with."""
    stopped: tuple[str, ...] = ()
    """Titles of what was stopped before, and stays so."""

    @property
    def denies(self) -> bool:
        """See `LetterFacts`."""
        return True

    @property
    def withholds(self) -> bool:
        """See `LetterFacts`."""
        return any(one.code not in OF_THE_REQUEST for one in self.grounds)


class Withdrawal(LetterFacts):
    """The person took the request back, or it counts as taken back."""

    kind = Kind.WITHDRAWAL
    unconfirmed_by: date | None = None
    """The day by which a fee was to be confirmed, and was not: the request counts as withdrawn."""
    done: tuple[ErasedGroup, ...] = ()
    """What had been erased before."""


class Unverified(LetterFacts):
    """We could not be sure of the person, so nothing was disclosed or changed."""

    kind = Kind.UNVERIFIED
    code_given: bool = False
    """The code was right; it was staff's word that was missing, where both are asked for."""
    code_sent: bool = True
    """False where no code ever went out: nobody had an address on record to send one to, or staff were to attest."""

    @property
    def denies(self) -> bool:
        """See `LetterFacts`."""
        return True

    @property
    def withholds(self) -> bool:
        """See `LetterFacts`."""
        return False


class StaffFacts(LetterFacts):
    """What letters to staff have besides. PII-free: they are read in shared mailboxes."""

    kind: ClassVar[Kind]
    desk_url: str | None = None
    stage: str
    blocked_on: tuple[SystemName, ...] = ()


class StaffReminder(StaffFacts):
    """The term ends soon."""

    kind = Kind.STAFF_REMINDER
    due_on: date
    planned_on: date | None = None
    """The last working day before, where nobody works on the last day."""
    promised: bool = False
    """It is the controller's promise that ends on that day, before the law's term does."""
    target: bool = False
    """Nothing is due: staff aim to answer by that day."""


class StaffAlarm(StaffFacts):
    """The term has ended and the request is not answered."""

    kind = Kind.STAFF_ALARM
    due_on: date
    promised: bool = False
    """It is the controller's promise that is broken; the law's term ends later."""
    target: bool = False
    """Nothing was due: staff aimed to answer by that day."""


class StaffAttention(StaffFacts):
    """A human must decide before the request goes on."""

    kind = Kind.STAFF_ATTENTION
    about: Attention
    system: SystemName | None = None
    correlation: str | None = None
    """Under which the sealed detail is found."""
    people: int = 1
    """How many different people must approve an erasure; 1 for all else."""
