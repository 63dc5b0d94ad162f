"""The shapes in which the law is written down. Every figure carries its article and how sure it is.

The files under ``regimes/`` are read into these models; nothing here knows any one regime.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from habeas.errors import BadInput
from habeas.law.duties import (
    AskedOf,
    Authority,
    DenialRule,
    Duty,
    FeeRule,
    FreeRule,
    HoldRule,
    Needs,
    RecordRule,
    RemedyRule,
    UndisclosedRule,
    Untold,
    VerificationRule,
    WithheldRule,
)
from habeas.law.figure import Code, Figure, Mark
from habeas.model import Frozen, PauseReason, Right

__all__ = [
    "Acknowledge",
    "Authority",
    "Clock",
    "Displaced",
    "Extension",
    "Figure",
    "Ground",
    "Mark",
    "NoNumber",
    "Notice",
    "Opening",
    "Option",
    "PauseRule",
    "Regime",
    "Remark",
    "Roll",
    "Rule",
    "Span",
]


class Span(Figure):
    """A length of time in exactly one unit. ``calendar`` names the closed days that working days skip."""

    months: int | None = Field(default=None, ge=1)
    days: int | None = Field(default=None, ge=1)
    working_days: int | None = Field(default=None, ge=1)
    calendar: str | None = None
    shift: int = 0
    """Days added to the end, for readings that count from another day than the usual one."""

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if sum(unit is not None for unit in (self.months, self.days, self.working_days)) != 1:
            raise ValueError("a span has exactly one of months, days, working_days")
        if (self.working_days is not None) != (self.calendar is not None):
            raise ValueError("working_days go with a calendar, and only they")
        return self


class NoNumber(Figure):
    """The law sets no number here; ``text`` says what it says instead."""

    text: str


class Roll(Figure):
    """A last day that is closed in ``calendar`` moves to the next day that is not."""

    calendar: str


class Acknowledge(Span):
    """The last day to say that the request arrived. ``roll`` as for the term."""

    roll: Roll | None = None


class Extension(Figure):
    """How far the answer may be put off. Without a length it is open-ended: a reasonable time, told in the notice."""

    months: int | None = None
    days: int | None = None
    start: Literal["start", "due"] = "start"
    """Whether the length is the whole time from the start of the clock, or is added to the end of the first term."""
    grounds: tuple[Code, ...] = Field(min_length=1)
    unlimited: tuple[Code, ...] = ()
    """Those of the grounds for which the law names no length though it does for the others."""
    text: str = ""

    @model_validator(mode="after")
    def _one_unit(self) -> Self:
        if self.months is not None and self.days is not None:
            raise ValueError("an extension has months or days, or neither")
        if self.months is not None and self.start != "start":
            raise ValueError("an extension in months counts from the start")
        if not set(self.unlimited) <= set(self.grounds):
            raise ValueError("unlimited names grounds of the extension")
        return self

    @property
    def open_ended(self) -> bool:
        """Whether the law names no length."""
        return self.months is None and self.days is None

    def ends_as_told(self, ground: str | None) -> bool:
        """Whether the law leaves the day of the answer to the notice, on this ground."""
        return self.open_ended or ground in self.unlimited


class Notice(Figure):
    """The last day to tell the person of an extension: with the due date, or so many days after the date on it."""

    by: Literal["due", "request"] = "due"
    days: int | None = None

    @model_validator(mode="after")
    def _days_with_request(self) -> Self:
        if (self.by == "request") != (self.days is not None):
            raise ValueError("a notice counted from the request needs days, another none")
        return self


class PauseRule(Figure):
    """What waiting for the person does to the clock.

    ``suspend``: the days in between do not count; with ``inclusive`` the day of asking does not count either.
    ``restart``: the clock starts when the answer arrives. ``reflect``: it starts ``days`` after the question.
    """

    reason: PauseReason
    effect: Literal["suspend", "restart", "reflect"]
    inclusive: bool = False
    days: int | None = None
    rights: tuple[Right, ...] = ()
    """Only for these rights; empty: all rights of the clock."""
    local: dict[str, str] = Field(default_factory=dict)
    """National articles beside the general one, by country."""
    text: str

    @model_validator(mode="after")
    def _days_of_reflection(self) -> Self:
        if (self.effect == "reflect") != (self.days is not None):
            raise ValueError("days go with reflect, and only with it")
        return self


class Remark(Figure):
    """A sentence that belongs to the dates of some rights."""

    text: str
    rights: tuple[Right, ...] = ()


class Opening(Figure):
    """Which day a clock's law begins on is open: it may be any until ``until``."""

    text: str
    until: date


