"""``habeas forecast``: whether open requests will be answered in time, and what holds them up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.exits import EXIT_CODES
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.console import RenderableType

    from habeas.forecast import Lane

app = typer.Typer(add_completion=False, no_args_is_help=False, rich_markup_mode="markdown", epilog=EXIT_CODES)

_EXAMPLES = """
Examples:

`habeas forecast`

`habeas forecast --controller demo --json`
"""
_VERDICTS = {
    "in_time": "in time",
    "late": "late",
    "held_up": "held up by a system that does not serve",
    "unknown": "not known: nothing like them was answered in that time",
    "no_term": "without a last day",
}
_HOW = (
    "The most urgent go first. A request is taken to be answered when what one of its stage usually still took is "
    "over, and all that is due no later has passed the slowest place on its way, at the pace of its busiest day."
)


@command(app, "forecast", epilog=_EXAMPLES)
async def forecast(
    shell: Shell,
    controller: Annotated[str | None, typer.Option(help="Whose; all of yours where it is left out.")] = None,
) -> None:
    """Will what is open be answered in time, as fast as things went in the last four weeks? Which system is in the way?

    Names nobody.
    """
    async with shell.office() as office:
        made = await office.forecast(controller)
    found = made.foreseen
    if not found.requests:
        shell.answer(made, "Nothing is open.")
        return
    head = f"[bold]{found.requests} open[/], measured since {made.since} ({made.zone}):"
    said = [f"  {number} {_VERDICTS[verdict]}" for verdict, number in found.verdicts.items() if number]
    slow = f"What takes longest: [bold]{found.bottleneck}[/]." if found.bottleneck else "No system is in the way."
    done = [f"By {found.done_on} all is answered of which that can be said."] if found.done_on else []
    shell.answer(made, head, *said, slow, *done, _table(found.lanes), _HOW)


def _table(lanes: tuple[Lane, ...]) -> RenderableType:
    from rich.table import Table

    table = Table("Through", "Wait", "Passed", "Busiest day", "Days for all", box=None, header_style="dim")
    for one in lanes:
        days = "does not serve" if one.away else "—" if one.days is None else f"{one.days:.1f}"
        table.add_row(one.name, str(one.waiting), str(one.passed), str(one.busiest), days)
    return table
