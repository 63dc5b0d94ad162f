"""Why these dates: the sentences, the articles, and what of it is not certain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from habeas.law import words
from habeas.law.case import Case
from habeas.law.closed import calendar_named
from habeas.law.course import Course, measure, rolled
from habeas.law.data import Clock, Figure, NoNumber, Regime, Remark, Roll, Span
from habeas.law.places import country_of

__all__ = ["Working", "citation", "confirm", "explanation", "stated", "uncertain"]


@dataclass(frozen=True)
class Working:
    """One case under one clock, worked out."""

    case: Case
    law: Regime
    clock: Clock
    place: str
    on: date
    tz: str
    first: Course | None
    longer: Course | None
    acknowledge_by: date | None

    @property
    def told_until(self) -> date | None:
        """The day that the notice of the extension named, if the term is extended."""
        return self.case.extended_until if self.case.extended and self.clock.extension else None

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The remarks that belong to this right."""
        return tuple(each for each in self.clock.remarks if not each.rights or self.case.right in each.rights)


def citation(work: Working) -> str:
    """The articles the dates rest on; where there is no date, what the law says instead."""
    clock, term = work.clock, work.clock.term
    if isinstance(term, NoNumber):
        return f"{clock.cite}: {term.text}"
    cites = [clock.cite, *(f"{work.law.options[code].cite} (option {code})" for code in work.case.options)]
    for each in work.first.waited if work.first else ():
        cites += [each.rule.cite, each.rule.local.get(country_of(work.place), "")]
    if (work.longer or work.told_until) and clock.extension:
        cites.append(clock.extension.cite)
    parts = (part for cite in cites for part in cite.split("; ") if part)
    return "; ".join(dict.fromkeys(parts))


def explanation(work: Working, notice: date | None, suggested: date | None) -> Iterator[str]:
    """The sentences, in the order in which one would say them."""
    yield words.received(work.on, work.case.received_at, work.tz)
    yield from _about_acknowledgement(work)
    yield from _about_term(work, suggested)
    yield from _about_extension(work, notice)
    yield from (f"{remark.text} ({remark.cite})" for remark in work.remarks)
    for code in work.case.options:
        yield f"By the controller's choice: {work.law.options[code].text} ({work.law.options[code].cite})"
    if instead := work.law.displaced.get(work.place):
        yield f"{instead.text} ({instead.cite})"
    if caution := work.law.cautions.get(work.place):
        yield caution
    yield from confirm(uncertain(work))


def confirm(unsure: tuple[str, ...]) -> Iterator[str]:
    """The sentence that names what is open, where anything is."""
    if unsure:
        yield f"To be confirmed by counsel: {'; '.join(unsure)}."


def stated(said: str, figure: Figure) -> str:
    """What is open, with its article."""
    return f"{said.rstrip('.')} ({figure.cite})"


def _about_acknowledgement(work: Working) -> Iterator[str]:
    rule, by = work.clock.acknowledge, work.acknowledge_by
    if rule is not None and by is not None:
        bare = measure(rule, work.place)(work.on)
        yield f"Acknowledge within {words.length(rule)}, by {words.day(bare)} ({rule.cite})."
        yield from words.moved(bare, by, rule.roll, work.place)
        yield from words.skipped(rule, work.on, by, work.place)


def _about_term(work: Working, suggested: date | None) -> Iterator[str]:
    term, course = work.clock.term, work.first
    if isinstance(term, NoNumber) or course is None:
        yield f"No date. {term.text if isinstance(term, NoNumber) else ''} ({term.cite})"
        if work.clock.suggest and suggested:
            span = work.clock.suggest
            yield f"A policy may take {words.length(span)}: {words.day(suggested)} ({span.cite})."
        return
    yield from words.started(course, work.on)
    yield words.ended(term, course)
    yield from words.skipped(term, course.start, course.bare, work.place)
    yield from words.not_counted(course, country_of(work.place))
    yield from words.moved(course.end, course.last, work.clock.roll, work.place)
    yield from words.set_aside(course)
    yield f"So the answer is due on {words.day(course.last)}, until the end of that day, {words.clock(work.tz)}."


def _about_extension(work: Working, notice: date | None) -> Iterator[str]:
    rule = work.clock.extension
    if rule is None:
        if work.case.extended:
            yield f"An extension was asked for, but this clock has none: the date stands ({work.clock.cite})."
        return
    if work.case.extended:
        yield words.extended(rule, work.longer)
        if work.told_until:
            yield words.told_until(work.told_until)
        elif work.longer:
            yield from words.moved(work.longer.end, work.longer.last, work.clock.roll, work.place)
    if notice and work.clock.notice:
        yield f"An extension must be told, with its reasons, by {words.day(notice)} ({work.clock.notice.cite})."


def uncertain(work: Working) -> tuple[str, ...]:
    """What of the figures that were used counsel should confirm, and which holidays are estimates."""
    figures = (stated(said, each) for said, each in _used(work) if each.uncertain)
    elsewhere = ("which zone decides the date",) if work.case.received_at.date() != work.on else ()
    return tuple(dict.fromkeys([*figures, *_estimated(work), *elsewhere]))


def _used(work: Working) -> Iterator[tuple[str, Figure]]:
    """Each figure that took part, and what it is."""
    if instead := work.law.displaced.get(work.place):
        yield f"whether {work.law.code} applies at all: {instead.text}", instead
    clock, course = work.clock, work.first
    spans = [("the term", clock.term), ("the acknowledgement", clock.acknowledge)]
    extension = clock.extension if work.case.extended else None
    for said, figure in (*spans, ("telling the extension", clock.notice), ("the extension", extension)):
        if figure is not None:
            yield said, figure
    if clock.opening and work.on < clock.opening.until:
        yield clock.opening.text, clock.opening
    if course and clock.defensible and rolled(course.last, clock.defensible, work.place) != course.last:
        yield "whether a later day could be argued for", clock.defensible
    suggest = clock.suggest if course is None else None
    if suggest:
        yield f"what a policy may take, {words.length(suggest)}", suggest
    if course and clock.roll:
        yield "moving the last day", clock.roll
    for waited in course.waited if course else ():
        yield f"waiting for {waited.rule.reason.value}", waited.rule
    yield from _calendars(clock.term, clock.acknowledge, clock.roll if course else None, suggest)
    yield from ((remark.text, remark) for remark in work.remarks)
    yield from ((work.law.options[code].text, work.law.options[code]) for code in work.case.options)


def _calendars(*rules: Figure | None) -> Iterator[tuple[str, Figure]]:
    for rule in rules:
        name = rule.calendar if isinstance(rule, Span | Roll) else None
        if name:
            yield calendar_named(name).text, calendar_named(name)


def _estimated(work: Working) -> Iterator[str]:
    for course in (work.first, work.longer):
        if course and work.clock.roll:
            yield from words.estimates(course.end, course.last, work.clock.roll.calendar, work.place)
            yield from words.doubts(course.end, course.last, work.clock.roll, work.place)
