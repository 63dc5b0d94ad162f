"""``habeas ledger``: the ledger's database."""

from __future__ import annotations

from typing import Annotated

import typer

from habeas.errors import BadInput
from workers.cli.exits import EXIT_CODES
from workers.cli.shell import Shell, command

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


@app.callback()
def ledger() -> None:
    """The ledger's database."""


@command(app, "migrate")
async def migrate(
    shell: Shell,
    to: Annotated[
        str | None, typer.Option(metavar="REVISION", help="Which form, `0016`; else the newest that this version has.")
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="Go back to it, where it is older: what only newer forms hold is lost.")
    ] = False,
) -> None:
    """Bring the tables to this version's form; safe to run again, and from several places at once."""
    from activities.ledger import REVISIONS, current_revision, downgrade
    from activities.ledger import migrate as run

    target = to or REVISIONS[-1]
    if target not in REVISIONS:
        raise BadInput(f"to: this version knows the forms {REVISIONS[0]} to {REVISIONS[-1]}.", field="to")
    url = shell.settings().ledger.url.get_secret_value()
    before = await current_revision(url)
    if to is None or before is None or before <= target:
        await run(url, target)
    elif back:
        await downgrade(url, target)
    else:
        raise BadInput(f"The ledger is at {before}: take a backup, and say --back to go back to {target}.", field="to")
    after = await current_revision(url)
    said = "Nothing to do" if before == after else f"From {before or 'nothing'}"
    shell.answer({"before": before, "after": after}, f"{said}: the ledger is at {after}.")
