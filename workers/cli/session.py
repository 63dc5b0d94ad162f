"""``habeas session``: staff who are signed in to the desk."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli.exits import EXIT_CODES
from workers.cli.options import By
from workers.cli.shell import Shell, command

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


@app.callback()
def session() -> None:
    """Staff who are signed in to the desk: each session ends unused, after some hours, by signing out, or by this."""


@command(app, "end", epilog="Example: `habeas session end kim@example.com --by Noor`")
async def end(
    shell: Shell,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Who is to be signed out.")],
    by: By,
) -> None:
    """Sign an account out of the desk, wherever it is signed in."""
    async with shell.office() as office:
        await office.end_sessions(account)
    shell.answer({"ended": True}, "Signed out, wherever it was signed in.")
