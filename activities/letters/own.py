"""What single letters know besides what all do: sealed by whoever causes the letter, laid over the common facts.

Personal things stay out of ``repr``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import Field

from activities.letters.parts import MissingSystem, PassedOn, WithheldGroup
from activities.letters.stays import Staying
from habeas.model import Frozen, RequestId, Right, SystemName

__all__ = [
    "Addressed",
    "BounceFacts",
    "CategoriesFacts",
    "ChangeFacts",
    "ChangedGroup",
    "Confirming",
    "ContestedFact",
    "DelayFacts",
    "EscalationFacts",
    "FeeFacts",
    "ForwardFacts",
    "ForwardedFacts",
    "HeldCategory",
    "LiftingFacts",
    "NewValue",
    "NotARightFacts",
    "PartialRefusal",
    "ProcessorFacts",
    "QuestionFacts",
    "RecipientFacts",
    "RemedyDecision",
    "Shown",
    "TaskFacts",
]


class Addressed(Frozen):
    """Facts that bring the address their letter goes to."""

    to: str | None = Field(default=None, repr=False)
    """Unset: where letters of the kind go anyway."""


class QuestionFacts(Frozen):
    """Staff ask the person something."""

    text: str = Field(min_length=1, repr=False)
    reply_by: date | None = None
    clock_waits: bool = False
    """The term does not run while we wait."""
    term_over: bool = False
    """It has ended: it neither runs nor waits."""


class Confirming(Frozen):
    """That the person confirms a fee in so many days, and when the term begins then."""

    days: int
    by: date
    """Their last day."""
    starts_on: date | None = None
    due_on: date | None = None
    """The term's beginning and end, where it begins after these days."""


class FeeFacts(Frozen):
    """A fee, before anything is done."""

    amount: str = Field(min_length=1, max_length=80)
    """With its currency, as it is to be read: ``30 CAD``."""
    why: str = Field(min_length=1, repr=False)
    how_to_pay: str | None = Field(default=None, repr=False)
    clock_waits: bool = False
    term_over: bool = False
    confirming: Confirming | None = None
    """Where the law gives some days to confirm, and takes silence for a withdrawal."""
    provision: str | None = None
    """Where the law allows it."""


Waits = Literal["systems", "by_hand", "proof", "word", "answer", "review", "work"]
"""What an answer waits for: systems, what is erased by hand, the proof of who asks, staff's own word on it where the
person proved it, the person's own answer, a member of staff, or that it is carried out."""


class DelayFacts(Frozen):
    """It takes longer than promised: why, and when the answer will be there."""

    why: str | None = Field(default=None, min_length=1, repr=False)
    """In words of staff; None where the clock tells of it, and says what is known."""
    known: Waits = "work"
    """What the answer waits for, where staff said nothing."""
    systems: tuple[str, ...] = ()
    """Those that are waited for, as people call them."""
    expected_on: date
    day: Literal["expected", "by_law", "again"] = "expected"
    """What ``expected_on`` is: the day that staff named, the law's last day, or the day by which more is told."""
    again: bool = False
    """A day that was named before has passed."""
    promised: bool = True
    """False: nothing was promised beyond the law, and its term is over."""


class ChangedGroup(Frozen):
    """Something that was changed in one system."""

    system: str
    category: str
    what: str | None = Field(default=None, repr=False)
    """Which field, where one is meant, as a person reads it."""
    count: int = Field(ge=1)


class ContestedFact(Frozen):
    """A correction that was not made, and why."""

    what: str = Field(repr=False)
    why: str | None = Field(default=None, repr=False)


class NewValue(Frozen):
    """A value that was corrected."""

    what: str = Field(repr=False)
    old: str | None = Field(default=None, repr=False)
    new: str = Field(repr=False)


