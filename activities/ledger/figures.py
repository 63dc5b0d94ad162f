"""Figures over many requests: how many, how they ended, how long it took.

They are made from the rows that stay when a request's personal data is destroyed, so what is gone is counted, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from statistics import median
from typing import TypedDict

from pydantic import AwareDatetime
from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    null,
    or_,
    outerjoin,
    select,
)

from activities.ledger.room import Room, plain
from activities.ledger.tables import act, request, request_key
from habeas.model import Frozen, Outcome, Right, Stage

_ROW = request.c
EVERYTHING = "all"
"""The group of all that are counted."""
UNSTATED = "unstated"
"""Ground of a refusal that names none."""
NO_SUCH_RIGHT = "no_such_right"
"""Ground of a refusal that nobody decided: the law of the place has no such right."""


class Span(Frozen):
    """A period: from an instant on, and up to another without it. Days are those of the zone."""

    start: AwareDatetime
    end: AwareDatetime
    zone: str


class Figures(Frozen):
    """What became of the requests of one group in a period. ``open_before + received - ended = open_after``."""

    group: str
    open_before: int
    """Received before the period, and open at its beginning."""
    received: int
    fulfilled: int
    partly_fulfilled: int
    nothing_found: int
    refused: int
    unverified: int
    withdrawn: int
    open_after: int
    in_time: int
    """Answered (ended, and not withdrawn) with the term never run out."""
    late: int
    no_term: int
    """Answered where the law sets no term."""
    extended: int
    """Answered after the term was extended."""
    median_days: float | None
    """From the day of receipt to the day of the answer, in calendar days; None where nothing was answered."""
    mean_days: float | None
    destroyed: int
    """Of all that are counted here: those whose personal data is destroyed."""

    @property
    def answered(self) -> int:
        """Ended, and not withdrawn."""
        return self.fulfilled + self.partly_fulfilled + self.nothing_found + self.refused + self.unverified

    @property
    def ended(self) -> int:
        """Answered or withdrawn."""
        return self.answered + self.withdrawn

    @property
    def complied(self) -> int:
        """Answered with what was asked, in whole or in part; or with that nothing is held."""
        return self.fulfilled + self.partly_fulfilled + self.nothing_found

    @property
    def denied(self) -> int:
        """Refused, or not shown to be theirs."""
        return self.refused + self.unverified


class GroundRow(Frozen):
    """How many requests of a group were denied on a ground, wholly or in part."""

    group: str
    ground: str
    whole: bool
    requests: int


class StandingRow(Frozen):
    """Open requests that are alike."""

    controller: str
    right: Right
    stage: Stage
    due: str
    """``over``, ``week``, ``fortnight``, ``month``, ``later``, ``no_term``."""
    age: str
    """``week``, ``fortnight``, ``month``, ``quarter``, ``older``."""
    requests: int


class PaceRow(Frozen):
    """How requests were answered that ended since an instant."""

    controller: str
    right: Right | None
    """None for all of the controller's."""
    month: date | None
    """The first of the month; None for all of them."""
    answered: int
    in_time: int
    late: int
    median_days: float | None
    mean_days: float | None