class Clock(Frozen):
    """One term of the law and the rights that run on it. ``cite`` stands beside every date it gives."""

    name: Code
    rights: tuple[Right, ...] = Field(min_length=1)
    given: bool = True
    """False: the clock is only there to say that this law gives no such right."""
    cite: str = Field(min_length=2)
    since: date | None = None
    before: str | None = None
    """What to say of days before ``since``; without it they are refused."""
    opening: Opening | None = None
    """Days from the earliest that ``since`` could be until then may lie before the law."""
    term: Span | NoNumber
    start: Remark | None = None
    roll: Roll | None = None
    acknowledge: Acknowledge | None = None
    extension: Extension | None = None
    notice: Notice | None = None
    pauses: tuple[PauseRule, ...] = ()
    suggest: Span | None = None
    """What a policy may take where the law gives no number. Never a date of the law."""
    defensible: Roll | None = None
    """A later day that could be argued for; recorded, not worked to."""
    remarks: tuple[Remark, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.opening and (self.since is None or self.opening.until <= self.since):
            raise ValueError(f"clock {self.name}: an opening that is open ends after the day it is taken to be")
        if (self.extension is None) != (self.notice is None):
            raise ValueError(f"clock {self.name}: an extension and its notice go together")
        return self

    def pause(self, right: Right, reason: PauseReason) -> PauseRule | None:
        """The rule for one reason, or None where the clock runs on regardless."""
        for rule in self.pauses:
            if rule.reason is reason and (not rule.rights or right in rule.rights):
                return rule
        return None


class Ground(Figure):
    """One ground of refusal out of the closed list. ``rights``: only for these; empty: any right."""

    code: Code
    words: Code | None = None
    """The sentence by which letters tell it, where the law says something else than the code's own sentence does."""
    text: str
    rights: tuple[Right, ...] = ()
    untold: Untold | None = None
    """Unset: the person is told it, as they are told every other."""
    asks: AskedOf | None = None
    """What staff state of it; unset: nothing."""
    countries: tuple[str, ...] = ()
    """Only where the answering establishment is here; empty: everywhere the regime applies."""
    needs_answered: int = Field(default=0, ge=0)
    """So many answered requests must have gone before in ``needs_months``, or the ground does not hold."""
    needs_denied: int = Field(default=0, ge=0)
    """Or so many denials of the same."""
    needs_months: int | None = None

    @model_validator(mode="after")
    def _needs_whole(self) -> Self:
        if self.untold and not self.words:
            raise ValueError("a ground that the person is not told has the words that they read instead")
        if (self.needs_months is None) != (self.needs_answered + self.needs_denied == 0):
            raise ValueError("a ground that needs something to have gone before says how much and in how many months")
        return self

    @property
    def told(self) -> Code:
        """The sentence by which letters tell it."""
        return self.words or self.code

    @property
    def needs(self) -> Needs | None:
        """What must have gone before."""
        if self.needs_months is None:
            return None
        return Needs(answered=self.needs_answered, denied=self.needs_denied, months=self.needs_months)


class Rule(Figure):
    """Something else the law says that people need to know: forms, formats, records, silence."""

    item: Code
    text: str


class Reach(Figure):
    """That a law binds whoever is established where it holds, wherever the person who asks lives."""

    text: str


class Displaced(Figure):
    """A law of one place that may apply there instead of this one."""

    text: str
    regime: str | None = None
    """Its code, if it is one of ours."""


class Option(Figure):
    """Another reading, or another kind of controller: what it changes in the named clocks (none named: in all)."""

    text: str
    clocks: tuple[str, ...] = ()
    since: date | None = None
    suggest: Span | None = None
    term: Span | None = None
    roll: Roll | None = None
    acknowledge: Acknowledge | None = None
    pauses: tuple[PauseRule, ...] | None = None

    def apply(self, clock: Clock) -> Clock:
        """The clock as this option reads it."""
        if self.clocks and clock.name not in self.clocks:
            return clock
        changes = {name: getattr(self, name) for name in ("since", "suggest", "term", "roll", "acknowledge", "pauses")}
        return clock.model_copy(update={key: value for key, value in changes.items() if value is not None})


class Regime(Frozen):
    """The law of one place, or of one union of places."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2,3}(-[A-Z0-9]+)+$")]
    title: str
    statute: str
    in_force: date
    before: str = ""
    """What to do with a request from before that day."""
    state: str | None = None
    """The state whose row it was made of, by name."""
    places: tuple[str, ...] = Field(min_length=1)
    """ISO 3166-1 or 3166-2. A country stands for its subdivisions too."""
    rights_cite: str
    reach: Reach | None = None
    """Unset where the law protects only the people of its place."""
    clocks: tuple[Clock, ...]
    grounds: tuple[Ground, ...] = ()
    rules: tuple[Rule, ...] = ()
    fees: tuple[FeeRule, ...] = ()
    remedies: tuple[RemedyRule, ...] = ()
    recipients: tuple[Duty, ...] = ()
    denials: tuple[DenialRule, ...] = ()
    verification: tuple[VerificationRule, ...] = ()
    free: FreeRule | None = None
    hold: HoldRule | None = None
    undisclosed: tuple[UndisclosedRule, ...] = ()
    records: tuple[RecordRule, ...] = ()
    withheld: tuple[WithheldRule, ...] = ()
    notices: dict[str, tuple[Code, ...]] = Field(default_factory=dict)
    """What each letter must say: acknowledge, extension, refusal, identity, closing."""
    options: dict[Code, Option] = Field(default_factory=dict)
    local: dict[str, str] = Field(default_factory=dict)
    """Good to know of one place."""
    displaced: dict[str, Displaced] = Field(default_factory=dict)
    """Where a law of the place may apply instead, by the place's exact code: no date of it is certain there."""
    cautions: dict[str, str] = Field(default_factory=dict)
    """What must be said with every date of one place, by its exact code."""

    @model_validator(mode="after")
    def _one_clock_per_right(self) -> Self:
        seen = [right for clock in self.clocks for right in clock.rights]
        if len(seen) != len(set(seen)):
            raise ValueError(f"{self.code}: a right runs on two clocks")
        unknown = {name for option in self.options.values() for name in option.clocks} - {c.name for c in self.clocks}
        if unknown:
            raise ValueError(f"{self.code}: options name clocks that are not there: {', '.join(sorted(unknown))}")
        return self

    @property
    def called(self) -> str:
        """Its name in a message: the code, or where one code is many states' the state's law."""
        return f"The law of {self.state}" if self.state else self.code

    @property
    def rights(self) -> frozenset[Right]:
        """The rights this law knows."""
        return frozenset(right for clock in self.clocks if clock.given for right in clock.rights)

    def read_as(self, options: Iterable[str]) -> Regime:
        """The regime as a controller reads it.

        Args:
            options: codes of `options`, the later ones over the earlier.

        Raises:
            BadInput: there is no such option here; the message names those there are.
        """
        chosen = tuple(options)
        if unknown := sorted(set(chosen) - set(self.options)):
            known = ", ".join(self.options) or "none"
            raise BadInput(f"{self.code} has no option {', '.join(unknown)}; it has {known}.", field="options")
        if not chosen:
            return self
        clocks = self.clocks
        for code in chosen:
            clocks = tuple(self.options[code].apply(clock) for clock in clocks)
        return self.model_copy(update={"clocks": clocks})

    def clock(self, right: Right) -> Clock | None:
        """The clock a right runs on, or None where the law does not know the right."""
        return next((clock for clock in self.clocks if right in clock.rights), None)
