"""``habeas bootstrap``: make an installation ready, and say what was changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from habeas.errors import HabeasError
from workers.cli.exits import EXIT_CODES
from workers.cli.shell import Shell, command

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", epilog=EXIT_CODES)

_SHOWN = {
    "as_it_was": "[dim]as it was[/]",
    "changed": "[green]changed[/]",
    "would_change": "[yellow]would change[/]",
    "not_asked": "[dim]not asked[/]",
}


@command(app, "bootstrap", epilog="Example: `habeas bootstrap --grant-to habeas_app --dry-run`")
async def run(
    shell: Shell,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be changed, and change nothing.")] = False,
    grant_to: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help="Grant the least rights to this database role: that of the processes."),
    ] = None,
    retention_days: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=3650,
            metavar="DAYS",
            help="How long Temporal shows closed requests. Unset: 90 for a namespace that is made, else as it is.",
        ),
    ] = None,
) -> None:
    """Make the installation ready: check policies, migrate the ledger, prepare Temporal. Safe to run again.

    Run it before the first start and at each upgrade, with the `ledger.url` of the tables' owner. Where a policy, a
    map or a setting is not complete, nothing is changed.
    """
    from rich.markup import escape
    from rich.table import Table

    from workers.bootstrap import Wanted, bootstrap

    retention = timedelta(days=retention_days) if retention_days else None
    wanted = Wanted(retention=retention, grant_to=grant_to, dry_run=dry_run)
    settings = shell.settings()
    steps = []
    try:
        async for step in bootstrap(settings, wanted):
            steps.append(step)  # noqa: PERF401 - what was done before an error is told
    except HabeasError:
        for step in steps:
            shell.tell(f"{step.step}: {step.said}")
        raise
    table = Table("Step", "", "What", box=None, header_style="dim")
    for step in steps:
        table.add_row(step.step.replace("_", " "), _SHOWN[step.state], escape(step.said))
    changed = any(step.state in {"changed", "would_change"} for step in steps)
    data = {"changed": changed and not dry_run, "dry_run": dry_run, "steps": [step.model_dump() for step in steps]}
    shell.answer(data, table)