class ChangeFacts(PassedOn):
    """What was corrected, limited or stopped, and what was not."""

    done: tuple[ChangedGroup, ...] = ()
    contested: tuple[ContestedFact, ...] = ()
    purposes: tuple[str, ...] = ()
    """Titles of what was stopped, in the person's language."""
    by_hand: tuple[MissingSystem, ...] = ()
    """Systems where somebody did it by hand."""
    missing: tuple[MissingSystem, ...] = ()
    """Where it is not done yet."""
    unsure: bool = False
    """Of something nobody knows whether it was changed."""
    left: tuple[WithheldGroup, ...] = ()
    """What was left alone, and why: a legal hold, or somebody else decides over it."""
    restricted: tuple[str, ...] = ()
    """Titles of categories that were left alone because their use is restricted."""
    despite_restriction: bool = False
    """Restricted data was corrected, as the person themself asked, or marked as no longer used for something."""
    restriction: str | None = None
    """The provision on what may be done with restricted data: ``GDPR 18(2)``."""
    unmatched: tuple[str, ...] = Field(default=(), repr=False)
    """Corrections for which no such value was found."""
    corrected: tuple[NewValue, ...] = Field(default=(), repr=False)
    """What was changed from what to what."""
    not_found: tuple[NewValue, ...] = Field(default=(), repr=False)
    """The corrections of ``unmatched``, as they were asked for."""
    weighing: tuple[str, ...] = ()
    """Titles of what the person objects to as well and a human still weighs."""


class PartialRefusal(Staying):
    """Which parts are refused or kept, each with its reason."""

    nothing_goes: bool = False
    """An erasure of which nothing is left to do."""


class NotARightFacts(Frozen):
    """Which rights the person does have here."""

    offered: tuple[Right, ...] = ()


class HeldCategory(Frozen):
    """One category of personal data: where from, what for, who gets it (Cal. Civ. Code 1798.110(c))."""

    title: str
    statutory: str | None = None
    """As the statute names it."""
    sources: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    disclosed_to: tuple[str, ...] = ()
    """Those who get it to work for us, by category or name."""
    disclosed_others: tuple[str, ...] = ()
    """Those who get it for purposes of their own, and do not buy it."""
    disclosed_authorities: tuple[str, ...] = ()
    sold: bool = False
    """Sold; or shared for cross-context advertising, where nothing tells the two apart."""
    sold_to: tuple[str, ...] = ()
    """Those who buy it, or whom it is shared with."""
    shared: bool = False
    """Not sold, and shared for cross-context advertising, or what may count as that."""


class CategoriesFacts(Frozen):
    """The answer by category: no piece of data."""

    held: tuple[HeldCategory, ...] = ()
    look_back_months: int | None = Field(default=None, ge=1)
    """The answer covers data collected within so many months; None for all that is held."""


class Shown(Frozen):
    """By what a recipient knows whom it is about."""

    kind: str
    value: str = Field(repr=False)


Did = Literal["rectified", "erased", "restricted", "lifted", "objected", "withdrawn", "opted_out", "limited"]
"""What was done, or what the person has said."""
DID: Mapping[Right, Did] = {
    Right.RECTIFICATION: "rectified",
    Right.ERASURE: "erased",
    Right.RESTRICTION: "restricted",
    Right.OBJECTION: "objected",
    Right.WITHDRAW_CONSENT: "withdrawn",
    Right.OPT_OUT_SALE: "opted_out",
    Right.LIMIT_SENSITIVE: "limited",
}
"""By the right that was carried out."""


class RecipientFacts(Addressed):
    """What a recipient of the data must do as well."""

    recipient: str
    """Its name."""
    did: Did
    source: bool = False
    """It gave us the data, and got none."""
    purposes: tuple[str, ...] = ()
    """Titles of what the data is no longer to be used for, in the letter's language."""
    subject_name: str | None = Field(default=None, repr=False)
    identifiers: tuple[Shown, ...] = Field(default=(), repr=False)
    categories: tuple[str, ...] = ()
    """Titles of the categories it was given, in the letter's language."""
    corrections: tuple[NewValue, ...] = Field(default=(), repr=False)
    acknowledge_url: str = Field(repr=False)
    by: date
    provision: str | None = None
    """The duty to tell: ``GDPR Article 19``."""