class Numbers(Room):
    """Methods that count."""

    async def figures(
        self, controller: str, span: Span, groups: Mapping[Right, str], regime: str | None = None
    ) -> tuple[Figures, ...]:
        """What became of a controller's requests in a period, by group, and of all of the groups as ``all``.

        Args:
            controller: whose.
            span: the period.
            groups: which rights are counted, and together with which others.
            regime: only under this law.
        """
        ended = _within(_ROW.closed_at, span)
        answered = and_(ended, _ROW.outcome != Outcome.WITHDRAWN)
        late, term = _ROW.overdue, _ROW.due_on.is_not(None)
        counts: dict[str, ColumnElement[bool]] = {
            "open_before": and_(_ROW.received_at < span.start, _open_at(span.start)),
            "received": _within(_ROW.received_at, span),
            **{outcome.value: and_(ended, _ROW.outcome == outcome) for outcome in Outcome},
            "open_after": _open_at(span.end),
            "in_time": and_(answered, ~late, term),
            "late": and_(answered, late),
            "no_term": and_(answered, ~late, ~term),
            "extended": and_(answered, _ROW.extended),
            "destroyed": request_key.c.destroyed_at.is_not(None),
        }
        named = (
            select(
                _group(groups).label("group"),
                case((answered, _days(span.zone)), else_=null()).label("days"),
                *(condition.label(name) for name, condition in counts.items()),
            )
            .select_from(outerjoin(request, request_key, request_key.c.request_id == _ROW.id))
            .where(*self._counted(controller, span, groups, regime))
            .subquery()
        )
        one = named.c
        rows = await self._all(
            select(
                one.group,
                one.days,
                func.count().label("n"),
                *(func.count().filter(one[name]).label(name) for name in counts),
            ).group_by(one.group, one.days)
        )
        tallies: dict[str, Counter[str]] = {EVERYTHING: Counter()}
        taken: dict[str, Counter[int]] = defaultdict(Counter)
        for row in rows:
            for group in (str(row.group), EVERYTHING):
                tallies.setdefault(group, Counter()).update({name: row._mapping[name] for name in counts})
                if row.days is not None:
                    taken[group][row.days] += row.n
        return tuple(
            Figures(group=group, **{name: tally[name] for name in counts}, **_spread(taken[group]))
            for group, tally in tallies.items()
        )

    async def grounds(
        self, controller: str, span: Span, groups: Mapping[Right, str], regime: str | None = None
    ) -> tuple[GroundRow, ...]:
        """On which grounds requests that ended in a period were refused, wholly or in part.

        A request that was denied on several grounds is counted once for each.
        """
        group, whole = _group(groups), _ROW.outcome == Outcome.REFUSED
        decided = and_(
            act.c.request_id == _ROW.id, act.c.kind.in_(("refuse", "exempt")), act.c.accepted_at.is_not(None)
        )
        ground = case(
            (act.c.id.is_(None), literal(NO_SUCH_RIGHT)),
            else_=func.coalesce(act.c.facts["ground"].astext, UNSTATED),
        )
        named = (
            select(group.label("group"), ground.label("ground"), whole.label("whole"), _ROW.id)
            .select_from(outerjoin(request, act, decided))
            .where(
                *self._counted(controller, span, groups, regime),
                _within(_ROW.closed_at, span),
                # In part: what was left out on a ground, not what a system did not give.
                or_(whole, and_(_ROW.outcome == Outcome.PARTLY_FULFILLED, act.c.id.is_not(None))),
            )
            .subquery()
        )
        columns = named.c
        rows = await self._all(
            select(columns.group, columns.ground, columns.whole, func.count(distinct(columns.id)).label("requests"))
            .group_by(columns.group, columns.ground, columns.whole)
            .order_by(columns.group, columns.whole.desc(), columns.ground)
        )
        return tuple(GroundRow(**plain(row)) for row in rows)

    async def open_now(self, zone: str, now: datetime, controller: str | None = None) -> tuple[StandingRow, ...]:
        """Open requests by controller, right, stage, days left and age."""
        today = cast(func.timezone(zone, literal(now)), Date)
        left = _ROW.queue_on - today
        age = today - cast(func.timezone(zone, _ROW.received_at), Date)
        due = case(
            (_ROW.due_on.is_(None), "no_term"), (left < 0, "over"), (left <= 7, "week"), (left <= 14, "fortnight"),
            (left <= 30, "month"), else_="later",
        )  # fmt: skip
        old = case(
            (age <= 7, "week"), (age <= 14, "fortnight"), (age <= 30, "month"), (age <= 90, "quarter"), else_="older"
        )
        named = (
            select(_ROW.controller, _ROW.right, _ROW.stage, due.label("due"), old.label("age"))
            .where(_ROW.closed_at.is_(None), self._mine(_ROW.controller), *_of(controller))
            .subquery()
        )
        rows = await self._all(select(*named.c, func.count().label("requests")).group_by(*named.c))
        return tuple(StandingRow(**plain(row)) for row in rows)

    async def pace(self, zone: str, since: datetime, controller: str | None = None) -> tuple[PaceRow, ...]:
        """How requests were answered that ended since an instant: by controller, by its rights, by its months."""
        month = cast(func.date_trunc("month", func.timezone(zone, _ROW.closed_at)), Date)
        counted = select(
            _ROW.controller, _ROW.right, month.label("month"), _days(zone).label("days"), _ROW.overdue,
            _ROW.due_on.is_not(None).label("term"),
        ).where(
            _ROW.closed_at >= since,
            _ROW.outcome != Outcome.WITHDRAWN,
            self._mine(_ROW.controller),
            *_of(controller),
        )  # fmt: skip
        one = counted.subquery().c
        rows = await self._all(
            select(
                one.controller,
                one.right,
                one.month,
                one.days,
                func.count().label("answered"),
                func.count().filter(and_(~one.overdue, one.term)).label("in_time"),
                func.count().filter(one.overdue).label("late"),
            ).group_by(one.controller, one.right, one.month, one.days)
        )
        tallies: dict[tuple[str, str | None, date | None], Counter[str]] = defaultdict(Counter)
        taken: dict[tuple[str, str | None, date | None], Counter[int]] = defaultdict(Counter)
        for row in rows:
            for line in (
                (row.controller, None, None),
                (row.controller, row.right, None),
                (row.controller, None, row.month),
            ):
                tallies[line].update(answered=row.answered, in_time=row.in_time, late=row.late)
                taken[line][row.days] += row.answered
        return tuple(
            PaceRow(
                controller=line[0],
                right=Right(line[1]) if line[1] else None,
                month=line[2],
                answered=tally["answered"],
                in_time=tally["in_time"],
                late=tally["late"],
                **_spread(taken[line]),
            )
            for line, tally in tallies.items()
        )

    def _counted(
        self, controller: str, span: Span, groups: Mapping[Right, str], regime: str | None
    ) -> tuple[ColumnElement[bool], ...]:
        """Requests that were open at some time of the period."""
        return (
            _ROW.controller == controller,
            self._mine(_ROW.controller),
            _ROW.right.in_(sorted(right.value for right in groups)),
            _ROW.received_at < span.end,
            or_(_ROW.closed_at.is_(None), _ROW.closed_at >= span.start),
            *((_ROW.regime == regime,) if regime else ()),
        )


