"""``habeas evidence``: check what was done."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli.exits import EXIT_CODES, ExitCode
from workers.cli.options import Reference
from workers.cli.shell import Shell, command

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


@app.callback()
def evidence() -> None:
    """Check what was done, without trusting us."""


@command(app, "verify")
async def verify(
    shell: Shell,
    reference: Reference,
    head: Annotated[
        str | None, typer.Option(metavar="HASH", help="The last hash, as noted elsewhere: shows a cut-off end.")
    ] = None,
) -> None:
    """Check a request's chain of evidence; exit code 1 if anything is wrong with it."""
    from rich.table import Table

    from workers.office import read_reference

    async with shell.office() as office:
        verdict = await office.verify_evidence(read_reference(reference), head)
    table = Table("#", "What", "Detail", box=None, header_style="dim")
    for finding in verdict.findings:
        table.add_row(str(finding.n), finding.kind.value, finding.detail)
    if verdict.findings:
        shell.answer(verdict, f"[bold red]The chain of {verdict.request_id} is not whole.[/]", table)
        raise typer.Exit(ExitCode.UNEXPECTED)
    shell.answer(
        verdict,
        f"[green]Whole:[/] {verdict.events} events of [bold]{verdict.request_id}[/].",
        f"Last hash: {verdict.head}",
    )
