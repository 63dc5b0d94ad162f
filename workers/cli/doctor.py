"""``habeas doctor``: look at a running installation, and say what is wrong and what to do."""

from __future__ import annotations

import typer

from workers.cli.exits import EXIT_CODES, ExitCode
from workers.cli.shell import Shell, command

app = typer.Typer(add_completion=False, rich_markup_mode="markdown", epilog=EXIT_CODES)

_SHOWN = {"ok": "[green]ok[/]", "odd": "[yellow]odd[/]", "wrong": "[bold red]wrong[/]", "not_looked": "[dim]–[/]"}


@command(app, "doctor")
async def run(shell: Shell) -> None:
    """Look at the running installation, and say what is wrong and what to do. Changes nothing, reads nobody's data.

    Policies, ledger, Temporal, workers, connected systems, mail, storage, evidence, the desk. Exit code 1 if something
    is wrong; what is merely odd does not count.
    """
    from rich.markup import escape
    from rich.table import Table

    from workers import logs
    from workers.doctor import Level, examine

    settings = shell.settings()
    logs.configure("critical")
    found = await examine(settings)
    sick = [one for one in found if one.level is Level.WRONG]
    table = Table("", "Looked at", "Found", box=None, header_style="dim")
    for one in found:
        remedy = f"\n[dim]{escape(one.remedy)}[/]" if one.remedy else ""
        table.add_row(_SHOWN[one.level], escape(one.check), escape(one.said) + remedy)
    said = f"{len(sick)} wrong" if sick else "nothing wrong"
    shell.answer({"well": not sick, "findings": [one.model_dump() for one in found]}, table, f"[bold]{said}[/]")
    if sick:
        raise typer.Exit(ExitCode.UNEXPECTED)
