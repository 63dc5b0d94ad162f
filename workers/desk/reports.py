"""Reports of a period that a regulator would accept, as pages and as CSV; California's yearly metrics among them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from habeas.access import Scope
from habeas.errors import BadInput
from workers.desk.door import Signed, Staff
from workers.desk.staff_page import staff_page
from workers.office.report_csv import california_csv, report_csv

_CSV = "text/csv; charset=utf-8"
Text = Annotated[str, Query(max_length=80)]
_SLIPS = {"from": "bad_period", "to": "bad_period", "year": "bad_year", "controller": "bad_controller"}


def report_pages() -> APIRouter:
    """The routes of reports. They take their question in the address, so that a report can be linked to."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/reports")
    async def period(
        who: Staff,
        controller: Text = "",
        since: Annotated[str, Query(alias="from", max_length=10)] = "",
        until: Annotated[str, Query(alias="to", max_length=10)] = "",
        form: Annotated[str, Query(alias="as", max_length=10)] = "",
    ) -> Response:
        given = {"controller": controller, "from": since, "to": until}
        if not any(given.values()):
            return _asked(who)
        try:
            made = await who.office.report(controller or None, _day(since, "from"), _day(until, "to"))
        except BadInput as error:
            return _asked(who, given, error)
        if form == "csv":
            return _download(report_csv(made), f"{made.controller}-{made.since}-{made.until}")
        return staff_page("report.html", who, report=made, **_choices(who, given))

    @router.get("/reports/california")
    async def year(
        who: Staff,
        controller: Text = "",
        year: Annotated[str, Query(max_length=10)] = "",
        everyone: Text = "",
        form: Annotated[str, Query(alias="as", max_length=10)] = "",
    ) -> Response:
        given = {"controller": controller, "year": year, "everyone": everyone}
        try:
            number = int(year) if year.isascii() and year.isdecimal() else -1
            made = await who.office.california(controller or None, number, everyone=bool(everyone))
        except BadInput as error:
            return _asked(who, given, error)
        if form == "csv":
            return _download(california_csv(made), f"{made.controller}-california-{made.year}")
        return staff_page("california.html", who, report=made, **_choices(who, given))

    return router


def _asked(who: Signed, given: dict[str, str] | None = None, error: BadInput | None = None) -> Response:
    """The forms; with what was typed, and what is wrong with it."""
    slip = _SLIPS.get(str(error.facts.get("field")), "bad_period") if error else None
    return staff_page("reports.html", who, 400 if error else 200, slip=slip, **_choices(who, given or {}))


def _choices(who: Signed, given: dict[str, str]) -> dict[str, Any]:
    """What the forms begin with: last month, last year."""
    first = who.office.today().replace(day=1)
    last = first - timedelta(days=1)
    begin = {"from": last.replace(day=1).isoformat(), "to": last.isoformat(), "year": str(first.year - 1)}
    begin |= {"controller": "", "everyone": ""}
    return {"controllers": sorted(who.office.reach(Scope.REQUESTS_READ)), "given": begin | given}


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{field}: a day, as 2026-01-31.", field=field) from None


def _download(text: str, name: str) -> Response:
    return Response(text, media_type=_CSV, headers={"content-disposition": f'attachment; filename="{name}.csv"'})
