"""From a case to its dates. The regime's data say which rule holds; this says only in which order they are asked."""

from __future__ import annotations

from datetime import date

from habeas.errors import BadInput
from habeas.law import words
from habeas.law.calendar import add_days
from habeas.law.case import LAST_YEAR, Case, Deadlines
from habeas.law.course import Course, Measure, measure, measure_extended, rolled, run
from habeas.law.data import Clock, NoNumber, Opening, Regime, Span
from habeas.law.explain import Working, citation, confirm, explanation, stated, uncertain
from habeas.law.library import regime
from habeas.law.places import default_clock_tz, parse_place, zone

__all__ = ["compute"]


def compute(case: Case) -> Deadlines:
    """The dates of one request, each explained.

    Pure: the same case always has the same dates. Reads the data files and the holidays of a year once and keeps them.

    Raises:
        UnknownRegime: no such regime, or not the law of that place.
        BadInput: a date before the law was in force or out of reach, a pause before the receipt, an unknown zone,
            an option that the regime does not have.
    """
    written = regime(case.regime, case.jurisdiction)
    place = parse_place(case.jurisdiction)
    tz = case.clock_tz or default_clock_tz(place)
    on = _received_on(case, tz)
    _check(case, written, on)
    law = written.read_as(case.options)
    clock = law.clock(case.right)
    if clock is None:
        return _unknown(case, on, tz, f"{law.code} gives no {case.right.value}: {law.rights_cite}")
    if clock.since and on < clock.since:
        if clock.before is None:
            raise BadInput(f"{clock.cite}: in force from {clock.since}; the request came before.", field="received_at")
        first = written.clock(case.right)
        earliest = first.since if first else None
        unsure = clock.opening if earliest and earliest <= on else None
        return _unknown(case, on, tz, f"{clock.cite}: {clock.before}", unsure)
    return _deadlines(_work(case, law, clock, place, on, tz))


def _received_on(case: Case, tz: str) -> date:
    dates = [case.received_at.date(), *(pause.end for pause in case.pauses)]
    if max(dates).year > LAST_YEAR or case.received_at.year < 1900:
        raise BadInput(f"A date is out of reach: it must lie between 1900 and {LAST_YEAR}.", field="received_at")
    return case.received_at.astimezone(zone(tz)).date()


def _check(case: Case, law: Regime, on: date) -> None:
    if on < law.in_force:
        raise BadInput(
            f"{law.called} is in force from {law.in_force}; the request came before. {law.before}".strip(),
            field="received_at",
        )
    clock = law.clock(case.right)
    if any(pause.start < on for pause in case.pauses if clock and clock.pause(case.right, pause.reason)):
        raise BadInput("A pause cannot start before the request was received.", field="paused_from")
    if case.requested_on and case.requested_on > on:
        raise BadInput("The request is dated after its receipt.", field="received_at")


def _unknown(case: Case, on: date, tz: str, said: str, unsure: Opening | None = None) -> Deadlines:
    doubts = (stated(unsure.text, unsure),) if unsure else ()
    lines = (words.received(on, case.received_at, tz), f"No date. {said}.", *confirm(doubts))
    return Deadlines(
        received_on=on,
        started_on=on,
        right_known=False,
        citation=said,
        explanation=lines,
        uncertain=doubts,
        clock_tz=tz,
    )


def _work(case: Case, law: Regime, clock: Clock, place: str, on: date, tz: str) -> Working:
    def course(end_of: Measure) -> Course:
        return run(clock, case.right, place, on, case.pauses, end_of)

    term, longer = clock.term, clock.extension if case.extended else None
    first = None if isinstance(term, NoNumber) else course(measure(term, place))
    extended = None
    if longer and not longer.open_ended and not isinstance(term, NoNumber):
        extended = course(measure_extended(longer, term, place))
    return Working(case, law, clock, place, on, tz, first, extended, _acknowledge_by(clock, place, on))


def _acknowledge_by(clock: Clock, place: str, on: date) -> date | None:
    rule = clock.acknowledge
    return rolled(measure(rule, place)(on), rule.roll, place) if rule else None


def _notice_by(work: Working, due: date | None) -> date | None:
    rule = work.clock.notice
    if rule is None or rule.by == "due":
        return due if rule else None
    asked = work.case.requested_on or work.on
    return rolled(add_days(asked, rule.days or 0), work.clock.roll, work.place)


def _suggested(work: Working) -> date | None:
    span: Span | None = work.clock.suggest
    return measure(span, work.place)(work.on) if span and work.first is None else None


def _extended_due(work: Working, due: date | None) -> date | None:
    """The day that was told, which no pause moves and which cuts no first term short; else the law's own."""
    told = work.told_until
    if told is not None:
        return max(told, due) if due else told
    return work.longer.last if work.longer else None


def _deadlines(work: Working) -> Deadlines:
    due = work.first.last if work.first else None
    notice, suggested = _notice_by(work, due), _suggested(work)
    later = rolled(due, work.clock.defensible, work.place) if due and work.clock.defensible else None
    return Deadlines(
        received_on=work.on,
        started_on=work.first.start if work.first else work.on,
        acknowledge_by=work.acknowledge_by,
        due_on=due,
        extended_due_on=_extended_due(work, due),
        notice_latest_on=notice,
        suggested_due_on=suggested,
        moved=(work.first.last - work.first.end).days if work.first else 0,
        latest_defensible_on=later if later != due else None,
        citation=citation(work),
        explanation=tuple(explanation(work, notice, suggested)),
        uncertain=uncertain(work),
        right_known=work.clock.given,
        clock_tz=work.tz,
    )