def _group(groups: Mapping[Right, str]) -> ColumnElement[str]:
    return case({right.value: literal(group) for right, group in groups.items()}, value=_ROW.right)


def _of(controller: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if controller is None else (_ROW.controller == controller,)


def _within(at: ColumnElement[datetime], span: Span) -> ColumnElement[bool]:
    return and_(at >= span.start, at < span.end)


def _open_at(at: datetime) -> ColumnElement[bool]:
    return or_(_ROW.closed_at.is_(None), _ROW.closed_at >= at)


def _days(zone: str) -> ColumnElement[int]:
    """Calendar days from the day of receipt to that of the answer, in a zone."""
    closed, received = (cast(func.timezone(zone, at), Date) for at in (_ROW.closed_at, _ROW.received_at))
    return cast(closed - received, Integer)


class _Spread(TypedDict):
    median_days: float | None
    mean_days: float | None


def _spread(taken: Counter[int]) -> _Spread:
    """Median and mean of days, by how often each number of days was taken.

    Made here: the database would sort every request once for each group, and once more for all.
    """
    number = taken.total()
    if not number:
        return {"median_days": None, "mean_days": None}
    mean = sum(days * often for days, often in taken.items()) / number
    return {"median_days": float(median(taken.elements())), "mean_days": mean}
