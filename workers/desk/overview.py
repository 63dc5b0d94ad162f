"""All requests at once: how many stand where, and how fast they were answered, as charts that are tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from activities.ledger import PaceRow, StandingRow
from habeas.access import Scope
from habeas.forecast import PEOPLE
from habeas.model import Right, Stage
from workers.desk.door import Staff
from workers.desk.queue_page import View, address
from workers.desk.staff_page import staff_page

_DUE = ("over", "week", "fortnight", "month", "later", "no_term")
_AGE = ("week", "fortnight", "month", "quarter", "older")
_LINKED = {"over": View.OVERDUE}
"""Bars whose requests are a tab of the queue."""


class Bar(NamedTuple):
    """One bar of a chart, and the requests that it stands for."""

    name: str
    number: int
    share: float
    """Of all, from 0 to 1."""
    href: str | None


class Pace(NamedTuple):
    """How the requests of one line were answered."""

    controller: str
    right: Right | None
    month: date | None
    answered: int
    in_time: int
    late: int
    rate: float | None
    """On time, of those that had a term; from 0 to 1."""
    median: float | None
    mean: float | None


def overview_pages() -> APIRouter:
    """The route of the overview."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/overview")
    async def overview(who: Staff, controller: Annotated[str, Query(max_length=80)] = "") -> Response:
        chosen = controller if controller in who.office.reach(Scope.REQUESTS_READ) else None
        found = await who.office.overview(chosen)
        own = {"controller": chosen or ""}
        return staff_page(
            "overview.html",
            who,
            found=found,
            foreseen=await who.office.forecast(chosen),
            people=PEOPLE,
            chosen=chosen,
            total=sum(row.requests for row in found.open),
            late=sum(row.requests for row in found.open if row.due == "over"),
            charts={
                "stage": _bars(found.open, "stage", [one.value for one in Stage if one is not Stage.CLOSED], **own),
                "due": _bars(found.open, "due", _DUE, **own),
                "age": _bars(found.open, "age", _AGE, **own),
                "by_right": _bars(found.open, "right", [one.value for one in Right], **own),
                **({} if chosen else {"by_controller": _bars(found.open, "controller", found.controllers)}),
            },
            paces=_sorted(row for row in found.pace if row.month is None),
            months=_months(found.pace),
        )

    return router


def _bars(rows: Sequence[StandingRow], of: str, order: Iterable[str], **own: str) -> list[Bar]:
    counts = Counter[str]()
    for row in rows:
        counts[str(getattr(row, of))] += row.requests
    total = counts.total()
    return [
        Bar(name, counts[name], counts[name] / total, _link(of, name, own))
        for name in order
        if counts[name] or of in {"stage", "due", "age"}
        if total
    ]


def _link(of: str, name: str, own: dict[str, str]) -> str | None:
    if of in {"stage", "right", "controller"}:
        return address(**{**own, of: name})
    return address(**own, view=_LINKED[name]) if of == "due" and name in _LINKED else None


def _sorted(rows: Iterable[PaceRow]) -> list[Pace]:
    return sorted(map(_pace, rows), key=lambda one: (one.controller, one.right is not None, -one.answered))


def _months(rows: Iterable[PaceRow]) -> list[Pace]:
    """Of all controllers together, month by month: medians of several are no median, and left out."""
    by_month: dict[date, list[PaceRow]] = {}
    for row in rows:
        if row.month is not None:
            by_month.setdefault(row.month, []).append(row)
    return [_pace(several[0]) if len(several) == 1 else _together(several) for _, several in sorted(by_month.items())]


def _together(rows: Sequence[PaceRow]) -> Pace:
    answered = sum(row.answered for row in rows)
    in_time, late = sum(row.in_time for row in rows), sum(row.late for row in rows)
    mean = sum((row.mean_days or 0) * row.answered for row in rows) / answered
    return Pace("", None, rows[0].month, answered, in_time, late, _rate(in_time, late), None, mean)


def _pace(row: PaceRow) -> Pace:
    return Pace(
        row.controller,
        row.right,
        row.month,
        row.answered,
        row.in_time,
        row.late,
        _rate(row.in_time, row.late),
        row.median_days,
        row.mean_days,
    )


def _rate(in_time: int, late: int) -> float | None:
    return in_time / (in_time + late) if in_time + late else None
