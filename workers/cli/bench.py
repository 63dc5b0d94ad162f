"""``habeas bench``: the engine measured beside its floor."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import BadInput
from workers.cli.shell import JsonOption, Shell

if TYPE_CHECKING:
    from rich.table import Table

    from workers.bench.line import Line, Report


def bench(
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="PART", help="requests, export, desk, import or start; may be repeated."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A look: few runs, small numbers.")] = False,
    serve: Annotated[
        int | None, typer.Option("--serve", metavar="PORT", help="Leave a desk over 100,000 requests running instead.")
    ] = None,
    json_output: JsonOption = False,
) -> int:
    """Measure the same work done by us and by the floor beneath us, on this machine.

    It starts everything that it needs in a folder of its own, and leaves nothing. Leave the machine alone meanwhile; a
    whole run takes about half an hour. The exit code is 1 when a bound is not held.
    """
    from workers import logs
    from workers.bench.run import PARTS, run

    logs.configure("error")
    shell = Shell(as_json=json_output, config=None)
    if unknown := sorted(set(only or ()) - set(PARTS)):
        raise BadInput(f"There is no part {unknown[0]!r}: it is one of {', '.join(PARTS)}.", field="only")
    if serve is not None:
        from workers.bench.desk import serve as leave_running

        asyncio.run(leave_running(100_000, serve))
        return 0
    report = asyncio.run(run(shell.tell, tuple(only or PARTS), quick=quick))
    if json_output:
        sys.stdout.write(report.model_dump_json() + "\n")
    else:
        _show(shell, report)
    return 0 if all(line.holds is not False for line in report.lines) else 1


def _show(shell: Shell, report: Report) -> None:
    machine = report.machine
    shell.console.print(
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gb:g} GB, {machine.system}, Python {machine.python}"
    )
    shell.console.print(_table(report.lines))


def _table(lines: tuple[Line, ...]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("Line")
    for title in ("Value", "Unit", "Floor", "Ratio", "Target"):
        table.add_column(title, justify="left" if title in ("Unit", "Target") else "right")
    table.add_column("Holds")
    for one in lines:
        target = "" if one.target is None else f"{'ratio ' if one.of == 'ratio' else ''}{one.target}"
        held = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[one.holds]
        table.add_row(one.name, _number(one.value), one.unit, _number(one.floor), _number(one.ratio), target, held)
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
