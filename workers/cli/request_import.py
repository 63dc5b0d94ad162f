"""``habeas request import``: many requests from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from habeas.errors import BadInput
from workers.cli.options import By
from workers.cli.shell import Shell, command

app = typer.Typer()

_EXAMPLE = """
The first line names the columns: right, emails, phones, identifiers, name, controller, jurisdiction, regime, language,
channel, received_at, reason, note, idempotency_key, corrections, evidence, purposes, categories, situation, scope,
about, before_erasure. Several values in one field (emails, phones, identifiers, corrections, purposes, categories) are
separated by semicolons.

Example: `habeas request import backlog.csv --by "Kim"`
"""


@command(app, "import", epilog=_EXAMPLE)
async def import_(
    shell: Shell,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file in UTF-8.")],
    by: By,
    skip_bad: Annotated[bool, typer.Option(help="Open the good rows even where others are bad.")] = False,
    check_only: Annotated[bool, typer.Option("--check", help="Only check every row; open none.")] = False,
) -> None:
    """Open many requests at once. All rows are checked first; run again, it goes on and opens no twins."""
    from workers.office.importing import MAX_BYTES

    try:
        if file.stat().st_size > MAX_BYTES:
            raise BadInput(f"file: at most {MAX_BYTES // 2**20} MiB; split it.", field="file")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"file: cannot be read ({type(error).__name__}).", field="file") from None
    async with shell.office() as office:
        result = await office.import_requests(
            text, by=by, skip_bad=skip_bad, check_only=check_only, progress=lambda done: _tell(shell, done)
        )
    bad = [f"  line {row.line}: {row.message}" for row in result.bad]
    said = f"{len(result.opened)} of {result.rows} rows have their request, {result.created} of them new."
    kept = [f"  line {row.line}: {row.id}" for row in result.opened if row.words_kept]
    told = ["Open already, and the note of the row is kept with it as a message:", *kept] if kept else []
    shell.answer(result, said, *told, *(["[yellow]Not usable:[/]", *bad] if bad else []))
    if result.bad and not result.opened:
        raise typer.Exit(2)


def _tell(shell: Shell, done: int) -> None:
    if done % 100 == 0:
        shell.tell(f"{done} rows …")
