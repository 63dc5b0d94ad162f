"""What the law says beside its dates: fees, remedies, who else is told, proof of identity, free requests, holds.

The shapes of the tables in the regimes' files, and the answers that letters, plans and workflows read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from habeas.fields import SensitiveType
from habeas.law.figure import Code, Figure
from habeas.model import COPIES, Frozen, Right

__all__ = [
    "Appeal",
    "AskedOf",
    "Authority",
    "Counted",
    "CourtAfter",
    "DenialRule",
    "Duty",
    "FeeAllowed",
    "FeeRule",
    "FreeRule",
    "HoldRule",
    "Needs",
    "OfRights",
    "Proof",
    "Recipient",
    "RecordRule",
    "Remedies",
    "RemedyName",
    "RemedyRule",
    "RemedyStart",
    "RemedyTime",
    "UndisclosedRule",
    "Untold",
    "VerificationRule",
    "WithheldRule",
]

FeeAllowed = Literal[
    "never", "unfounded_or_excessive", "disproportionate_effort", "minimal", "reasonable", "actual_cost", "unstated"
]
"""When a fee may be asked. ``unstated``: the law says nothing of one, so none is asked without counsel."""

Recipient = Literal["recipients", "controllers", "processors", "third_parties", "source"]
"""Who is told: anybody the data went to, other controllers, processors (service providers, contractors), buyers and
sharers, or where the data came from."""

Proof = Literal["none", "reasonable", "required"]
"""Proof of identity: none may be asked; it may be asked where there is reasonable doubt; the law demands it."""

RemedyTime = Literal["30_days", "180_days", "6_months"]
"""By when the person turns to the authority."""

RemedyStart = Literal["refusal_or_term"]
"""From when that is counted. ``refusal_or_term``: the refusal, or the end of the term where no answer came in it."""

CourtAfter = Literal["report"]
"""When a court may be gone to, where the law gives it only then. ``report``: once the authority has reported on a
complaint, within a year of that."""

RemedyName = Literal["examination_of_disagreement", "report", "review"]
"""What the authority is asked for, where the law does not call it a complaint; letters have words for each."""


class OfRights(Figure):
    """A figure for some rights only; empty: for any right of the regime."""

    rights: tuple[Right, ...] = ()
    text: str

    def covers(self, right: Right) -> bool:
        """Whether it holds for a right."""
        return not self.rights or right in self.rights


class FeeRule(OfRights):
    """Whether the person may be asked to pay.

    ``announces_first``: the amount, or an estimate, is told before it is charged. ``also``: further cases in which a
    fee may be asked (``further_copies``, ``beyond_free_requests``). ``most``: the most it may be, with its currency.
    """

    allowed: FeeAllowed
    announces_first: bool = False
    also: tuple[Code, ...] = ()
    most: str | None = None


class RemedyRule(OfRights):
    """Where a person who disagrees may go, beside the authority of the place.

    ``name``: what the authority is asked for; unset: a complaint. ``procedure``: how it is done, where the law wants it
    told; a code that letters have words for. ``counted_from``: where the time limit begins, as far as the law says so.
    """

    name: RemedyName | None = None
    procedure: Code | None = None
    court: bool = False
    court_after: CourtAfter | None = None
    controller_complaint: bool = False
    time_limit: RemedyTime | None = None
    counted_from: RemedyStart | None = None

    @model_validator(mode="after")
    def _something_is_counted(self) -> Self:
        if self.counted_from and not self.time_limit:
            raise ValueError("a remedy without a time limit counts from nothing")
        if self.court_after and not self.court:
            raise ValueError("a way to court that is none is open after nothing")
        return self


class Authority(Frozen):
    """Whom the person may complain to. Names and addresses of offices, public knowledge."""

    name: str
    """In the language of the country."""
    names: Mapping[str, str] = Field(default_factory=dict)
    """What it calls itself in other languages."""
    url: str = Field(pattern=r"^https://")

    def called(self, language: str) -> str:
        """Its name for somebody who reads a language (BCP 47)."""
        return self.names.get(language) or self.names.get(language.split("-")[0], self.name)


class Appeal(Figure):
    """An appeal to the controller itself: days from its receipt to the decision, and how many more may be taken."""

    within_days: int
    extendable_days: int | None = None


class Remedies(Figure):
    """What a person who disagrees with an answer may do. The letters of refusal are made from it."""

    authority: tuple[Authority, ...]
    court: bool
    court_after: CourtAfter | None = None
    controller_complaint: bool
    appeal: Appeal | None = None
    name: RemedyName | None = None
    time_limit: RemedyTime | None = None
    counted_from: RemedyStart | None = None
    procedure: Code | None = None
    text: str


class Duty(OfRights):
    """Who else must be told of what was done.

    ``look_back_months``: only those who had the data within so many months. ``since_request``: only those who had it
    since the person asked. ``on_request``: only if the person asks.
    ``if_practicable``: not where it is impossible or out of proportion. ``may_ask_who``: the person may ask who they
    are.
    """

    whom: tuple[Recipient, ...] = Field(min_length=1)
    look_back_months: int | None = None
    since_request: bool = False
    on_request: bool = False
    if_practicable: bool = False
    may_ask_who: bool = False


class VerificationRule(OfRights):
    """How sure the controller must be who asks. ``marketing``: only for objections to direct marketing."""

    need: Proof
    marketing: bool = False


class Needs(Frozen):
    """What must have gone before, for a ground that is about repeating: so many requests of the same person.

    ``answered``: answered ones for a right of the ground's, received in the ``months`` before this one. ``denied``: the
    same correction denied in the ``months`` before this one came.
    """

    answered: int = Field(default=0, ge=0)
    denied: int = Field(default=0, ge=0)
    months: int = Field(ge=1)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.answered > 0) == (self.denied > 0):
            raise ValueError("what a ground needs is either answered requests or denied ones")
        return self


class Counted(Frozen):
    """What is counted before a ground holds: earlier requests for these rights, by this article."""

    rights: tuple[Right, ...] = Field(min_length=1)
    needs: Needs
    cite: str


class Untold(Figure):
    """That a ground is not told to whoever is refused on it: nothing that they get may name it.

    They read the ground's ``words``, with the article that is ``cited``, and nothing in the words of staff.
    """

    cited: str = Field(min_length=2)
    text: str


class AskedOf(Figure):
    """What staff state of a ground before it is taken.

    ``leave``: on which day an authority allowed it, and its reference; ``authority_told``: on which day an authority
    was told of it, and how; ``controller``: who decides about the data, which the person is told. Where it is not
    ``needed`` it is stated if it is known.
    """

    what: Literal["leave", "authority_told", "controller"]
    text: str
    needed: bool = True


class DenialRule(OfRights):
    """What a letter that denies a right, wholly or in part, says besides its reasons and remedies.

    ``offers``: further rights that the person is asked about, where there is something that they would stop. ``says``:
    codes that letters have words for. ``noted``: what was asked for is noted with the data, whether the person asks for
    that or not.
    """

    offers: tuple[Right, ...] = ()
    says: tuple[Code, ...] = ()
    noted: bool = False


class FreeRule(OfRights):
    """How many requests within so many months are free (or need be answered at all, where ``text`` says so)."""

    count: int = Field(ge=1)
    months: int = Field(ge=1)


class HoldRule(OfRights):
    """What was refused is kept: for so many days, or (None) until every recourse is exhausted.

    ``notice_days``: for how long after the last day of a recourse it is kept until it is clear that there is none. A
    complaint of the last day is known to whoever keeps the data only by the authority's notice.
    """

    days: int | None = None
    notice_days: int = Field(default=0, ge=0)


class RecordRule(OfRights):
    """For how long, at the least, it is kept on record what was asked for and how it was answered."""

    months: int = Field(ge=1)


class UndisclosedRule(OfRights):
    """Types of data whose values are never given out; that they are held is told."""

    types: tuple[SensitiveType, ...] = Field(min_length=1)


class WithheldRule(OfRights):
    """Why a single value may be withheld from a copy that is given, beside the grounds of refusal."""

    code: Code
    rights: tuple[Right, ...] = tuple(sorted(COPIES))
