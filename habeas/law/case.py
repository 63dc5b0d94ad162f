"""What is asked of the law, and what it answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Self

from pydantic import AwareDatetime, model_validator

from habeas.errors import BadInput
from habeas.law.calendar import add_days
from habeas.law.places import zone
from habeas.model import Frozen, PauseReason, Right

__all__ = ["LAST_YEAR", "Case", "Deadlines", "Pause"]

LAST_YEAR = 2050
"""Holidays are known no further (New Zealand's Matariki is set by law until 2052): what lies beyond is a slip."""


class Pause(Frozen):
    """The person was asked on ``start`` and answered on ``end``; whole dates in the clock's zone.

    Raises:
        BadInput: the answer comes before the question.
    """

    start: date
    end: date
    reason: PauseReason

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise BadInput("A pause ends before it starts.", field="paused_to")
        return self


class Case(Frozen):
    """One request, as far as its dates depend on it. Identifies nobody."""

    regime: str
    jurisdiction: str
    """Where the answering establishment is (EU, UK), or whose law it is (US states): ISO 3166-1 or 3166-2."""
    right: Right
    received_at: AwareDatetime
    pauses: tuple[Pause, ...] = ()
    extended: bool = False
    extended_until: date | None = None
    """The day that the notice of the extension named: needed where the law sets no last day, else within it."""
    clock_tz: str | None = None
    """IANA zone of the establishment that answers; without it that of the jurisdiction."""
    requested_on: date | None = None
    """The date on the request, where a law counts from it; without it the day of receipt."""
    options: tuple[str, ...] = ()
    """Other readings the controller has chosen, by their codes in the regime's file."""


class Deadlines(Frozen):
    """The dates of one request by the law. Empty where the law sets none; ``citation`` says why."""

    received_on: date
    started_on: date
    acknowledge_by: date | None = None
    due_on: date | None = None
    extended_due_on: date | None = None
    notice_latest_on: date | None = None
    suggested_due_on: date | None = None
    """Where the law gives a right without a number: what a policy may take. Not a date of the law."""
    moved: int = 0
    """By how many days closed days moved ``due_on``."""
    latest_defensible_on: date | None = None
    """A later day that could be argued for. Recorded, never worked to."""
    right_known: bool = True
    """Whether this law gives the right at all on the day of receipt."""
    citation: str
    explanation: tuple[str, ...] = ()
    """Sentences that can be read out on the phone."""
    uncertain: tuple[str, ...] = ()
    """Which of the figures used counsel should confirm."""
    clock_tz: str

    @property
    def effective_due_on(self) -> date | None:
        """The last day that stands now: the extended one, once the extension was invoked."""
        return self.extended_due_on or self.due_on

    def with_promise(self, days: int | None) -> date | None:
        """The earlier of the law's last day and a promise of so many calendar days from receipt (never rolled)."""
        promised = add_days(self.received_on, days) if days is not None else None
        return min((day for day in (self.effective_due_on, promised) if day is not None), default=None)

    def end_of(self, day: date) -> datetime:
        """The instant (UTC) at which a date is over in the clock's zone: its 24:00."""
        return datetime.combine(add_days(day, 1), time(), tzinfo=zone(self.clock_tz)).astimezone(UTC)
