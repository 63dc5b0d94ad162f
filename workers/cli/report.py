"""``habeas report``: what became of a controller's requests in a period; California's yearly metrics."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import BadInput
from workers.cli.exits import EXIT_CODES
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.console import RenderableType

    from workers.office.reports import CaliforniaReport, Report, ReportLine

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)

_EXAMPLES = """
Examples:

`habeas report --controller demo --from 2026-01-01 --to 2026-03-31`

`habeas report --controller demo --from 2026-01-01 --to 2026-12-31 --csv`

`habeas report --controller demo --california 2026`
"""
_NOTES = (
    "counted by the day of receipt and the day of closing, in the zone of the controller; days are calendar days, and "
    "pauses are not taken off",
    "“nothing” is an answer, and counted as complied with; “unverified” as denied; a withdrawal is neither",
    "what never became a request here is not counted: what was answered elsewhere, or came before Habeas",
)


@command(app, "report", epilog=_EXAMPLES)
async def report(
    shell: Shell,
    controller: Annotated[str | None, typer.Option(help="Whose; may be left out where there is one.")] = None,
    from_: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day, in the controller's zone.")
    ] = None,
    to: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day, with it.")] = None,
    california: Annotated[
        int | None,
        typer.Option(metavar="YEAR", help="A calendar year's metrics by Cal. Code Regs. tit. 11, section 7102."),
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--everyone", help="California: of all individuals, and not only of consumers there.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Answer with CSV on standard output.")] = False,
) -> None:
    """What became of requests in a period, as a regulator would ask. Names nobody."""
    if as_csv and shell.as_json:
        raise BadInput("Give one of --csv and --json.")
    if california is not None:
        if from_ or to:
            raise BadInput("--california is about its whole year: leave --from and --to out.", field="from")
        async with shell.office() as office:
            metrics = await office.california(controller, california, everyone=everyone)
        _answer(shell, metrics, as_csv=as_csv)
        return
    if from_ is None or to is None:
        raise BadInput("Give the period by --from and --to, or a year by --california.", field="from")
    if everyone:
        raise BadInput("--everyone belongs to --california: other reports count everybody.", field="everyone")
    async with shell.office() as office:
        made = await office.report(controller, from_.date(), to.date())
    _answer(shell, made, as_csv=as_csv)


def _answer(shell: Shell, made: Report | CaliforniaReport, *, as_csv: bool) -> None:
    from workers.office.report_csv import california_csv, report_csv
    from workers.office.reports import Report

    if as_csv:
        sys.stdout.write(report_csv(made) if isinstance(made, Report) else california_csv(made))
    elif isinstance(made, Report):
        head = f"[bold]{made.title}[/], {made.since} to {made.until} ({made.zone})"
        shell.answer(made, head, *_over(made), _table((*made.lines, made.total)), *_denied(made.lines), *_NOTES)
    else:
        whose = "all individuals" if made.everyone else "consumers in California"
        head = f"[bold]{made.title}[/], {made.year} ({made.zone}): Cal. Code Regs. tit. 11, § 7102(a)(1); of {whose}"
        shell.answer(made, head, *_over(made), _table(made.lines), *_denied(made.lines), *_NOTES)


def _over(made: Report | CaliforniaReport) -> list[str]:
    return [] if made.complete else ["[yellow]The period is not over: these are the figures up to now.[/]"]


def _table(lines: tuple[ReportLine, ...]) -> RenderableType:
    from rich.table import Table

    names = ("", "Before", "Received", "Complied", "In part", "Nothing", "Refused", "Unverified", "Withdrawn", "Open")
    table = Table(*names, "In time", "Late", "Extended", "Median d", "Mean d", box=None, header_style="dim")
    for line in lines:
        one = line.figures
        counts = (
            one.open_before, one.received, one.fulfilled, one.partly_fulfilled, one.nothing_found, one.refused,
            one.unverified, one.withdrawn, one.open_after, one.in_time, one.late, one.extended,
        )  # fmt: skip
        table.add_row(line.of.replace("_", " "), *map(str, counts), _days(one.median_days), _days(one.mean_days))
    return table


def _denied(lines: tuple[ReportLine, ...]) -> list[str]:
    return [
        f"{line.of.replace('_', ' ')}, refused {'in whole' if one.whole else 'in part'}: "
        f"{one.ground.replace('_', ' ')}, {one.requests}"
        for line in lines
        for one in line.denied_on
    ]


def _days(number: float | None) -> str:
    return "—" if number is None else f"{number:.1f}"
