"""Letters with facts of their own: the common facts, and a sealed document of the kind's own model laid over them."""

from __future__ import annotations

from collections.abc import Mapping

from activities.letters.facts import StaffFacts
from activities.letters.own import (
    BounceFacts,
    CategoriesFacts,
    ChangeFacts,
    DelayFacts,
    EscalationFacts,
    FeeFacts,
    ForwardedFacts,
    ForwardFacts,
    LiftingFacts,
    NotARightFacts,
    PartialRefusal,
    ProcessorFacts,
    QuestionFacts,
    RecipientFacts,
    RemedyDecision,
    TaskFacts,
)
from activities.letters.parts import Kind, LetterFacts, by_law_only
from habeas.model import Frozen

__all__ = [
    "SEALED",
    "CategoriesLetter",
    "CompletionChange",
    "DelayLetter",
    "FeeLetter",
    "ForwardLetter",
    "ForwardReminder",
    "Forwarded",
    "NotARight",
    "PartialRefusalLetter",
    "ProcessorNotice",
    "ProcessorReminder",
    "QuestionLetter",
    "RecipientNotice",
    "RecipientReminder",
    "RemedyDecisionLetter",
    "RestrictionLifting",
    "StaffBounce",
    "StaffEscalation",
    "StaffTask",
    "StaffTaskReminder",
]


class QuestionLetter(QuestionFacts, LetterFacts):
    """We need to know something before we can go on."""

    kind = Kind.QUESTION


class FeeLetter(FeeFacts, LetterFacts):
    """We ask a fee, and why."""

    kind = Kind.FEE


class DelayLetter(DelayFacts, LetterFacts):
    """Later than promised: the reason, and the day on which we expect to answer."""

    kind = Kind.DELAY


class PartialRefusalLetter(PartialRefusal, LetterFacts):
    """Part of it cannot be done: which, why, and the remedies."""

    kind = Kind.PARTIAL_REFUSAL

    @property
    def denies(self) -> bool:
        """See `LetterFacts`."""
        return True

    @property
    def kept_by_law_only(self) -> bool:
        """See `LetterFacts`."""
        return by_law_only(self.kept, self.refused)


class NotARight(NotARightFacts, LetterFacts):
    """The law of the person's place does not give this right, and neither do we."""

    kind = Kind.NOT_A_RIGHT

    @property
    def refuses(self) -> bool:
        """See `LetterFacts`."""
        return True


class CategoriesLetter(CategoriesFacts, LetterFacts):
    """Which categories of personal data are held (California)."""

    kind = Kind.CATEGORIES


class CompletionChange(ChangeFacts, LetterFacts):
    """What was corrected, limited or stopped."""

    kind = Kind.COMPLETION_CHANGE

    @property
    def undone(self) -> bool:
        """Whether anything was not done."""
        return bool(self.missing or self.contested or self.unmatched or self.left or self.restricted)

    @property
    def did(self) -> bool:
        """Whether anything was done."""
        return bool(self.done or self.purposes or self.by_hand) or not self.undone

    @property
    def denies(self) -> bool:
        """See `LetterFacts`."""
        return bool(self.contested)

    @property
    def refuses(self) -> bool:
        """See `LetterFacts`."""
        return self.undone


class RestrictionLifting(LiftingFacts, LetterFacts):
    """The restriction will end on this day."""

    kind = Kind.RESTRICTION_LIFTING


class Forwarded(ForwardedFacts, LetterFacts):
    """Somebody else decides about this data; the request was sent on to them."""

    kind = Kind.FORWARDED


class RemedyDecisionLetter(RemedyDecision, LetterFacts):
    """The decision on an appeal, a complaint or a grievance."""

    kind = Kind.REMEDY_DECISION

    @property
    def refuses(self) -> bool:
        """See `LetterFacts`."""
        return not self.granted


class RecipientNotice(RecipientFacts, LetterFacts):
    """To a recipient of the data: do the same."""

    kind = Kind.RECIPIENT_NOTICE


class RecipientReminder(RecipientNotice):
    """The same again, not acknowledged yet."""

    kind = Kind.RECIPIENT_REMINDER


class ForwardLetter(ForwardFacts, LetterFacts):
    """To whoever controls the data: a person's request about it."""

    kind = Kind.FORWARD_NOTICE

    @property
    def quoted(self) -> str:
        """Its own reference, where it has one."""
        return self.reference or self.request_id


class ForwardReminder(ForwardLetter):
    """The same again, not acknowledged yet."""

    kind = Kind.FORWARD_REMINDER


class ProcessorNotice(ProcessorFacts, LetterFacts):
    """To a processor: what to do, and the link by which it acknowledges and answers."""

    kind = Kind.PROCESSOR_NOTICE


class ProcessorReminder(ProcessorNotice):
    """The same again, not acknowledged or not answered yet."""

    kind = Kind.PROCESSOR_REMINDER


class StaffTask(TaskFacts, StaffFacts):
    """Something to do by hand."""

    kind = Kind.STAFF_TASK


class StaffTaskReminder(StaffTask):
    """Still to be done."""

    kind = Kind.STAFF_TASK_REMINDER


class StaffEscalation(EscalationFacts, StaffFacts):
    """A recipient is silent."""

    kind = Kind.STAFF_ESCALATION


class StaffBounce(BounceFacts, StaffFacts):
    """A letter came back."""

    kind = Kind.STAFF_BOUNCE


SEALED: Mapping[Kind, tuple[type[Frozen], type[LetterFacts]]] = {
    Kind.QUESTION: (QuestionFacts, QuestionLetter),
    Kind.FEE: (FeeFacts, FeeLetter),
    Kind.DELAY: (DelayFacts, DelayLetter),
    Kind.PARTIAL_REFUSAL: (PartialRefusal, PartialRefusalLetter),
    Kind.NOT_A_RIGHT: (NotARightFacts, NotARight),
    Kind.CATEGORIES: (CategoriesFacts, CategoriesLetter),
    Kind.COMPLETION_CHANGE: (ChangeFacts, CompletionChange),
    Kind.RESTRICTION_LIFTING: (LiftingFacts, RestrictionLifting),
    Kind.FORWARDED: (ForwardedFacts, Forwarded),
    Kind.REMEDY_DECISION: (RemedyDecision, RemedyDecisionLetter),
    Kind.RECIPIENT_NOTICE: (RecipientFacts, RecipientNotice),
    Kind.RECIPIENT_REMINDER: (RecipientFacts, RecipientReminder),
    Kind.FORWARD_NOTICE: (ForwardFacts, ForwardLetter),
    Kind.FORWARD_REMINDER: (ForwardFacts, ForwardReminder),
    Kind.PROCESSOR_NOTICE: (ProcessorFacts, ProcessorNotice),
    Kind.PROCESSOR_REMINDER: (ProcessorFacts, ProcessorReminder),
    Kind.STAFF_TASK: (TaskFacts, StaffTask),
    Kind.STAFF_TASK_REMINDER: (TaskFacts, StaffTaskReminder),
    Kind.STAFF_ESCALATION: (EscalationFacts, StaffEscalation),
    Kind.STAFF_BOUNCE: (BounceFacts, StaffBounce),
}
"""The model of the sealed document that belongs to a kind, and of the letter made with it."""