class ForwardFacts(Addressed):
    """A request about data that somebody else decides about, sent on to them: nothing that their own records lack."""

    subject_name: str | None = Field(default=None, repr=False)
    identifiers: tuple[Shown, ...] = Field(default=(), repr=False)
    records: tuple[Shown, ...] = Field(default=(), repr=False)
    """Which of their records it is about, as we keep them."""
    proven: bool = True
    """Whether who asks has shown that they are the person."""
    more: bool = False
    """The person said more, which may be about what is not theirs."""
    asked: str | None = Field(default=None, repr=False)
    """What the person asked in particular."""
    corrections: tuple[NewValue, ...] = Field(default=(), repr=False)
    """Rectification: what the person says is right."""
    evidence: tuple[str, ...] = Field(default=(), repr=False)
    """What the person shows for it."""
    purposes: tuple[str, ...] = ()
    """Titles of what the data is no longer to be used for."""
    situation: str | None = Field(default=None, repr=False)
    """The particular situation, or why it is to be restricted, in the person's words."""
    systems: tuple[str, ...] = ()
    """Titles of the systems where we keep that data for them."""
    reference: str | None = None
    """What the letter is called in place of the request, which other letters to the same address name."""
    acknowledge_url: str = Field(repr=False)
    by: date


class ForwardedFacts(Frozen):
    """To whom the request was sent on."""

    who: tuple[str, ...] = ()
    in_part: bool = False
    """For some of the data nobody could be written to."""


class LiftingFacts(Frozen):
    """When a restriction ends, told before it does (GDPR 18(3))."""

    lifts_on: date
    erased_then: bool = False
    """A closed erasure kept the data only as long as it is restricted."""
    erasure_open: bool = False
    """An erasure that is still open is about it."""
    still: Literal["all", "part"] | None = None
    """How much of it another request restricts, too, so that nothing changes for that."""
    why: str | None = Field(default=None, repr=False)


class RemedyDecision(Frozen):
    """What was decided on an appeal, a complaint or a grievance."""

    granted: bool
    in_part: bool = False
    """Granted, but not in everything; ``why`` says in what."""
    why: str | None = Field(default=None, repr=False)
    about: RequestId | None = None
    """The request that it was about."""
    other_person: bool = False
    """It names a request that is not shown to be the same person's: nothing of that one is told."""
    new_request: RequestId | None = None
    """Under which it is carried out now."""


class TaskFacts(Addressed):
    """Something for a human to do by hand. PII-free."""

    task: str
    system: SystemName | None = None
    title: str
    """The system's name for people."""
    phase: str
    """``find``, ``erase``, ``rectify``, ``restrict``, ``stop``."""
    due_on: date | None = None
    outside: bool = False
    """A processor is instructed to do it, and has not answered."""
    left_out: bool = False
    """The request goes on without it: nothing can be said of the task any more."""
    ended: bool = False
    """The request is closed: what it had kept may be kept no longer."""


class ProcessorFacts(Frozen):
    """What a processor is to do. PII-free: whom it is about is shown behind the link, and nowhere in the mail."""

    language: str
    """The processor's."""
    processor: str
    """Its name."""
    phase: str
    """As of `TaskFacts`."""
    by: date
    link_until: date
    """The last day on which the link is good."""
    provision: str | None = None
    """The law by which it acts on instructions."""
    answer_url: str = Field(repr=False)


class EscalationFacts(Addressed):
    """A recipient, a processor, or whoever controls the data, does not acknowledge. PII-free."""

    who: str
    """The recipient's name; ``somebody else`` where the name would tell about the person."""
    asked_on: date
    reminders: int = Field(default=0, ge=0)
    task: str | None = None
    """What a processor was instructed to do."""
    undelivered: bool = False
    """Its letter did not arrive."""


class BounceFacts(Frozen):
    """A letter did not arrive. PII-free."""

    letter: str
    """Its kind."""
    role: Literal["subject", "staff", "recipient", "controller", "processor"] = "subject"
    status: str | None = Field(default=None, pattern=r"^[245]\.\d{1,3}\.\d{1,3}$")
    """The enhanced status code (RFC 3463), where the report has one."""
    refused: bool = False
    """The mail server refused it at once."""
