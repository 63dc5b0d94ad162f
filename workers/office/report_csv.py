"""Reports as CSV (RFC 4180), one line for each right or kind of request. Codes, counts and days: nobody is named."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from io import StringIO

from workers.office.reports import CALIFORNIA, CaliforniaReport, Report, ReportLine

__all__ = ["california_csv", "report_csv"]


def report_csv(report: Report) -> str:
    """A period's report: a line for each right, and one for all."""
    head = {
        "controller": report.controller,
        "from": report.since,
        "to": report.until,
        "zone": report.zone,
        "made_at": report.made_at.isoformat(timespec="seconds"),
        "complete": _yes(report.complete),
    }
    return _written(head | {"right": line.of} | _flow(line) | _time(line) for line in (*report.lines, report.total))


def california_csv(report: CaliforniaReport) -> str:
    """A year's metrics: a line for each kind of request of Cal. Code Regs. tit. 11, section 7102(a)(1)."""
    head = {
        "controller": report.controller,
        "year": report.year,
        "zone": report.zone,
        "made_at": report.made_at.isoformat(timespec="seconds"),
        "complete": _yes(report.complete),
        "counted": "all_individuals" if report.everyone else f"consumers_in_california ({CALIFORNIA})",
    }
    return _written(
        head
        | {
            "requests_to": line.of,
            "received": line.figures.received,
            "complied_in_whole_or_in_part": line.complied,
            "of_which_nothing_held": line.figures.nothing_found,
            "denied": line.denied,
            "denied_not_verifiable": line.figures.unverified,
            "denied_other_grounds": line.figures.refused,
            "denied_on": _grounds(line),
            "withdrawn": line.figures.withdrawn,
            "open_at_the_end": line.figures.open_after,
            "median_days": _days(line.figures.median_days),
            "mean_days": _days(line.figures.mean_days),
        }
        for line in report.lines
    )


def _flow(line: ReportLine) -> dict[str, object]:
    figures = line.figures
    return {
        "open_before": figures.open_before,
        "received": figures.received,
        "complied_in_whole": figures.fulfilled,
        "complied_in_part": figures.partly_fulfilled,
        "nothing_held": figures.nothing_found,
        "refused": figures.refused,
        "not_verified": figures.unverified,
        "withdrawn": figures.withdrawn,
        "open_at_the_end": figures.open_after,
        "refused_on": _grounds(line),
    }


def _time(line: ReportLine) -> dict[str, object]:
    figures = line.figures
    return {
        "answered": line.answered,
        "within_the_term": figures.in_time,
        "after_the_term": figures.late,
        "no_term": figures.no_term,
        "extended": figures.extended,
        "median_days": _days(figures.median_days),
        "mean_days": _days(figures.mean_days),
        "personal_data_destroyed": figures.destroyed,
    }


def _grounds(line: ReportLine) -> str:
    return "; ".join(f"{one.ground} {'in whole' if one.whole else 'in part'}: {one.requests}" for one in line.denied_on)


def _days(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"


def _yes(so: bool) -> str:
    return "yes" if so else "no"


def _written(rows: Iterable[Mapping[str, object]]) -> str:
    listed = list(rows)
    out = StringIO()
    writer = csv.DictWriter(out, fieldnames=list(listed[0]))
    writer.writeheader()
    writer.writerows(listed)
    return out.getvalue()
