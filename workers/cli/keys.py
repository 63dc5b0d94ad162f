"""``habeas keys``: the master keys' file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from habeas.errors import ConfigurationError
from workers.cli.exits import EXIT_CODES
from workers.cli.shell import Shell, command

if TYPE_CHECKING:
    from rich.table import Table

    from activities.key_file import KeyRow

app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode="markdown", epilog=EXIT_CODES)


@app.callback()
def keys() -> None:
    """The master keys: the last one in the file wraps new keys, all of them open old ones."""


@command(app, "list")
async def listed(shell: Shell) -> None:
    """The ids of the master keys, oldest first, and whether a service seals them."""
    from activities.key_file import keys_in

    rows = keys_in(_file(shell))
    shell.answer(list(rows), _shown(rows))


@command(app, "new")
async def new(
    shell: Shell,
    key_id: Annotated[str | None, typer.Option("--id", help="Its id; else one is made.")] = None,
) -> None:
    """Add a master key. From the next start of each process on it wraps new keys; what the others wrapped they open."""
    from activities.key_file import add_key
    from activities.key_service import key_service

    row = add_key(_file(shell), key_service(shell.settings().keys.kms), key_id)
    shell.answer(row, f"Added: [bold]{row.id}[/]. Back the file up, then restart every process.")


@command(app, "seal", epilog="Example: `habeas keys seal --with aws-kms:alias/habeas`")
async def seal(
    shell: Shell,
    service: Annotated[str, typer.Option("--with", metavar="SERVICE", help="aws-kms: and a key's id, ARN or alias.")],
) -> None:
    """Have a service seal every master key; those that another of its keys sealed as well. The keys stay the same.

    Set `keys.kms` to it afterwards, and destroy every copy of the file as it was.
    """
    from activities.key_file import seal_keys
    from activities.key_service import key_service

    chosen = key_service(service)
    if chosen is None:
        raise ConfigurationError("`--with`: name a service.")
    rows = seal_keys(_file(shell), key_service(shell.settings().keys.kms), chosen)
    shell.answer(list(rows), _shown(rows), f'Now set keys.kms = "{service}", and restart every process.')


def _file(shell: Shell) -> Path:
    found = shell.settings().keys.master_file
    if found is None:
        raise ConfigurationError("The master keys are in the environment (`keys.master`), and in no file.")
    return found


def _shown(rows: tuple[KeyRow, ...]) -> Table:
    from rich.table import Table

    table = Table("Key", "Sealed", "Wraps new keys")
    for one in rows:
        table.add_row(one.id, "by the service" if one.sealed else "no: in the clear", "yes" if one.active else "")
    return table
