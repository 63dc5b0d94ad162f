"""What a controller can show a regulator of a period: how many requests, how they ended, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from activities.ledger import Figures, GroundRow, Span
from activities.ledger.figures import EVERYTHING
from habeas.access import Scope
from habeas.errors import BadInput
from habeas.model import Frozen, Right
from habeas.policy import Policy
from workers.office.room import Room

__all__ = ["CALIFORNIA", "CaliforniaKind", "CaliforniaReport", "Report", "ReportLine", "Reporting"]

CALIFORNIA = "US-CCPA"
"""The regime of consumers in California."""
_FIRST, _LAST = date(2000, 1, 1), date(2199, 12, 31)


class CaliforniaKind(StrEnum):
    """Kinds of requests in the order of Cal. Code Regs. tit. 11 § 7102(a)(1)."""

    DELETE = "delete"
    CORRECT = "correct"
    KNOW = "know"
    OPT_OUT = "opt_out"
    LIMIT = "limit"


_KINDS: Mapping[Right, CaliforniaKind] = {
    Right.ERASURE: CaliforniaKind.DELETE,
    Right.RECTIFICATION: CaliforniaKind.CORRECT,
    Right.ACCESS: CaliforniaKind.KNOW,
    # The copy that one can take elsewhere is part of the right to know: Cal. Civ. Code 1798.130(a)(3)(B)(iii).
    Right.PORTABILITY: CaliforniaKind.KNOW,
    Right.OPT_OUT_SALE: CaliforniaKind.OPT_OUT,
    Right.LIMIT_SENSITIVE: CaliforniaKind.LIMIT,
}


class Denied(Frozen):
    """How many requests were refused on a ground: wholly, or in part."""

    ground: str
    """A code of the regime's closed list; ``no_such_right``, ``unstated``."""
    whole: bool
    requests: int


class ReportLine(Frozen):
    """The figures of one right, or of one kind of request; ``all`` for the sum."""

    of: str
    answered: int
    """Ended, and not withdrawn."""
    complied: int
    """Of those: with what was asked, in whole or in part, or with that nothing is held."""
    denied: int
    """Of those: refused, or not shown to be the person's."""
    figures: Figures
    denied_on: tuple[Denied, ...] = ()
    """A request that was denied on several grounds stands at each."""


class Report(Frozen):
    """A controller's report of a period, by right."""

    controller: str
    title: str
    since: date
    until: date
    """The last day, with it."""
    zone: str
    """In which days begin and end."""
    made_at: AwareDatetime
    complete: bool
    """Whether the period was over: else the figures are those up to now."""
    lines: tuple[ReportLine, ...]
    """Only rights of which there is something to say."""
    total: ReportLine


class CaliforniaReport(Frozen):
    """A year's metrics as Cal. Code Regs. tit. 11 § 7102 asks for them, of kinds of requests in its order."""

    controller: str
    title: str
    year: int
    zone: str
    made_at: AwareDatetime
    complete: bool
    everyone: bool
    """Of all individuals, whatever their law (§ 7102(b): the disclosure must say so); else of consumers there."""
    lines: tuple[ReportLine, ...]


class Reporting(Room):
    """Methods that report."""

    async def report(self, controller: str | None, since: date, until: date) -> Report:
        """What became of a controller's requests in a period.

        Args:
            controller: whose; may be left out where there is one.
            since: the first day, in the controller's zone.
            until: the last day, with it.

        Raises:
            BadInput: there is no such controller, or no such period.
        """
        policy = self._reported(controller)
        span = _span(policy, since, until)
        lines = await self._lines(policy, span, {right: right.value for right in Right})
        return Report(
            **self._head(policy, span),
            since=since,
            until=until,
            lines=tuple(line for line in lines if line.of != EVERYTHING and _says_something(line)),
            total=next(line for line in lines if line.of == EVERYTHING),
        )

    async def california(self, controller: str | None, year: int, *, everyone: bool = False) -> CaliforniaReport:
        """A calendar year's metrics by Cal. Code Regs. tit. 11 § 7102.

        Args:
            controller: whose; may be left out where there is one.
            year: the calendar year, in the controller's zone.
            everyone: count all individuals, and not only consumers in California (§ 7102(b)).

        Raises:
            BadInput: there is no such controller, or no such year.
        """
        policy = self._reported(controller)
        if not _FIRST.year <= year <= _LAST.year:
            raise BadInput(f"year: a year from {_FIRST.year} on, as 2026.", field="year")
        span = _span(policy, date(year, 1, 1), date(year, 12, 31))
        lines = await self._lines(policy, span, _KINDS, None if everyone else CALIFORNIA)
        found = {line.of: line for line in lines}
        return CaliforniaReport(
            **self._head(policy, span),
            year=year,
            everyone=everyone,
            lines=tuple(found.get(kind) or _none(kind) for kind in CaliforniaKind),
        )

    async def _lines(
        self, policy: Policy, span: Span, groups: Mapping[Right, str], regime: str | None = None
    ) -> list[ReportLine]:
        controller = policy.controller.id
        async with self._ledger.begin() as tx:
            figures = await tx.figures(controller, span, groups, regime)
            grounds = await tx.grounds(controller, span, groups, regime)
        order = [*dict.fromkeys(map(str, groups.values())), EVERYTHING]
        return sorted((_line(one, grounds) for one in figures), key=lambda line: order.index(line.of))

    def _reported(self, controller: str | None) -> Policy:
        self.demand(Scope.REQUESTS_READ)
        return self.policy(self.one_of_reach(Scope.REQUESTS_READ, controller))

    def _head(self, policy: Policy, span: Span) -> dict[str, Any]:
        now = self._now()
        return {
            "controller": policy.controller.id,
            "title": policy.controller.name,
            "zone": span.zone,
            "made_at": now,
            "complete": span.end <= now,
        }


def _span(policy: Policy, since: date, until: date) -> Span:
    if not _FIRST <= since <= _LAST:
        raise BadInput(f"from: a day from {_FIRST} on.", field="from")
    if not since <= until <= _LAST:
        raise BadInput("to: the last day; not before the first one.", field="to")
    zone = ZoneInfo(policy.controller.clock_tz)
    return Span(
        start=datetime(since.year, since.month, since.day, tzinfo=zone),
        end=datetime.combine(until + timedelta(days=1), datetime.min.time(), tzinfo=zone),
        zone=policy.controller.clock_tz,
    )


def _line(figures: Figures, grounds: Sequence[GroundRow]) -> ReportLine:
    mine = {EVERYTHING, figures.group} if figures.group != EVERYTHING else {row.group for row in grounds}
    counts: dict[tuple[str, bool], int] = {}
    for row in grounds:
        if row.group in mine:
            key = (row.ground, row.whole)
            counts[key] = counts.get(key, 0) + row.requests
    return ReportLine(
        of=figures.group,
        answered=figures.answered,
        complied=figures.complied,
        denied=figures.denied,
        figures=figures,
        denied_on=tuple(
            Denied(ground=ground, whole=whole, requests=number)
            for (ground, whole), number in sorted(counts.items(), key=lambda one: (not one[0][1], one[0][0]))
        ),
    )


def _says_something(line: ReportLine) -> bool:
    return bool(line.figures.open_before or line.figures.received)


def _none(kind: str) -> ReportLine:
    """Of a kind of which there was no request."""
    zeros = {name: 0 for name, field in Figures.model_fields.items() if field.annotation is int}
    return _line(Figures.model_validate({"group": kind, "median_days": None, "mean_days": None, **zeros}), ())
