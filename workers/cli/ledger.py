"""``habeas ledger``: the ledger's database."""

from __future__ import annotations

import typer

from workers.cli.exits import EXIT_CODES
from workers.cli.shell import Shell, command

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


@app.callback()
def ledger() -> None:
    """The ledger's database."""


@command(app, "migrate")
async def migrate(shell: Shell) -> None:
    """Bring the tables to this version's form; safe to run again, and from several places at once."""
    from activities.ledger import current_revision
    from activities.ledger import migrate as run

    url = shell.settings().ledger.url.get_secret_value()
    before = await current_revision(url)
    await run(url)
    after = await current_revision(url)
    said = "Nothing to do" if before == after else f"From {before or 'nothing'}"
    shell.answer({"before": before, "after": after}, f"{said}: the ledger is at {after}.")
